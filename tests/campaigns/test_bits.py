"""Spoilt, foreign and old files: the first cases of the campaign `bits`, and every byte of every kind of file once."""

from random import Random

import pytest

from app.errors import Refusal
from tests.campaigns import bits
from tests.campaigns._prepared import remembered

KINDS = ("feed", "receipt", "files", "enrolment", "request")


@pytest.mark.parametrize("kind", KINDS)
def test_no_flipped_bit_and_no_missing_end_of_a_file_is_believed(kind: str) -> None:
    made, dice = bits.golden(), Random(1)
    data = made.files[kind]
    believed = made.read(kind, data)
    for at in [
        *range(3_000),
        *range(3_000, len(data), len(data) // 1_000 + 1),
    ]:  # an approval has its first data behind it
        if at >= len(data):
            break
        spoilt = bytearray(data)
        spoilt[at] ^= 1 << dice.randrange(8)
        for one in (bytes(spoilt), data[:at]):
            try:
                assert made.read(kind, one) == believed and kind == "request", f"byte {at}"
            except Refusal as refusal:
                assert str(refusal).endswith("。")


@pytest.mark.parametrize("number", range(bits.SMALL))
def test_stores_stay_as_they_are_whatever_is_done_to_files_and_flipped_bits_in_them_are_noticed(number: int) -> None:
    done = bits.case(number, 2026)
    assert set(done.faults) == {
        "flipped bit", "cut short", "spliced", "foreign or old", "forged", "bit in the store",
    }  # fmt: skip


def test_a_flipped_bit_in_the_store_is_noticed_on_any_page() -> None:
    made = bits.golden()
    with remembered(made.folder):
        assert bits.flipped_stores(made, Random(2), 24, 3) == 24
