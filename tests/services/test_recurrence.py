"""老问题: the same person, place or topic after a closing is proposed, linked by a person, counted and found by its filter."""

import json
from datetime import date
from typing import Any

import pytest

from app.models.issues import Issue
from app.services import clock_rules, issues, recurrence
from tests.conftest import Clock
from tests.factories import Plant, account
from tests.services.test_issues import found, refusal, registered, take, view

pytestmark = pytest.mark.both_databases


def closed(plant: Plant, **fields: Any) -> Issue:
    issue = registered(plant, **({"kind": "question"} | fields))
    take(plant, plant.boss, issues.answer, issue, "已解释", "face", satisfaction="satisfied")
    take(plant, plant.boss, issues.close, issue, "grid")
    return issue


def proposed(plant: Plant, **fields: Any) -> list[tuple[str, str]]:
    """What is proposed before the issue is saved: title and why."""
    with plant.store.read(plant.boss) as s:
        issue = Issue(**({"grid_id": plant.first, "title": "又不热", "kind": "question", "topic": "heating"} | fields))
        return [(one.row.title, one.why) for one in recurrence.proposals(s, issue)]


def test_the_same_person_place_or_topic_after_a_closing_is_proposed_before_saving(plant: Plant) -> None:
    closed(plant, title="暖气不热", reporter_id=plant.zhang, place="3号楼")
    assert proposed(plant, reporter_id=plant.zhang) == [("暖气不热", "同一人、同一网格同一主题")]
    assert proposed(plant, place=" 3号楼 ", grid_id=plant.second) == [("暖气不热", "同一地点")]
    assert proposed(plant) == [("暖气不热", "同一网格同一主题")]
    assert proposed(plant, topic="canteen", reporter_id=plant.zhang) == []
    assert proposed(plant, kind="appeal", reporter_id=plant.zhang) == []
    assert proposed(plant, grid_id=plant.second) == []


def test_an_open_issue_and_one_closed_too_long_ago_are_not_proposed(plant: Plant, clock: Clock) -> None:
    registered(plant, kind="question", reporter_id=plant.zhang)
    assert proposed(plant, reporter_id=plant.zhang) == []
    closed(plant, reporter_id=plant.zhang)
    clock.forward(days=365)
    assert len(proposed(plant, reporter_id=plant.zhang)) == 1
    clock.forward(days=1)
    assert proposed(plant, reporter_id=plant.zhang) == []


def test_nothing_is_linked_by_itself_and_what_a_person_links_is_counted(plant: Plant) -> None:
    first = closed(plant, reporter_id=plant.zhang)
    again = registered(plant, kind="question", reporter_id=plant.zhang)
    shown = view(plant, again)
    assert shown.former is None and shown.times == 1 and [one.row.id for one in shown.proposed] == [first.id]
    assert found(plant, plant.boss, chip="again") == []
    take(plant, plant.boss, recurrence.accept, again, first.id)
    shown = view(plant, again)
    assert shown.former is not None and shown.former.id == first.id and shown.times == 2 and shown.proposed == ()
    assert shown.timeline[0].sentence == f"老问题又出现, 关联 {first.number}"
    assert found(plant, plant.boss, chip="again") == ["暖气不热"]
    take(plant, plant.boss, issues.answer, again, "已解释", "face", satisfaction="satisfied")
    take(plant, plant.boss, issues.close, again, "grid")
    third = registered(plant, kind="question", reporter_id=plant.zhang)
    take(plant, plant.boss, recurrence.accept, third, again.id)
    assert view(plant, third).times == 3


def test_what_is_said_not_to_be_the_same_is_not_proposed_again_and_a_wrong_link_is_taken_back(plant: Plant) -> None:
    first = closed(plant, reporter_id=plant.zhang)
    other = registered(plant, kind="question", reporter_id=plant.zhang)
    take(plant, plant.boss, recurrence.accept, other, first.id)
    take(plant, plant.boss, recurrence.deny, other, first.id)
    shown = view(plant, other)
    assert (shown.former, shown.times, shown.proposed) == (None, 1, ())
    assert found(plant, plant.boss, chip="again") == []


def test_of_many_hazards_at_a_place_only_the_like_of_it_is_proposed(plant: Plant) -> None:
    lead = account(plant, "zhao", "lead", name="赵海")
    done = {}
    for title in ("值班室插座松动", "护栏立柱螺栓松动2处"):
        hazard = registered(plant, kind="hazard", reporter=None, topic=None, title=title, place="站区")
        take(plant, plant.boss, issues.accept, hazard)
        take(plant, plant.boss, issues.handle, hazard, "已整改")
        take(plant, lead, issues.recheck, hazard, "pass")
        take(plant, plant.boss, issues.close, hazard, "grid")
        done[title] = hazard
    assert proposed(plant, kind="hazard", topic=None, title="护栏立柱螺栓松动1处", place="站区") == [
        ("护栏立柱螺栓松动2处", "同一地点")
    ]


def test_headquarters_chooses_the_time_and_what_must_be_the_same(plant: Plant) -> None:
    closed(plant, reporter_id=plant.zhang, place="3号楼")
    rules = {
        "table": "recurrence",
        "values": [{"code": "any", "zh": "半年", "aliases": {"days": 30, "same": ["place"]}}],
    }
    with plant.store.begin(plant.boss) as s:
        clock_rules.replace_rules(s, json.dumps(rules).encode())
    assert proposed(plant, reporter_id=plant.zhang) == []
    assert proposed(plant, place="3号楼", heard_on=date(2025, 4, 11)) == [("暖气不热", "同一地点")]
    assert proposed(plant, place="3号楼", heard_on=date(2025, 4, 12)) == []


@pytest.mark.parametrize(
    "aliases",
    [
        {"days": 0, "same": ["place"]},
        {"days": 5, "same": []},
        {"days": 5, "same": ["mood"]},
        {"days": True, "same": ["place"]},
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_and_nothing_is_stored(plant: Plant, aliases: dict[str, Any]) -> None:
    book = json.dumps({"table": "recurrence", "values": [{"code": "any", "zh": "错的", "aliases": aliases}]}).encode()
    issue = registered(plant)
    assert (
        refusal(plant, plant.boss, lambda s, _issue: clock_rules.replace_rules(s, book), issue) == "recurrence_unsound"
    )
    with plant.store.read(plant.boss) as s:
        assert [rule.days for rule in recurrence.rules(s)] == [365]
