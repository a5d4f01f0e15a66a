"""Printing for signature in the window: 「印发」, 「更正页」, 「已印发」, 「验证」, 「月度进度」."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.ledgers import editions, pdf
from app.ledgers.preview import Preview
from app.services import visits
from app.ui.desk import Desk
from app.ui.ledgers.page import LedgersPage
from app.ui.places import Places
from app.ui.tasks import Tasks
from app.ui.widgets.dialogs import Question
from tests.conftest import Clock
from tests.factories import Plant, account
from tests.ui.ledgers.opened import settled, shown, text_of


@pytest.fixture
def page(plant: Plant, clock: Clock, qtbot: QtBot, tmp_path: Path) -> Iterator[LedgersPage]:
    """The team lead's page on 2 April, with a visit in March and March not yet printed."""
    lead = account(plant, "lead", "lead", "周芳")
    with plant.store.begin(lead) as s:
        visits.record(s, plant.visit(summary="家里都好"))
    clock.set(2025, 4, 2, 9)
    tasks = Tasks(plant.store, lead)
    made = shown(Desk(tasks, lead, places=Places(tmp_path / "window.json")), qtbot)
    qtbot.waitUntil(lambda: made.choosing.choice.period.key == "2025-03", timeout=10_000)
    settled(made, qtbot)
    yield made
    made.leave()
    tasks.close()


def yes(page: LedgersPage, qtbot: QtBot) -> str:
    """The person says yes; gives what was asked."""
    dialog = page.findChild(Question)
    assert dialog is not None
    text = " ".join(label.text() for label in dialog.findChildren(type(page.head.title)))
    dialog.button.click()
    return text


def issued(page: LedgersPage, qtbot: QtBot) -> str:
    page.ask_issue()
    yes(page, qtbot)
    qtbot.waitUntil(lambda: page.editions.choice is not None and page.leaves.currentIndex() == 1, timeout=10_000)
    qtbot.waitUntil(lambda: page.drawn is not None and page.drawn.standing.edition is not None, timeout=10_000)
    settled(page, qtbot)
    assert page.drawn is not None and page.drawn.standing.edition is not None
    return page.drawn.standing.edition.number


def test_the_month_is_printed_for_signature_and_lies_there_with_number_and_code(
    page: LedgersPage, qtbot: QtBot
) -> None:
    assert page.head.issue.isVisible() and not page.head.correct.isVisible()
    number = issued(page, qtbot)
    assert number in text_of(page) and "核对码" in text_of(page)
    assert not page.head.issue.isVisible() and "没有变动" in page.head.note.text()
    view = page.editions.list.table.view
    told = view.model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert all(part in told for part in ("入户走访台账", "2025年3月", number))
    assert view.horizontalScrollBar().maximum() == 0
    page.leaves.setCurrentIndex(0)
    settled(page, qtbot)
    assert number in page.head.note.text() and not page.head.issue.isVisible()


def test_what_came_later_is_shown_and_goes_on_a_correction(page: LedgersPage, plant: Plant, qtbot: QtBot) -> None:
    first = issued(page, qtbot)
    page.desk.tasks.write(lambda s: visits.record(s, plant.visit(summary="断网时走访的")))
    qtbot.waitUntil(lambda: page.head.correct.isVisible(), timeout=10_000)
    settled(page, qtbot)
    assert "断网时走访的" not in text_of(page)
    page.ask_correction()
    assert first in yes(page, qtbot)
    qtbot.waitUntil(lambda: len(page.editions.list.rows) == 2 and "更正页" in page.head.title.text(), timeout=10_000)
    settled(page, qtbot)
    assert "断网时走访的" in text_of(page)


def test_a_paper_is_checked_by_its_number_and_by_its_file(page: LedgersPage, qtbot: QtBot, tmp_path: Path) -> None:
    number = issued(page, qtbot)
    assert page.drawn is not None
    row = page.drawn.standing.edition
    assert row is not None
    dialog = page.verify()
    assert dialog.code.nextInFocusChain() is dialog.go and dialog.go.nextInFocusChain() is dialog.file
    dialog.code.setText(f"{number} {row.check}")
    dialog.check_code()
    qtbot.waitUntil(lambda: dialog.found is not None, timeout=10_000)
    assert dialog.finding.text().startswith("✓ ")
    dialog.code.setText(f"{number} AAAA-AAAA")
    dialog.check_code()
    qtbot.waitUntil(lambda: dialog.finding.text().startswith("✗ "), timeout=10_000)
    (tmp_path / "a.pdf").write_bytes(page.drawn.pdf)
    dialog.check_file(tmp_path / "a.pdf")
    qtbot.waitUntil(lambda: "逐字一致" in dialog.finding.text(), timeout=10_000)
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.4 nothing")
    dialog.check_file(tmp_path / "b.pdf")
    qtbot.waitUntil(lambda: dialog.found is None and dialog.finding.text().startswith("✗ "), timeout=10_000)
    dialog.close()


def test_the_board_tells_what_is_missing_and_closes_and_opens_the_month(page: LedgersPage, qtbot: QtBot) -> None:
    issued(page, qtbot)
    board = page.show_board()
    qtbot.waitUntil(lambda: len(board.list.rows) == 2, timeout=10_000)
    qtbot.waitUntil(lambda: bool(board.told.text()), timeout=10_000)
    assert "2025年3月" in board.told.text()
    assert board.close_month.isEnabled() and not board.open_month.isEnabled()
    board.shut()
    qtbot.waitUntil(lambda: board.list.rows[0].closed, timeout=10_000)
    qtbot.waitUntil(lambda: board.open_month.isEnabled(), timeout=10_000)
    board.reopen()
    question = board.findChild(Question)
    assert question is not None
    question.findChildren(type(question))  # the reason is asked for in the question itself
    from PySide6.QtWidgets import QPlainTextEdit

    edit = question.findChild(QPlainTextEdit)
    assert edit is not None
    edit.setPlainText("漏了一户")
    question.button.click()
    qtbot.waitUntil(lambda: not board.list.rows[0].closed, timeout=10_000)
    board.close()


def test_without_any_edition_the_second_leaf_says_how_to_make_one(page: LedgersPage, qtbot: QtBot) -> None:
    page.leaves.setCurrentIndex(1)
    settled(page, qtbot)
    qtbot.waitUntil(lambda: page.editions.list.nothing.isVisible(), timeout=10_000)
    assert page.drawn is None and not page.head.issue.isVisible()


def test_a_printed_month_is_the_same_bytes_in_the_window_as_from_the_store(
    page: LedgersPage, plant: Plant, qtbot: QtBot
) -> None:
    number = issued(page, qtbot)
    with plant.store.read(page.desk.actor) as s:
        printed = editions.printed(s, editions.found(s, number))
    assert page.drawn is not None and pdf.document(printed) == page.drawn.pdf
    with Preview(page.drawn.pdf) as preview:
        assert len(preview) == len(page.drawn.sizes)
