"""Time limits as people write them in ledgers, and days that may not lie ahead."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.imports.context import Context, Known
from app.services.imports.findings import Column
from app.services.imports.headers import Table, layouts
from app.services.imports.lines import Line
from app.services.imports.terms import limit, month_end, past_day, term
from app.services.imports.workbook import Sheet

TODAY = date(2026, 1, 5)


def line(value: Any) -> Line:
    """A row whose time limit and day are this cell."""
    sheet = Sheet("台账", rows={2: {1: value}})
    layout = layouts()["hazard"]
    columns = {"deadline": Column("A", "整改期限"), "found_on": Column("A", "排查日期")}
    return Line(Table(sheet, layout, (1,), columns, (), ""), 2, Known(Context(), "f.xlsx", TODAY, 2025), None)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("15个工作日", {"days": 15, "working": True}),
        ("３０天", {"days": 30, "working": False}),
        ("十日内", {"days": 10, "working": False}),
        ("6月底前", {"date": "2025-06-30"}),
        ("2024年2月底", {"date": "2024-02-29"}),
        ("2025年3月31日前", {"date": "2025-03-31"}),
        (datetime(2025, 4, 30), {"date": "2025-04-30"}),
        ("长期", {"text": "长期"}),
        ("13月底", {"text": "13月底"}),
    ],
)
def test_a_time_limit_is_a_day_a_number_of_days_or_a_phrase_that_is_told(value: Any, wanted: dict[str, Any]) -> None:
    row = line(value)
    assert term(row, "deadline", 2025) == wanted
    assert [one.code for one in row.findings()] == (["W_DEADLINE_UNREADABLE"] if "text" in wanted else [])


def test_at_once_is_the_day_it_was_found_and_nothing_is_no_limit() -> None:
    assert limit(line("立行立改"), "deadline", 2025, date(2025, 3, 4)) == date(2025, 3, 4)
    assert limit(line(None), "deadline", 2025, date(2025, 3, 4)) is None and term(line(None), "deadline", 2025) is None


@given(st.dates(date(2024, 1, 1), date(2025, 12, 31)))
def test_every_month_ends_on_its_last_day(day: date) -> None:
    last = month_end(f"{day.year}年{day.month}月底", 2000)
    assert last is not None and (last.year, last.month) == (day.year, day.month)
    assert date.fromordinal(last.toordinal() + 1).day == 1


@given(st.one_of(st.text(max_size=12), st.integers(), st.floats(allow_nan=False), st.none(), st.datetimes()))
def test_whatever_stands_in_the_cell_is_a_limit_or_is_told(value: Any) -> None:
    row = line(value)
    found = term(row, "deadline", 2025)
    told = {one.code for one in row.findings()}
    assert found is None or ("text" in found) == ("W_DEADLINE_UNREADABLE" in told)
    day = past_day(line(value), "found_on", 2025)
    assert day is None or day <= TODAY
