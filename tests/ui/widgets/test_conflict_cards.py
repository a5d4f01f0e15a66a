"""两边都改了: deciding with the keyboard alone, doubt about a clock, and questions that are others' to decide."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.services.conflicts import ConflictRow
from app.services.sites import skewed
from app.ui.desk import Desk
from app.ui.widgets.conflict_cards import ConflictCards
from tests.ui.carried import Pair, settled


@pytest.fixture
def desk(ends: Pair, tmp_path: Path) -> Iterator[Desk]:
    """The team lead's desk at a site where telephone and note of one person were changed on both sides."""
    ends.edit(True, phones=["13800000001"], note="站点写的")
    ends.edit(False, phones=["13900000002"], note="总部写的")
    ends.upload()
    from app.sync import carrying

    carrying.read_files(ends.store, ends.lead, ends.answer())
    made = ends.desk(True, tmp_path)
    yield made
    made.tasks.close()


@pytest.fixture
def cards(desk: Desk, qtbot: QtBot) -> ConflictCards:
    made = ConflictCards(desk)
    qtbot.addWidget(made)
    made.resize(1000, 560)
    made.show()
    made.activateWindow()
    made.refresh()
    settled(desk, qtbot)
    return made


def press(cards: ConflictCards, qtbot: QtBot, *keys: Qt.Key) -> None:
    for key in keys:
        here = next(card for card in cards.cards if card.has_keyboard())
        qtbot.keyClick(here, key)  # type: ignore[no-untyped-call]
    settled(cards.desk, qtbot)
    cards.refresh()
    settled(cards.desk, qtbot)


def open_now(desk: Desk, qtbot: QtBot) -> list[str]:
    from app.services import conflicts

    found: list[list[ConflictRow]] = []
    desk.tasks.read(conflicts.open_conflicts, found.append, owner=desk)
    settled(desk, qtbot)
    return [row.label for row in found[0]]


def test_the_keyboard_alone_goes_from_card_to_card_and_decides(cards: ConflictCards, desk: Desk, qtbot: QtBot) -> None:
    labels = [row.label for row in cards.rows]
    assert sorted(labels) == ["备注", "电话"]
    cards.setFocus()
    press(cards, qtbot, Qt.Key.Key_Down)
    assert cards.cards[1].hasFocus()
    press(cards, qtbot, Qt.Key.Key_2)
    assert open_now(desk, qtbot) == labels[:1]
    assert cards.cards[0].hasFocus()
    press(cards, qtbot, Qt.Key.Key_1)
    assert open_now(desk, qtbot) == [] and cards.nothing.isVisible()


def test_enter_opens_the_record(cards: ConflictCards, desk: Desk, qtbot: QtBot) -> None:
    opened: list[tuple[str, object]] = []
    desk.opened.connect(lambda page, record: opened.append((page, record)))
    cards.setFocus()
    press(cards, qtbot, Qt.Key.Key_Return)
    assert opened == [("registry", cards.rows[0].record)]


def test_a_wrong_clock_is_told_beside_the_time(cards: ConflictCards) -> None:
    row = cards.rows[0]
    cards.show_rows([replace(row, loser=replace(row.loser, skew=-int(timedelta(days=3).total_seconds())))])
    words = [label.text() for label in cards.cards[0].findChildren(QLabel)]
    assert "这台电脑的时钟慢了 3 天, 时间仅供参考。" in words
    assert skewed(7300) == "快了 2 小时" and skewed(-400 * 86400) == "慢了 1 年"


def test_what_is_others_to_decide_is_seen_and_not_to_be_pressed(cards: ConflictCards, desk: Desk, qtbot: QtBot) -> None:
    cards.show_rows([replace(row, decidable=False) for row in cards.rows])
    assert not any(button.isEnabled() for card in cards.cards for button in card.buttons)
    cards.go(0)
    press(cards, qtbot, Qt.Key.Key_1)
    assert len(open_now(desk, qtbot)) == 2


def test_every_card_tells_a_reader_both_values_and_the_keys(cards: ConflictCards) -> None:
    card = cards.cards[0]
    assert card.row.title in card.accessibleName()
    assert card.row.winner.text in card.accessibleDescription() and card.row.loser.text in card.accessibleDescription()
    assert "按 1 用左边的" in card.accessibleDescription()


def test_the_keyboard_stays_when_the_last_one_is_decided(cards: ConflictCards, qtbot: QtBot) -> None:
    cards.cards[0].setFocus()
    while cards.cards:
        press(cards, qtbot, Qt.Key.Key_1)
    assert QApplication.focusWidget() is cards.nothing
