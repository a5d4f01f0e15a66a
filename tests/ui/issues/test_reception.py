"""The reception hall in the window: a row from the keyboard alone, the next one at once, nothing typed lost."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.models.accounts import Actor
from app.services import drafts
from app.ui.issues.page import IssuesPage
from app.ui.issues.reception import Reception
from tests.factories import Plant, account
from tests.ui.issues.test_page import CONTROL, ENTER, LATE, Open, every, here, kept, open_page, press, say  # noqa: F401


@pytest.fixture
def lead(plant: Plant) -> Actor:
    return account(plant, "lead", "lead", "李四")


@pytest.fixture
def shown(open_page: Open, lead: Actor) -> IssuesPage:  # noqa: F811
    return open_page(lead)


@pytest.fixture
def hall(shown: IssuesPage, qtbot: QtBot) -> Reception:
    shown.list.table.setFocus()
    press(Qt.Key.Key_F4)
    qtbot.waitUntil(lambda: shown.reception.editors["reporter"].target().hasFocus(), timeout=LATE)
    return shown.reception


def at(hall: Reception, name: str) -> bool:
    return bool(hall.editors[name].target().hasFocus()) or hall.editors[name].isAncestorOf(here())


def go_on(hall: Reception, name: str, qtbot: QtBot) -> None:
    press(ENTER)
    qtbot.waitUntil(lambda: at(hall, name), timeout=LATE)


def test_a_row_is_written_and_closed_from_the_keyboard_and_the_next_one_begins_with_what_stays(
    hall: Reception, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    say("王大爷")
    go_on(hall, "topic", qtbot)
    go_on(hall, "text", qtbot)
    say("采暖费报销要哪些材料")
    go_on(hall, "service", qtbot)
    press(Qt.Key.Key_2)
    qtbot.waitUntil(lambda: at(hall, "minutes"), timeout=LATE)
    press(Qt.Key.Key_3)
    go_on(hall, "answer", qtbot)
    say("发票和合同复印件")
    go_on(hall, "satisfaction", qtbot)
    press(Qt.Key.Key_1)
    qtbot.waitUntil(lambda: hall.table.rowCount() == 1 and at(hall, "reporter"), timeout=LATE)
    (view,) = every(plant, lead)
    assert view.row.state == "closed" and view.row.reporter == "王大爷"
    assert (view.fields["service"], view.fields["minutes"], view.fields["kind"]) == ("explained", 3, "question")
    assert hall.editors["text"].value() is None and hall.editors["channel"].value() == "in_person"
    assert hall.editors["receiver"].value() == "李四"
    assert hall.table.item(0, 6).text() == "已办结"


def test_without_an_answer_the_row_is_saved_from_there_and_waits(
    hall: Reception, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    hall.editors["text"].set_value("楼道灯不亮")
    hall.editors["service"].set_value("handled")
    hall.editors["answer"].setFocus()
    press(ENTER)
    qtbot.waitUntil(lambda: hall.table.rowCount() == 1, timeout=LATE)
    (view,) = every(plant, lead)
    assert view.row.state == "registered" and view.row.reporter == "匿名"


def test_an_unsound_row_stays_with_the_cell_to_mend(hall: Reception, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    hall.editors["text"].set_value("楼道灯不亮")
    press(ENTER, CONTROL)
    qtbot.waitUntil(lambda: "请选择做了什么" in hall.problem.text() and at(hall, "service"), timeout=LATE)
    assert hall.editors["text"].value() == "楼道灯不亮" and every(plant, lead) == []


def test_what_was_typed_is_kept_as_a_draft_and_taken_up_again(
    hall: Reception, shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    hall.editors["text"].setFocus()
    say("班车改线")
    press(Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(kept(plant, lead)) == 1, timeout=LATE)
    draft = kept(plant, lead)[0]
    assert draft.title == "接待: 班车改线"
    hall._fill({"text": None})
    shown.open_record({"draft": draft.id})
    qtbot.waitUntil(lambda: hall.editors["text"].value() == "班车改线", timeout=LATE)
    hall.editors["service"].set_value("handled")
    hall.save()
    qtbot.waitUntil(lambda: hall.table.rowCount() == 1, timeout=LATE)
    with plant.store.read(lead) as s:
        assert drafts.mine(s, "issue") == []
