"""双向派单 in the window: a partner is given a numbered paper, its answer comes back by code, and what it sent is named."""

from datetime import date
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.models.accounts import Actor
from app.models.issues import Issue
from app.models.steps import Step
from app.models.units import Unit
from app.services import issues, order_codes, units
from app.ui.issues.page import IssuesPage
from app.ui.issues.papers import PaperView
from app.ui.widgets.dialogs import Question
from app.ui.widgets.paperwork import Printable
from tests.factories import Plant
from tests.ui.issues import test_page as story

LATE = story.LATE
lead, open_page, shown = story.lead, story.open_page, story.shown


@pytest.fixture
def street(plant: Plant) -> Any:
    with plant.store.begin(plant.boss) as s:
        return units.add(s, Unit(name="红梁街道办事处", kind="partner", partner=True, parent_id=plant.area)).id


def entrusted(plant: Plant, who: Actor, street: Any) -> tuple[Issue, Step]:
    issue = story.registered(plant, who)
    with plant.store.begin(who) as s:
        return issue, issues.entrust(s, issue.id, street, text="请修")


def asked(shown: IssuesPage, code: str) -> Question:
    shown.back.click()
    dialog = next(found for found in shown.findChildren(Question) if found.isVisible())
    line = dialog.findChild(QLineEdit)
    assert isinstance(line, QLineEdit)
    line.setText(code)
    dialog.button.click()
    return dialog


def test_a_dispatch_to_a_partner_gets_its_number_and_its_paper_is_offered(
    shown: IssuesPage, plant: Plant, lead: Actor, street: Any, qtbot: QtBot
) -> None:
    issue = story.registered(plant, lead)
    told: list[Any] = []
    shown.desk.noticed.connect(told.append)
    story.read(shown, issue, qtbot)
    shown.pane.take("entrust")
    step = shown.pane.step
    assert step is not None
    given = {"unit": street.hex, "name": "红梁街道办事处", "due": "2025-03-26"}
    step.form.fill({"to_unit": given, "text": "请修好管网"})
    step.form.editor("to_unit").changed.emit()
    assert step.form.values()["due_on"] == date(2025, 3, 26), "the day of the rule is offered"
    step.form.submit()
    qtbot.waitUntil(lambda: any("请打印派单" in notice.text for notice in told), timeout=LATE)
    assert shown.pane.view is not None
    (row,) = shown.pane.view.orders
    assert row.number in told[-1].text
    doors = [one.accessibleName() for one in shown.pane.findChildren(QPushButton) if one.text() == "打印派单"]
    assert doors == [f"派单 {row.number} · 红梁街道办事处 · 等答复"]
    printed: list[Printable] = []
    shown.list.foot.paperwork.may_print = lambda _otherwise: True  # type: ignore[method-assign]
    shown.list.foot.paperwork.ask_printer = lambda made, _title: printed.append(made)  # type: ignore[method-assign]
    told[-1].act()
    qtbot.waitUntil(lambda: bool(shown.findChildren(PaperView)), timeout=LATE)
    shown.findChildren(PaperView)[0].press.click()
    qtbot.waitUntil(lambda: bool(printed), timeout=LATE)
    assert (printed[0].title, printed[0].sheets) == ("派单", 1)


def test_the_code_of_a_dispatch_opens_its_issue_with_the_answer_to_be_written(
    shown: IssuesPage, plant: Plant, lead: Actor, street: Any, qtbot: QtBot
) -> None:
    issue, step = entrusted(plant, lead, street)
    other, second = entrusted(plant, lead, street)
    assert step.number and second.number
    asked(shown, order_codes.code(step.number, issue.id))
    qtbot.waitUntil(lambda: shown.pane.step is not None, timeout=LATE)
    form = shown.pane.step
    assert form is not None and form.view.row.id == issue.id and form.form.values()["about"] == step.id.hex
    form.form.fill({"about": step.id.hex, "text": "已修好", "with_whom": "王主任", "way": "phone", "day": step.day})
    form.form.submit()
    qtbot.waitUntil(lambda: shown.pane.step is None, timeout=LATE)
    view = next(view for view in story.every(plant, lead) if view.row.id == issue.id)
    assert view.timeline[0].sentence == f"外单位答复, 派单号 {step.number}, 王主任, 电话: 已修好"
    assert [order.end for order in view.orders] == ["answered"]
    assert other.id != issue.id


def test_a_wrong_number_is_told_in_the_dialog_and_nothing_opens(
    shown: IssuesPage, plant: Plant, lead: Actor, street: Any, qtbot: QtBot
) -> None:
    _issue, step = entrusted(plant, lead, street)
    assert step.number
    dialog = asked(shown, step.number[:-1] + "?")
    qtbot.waitUntil(lambda: dialog.problem.isVisible(), timeout=LATE)
    assert "校验位不对" in dialog.problem.text() and shown.pane.step is None
    dialog.reject()


def test_what_a_partner_sent_keeps_its_number_and_offers_the_reply(
    shown: IssuesPage, plant: Plant, lead: Actor, street: Any, qtbot: QtBot
) -> None:
    shown.start()
    shown.form.form.fill({
        "title": "污水外溢", "kind": "question", "reporter": {"person": None, "name": "街道", "home": None},
        "partner": {"unit": street.hex, "name": "红梁街道办事处"}, "partner_number": "红街7号",
    })  # fmt: skip
    shown.form.form.submit()
    qtbot.waitUntil(lambda: shown.pane.view is not None and shown.pane.view.row.title == "污水外溢", timeout=LATE)
    (view,) = story.every(plant, lead)
    assert (view.fields["partner_number"], view.fields["channel"]) == ("红街7号", "partner")
    assert {"红街7号", "红梁街道办事处"} <= {label.text() for label in shown.pane.findChildren(QLabel)}
    told: list[Any] = []
    shown.desk.noticed.connect(told.append)
    shown.pane.take("answer")
    assert shown.pane.step is not None
    shown.pane.step.form.fill({"way": "written", "text": "已清掏", "day": view.row.day})
    shown.pane.step.form.submit()
    qtbot.waitUntil(lambda: any("请打印答复单" in notice.text for notice in told), timeout=LATE)


def test_the_filters_show_what_waits_for_partners_and_what_they_sent(
    shown: IssuesPage, plant: Plant, lead: Actor, street: Any, qtbot: QtBot
) -> None:
    entrusted(plant, lead, street)
    story.registered(plant, lead, title="污水外溢", partner_id=street)

    def titles() -> list[str]:
        model = shown.list.model
        return [row.title for number in range(model.rowCount()) if (row := model.row(number))]

    for chip, title in (("entrusted", "暖气不热"), ("received", "污水外溢")):
        shown.open_record(chip)
        qtbot.waitUntil(lambda wanted=title: titles() == [wanted], timeout=LATE)
