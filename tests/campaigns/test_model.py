"""The pure model of the protocol, some thousands of runs."""

import pytest

from tests.campaigns import model

SEED, PART = 2026, 500


@pytest.mark.parametrize("first", range(0, model.SMALL, PART))
def test_after_healing_nothing_is_lost_doubled_or_stuck(first: int) -> None:
    done = model.total(model.case(number, SEED) for number in range(first, first + PART))
    assert done.steps == PART * model.STEPS
    assert set(model.FAULTS) | {"split", "reorder", "stale receipt"} <= set(done.faults), "a fault that never happens"


def test_the_same_numbers_tell_the_same_story() -> None:
    one, two = (model.play(model.chance(3, 8)) for _ in range(2))
    assert one.told == two.told and one.hq.log == two.hq.log and len(one.told) > 50
