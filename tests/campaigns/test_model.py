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


def test_an_old_answer_of_a_wider_scope_brings_none_of_it_back() -> None:
    """Case 15599 of seed 2026: the site took the scope without what had come to headquarters since, and never asked for it."""
    world = model.World(model.chance(1, 1))
    site, other = world.sites[0], world.sites[1]
    old = world.hq.accept(site.collect(), [], world.now())
    other.write(1)
    world.hq.accept(other.collect(), [], world.now())
    world.hq.scopes[site.number] = frozenset({0})
    site.settle(world.hq.accept(site.collect(), [], world.now()))
    assert site.scope == {0} and site.foreign == set()
    site.settle(old)
    assert site.scope == {0}
    world.hq.scopes[site.number] = frozenset({0, 1})
    site.settle(world.hq.accept(site.collect(), [], world.now()))
    assert site.foreign == set(world.hq.log)
