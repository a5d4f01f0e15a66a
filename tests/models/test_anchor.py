"""The anchor notices a store that was copied or put back."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models import anchor
from app.models.anchor import Standing
from app.models.values import new_id
from app.paths import user_state

SITE, EPOCH = new_id(), new_id()


def test_a_store_that_went_on_from_its_anchor_is_the_same() -> None:
    anchor.drop(SITE, EPOCH, 7)
    assert anchor.standing(SITE, EPOCH, 7) is Standing.SAME
    assert anchor.standing(SITE, EPOCH, 900) is Standing.SAME


def test_a_store_put_back_to_an_earlier_state_is_behind() -> None:
    anchor.drop(SITE, EPOCH, 7)
    assert anchor.standing(SITE, EPOCH, 6) is Standing.BEHIND


def test_a_store_carried_to_another_machine_has_no_anchor() -> None:
    assert anchor.standing(SITE, EPOCH, 7) is Standing.MISSING


def test_a_store_exchanged_for_another_line_is_noticed() -> None:
    anchor.drop(SITE, new_id(), 7)
    assert anchor.standing(SITE, EPOCH, 7) is Standing.OTHER


@pytest.mark.parametrize("damage", [b"", b"[]", b"null", b'{"epoch": 1}', b"\xff\xfe", b'{"epoch": "x", "seq": "y"}'])
def test_a_damaged_anchor_counts_as_none(damage: bytes) -> None:
    anchor.drop(SITE, EPOCH, 7)
    (user_state() / "anchors" / f"{SITE.hex}.json").write_bytes(damage)
    assert anchor.standing(SITE, EPOCH, 7) is Standing.MISSING


@given(st.integers(0, 1 << 62), st.integers(0, 1 << 62))
def test_only_a_lower_number_is_behind(remembered: int, held: int) -> None:
    folder = user_state() / "any"
    anchor.drop(SITE, EPOCH, remembered, folder)
    assert (anchor.standing(SITE, EPOCH, held, folder) is Standing.BEHIND) == (held < remembered)


def test_anchors_lie_outside_the_store(tmp_path: Path) -> None:
    anchor.drop(SITE, EPOCH, 7, tmp_path)
    assert [file.name for file in (tmp_path / "anchors").iterdir()] == [f"{SITE.hex}.json"]
