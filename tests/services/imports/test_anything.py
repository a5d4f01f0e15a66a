"""Whatever stands in the cells of a ledger, the check ends with an outcome and never breaks."""

from datetime import date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.imports.checking import judge_sheet
from app.services.imports.context import Context, Known
from app.services.imports.headers import find_table, layouts
from app.services.imports.workbook import ExcelError, Formula, Sheet

AS_OF = date(2026, 1, 5)
NODE = {
    "kind": "网格",
    "name": "红梁中心站第一网格",
    "parent": "红梁中心站",
    "code": "A-1",
    "trail": ("红梁中心站第一网格",),
}
TYPED = [
    "同上",
    "〃",
    "无",
    "√",
    "红梁1网格",
    "曹红",
    "23982319930105154X",
    "14264116487",
    "2025.3.5",
    "3月",
    "小计",
    "注：",
    "一、站",
    "是",
    "A-1",
]
CELLS: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.sampled_from(TYPED), st.text(max_size=12), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(),
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.just(ExcelError("#N/A")), st.just(Formula.NO_RESULT),
)  # fmt: skip


@given(kind=st.sampled_from(sorted(layouts())), data=st.data())
@settings(max_examples=300, deadline=None)
def test_any_content_under_any_known_header_gives_an_outcome(kind: str, data: st.DataObject) -> None:
    layout = layouts()[kind]
    heads = {column: words[0].split("/")[-1] for column, words in enumerate(layout.fields.values(), 1)}
    groups = {column: words[0].split("/")[0] for column, words in enumerate(layout.fields.values(), 1)}
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(heads), max_size=len(heads)), max_size=6))
    cells = {number: {c: v for c, v in enumerate(row, 1) if v not in (None, "")} for number, row in enumerate(rows, 3)}
    merged = [(1, c, 2, c) for c in heads if groups[c] == heads[c]]
    area = data.draw(st.tuples(st.integers(3, 6), st.integers(1, 4), st.integers(0, 3), st.integers(0, 3)))
    merged.append((area[0], area[1], area[0] + area[2], area[1] + area[3]))
    sheet = Sheet(
        "表", rows={1: groups, 2: heads} | {number: row for number, row in cells.items() if row}, merged=merged
    )
    table = find_table(sheet)
    if table is None or table.layout.kind != kind:
        return
    tables: dict[str, dict[str, list[str]]] = {name: {"1": ["甲"], "2": ["乙"]} for name in layout.labels.values()}
    known = Known(Context(tables=tables, nodes=(NODE,)), "文件.xlsx", AS_OF, 2025)
    outcome = judge_sheet(table, known)
    taken = {record["row"] for record in outcome.records}
    refused = {row.row for row in outcome.rejected}
    twice = {row.row for row in outcome.duplicates}
    passed = {row.row for row in outcome.not_data}
    assert not (taken & refused or taken & twice or refused & twice or passed & (taken | refused | twice))
    assert taken | refused | twice | passed == set(range(1, sheet.last_row + 1))
    assert all(warning.row in taken and not warning.refuses for warning in outcome.warnings)
    for finding in (*outcome.warnings, *(error for row in outcome.rejected for error in row.errors)):
        assert finding.message
