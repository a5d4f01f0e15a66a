"""The registry in the window: places, people, homes and posts are found, entered, amended and given up."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.models.people import Household, Person
from app.models.posts import Post
from app.services import codes, people, posts, readings
from app.services.listing import Query
from app.ui.desk import Desk, Undo
from app.ui.registry import deeds
from app.ui.registry.page import RegistryPage, page
from app.ui.registry.places import Place
from app.ui.tasks import Tasks
from app.ui.widgets.dialogs import Question
from app.ui.widgets.fields import NotesEditor
from app.ui.widgets.pickers import Pick
from app.ui.widgets.tree import Leaf
from tests.factories import Plant, account

WAIT = 10000


@pytest.fixture
def desk(plant: Plant, qapp: QApplication) -> Iterator[Desk]:
    """The desk of a team lead of the area."""
    lead = account(plant, "lead", "lead", "李四")
    tasks = Tasks(plant.store, lead)
    made = Desk(tasks, lead)
    with plant.store.read(lead) as s:
        made.codes = codes.all_choices(s)
    yield made
    tasks.close()


@pytest.fixture
def shown(desk: Desk, qtbot: QtBot) -> Iterator[RegistryPage]:
    """The page, seen, with people listed."""
    made = page(desk)
    assert isinstance(made, RegistryPage)
    qtbot.addWidget(made)
    made.resize(1240, 640)
    made.show()
    qtbot.waitUntil(lambda: made.here.model.ready, timeout=WAIT)
    yield made
    desk.tasks.close()


def listed(page: RegistryPage, attribute: str) -> list[Any]:
    model = page.here.model
    return [getattr(model.row(n), attribute, None) for n in range(model.rowCount())]


def answer(qtbot: QtBot, text: str = "") -> None:
    def question() -> Question | None:
        return next((w for w in QApplication.topLevelWidgets() if isinstance(w, Question) and w.isVisible()), None)

    qtbot.waitUntil(lambda: question() is not None, timeout=WAIT)
    asked = question()
    assert asked is not None
    if text:
        notes = asked.findChild(NotesEditor)
        assert notes is not None
        notes.text.insertPlainText(text)
    asked.button.click()


def one(plant: Plant, desk: Desk, model: type[Any], **wanted: Any) -> Any:
    with plant.store.read(desk.actor) as s:
        found = s.scalars(select(model).filter_by(**wanted)).one()
        s.expunge_all()
        return found


def test_a_grid_chosen_in_the_tree_narrows_every_list(shown: RegistryPage, plant: Plant, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: sorted(listed(shown, "name")) == ["单雄信", "张三"], timeout=WAIT)
    shown.tree.chosen.emit(Leaf(Place(plant.area, plant.path, plant.second, "红梁第二网格"), "红梁第二网格"))
    qtbot.waitUntil(lambda: listed(shown, "name") == ["单雄信"], timeout=WAIT)
    shown.show_view("households")
    qtbot.waitUntil(lambda: shown.here.model.ready, timeout=WAIT)
    assert listed(shown, "address") == []
    shown.tree.chosen.emit(Leaf(Place(plant.area, plant.path, None, "采油一作业区"), "采油一作业区"))
    qtbot.waitUntil(lambda: listed(shown, "address") == ["安居苑3号楼2单元401"], timeout=WAIT)


def test_grids_without_a_leader_are_a_finding(shown: RegistryPage, plant: Plant, desk: Desk, qtbot: QtBot) -> None:
    with plant.store.begin(desk.actor) as s:
        posts.appoint(s, Post(person_id=plant.zhang, grid_id=plant.first, role="leader", from_on=date(2025, 1, 1)))
    shown.show_view("grids").open_record("vacant")
    qtbot.waitUntil(lambda: listed(shown, "name") == ["红梁第二网格"], timeout=WAIT)


def test_a_person_is_entered_into_a_home_and_takes_its_grid(
    shown: RegistryPage, plant: Plant, desk: Desk, qtbot: QtBot
) -> None:
    shown.start("person", {"kind": "family", "household_id": Pick(plant.home, "安居苑3号楼2单元401")})
    form = shown.form("person")
    form.form.fill({"name": "李桂芳", "phones": "142 0000 0002", "id_number": "11010519491231002X"})
    with qtbot.waitSignal(form.saved, timeout=WAIT):
        form.form.submit()
    made = one(plant, desk, Person, name="李桂芳")
    assert (made.grid_id, made.household_id, made.address) == (plant.first, plant.home, "安居苑3号楼2单元401")
    assert (made.phones, made.sex, made.birth_on) == (["14200000002"], "2", date(1949, 12, 31))


def test_a_wrong_identity_number_is_told_at_its_field(shown: RegistryPage, qtbot: QtBot) -> None:
    shown.start("person", {"kind": "staff", "name": "王新来", "id_number": "110105194912310021"})
    form = shown.form("person")
    form.form.submit()
    texts = [label.text() for label in form.findChildren(QLabel)]
    assert any("身份证号有误" in text for text in texts)


def test_somebody_who_may_be_the_same_person_is_shown_first(
    shown: RegistryPage, plant: Plant, desk: Desk, qtbot: QtBot
) -> None:
    shown.start("person", {"kind": "staff", "name": "張三", "grid_id": Pick(plant.first, "红梁第一网格")})
    form = shown.form("person")
    with qtbot.waitSignal(form.saved, timeout=WAIT):
        form.form.submit()
        answer(qtbot)
    assert one(plant, desk, Person, name="張三").grid_id == plant.first


def test_an_amendment_leaves_hidden_numbers_as_they_were(
    shown: RegistryPage, plant: Plant, desk: Desk, qtbot: QtBot
) -> None:
    shown.edit_person(plant.zhang)
    form = shown.form("person")
    qtbot.waitUntil(lambda: form.form.values()["name"] == "张三", timeout=WAIT)
    assert form.form.values()["phones"] is None
    form.form.fill({"job": "采油工"})
    with qtbot.waitSignal(form.saved, timeout=WAIT):
        form.form.submit()
    after = one(plant, desk, Person, id=plant.zhang)
    assert (after.job, after.phones, after.household_id) == ("采油工", ["14200000001"], plant.home)


def test_a_home_is_entered_and_a_second_at_its_address_is_refused(
    shown: RegistryPage, plant: Plant, desk: Desk, qtbot: QtBot
) -> None:
    given = {"address": "安居苑5号楼1单元101", "grid_id": Pick(plant.second, "红梁第二网格")}
    shown.start("household", given)
    form = shown.form("household")
    with qtbot.waitSignal(form.saved, timeout=WAIT):
        form.form.submit()
    assert one(plant, desk, Household, address="安居苑5号楼1单元101").grid_id == plant.second
    shown.start("household", given)
    with qtbot.waitSignal(desk.noticed, timeout=WAIT) as heard:
        form.form.submit()
    assert "已经登记过" in heard.args[0].text


def test_a_post_is_taken_up_and_given_up_with_undo(shown: RegistryPage, plant: Plant, desk: Desk, qtbot: QtBot) -> None:
    shown.show_view("posts")
    picks = {"person_id": Pick(plant.zhang, "张三"), "grid_id": Pick(plant.first, "红梁第一网格")}
    shown.start("post", {**picks, "role": "leader", "duties": ["publicist"]})
    form = shown.form("post")
    with qtbot.waitSignal(form.saved, timeout=WAIT):
        form.form.submit()
    qtbot.waitUntil(lambda: listed(shown, "role") == ["网格长"], timeout=WAIT)
    offers: list[Undo] = []
    desk.undoable.connect(offers.append)
    deeds.relieve(shown, desk, shown.here.model.row(0))
    qtbot.waitUntil(lambda: bool(offers), timeout=WAIT)
    assert one(plant, desk, Post, role="leader").to_on == date(2025, 3, 12)
    offers[0].act()

    def held() -> bool:
        return one(plant, desk, Post, role="leader").to_on is None

    qtbot.waitUntil(held, timeout=WAIT)


def test_a_person_is_voided_with_a_reason(shown: RegistryPage, plant: Plant, desk: Desk, qtbot: QtBot) -> None:
    with plant.store.read(desk.actor) as s:
        (row,) = people.rows(s, [plant.shan])
    with qtbot.waitSignal(desk.noticed, timeout=WAIT):
        deeds.void_person(shown, desk, row)
        answer(qtbot, "已调离油田")
    assert one(plant, desk, Person, id=plant.shan).void_reason == "已调离油田"


def test_a_home_opens_a_visit_with_itself_in_it(shown: RegistryPage, plant: Plant, desk: Desk, qtbot: QtBot) -> None:
    with plant.store.read(desk.actor) as s:
        (row,) = people.homes(s, [plant.home])
    with qtbot.waitSignal(desk.opened) as heard:
        deeds.visit_home(desk, row)
    assert heard.args[0] == "visits"
    assert heard.args[1]["new"]["household"]["household"] == plant.home.hex


def test_an_id_from_elsewhere_finds_its_list(shown: RegistryPage, plant: Plant, qtbot: QtBot) -> None:
    shown.open_record(plant.home)
    qtbot.waitUntil(lambda: shown.view == "households", timeout=WAIT)
    qtbot.waitUntil(lambda: getattr(shown.here.table.current(), "id", None) == plant.home, timeout=WAIT)
    shown.open_record(plant.shan)
    qtbot.waitUntil(lambda: getattr(shown.here.table.current(), "name", "") == "单雄信", timeout=WAIT)


def test_full_numbers_are_asked_for_and_the_look_is_noted(plant: Plant, tasks: Tasks, qtbot: QtBot) -> None:
    made = page(Desk(tasks, plant.boss))
    qtbot.addWidget(made)
    made.resize(1240, 640)
    made.show()
    made.open_record(plant.zhang)

    def button() -> QPushButton | None:
        return next((b for b in made.findChildren(QPushButton) if b.text() == "显示完整号码"), None)

    def texts() -> list[str]:
        return [label.text() for label in made.findChildren(QLabel) if label.isVisible()]

    qtbot.waitUntil(lambda: button() is not None, timeout=WAIT)
    assert "142****0001" in texts()
    found = button()
    assert found is not None
    found.click()
    qtbot.waitUntil(lambda: "14200000001" in texts(), timeout=WAIT)
    with plant.store.read(plant.boss) as s:
        assert [row.about for row in readings.rows(s, list(readings.find(s, Query()).ids))] == ["张三"]
