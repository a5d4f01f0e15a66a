"""Months, quarters and years."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Refusal
from app.ledgers.period import Period, Span

DAYS = st.dates(date(1950, 1, 1), date(2100, 12, 31))
SPANS: st.SearchStrategy[Span] = st.sampled_from(["month", "quarter", "year"])


def test_keys_are_read_as_staff_write_them() -> None:
    assert (Period.parse("2025-03").first, Period.parse("2025-3").last) == (date(2025, 3, 1), date(2025, 3, 31))
    assert (Period.parse("2025-Q4").first, Period.parse("2025-q4").last) == (date(2025, 10, 1), date(2025, 12, 31))
    assert Period.parse("2024").last == date(2024, 12, 31)
    assert [Period.parse(key).title for key in ("2025-03", "2025-Q1", "2025")] == [
        "2025年3月",
        "2025年一季度",
        "2025年",
    ]


@pytest.mark.parametrize("text", ["", "2025-13", "2025-00", "2025-Q5", "25-03", "三月", "2025-03-01", "0000"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        Period.parse(text)
    assert refused.value.code == "period_unknown"


@given(DAYS, SPANS)
def test_a_day_lies_in_the_period_around_it_and_in_no_neighbour(day: date, span: Span) -> None:
    period = Period.around(day, span)
    assert day in period and day not in period.before
    assert period.before.last + timedelta(days=1) == period.first
    assert Period.parse(period.key) == period
    assert period.first in period.year
