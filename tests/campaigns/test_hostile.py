"""Hostile files: the single monsters, and the first cases of the campaign `hostile`."""

import os
import sys

import pytest

if sys.platform != "linux":
    pytest.skip("time and memory of each input are measured in a copy of this process", allow_module_level=True)

from tests.campaigns import hostile


@pytest.mark.parametrize("name", hostile.MONSTERS)
def test_a_monster_is_refused_within_5_seconds_and_300_mb(name: str) -> None:
    hostile.faced(name)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("number", range(hostile.SMALL))
def test_whatever_a_sender_with_good_keys_writes_is_refused_or_taken(number: int) -> None:
    done = hostile.case(number, 2026)
    assert done.steps == sum(done.faults.values()) and len({key.split()[0] for key in done.faults}) == len(
        hostile.KINDS
    )
