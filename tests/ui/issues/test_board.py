"""The board: the same issues as the list, by stage, worked from the keyboard, and never more cards than the first of a column."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.models.issues import Issue
from app.models.moves import STAGES
from app.models.steps import Step
from app.services import boards, codes, issues
from app.services.listing import Query
from app.ui.desk import Desk
from app.ui.issues.board import Board, Cards
from app.ui.issues.page import IssuesPage
from tests.factories import Plant, account

LATE = 10_000


def registered(plant: Plant, *kinds: str, **fields: Any) -> Issue:
    given: dict[str, Any] = {"title": "暖气不热", "kind": "question", "reporter": "张三", "grid_id": plant.first}
    with plant.store.begin(plant.boss) as s:
        issue = issues.register(s, Issue(**(given | fields)))
        for kind in kinds:
            more = {"handle": {"text": "办"}, "answer": {"text": "好", "way": "phone"}, "urge": {"level": "red", "reason": "慢"},
                    "withdraw": {"reason": "不要了"}}.get(kind, {})  # fmt: skip
            issues.step(s, issue.id, Step(issue_id=issue.id, kind=kind, **more))
    return issue


@pytest.fixture
def shown(desk: Desk, plant: Plant, qtbot: QtBot) -> IssuesPage:
    with plant.store.read(plant.boss) as s:
        desk.codes = codes.all_choices(s)
    made = IssuesPage(desk)
    qtbot.addWidget(made)
    made.resize(1200, 660)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: made.list.model.ready, timeout=LATE)
    return made


def board_of(shown: IssuesPage, qtbot: QtBot) -> Board:
    shown.list.refresh()
    shown.list.show_board(True)
    board = shown.list.board
    assert board is not None
    qtbot.waitUntil(lambda: any(cards.count() for cards in board.columns), timeout=LATE)
    return board


def cards(board: Board, key: str) -> Cards:
    found = board.findChild(Cards, key)
    assert isinstance(found, Cards)
    return found


def test_every_stage_has_one_column() -> None:
    held = [stage for _key, _label, stages in boards.COLUMNS for stage in stages]
    assert sorted(held) == sorted(set(STAGES) - {"new"})


def test_the_board_holds_what_the_list_holds_by_stage(plant: Plant) -> None:
    registered(plant)
    registered(plant, "accept", "handle", kind="help")
    registered(plant, "accept", "handle", "answer")
    registered(plant, "withdraw")
    for query in (
        Query(),
        Query(chip="open"),
        Query(chip="revisit"),
        Query(text="暖气"),
        Query(filters={"kind": "help"}),
    ):
        with plant.store.read(plant.boss) as s:
            found = boards.board(s, query)
            listed = issues.find(s, query).ids
        assert sorted(row.id for column in found for row in column.cards) == sorted(listed)
        assert sum(column.count for column in found) == len(listed)
        for column, (_key, _label, stages) in zip(found, boards.COLUMNS, strict=True):
            assert {row.state for row in column.cards} <= set(stages)


def test_a_column_shows_its_first_cards_and_counts_the_rest(plant: Plant) -> None:
    made = [registered(plant, "accept") for _n in range(4)]
    with plant.store.read(plant.boss) as s:
        doing = next(column for column in boards.board(s, Query(), cards=2) if column.key == "doing")
    assert doing.count == 4 and len(doing.cards) == 2 and {row.id for row in doing.cards} < {one.id for one in made}


def test_nobody_sees_on_the_board_what_the_list_hides(plant: Plant) -> None:
    registered(plant, kind="accusation", against=plant.area, title="检举")
    lead = account(plant, "lead", "lead", "李四")
    with plant.store.read(lead) as s:
        assert sum(column.count for column in boards.board(s, Query())) == 0


def test_cards_say_term_and_card_in_words_and_are_worked_from_the_keyboard(
    shown: IssuesPage, plant: Plant, qtbot: QtBot
) -> None:
    first, second = registered(plant, title="楼道灯不亮"), registered(plant, "accept", title="食堂太贵")
    board = board_of(shown, qtbot)
    qtbot.waitUntil(lambda: cards(board, "doing").count() == 1 and cards(board, "fresh").count() == 1, timeout=LATE)
    assert not shown.list.pane.isVisible() and "1 件" in cards(board, "fresh").accessibleName()
    spoken = cards(board, "fresh").item(0).data(int(Qt.ItemDataRole.AccessibleTextRole))
    assert spoken.startswith("楼道灯不亮, ") and "已登记" in spoken and first.number in spoken
    board.focus_cards()
    assert cards(board, "fresh").hasFocus()
    qtbot.waitUntil(lambda: shown.pane.view is not None and shown.pane.view.row.id == first.id, timeout=LATE)
    QTest.keyClick(cards(board, "fresh"), Qt.Key.Key_Right)
    assert cards(board, "doing").hasFocus()
    QTest.keyClick(cards(board, "doing"), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: shown.pane.view is not None and shown.pane.view.row.id == second.id, timeout=LATE)
    assert shown.list.pane.isVisible()


def test_a_step_s_key_on_a_card_opens_its_form_and_the_card_moves_on(
    shown: IssuesPage, plant: Plant, qtbot: QtBot
) -> None:
    issue = registered(plant)
    board = board_of(shown, qtbot)
    board.focus_cards()
    qtbot.waitUntil(lambda: shown.pane.view is not None and shown.pane.view.row.id == issue.id, timeout=LATE)
    QTest.keyClick(cards(board, "fresh"), Qt.Key.Key_S)
    qtbot.waitUntil(lambda: shown.pane.step is not None, timeout=LATE)
    assert shown.list.pane.isVisible() and shown.pane.step is not None and shown.pane.step.kind == "accept"
    with plant.store.begin(plant.boss) as s:
        issues.accept(s, issue.id)
    shown.list.refresh()
    qtbot.waitUntil(lambda: cards(board, "doing").count() == 1 and cards(board, "fresh").count() == 0, timeout=LATE)


def test_the_board_has_the_filters_of_the_list_and_is_remembered(shown: IssuesPage, plant: Plant, qtbot: QtBot) -> None:
    registered(plant, "accept", kind="help", title="帮扶")
    registered(plant, "accept", "handle", "answer", title="咨询")
    board = board_of(shown, qtbot)
    shown.list.filters.choose("answered")
    qtbot.waitUntil(lambda: cards(board, "doing").count() == 0 and cards(board, "told").count() == 1, timeout=LATE)
    shown.list.search.setText("没有这样的词")
    qtbot.waitUntil(lambda: shown.list.nothing.isVisible(), timeout=LATE)
    assert shown.desk.places.get("issues/board") == "on"
    shown.list.search.clear()
    shown.list.show_board(False)
    qtbot.waitUntil(lambda: shown.list.table.isVisible(), timeout=LATE)
