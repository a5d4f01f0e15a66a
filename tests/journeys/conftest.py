"""The same ground as for single pages: without a screen, some calls are not supported by the platform."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.ui import theme
from tests import prepared
from tests.conftest import Clock
from tests.sync.conftest import World, copy_of_a_world


@pytest.fixture
def world(clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Headquarters with two work areas, in the spring of 2025."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = copy_of_a_world(tmp_path, "sqlite")
    yield made
    prepared.used(made.hq.store)


@pytest.fixture(autouse=True)
def our_look(qapp: object) -> None:
    """Light, without motion."""
    theme.apply(qapp, theme.Look(motion=False))  # type: ignore[arg-type]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "journeys" in item.nodeid:
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support", extend=True))
