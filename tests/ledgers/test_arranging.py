"""Rows as plain data, arranged on a page."""

from app.ledgers.arranging import GROUP, PART, SUM, Row, Rows, lines
from app.ledgers.page import Column, Section, Total

COLUMNS = (Column("序号", "n", kind="number"), Column("单位", "unit"), Column("件数", "count", kind="number"))


def rows() -> list[Row]:
    return [
        {GROUP: "a", "unit": "甲", "count": 1},
        {GROUP: "a", PART: True, "count": 5},
        {GROUP: "a", "unit": "乙", "count": 2},
        {GROUP: "b", "unit": "甲", "count": 3},
        {GROUP: "b", SUM: True, "unit": "小计", "count": 3},
    ]


def test_numbers_leave_out_what_goes_on_and_what_is_a_sum() -> None:
    made, totals = lines(COLUMNS, Rows(rows(), totals=lambda: [{"unit": "合计", "count": 11}]))
    numbers = [line[0] for line in made if isinstance(line, tuple)]
    assert numbers == [1, None, 2, 3] and made[-1] == Total((None, "小计", 3))
    assert totals == (Total((None, "合计", 11)),)


def test_headings_count_the_numbered_rows_and_may_begin_anew() -> None:
    made, _totals = lines(COLUMNS, Rows(rows(), lambda key, count: f"{key}{count}", restart=True, closing=lambda: "完"))
    assert [line.text for line in made if isinstance(line, Section)] == ["a2", "b1", "完"]
    assert [line[0] for line in made if isinstance(line, tuple)] == [1, None, 2, 1]


def test_fixed_groups_stand_also_when_empty_but_not_over_nothing() -> None:
    words = lambda key, count: f"{key}{count}" if key != "z" else ""  # noqa: E731
    made, _totals = lines(COLUMNS, Rows(rows(), words, ("z", "b", "c", "a")))
    assert [line.text for line in made if isinstance(line, Section)] == ["b1", "c0", "a2"]
    assert lines(COLUMNS, Rows([], words, ("a", "b")))[0] == ()


def test_other_columns_in_another_order_grouped_by_another_key() -> None:
    chosen = (COLUMNS[2], Column("编号", "n"))
    made, totals = lines(chosen, Rows(rows(), lambda key, _count: key, totals=lambda: [{"count": 11}]), by="unit")
    assert made == (
        Section("甲（2 项）"), (1, 1), (5, None), (3, 2),
        Section("乙（1 项）"), (2, 3),
    )  # fmt: skip
    assert totals == (Total((11, None)),)
