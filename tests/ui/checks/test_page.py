"""Checks in the window: answered with 1, 2 and 3, kept as drafts, what fails becomes a hazard with its deadline."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.models.accounts import Actor
from app.models.checks import Check, Template
from app.services import attachments, checks, codes, drafts
from app.services.checks import CheckView
from app.services.listing import Query
from app.ui.checks.page import ChecksPage, page
from app.ui.desk import Desk, Undo
from app.ui.tasks import Tasks
from app.ui.widgets.dialogs import Question
from app.ui.widgets.fields import NotesEditor
from tests.factories import Plant, account

ENTER, CONTROL = Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier
LATE = 10_000
ITEMS: list[dict[str, Any]] = [
    {"code": "A", "text": "配电箱", "kind": "verdict", "weight": 2, "requirement": "箱门完好"},
    {"code": "B", "text": "漏电保护器", "kind": "verdict", "weight": 3, "critical": True},
    {"code": "C", "text": "动作电流", "kind": "number", "weight": 1, "low": "5", "high": "30", "unit": "mA"},
    {"code": "D", "text": "取暖方式", "kind": "choice", "choices": ["集中供暖", "电暖器"]},
    {"code": "E", "text": "电暖器周围", "kind": "verdict", "weight": 2, "show_if": {"item": "D", "is": "电暖器"}},
    {"code": "F", "text": "交代的话", "kind": "text"},
    {"code": "G", "text": "现场照片", "kind": "photo"},
]


@pytest.fixture
def lead(plant: Plant) -> Actor:
    with plant.store.begin(plant.boss) as s:
        for template in s.query(Template):
            template.retired_at = template.published_at
        checks.publish(s, Template(code="EL", title="用电检查", version=0, items=ITEMS))
    return account(plant, "lead", "lead", "李四")


@pytest.fixture
def shown(plant: Plant, lead: Actor, qtbot: QtBot) -> Iterator[ChecksPage]:
    """The page at a team lead's desk, seen and with its list read."""
    tasks = Tasks(plant.store, lead)
    desk = Desk(tasks, lead)
    desk.store = plant.store
    with plant.store.read(lead) as s:
        desk.codes = codes.all_choices(s)
    made = page(desk)
    assert isinstance(made, ChecksPage)
    qtbot.addWidget(made)
    made.resize(1200, 660)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: made.list.model.ready, timeout=LATE)
    yield made
    tasks.close()


def here() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(here(), key, modifier)


def say(words: str) -> None:
    event = QInputMethodEvent()
    event.setCommitString(words)
    QApplication.sendEvent(here(), event)


def name() -> str:
    return here().accessibleName()


def texts(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if not label.isHidden())


def every(plant: Plant, who: Actor) -> list[CheckView]:
    with plant.store.read(who) as s:
        return [checks.one(s, found) for found in checks.find(s, Query()).ids]


def kept(plant: Plant, who: Actor) -> list[drafts.DraftRow]:
    with plant.store.read(who) as s:
        return drafts.mine(s, "check")


def begin(shown: ChecksPage, qtbot: QtBot, place: str = "安居苑3号楼2单元401") -> None:
    shown.open_record({"new": {"template": "EL", "place": place}})
    qtbot.waitUntil(lambda: len(shown.form.items.cards) == len(ITEMS), timeout=LATE)


def answer(shown: ChecksPage, **given: dict[str, Any]) -> None:
    sound: dict[str, Any] = {
        "A": {"verdict": "pass"}, "B": {"verdict": "pass"}, "C": {"value": "10"}, "D": {"value": "集中供暖"},
    }  # fmt: skip
    shown.form.items.set_value(sound | given)
    shown.form.items.changed.emit()


def recorded(plant: Plant, who: Actor, **given: dict[str, Any]) -> Check:
    answers: dict[str, Any] = {
        "A": {"verdict": "pass"}, "B": {"verdict": "pass"}, "C": {"value": "10"}, "D": {"value": "集中供暖"},
    }  # fmt: skip
    with plant.store.begin(who) as s:
        form = checks.template(s, "EL")
        made = Check(
            template_id=form.id, day=date(2025, 3, 11), answers=answers | given, grid_id=plant.first, place="安居苑3号楼",
            inspectors=[{"person": None, "name": "李四"}],
        )  # fmt: skip
        return checks.record(s, made)[0]


