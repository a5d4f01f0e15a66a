"""Headers are recognised, or mapped once by the user and remembered."""

from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from app.errors import Refusal
from app.services.imports.checking import check, check_all, mapped
from app.services.imports.context import Context
from app.services.imports.findings import Column
from app.services.imports.headers import find_table, layouts
from app.services.imports.workbook import Sheet

AS_OF = date(2026, 1, 5)
TRAIL = ("厂", "红梁中心站", "红梁中心站第一网格")
GRID = {"kind": "网格", "name": TRAIL[2], "parent": TRAIL[1], "code": None, "trail": TRAIL}
CONTEXT = Context(nodes=(GRID,), tables={"sex": {"1": ["男"], "2": ["女"]}, "status": {"在岗": ["在岗"]}})
STRANGE = ["序号", "网格员大名", "身份号", "归哪个格", "电话"]
ROW = [1, "曹红", "23982319930105154X", "红梁1网格", "14264116487"]


def saved(path: Path, *rows: list[object]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_a_header_nobody_knows_is_asked_about_with_a_proposal(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", STRANGE, ROW)
    sheet = check(path, CONTEXT, as_of=AS_OF).sheets[0]
    assert sheet.kind is None
    assert sheet.records == ()
    assert {column.header for column in sheet.unmapped} >= {"网格员大名", "归哪个格"}


def test_a_mapping_tells_the_fields_and_is_remembered_by_the_header(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", STRANGE, ROW)
    unknown = check(path, CONTEXT, as_of=AS_OF).sheets[0]
    mapping = {"kind": "roster", "A": "seq", "B": "name", "C": "id_number", "D": "grid", "E": "phones"}
    mapped = check(path, CONTEXT, as_of=AS_OF, mapping={"Sheet": mapping}).sheets[0]
    assert mapped.kind == "roster"
    assert mapped.columns["name"] == Column("B", "网格员大名")
    assert mapped.records[0]["grid"] == "红梁中心站第一网格"
    remembered = Context(nodes=(GRID,), tables=CONTEXT.tables, mappings={unknown.fingerprint: mapping})
    other = saved(tmp_path / "b.xlsx", STRANGE, [7, *ROW[1:]])
    assert check(other, remembered, as_of=AS_OF).sheets[0].records[0]["name"] == "曹红"


def test_a_header_far_down_or_of_two_rows_is_told_by_its_rows_and_found_again_where_it_stands_then(
    tmp_path: Path,
) -> None:
    lead = [[f"说明{n}"] for n in range(20)]
    groups, heads = ["人", None, "格", "电话"], ["称呼", "证", "哪个", "号"]
    row = ["曹红", ROW[2], "红梁1网格", "14200000001"]
    path = saved(tmp_path / "a.xlsx", *lead, groups, heads, row)
    told = {"kind": "人员花名册", "rows": "21-22", "A": "姓名", "B": "身份证号", "C": "所属网格", "D": "手机"}
    outcome = check(path, CONTEXT, as_of=AS_OF, mapping={"Sheet": told})
    assert outcome.sheets[0].header_rows == (21, 22) and len(outcome.sheets[0].records) == 1
    ((fingerprint, kept),) = mapped([outcome], {"Sheet": told})
    assert kept == {"kind": "roster", "rows": "21-22", "A": "name", "B": "id_number", "C": "grid", "D": "phones"}
    remembered = Context(nodes=(GRID,), tables=CONTEXT.tables, mappings={fingerprint: kept})
    for name, rows in (("b.xlsx", [*lead, groups, heads, row]), ("c.xlsx", [["标题"], groups, heads, row])):
        sheet = check(saved(tmp_path / name, *rows), remembered, as_of=AS_OF).sheets[0]
        assert sheet.remembered and len(sheet.records) == 1


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"kind": "roster", "B": "name"}, "mapping_lacking"),
        ({"kind": "没有这种"}, "mapping_unsound"),
        ({"kind": "roster", "B": "没有这栏"}, "mapping_unsound"),
        ({"kind": "roster", "B": "name", "C": "姓名", "D": "id_number", "E": "grid"}, "mapping_unsound"),
        ({"kind": "roster", "二": "name"}, "mapping_unsound"),
        ({"kind": "roster", "rows": "三"}, "mapping_unsound"),
    ],
)
def test_a_mapping_that_says_nothing_sound_is_refused_with_what_there_is(
    told: dict[str, str], why: str, tmp_path: Path
) -> None:
    path = saved(tmp_path / "a.xlsx", STRANGE, ROW)
    with pytest.raises(Refusal) as refusal:
        check(path, CONTEXT, as_of=AS_OF, mapping={"Sheet": told})
    assert refusal.value.code == why
    with pytest.raises(Refusal) as refusal:
        check(
            path, CONTEXT, as_of=AS_OF, mapping={"没有": {"kind": "roster", "A": "name", "B": "id_number", "C": "grid"}}
        )
    assert refusal.value.code == "sheet_unknown"


