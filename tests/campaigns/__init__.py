"""Campaigns: the same small story with faults, told thousands of times by seed; `dev.py campaign NAME` runs them.

A campaign is a module of this folder that has these names; nothing else needs to be registered:

    TITLE = "one line: what is tried"
    FULL = 50_000                   # how many cases the command runs unless told otherwise
    SMALL = 500                     # how many `--small` runs; about what the ordinary tests run
    DATABASES = ("sqlite",)         # or ("sqlite", "postgresql"): on which databases of headquarters it can run

    def case(number: int, seed: int, database: str) -> Done | None:
        '''One case; the same numbers give the same case, in any process and any order. Raises what went wrong.'''

    def story(number: int, seed: int, database: str) -> str:      # if there is something to tell
        '''The shortest way to the same failure, as lines that a person can follow.'''

`chance(seed, number)` gives the case its dice, `scratch()` a folder that goes when the process ends. What is dear (an
enrolled world, a running server) may be kept in a variable of the module: every process works through many cases. Cases
run in processes of their own (two unless told otherwise), each with a home folder of its own; when time is up no new case
begins, so a case should take seconds, not hours. The ordinary tests call `case` directly (`tests/campaigns/test_*.py`).
"""

import atexit
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random


@dataclass
class Done:
    """What one case did: steps taken, faults injected by kind, and a sentence with figures where it measured something."""

    steps: int = 1
    faults: Counter[str] = field(default_factory=Counter)
    said: str = ""


def chance(seed: int, number: int) -> Random:
    """The dice of one case: the same for the same numbers, on every machine."""
    return Random(f"{seed}/{number}")


@cache
def scratch() -> Path:
    """A folder of this process for whatever its cases write; gone when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="fengge-campaign-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
