"""The same ground as for single pages: without a screen, some calls are not supported by the platform."""

import pytest

from app.ui import theme


@pytest.fixture(autouse=True)
def our_look(qapp: object) -> None:
    """Light, without motion."""
    theme.apply(qapp, theme.Look(motion=False))  # type: ignore[arg-type]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "journeys" in item.nodeid:
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support", extend=True))
