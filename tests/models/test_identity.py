"""Identity and telephone numbers are read from whatever Excel has made of them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models import identity

SOUND = "23982319930105154X"


@pytest.mark.parametrize(
    "typed",
    [
        SOUND,
        SOUND.lower(),
        "２３９８２３１９９３０１０５１５４Ｘ",
        "'" + SOUND,
        "239823 19930105 154X\u3000",
        "\u200b" + SOUND,
    ],
)
def test_every_way_of_typing_leads_to_one_form(typed: str) -> None:
    assert identity.read_id(typed) == identity.IdNumber(SOUND)


def test_an_old_number_of_15_digits_becomes_one_of_18_as_text_or_number() -> None:
    assert identity.read_id("239823930105154") == identity.IdNumber(SOUND, old=True)
    assert identity.read_id(239823930105154) == identity.IdNumber(SOUND, old=True)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        (4.19801198309297e17, "precision"),
        ("4.19801E+17", "precision"),
        (419801198309297000, "precision"),
        ("2398O1197112104262", "format"),
        ("42980119805206037", "format"),
        ("待补", "format"),
        (123, "format"),
        ("419802196902299864", "date"),
        ("419801198309297191", "checksum"),
        ("239823930230154", "date"),
    ],
)
def test_what_is_wrong_is_named(typed: str | int | float, problem: str) -> None:
    found = identity.read_id(typed)
    assert found.number is None
    assert problem in found.problems


def test_a_birth_date_in_the_future_does_not_exist_yet() -> None:
    assert identity.read_id(SOUND, date(1990, 1, 1)).problems == ("date",)


def test_sex_and_birth_follow_from_the_number() -> None:
    assert identity.birth(SOUND) == date(1993, 1, 5)
    assert (identity.sex(SOUND), identity.sex("379801198007013858")) == ("2", "1")


def test_a_masked_number_shows_neither_birth_nor_order() -> None:
    assert identity.masked(SOUND) == "2398**********154X"


@given(
    st.integers(100000, 999999),
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.integers(0, 999),
    st.integers(0, 16),
    st.integers(1, 9),
)
def test_one_wrong_digit_never_passes(area: int, born: date, order: int, place: int, shift: int) -> None:
    first17 = f"{area}{born:%Y%m%d}{order:03d}"
    number = first17 + identity.check_digit(first17)
    assert identity.read_id(number).number == number
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert identity.read_id(wrong).number is None


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 995))
def test_old_numbers_keep_day_and_order(born: date, order: int) -> None:
    found = identity.read_id(f"419801{born:%y%m%d}{order:03d}")
    assert found.number and found.number[6:17] == f"{born:%Y%m%d}{order:03d}"


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("14264116487", ["14264116487"]),
        (14264116487, ["14264116487"]),
        (14264116487.0, ["14264116487"]),
        ("142-6411-6487", ["14264116487"]),
        ("142 6411 6487", ["14264116487"]),
        ("+86 14264116487", ["14264116487"]),
        ("+86-14264116487", ["14264116487"]),
        ("008614264116487", ["14264116487"]),
        ("（+86）14264116487", ["14264116487"]),
        ("１４２６４１１６４８７", ["14264116487"]),
        ("14264116487（爱人）", ["14264116487"]),
        ("14264116487/15441721707", ["14264116487", "15441721707"]),
        ("14264116487 15441721707", ["14264116487", "15441721707"]),
        ("14264116487\n15441721707", ["14264116487", "15441721707"]),
        ("0490-4812345", ["04904812345"]),
        ("", []),
    ],
)
def test_telephone_numbers_are_found_in_every_spelling(typed: str | int | float, numbers: list[str]) -> None:
    assert identity.read_phones(typed) == (numbers, [])


@pytest.mark.parametrize("typed", ["1426411648", "142641164870", "4812345", "爱人电话"])
def test_what_is_no_number_is_kept_apart(typed: str) -> None:
    good, bad = identity.read_phones(typed)
    assert good == []
    assert bad


def test_days_around_every_month_end_are_judged_by_the_calendar() -> None:
    day = date(2000, 2, 28)
    for _ in range(3):
        first17 = f"419801{day:%Y%m%d}123"
        assert identity.birth(first17) == day
        day += timedelta(days=1)
    assert identity.birth("41980119000229123") is None
