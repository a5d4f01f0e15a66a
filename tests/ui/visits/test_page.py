"""Visits in the window: recorded from the keyboard, kept as drafts, read, corrected, voided, restored."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.models.visits import Help, Visit
from app.services import attachments, codes, drafts, visits
from app.ui.desk import Desk, Undo
from app.ui.tasks import Tasks
from app.ui.visits.page import VisitsPage, page
from app.ui.widgets.dialogs import Question
from app.ui.widgets.fields import NotesEditor
from tests.factories import Plant, account

ENTER, CONTROL = Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def desk(plant: Plant, qapp: QApplication) -> Iterator[Desk]:
    """The desk of a team lead of the area."""
    lead = account(plant, "lead", "lead", "李四")
    tasks = Tasks(plant.store, lead)
    made = Desk(tasks, lead)
    made.store = plant.store
    with plant.store.read(lead) as s:
        made.codes = codes.all_choices(s)
    yield made
    tasks.close()


@pytest.fixture
def shown(desk: Desk, qtbot: QtBot) -> Iterator[VisitsPage]:
    """The page, seen and with its list read."""
    made = page(desk)
    assert isinstance(made, VisitsPage)
    qtbot.addWidget(made)
    made.resize(1200, 640)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: made.list.model.ready, timeout=10000)
    yield made
    desk.tasks.close()


def here() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(here(), key, modifier)


def kept(plant: Plant, desk: Desk) -> list[Visit]:
    with plant.store.read(desk.actor) as s:
        found = list(s.scalars(select(Visit).order_by(Visit.id)))
        s.expunge_all()
        return found


def recorded(plant: Plant, desk: Desk, **fields: Any) -> Visit:
    with plant.store.begin(desk.actor) as s:
        return visits.record(s, plant.visit(**{"way": "home", **fields}))


def start(page: VisitsPage, qtbot: QtBot) -> None:
    page.start()
    qtbot.waitUntil(lambda: bool(page.form.form.known.grids), timeout=10000)


def reason(text: str, qtbot: QtBot) -> None:
    def question() -> Question | None:
        return next((w for w in QApplication.topLevelWidgets() if isinstance(w, Question) and w.isVisible()), None)

    qtbot.waitUntil(lambda: question() is not None, timeout=10000)
    asked = question()
    assert asked is not None
    notes = asked.findChild(NotesEditor)
    assert notes is not None
    notes.text.insertPlainText(text)
    asked.button.click()


def show(page: VisitsPage, visit: Visit, qtbot: QtBot) -> None:
    page.list.refresh()
    page.open_record(visit.id)
    qtbot.waitUntil(lambda: page.pane.view is not None and page.pane.view.row.id == visit.id, timeout=10000)


def test_a_visit_is_recorded_from_the_keyboard_alone(shown: VisitsPage, desk: Desk, plant: Plant, qtbot: QtBot) -> None:
    start(shown, qtbot)
    form = shown.form.form
    press(ENTER)  # the day is today already
    press(Qt.Key.Key_1)  # 入户, and on to the household
    assert here() is form.editor("household").target()
    QTest.keyClicks(here(), "zs")
    press(ENTER)  # before the offers have come
    qtbot.waitUntil(lambda: here() is form.editor("met").target(), timeout=10000)
    QTest.keyClicks(here(), "zhangsan")
    press(ENTER)
    met = form.editor("met").target()
    assert isinstance(met, QLineEdit)
    qtbot.waitUntil(lambda: not met.text(), timeout=10000)
    press(ENTER)
    assert here() is form.editor("visitors").target()
    press(ENTER)
    QTest.keyClicks(here(), "home is warm")
    with qtbot.waitSignal(shown.form.recorded, timeout=10000):
        press(ENTER, CONTROL)
    (visit,) = kept(plant, desk)
    assert (visit.way, visit.household_id, visit.grid_id) == ("home", plant.home, plant.first)
    assert visit.met == [{"person": plant.zhang.hex, "name": "张三"}]
    assert visit.visitors == [{"person": None, "name": "李四"}]
    assert (visit.saw, visit.day) == ("home is warm", date(2025, 3, 12))


def test_save_and_new_keeps_the_round_and_leaves_no_draft(
    shown: VisitsPage, desk: Desk, plant: Plant, qtbot: QtBot
) -> None:
    start(shown, qtbot)
    form = shown.form.form
    form.fill({"way": "phone", "met": [{"person": None, "name": "王新来"}], "summary": "家中平安"})
    with qtbot.waitSignal(shown.form.recorded, timeout=10000):
        form.submit(again=True)
    values = form.values()
    assert (values["way"], values["met"], values["summary"]) == ("phone", [], None)
    with plant.store.read(desk.actor) as s:
        assert drafts.mine(s) == []


def test_f3_copies_the_last_visit(shown: VisitsPage, desk: Desk, plant: Plant, qtbot: QtBot) -> None:
    recorded(plant, desk, summary="了解采暖情况", minutes=30)
    start(shown, qtbot)
    QTest.keyClick(here(), Qt.Key.Key_F3)
    values = shown.form.form.values()
    assert values["household"]["name"] == "安居苑3号楼2单元401"
    assert (values["summary"], values["minutes"], values["day"]) == ("了解采暖情况", 30, date(2025, 3, 12))


def test_a_duty_of_today_starts_a_new_visit_to_the_same_home(
    shown: VisitsPage, desk: Desk, plant: Plant, qtbot: QtBot
) -> None:
    former = recorded(plant, desk, summary="了解采暖情况")
    shown.open_record({"again": former.id})
    qtbot.waitUntil(lambda: bool(shown.form.form.values()["household"]), timeout=10000)
    values = shown.form.form.values()
    assert values["household"]["household"] == plant.home.hex
    assert values["met"] == [{"person": plant.zhang.hex, "name": "张三"}]
    assert (values["summary"], values["day"]) == (None, date(2025, 3, 12))


def test_problems_stand_at_their_fields_together(shown: VisitsPage, qtbot: QtBot) -> None:
    start(shown, qtbot)
    form = shown.form.form
    form.submit()
    problems = form.problems()
    assert set(problems) == {"way", "met", "summary"}
    assert here() is form.editor("way").target()


def test_a_draft_survives_and_is_taken_up_again(shown: VisitsPage, desk: Desk, plant: Plant, qtbot: QtBot) -> None:
    start(shown, qtbot)
    shown.form.form.editor("summary").setFocus()
    QTest.keyClicks(here(), "half a sentence")
    with qtbot.waitSignal(desk.tasks.changed, timeout=10000):
        press(Qt.Key.Key_Escape)
    with plant.store.read(desk.actor) as s:
        (draft,) = drafts.mine(s, "visit")
    assert draft.data["summary"] == "half a sentence"
    shown.open_record("draft")
    qtbot.waitUntil(lambda: shown.list.model.count.total == 1, timeout=10000)
    shown.open_record({"draft": draft.id})
    qtbot.waitUntil(lambda: shown.form.form.values()["summary"] == "half a sentence", timeout=10000)
    form = shown.form.form
    form.fill({"way": "home", "met": [{"person": None, "name": "王新来"}]})
    with qtbot.waitSignal(shown.form.recorded, timeout=10000):
        form.submit()
    with plant.store.read(desk.actor) as s:
        assert drafts.mine(s) == []


def test_a_thrown_away_draft_comes_back_by_undo(shown: VisitsPage, desk: Desk, plant: Plant, qtbot: QtBot) -> None:
    start(shown, qtbot)
    shown.form.form.editor("summary").setFocus()
    QTest.keyClicks(here(), "keep me")
    shown.leave()
    offers: list[Undo] = []
    desk.undoable.connect(offers.append)

    def there() -> list[str]:
        with plant.store.read(desk.actor) as s:
            return [draft.data["summary"] for draft in drafts.mine(s)]

    qtbot.waitUntil(lambda: there() == ["keep me"], timeout=10000)
    shown.form.discard()
    qtbot.waitUntil(lambda: there() == [], timeout=10000)
    offers[0].act()
    qtbot.waitUntil(lambda: there() == ["keep me"], timeout=10000)


def test_a_correction_asks_for_its_reason_and_shows_before_and_after(
    shown: VisitsPage, desk: Desk, plant: Plant, qtbot: QtBot
) -> None:
    visit = recorded(plant, desk, summary="暖气不热")
    show(shown, visit, qtbot)
    assert shown.pane.view is not None
    shown.correct(shown.pane.view, [])
    shown.form.form.fill({"summary": "暖气已热"})
    with qtbot.waitSignal(shown.form.recorded, timeout=10000):
        shown.form.form.submit()
        reason("写错了", qtbot)
    (after,) = kept(plant, desk)
    assert (after.summary, after.revision, after.correction) == ("暖气已热", 2, "写错了")
    show(shown, visit, qtbot)

    def told() -> bool:
        from PySide6.QtWidgets import QLabel

        texts = " ".join(label.text() for label in shown.pane.findChildren(QLabel))
        return "小结: 暖气不热 → 暖气已热" in texts and "原因: 写错了" in texts

    qtbot.waitUntil(told, timeout=10000)


def test_a_voided_visit_is_restored_by_undo(shown: VisitsPage, desk: Desk, plant: Plant, qtbot: QtBot) -> None:
    visit = recorded(plant, desk)
    show(shown, visit, qtbot)
    with qtbot.waitSignal(desk.undoable, timeout=10000) as heard:
        shown.void(visit.id)
        reason("重复记录", qtbot)
    assert kept(plant, desk)[0].void_reason == "重复记录"
    qtbot.waitUntil(lambda: shown.list.table.isAncestorOf(shown.focusWidget()))
    with qtbot.waitSignal(desk.noticed, timeout=10000):
        heard.args[0].act()
    assert not kept(plant, desk)[0].voided


def test_what_was_heard_becomes_an_issue(shown: VisitsPage, desk: Desk, plant: Plant, qtbot: QtBot) -> None:
    visit = recorded(plant, desk, heard="想早点供暖", summary="入户")
    show(shown, visit, qtbot)
    assert shown.pane.view is not None
    with qtbot.waitSignal(desk.opened) as heard:
        shown.to_issue(shown.pane.view)
    target, what = heard.args
    assert target == "issues"
    assert what["new"]["visit_id"] == visit.id
    assert (what["new"]["text"], what["new"]["reporter"]) == ("想早点供暖", "张三")


def test_helps_are_recorded_with_their_words(shown: VisitsPage, desk: Desk, plant: Plant, qtbot: QtBot) -> None:
    start(shown, qtbot)
    helps = [{"kind": "medical", "what": "陪同就医"}, {"kind": "errand", "what": None}]
    form = shown.form.form
    form.fill({"way": "home", "met": [{"person": None, "name": "王新来"}], "summary": "帮办", "helps": helps})
    assert form.values()["helps"] == helps
    with qtbot.waitSignal(shown.form.recorded, timeout=10000):
        form.submit()
    with plant.store.read(desk.actor) as s:
        assert set(s.execute(select(Help.kind, Help.what)).all()) == {("medical", "陪同就医"), ("errand", None)}


def test_photos_are_taken_in_behind_the_window_and_a_bad_one_says_why(
    shown: VisitsPage, desk: Desk, plant: Plant, qtbot: QtBot, tmp_path: Path
) -> None:
    good, bad = tmp_path / "door.jpg", tmp_path / "torn.jpg"
    Image.new("RGB", (1800, 900), (90, 120, 60)).save(good)
    bad.write_bytes(b"nothing")
    start(shown, qtbot)
    side = shown.form.side
    side.strip.add_files([good, bad])
    qtbot.waitUntil(lambda: len(side.strip.value()) == 1 and side.stop.isHidden(), timeout=10000)
    form = shown.form.form
    form.fill({"way": "home", "met": [{"person": None, "name": "王新来"}], "summary": "看了门锁"})
    with qtbot.waitSignal(shown.form.recorded, timeout=10000) as heard:
        form.submit()
    with plant.store.read(desk.actor) as s:
        (photo,) = attachments.of(s, heard.args[0])
        assert (photo.name, photo.width) == ("door.jpg", 1600)


def test_somebody_who_only_reads_finds_no_way_to_write(plant: Plant, qtbot: QtBot) -> None:
    leader = account(plant, "leader", "leader", "何立新")
    tasks = Tasks(plant.store, leader)
    made = page(Desk(tasks, leader))
    assert isinstance(made, VisitsPage)
    qtbot.addWidget(made)
    assert made.list.spec.new is None
    assert not made.list.spec.actions
    tasks.close()
