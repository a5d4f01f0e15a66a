"""The page 台账 in a window, and what lies on it."""

from pytestqt.qtbot import QtBot

from app.ledgers.preview import Preview
from app.ui.desk import Desk
from app.ui.ledgers.page import LedgersPage


def shown(desk: Desk, qtbot: QtBot) -> LedgersPage:
    made = LedgersPage(desk)
    qtbot.addWidget(made)
    made.resize(1180, 660)
    made.show()
    settled(made, qtbot)
    return made


def settled(page: LedgersPage, qtbot: QtBot) -> None:
    """The ledger is drawn and its first sheet is sharp."""
    qtbot.waitUntil(lambda: not page._later.isActive() and page._drawing is None, timeout=30_000)
    if page.drawn is not None:
        qtbot.waitUntil(lambda: not page.paper.waiting, timeout=30_000)


def text_of(page: LedgersPage) -> str:
    assert page.drawn is not None
    with Preview(page.drawn.pdf) as preview:
        return "".join(preview.text(n) for n in range(len(preview)))
