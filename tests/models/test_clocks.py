"""Clocks: a table of dated cases, with the holidays of China, year ends and leap days, pauses and extensions."""

import json
import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from app.errors import Refusal
from app.models import clocks, timing
from app.models.calendar import shipped
from app.models.clocks import Clock, Limit, Rule
from app.models.folding import StepFact, fold
from app.paths import resources

HEAD = {"by": "乙", "author": uuid.UUID(int=8)}


def day(text: str) -> date:
    return date.fromisoformat(text)


def life(*steps: tuple[str, str] | tuple[str, str, dict[str, Any]]) -> Any:
    """A fold of steps: (kind, day) or (kind, day, more)."""
    return fold(
        StepFact(**{"id": uuid.UUID(int=at), "kind": step[0], "order": (at, "a", ""), "path": "/01/", "day": day(step[1]),
                    "author": uuid.UUID(int=7), "by": "甲", "from_path": "/01/"} | (step[2] if len(step) > 2 else {}))
        for at, step in enumerate(steps, 1)
    )  # fmt: skip


def one(rule: str, stand: Any, on: str, kind: str = "appeal", level: str = "area") -> Clock:
    """The last clock by this shipped rule."""
    found = clocks.clocks(stand, timing.shipped_rules(), shipped(), day(on), kind=kind, level=level)
    return [clock for clock in found if clock.rule.code == rule][-1]


#: rule, first day, due: the first day does not count.
DUE = (
    # two working days to take up
    ("take_up", "2025-03-05", "2025-03-07"),
    ("take_up", "2025-03-07", "2025-03-11"),  # over a plain weekend
    ("take_up", "2025-01-24", "2025-01-27"),  # 26 January is worked for 春节
    ("take_up", "2025-01-27", "2025-02-06"),  # 春节 28.1.–4.2. off
    ("take_up", "2025-09-26", "2025-09-29"),  # 28 September is worked for 国庆
    ("take_up", "2025-09-30", "2025-10-10"),  # 国庆 1.–8. off
    ("take_up", "2025-12-30", "2026-01-04"),  # 31.12., then 元旦 1.–3. off and Sunday 4 January worked
    ("take_up", "2026-02-13", "2026-02-24"),  # 14.2. worked, 春节 until 23.2.
    ("take_up", "2026-02-27", "2026-03-02"),  # Saturday 28 February is worked
    ("take_up", "2026-10-09", "2026-10-12"),  # Saturday 10 October is worked
    ("take_up", "2024-02-28", "2024-03-01"),  # a leap day is a working day
    ("take_up", "2024-09-13", "2024-09-18"),  # 14.9. worked, 中秋 15.–17. off
    # five working days to object
    ("object", "2025-04-28", "2025-05-08"),  # 27.4. worked before, 五一 1.–5. off
    ("object", "2025-09-29", "2025-10-13"),  # 30.9., 9.–11.10. (Saturday 11 worked), 13.
    ("object", "2026-01-30", "2026-02-06"),
    # natural days, whatever day they end on
    ("inform", "2025-01-20", "2025-02-04"),  # within 春节: natural days do not move
    ("inform", "2024-02-20", "2024-03-06"),  # a leap day counts
    ("inform", "2025-02-20", "2025-03-07"),
    ("finish", "2025-03-12", "2025-05-11"),
    ("finish", "2024-01-01", "2024-03-01"),  # leap year: January 30, February 29
    ("finish", "2025-01-01", "2025-03-02"),
    ("finish", "2025-11-15", "2026-01-14"),  # over the year end
    ("handle", "2025-09-22", "2025-10-11"),  # 28.9. worked, 国庆 1.–8. off, Saturday 11 October worked
    ("handle", "2026-02-09", "2026-02-28"),  # 14.2. and 28.2. worked
    ("handle", "2024-12-25", "2025-01-09"),  # 1 January off
)  # fmt: skip
_STARTS = {"object": ("register", "dispatch"), "finish": ("register", "accept"), "handle": ("register", "accept")}


@pytest.mark.parametrize(("rule", "start", "due"), DUE)
def test_a_clock_ends_on_its_day(rule: str, start: str, due: str) -> None:
    stand = life(*((kind, start) for kind in _STARTS.get(rule, ("register",))))
    clock = one(rule, stand, start)
    assert (clock.due, clock.started, clock.running) == (day(due), day(start), True)
    last = one(rule, stand, due)
    assert (last.left, last.colour != "green") == (0, True), "on its last day it has nothing left and is not green"
    after = one(rule, stand, (day(due) + timedelta(10)).isoformat())
    assert after.left < 0 and after.colour == "red"


