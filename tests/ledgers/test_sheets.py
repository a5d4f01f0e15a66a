"""Rows on sheets: what stands together, what is carried on, what paper they lie on."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ledgers import pdf
from app.ledgers.page import Column, Line, Page, Section, Total, fitted, total
from app.ledgers.preview import Preview
from app.ledgers.sums import subtotals
from tests.ledgers import specimen

COLUMNS = (
    Column("序号", "n", 14, "center", "number"),
    Column("情况", "text", 60, kind="multiline"),
    Column("件数", "count", 20, kind="number"),
    Column("年龄", "age", 20, kind="number", summed=False),
)
#: How many lines each row takes; a sheet of A4 holds about sixty.
HEIGHTS = st.lists(st.one_of(st.integers(1, 6), st.integers(1, 140)), min_size=1, max_size=30)


def sheets(page: Page) -> list[str]:
    with Preview(pdf.document(page)) as preview:
        return [preview.text(n) for n in range(len(preview))]


def row(n: int, lines: int) -> tuple[int, str, int, int]:
    return (n, "\n".join(f"[{n}.{line}]" for line in range(lines)), n * 7, 50)


def ledger(heights: list[int], **more: object) -> Page:
    rows = tuple(row(n, lines) for n, lines in enumerate(heights, 1))
    return replace(Page("台账", COLUMNS, rows, "某网格", "2025年"), **more)  # type: ignore[arg-type]


def lines_on(text: str) -> list[tuple[int, int]]:
    return [(int(n), int(line)) for n, line in re.findall(r"\[(\d+)\.(\d+)\]", text)]


@settings(deadline=None, max_examples=20)
@given(HEIGHTS, st.integers(0, 40), st.booleans(), st.booleans())
def test_the_signatures_stand_with_the_last_row_and_nothing_is_lost(
    heights: list[int], notes: int, summed: bool, across: bool
) -> None:
    page = ledger(heights, notes=("说明。",) * notes, landscape=across)
    page = replace(page, totals=(total(COLUMNS, page.rows),) if summed else ())
    texts = sheets(page)
    assert [spot for text in texts for spot in lines_on(text)] == [
        (n, line) for n, lines in enumerate(heights, 1) for line in range(lines)
    ]
    signed = next(text for text in texts if "负责人（签字）" in text)
    assert lines_on(signed) if notes < 20 else "说明" in signed
    if summed:
        assert all(lines_on(text) for text in texts if "合计" in text)


@settings(deadline=None, max_examples=20)
@given(HEIGHTS, st.integers(0, 4), st.booleans())
def test_what_a_sheet_carries_on_is_what_was_printed_so_far(heights: list[int], notes: int, across: bool) -> None:
    texts = sheets(ledger(heights, notes=("说明。",) * notes, landscape=across, carried=True))
    so_far = 0
    for n, text in enumerate(texts):
        before, after = re.findall(r"承前页\s*(\d+)", text), re.findall(r"过次页\s*(\d+)", text)
        assert before == ([str(so_far)] if n and so_far else [])
        so_far += sum(number * 7 for number, line in lines_on(text) if line == 0)
        assert after == ([str(so_far)] if n + 1 < len(texts) else [])
    assert so_far == sum(n * 7 for n in range(1, len(heights) + 1))


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(1, 150), min_size=1, max_size=12), st.booleans())
def test_ink_stays_above_the_foot_of_the_sheet(heights: list[int], carried: bool) -> None:
    with Preview(pdf.document(ledger(heights, carried=carried, classification="", signatures=()))) as preview:
        for n in range(len(preview)):
            picture = preview.picture(n, 72)
            strip = picture.pixels[-(picture.height * 0 + 38) * picture.stride : -34 * picture.stride]
            assert min(strip) > 200  # the frame ends above, 第 x 页 stands below


def test_carried_sums_stand_in_one_line_however_narrow_the_columns_are() -> None:
    columns = (Column("甲", "a", 5), Column("件数", "n", 8, kind="number"), Column("乙", "b", 150))
    texts = sheets(Page("台账", columns, (("x", 10**11, ""),) * 60, carried=True))
    assert "过次页" in texts[0] and "承前页" in texts[1] and re.search(r"过次页\s*\d{13}\s", texts[0])


def test_sums_follow_each_group() -> None:
    lines: list[Line] = [Section("甲"), row(1, 1), row(2, 1), Section("乙"), Section("丙"), row(3, 1)]
    made = list(subtotals(COLUMNS, lines))
    assert made == [*lines[:3], Total(("小计", None, 21, None)), *lines[3:], Total(("小计", None, 21, None))]
    assert list(subtotals(COLUMNS, [])) == []


@given(st.lists(st.tuples(st.integers(0, 2), st.decimals(-99, 99, places=2)), max_size=20))
def test_the_sums_of_groups_make_the_sum_of_all(rows: list[tuple[int, Decimal]]) -> None:
    columns = (Column("类", "k"), Column("数", "n", kind="number"))
    lines = list(subtotals(columns, rows, by=lambda line: line[0], name="小计"))
    sums = [line.cells[1] for line in lines if isinstance(line, Total)]
    assert sum(sums) == sum(value for _key, value in rows)  # type: ignore[arg-type]
    runs = sum(1 for n, (key, _value) in enumerate(rows) if n == 0 or rows[n - 1][0] != key)
    assert len(sums) == runs and [line for line in lines if isinstance(line, tuple)] == rows


def test_a_sum_stands_on_the_sheet_of_the_last_row_it_adds_up() -> None:
    for rows in range(26, 40, 2):
        lines = tuple(
            subtotals(COLUMNS, [Section("甲"), *(row(n, 1) for n in range(1, rows)), Section("乙"), row(99, 1)])
        )
        texts = sheets(ledger([1], rows=lines))
        assert all(lines_on(text) for text in texts if "小计" in text)


@pytest.mark.parametrize(("paper", "landscape", "size"), [
    ("A4", False, (595, 842)), ("A4", True, (842, 595)), ("A3", False, (842, 1191)), ("A3", True, (1191, 842)),
])  # fmt: skip
def test_the_paper_is_what_the_page_says(paper: str, landscape: bool, size: tuple[int, int]) -> None:
    page = specimen.page(30, paper=paper, landscape=landscape)
    with Preview(pdf.document([page, page.blank()])) as preview:
        sizes = {tuple(map(round, preview.size(n))) for n in range(len(preview))}
        assert "填报日期" in preview.text(len(preview) - 1) and "签字" in preview.text(len(preview) - 1)
    assert sizes == {size}


def test_wide_ledgers_choose_large_paper() -> None:
    def chosen(width: float) -> tuple[str, bool]:
        page = fitted(Page("台账", (Column("a", "a", width / 2),) * 2, ()))
        return page.paper, page.landscape

    assert [chosen(width) for width in (180, 280, 500)] == [("A4", False), ("A4", True), ("A3", True)]


def test_a_header_taller_than_the_sheet_ends_all_the_same() -> None:
    columns = (Column("很长的标题" * 150, "a", 20), Column("b", "b", 100))
    assert "甲" in "".join(sheets(Page("台账", columns, (("甲", "乙\n" * 200), ("丙", "丁")))))
