"""Working days follow the published calendar, and say when it is not published yet."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.models.calendar import Calendar, add_workdays, holiday, is_provisional, is_workday, read, workdays_until

DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))


def test_holidays_are_off_and_the_weekends_worked_instead_are_not() -> None:
    assert not is_workday(date(2026, 10, 1)) and holiday(date(2026, 10, 1)) == "国庆节"
    assert date(2026, 2, 14).weekday() == 5 and is_workday(date(2026, 2, 14))
    assert is_workday(date(2025, 3, 5)) and not is_workday(date(2025, 3, 8))


def test_a_deadline_jumps_over_the_national_day() -> None:
    assert add_workdays(date(2025, 9, 30), 1) == date(2025, 10, 9)
    assert add_workdays(date(2025, 9, 26), 2) == date(2025, 9, 29)  # Sunday 28 September is worked
    assert add_workdays(date(2025, 3, 5), 0) == date(2025, 3, 5)
    assert add_workdays(date(2025, 10, 9), -1) == date(2025, 9, 30)


def test_an_unpublished_year_is_monday_to_friday_and_says_so() -> None:
    assert is_provisional(date(2031, 5, 1)) and is_workday(date(2031, 5, 1))
    assert is_provisional(date(2027, 5, 4)) and not is_provisional(date(2026, 5, 4))


def test_a_book_from_headquarters_replaces_the_shipped_one() -> None:
    old = {"year": 2027, "provisional": True, "holidays": {}, "workdays": {}}
    new = {"year": 2027, "holidays": {"2027-03-08": "厂庆"}, "workdays": {"2027-03-06": "调休上班"}}
    calendar = read([old, new])
    assert not is_workday(date(2027, 3, 8), calendar) and is_workday(date(2027, 3, 6), calendar)
    assert not is_provisional(date(2027, 3, 8), calendar)


@given(DAYS, st.integers(-60, 60))
def test_counting_back_what_was_added_gives_the_same_number(day: date, count: int) -> None:
    end = add_workdays(day, count)
    assert count == 0 or is_workday(end)
    if count > 0:
        assert workdays_until(day, end) == count
        assert workdays_until(end, day) == -count
    assert (end > day) == (count > 0) and (end < day) == (count < 0)


@given(DAYS)
def test_without_any_book_weekends_are_off(day: date) -> None:
    empty = Calendar({}, {}, frozenset())
    assert is_workday(day, empty) == (day.weekday() < 5)
    assert add_workdays(day, 5, empty) - day <= timedelta(days=7)
