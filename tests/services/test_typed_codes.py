"""What people type from paper is the same code, however an input method, a hand or a printed zero has left it."""

import pytest

from app.services import typed_codes
from app.services.typed_codes import plain, readings


@pytest.mark.parametrize(
    "given",
    [
        "ps3-2025-s01-p0007-x",
        "ＰＳ３－２０２５－Ｓ０１－Ｐ０００７－Ｘ",
        " ＰＳ３　—　２０２５—Ｓ０１——Ｐ０００７–Ｘ\u200b\n",
        "PS3−2025‐S01‑P0007―X",
        "ps3﹣2025─s01━p0007‒x",
    ],
)
def test_width_case_dashes_spaces_and_what_takes_no_room_do_not_count(given: str) -> None:
    assert plain(given).upper() == "PS3-2025-S01-P0007-X"


def test_letters_of_a_unit_and_of_a_scanned_code_stay_as_they_are() -> None:
    assert plain("采一-2025-S01-L0042") == "采一-2025-S01-L0042"
    assert plain("FGB1：visits：n，day：0A1B2C3D") == "FGB1:visits:n,day:0A1B2C3D"


def test_where_only_digits_can_stand_letters_are_read_as_digits() -> None:
    assert "PS3-2010-HQ-P0107" in readings("PS3-2OIO-HQ-POIO7")
    assert readings("PS3-2010-HQ-P0107") == ["PS3-2010-HQ-P0107"]


def test_elsewhere_both_are_possible_and_what_was_typed_comes_first() -> None:
    assert readings("PS3-2025-S01-P0007")[0] == "PS3-2025-S01-P0007"
    assert set(readings("PS3-2025-S01-P0007")) == {f"PS3-2025-S{a}{b}-P0007" for a in "0O" for b in "1I"}


def test_a_text_of_nothing_but_twins_is_not_turned_about_without_end() -> None:
    assert len(readings("0" * 200)) == 1


def test_letters_without_0_and_1_have_one_reading() -> None:
    assert typed_codes.letters("K0TQ") == "KOTQ" and typed_codes.letters("71MZ") == "7IMZ"
