"""政策问答: searched offline, quoted into an answer with source and validity, replaced whole by headquarters."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from app.errors import Refusal
from app.models import policies as books
from app.models.steps import Step
from app.services import finding, issues, policies, policy_files
from tests.conftest import Clock
from tests.factories import Plant
from tests.services.test_issues import refusal, registered, take, view

pytestmark = pytest.mark.both_databases

DAY = date(2025, 3, 12)


def entry(code: str, question: str, answer: str = "按规定办", **more: Any) -> dict[str, Any]:
    given = {"answer": answer, "source": "《采暖费补贴办法》", "from": "2025-01-01"} | more
    return {"code": code, "zh": question, "aliases": given}


def load(plant: Plant, tmp_path: Path, *values: dict[str, Any]) -> tuple[int, int]:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"table": "policy", "values": values}, ensure_ascii=False), encoding="utf-8")
    with plant.store.begin(plant.boss) as s:
        return policy_files.load(s, file)


def asked(plant: Plant, text: str, on: date = DAY, topic: str = "") -> list[tuple[str, str]]:
    with plant.store.read(plant.boss) as s:
        return [(row.id, row.state) for row in policies.find(s, text, on, topic)]


HEATING = entry("H1", "退休职工采暖费怎么补贴?", "每平方米 18 元, 11 月发放", topic="heating", words="暖气 供热")
FORMER = entry("H0", "退休职工采暖费怎么补贴?", "每平方米 16 元", **{"from": "2020-01-01", "to": "2024-12-31"})
LATER = entry("M1", "异地就医怎么报销?", "先备案, 再直接结算", source="《医保办法》", **{"from": "2025-06-01"})


def test_the_library_is_searched_by_characters_pinyin_and_what_it_says_valid_ones_first(
    plant: Plant, tmp_path: Path
) -> None:
    assert asked(plant, "采暖") == []
    assert load(plant, tmp_path, FORMER, HEATING, LATER) == (3, 0)
    assert asked(plant, "采暖费") == [("H1", "valid"), ("H0", "expired")]
    assert asked(plant, "採暖費") == asked(plant, "采暖费")
    assert asked(plant, "ydjy") == [("M1", "later")] and asked(plant, "直接结算") == [("M1", "later")]
    assert asked(plant, "供热")[0] == ("H1", "valid") and asked(plant, "退休 18 元") == [("H1", "valid")]
    assert asked(plant, "采暖", date(2023, 1, 1)) == [("H0", "valid"), ("H1", "later")]
    assert asked(plant, "", topic="heating") == [("H1", "valid")] and asked(plant, "没有的词") == []
    with plant.store.read(plant.boss) as s:
        assert [one.title for one in finding.anything(s, "异地就医")] == ["异地就医怎么报销?"]


def test_an_answer_keeps_the_source_and_validity_of_what_it_quotes(plant: Plant, tmp_path: Path, clock: Clock) -> None:
    load(plant, tmp_path, HEATING, FORMER)
    issue = registered(plant)
    take(plant, plant.boss, issues.answer, issue, "每平方米 18 元", "phone", quotes=["H1", "H1"])
    sentence = "电话答复, 依据《采暖费补贴办法》 (2025-01-01 起有效): 每平方米 18 元"
    assert view(plant, issue).timeline[0].sentence == sentence
    load(plant, tmp_path, HEATING | {"zh": "另一问", "aliases": HEATING["aliases"] | {"source": "《新办法》"}})
    assert view(plant, issue).timeline[0].sentence == sentence


def test_a_policy_that_was_not_valid_on_the_day_is_said_so(plant: Plant, tmp_path: Path) -> None:
    load(plant, tmp_path, FORMER, LATER)
    issue = registered(plant)
    take(plant, plant.boss, issues.answer, issue, "每平方米 16 元", "phone", quotes=["H0", {"code": "M1"}])
    said = view(plant, issue).timeline[0].sentence
    assert "2020-01-01 至 2024-12-31 有效, 答复时已失效" in said and "2025-06-01 起有效, 答复时尚未生效" in said
    with plant.store.read(plant.boss) as s:
        assert policies.state(policies.one(s, "H0", DAY)) == "已于 2024-12-31 失效"


def test_what_is_not_in_the_library_is_not_quoted_and_other_steps_quote_nothing(plant: Plant, tmp_path: Path) -> None:
    load(plant, tmp_path, HEATING)
    issue = registered(plant)
    assert refusal(plant, plant.boss, issues.answer, issue, "好", "phone", quotes=["X"]) == "policy_gone"
    with plant.store.begin(plant.boss) as s:
        made = issues.step(s, issue.id, Step(issue_id=issue.id, kind="note", text="看看", quotes=["H1"]))
        assert made.quotes is None


def test_a_library_with_faults_is_refused_whole_with_all_of_them_named(plant: Plant, tmp_path: Path) -> None:
    load(plant, tmp_path, HEATING)
    with pytest.raises(Refusal) as why:
        load(
            plant, tmp_path,
            entry("a", "一问", ""), entry("b", "二问", source=" "), entry("c", "三问", **{"from": ""}),
            entry("d", "四问", **{"from": "去年"}), entry("e", "五问", to="2024-01-01"), entry("f", "六问", topic="无"),
            entry("g", "七问", colour="red"), entry("h", "八问"), entry("i", "八问", **{"from": "2025-05-01"}),
            entry("i", "九问"),
        )  # fmt: skip
    said = str(why.value)
    assert why.value.params["n"] == 9
    for part in (
        "没有写答复",
        "没有写依据",
        "没有写生效日期",
        "去年",
        "早于生效",
        "主题 无",
        "colour",
        "两种答复",
        "编号 i",
    ):
        assert part in said, part
    assert asked(plant, "采暖") == [("H1", "valid")]


def sheet(path: Path, *rows: tuple[Any, ...]) -> Path:
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(["政策问答汇总表"])
    for row in rows:
        page.append(row)
    book.save(path)
    return path


HEADER = ("序号", "问题", "答复", "政策依据", "生效日期", "失效日期", "主题")


def test_an_excel_sheet_of_an_office_is_a_library(plant: Plant, tmp_path: Path) -> None:
    path = sheet(
        tmp_path / "政策问答.xlsx", HEADER,
        (1, "采暖费怎么补?", "18 元", "《办法》第三条", date(2025, 1, 1), None, "采暖费"),
        (2, "报销找谁?", "人事组织科", "通知", "2024.3.1", "2024年12月31日", None),
        (None,) * 7,
    )  # fmt: skip
    with plant.store.begin(plant.boss) as s:
        assert policy_files.load(s, path) == (2, 0)
    assert asked(plant, "", topic="heating") == [("1", "valid")] and asked(plant, "报销") == [("2", "expired")]


def test_an_excel_sheet_with_an_unsure_day_or_without_its_columns_is_refused(plant: Plant, tmp_path: Path) -> None:
    wrong = sheet(tmp_path / "a.xlsx", HEADER, (1, "采暖费?", "18 元", "办法", "3月1日", None, None))
    other = sheet(tmp_path / "b.xlsx", ("姓名", "电话"), ("张三", "1"))
    for path, words in ((wrong, "日期看不懂: 3月1日"), (other, "没有找到表头")):
        with pytest.raises(Refusal, match=words), plant.store.begin(plant.boss) as s:
            policy_files.load(s, path)
    assert asked(plant, "采暖") == []


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40) | st.none()), min_size=1, max_size=5),
    st.integers(-5, 90),
)
def test_a_sound_library_gives_one_answer_for_one_day(spans: list[tuple[int, int | None]], on: int) -> None:
    values = []
    for n, (first, length) in enumerate(spans):
        begin = DAY + timedelta(first)
        end = (begin + timedelta(length)).isoformat() if length is not None else ""
        values.append(entry(str(n), "一问", **{"from": begin.isoformat(), "to": end}))
    try:
        found = books.read(values)
    except Refusal as refusal:
        assert refusal.code == "policies_unsound"
        return
    assert sum(policy.holds(DAY + timedelta(on)) for policy in found) <= 1
