"""The life of an issue, some thousand histories of it."""

from collections import Counter

from app.models.moves import STEPS
from tests.campaigns import lives

SEED = 2026


def test_any_order_of_arrival_and_any_doubled_step_fold_to_one_state() -> None:
    found: Counter[str] = Counter()
    for number in range(lives.SMALL):
        found += lives.case(number, SEED).faults
    assert set(STEPS) | {"illegal"} <= set(found), "a step that is never in force proves nothing"


def test_the_same_numbers_tell_the_same_history() -> None:
    one, two = (lives.told(lives.chance(3, 8)) for _ in range(2))
    assert one == two and one != lives.told(lives.chance(3, 9))
