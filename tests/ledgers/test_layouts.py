"""Layouts: judged whole, saved as versions, and the same values in whatever columns."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import Refusal
from app.ledgers import catalogue, layout_files, layout_plan, layouts, shaping
from app.ledgers.arranging import GROUP, PART, Rows
from app.ledgers.layout_plan import Chosen, Condition, Plan
from app.ledgers.layouts import LaidOut
from app.ledgers.page import Column, Page, Section, Total
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.editions import Layout
from app.models.values import new_id
from app.services.access import actor
from tests.factories import Plant, account, copy_of_headquarters

MARCH = Period.parse("2025-03")
EMPTY = Page("", (), ())
COLUMNS = (
    Column("序号", "n", kind="number", summed=False),
    Column("单位", "unit"),
    Column("件数", "count", kind="number"),
    Column("日期", "day", kind="date"),
)
VISITS = {"format": 1, "columns": [{"key": "day"}, {"key": "met", "title": "见到谁", "width": 30}, {"key": "grid"}]}


def laid_out(name: str, plan: Plan, title: str = "自己的台账") -> LaidOut:
    return LaidOut(new_id(), "abc", 1, title, "", catalogue.named(name), plan)


def plain(page: Page, key: str) -> list[Any]:
    at = [column.key for column in page.columns].index(key)
    return [line[at] for line in page.rows if isinstance(line, tuple)]


def faults(data: object) -> str:
    with pytest.raises(Refusal) as refusal:
        layout_plan.read(data, COLUMNS)
    assert refusal.value.code == "layout_faulty"
    return str(refusal.value)


# -- the plan


def test_a_plan_comes_back_as_it_was_written() -> None:
    plan = Plan(
        (Chosen("n"), Chosen("unit", "部门", "", 40, "count"), Chosen("count", head="合计", total="sum")),
        "unit", True, True, "秘密", ("一", "二"), False, ("经办人",), False, "A3", (Condition("count", "from", "2"),),
    )  # fmt: skip
    assert layout_plan.read(json.loads(json.dumps(plan.data)), COLUMNS) == plan
    usual = layout_plan.of_kind(COLUMNS, landscape=True)
    assert layout_plan.read(usual.data, COLUMNS) == usual and usual.data["columns"][0] == {"key": "n"}


def test_all_faults_of_a_plan_are_told_at_once_and_by_name() -> None:
    told = faults({
        "format": 1, "colour": "red", "paper": "B5", "group": "unitt", "totals": 1, "signatures": ["一"] * 7,
        "columns": [{"key": "cuont"}, {"key": "unit", "widht": 3}, {"key": "unit", "width": 1e300}, {"key": "day", "total": "sum"},
                    "n", {"key": "n", "title": "x" * 61}, {"key": "count", "width": float("nan")}],
        "where": [{"key": "day", "how": "from", "value": "昨天"},
                  {"key": "unit", "how": "like", "value": "甲"}, {"key": "unit", "how": "is"}],
    })  # fmt: skip
    for words in (
        "「colour」", "A4 或 A3", "「unitt」这一项。是不是「unit」", "totals 只能是", "最多 6 个, 现在有 7 个",
        "「cuont」这一项。是不是「count」",
        "「widht」。是不是「width」", "第 3 列的宽度", "第 3 列和第 2 列是同一项「单位」", "第 4 列「日期」不是数量", "第 5 列不是一组设置",
        "第 6 列的标题最多 60 个字", "第 7 列的宽度", "日期请写成 2025-03-05", "比较方式不认识", "请写明和什么比较",
    ):  # fmt: skip
        assert words in told, words


@pytest.mark.parametrize(
    "data",
    [
        None, [], "版式", 7, {}, {"format": True}, {"format": 1, "columns": []}, {"format": 1, "columns": {"key": "n"}},
        {"format": 1, "columns": [{"key": ["n"]}], "where": [[[]]], "notes": [{}], "classification": None},
        {"format": 1, "columns": [{"key": "n", "title": "a\x00b", "head": 3, "total": ["sum"], "width": "宽"}]},
        {"format": 1, "columns": [{"key": f"k{n}"} for n in range(5000)], **{f"x{n}": n for n in range(5000)}},
    ],
)  # fmt: skip
def test_a_hostile_plan_is_refused_in_a_bounded_sentence(data: object) -> None:
    assert len(faults(data)) < 5000


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["key", "how", "width", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["format", *Plan().data]), _ANY, max_size=6))
def test_whatever_a_plan_holds_it_is_sound_or_refused_in_words(data: dict[str, Any]) -> None:
    try:
        plan = layout_plan.read({"format": 1} | data, COLUMNS, form=True)
    except Refusal as refusal:
        assert refusal.code in ("layout_faulty", "layout_newer") and len(str(refusal)) < 5000
    else:
        assert layout_plan.read(plan.data, COLUMNS, form=True) == plan


def test_a_plan_of_a_newer_program_is_refused_politely() -> None:
    with pytest.raises(Refusal, match="较新版本的程序"):
        layout_plan.read({"format": 2, "columns": "something else"}, COLUMNS)


# -- the page


@pytest.mark.parametrize("plant", ["sqlite"], indirect=True)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_choice_and_order_of_columns_shows_the_same_values(plant: Plant, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["visits", "appeals", "hazards", "tasks"]))
    kind = catalogue.named(name)
    with plant.store.read(plant.boss) as s:
        known = kind.known(s, MARCH)
        every = laid_out(name, layout_plan.of_kind(known, landscape=True)).page(s, MARCH, Scope(plant.path))
        keys = data.draw(st.lists(st.sampled_from([one.key for one in known]), min_size=1, unique=True))
        page = laid_out(name, Plan(tuple(map(Chosen, keys)))).page(s, MARCH, Scope(plant.path))
        whole = kind.page(s, MARCH, Scope(plant.path))
    assert [column.key for column in page.columns] == keys
    for key in keys:
        assert plain(page, key) == plain(every, key)
    assert [line for line in page.rows if isinstance(line, Section)] == [
        r for r in whole.rows if isinstance(r, Section)
    ]


@pytest.mark.parametrize("plant", ["sqlite"], indirect=True)
def test_a_layout_prints_in_its_own_words(plant: Plant) -> None:
    plan = Plan(
        (Chosen("met", "见到谁", "走访", 33), Chosen("grid"), Chosen("n")), "", False, True, "秘密", ("自己的说明",), False, ("经办人",),
        False, "A3",
    )  # fmt: skip
    with plant.store.read(plant.boss) as s:
        page = laid_out("visits", plan, "见面登记").page(s, MARCH, Scope(plant.path))
        blank = laid_out("visits", plan).blank(s, Scope(plant.path))
        carried = laid_out("visits", replace(plan, carried=True)).page(s, MARCH, Scope(plant.path))
    assert (page.carried, carried.carried) == (False, True)
    assert (page.title, page.classification, page.notes, page.signatures) == (
        "见面登记",
        "秘密",
        ("自己的说明",),
        ("经办人",),
    )
    assert (page.landscape, page.paper, page.unit, page.period) == (False, "A3", "采油一作业区", "2025年3月")
    assert [(c.title, c.group, c.width) for c in page.columns] == [
        ("见到谁", "走访", 33),
        ("网格", "", 24),
        ("序号", "", 10),
    ]
    assert page.rows[:3] == (("张三", "红梁第一网格", 1), ("张三", "红梁第一网格", 2), ("张㛃", "红梁第二网格", 3))
    assert isinstance(page.rows[-1], Section) and "走访 3 次" in page.rows[-1].text
    assert len(blank.rows) > 20 and not any(any(row) for row in blank.rows if isinstance(row, tuple))


def rows() -> Rows:
    listed = [
        {GROUP: "a", "unit": "甲", "count": 1}, {GROUP: "a", PART: True, "count": 5}, {GROUP: "a", "unit": "乙", "count": 2},
        {GROUP: "b", "unit": "甲", "count": 3.5},
    ]  # fmt: skip
    return Rows(listed, lambda key, _n: key, closing=lambda: "完", totals=lambda: [{"count": 11}])


def test_sums_stand_under_groups_and_at_the_end() -> None:
    plan = Plan((Chosen("count", total="sum"), Chosen("unit", total="count"), Chosen("n")), None, True)
    page = shaping.filled(EMPTY, plan, COLUMNS, rows())
    assert page.rows == (
        Section("a"), (1, "甲", 1), (5, None, None), (2, "乙", 2), Total((8, 2, "小计")),
        Section("b"), (3.5, "甲", 3), Total((3.5, 1, "小计")), Section("完"),
    )  # fmt: skip
    assert page.totals == (Total((11.5, 3, "合计")),)
    assert shaping.filled(EMPTY, Plan((Chosen("count"),), ""), COLUMNS, rows()).totals == (Total((11,)),)
    assert shaping.filled(EMPTY, Plan((Chosen("count", total="sum"),), totals=False), COLUMNS, rows()).totals == ()


def test_a_filter_keeps_what_goes_on_with_a_row_and_says_what_it_left_out() -> None:
    plan = Plan((Chosen("unit"), Chosen("count", total="sum")), "unit", where=(Condition("count", "to", "2"),))
    page = shaping.filled(EMPTY, plan, COLUMNS, rows())
    assert page.rows == (Section("甲（1 项）"), ("甲", 1), (None, 5), Section("乙（1 项）"), ("乙", 2))
    assert page.totals == (Total(("合计", 8)),)
    assert shaping.notes(plan, COLUMNS, ())[-1] == "只列符合条件的：件数 不大于 (不晚于) 2。"


# -- versions


def test_saving_makes_versions_and_retiring_ends_them(tmp_path: Path) -> None:
    plant = copy_of_headquarters(tmp_path / "hq")
    with plant.store.begin(plant.boss) as s:
        first = layouts.save(s, "visits", "见面登记", VISITS)
        second = layouts.save(s, "visits", "见面登记簿", VISITS | {"landscape": False}, code=first.code)
        assert (first.version, second.version, first.path) == (1, 2, "")
        assert [(row.title, row.version, row.mine, row.hq) for row in layouts.rows(s)] == [
            ("见面登记簿", 2, True, True)
        ]
        assert len(layouts.versions(s, first.id)) == 2
        assert layouts.named(s, "见面登记簿") in layouts.offered(s)
        assert layouts.page(s, first.id, MARCH, Scope()).title == "见面登记"
        for title in ("见面登记簿", "入户走访台账", "", "长" * 61, "两\n行"):
            with pytest.raises(Refusal, match="名称"):
                layouts.save(s, "visits", title, VISITS)
        with pytest.raises(Refusal, match="停用的原因"):
            layouts.retire(s, first.id, " ")
        layouts.retire(s, first.id, "不用了")
        assert layouts.rows(s) == [] and first.voided_at is None and second.voided_at is not None
        assert layouts.page(s, second.id, MARCH, Scope()).title == "见面登记簿"
        with pytest.raises(Refusal, match="没有名为「见面登记簿」"):
            layouts.named(s, "见面登记簿")
        assert layouts.save(s, "visits", "见面登记簿", VISITS, code=first.code).version == 3
    plant.store.close()


def test_a_unit_has_its_own_beside_those_of_headquarters(tmp_path: Path) -> None:
    plant = copy_of_headquarters(tmp_path / "hq")
    lead, member = account(plant, "lead", "lead"), account(plant, "member", "member")
    with plant.store.begin(plant.boss) as s:
        ours = layouts.save(s, "visits", "总部的", VISITS)
        s.add(Layout(code="x", version=1, title="新程序的", ledger="visits", plan={"format": 9}, path=""))
        s.add(Layout(code="y", version=1, title="没见过的", ledger="balloons", plan={}, path=""))
        s.add(Layout(code="z", version=1, title="坏的\n" + "x" * 99, ledger="visits", plan={"format": 1}, path=""))
        s.add(Layout(code="w", version=1, title="别处的", ledger="visits", plan=VISITS, path="/PS7/"))
    with plant.store.begin(lead) as s:
        made = layouts.save(s, "visits", "自己的", VISITS, code=ours.code)
        assert made.path == actor(s).path and made.version == 1
        listed = [(row.title[:4], row.mine, row.state) for row in layouts.rows(s)]
        assert listed == [
            ("自己的", True, ""), ("坏的 x", False, "faulty"), ("总部的", False, ""),
            ("新程序的", False, "newer"), ("没见过的", False, "unknown"),
        ]  # fmt: skip
        names = [one.title for one in layouts.offered(s) if isinstance(one, LaidOut)]
        assert names == ["自己的", "总部的"] and layouts.named(s, ours.code).title == "自己的"
        with pytest.raises(Refusal, match="较新版本"):
            layouts.named(s, "新程序的")
        with pytest.raises(Refusal, match="只能由它们停用"):
            layouts.retire(s, ours.id, "不好看")
    with plant.store.begin(member) as s, pytest.raises(Refusal, match="没有这项权限"):
        layouts.save(s, "visits", "网格员的", VISITS)
    plant.store.close()


def test_a_layout_goes_by_file_and_comes_back_as_the_next_version(tmp_path: Path) -> None:
    plant = copy_of_headquarters(tmp_path / "hq")
    lead = account(plant, "lead", "lead")
    with plant.store.begin(plant.boss) as s:
        made = layouts.save(s, "visits", "见面登记", VISITS)
        content = layout_files.write(s, made.id)
        assert layout_files.take(s, content).version == 2
        layouts.retire(s, made.id, "换一个地方")
    with plant.store.begin(lead) as s:
        taken = layout_files.take(s, content)
        assert (taken.code, taken.version, taken.plan) == (made.code, 1, made.plan)
        for broken in (
            b"",
            b"{}",
            b"\xff",
            b"[" * 100_000,
            content.replace(b'"title"', b'"tilte"'),
            content + b"x" * 1_000_000,
        ):
            with pytest.raises(Refusal, match="版式文件"):
                layout_files.take(s, broken)
        with pytest.raises(Refusal, match="「mett」这一项。是不是「met」"):
            layout_files.take(s, content.replace(b'"met"', b'"mett"'))
    plant.store.close()


@pytest.mark.parametrize("plant", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", [ledger.name for ledger in catalogue.LEDGERS])
def test_every_ledger_in_a_layout_of_its_own_columns_is_what_it_was(plant: Plant, name: str) -> None:
    kind = catalogue.named(name)
    with plant.store.read(plant.boss) as s:
        period = Period.around(MARCH.first, kind.span)
        page, blank = kind.page(s, period, Scope(plant.path)), kind.blank(s, Scope())
        plan = layout_plan.of_kind(page.columns, landscape=page.landscape, paper=page.paper)
        laid = laid_out(name, plan, page.title)
        assert laid.page(s, period, Scope(plant.path)) == page
        assert laid.blank(s, Scope()) == replace(blank, title=page.title)
