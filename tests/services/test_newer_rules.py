"""What a newer program brings in rules is offered to headquarters beside those in force, and taken or left by somebody."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.errors import Refusal
from app.models import timing
from app.models.codes import Code
from app.services import clock_rules, codes, founding, newer_rules
from app.services.newer_rules import Difference, Newer
from tests.factories import Plant, account

pytestmark = pytest.mark.both_databases


@pytest.fixture
def keeper(plant: Plant) -> Any:
    return account(plant, "system", "system")


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[dict[str, Any]]]:
    """Another program: 20 days to inform, no rule for objecting, one more for archiving."""
    books = copy.deepcopy(codes.shipped())
    inform, objecting = books["clock_rule"][0], books["clock_rule"][1]
    assert (inform["code"], objecting["code"]) == ("inform", "object")
    inform["aliases"] |= {"length": 20, "start": ["register"]}
    archive = {
        "code": "archive",
        "zh": "归档 (试验)",
        "en": "Archive",
        "aliases": {"unit": "days", "length": 9, "start": ["close"], "stop": ["archive"]},
    }
    books["clock_rule"] = [inform, *books["clock_rule"][2:], archive]
    monkeypatch.setattr(codes, "shipped", lambda: books)
    return books


def offered(plant: Plant, who: Any) -> list[Newer]:
    with plant.store.read(who) as s:
        return newer_rules.offered(s)


def held(plant: Plant, code: str) -> Any:
    with plant.store.read() as s:
        rules = timing.in_force(s, "clock_rule")["clock_rule"] or []
        return next((rule["aliases"] for rule in rules if rule["code"] == code), None)


def test_a_headquarters_with_the_rules_of_its_program_is_asked_nothing(plant: Plant, keeper: Any) -> None:
    assert offered(plant, keeper) == []


def test_what_differs_stands_side_by_side_in_words(plant: Plant, keeper: Any, newer: Any) -> None:
    (asked,) = offered(plant, keeper)
    assert (asked.table, asked.title) == ("clock_rule", "期限规则")
    assert Difference("书面告知", "时长", "15", "20") in asked.differences
    assert Difference("书面告知", "从", "登记、派单、交办", "登记") in asked.differences
    assert Difference("对派单提出异议", "", "有", "没有, 换上后停用") in asked.differences
    archive = [one for one in asked.differences if one.rule == "归档 (试验)"]
    assert archive[0] == Difference("归档 (试验)", "", "没有", "新增")
    assert Difference("归档 (试验)", "单位", "—", "自然日") in archive
    assert not [one for one in asked.differences if one.rule == "办结"], "what is the same is not named"


def test_taken_they_are_in_force_and_asked_about_no_more(plant: Plant, keeper: Any, newer: Any) -> None:
    with plant.store.begin(keeper) as s:
        assert newer_rules.take(s, "clock_rule") == (9, 1)
    assert offered(plant, keeper) == []
    assert held(plant, "inform")["length"] == 20 and held(plant, "archive") and held(plant, "object") is None


def test_left_they_are_asked_about_again_with_the_next_program(plant: Plant, keeper: Any, newer: Any) -> None:
    with plant.store.begin(keeper) as s:
        newer_rules.leave(s, "clock_rule")
    assert offered(plant, keeper) == [] and held(plant, "inform")["length"] == 15
    newer["clock_rule"][0]["aliases"]["length"] = 25
    assert [one.table for one in offered(plant, keeper)] == ["clock_rule"]


def test_rules_of_ones_own_are_no_difference_until_the_program_brings_others(plant: Plant, keeper: Any) -> None:
    own = copy.deepcopy(codes.shipped()["recurrence"])
    own[0]["aliases"]["days"] = 100
    with plant.store.begin(keeper) as s:
        clock_rules.replace(s, "recurrence", own)
        code = s.scalars(select(Code.id).where(Code.kind == "partner_term")).one()
        codes.rename(s, code, "街道答复")
    assert offered(plant, keeper) == []


def test_only_who_keeps_the_rules_is_asked_and_decides(plant: Plant, newer: Any) -> None:
    lead = account(plant, "lead", "lead", "周芳")
    assert offered(plant, lead) == []
    for act in (newer_rules.take, newer_rules.leave):
        with pytest.raises(Refusal), plant.store.begin(lead) as s:
            act(s, "clock_rule")
    assert held(plant, "inform")["length"] == 15


def test_an_upgrade_adds_values_for_forms_and_no_rule_by_itself(plant: Plant, tmp_path: Path) -> None:
    for table in ("visit_way", "clock_rule"):
        book = {"table": table, "values": [{"code": "brand_new", "zh": "新"}]}
        (tmp_path / f"{table}.json").write_text(json.dumps(book), encoding="utf-8")
    with plant.store.begin() as s:
        assert founding.load_codes(s, tmp_path) == 1
        assert s.execute(select(Code.kind).where(Code.code == "brand_new")).scalars().all() == ["visit_way"]