def test_a_clock_stops_with_the_step_it_waits_for_and_says_by_how_much_it_was_late() -> None:
    stand = life(("register", "2025-03-05"), ("accept", "2025-03-14"))
    clock = one("take_up", stand, "2025-04-01")
    assert (clock.stopped, clock.left, clock.colour) == (day("2025-03-14"), -5, "red")
    assert one("take_up", stand, "2025-03-13").running, "asked for the day before, it still ran"
    assert one("inform", stand, "2025-04-01").left == 6


def test_suspending_stops_the_rule_of_the_unit_and_not_the_law() -> None:
    stand = life(
        ("register", "2025-03-05"), ("accept", "2025-03-05"), ("suspend", "2025-03-10"), ("resume", "2025-03-20")
    )
    assert one("handle", stand, "2025-03-21").due == day("2025-03-31"), "ten working days and the eight it waited"
    assert one("finish", stand, "2025-03-21").due == day("2025-05-04")
    waiting = life(("register", "2025-03-05"), ("accept", "2025-03-05"), ("suspend", "2025-03-10"))
    first, later = one("handle", waiting, "2025-03-12"), one("handle", waiting, "2025-03-31")
    assert (first.paused, first.left, later.left) == (True, 7, 7), "while it is paused nothing runs off"


def test_an_approved_extension_adds_its_days_and_the_law_no_more_than_thirty() -> None:
    asked = (
        ("register", "2025-03-05"),
        ("accept", "2025-03-05"),
        ("extend", "2025-04-20", {"due_on": day("2025-08-30")}),
    )
    assert one("finish", life(*asked), "2025-04-21").due == day("2025-05-04"), "asking alone adds nothing"
    granted = life(*asked, ("approve", "2025-04-22", HEAD))
    assert one("finish", granted, "2025-04-23").due == day("2025-06-03"), "art. 34: at most 30 days"
    short = life(*asked, ("approve", "2025-04-22", HEAD | {"due_on": day("2025-05-20")}))
    assert one("finish", short, "2025-04-23").due == day("2025-05-20")
    twice = life(*asked, ("approve", "2025-04-22", HEAD | {"due_on": day("2025-05-20")}),
                 ("extend", "2025-05-10", {"due_on": day("2025-07-30")}), ("approve", "2025-05-11", HEAD))  # fmt: skip
    assert one("finish", twice, "2025-05-12").due == day("2025-06-03"), (
        "thirty days in all, however often it is asked for"
    )
    refused = life(*asked, ("refuse", "2025-04-22", HEAD))
    assert one("finish", refused, "2025-04-23").due == day("2025-05-04")


def test_a_day_that_was_set_stands_in_for_the_units_own_rule_only() -> None:
    stand = life(("register", "2025-03-05"), ("accept", "2025-03-05", {"due_on": day("2025-03-25")}))
    assert one("handle", stand, "2025-03-06").due == day("2025-03-25")
    assert one("finish", stand, "2025-03-06").due == day("2025-05-04")


def test_a_review_has_thirty_days_to_ask_and_thirty_to_answer() -> None:
    told = (("register", "2025-03-05"), ("answer", "2025-03-06"))
    assert one("ask_review", life(*told), "2025-04-01").due == day("2025-04-05")
    assert one("ask_review", life(*told), "2025-04-01").rule.right
    asked = life(*told, ("review", "2025-03-31", {"to_path": "/"}))
    assert one("review", asked, "2025-04-01").due == day("2025-04-30")
    assert one("ask_review", asked, "2025-05-01").stopped == day("2025-03-31")


def test_reopening_starts_anew() -> None:
    stand = life(("register", "2025-03-05"), ("accept", "2025-03-05"), ("answer", "2025-03-06"), ("close", "2025-03-07"),
                 ("reopen", "2025-04-01"))  # fmt: skip
    found = [c for c in clocks.clocks(stand, timing.shipped_rules(), shipped(), day("2025-04-02"), kind="appeal")
             if c.rule.code == "finish"]  # fmt: skip
    assert [(c.started, c.stopped) for c in found] == [
        (day("2025-03-05"), day("2025-03-06")), (day("2025-04-01"), None)
    ]  # fmt: skip


def test_a_year_without_a_published_calendar_is_said_so() -> None:
    stand = life(("register", "2026-12-30"))
    clock = one("take_up", stand, "2026-12-30")
    assert clock.provisional and clock.due == day("2027-01-04"), "Monday to Friday, without 元旦 as far as it is fixed"
    assert not one("take_up", life(("register", "2026-12-28")), "2026-12-28").provisional
    assert not one("inform", stand, "2026-12-30").provisional, "natural days need no calendar"


