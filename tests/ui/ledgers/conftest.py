"""The page 台账, as most of its tests want it."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.services import visits
from app.ui.desk import Desk
from app.ui.ledgers.page import LedgersPage
from tests.factories import Plant
from tests.ui.ledgers.opened import shown


@pytest.fixture
def page(desk: Desk, plant: Plant, qtbot: QtBot) -> Iterator[LedgersPage]:
    """The page with one visit of this month in the store."""
    with plant.store.begin(plant.boss) as s:
        visits.record(s, plant.visit())
    made = shown(desk, qtbot)
    yield made
    made.leave()
