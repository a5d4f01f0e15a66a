"""Days are read from every spelling found in ledgers; doubtful ones are named, never guessed."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.imports.dates import Day, month_of, read_day, read_month
from app.services.imports.workbook import Value

SPELLINGS = (
    "{y}.{m}.{d}",
    "{y}/{m:02d}/{d:02d}",
    "{m}月{d}日",
    "{y}-{m:02d}-{d:02d}",
    "{y}{m:02d}{d:02d}",
    "{y}年{m}月{d}日",
    "{m}.{d}",
    "{y}.{m}.{d}（周三）",
    "{y}．{m}．{d}",
    " {y}年 {m}月 {d}日 ",
    "{y}-{m:02d}-{d:02d} 00:00:00",
)


@given(st.dates(date(2025, 1, 1), date(2025, 12, 31)), st.sampled_from(SPELLINGS))
def test_one_day_in_every_spelling(day: date, spelling: str) -> None:
    assert read_day(spelling.format(y=day.year, m=day.month, d=day.day), 2025) == Day(day)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_short_years_numbers_and_serials(day: date) -> None:
    assert read_day(f"{day.year % 100:02d}.{day.month}.{day.day}", 2025) == Day(day)
    assert read_day(int(f"{day:%Y%m%d}"), 2025) == Day(day)
    assert read_day((day - date(1899, 12, 30)).days, 2025) == Day(day)
    assert read_day(datetime(day.year, day.month, day.day), 2025) == Day(day)


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (3.15, date(2025, 3, 15)),
        (3.4, date(2025, 3, 4)),
        (2.3, date(2025, 2, 3)),
        (12.31, date(2025, 12, 31)),
        (45721.5, date(2025, 3, 5)),
    ],
)
def test_a_number_with_a_fraction_is_month_and_day(value: float, day: date) -> None:
    assert read_day(value, 2025).day == day


def test_a_number_that_may_have_lost_a_zero_is_ambiguous() -> None:
    assert read_day(3.1, 2025) == Day(problem="ambiguous", choices=(date(2025, 3, 1), date(2025, 3, 10)))


@pytest.mark.parametrize("value", ["2025.2.29", "2月30日", "2025/02/32", "20250229", "2025.3.0", "2025.13.5", 20250230])
def test_days_that_do_not_exist(value: Value) -> None:
    assert read_day(value, 2025).problem == "impossible"


@pytest.mark.parametrize("value", ["3月上旬", "3月底", "春节前", "待定", "2025年3月", "", None, True, 7])
def test_what_is_no_day(value: Value) -> None:
    assert read_day(value, 2025).problem == "unreadable"


@pytest.mark.parametrize("value", ["2025.3.5-6", "3月5日-6日", "2025年3月5日至7日", "2025.3.5—2025.3.7", "3月5、6日"])
def test_of_several_days_the_first_is_taken(value: str) -> None:
    assert read_day(value, 2025) == Day(date(2025, 3, 5), several=True)


def test_a_month_alone_is_read_as_month() -> None:
    assert read_month("1985.03") == read_month("1985年3月") == (1985, 3)
    assert read_month("1985.03.05") is None


def test_the_month_of_a_sheet_comes_from_its_title() -> None:
    assert month_of(["2025年4月份住户走访台账"], 2024) == (2025, 4)
    assert month_of(["住户走访台账", "4月份"], 2025) == (2025, 4)
    assert month_of(["2025.07"], 2024) == (2025, 7)
    assert month_of(["住户走访台账"], 2025) is None


@given(st.text() | st.integers() | st.floats() | st.booleans())
def test_nothing_typed_ever_breaks_the_reading(value: Value) -> None:
    read_day(value, 2025)
