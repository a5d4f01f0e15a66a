"""A short season at headquarters on both databases."""

import pytest

from tests.campaigns import soak
from tests.postgres import binaries


@pytest.mark.parametrize("kind", soak.DATABASES)
def test_a_season_leaves_nothing_stuck_and_nothing_lost(kind: str) -> None:
    if kind == "postgresql" and binaries() is None:
        pytest.skip("no PostgreSQL on this machine")
    done = soak.case(0, 2026, kind)
    assert done.steps == 200 and done.faults["hq_restore"] == 1 and "records/s" in done.said
