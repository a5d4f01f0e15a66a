"""Risk points and the hazards found there: linked both ways, found by what is not put right, never without the re-check of another."""

from datetime import date
from typing import Any

import pytest

from app.errors import Refusal
from app.models.issues import Issue
from app.models.risks import RiskPoint
from app.services import issues, risks
from app.services.listing import Query
from tests.conftest import Clock
from tests.factories import Plant, account
from tests.services.test_issues import found, registered, take, view

pytestmark = pytest.mark.both_databases


def point(plant: Plant, **fields: Any) -> RiskPoint:
    given = {
        "path": "/01/",
        "grid_id": plant.first,
        "place": "红梁1号注水站",
        "thing": "注水泵",
        "hazard": "高压管线刺漏",
    }
    with plant.store.begin(plant.boss) as s:
        made = RiskPoint(**(given | {"level": "high"} | fields))
        s.add(made)
        return made


def hazard(plant: Plant, at: RiskPoint, **fields: Any) -> Issue:
    given = {"kind": "hazard", "reporter": None, "topic": None, "title": "压力表超过校验周期", "grid_id": None}
    return registered(plant, risk_point_id=at.id, **(given | fields))


def listed(plant: Plant, **query: Any) -> list[tuple[str, int, int]]:
    with plant.store.read(plant.boss) as s:
        ids = risks.find(s, Query(**query)).ids
        return [(row.place, row.open, row.late) for row in risks.rows(s, list(ids))]


def test_a_hazard_takes_place_and_grid_of_its_risk_point_and_is_shown_both_ways(plant: Plant) -> None:
    pump = point(plant, factors="3×6×7", score="126", accident="explosion", kind="equipment")
    made = hazard(plant, pump, level="serious", responsible="赵海", due_on=date(2025, 3, 20))
    assert (made.place, made.grid_id) == ("红梁1号注水站", plant.first)
    shown = view(plant, made)
    assert shown.risk_point is not None and shown.risk_point.thing == "注水泵"
    with plant.store.read(plant.boss) as s:
        whole = risks.one(s, pump.id)
    assert [row.id for row in whole.hazards] == [made.id]
    assert (whole.kind, whole.accident, whole.score) == ("设备设施", "其他爆炸", "3×6×7 = 126")


def test_the_list_counts_what_is_not_put_right_and_what_is_overdue(plant: Plant, clock: Clock) -> None:
    pump, quiet = point(plant), point(plant, place="黄沟2增压点", thing="配电室", level="low")
    hazard(plant, pump, due_on=date(2025, 3, 20))
    done = hazard(plant, pump, title="阀门渗漏")
    lead = account(plant, "zhao", "lead", name="赵海")
    take(plant, plant.boss, issues.accept, done)
    take(plant, plant.boss, issues.handle, done, "已更换")
    assert found(plant, plant.boss, chip="recheck") == ["阀门渗漏"]
    take(plant, lead, issues.recheck, done, "pass")
    take(plant, plant.boss, issues.close, done, "grid")
    assert listed(plant, chip="open") == [("红梁1号注水站", 1, 0)]
    clock.set(2025, 3, 21)
    assert listed(plant, chip="open") == [("红梁1号注水站", 1, 1)] and listed(plant, chip="grave") == [
        ("红梁1号注水站", 1, 1)
    ]
    assert found(plant, plant.boss, chip="hazards_late") == ["压力表超过校验周期"]
    assert [row[0] for row in listed(plant, text="配电室")] == [quiet.place]
    with plant.store.read(plant.boss) as s:
        assert [row.thing for row in risks.like(s, "注水泵")] == ["注水泵"]


def test_a_hazard_closed_at_a_risk_point_is_proposed_when_the_like_of_it_comes_back(plant: Plant) -> None:
    pump = point(plant)
    old = hazard(plant, pump)
    lead = account(plant, "zhao", "lead", name="赵海")
    take(plant, plant.boss, issues.accept, old)
    take(plant, plant.boss, issues.handle, old, "已更换")
    take(plant, lead, issues.recheck, old, "pass")
    take(plant, plant.boss, issues.close, old, "grid")
    again = hazard(plant, pump, title="压力表超过校验周期了", place="泵房")
    assert [one.row.id for one in view(plant, again).proposed] == [old.id]


def test_a_risk_point_of_another_part_of_the_tree_is_not_shown(plant: Plant) -> None:
    elsewhere = point(plant, path="/99/", grid_id=None)
    lead = account(plant, "zhao", "lead")
    with plant.store.read(lead) as s, pytest.raises(Refusal) as refused:
        risks.one(s, elsewhere.id)
    assert refused.value.code == "risk_gone"


def test_a_risk_point_is_entered_with_the_score_and_level_of_its_factors(plant: Plant) -> None:
    lead, member = account(plant, "zhao", "lead"), account(plant, "wang", "member")
    given = {
        "place": "红梁1号注水站",
        "thing": "注水泵",
        "hazard": "高压管线刺漏",
        "grid_id": plant.first,
        "code": "F-001",
    }
    with plant.store.begin(lead) as s:
        made = risks.enter(s, RiskPoint(**given, factors="0.5×6×40"))
        assert (made.score, made.level, made.path) == ("120", "medium", "/01/")
        graded = risks.enter(s, RiskPoint(**given, factors="6×6×15", level="high"))
        assert (graded.score, graded.level) == ("540", "high"), "whoever grades it otherwise means it"
        assert [row.id for row in risks.twins(s, RiskPoint(**given))] == [made.id, graded.id]
        assert risks.twins(s, RiskPoint(**given | {"code": None, "place": "别处"})) == []
    with plant.store.begin(lead) as s:
        changed = risks.amend(s, made.id, factors="10×6×7", level=None, owner="孙鹏")
        assert (changed.score, changed.level, changed.owner) == ("420", "major", "孙鹏")
        assert risks.amend(s, made.id, factors=None).score is None
    for fields, field in (
        ({"place": " "}, "place"), ({"hazard": ""}, "hazard"), ({"grid_id": None}, "grid_id"), ({"factors": "3×6"}, "factors"),
        ({"factors": "3×6×x"}, "factors"), ({"factors": "30×6×7"}, "factors"), ({"factors": "3×0.1×7"}, "factors"),
    ):  # fmt: skip
        with pytest.raises(Refusal) as refused, plant.store.begin(lead) as s:
            risks.enter(s, RiskPoint(**{**given, **fields}))
        assert (refused.value.code, refused.value.params["field"]) == ("risk_unsound", field)
    with pytest.raises(Refusal, match="没有这项权限"), plant.store.begin(member) as s:
        risks.enter(s, RiskPoint(**given))


def test_a_voided_risk_point_is_listed_apart_and_its_hazards_go_on(plant: Plant) -> None:
    pump = point(plant)
    made = hazard(plant, pump)
    with pytest.raises(Refusal, match="请写明作废的原因"), plant.store.begin(plant.boss) as s:
        risks.void(s, pump.id, " ")
    with plant.store.begin(plant.boss) as s:
        risks.void(s, pump.id, "泵已拆除")
    assert listed(plant) == [] and listed(plant, chip="voided") == [("红梁1号注水站", 1, 0)]
    with plant.store.read(plant.boss) as s:
        assert risks.one(s, pump.id).void_reason == "泵已拆除" and risks.like(s, "注水") == []
    assert view(plant, made).row.title == "压力表超过校验周期"
    with plant.store.begin(plant.boss) as s:
        risks.restore(s, pump.id)
    assert listed(plant) == [("红梁1号注水站", 1, 0)]
