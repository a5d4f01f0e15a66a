"""Pages as plain data."""

from datetime import UTC, date, datetime
from decimal import Decimal

from app.ledgers.page import Column, Page, Section, Total, chinese_date, shown, total
from tests.ledgers.specimen import page


def test_values_stand_on_paper_as_people_write_them() -> None:
    assert shown(None) == ""
    assert shown(True) == "是"
    assert shown(date(2025, 3, 5), "date") == "2025-03-05"
    assert shown(datetime(2025, 3, 5, 20, 0, tzinfo=UTC), "moment") == "2025-03-06 04:00"
    assert shown(datetime(2025, 3, 5, 20, 0, tzinfo=UTC), "date") == "2025-03-06"
    assert shown(Decimal("0.608"), "percent") == "60.8%"
    assert shown(1.5, "number") == "1.5"
    assert chinese_date(date(2025, 3, 5)) == "2025年3月5日"


def test_columns_with_the_same_group_share_a_header_cell() -> None:
    columns = (Column("a", "a"), Column("b", "b", group="G"), Column("c", "c", group="G"), Column("d", "d"))
    spread = Page("t", columns, ())
    assert spread.grouped
    assert spread.head() == [("a", 0, 1), ("G", 1, 2), ("d", 3, 1)]


def test_sums_take_numbers_only() -> None:
    columns = (Column("类别", "k"), Column("件数", "n", kind="number"), Column("电话", "p", kind="code"))
    rows = [("甲", 2, "1"), Section("二"), ("乙", None, "2"), ("丙", Decimal("1.5"), "3"), ("丁", 0.5, "4")]
    assert total(columns, rows) == Total(("合计", 4.0, None))


def test_a_blank_form_has_the_header_and_nothing_filled_in() -> None:
    form = page(12).blank(lines=8)
    assert len(form.rows) == 8
    assert all(value is None for row in form.rows for value in row)  # type: ignore[union-attr]
    assert form.totals == () and form.number == "" and "2025年4月2日" not in form.meta()[2]


def test_an_empty_ledger_says_so() -> None:
    assert Page("t", (Column("a", "a"),), ()).body == (Section("（本期没有记录）"),)
