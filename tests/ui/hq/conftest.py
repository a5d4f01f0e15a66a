"""The page 「收件」 over the small plant's headquarters."""

import pytest
from pytestqt.qtbot import QtBot

from app.ui.desk import Desk
from app.ui.hq.page import InboxPage
from tests.ui.carried import settled


@pytest.fixture
def page(hq_desk: Desk, qtbot: QtBot) -> InboxPage:
    """As it stands after it was opened."""
    made = InboxPage(hq_desk)
    qtbot.addWidget(made)
    made.resize(1180, 660)
    made.show()
    settled(hq_desk, qtbot)
    return made
