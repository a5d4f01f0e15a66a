"""今日 in the window: what to do, why, and Enter at the very form that does it; approvals in one place."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.models.accounts import Actor
from app.models.issues import Issue
from app.models.steps import Step
from app.services import codes, drafts, issues
from app.ui.desk import Desk
from app.ui.issues.page import IssuesPage
from app.ui.tasks import Tasks
from app.ui.today.page import TodayPage
from tests.factories import Plant, account

LATE = 10_000


@pytest.fixture
def leader(plant: Plant) -> Actor:
    return account(plant, "leader", "leader", "赵主任")


def registered(plant: Plant, who: Actor, *kinds: tuple[str, dict[str, Any]], **fields: Any) -> Issue:
    given: dict[str, Any] = {"title": "暖气不热", "kind": "question", "reporter": "张三", "grid_id": plant.first}
    with plant.store.begin(who) as s:
        issue = issues.register(s, Issue(**(given | fields)))
        for kind, facts in kinds:
            issues.step(s, issue.id, Step(issue_id=issue.id, kind=kind, **facts))
    return issue


def shown(desk: Desk, plant: Plant, qtbot: QtBot) -> TodayPage:
    with plant.store.read(plant.boss) as s:
        desk.codes = codes.all_choices(s)
    page = TodayPage(desk)
    qtbot.addWidget(page)
    page.resize(1200, 660)
    page.show()
    page.activateWindow()
    page.refresh()
    qtbot.waitUntil(lambda: bool(page.sentence.text()), timeout=LATE)
    return page


def test_a_duty_opens_the_form_that_does_it(plant: Plant, desk: Desk, qtbot: QtBot) -> None:
    member = account(plant, "member", "member", "王五")
    issue = registered(
        plant, member, ("accept", {}), ("extend", {"due_on": plant.visit().day.replace(day=28), "reason": "等配件"})
    )
    page = shown(desk, plant, qtbot)
    opened: list[tuple[str, object]] = []
    desk.opened.connect(lambda key, record: opened.append((key, record)))
    page.duties.setFocus()
    QTest.keyClick(page.duties, Qt.Key.Key_Return)
    assert opened == [("issues", {"issue": issue.id, "step": "approve"})]
    there = IssuesPage(desk)
    qtbot.addWidget(there)
    there.resize(1200, 660)
    there.show()
    there.open_record(opened[0][1])
    qtbot.waitUntil(lambda: there.pane.step is not None, timeout=LATE)
    assert there.pane.step is not None and there.pane.step.kind == "approve"


def test_approvals_are_in_one_place_and_an_empty_group_is_not_an_empty_day(
    plant: Plant, leader: Actor, qtbot: QtBot
) -> None:
    member = account(plant, "member", "member", "王五")
    registered(
        plant, member, ("accept", {}), ("extend", {"due_on": plant.visit().day.replace(day=28), "reason": "等配件"})
    )
    tasks = Tasks(plant.store, leader)
    try:
        page = shown(Desk(tasks, leader), plant, qtbot)
        assert page.sentence.text().startswith("今天 1 件等您批")
        page.groups.choose("approve")
        duty = page.duties.duty()
        assert page.duties.count() == 1 and duty is not None
        assert duty.why.startswith("同意延期: 王五申请延到 2025-03-28: 等配件 · ") and page.duties.hasFocus()
        page.groups.choose("chase")
        assert page.nothing.isVisible() and page.nothing.button.text() == "看全部"
    finally:
        tasks.close()


def test_whoever_was_slower_sees_the_issue_and_not_a_form_that_does_not_fit(
    plant: Plant, desk: Desk, qtbot: QtBot
) -> None:
    issue = registered(plant, plant.boss, ("accept", {}))
    there = IssuesPage(desk)
    qtbot.addWidget(there)
    there.resize(1200, 660)
    there.show()
    there.open_record({"issue": issue.id, "step": "accept"})
    qtbot.waitUntil(lambda: there.pane.view is not None, timeout=LATE)
    assert there.pane.step is None


def test_a_draft_opens_on_the_page_of_its_form(desk: Desk, plant: Plant, qtbot: QtBot) -> None:
    with plant.store.begin(desk.actor) as s:
        kept = {form: drafts.keep(s, form, {"place": "站区"}, title=form) for form in ("risk", "person", "check")}
    page = shown(desk, plant, qtbot)
    doors = {duty.title: (duty.page, duty.record) for duty in page._all if duty.group == "draft"}
    assert doors == {
        "risk": ("registry", {"kind": "risk", "new": {}}),
        "person": ("registry", {"kind": "person", "new": {}}),
        "check": ("checks", {"draft": kept["check"]}),
    }
