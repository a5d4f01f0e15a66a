"""Every fault planted in the protocol is noticed."""

import pytest

from tests.campaigns import planted

SEED = 2026


@pytest.mark.parametrize("number", range(planted.SMALL))
def test_a_planted_fault_is_noticed(number: int) -> None:
    assert "after" in planted.case(number, SEED).said


def test_what_reaches_the_disk_is_the_file_then_its_name() -> None:
    events = planted.flushed()
    assert events[0] == "flush" and events.index("rename") > 0 and events[-1] == "folder"
