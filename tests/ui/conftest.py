"""A desk to test pages at: the small plant's own store, real lanes, our look."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.desk import Desk
from app.ui.places import Places
from app.ui.sweeping import Sweeper
from app.ui.tasks import Tasks
from tests.conftest import Clock
from tests.factories import Plant
from tests.ui.carried import Pair, pair

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The platform without a screen says of some calls that it cannot do them; that is no warning about the program."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support", extend=True))


@pytest.fixture(autouse=True)
def our_look(qapp: QApplication) -> None:
    """Light, 11 pt, without motion; set once, since building the style costs more than most tests."""
    if qapp.property("look") != theme.Look(motion=False):
        theme.apply(qapp, theme.Look(motion=False))


@pytest.fixture(autouse=True)
def swept_here(qapp: QApplication) -> Iterator[None]:
    """As in the program, no worker takes apart what an earlier test has left of Qt's objects."""
    sweeper = Sweeper()
    yield
    gc.collect(1)  # what this test has made is young; to look at everything each time would cost more than the test
    sweeper.stop()


@pytest.fixture
def tasks(plant: Plant, qtbot: QtBot) -> Iterator[Tasks]:
    """The two lanes over the plant's store, with its founder at the keyboard."""
    made = Tasks(plant.store, plant.boss)
    yield made
    made.close()


@pytest.fixture
def desk(tasks: Tasks, plant: Plant, tmp_path: Path) -> Desk:
    """The founder's desk."""
    return Desk(tasks, plant.boss, places=Places(tmp_path / "window.json"))


@pytest.fixture
def ends(clock: Clock, tmp_path: Path) -> Iterator[Pair]:
    """Headquarters, a site of it, and an empty stick between them."""
    made = pair(tmp_path)
    yield made
    made.close()


@pytest.fixture
def site_desk(ends: Pair, tmp_path: Path, qtbot: QtBot) -> Iterator[Desk]:
    """The team lead's desk at the site."""
    made = ends.desk(True, tmp_path)
    yield made
    made.tasks.close()


@pytest.fixture
def hq_desk(ends: Pair, tmp_path: Path, qtbot: QtBot) -> Iterator[Desk]:
    """The founder's desk at headquarters."""
    made = ends.desk(False, tmp_path)
    yield made
    made.tasks.close()
