"""Checks: every item that applies is answered, the score follows, each failed item becomes a hazard."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Refusal
from app.models.checks import Check, Template
from app.models.issues import Issue
from app.services import answers, checks, issues
from app.services.listing import Query
from tests.factories import Plant, account

ITEMS: list[dict[str, Any]] = [
    {"code": "A", "text": "配电箱", "kind": "verdict", "weight": 2, "requirement": "箱门完好"},
    {"code": "B", "text": "漏电保护器", "kind": "verdict", "weight": 3, "critical": True},
    {"code": "C", "text": "动作电流", "kind": "number", "weight": 1, "low": "5", "high": "30", "unit": "mA"},
    {"code": "D", "text": "取暖方式", "kind": "choice", "choices": ["集中供暖", "电暖器"]},
    {"code": "E", "text": "电暖器周围", "kind": "verdict", "weight": 2, "show_if": {"item": "D", "is": "电暖器"}},
    {"code": "F", "text": "交代的话", "kind": "text"},
]
GOOD: dict[str, Any] = {
    "A": {"verdict": "pass"},
    "B": {"verdict": "pass"},
    "C": {"value": "30.0"},
    "D": {"value": "集中供暖"},
}


def published(plant: Plant, items: list[dict[str, Any]] = ITEMS, code: str = "EL") -> Template:
    with plant.store.begin(plant.boss) as s:
        return checks.publish(s, Template(code=code, title="用电检查", version=0, items=items))


def recorded(plant: Plant, template: Template, **given: dict[str, Any]) -> tuple[Check, list[Issue]]:
    with plant.store.begin(plant.boss) as s:
        return checks.record(s, a_check(plant, template, given))


def a_check(plant: Plant, template: Template, given: dict[str, Any]) -> Check:
    return Check(
        template_id=template.id, day=date(2025, 3, 11), answers=GOOD | given, grid_id=plant.first, place="安居苑3号楼",
        inspectors=[{"person": None, "name": "李四"}],
    )  # fmt: skip


def refused(plant: Plant, template: Template, **given: dict[str, Any]) -> str:
    with pytest.raises(Refusal) as refusal, plant.store.begin(plant.boss) as s:
        checks.record(s, a_check(plant, template, given))
    assert str(refusal.value).endswith("。")
    return refusal.value.code


def test_a_sound_check_scores_full_marks_and_makes_no_hazard(plant: Plant) -> None:
    check, hazards = recorded(plant, published(plant))
    assert (check.score, check.failed, hazards, check.path) == (100, 0, [], plant.path)
    assert check.answers["C"] == {"value": "30.0", "verdict": "pass"}


def test_a_failed_item_becomes_a_hazard_with_place_and_deadline(plant: Plant) -> None:
    check, hazards = recorded(plant, published(plant), A={"verdict": "fail", "note": "箱门缺失"}, C={"value": "31"})
    assert check.score == 50 and check.failed == 2
    first, second = hazards
    assert (first.kind, first.check_id, first.check_item, first.place) == ("hazard", check.id, "A", "安居苑3号楼")
    assert (first.title, first.text, first.due_on) == ("配电箱: 不合格", "箱门缺失", date(2025, 3, 18))
    assert second.text == "31 mA" and int(second.number[-4:]) == int(first.number[-4:]) + 1
    with plant.store.read(plant.boss) as s:
        shown = checks.one(s, check.id)
        assert shown.row.open_hazards == 2 and shown.items[0].hazard is not None
        assert shown.items[0].hazard.title == first.title and [item.code for item in shown.items] == list("ABCDF")
        assert issues.one(s, first.id).row.due_on == date(2025, 3, 18)


def test_a_failed_critical_item_makes_the_score_nothing_and_is_due_the_next_day(plant: Plant) -> None:
    check, hazards = recorded(plant, published(plant), B={"verdict": "fail"})
    assert check.score == 0 and hazards[0].due_on == date(2025, 3, 12)


def test_the_inspector_may_set_the_deadline(plant: Plant) -> None:
    template = published(plant)
    _, hazards = recorded(plant, template, A={"verdict": "fail", "due_on": "2025-04-30"})
    assert hazards[0].due_on == date(2025, 4, 30)
    assert refused(plant, template, A={"verdict": "fail", "due_on": "月底"}) == "item_unsound"


def test_items_that_apply_must_be_answered_and_others_are_left_out(plant: Plant) -> None:
    template = published(plant)
    assert refused(plant, template, D={"value": "电暖器"}) == "item_missing"
    check, _ = recorded(plant, template, E={"verdict": "fail"})
    assert "E" not in check.answers and check.failed == 0
    check, hazards = recorded(plant, template, D={"value": "电暖器"}, E={"verdict": "fail"})
    assert [hazard.check_item for hazard in hazards] == ["E"]


def test_answers_that_do_not_fit_their_item_are_refused(plant: Plant) -> None:
    template = published(plant)
    assert refused(plant, template, A={"verdict": "好"}) == "item_unsound"
    assert refused(plant, template, A={}) == "item_missing"
    assert refused(plant, template, D={"value": "烧煤"}) == "item_unsound"
    assert refused(plant, template, Z={"verdict": "pass"}) == "item_unknown"
    for number in ("三十", "1e400", "NaN", "Infinity"):
        assert refused(plant, template, C={"value": number}) == "item_unsound"
    check, _ = recorded(plant, template, C={"verdict": "na"}, A={"verdict": "na"})
    assert check.score == 100


def test_a_published_template_gets_the_next_version_and_old_checks_keep_theirs(plant: Plant) -> None:
    first = published(plant)
    check, _ = recorded(plant, first)
    second = published(plant, ITEMS[:1])
    assert (first.version, second.version) == (1, 2)
    with plant.store.read(plant.boss) as s:
        assert checks.template(s, "EL").id == second.id and checks.template(s, "EL", 1).id == first.id
        assert [row.version for row in checks.templates(s) if row.code == "EL"] == [2]
        assert checks.one(s, check.id).version == 1
    with plant.store.begin(plant.boss) as s:
        checks.retire(s, "EL")
        assert "EL" not in {row.code for row in checks.templates(s)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "A", "text": "重复", "kind": "verdict"},
        {"code": "", "text": "x", "kind": "text"},
        {"code": "X", "text": "x", "kind": "stars"},
        {"code": "X", "text": "x", "kind": "choice", "choices": ["一个"]},
        {"code": "X", "text": "x", "kind": "number", "low": "很低"},
        {"code": "X", "text": "x", "kind": "verdict", "show_if": {"item": "Y", "is": "1"}},
    ],
)
def test_an_unsound_template_is_not_published(plant: Plant, wrong: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refusal:
        published(plant, [*ITEMS, wrong])
    assert refusal.value.code == "template_unsound" and str(refusal.value).endswith("。")


def test_only_those_with_the_right_publish(plant: Plant) -> None:
    with pytest.raises(Refusal), plant.store.begin(account(plant, "zhao", "lead")) as s:
        checks.publish(s, Template(code="EL", title="用电检查", version=0, items=ITEMS))


def test_voiding_takes_untouched_hazards_along_and_restoring_brings_them_back(plant: Plant) -> None:
    check, hazards = recorded(plant, published(plant), A={"verdict": "fail"}, C={"value": "1"})
    lead = account(plant, "zhao", "lead")
    with plant.store.begin(lead) as s:
        issues.accept(s, hazards[0].id)
        checks.void(s, check.id, "记错地点")
    with plant.store.read(plant.boss) as s:
        assert issues.find(s, Query(chip="hazards")).ids == (hazards[0].id,)
        assert checks.find(s, Query()).ids == () and checks.find(s, Query(chip="voided")).ids == (check.id,)
    with plant.store.begin(lead) as s:
        checks.restore(s, check.id)
        assert len(issues.find(s, Query(chip="hazards")).ids) == 2


def test_checks_are_found_by_place_chip_and_filter(plant: Plant) -> None:
    template = published(plant)
    bad, _ = recorded(plant, template, A={"verdict": "fail", "note": "箱门缺失"})
    recorded(plant, template)
    with plant.store.read(plant.boss) as s:
        assert checks.find(s, Query(text="箱门缺")).ids == (bad.id,) == checks.find(s, Query(chip="failed")).ids
        found = checks.find(s, Query(chip="mine", filters={"template": template.id, "grid": plant.first})).ids
        assert len(found) == 2
        row = checks.rows(s, list(found))[0]
        assert (row.template, row.inspectors, row.grid) == ("用电检查", "李四", "红梁第一网格")


verdicts = st.lists(st.tuples(st.sampled_from(["pass", "fail", "na"]), st.integers(0, 9), st.booleans()), max_size=12)


@given(verdicts)
def test_a_score_is_between_0_and_100_and_full_only_without_a_failure(rows: list[tuple[str, int, bool]]) -> None:
    items = [{"code": str(n), "weight": weight, "critical": critical} for n, (_, weight, critical) in enumerate(rows)]
    given = {str(n): {"verdict": verdict} for n, (verdict, _, _) in enumerate(rows)}
    score = answers.score(items, given)
    judged = [(verdict, weight, critical) for verdict, weight, critical in rows if verdict != "na"]
    if any(verdict == "fail" and critical for verdict, _, critical in judged):
        assert score == 0
    elif not sum(weight for _, weight, _ in judged):
        assert score is None
    else:
        assert score is not None and 0 <= score <= 100
        assert (score == 100) == all(verdict == "pass" for verdict, weight, _ in judged if weight)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000, places=3))
def test_a_number_passes_exactly_within_its_bounds(number: Decimal) -> None:
    item = {"code": "C", "text": "电流", "kind": "number", "low": "5", "high": "30"}
    result = answers.judge([item], {"C": {"value": str(number)}})
    assert bool(result.failed) == (not 5 <= number <= 30)
    assert Decimal(result.answers["C"]["value"]) == number
