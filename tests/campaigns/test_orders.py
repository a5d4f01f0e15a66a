"""A story in random orders on both databases: one digest."""

import pytest

from tests.campaigns import orders
from tests.postgres import binaries

SEED = 2026


@pytest.mark.parametrize("kind", orders.DATABASES)
@pytest.mark.parametrize("number", range(orders.SMALL))
def test_any_order_and_any_pieces_show_the_same(number: int, kind: str) -> None:
    if kind == "postgresql" and binaries() is None:
        pytest.skip("no PostgreSQL on this machine")
    assert orders.order(number, SEED, kind, orders.FEW).steps == orders.FEW


def test_the_story_has_people_who_changed_in_several_places_and_steps_that_are_illegal() -> None:
    told = orders.story_of(SEED, orders.FEW)
    assert len({change.table for change in told}) == 5
    assert sum(len(change.heads) > 1 for change in told) > 5 and sum(change.base > 3 for change in told) > 20
