"""A campaign about nothing, with which the harness itself is tried: one case fails, one ends its process."""

import os

from tests.campaigns import Done, chance

TITLE = "dice"
FULL, SMALL, DATABASES = 12, 6, ("sqlite",)
WRONG, DEADLY = 7, 4


def case(number: int, seed: int, database: str) -> Done:
    """Throws a die, but for two numbers."""
    if number == DEADLY:
        os._exit(3)
    if number == WRONG:
        raise AssertionError("seven is wrong")
    done = Done(steps=chance(seed, number).randint(1, 6))
    done.faults["thrown"] += 1
    return done


def story(number: int, seed: int, database: str) -> str:
    """How it came to this."""
    return f"threw {number} with {seed} on {database}"
