"""The first cases of the campaign `kill`."""

import os

import pytest

from tests.campaigns import kill

PARTS = 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is killed in a copy of this one, which needs fork")
@pytest.mark.parametrize("part", range(PARTS))
def test_what_was_acknowledged_before_a_kill_is_there_once_and_nothing_is_half_done(part: int) -> None:
    killed = 0
    for number in range(part, kill.SMALL, PARTS):
        done = kill.case(number, 2026)
        killed += sum(count for how, count in done.faults.items() if " by " in how)
    assert killed > kill.SMALL // PARTS // 2, "most processes must die before they have finished"
