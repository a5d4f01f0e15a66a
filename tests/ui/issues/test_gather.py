"""Old questions, common ones and doubled ones in the window: told, ticked, done from the list."""

import uuid
from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QComboBox, QPushButton
from pytestqt.qtbot import QtBot

from app.models.accounts import Actor
from app.models.issues import Issue
from app.services import issues
from app.ui.issues import gather
from app.ui.issues.gather import Gather
from app.ui.issues.page import IssuesPage
from app.ui.widgets.fields import TextEditor
from tests.factories import Plant, account
from tests.ui.issues.test_page import LATE, Open, notices, open_page, read, registered  # noqa: F401


@pytest.fixture
def lead(plant: Plant) -> Actor:
    return account(plant, "lead", "lead", "李四")


@pytest.fixture
def shown(open_page: Open, lead: Actor) -> IssuesPage:  # noqa: F811
    return open_page(lead)


def closed(plant: Plant, lead: Actor) -> Issue:
    old = registered(plant, lead, reporter_id=plant.zhang, topic="heating")
    with plant.store.begin(lead) as s:
        issues.accept(s, old.id)
        issues.answer(s, old.id, "已修好", "phone")
        issues.revisit(s, old.id, "satisfied")
        issues.close(s, old.id, "grid")
    return old


def button(shown: IssuesPage, words: str) -> QPushButton:
    return next(one for one in shown.findChildren(QPushButton) if one.text().startswith(words) and one.isVisible())


def dialog(
    shown: IssuesPage, qtbot: QtBot, ready: Callable[[Gather], bool] = lambda one: one.fates.count() > 0
) -> Gather:
    def there() -> bool:
        return any(one.isVisible() and ready(one) for one in shown.findChildren(Gather))

    qtbot.waitUntil(there, timeout=LATE)
    return next(one for one in shown.findChildren(Gather) if one.isVisible())


def view(plant: Plant, who: Actor, issue: uuid.UUID) -> issues.IssueView:
    with plant.store.read(who) as s:
        return issues.one(s, issue)


def test_an_old_question_is_proposed_in_the_form_and_linked_when_it_is_ticked(
    shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    old = closed(plant, lead)
    shown.start({"title": "暖气又不热", "kind": "question", "topic": "heating", "reporter_id": plant.zhang})
    qtbot.waitUntil(lambda: old.id in shown.form.caution.boxes, timeout=LATE)
    box = shown.form.caution.boxes[old.id]
    assert "同一人" in box.text() and not box.isChecked()
    box.click()
    shown.form.form.submit()
    qtbot.waitUntil(lambda: shown.pane.view is not None and shown.pane.view.former is not None, timeout=LATE)
    button(shown, "老问题, 第 2 次出现").click()
    qtbot.waitUntil(lambda: shown.pane.view is not None and shown.pane.view.row.id == old.id, timeout=LATE)


def test_an_old_question_is_proposed_at_the_issue_and_linked_or_denied_there(
    shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    old = closed(plant, lead)
    first, second = (registered(plant, lead, reporter_id=plant.zhang, topic="heating") for _ in range(2))
    read(shown, first, qtbot)
    button(shown, "是老问题").click()
    qtbot.waitUntil(lambda: shown.pane.view is not None and shown.pane.view.former is not None, timeout=LATE)
    read(shown, second, qtbot)
    button(shown, "不是").click()
    qtbot.waitUntil(lambda: shown.pane.view is not None and shown.pane.view.proposed == (), timeout=LATE)
    former = view(plant, lead, first.id).former
    assert former is not None and former.id == old.id and view(plant, lead, second.id).former is None
    read(shown, first, qtbot)
    button(shown, "不是老问题").click()
    qtbot.waitUntil(lambda: view(plant, lead, first.id).former is None, timeout=LATE)


def test_chosen_issues_become_a_common_one_whose_answer_goes_to_those_ticked(
    shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    first, second = registered(plant, lead, title="甲家不热"), registered(plant, lead, title="乙家不热")
    shown.group([first.id, second.id])
    asked = dialog(shown, qtbot)
    title = asked.findChild(TextEditor)
    assert isinstance(title, TextEditor) and title.value() == "甲家不热"
    title.set_value("三号楼暖气不热")
    asked.button.click()
    qtbot.waitUntil(lambda: shown.pane.view is not None and len(shown.pane.view.grouped.rows) == 2, timeout=LATE)
    assert shown.pane.view is not None and shown.pane.view.row.title == "三号楼暖气不热"
    common = shown.pane.view.row.id
    with plant.store.begin(lead) as s:
        issues.accept(s, common)
        issues.answer(s, common, "已更换循环泵", "written")
    shown.pane.read(common)
    qtbot.waitUntil(lambda: any(b.text() == "把答复给各件…" for b in shown.findChildren(QPushButton)), timeout=LATE)
    button(shown, "把答复给各件").click()
    asked = dialog(shown, qtbot)
    asked.fates.item(1).setCheckState(gather.Qt.CheckState.Unchecked)
    asked.button.click()
    qtbot.waitUntil(lambda: view(plant, lead, first.id).row.state == "answered", timeout=LATE)
    assert "已更换循环泵" in view(plant, lead, first.id).timeline[0].sentence
    assert view(plant, lead, second.id).row.state == "registered"


def test_merging_tells_which_cannot_be_merged_and_keeps_the_one_chosen(
    shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    told = notices(shown)
    done, call, visit = (
        closed(plant, lead),
        registered(plant, lead, title="来电"),
        registered(plant, lead, title="走访"),
    )
    shown.merge([done.id, call.id, visit.id])
    asked = dialog(shown, qtbot, lambda one: bool(one.problem.text()))
    assert "已经办结" in asked.problem.text() and not asked.button.isEnabled()
    kept = asked.findChild(QComboBox)
    assert isinstance(kept, QComboBox)
    kept.setCurrentIndex(1)
    asked = dialog(shown, qtbot, lambda one: one.fates.count() == 2 and not one.problem.isVisible())
    assert len(asked.fates.ticked()) == 1
    asked.button.click()
    qtbot.waitUntil(lambda: "已合并。" in told, timeout=LATE)
    assert [row.title for row in view(plant, lead, call.id).merged.rows] == ["走访"]
    assert view(plant, lead, done.id).row.state == "closed"