def test_the_kind_follows_from_the_mapped_fields(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "a.xlsx",
        ["什么时候", "谁去的", "看了谁", "说了啥", "格"],
        ["3月5日", "曹红", "孙鹏", "入户走访", "红梁1网格"],
    )
    mapping = {"Sheet": {"A": "date", "B": "visitors", "C": "visited", "D": "content", "E": "grid"}}
    sheet = check(path, CONTEXT, as_of=date(2025, 12, 31), mapping=mapping).sheets[0]
    assert sheet.kind == "visit"
    assert sheet.records[0]["date"] == "2025-03-05"


def test_a_column_that_is_not_understood_is_listed_and_does_not_disturb(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "a.xlsx",
        ["姓名", "身份证号", "所属网格", "血型", "手机号吗"],
        ["曹红", ROW[2], "红梁1网格", "A", None],
    )
    sheet = check(path, CONTEXT, as_of=AS_OF).sheets[0]
    assert len(sheet.records) == 1
    assert {(column.header, column.proposed) for column in sheet.unmapped} == {("血型", None), ("手机号吗", "phones")}


def test_title_and_subtitle_above_one_header_row_are_no_group() -> None:
    sheet = Sheet(
        "表",
        rows={
            1: {1: "走访台账"},
            2: {1: "填报单位：一站"},
            3: {1: "走访日期", 2: "走访人", 3: "走访对象", 4: "走访内容"},
            4: {1: 45721},
        },
        merged=[(1, 1, 1, 4), (2, 1, 2, 4)],
    )
    table = find_table(sheet)
    assert table is not None
    assert table.header_rows == (3,)


def test_numbered_empty_rows_of_a_form_are_blank(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "a.xlsx", ["序号", "姓名", "身份证号", "所属网格"], [1, "曹红", ROW[2], "红梁1网格"], [2], [3]
    )
    sheet = check(path, CONTEXT, as_of=AS_OF).sheets[0]
    assert sheet.counts["data_rows"] == 1
    assert [skipped.why for skipped in sheet.not_data] == ["header", "blank", "blank"]


def test_files_are_judged_in_the_order_of_their_kinds(tmp_path: Path) -> None:
    visits = saved(
        tmp_path / "1.xlsx",
        ["走访日期", "走访人", "走访对象", "走访内容", "所属网格"],
        ["2025.3.5", "曹红", "孙鹏", "入户走访", "红梁1网格"],
        ["2025.3.6", "陌生人", "孙鹏", "入户走访", "红梁1网格"],
    )
    roster = saved(tmp_path / "2.xlsx", ["姓名", "身份证号", "所属网格"], ["曹红", ROW[2], "红梁1网格"])
    first, _ = check_all([visits, roster], CONTEXT, as_of=AS_OF)
    assert [(warning.row, warning.code) for warning in first.sheets[0].warnings] == [(3, "W_PERSON_UNKNOWN")]


def test_importing_the_same_roster_again_finds_everybody_known(tmp_path: Path) -> None:
    roster = saved(tmp_path / "a.xlsx", ["姓名", "身份证号", "所属网格"], ["曹红", ROW[2], "红梁1网格"])
    first = check(roster, CONTEXT, as_of=AS_OF)
    again = check(roster, CONTEXT.after(first), as_of=AS_OF).sheets[0]
    assert again.records == ()
    assert [twice.kind for twice in again.duplicates] == ["same_id"]


def test_no_wording_means_two_fields_of_one_kind() -> None:
    for layout in layouts().values():
        words = [word for wordings in layout.fields.values() for word in wordings]
        assert len(words) == len(set(words)), layout.kind
        assert set(layout.needs) <= set(layout.fields)
        assert set(layout.required) <= set(layout.fields)
