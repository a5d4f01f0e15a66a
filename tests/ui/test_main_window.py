"""The frame: pages made when visited, everything reachable by keys, one mouth to the user."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from app.errors import Refusal
from app.services import drafts
from app.ui.desk import Desk
from app.ui.main_window import Identity, MainWindow
from app.ui.page import Page, PageSpec
from app.ui.places import Places
from app.ui.report import Reporter, describe
from app.ui.tour_tools import grab
from app.ui.widgets.fields import column
from app.ui.widgets.palette import Hit


class Probe(Page):
    """A page that counts what happens to it."""

    tables = frozenset({"draft"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.refreshed = self.left = 0
        self.records: list[object] = []
        self.line = QLineEdit()
        self.line.setAccessibleName("搜索")
        column(self).addWidget(self.line)

    def refresh(self) -> None:
        self.refreshed += 1

    def open_record(self, record_id: object) -> None:
        self.records.append(record_id)

    def focus_search(self) -> None:
        self.line.setFocus()

    def leave(self) -> None:
        self.left += 1


KEYS = ("today", "visits", "sync")


@pytest.fixture
def window(desk: Desk, qtbot: QtBot, clock: object) -> MainWindow:
    specs = [
        PageSpec(key, title, icon, Probe) for key, title, icon in zip(KEYS, ("今日", "走访", "同步"), KEYS, strict=True)
    ]
    specs[1] = PageSpec("visits", "走访", "visit", Probe)
    made = MainWindow(desk, specs, Identity("采油三厂", "红梁第一网格", "周立"))
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    return made


def probe(window: MainWindow, key: str) -> Probe:
    page = window.page(key)
    assert isinstance(page, Probe)
    return page


def test_a_page_is_made_at_its_first_visit(window: MainWindow, qtbot: QtBot) -> None:
    assert list(window._made) == ["today"]
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert window.here == "visits"
    assert list(window._made) == ["today", "visits"]
    assert probe(window, "visits").refreshed == 1


def test_a_hidden_page_reloads_when_it_is_seen_again_and_only_if_its_tables_changed(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.open("visits")
    hidden, shown = probe(window, "today"), probe(window, "visits")
    with qtbot.waitSignal(window.desk.tasks.changed):
        window.desk.tasks.write(lambda s: drafts.keep(s, "visit", {}))
    assert (hidden.refreshed, shown.refreshed) == (1, 2)
    window.open("today")
    assert hidden.refreshed == 2
    window.desk.tasks.changed.emit(frozenset({"risk_point"}))
    assert hidden.refreshed == 2


def test_the_desk_opens_a_page_with_a_record(window: MainWindow) -> None:
    window.desk.open("visits", 42)
    assert window.here == "visits"
    assert probe(window, "visits").records == [42]
    assert probe(window, "today").left == 1


def test_a_refusal_is_said_once_in_a_banner(window: MainWindow, qtbot: QtBot) -> None:
    for _ in range(2):
        window.desk.refuse(Refusal("disk_full", "磁盘 {disk} 已满, 请腾出空间后再试。", disk="D"))
    assert window.banners.texts == ["磁盘 D 已满, 请腾出空间后再试。"]


def test_a_long_sentence_in_a_banner_is_read_whole(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1093, 560)
    window.desk.banner("之后的变动请出更正页; 要整份重印, 请先重新打开这个月并写明原因。" * 3, "warning")
    words = max(window.banners.findChildren(QLabel), key=lambda label: len(label.text()))
    qtbot.waitUntil(lambda: words.heightForWidth(words.width()) <= words.height())
    assert words.heightForWidth(words.width()) > 2 * words.fontMetrics().height()


def test_an_undo_is_offered_for_ten_seconds_and_taken_with_ctrl_z(window: MainWindow, qtbot: QtBot) -> None:
    undone: list[int] = []
    window.desk.undo_bar("已作废 1 条走访", lambda: undone.append(1))
    assert window.undo.isVisible()
    assert window.undo._timer.remainingTime() > 9000
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone == [1]
    assert not window.undo.isVisible()


def test_the_status_line_says_what_is_known_and_each_part_is_a_door(window: MainWindow, qtbot: QtBot) -> None:
    words = [b.text().strip() for b in window.status.findChildren(QToolButton) if b.isVisible()]
    assert words == ["未连接过", "待上报 …", "还没有备份"]
    window.desk.update_status(
        online=False, unsent=42, draft_at=datetime(2025, 3, 12, 2, 32, tzinfo=UTC),
        backup_at=datetime(2025, 3, 12, 0, 0, tzinfo=UTC),
    )  # fmt: skip
    doors = [b for b in window.status.findChildren(QToolButton) if b.isVisible()]
    assert [b.text().strip() for b in doors] == ["离线", "待上报 42", "草稿已保存 10:32", "备份 今天 08:00"]
    qtbot.mouseClick(doors[1], Qt.MouseButton.LeftButton)
    assert window.here == "sync"


def test_a_narrow_window_folds_the_rail_to_icons_that_keep_their_names(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1366, 700)
    button = window.rail.findChildren(QToolButton)[0]
    assert button.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonTextBesideIcon
    window.resize(1100, 700)
    assert button.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly
    assert QAccessible.queryAccessibleInterface(button).text(QAccessible.Text.Name) == "今日"


def test_ctrl_f_goes_to_the_search_of_the_page_and_ctrl_l_locks(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.focusWidget() is probe(window, "today").line
    with qtbot.waitSignal(window.locked):
        qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert probe(window, "today").left == 1


def test_ctrl_k_finds_records_and_commands(window: MainWindow, qtbot: QtBot) -> None:
    opened: list[str] = []

    def finder(text: str, deliver: Any) -> None:
        window.desk.tasks.read(
            lambda s: [Hit(f"张{text}", "红梁第一网格", "person", lambda: opened.append(text))], deliver
        )

    window.finder = finder
    palette = window.find_anything()
    assert palette.list.count() == 3
    qtbot.keyClicks(palette.line, "san")
    qtbot.waitUntil(lambda: palette.list.count() == 1)
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert opened == ["san"]


def test_running_work_is_seen_with_its_progress_and_goes_when_it_ends(window: MainWindow, qtbot: QtBot) -> None:
    import threading

    gate = threading.Event()

    def work(progress: Any) -> None:
        progress(3, 12, "第 3 张")
        gate.wait(10)
        progress(12, 12)

    job = window.desk.tasks.run(work, title="正在导出")
    qtbot.waitUntil(lambda: "正在导出 · 第 3 张 · 3 / 12" in _captions(window))
    with qtbot.waitSignal(job.ended):
        gate.set()
    qtbot.waitUntil(lambda: not any("正在导出" in text for text in _captions(window)))


def _captions(window: MainWindow) -> list[str]:
    return [label.text() for label in window.status.findChildren(QLabel)]


def test_every_button_of_the_frame_has_a_name_for_a_screen_reader(window: MainWindow) -> None:
    for button in window.findChildren(QAbstractButton):
        if button.isVisible():
            assert QAccessible.queryAccessibleInterface(button).text(QAccessible.Text.Name).strip(), button


def test_closing_saves_drafts_and_places_and_never_asks(window: MainWindow, tmp_path: Path) -> None:
    window.resize(1200, 680)
    window.close()
    assert probe(window, "today").left == 1
    assert Places(tmp_path / "window.json").get("window/size") == [1200, 680]


def test_damaged_window_places_are_forgotten(tmp_path: Path) -> None:
    (tmp_path / "window.json").write_bytes(b"\xff{broken")
    assert Places(tmp_path / "window.json").get("window/size") is None


def test_a_bug_makes_one_dialog_and_a_report_without_names(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window.reporter.folder = tmp_path / "reports"
    for _ in range(2):
        window.desk.tasks.read(lambda s: {}["张三 372901196503051234"], lambda _: None)
    qtbot.waitUntil(lambda: window.reporter.dialog is not None)
    dialog = window.reporter.dialog
    assert dialog is not None
    reports = list((tmp_path / "reports").iterdir())
    assert reports
    text = reports[0].read_text(encoding="utf-8")
    assert "KeyError" in text
    assert "tests/ui/test_main_window.py" in text
    assert "张三" not in text
    assert "3729" not in text
    dialog.accept()
    assert window.reporter.dialog is None


def test_a_bug_in_a_slot_reaches_the_reporter(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    reporter = Reporter(folder=tmp_path)
    reporter.install()
    try:
        raise ValueError("李四")
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert reporter.dialog is not None
    qtbot.addWidget(reporter.dialog)
    assert "李四" not in describe(error_of(tmp_path))


def error_of(folder: Path) -> Exception:
    """An error whose message and path hold a name."""
    try:
        (folder / "李四.txt").read_text()
    except OSError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize("scale", [1.0, 1.25])
def test_a_picture_of_the_window_has_the_size_and_scale_asked_for(
    window: MainWindow, tmp_path: Path, scale: float
) -> None:
    path = grab(window, tmp_path / "pictures" / "window.png", (1366, 728), scale)
    image = QImage(str(path))
    assert (image.width(), image.height()) == (round(1366 * scale), round(728 * scale))


def test_many_pages_and_long_names_fit_the_smallest_screen(desk: Desk, qtbot: QtBot) -> None:
    specs = [PageSpec(f"p{n}", f"页面{n}", "visit", Probe) for n in range(14)]
    long = Identity(
        "平沙油田分公司第六采油厂采油一作业区红梁中心站", "红梁第一网格第二微格幸福苑东区", "阿卜杜热依木·买买提"
    )
    made = MainWindow(desk, specs, long)
    qtbot.addWidget(made)
    made.show()
    made.resize(1092, 580)
    qtbot.waitExposed(made)
    assert (made.width(), made.height()) == (1092, 580)
    last = [b for b in made.rail.findChildren(QToolButton) if b.isVisible()][-1]
    assert last.geometry().bottom() <= made.rail.height()


def test_a_window_remembered_from_a_larger_screen_fits_this_one(window: MainWindow, desk: Desk, qtbot: QtBot) -> None:
    desk.places.put("window/size", [5000, 4000])
    again = MainWindow(desk, [PageSpec("today", "今日", "today", Probe)], Identity())
    qtbot.addWidget(again)
    room = again.screen().availableSize().expandedTo(again.minimumSize())
    assert again.width() <= room.width()
    assert again.height() <= room.height()