def test_the_law_speaks_of_letters_and_visits_and_a_hazard_has_the_deadline_it_was_given() -> None:
    stand = life(("register", "2025-03-05"), ("accept", "2025-03-05"))

    def codes(kind: str) -> set[str]:
        found = clocks.clocks(stand, timing.shipped_rules(), shipped(), day("2025-03-06"), kind=kind)
        return {clock.rule.code for clock in found}

    assert codes("hazard") == {"handle"} and codes("help") == {"take_up", "handle"}
    assert codes("appeal") == {"take_up", "handle", "inform", "finish"}


def test_limits_are_those_of_kind_and_level() -> None:
    rule = Rule("x", "x", "", "days", 10, frozenset({"accept"}), frozenset({"answer"}),
                limits=(Limit(8, 5, frozenset({"hazard"})), Limit(6, 2, levels=frozenset({"factory"})), Limit(4, 0)))  # fmt: skip
    stand = life(("register", "2025-03-05"), ("accept", "2025-03-05"))

    def colours(kind: str, level: str) -> list[str]:
        days = ("2025-03-06", "2025-03-08", "2025-03-11", "2025-03-15")
        return [clocks.clocks(stand, [rule], shipped(), day(on), kind=kind, level=level)[0].colour for on in days]

    assert colours("hazard", "area") == ["green", "yellow", "red", "red"]
    assert colours("appeal", "factory") == ["green", "green", "yellow", "red"]
    assert colours("appeal", "area") == ["green", "green", "yellow", "red"]


def value(**more: Any) -> dict[str, Any]:
    rule = {"article": "x", "unit": "days", "length": 10, "start": ["accept"], "stop": ["answer"]} | more
    return {"code": "x", "zh": "试验", "aliases": {name: one for name, one in rule.items() if one is not ...}}


def test_nobody_is_informed_who_left_no_name_and_every_other_clock_goes_on() -> None:
    """《信访工作条例》 art. 23: except where name or address are not known."""
    stand = life(("register", "2025-03-05"))
    rules = timing.shipped_rules()

    def codes(named: bool) -> set[str]:
        found = clocks.clocks(stand, rules, shipped(), day("2025-03-06"), kind="appeal", named=named)
        return {clock.rule.code for clock in found}

    assert codes(named=True) == {"take_up", "inform"} and codes(named=False) == {"take_up"}
    (waived,) = clocks.waived(stand, rules, kind="appeal", level="", named=False)
    assert (waived.code, waived.article) == ("inform", "《信访工作条例》第二十三条")
    assert not clocks.waived(stand, rules, kind="appeal", level="", named=True)
    assert not clocks.waived(stand, rules, kind="hazard", level="", named=False), "nobody owed it to begin with"


WRONG = (
    ({"unit": "weeks"}, "单位应为"),
    ({"length": 0}, "天数应为"),
    ({"length": "10"}, "天数应为"),
    ({"length": True}, "天数应为"),
    ({"extension": -1}, "天数应为"),
    ({"start": ...}, "开始和结束"),
    ({"stop": []}, "开始和结束"),
    ({"start": ["arrive"]}, "没有这样的步骤"),
    ({"stop": ["accept"]}, "自相矛盾"),
    ({"limits": [{"yellow": 1, "red": 3}]}, "自相矛盾"),
    ({"limits": [{"yellow": 10}]}, "自相矛盾"),
    ({"limits": [{"amber": 1}]}, "黄红线写法"),
    ({"limits": 3}, "应为列表"),
    ({"kinds": "appeal"}, "应为列表"),
    ({"kinds": [1]}, "应为列表"),
    ({"pauses": "yes"}, "true 或 false"),
    ({"named": 1}, "true 或 false"),
    ({"statutory": True, "article": " "}, "没有写明条款"),
    ({"colour": "red"}, "不认识的栏目"),
)


@pytest.mark.parametrize(("more", "sentence"), WRONG)
def test_a_rule_that_contradicts_itself_is_refused_with_its_name(more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        clocks.read([value(**more)])
    told = refused.value.sentence.format(**refused.value.params)
    assert sentence in told and "试验" in told
    assert clocks.readable([value(), value(**more)]) == clocks.read([value()]), (
        "a store goes on with those it understands"
    )


def test_a_code_used_twice_and_a_rule_without_numbers_are_refused() -> None:
    for values in ([value(), value()], [{"code": "x", "zh": "x", "aliases": None}], [{"code": "x", "zh": "x"}]):
        with pytest.raises(Refusal):
            clocks.read(values)


def test_every_shipped_statutory_rule_names_its_article() -> None:
    book = json.loads((resources() / "codes" / "clock_rule.json").read_text(encoding="utf-8"))
    assert clocks.read(book["values"]) == timing.shipped_rules()
    statutory = {rule.code: rule.article for rule in timing.shipped_rules() if rule.statutory}
    assert len(statutory) == 7 and all("《信访工作条例》第" in article for article in statutory.values())
