"""Rules of time and calendars that headquarters replaces: felt at once by every open issue, stored whole or not at all."""

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, select

from app.errors import Refusal
from app.models import derived, timing
from app.models.codes import Code
from app.models.issues import Issue, IssueState
from app.paths import resources
from app.services import clock_rules, issues
from app.services.listing import Query
from tests.conftest import Clock
from tests.factories import Plant, account

BOOK = json.loads((resources() / "codes" / "clock_rule.json").read_text(encoding="utf-8"))


@pytest.fixture
def issue(plant: Plant) -> Issue:
    with plant.store.begin(plant.boss) as s:
        return issues.register(s, Issue(title="暖气不热", kind="appeal", reporter="张三", grid_id=plant.first))


@pytest.fixture
def keeper(plant: Plant) -> Any:
    return account(plant, "system", "system")


def owed(plant: Plant, issue: Issue) -> tuple[date | None, str | None]:
    with plant.store.read(plant.boss) as s:
        state = s.get_one(IssueState, issue.id)
        return state.owed_on, state.rule


def written(book: Any) -> bytes:
    return json.dumps(book, ensure_ascii=False).encode()


def with_rule(code: str, **more: Any) -> dict[str, Any]:
    values = [v | {"aliases": v["aliases"] | more} if v["code"] == code else v for v in BOOK["values"]]
    return BOOK | {"values": values}


def test_the_rules_are_read_once_in_a_transaction_and_again_when_it_writes_some(plant: Plant, issue: Issue) -> None:
    asked = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        asked.extend(["rules"] if "clock_rule" in repr(parameters) and statement.startswith("SELECT") else [])

    with plant.store.begin(plant.boss) as s:
        timing.of(s.connection())
        event.listen(plant.store.engine, "before_cursor_execute", note)
        derived.refold(s.connection(), [issue.id])
        issues.accept(s, issue.id)
        assert not asked
        with s.begin_nested() as part:
            s.add(Code(kind="clock_rule", code="new", zh="新", aliases={}))
            s.flush()
            assert timing.of(s.connection()) is timing.of(s.connection()) and len(asked) == 1
            part.rollback()
        timing.of(s.connection())
        assert len(asked) == 2
    with plant.store.read() as s:
        timing.of(s.connection())
    assert len(asked) == 3, "another transaction reads them anew"
    event.remove(plant.store.engine, "before_cursor_execute", note)


def test_an_issue_owes_the_nearest_day_of_its_clocks(plant: Plant, issue: Issue, clock: Clock) -> None:
    assert owed(plant, issue) == (date(2025, 3, 14), "take_up")
    with plant.store.begin(plant.boss) as s:
        issues.accept(s, issue.id)
    assert owed(plant, issue) == (date(2025, 3, 26), "handle")
    with plant.store.begin(plant.boss) as s:
        issues.answer(s, issue.id, "已修好", "phone")
    assert owed(plant, issue) == (None, None), "answered: nothing is owed by the clock"
    with plant.store.read(plant.boss) as s:
        shown = issues.one(s, issue.id).clocks
    assert [one.rule.code for one in shown if one.running] == ["ask_review"]


def test_new_rules_are_felt_by_the_issues_that_are_open(plant: Plant, issue: Issue, keeper: Any) -> None:
    book = with_rule("take_up", length=4)
    book["values"] = [value for value in book["values"] if value["code"] != "handle"]
    with plant.store.begin(keeper) as s:
        assert clock_rules.replace_rules(s, written(book)) == (8, 1)
    assert owed(plant, issue) == (date(2025, 3, 18), "take_up")
    with plant.store.begin(plant.boss) as s:
        issues.accept(s, issue.id)
    assert owed(plant, issue) == (date(2025, 5, 11), "finish"), "the rule that went counts no more"
    with plant.store.begin(keeper) as s:
        assert clock_rules.replace_rules(s, written(BOOK)) == (9, 0)
    assert owed(plant, issue) == (date(2025, 3, 26), "handle")


def test_who_left_no_name_is_not_waited_for_until_a_name_is_known(plant: Plant, keeper: Any, clock: Clock) -> None:
    rules = [value for value in BOOK["values"] if value["code"] in ("inform", "finish")]
    with plant.store.begin(keeper) as s:
        clock_rules.replace(s, "clock_rule", rules)
    with plant.store.begin(plant.boss) as s:
        nobody = issues.register(s, Issue(title="暖气不热", kind="appeal", anonymous=True, grid_id=plant.first))
    assert owed(plant, nobody) == (None, None)
    with plant.store.read(plant.boss) as s:
        shown = issues.one(s, nobody.id)
        assert not shown.clocks
        assert [clock_rules.lawful(rule) for rule in shown.waived] == ["书面告知 (《信访工作条例》第二十三条)"]
        assert not list(clock_rules.running(s, date(2025, 4, 20)))
    with plant.store.begin(plant.boss) as s:
        issues.correct(s, nobody.id, reason="本人打来电话", anonymous=False, reporter="张三")
    assert owed(plant, nobody) == (date(2025, 3, 27), "inform")
    with plant.store.read(plant.boss) as s:
        assert not issues.one(s, nobody.id).waived
    with plant.store.begin(plant.boss) as s:
        issues.accept(s, nobody.id)
    assert owed(plant, nobody) == (date(2025, 5, 11), "finish"), "handling has its sixty days, with a name or without"


