"""派单规则: who usually handles a topic is proposed by headquarters' rules, checked whole, never forced."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Refusal
from app.models import routing as rules
from app.models.grids import Grid
from app.models.issues import Issue
from app.models.routing import Known, Route
from app.models.units import Unit
from app.services import clock_rules, issues, routing, units
from tests.factories import Plant
from tests.services.test_issues import registered, take, view

pytestmark = pytest.mark.both_databases


def rule(code: str, topics: list[str], **more: Any) -> dict[str, Any]:
    return {"code": code, "zh": code, "en": code, "aliases": {"topics": topics} | more}


def load(plant: Plant, *values: dict[str, Any]) -> None:
    with plant.store.begin(plant.boss) as s:
        clock_rules.replace_rules(s, json.dumps({"table": "routing", "values": values}).encode())


def proposed(plant: Plant, topic: str, kind: str = "appeal", path: str = "") -> str | None:
    with plant.store.read(plant.boss) as s:
        found = routing.propose(s, topic, kind, path or plant.path)
    return found.name if found else None


def department(plant: Plant, name: str, parent: Any = None) -> Unit:
    with plant.store.begin(plant.boss) as s:
        root = s.get_one(Unit, plant.area).parent_id
        return units.add(s, Unit(name=name, kind="department", parent_id=parent or root))


def test_the_shipped_rules_name_departments_and_the_unit_that_bears_the_name(plant: Plant) -> None:
    assert proposed(plant, "pay") == "人事组织科" and proposed(plant, "canteen") == "后勤服务中心"
    assert proposed(plant, "other") is None and proposed(plant, "") is None
    unit = department(plant, "人事科")  # another name of it in the code table
    assert proposed(plant, "pay") == "人事科"
    issue = registered(plant, topic="pay")
    shown = view(plant, issue)
    assert shown.usual is not None and (shown.usual.unit, shown.usual.path) == (unit.id, unit.path)
    with plant.store.read(plant.boss) as s:
        said = issues.warnings(s, Issue(title="奖金", kind="appeal", topic="pay", reporter="张三", path=plant.path))
    assert any("一般由「人事科」办理" in sentence for sentence in said)


def test_a_proposal_is_never_forced(plant: Plant) -> None:
    department(plant, "人事组织科")
    issue = registered(plant, topic="pay")
    take(plant, plant.boss, issues.dispatch, issue, plant.area)
    assert view(plant, issue).row.holder == "采油一作业区"


def test_the_narrowest_rule_holds_and_the_nearest_department_is_meant(plant: Plant) -> None:
    load(
        plant,
        rule("all", ["g_pay"], department="personnel"),
        rule("pay", ["pay"], department="finance"),
        rule("help", ["pay"], kinds=["help"], department="union"),
        rule("area", ["g_pay"], under="PS6-01", department="office"),
    )
    assert proposed(plant, "pension", path="/") == "人事组织科"
    assert proposed(plant, "pay", path="/") == "财务科"
    assert proposed(plant, "pay", "help", path="/") == "工会"
    assert proposed(plant, "pay") == "综合办公室"  # the unit's own rule comes before the plant's
    department(plant, "综合办公室")
    near = department(plant, "办公室", plant.area)
    with plant.store.read(plant.boss) as s:
        found = routing.propose(s, "pay", "appeal", plant.path)
    assert found is not None and found.unit == near.id


def test_a_file_with_faults_is_refused_whole_with_all_of_them_named(plant: Plant) -> None:
    with pytest.raises(Refusal) as why:
        load(
            plant,
            rule("one", ["pay", "nonsense"], department="personnel"),
            rule("two", ["pay"], department="finance"),
            rule("three", ["heating"], unit="NO-SUCH"),
            rule("four", ["heating"]),
            rule("five", [], department="finance"),
            rule("six", ["medical"], department="finance", colour="red"),
            rule("six", ["housing"], department="nobody", kinds=["strange"]),
        )
    said = str(why.value)
    assert why.value.params["n"] == 9
    for part in (
        "nonsense",
        "自相矛盾",
        "NO-SUCH",
        "一个去向",
        "至少一个",
        "colour",
        "nobody",
        "strange",
        "six 用了 2 次",
    ):
        assert part in said, part
    assert proposed(plant, "heating") == "财务科"  # what was in force stays in force


def test_a_unit_that_was_dissolved_is_not_proposed(plant: Plant) -> None:
    load(plant, rule("area", ["pay"], unit="PS6-01"))
    assert proposed(plant, "pay") == "采油一作业区"
    with plant.store.begin(plant.boss) as s:
        s.get_one(Unit, plant.area).to_on = s.get_one(Grid, plant.first).created_at.date()
    with plant.store.read(plant.boss) as s:
        found = routing.propose(s, "pay", "appeal", plant.path)
    assert found is not None and found.unit is None


TOPICS, KINDS, UNITS = ["a", "b", "g"], ["x", "y"], ["", "U", "V"]
written = st.builds(
    lambda topics, kinds, under, to: {"aliases": {"topics": topics, "kinds": kinds, "under": under, "department": to}},
    st.lists(st.sampled_from(TOPICS), min_size=1, max_size=2),
    st.lists(st.sampled_from(KINDS), max_size=1),
    st.sampled_from(UNITS),
    st.sampled_from(["P", "Q"]),
)


@given(st.lists(written, max_size=6), st.randoms(use_true_random=False))
def test_a_sound_book_says_one_thing_whatever_its_order(values: list[dict[str, Any]], random: Any) -> None:
    numbered = [value | {"code": str(n), "zh": str(n)} for n, value in enumerate(values)]
    known = Known(frozenset(TOPICS), frozenset(KINDS), frozenset("PQ"), frozenset("UV"))
    try:
        book = list(rules.read(numbered, known))
    except Refusal as refusal:
        assert refusal.code == "routing_unsound"
        return
    asked = [(topics, kind, above) for topics in (["a", "g"], ["b"]) for kind in KINDS for above in (["V", "U"], ["U"])]
    first = [where(rules.fitting(book, *one)) for one in asked]
    random.shuffle(book)
    assert [where(rules.fitting(book, *one)) for one in asked] == first


def where(route: Route | None) -> str:
    return route.target if route else ""
