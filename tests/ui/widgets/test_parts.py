"""The smaller parts: charts, timeline, tree, steps, photos, questions, running work."""

import math
import threading
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QBuffer, QIODevice, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.desk import Desk
from app.ui.widgets.chart import Chart, Series, draw, ticks
from app.ui.widgets.dialogs import ask_password, ask_reason, confirm
from app.ui.widgets.notes import FIVE, FiveNotes
from app.ui.widgets.photos import PhotoStrip
from app.ui.widgets.progress import ProgressPanel
from app.ui.widgets.timeline import Band, Event, Side, Timeline
from app.ui.widgets.tree import Leaf, Tree, TreeModel
from app.ui.widgets.wizard import Step, Wizard

BARS = Series("退休待遇占 60.8%", ["退休待遇", "采暖费"], [17, 3], [6, 5], unit=" 件")


def words(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible() and label.text()]


@given(st.floats(0.001, 1e9))
def test_axis_marks_are_round_evenly_apart_and_reach_the_top(top: float) -> None:
    marks = ticks(top)
    step = marks[1]
    assert marks[0] == 0
    assert marks[-1] >= top * (1 - 1e-6)
    assert 2 <= len(marks) <= 6
    mantissa = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert any(math.isclose(mantissa, nice, rel_tol=1e-6) for nice in (1, 2, 2.5, 5, 10))