def test_a_check_is_made_from_the_keyboard_alone(shown: ChecksPage, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    shown.list.table.setFocus()
    press(Qt.Key.Key_F2)
    qtbot.waitUntil(lambda: shown.form.chooser.list.count() == 1, timeout=LATE)
    press(Qt.Key.Key_1)
    qtbot.waitUntil(lambda: isinstance(here(), QLineEdit) and bool(shown.form.items.cards), timeout=LATE)
    say("安居苑车库")
    press(ENTER)
    qtbot.waitUntil(lambda: name().startswith("检查人"), timeout=LATE)
    for _field in ("检查人", "检查日期", "网格"):
        press(ENTER)
    assert name() == "配电箱"
    press(Qt.Key.Key_2)
    assert name() == "配电箱: 说明"
    say("箱门缺失")
    press(ENTER)
    assert name() == "配电箱: 整改期限"
    press(ENTER)
    press(Qt.Key.Key_1)
    assert name() == "动作电流"
    QTest.keyClicks(here(), "12.5")
    press(ENTER)
    press(Qt.Key.Key_1)
    assert name() == "交代的话"
    press(ENTER, CONTROL)
    qtbot.waitUntil(lambda: len(every(plant, lead)) == 1, timeout=LATE)
    (made,) = every(plant, lead)
    assert (made.row.place, made.row.inspectors, made.row.failed) == ("安居苑车库", "李四", 1)
    assert made.row.score == 66 and made.items[2].value == "12.5"
    hazard = made.items[0].hazard
    assert hazard is not None and hazard.due_on == date(2025, 3, 19) and hazard.title == "配电箱: 不合格"
    qtbot.waitUntil(lambda: shown.pane.view is not None and "箱门缺失" in texts(shown.pane), timeout=LATE)
    assert not kept(plant, lead)


def test_tab_goes_through_the_items_in_order(shown: ChecksPage, qtbot: QtBot) -> None:
    begin(shown, qtbot)
    shown.form.form.editor("grid").setFocus()
    met = []
    for _step in range(6):
        press(Qt.Key.Key_Tab)
        met.append(name())
    assert met == ["配电箱", "漏电保护器", "动作电流", "动作电流: 不适用", "取暖方式", "交代的话"]


def test_progress_and_score_are_told_while_answering(shown: ChecksPage, qtbot: QtBot) -> None:
    begin(shown, qtbot)
    assert "0/6" in texts(shown.form)
    shown.form.items.go("A")
    press(Qt.Key.Key_1)
    assert "1/6 · 得分 100" in texts(shown.form)
    press(Qt.Key.Key_2)
    assert "2/6 · 得分 0" in texts(shown.form)  # a critical item


def test_an_item_appears_when_its_condition_holds(shown: ChecksPage, qtbot: QtBot) -> None:
    begin(shown, qtbot)
    cards = shown.form.items.cards
    assert cards["E"].isHidden()
    shown.form.items.go("D")
    press(Qt.Key.Key_2)
    assert not cards["E"].isHidden() and name() == "电暖器周围"


def test_a_number_out_of_bounds_fails_at_once(shown: ChecksPage, qtbot: QtBot) -> None:
    begin(shown, qtbot)
    card = shown.form.items.cards["C"]
    shown.form.items.go("C")
    QTest.keyClicks(here(), "31")
    assert card.failed and card.note.isVisible() and card.due.isVisible()
    QTest.keyClick(here(), Qt.Key.Key_Backspace)
    QTest.keyClick(here(), Qt.Key.Key_Backspace)
    QTest.keyClicks(here(), "8")
    assert not card.failed and not card.due.isVisible()


def test_one_item_at_a_time_shows_only_that(shown: ChecksPage, qtbot: QtBot) -> None:
    begin(shown, qtbot)
    press(Qt.Key.Key_O, Qt.KeyboardModifier.AltModifier)
    seen = [code for code, card in shown.form.items.cards.items() if not card.isHidden()]
    assert seen == ["A"] and "1 / 6" in texts(shown.form)
    assert not shown.form.form.editor("place").isVisible()
    press(Qt.Key.Key_1)
    assert [code for code, card in shown.form.items.cards.items() if not card.isHidden()] == ["B"]


def test_what_is_missing_has_the_keyboard(shown: ChecksPage, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    begin(shown, qtbot)
    answer(shown, B={})
    shown.form.form.submit()
    qtbot.waitUntil(lambda: name() == "漏电保护器", timeout=LATE)
    assert "请先回答这一项" in texts(shown.form.items.cards["B"]) and not every(plant, lead)


def test_a_deadline_of_ones_own_is_kept(shown: ChecksPage, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    begin(shown, qtbot)
    answer(shown, A={"verdict": "fail", "note": "箱门缺失"})
    shown.form.items.cards["A"].due.set_value(date(2025, 4, 30))
    shown.form.form.submit()
    qtbot.waitUntil(lambda: len(every(plant, lead)) == 1, timeout=LATE)
    hazard = every(plant, lead)[0].items[0].hazard
    assert hazard is not None and hazard.due_on == date(2025, 4, 30)


def test_a_check_left_half_way_is_taken_up_again(shown: ChecksPage, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    begin(shown, qtbot)
    answer(shown, A={"verdict": "fail", "note": "箱门缺失"}, B={}, C={"verdict": "na"})
    press(Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(kept(plant, lead)) == 1, timeout=LATE)
    (draft,) = kept(plant, lead)
    assert draft.title == "安居苑3号楼2单元401" and not every(plant, lead)
    shown.open_record({"draft": draft.id})
    qtbot.waitUntil(lambda: shown.form.isVisible() and name() == "漏电保护器", timeout=LATE)
    given = shown.form.items.value()
    assert given["A"]["note"] == "箱门缺失" and given["C"] == {"verdict": "na"} and "B" not in given
    press(Qt.Key.Key_1)
    shown.form.form.submit()
    qtbot.waitUntil(lambda: len(every(plant, lead)) == 1 and not kept(plant, lead), timeout=LATE)


def test_a_photo_belongs_to_its_item(
    shown: ChecksPage, plant: Plant, lead: Actor, qtbot: QtBot, tmp_path: Path
) -> None:
    picture = tmp_path / "配电箱.jpg"
    Image.new("RGB", (640, 480), "grey").save(picture)
    begin(shown, qtbot)
    answer(shown)
    card = shown.form.items.cards["G"]
    card.photos.add_files([picture])
    qtbot.waitUntil(lambda: len(card.photos.value()) == 1, timeout=LATE)
    shown.form.form.submit()
    qtbot.waitUntil(lambda: len(every(plant, lead)) == 1, timeout=LATE)
    (made,) = every(plant, lead)
    with plant.store.read(lead) as s:
        (photo,) = attachments.of(s, made.row.id)
    assert made.items[-1].value == [photo.id.hex] and photo.here


def test_the_pane_leads_to_the_hazard(shown: ChecksPage, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    check = recorded(plant, lead, A={"verdict": "fail", "note": "箱门缺失"})
    opened: list[tuple[str, object]] = []
    shown.desk.opened.connect(lambda key, record: opened.append((key, record)))
    shown.open_record(check.id)
    qtbot.waitUntil(lambda: shown.pane.view is not None, timeout=LATE)
    hazard = every(plant, lead)[0].items[0].hazard
    assert hazard is not None
    door = next(b for b in shown.pane.findChildren(QPushButton) if b.text() == "看隐患")
    door.click()
    assert opened == [("issues", hazard.id)]


def test_a_voided_check_takes_its_hazards_along_and_undo_brings_both_back(
    shown: ChecksPage, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    check = recorded(plant, lead, A={"verdict": "fail"})
    undone: list[Undo] = []
    shown.desk.undoable.connect(undone.append)
    shown.void(check.id)
    asked = next(w for w in QApplication.topLevelWidgets() if isinstance(w, Question) and w.isVisible())
    notes = asked.findChild(NotesEditor)
    assert notes is not None
    notes.set_value("重复")
    asked.button.click()
    qtbot.waitUntil(lambda: bool(undone), timeout=LATE)
    assert every(plant, lead) == []
    undone[0].act()
    qtbot.waitUntil(lambda: len(every(plant, lead)) == 1, timeout=LATE)
    hazard = every(plant, lead)[0].items[0].hazard
    assert hazard is not None and not hazard.voided


def test_an_empty_list_says_what_belongs_here(shown: ChecksPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: shown.list.nothing.isVisible(), timeout=LATE)
    assert "按 F2 做第一次检查" in texts(shown.list.nothing)


def test_without_a_checklist_the_page_says_what_to_do(shown: ChecksPage, plant: Plant, qtbot: QtBot) -> None:
    with plant.store.begin(plant.boss) as s:
        checks.template(s, "EL").retired_at = checks.now()
    shown.start()
    qtbot.waitUntil(lambda: "还没有检查表" in texts(shown.form.chooser), timeout=LATE)


def test_everything_that_takes_the_keyboard_has_a_name(shown: ChecksPage, qtbot: QtBot) -> None:
    begin(shown, qtbot)
    answer(shown, A={"verdict": "fail"})
    named = (QPushButton, QLineEdit, QPlainTextEdit)
    found = [w for kind in named for w in shown.findChildren(kind) if w.isVisible()]
    assert len(found) > 15
    for widget in found:
        interface = QAccessible.queryAccessibleInterface(widget)
        assert interface is not None and interface.text(QAccessible.Text.Name), widget


def test_the_score_told_while_answering_is_the_score_kept(
    shown: ChecksPage, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    begin(shown, qtbot)
    told: list[object] = []
    shown.form.items.counted.connect(lambda _done, _whole, score: told.append(score))
    answer(shown, A={"verdict": "na"}, C={"value": "31"}, D={"value": "电暖器"}, E={"verdict": "pass"})
    shown.form.form.submit()
    qtbot.waitUntil(lambda: len(every(plant, lead)) == 1, timeout=LATE)
    kept_score = every(plant, lead)[0].row.score
    assert kept_score == 83 and kept_score in told
