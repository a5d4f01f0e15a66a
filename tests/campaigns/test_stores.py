"""Real stores by chance; `FENGGE_RUNS` says how many times as many."""

import os

import pytest

from tests.campaigns import stores
from tests.postgres import binaries

SEED, PART = 2026, 10
TIMES = int(os.environ.get("FENGGE_RUNS", "1"))


@pytest.mark.parametrize("first", range(0, stores.SMALL * TIMES, PART))
def test_after_healing_every_store_shows_the_same(first: int) -> None:
    for number in range(first, first + PART):
        assert stores.case(number, SEED, "sqlite").steps == stores.STEPS


@pytest.mark.skipif(binaries() is None, reason="no PostgreSQL on this machine")
@pytest.mark.parametrize("number", range(5 * TIMES))
def test_headquarters_on_postgresql_goes_through_the_same(number: int) -> None:
    assert stores.case(number, SEED, "postgresql").steps == stores.STEPS