def test_a_headquarters_that_informs_everybody_goes_on_to(plant: Plant, keeper: Any) -> None:
    everybody = with_rule("inform", named=False)
    with plant.store.begin(keeper) as s:
        clock_rules.replace_rules(s, written(everybody | {"values": everybody["values"][:1]}))
    with plant.store.begin(plant.boss) as s:
        nobody = issues.register(s, Issue(title="暖气不热", kind="appeal", anonymous=True, grid_id=plant.first))
    assert owed(plant, nobody) == (date(2025, 3, 27), "inform")
    with plant.store.read(plant.boss) as s:
        assert not issues.one(s, nobody.id).waived


def test_a_file_of_rules_that_contradicts_itself_changes_nothing(plant: Plant, issue: Issue, keeper: Any) -> None:
    with plant.store.read() as s:
        before = s.execute(select(Code.code, Code.revision, Code.aliases).where(Code.kind == "clock_rule")).all()
    for data in (
        written(with_rule("second", stop=["second_review"])), written(BOOK | {"values": []}), b"{", b"[]", b"\xff\xfe",
        written(BOOK | {"table": "topic"}), written(BOOK | {"values": [{"zh": "x"}]}), b"[" * 100_000,
        written(BOOK | {"values": [*BOOK["values"], BOOK["values"][0]]}), b" " * (clock_rules.LARGEST + 1),
    ):  # fmt: skip
        with pytest.raises(Refusal) as refused, plant.store.begin(keeper) as s:
            clock_rules.replace_rules(s, data)
        assert refused.value.sentence.endswith("。")
    with plant.store.read() as s:
        assert (
            before == s.execute(select(Code.code, Code.revision, Code.aliases).where(Code.kind == "clock_rule")).all()
        )
    assert owed(plant, issue) == (date(2025, 3, 14), "take_up")


def test_a_calendar_of_a_later_year_is_taken_and_a_wrong_one_is_not(plant: Plant, keeper: Any, clock: Clock) -> None:
    clock.forward(days=(date(2030, 4, 30) - date(2025, 3, 12)).days)
    with plant.store.begin(plant.boss) as s:
        issue = issues.register(s, Issue(title="路灯不亮", kind="question", reporter="张三", grid_id=plant.first))
    assert owed(plant, issue) == (date(2030, 5, 2), "take_up"), "Monday to Friday until the year is published"
    with plant.store.read(plant.boss) as s:
        assert issues.one(s, issue.id).clocks[0].provisional
    book = {
        "year": 2030,
        "holidays": {f"2030-05-0{n}": "劳动节" for n in range(1, 6)},
        "workdays": {"2030-05-11": "调休上班"},
    }
    for wrong in (
        book | {"year": 2031}, book | {"holidays": {"2030-02-30": "x"}}, book | {"workdays": {"2030-05-01": "x"}}, {"year": 2030},
        book | {"holidays": ["2030-05-01"]}, book | {"holidays": {"2030-05-01": 3}},
    ):  # fmt: skip
        with pytest.raises(Refusal), plant.store.begin(keeper) as s:
            clock_rules.take_calendar(s, written(wrong))
    with plant.store.begin(keeper) as s:
        assert clock_rules.take_calendar(s, written(book)) == 2030
    assert owed(plant, issue) == (date(2030, 5, 7), "take_up")
    with plant.store.read(plant.boss) as s:
        assert not issues.one(s, issue.id).clocks[0].provisional


def test_only_who_keeps_the_code_tables_replaces_rules(plant: Plant) -> None:
    with pytest.raises(Refusal) as refused, plant.store.begin(account(plant, "lead", "lead")) as s:
        clock_rules.replace_rules(s, written(BOOK))
    assert refused.value.code == "not_allowed"


def test_correcting_the_kind_changes_the_clocks(plant: Plant, issue: Issue) -> None:
    with plant.store.begin(plant.boss) as s:
        issues.accept(s, issue.id)
        issues.correct(s, issue.id, kind="hazard", reason="是隐患")
    with plant.store.read(plant.boss) as s:
        assert {clock.rule.code for clock in issues.one(s, issue.id).clocks} == {"handle"}
        assert len(issues.find(s, Query(chip="open")).ids) == 1
        assert [one.clock.rule.code for one in clock_rules.running(s, date(2025, 3, 12))] == ["handle"]
