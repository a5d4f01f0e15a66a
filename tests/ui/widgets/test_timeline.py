"""The timeline of an issue: its clocks and its steps."""

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.ui.widgets.timeline import Band, BandBar, Timeline


def test_what_is_left_is_seen_however_long_the_name_of_the_rule_is(qtbot: QtBot) -> None:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.resize(440, 300)
    timeline.show()
    timeline.show_events(
        (), [Band("办理 (本单位规定) (本单位规定 (示例)) 2027-01-19 暂按周一至周五", 0.2, "剩余 35 个工作日")]
    )
    bar = timeline.findChild(BandBar)
    assert bar is not None
    left = bar.findChildren(QLabel)[-1]
    qtbot.waitUntil(lambda: timeline.widget().width() == timeline.viewport().width())
    right = left.mapTo(timeline.viewport(), left.rect().topRight()).x()
    assert left.text() == "剩余 35 个工作日" and right < timeline.viewport().width()
    assert left.width() >= left.fontMetrics().horizontalAdvance(left.text())