@pytest.mark.parametrize("kind", ["bar", "line"])
@pytest.mark.parametrize("values", [[], [0], [None], [3, None], [5, 7]])
def test_a_chart_of_any_numbers_can_be_drawn(qapp: QApplication, kind: str, values: list[float | None]) -> None:
    image = QImage(300, 200, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    labels = [f"{n + 1}月" for n in range(len(values))]
    draw(painter, QRectF(0, 0, 300, 200), Series("t", labels, values, values, kind), theme.LIGHT)
    painter.end()


def test_the_longest_bar_is_the_largest_value(qapp: QApplication) -> None:
    image = QImage(400, 80, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    draw(painter, QRectF(0, 0, 400, 80), Series("t", ["a", "b"], [20, 10]), theme.LIGHT)
    painter.end()
    accent = QColor(theme.LIGHT.accent).rgb()
    long, short = (sum(image.pixel(x, y) == accent for x in range(400)) for y in (20, 60))
    assert long > 0
    assert abs(short / long - 0.5) < 0.05


def test_the_numbers_of_a_chart_are_one_key_away(qtbot: QtBot) -> None:
    chart = Chart(BARS)
    qtbot.addWidget(chart)
    with qtbot.waitActive(chart):
        chart.show()
        chart.activateWindow()
    chart.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    qtbot.keyClick(chart.focusWidget(), Qt.Key.Key_T)
    assert chart.numbers.isVisible()
    cells = [[chart.numbers.item(row, column).text() for column in range(3)] for row in range(2)]
    assert cells == [["退休待遇", "17 件", "6 件"], ["采暖费", "3 件", "5 件"]]


def test_a_conflict_shows_both_sides_and_either_can_be_taken(qtbot: QtBot) -> None:
    taken: list[str] = []
    line = Timeline()
    qtbot.addWidget(line)
    sides = [
        Side("王建国", "换灯具", lambda: taken.append("a"), True),
        Side("李秀英", "列入计划", lambda: taken.append("b")),
    ]
    line.show_events(
        [
            Event("今天 10:20", "周立", "两个意见不同。", "conflict", sides=sides),
            Event("昨天", "李秀英", "登记", "done"),
        ],
        [Band("办理: 10 天", 0.8, "剩余 2 天", "due")],
    )
    line.show()
    for button in line.findChildren(QPushButton):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert taken == ["a", "b"]
    assert words(line)[:5] == ["办理: 10 天", "剩余 2 天", "周立 · 今天 10:20", "两个意见不同。", "王建国"]


def children(session: Any, above: Any) -> list[Leaf]:
    if above is None:
        return [Leaf(n, f"作业区 {n}", inner=True) for n in range(3)]
    return [Leaf(above * 10 + n, f"网格 {n}", "2 格", "grid") for n in range(2)] if above < 2 else []


def test_a_branch_is_read_when_it_is_opened(desk: Desk, qtbot: QtBot) -> None:
    model = TreeModel(desk.tasks, children)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    with qtbot.waitSignal(model.rowsInserted):
        model.reload()
    first, last = model.index(0, 0), model.index(2, 0)
    assert model.rowCount() == 3
    if model.canFetchMore(first):
        with qtbot.waitSignal(model.rowsInserted):
            model.fetchMore(first)
    qtbot.waitUntil(lambda: model.rowCount(first) == 2)
    assert model.index(1, 0, first).data() == "网格 1  2 格"
    assert model.index(1, 0, first).parent() == first
    model.fetchMore(last)
    qtbot.waitUntil(lambda: not model.hasChildren(last))
    del tester


def test_the_tree_tells_what_has_the_keyboard(desk: Desk, qtbot: QtBot) -> None:
    tree = Tree(desk.tasks, children)
    qtbot.addWidget(tree)
    chosen: list[Leaf] = []
    tree.chosen.connect(chosen.append)
    tree.refresh()
    qtbot.waitUntil(lambda: tree.model.rowCount() == 3)
    tree.view.setCurrentIndex(tree.model.index(1, 0))
    assert chosen[-1].id == 1


def test_a_step_is_left_only_when_it_agrees(qtbot: QtBot) -> None:
    asked: list[Any] = []
    finished: list[int] = []
    wizard = Wizard([Step("选择文件", QWidget(), leave=asked.append), Step("导入", QWidget())], "开始导入")
    qtbot.addWidget(wizard)
    wizard.finished.connect(lambda: finished.append(1))
    wizard.go_on()
    assert wizard.here == 0
    wizard.say("文件是空的。")
    asked.pop()()
    assert wizard.here == 1
    assert wizard.next_button.text() == "开始导入"
    assert wizard.stepper.accessibleName() == "第 2 步, 共 2 步: 导入"
    wizard.go_on()
    assert finished == [1]


def picture() -> bytes:
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def test_a_photo_belongs_to_the_record_once_it_is_stored(qtbot: QtBot) -> None:
    strip = PhotoStrip()
    qtbot.addWidget(strip)
    strip.show()
    good, bad = Path("井口.jpg"), Path("坏.jpg")
    with qtbot.waitSignal(strip.added) as told:
        strip.add_files([good, bad])
    assert told.args == [[good, bad]]
    assert strip.value() == []
    strip.arrived(good, "a1", picture())
    strip.failed(bad, "这张照片打不开, 请换一张。")
    assert strip.value() == ["a1"]
    qtbot.waitUntil(lambda: "这张照片打不开, 请换一张。" in words(strip))
    strip.leave_out(strip._tiles[0])
    assert strip.value() == []


def test_the_first_of_five_notes_is_open_and_filled_ones_open_themselves(qtbot: QtBot) -> None:
    notes = FiveNotes()
    qtbot.addWidget(notes)
    notes.show()
    assert [notes.notes[name].isVisible() for name in FIVE] == [True, False, False, False, False]
    notes.set_value({"helped": "代购药品"})
    assert notes.notes["helped"].isVisible()
    assert notes.value() == {"saw": None, "heard": None, "reported": None, "prevented": None, "helped": "代购药品"}


def test_a_reason_is_asked_until_it_is_given(qtbot: QtBot) -> None:
    around, got = QWidget(), []
    qtbot.addWidget(around)
    dialog = ask_reason(around, "作废走访", "作废后仍可查看。", "作废走访", got.append)
    dialog.button.click()
    assert got == []
    assert "请写明原因, 一句话即可。" in words(dialog)
    notes = next(w for w in dialog.findChildren(QWidget) if w.accessibleName() == "原因")
    notes.setPlainText("录入重复")  # type: ignore[attr-defined]
    dialog.button.click()
    qtbot.waitUntil(lambda: not shiboken6.isValid(dialog))
    assert got == ["录入重复"]


def test_a_reason_is_given_from_the_keyboard_alone(qtbot: QtBot) -> None:
    around, got = QWidget(), []
    qtbot.addWidget(around)
    dialog = ask_reason(around, "作废", "请写明原因:", "作废", got.append)
    dialog.activateWindow()
    text = dialog.findChild(QPlainTextEdit)
    assert text is not None
    qtbot.waitUntil(text.hasFocus)
    qtbot.keyClicks(text, "a")
    qtbot.keyClick(text, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(text, Qt.Key.Key_Tab)
    assert dialog.button.hasFocus()
    text.setFocus()
    qtbot.keyClick(text, Qt.Key.Key_Return)
    assert got == ["a"]


def test_a_question_answered_no_does_nothing(qtbot: QtBot) -> None:
    around, got = QWidget(), []
    qtbot.addWidget(around)
    dialog = confirm(around, "上报", "上报 42 条?", "上报 42 条", lambda: got.append(1))
    dialog.reject()
    qtbot.waitUntil(lambda: not shiboken6.isValid(dialog))
    again = ask_password(around, "解锁", "请输入口令。", "解锁", got.append)
    again.button.click()
    assert got == []
    assert again.isVisible()


def test_long_work_can_be_stopped_and_says_so(desk: Desk, qtbot: QtBot) -> None:
    panel, gate = ProgressPanel(), threading.Event()
    qtbot.addWidget(panel)

    def work(progress: Any) -> None:
        progress(1, 4, "")
        gate.wait(10)
        progress(2, 4, "")

    job = desk.tasks.run(work, title="正在导出")
    panel.follow(job)
    qtbot.waitUntil(lambda: words(panel) == ["正在导出 · 1 / 4"])
    with qtbot.waitSignal(job.ended):
        panel.findChildren(QPushButton)[0].click()
        gate.set()
    assert words(panel) == ["已取消, 没有留下半成品。"]
