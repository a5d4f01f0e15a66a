"""Full, write-protected and failing disks: a few sizes of each operation."""

import os

import pytest

from tests.campaigns import full


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each operation runs in a copy of this process, which needs fork")
@pytest.mark.parametrize("part", range(3))
def test_a_disk_without_room_is_told_with_its_remedy_and_loses_nothing(part: int) -> None:
    if why := full.missing():
        pytest.skip(why)
    for number in range(part, full.SMALL, 3):
        full.case(number, 2026)
