"""Issues: registered once, moved by whoever holds the pen, never closed without an answer."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from app.errors import Refusal
from app.ledgers import counting
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.accounts import Actor
from app.models.issues import Issue
from app.models.steps import Step
from app.models.units import Unit
from app.services import clock_rules, issues, numbers, units, visits
from app.services.figures import Ratio
from app.services.listing import Query
from tests.conftest import Clock
from tests.factories import Plant, account

pytestmark = pytest.mark.both_databases

APPEAL: dict[str, Any] = {"title": "暖气不热", "kind": "appeal", "topic": "heating", "reporter": "张三"}


def registered(plant: Plant, who: Actor | None = None, **fields: Any) -> Issue:
    with plant.store.begin(who or plant.boss) as s:
        return issues.register(s, Issue(**({"grid_id": plant.first} | APPEAL | fields)))


def take(plant: Plant, who: Actor, verb: Callable[..., Any], issue: Issue, *args: Any, **facts: Any) -> Step:
    with plant.store.begin(who) as s:
        step: Step = verb(s, issue.id, *args, **facts)
        return step


def refusal(plant: Plant, who: Actor, verb: Callable[..., Any], issue: Issue, *args: Any, **facts: Any) -> str:
    with pytest.raises(Refusal) as refused:
        take(plant, who, verb, issue, *args, **facts)
    assert str(refused.value).endswith("。")
    return refused.value.code


def view(plant: Plant, issue: Issue, who: Actor | None = None) -> issues.IssueView:
    with plant.store.read(who or plant.boss) as s:
        return issues.one(s, issue.id)


def found(plant: Plant, who: Actor, **query: Any) -> list[str]:
    with plant.store.read(who) as s:
        ids = issues.find(s, Query(**query)).ids
        return [row.title for row in issues.rows(s, list(ids))]


def contacted(plant: Plant, who: Actor, issue: Issue) -> None:
    take(plant, who, issues.contact, issue, "talk")
    take(plant, who, issues.contact, issue, "meet", place="家中", reason="本人不愿签字")
    take(plant, who, issues.contact, issue, "meet", place="站上", reason="本人不愿签字")


def test_a_registered_issue_has_a_number_of_unit_year_and_site(plant: Plant) -> None:
    assert [registered(plant).number for _ in range(3)] == [f"PS6-01-2025-HQ-000{n}" for n in (1, 2, 3)]


def test_an_issue_goes_from_registering_to_archive_and_tells_its_story(plant: Plant, clock: Clock) -> None:
    issue = registered(plant)
    take(plant, plant.boss, issues.accept, issue, due_on=date(2025, 3, 20))
    clock.forward(days=2)
    take(plant, plant.boss, issues.handle, issue, "换了阀门")
    contacted(plant, plant.boss, issue)
    take(plant, plant.boss, issues.answer, issue, "已修好", "face")
    take(plant, plant.boss, issues.revisit, issue, "satisfied")
    take(plant, plant.boss, issues.close, issue, "grid")
    take(plant, plant.boss, issues.archive, issue)
    shown = view(plant, issue)
    assert shown.row.state_label == "已归档" and shown.row.days is None and shown.missing == ()
    assert [row.kind for row in shown.timeline] == [
        "archive", "close", "revisit", "answer", "contact", "contact", "contact", "handle", "accept", "register",
    ]  # fmt: skip
    assert [row.days for row in shown.timeline][-3:] == [2, 0, None]
    sentences = {row.kind: row.sentence for row in shown.timeline}
    assert sentences["answer"] == "当面答复: 已修好" and sentences["close"] == "办结, 格内"
    assert sentences["accept"] == "受理, 限 2025-03-20 前" and shown.next_steps == ("link", "note")


def test_a_step_out_of_turn_is_refused_with_what_must_come_first(plant: Plant) -> None:
    issue = registered(plant)
    with pytest.raises(Refusal, match="请先答复"), plant.store.begin(plant.boss) as s:
        issues.revisit(s, issue.id, "satisfied")
    with pytest.raises(Refusal, match="还没有答复本人"), plant.store.begin(plant.boss) as s:
        issues.close(s, issue.id, "grid")
    assert refusal(plant, plant.boss, issues.archive, issue) == "step_too_early"
    assert refusal(plant, plant.boss, issues.handle, issue, "  ") == "step_too_early"
    assert view(plant, issue).next_steps == (
        "accept", "decline", "forward", "merge", "assign", "dispatch", "escalate", "leap", "contact", "entrust", "urge", "answer",
        "withdraw", "recuse", "link", "note",
    )  # fmt: skip


def test_an_incomplete_step_is_refused(plant: Plant) -> None:
    issue = registered(plant)
    assert refusal(plant, plant.boss, issues.decline, issue, " ") == "step_unsound"
    assert refusal(plant, plant.boss, issues.answer, issue, "好了", "") == "step_unsound"
    assert refusal(plant, plant.boss, issues.contact, issue, "meet", place="家中") == "step_unsound"


def test_one_contact_and_two_meetings_come_before_closing_an_appeal(plant: Plant) -> None:
    issue = registered(plant)
    take(plant, plant.boss, issues.answer, issue, "已修好", "phone")
    take(plant, plant.boss, issues.revisit, issue, "satisfied")
    assert refusal(plant, plant.boss, issues.close, issue, "grid") == "no_evidence"
    assert "还差 1 次沟通、2 次见面" in view(plant, issue).missing[0]
    contacted(plant, plant.boss, issue)
    take(plant, plant.boss, issues.close, issue, "grid")


def test_a_lead_may_close_without_contacts_by_giving_the_reason(plant: Plant) -> None:
    lead = account(plant, "zhao", "lead")
    issue = registered(plant, lead)
    take(plant, lead, issues.answer, issue, "已修好", "phone", satisfaction="fairly")
    take(plant, lead, issues.close, issue, "area", reason="本人在外地, 已视频确认")
    assert view(plant, issue).row.state == "closed"
    kept = registered(plant, lead)
    contacted(plant, lead, kept)
    take(plant, lead, issues.answer, kept, "已修好", "phone", satisfaction="fairly")
    take(plant, lead, issues.close, kept, "area")
    with plant.store.read(lead) as s:
        scope = Scope(plant.path)
        assert counting.of(s, Period.parse("2025-03"), scope).rate("compliance") == Ratio(1, 2)
        assert counting.of(s, Period.parse("2025-02"), scope).rate("compliance") == Ratio(0, 0)


def test_an_exception_from_evidence_is_asked_for_and_decided_by_somebody_else(plant: Plant) -> None:
    member, lead = account(plant, "wang", "member", "王五"), account(plant, "zhao", "lead", "赵某")
    leader = account(plant, "qian", "leader", "钱主任")
    issue = registered(plant, lead)
    assert refused(plant, member, issue, "exception", reason="早了") == "step_too_early"
    taken(plant, lead, issue, "answer", text="已修好", way="phone", satisfaction="fairly")
    assert "exception" in view(plant, issue, member).next_steps
    taken(plant, member, issue, "exception", reason="本人在外地")
    assert refused(plant, member, issue, "exception_approve") == "not_allowed"
    assert refused(plant, lead, issue, "exception", reason="再申请") == "not_unpleaded"
    assert found(plant, leader, chip="plea") == ["暖气不热"]
    taken(plant, leader, issue, "exception_refuse", reason="可以视频见面")
    assert refused(plant, leader, issue, "exception_approve") == "not_pleaded"
    assert refused(plant, lead, issue, "close", level="area") == "no_evidence"
    taken(plant, lead, issue, "exception", reason="没有网络")
    assert refused(plant, lead, issue, "exception_approve") == "not_pleaded", "who asks does not decide"
    taken(plant, leader, issue, "exception_approve", text="同意")
    told = view(plant, issue, lead)
    assert told.excepted and told.missing == () and "exception" not in told.next_steps
    assert told.timeline[1].sentence == "申请证据例外, 理由: 没有网络"
    taken(plant, lead, issue, "close", level="area")
    with plant.store.read(lead) as s:
        assert counting.of(s, Period.parse("2025-03"), Scope(plant.path)).rate("compliance") == Ratio(0, 1)
    kept = registered(plant, lead)
    contacted(plant, lead, kept)
    taken(plant, lead, kept, "answer", text="已修好", way="phone", satisfaction="fairly")
    assert "exception" not in view(plant, kept, lead).next_steps
    assert refused(plant, lead, kept, "exception", reason="没有缺的") == "nothing_missing"


def test_a_rule_without_exceptions_is_kept_by_a_lead_too(plant: Plant) -> None:
    book = {"table": "evidence", "values": [
        {"code": "appeal", "zh": "必须办理", "aliases": {"needs": [{"what": "handle", "count": 1}], "exception": False}}
    ]}  # fmt: skip
    with plant.store.begin(account(plant, "system", "system")) as s:
        assert clock_rules.replace_rules(s, json.dumps(book).encode()) == (1, 3)
    lead = account(plant, "zhao", "lead")
    issue = registered(plant, lead)
    take(plant, lead, issues.answer, issue, "已修好", "phone", satisfaction="fairly")
    assert view(plant, issue, lead).missing == ("按「必须办理」的要求, 还差 1 次办理。这条规则不允许例外。",)
    assert refusal(plant, lead, issues.close, issue, "area", reason="特殊") == "no_evidence"
    assert refused(plant, lead, issue, "exception", reason="特殊") == "no_evidence"
    take(plant, lead, issues.handle, issue, "换了阀门")
    take(plant, lead, issues.answer, issue, "已修好", "phone", satisfaction="fairly")
    take(plant, lead, issues.close, issue, "area")


def test_a_question_answered_on_the_spot_is_closed_at_once(plant: Plant) -> None:
    issue = registered(plant, kind="question")
    take(plant, plant.boss, issues.answer, issue, "已解释政策", "face", satisfaction="satisfied")
    take(plant, plant.boss, issues.close, issue, "grid")


def test_somebody_who_cannot_be_reached_is_tried_three_times(plant: Plant) -> None:
    issue = registered(plant, kind="question")
    take(plant, plant.boss, issues.answer, issue, "已解释政策", "written")
    for _ in range(2):
        take(plant, plant.boss, issues.revisit, issue, "unreached")
        assert refusal(plant, plant.boss, issues.close, issue, "grid") == "unreached"
    take(plant, plant.boss, issues.revisit, issue, "unreached")
    take(plant, plant.boss, issues.close, issue, "grid")


def test_a_hazard_is_closed_only_after_somebody_else_has_looked(plant: Plant) -> None:
    finder, fixer, looker = (account(plant, login, "lead", name) for login, name in
                             (("a", "甲某"), ("b", "乙某"), ("c", "丙某")))  # fmt: skip
    issue = registered(plant, finder, kind="hazard", reporter=None)
    take(plant, finder, issues.accept, issue)
    take(plant, fixer, issues.handle, issue, "已更换")
    assert refusal(plant, finder, issues.recheck, issue, "pass") == "own_recheck"
    assert refusal(plant, fixer, issues.recheck, issue, "pass") == "own_recheck"
    assert refusal(plant, finder, issues.close, issue, "grid") == "step_too_early"
    take(plant, looker, issues.recheck, issue, "fail", text="仍有泄漏")
    assert view(plant, issue).row.state == "handling"
    take(plant, fixer, issues.handle, issue, "又换了密封")
    take(plant, looker, issues.recheck, issue, "pass")
    take(plant, finder, issues.close, issue, "grid")


def test_the_pen_goes_with_the_dispatch_and_comes_back_with_the_return(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        root = next(row.id for row in units.tree(s) if row.depth == 0)
        other = units.add(s, Unit(name="后勤服务中心", kind="area", parent_id=root))
    lead, outsider = account(plant, "zhao", "lead"), account(plant, "qian", "lead")
    outsider = Actor(**(outsider.__dict__ | {"path": other.path}))
    issue = registered(plant, lead)
    assert refusal(plant, outsider, issues.accept, issue) == "issue_gone"
    assert refusal(plant, lead, issues.dispatch, issue, other.id) == "not_allowed"
    take(plant, plant.boss, issues.dispatch, issue, other.id, due_on=date(2025, 3, 19))
    assert refusal(plant, lead, issues.handle, issue, "自己办") == "no_pen"
    assert found(plant, outsider, chip="waiting") == ["暖气不热"]
    take(plant, lead, issues.note, issue, "已电话提醒")
    take(plant, outsider, issues.return_, issue, "不属于我单位职责")
    shown = view(plant, issue)
    assert (shown.row.state, shown.row.holder) == ("returned", "采油一作业区")
    take(plant, plant.boss, issues.dispatch, issue, other.id)
    take(plant, outsider, issues.sign, issue)
    take(plant, outsider, issues.answer, issue, "已修好", "phone")
    take(plant, lead, issues.revisit, issue, "satisfied")
    assert view(plant, issue, outsider).timeline[-2].sentence.startswith("派单给 后勤服务中心, 限 2025-03-19 前")


def test_escalation_goes_up_with_a_reason_and_no_further_than_the_top(plant: Plant) -> None:
    lead = account(plant, "zhao", "lead")
    issue = registered(plant, lead)
    assert refusal(plant, lead, issues.escalate, issue, "") == "step_unsound"
    assert refusal(plant, lead, issues.escalate, issue, "超出权限", to_unit=plant.area) == "not_above"
    take(plant, lead, issues.escalate, issue, "超出权限")
    assert view(plant, issue).row.holder == "平沙油田第六采油厂"
    assert refusal(plant, lead, issues.accept, issue) == "no_pen"
    take(plant, plant.boss, issues.accept, issue)
    assert refusal(plant, plant.boss, issues.escalate, issue, "还要上报") == "at_the_top"


def test_an_accusation_is_seen_by_nobody_without_the_right(plant: Plant) -> None:
    lead, clerk = account(plant, "zhao", "lead"), account(plant, "qian", "clerk")
    issue = registered(plant, lead, kind="accusation", title="多报加班", against=plant.area, secrecy="open")
    assert issue.secrecy == "sealed"
    assert found(plant, lead) == [] and found(plant, plant.boss) == ["多报加班"]
    assert refusal(plant, lead, issues.note, issue, "看看") == "issue_gone"
    with plant.store.read(plant.boss) as s:
        assert issues.rows(s, [issue.id])[0].reporter == "保密"
    assert found(plant, clerk) == [], "the clerk belongs to the unit complained of"
    assert refusal(plant, clerk, issues.accept, issue) == "issue_gone"
    assert refusal(plant, plant.boss, issues.dispatch, issue, plant.area) == "accused"


def test_caution_is_told_for_crowds_and_sensitive_topics(plant: Plant) -> None:
    issue = registered(plant, people=12, topic="pay", reporter_id=plant.zhang)
    assert issue.sensitive
    with plant.store.read(plant.boss) as s:
        told = issues.warnings(s, Issue(**APPEAL | {"people": 6, "topic": "pay", "reporter_id": plant.zhang}))
    assert "现登记 6 人" in told[0] and issue.number in told[1]
    assert "人事组织科" in told[2] and "敏感主题" in told[3] and len(told) == 4


def test_an_issue_raised_on_a_visit_knows_where_and_whom(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        visit = visits.record(s, plant.visit())
        issue = issues.raise_from_visit(s, visit.id, Issue(title="水压低", kind="appeal"))
    assert (issue.reporter, issue.reporter_id, issue.channel) == ("张三", plant.zhang, "visit")
    assert (issue.grid_id, issue.household_id, issue.heard_on) == (plant.first, plant.home, date(2025, 3, 5))


def test_a_one_line_lead_is_completed_later(plant: Plant) -> None:
    issue = registered(plant, lead=True, reporter=None)
    assert found(plant, plant.boss, chip="leads") == ["暖气不热"]
    with plant.store.begin(plant.boss) as s:
        issues.correct(s, issue.id, lead=False, reporter="张三", text="三楼不热")
    with pytest.raises(Refusal, match="更正的原因"), plant.store.begin(plant.boss) as s:
        issues.correct(s, issue.id, title="x")
    assert found(plant, plant.boss, chip="leads") == []


def test_a_voided_issue_leaves_the_lists_and_comes_back(plant: Plant) -> None:
    issue = registered(plant)
    with plant.store.begin(plant.boss) as s:
        issues.void(s, issue.id, "重复登记")
    assert found(plant, plant.boss) == [] and found(plant, plant.boss, chip="voided") == ["暖气不热"]
    assert refusal(plant, plant.boss, issues.accept, issue) == "issue_voided"
    with plant.store.begin(plant.boss) as s:
        issues.restore(s, issue.id)
    assert found(plant, plant.boss) == ["暖气不热"]


def test_chips_and_search_and_due_days(plant: Plant, clock: Clock) -> None:
    issue = registered(plant, due_on=date(2025, 3, 14))
    registered(plant, title="路灯不亮", kind="question")
    with plant.store.read(plant.boss) as s:
        counts = issues.chips(s)
        assert (counts["open"], counts["mine"], counts["due"], counts["overdue"]) == (2, 2, 1, 0)
        assert [row.days for row in issues.due(s, date(2025, 3, 12))] == [2, 2], "two working days to take it up"
    assert (
        found(plant, plant.boss, text="路灯") == ["路灯不亮"] == found(plant, plant.boss, filters={"kind": "question"})
    )
    clock.forward(days=5)
    assert sorted(found(plant, plant.boss, chip="overdue")) == ["暖气不热", "路灯不亮"]
    assert view(plant, issue).row.days == -3
    for sort in ("number", "title", "kind", "reporter", "state", "due_on", "days", ""):
        assert sorted(found(plant, plant.boss, sort=sort)) == ["暖气不热", "路灯不亮"]


def test_an_unsound_issue_is_refused(plant: Plant) -> None:
    for fields in ({"title": " "}, {"reporter": None}, {"heard_on": date(2025, 3, 13)}, {"due_on": date(2025, 3, 1)}):
        with pytest.raises(Refusal) as refused:
            registered(plant, **fields)
        assert refused.value.code == "issue_unsound"


def test_numbers_go_on_when_four_digits_are_used_up(plant: Plant) -> None:
    for last, following in (("9999", "10000"), ("10000", "10001")):
        with plant.store.begin(plant.boss) as s:
            s.add(Issue(**APPEAL, number=f"PS6-01-2025-HQ-{last}", path=plant.path))
        with plant.store.read(plant.boss) as s:
            assert numbers.following(s, plant.path, date(2025, 3, 1)) == [f"PS6-01-2025-HQ-{following}"]
    with plant.store.read(plant.boss) as s:
        assert numbers.following(s, plant.path, date(2026, 1, 1), 2)[1] == "PS6-01-2026-HQ-0002"


def of(plant: Plant, login: str, role: str, unit: Unit, name: str) -> Actor:
    """An account of that unit."""
    made = account(plant, login, role, name)
    return Actor(**(made.__dict__ | {"path": unit.path}))


def another(plant: Plant, name: str = "后勤服务中心", **fields: Any) -> Unit:
    with plant.store.begin(plant.boss) as s:
        root = next(row.id for row in units.tree(s) if row.depth == 0)
        return units.add(s, Unit(name=name, kind="area", parent_id=root, **fields))


def taken(plant: Plant, who: Actor, issue: Issue, kind: str, **facts: Any) -> Step:
    return take(plant, who, lambda s, i: issues.step(s, i, Step(issue_id=i, kind=kind, **facts)), issue)


def refused(plant: Plant, who: Actor, issue: Issue, kind: str, **facts: Any) -> str:
    return refusal(plant, who, lambda s, i: issues.step(s, i, Step(issue_id=i, kind=kind, **facts)), issue)


def test_a_helping_unit_sees_the_issue_answers_its_part_and_until_then_nothing_is_closed(plant: Plant) -> None:
    other = another(plant)
    lead, helper = account(plant, "zhao", "lead", "赵某"), of(plant, "qian", "lead", other, "钱某")
    issue = registered(plant, lead, kind="question")
    take(plant, lead, issues.accept, issue)
    assert found(plant, helper) == []
    assert refused(plant, lead, issue, "assist", text="请查收费记录") == "step_unsound"
    taken(plant, lead, issue, "assist", text="请查收费记录", to_unit=other.id, due_on=date(2025, 3, 20))
    assert found(plant, helper) == ["暖气不热"] and "assist_answer" in view(plant, issue, helper).next_steps
    assert found(plant, helper, chip="helping") == ["暖气不热"] and found(plant, lead, chip="helping") == []
    with plant.store.read(helper) as s:
        s.info["held_paths"] = (other.path,)  # at the helping unit's own machine
        assert (
            "assist_answer" in issues.one(s, issue.id).next_steps
            and issues.find(s, Query(chip="handed_over")).ids == ()
        )
    assert refusal(plant, helper, issues.answer, issue, "已查", "phone") == "no_pen"
    take(plant, lead, issues.answer, issue, "已解释", "phone", satisfaction="satisfied")
    assert refusal(plant, lead, issues.close, issue, "grid") == "not_settled"
    assert "close" not in view(plant, issue, lead).next_steps
    taken(plant, helper, issue, "assist_answer", text="记录无误")
    assert found(plant, helper, chip="helping") == []
    assert refused(plant, helper, issue, "assist_answer", text="又答一次") == "not_task"
    take(plant, lead, issues.close, issue, "grid")
    assert found(plant, helper) == ["暖气不热"], "who helped may read how it ended"


def test_help_that_does_not_come_in_time_makes_the_issue_overdue_until_it_comes(plant: Plant, clock: Clock) -> None:
    other = another(plant)
    lead, helper = account(plant, "zhao", "lead", "赵某"), of(plant, "qian", "lead", other, "钱某")
    issue = registered(plant, lead, kind="question")
    take(plant, lead, issues.accept, issue)
    taken(plant, lead, issue, "assist", text="请查收费记录", to_unit=other.id, due_on=date(2025, 3, 13))
    assert view(plant, issue).row.due_on == date(2025, 3, 13)
    clock.set(2025, 3, 14, 9)
    (task,) = view(plant, issue, lead).tasks
    assert (task.unit, task.due_on, task.days) == (other.name, date(2025, 3, 13), -1)
    assert found(plant, lead, chip="overdue") == found(plant, helper, chip="overdue") == ["暖气不热"]
    taken(plant, helper, issue, "assist_answer", text="记录无误")
    assert view(plant, issue, lead).tasks == () and found(plant, lead, chip="overdue") == []


def test_an_extension_is_decided_by_another_person(plant: Plant) -> None:
    lead, head = account(plant, "zhao", "lead", "赵某"), account(plant, "sun", "lead", "孙某")
    issue = registered(plant, lead)
    take(plant, lead, issues.accept, issue, due_on=date(2025, 3, 20))
    assert refused(plant, head, issue, "approve") == "not_asked"
    assert refused(plant, lead, issue, "extend", reason="等配件") == "step_unsound"
    taken(plant, lead, issue, "extend", reason="等配件", due_on=date(2025, 4, 10))
    assert refused(plant, lead, issue, "approve") == "not_asked"
    assert refused(plant, lead, issue, "extend", reason="再申请", due_on=date(2025, 4, 20)) == "not_unasked"
    assert view(plant, issue).row.due_on == date(2025, 3, 20)
    assert found(plant, head, chip="asked") == ["暖气不热"]
    taken(plant, head, issue, "approve")
    assert found(plant, head, chip="asked") == []
    assert view(plant, issue).row.due_on == date(2025, 4, 10)


def test_a_card_comes_from_above(plant: Plant) -> None:
    lead = account(plant, "zhao", "lead", "赵某")
    issue = registered(plant, lead)
    assert refused(plant, lead, issue, "urge", reason="超期", level="red") == "not_from_above"
    taken(plant, plant.boss, issue, "urge", reason="超期", level="red")
    assert "urge" not in view(plant, issue, lead).next_steps
    taken(plant, plant.boss, issue, "calm", reason="已回到正轨")
    assert refused(plant, plant.boss, issue, "calm", reason="再取消") == "not_card"


def test_a_step_before_the_first_hearing_is_refused(plant: Plant) -> None:
    issue = registered(plant, heard_on=date(2025, 3, 4))
    assert refusal(plant, plant.boss, issues.contact, issue, "talk", day=date(2025, 3, 3)) == "step_unsound"
    take(plant, plant.boss, issues.contact, issue, "talk", day=date(2025, 3, 4))
    take(plant, plant.boss, issues.accept, issue)
    assert refusal(plant, plant.boss, issues.handle, issue, "办了", day=date(2025, 2, 1)) == "step_unsound"


def test_a_dissolved_unit_gets_nothing_and_its_successor_is_named(plant: Plant) -> None:
    heir = another(plant, "综合服务中心")
    gone = another(plant, to_on=date(2025, 3, 1), successor_id=heir.id)
    alone = another(plant, "物业站", to_on=date(2025, 3, 1))
    issue = registered(plant)
    with pytest.raises(Refusal, match="已于") as why, plant.store.begin(plant.boss) as s:
        issues.dispatch(s, issue.id, gone.id)
    assert why.value.params["successor"] == "综合服务中心"
    with pytest.raises(Refusal) as why, plant.store.begin(plant.boss) as s:
        issues.dispatch(s, issue.id, alone.id)
    assert why.value.params["successor"] == "平沙油田第六采油厂", "the unit above"
    assert view(plant, issue).row.state == "registered"


def test_who_declines_says_where_else_to_go(plant: Plant) -> None:
    issue = registered(plant)
    assert refusal(plant, plant.boss, issues.decline, issue, "属于法院管辖") == "step_unsound"
    take(plant, plant.boss, issues.decline, issue, "属于法院管辖", instead="县人民法院")
    assert "可以去: 县人民法院" in view(plant, issue).timeline[0].sentence


def test_who_has_stepped_aside_is_refused(plant: Plant) -> None:
    lead, other = account(plant, "zhao", "lead", "赵某"), account(plant, "sun", "lead", "孙某")
    issue = registered(plant, other)
    taken(plant, lead, issue, "recuse", reason="与反映人是亲属")
    assert refusal(plant, lead, issues.accept, issue) == "recused"
    assert view(plant, issue, lead).next_steps == ("note",)
    take(plant, other, issues.accept, issue)


def test_a_level_is_passed_over_only_by_its_own_step(plant: Plant) -> None:
    lead = account(plant, "zhao", "lead", "赵某")
    issue = registered(plant, lead)
    assert refused(plant, lead, issue, "leap", reason="有群体聚集苗头") == "only_one_up"


def test_a_review_goes_to_the_unit_above_and_a_merged_issue_names_the_other(plant: Plant) -> None:
    lead = account(plant, "zhao", "lead", "赵某")
    issue, twin = registered(plant, lead, kind="question"), registered(plant, lead, kind="question")
    take(plant, lead, issues.answer, issue, "已解释", "face", satisfaction="dissatisfied")
    taken(plant, lead, issue, "review", reason="本人不服")
    assert (view(plant, issue).row.state, view(plant, issue).row.holder) == ("reviewing", "平沙油田第六采油厂")
    assert refused(plant, lead, issue, "review_answer", text="维持", outcome="upheld") == "no_pen"
    taken(plant, plant.boss, issue, "review_answer", text="责令重办", outcome="redo")
    assert (view(plant, issue).row.state, view(plant, issue).row.holder) == ("handling", "采油一作业区")
    assert refused(plant, lead, twin, "merge", reason="同一件", other_id=twin.id) == "itself"
    taken(plant, lead, twin, "merge", reason="同一件", other_id=issue.id)
    assert view(plant, twin).row.state == "merged"


def test_one_click_shows_what_presses(plant: Plant, clock: Clock) -> None:
    lead = account(plant, "zhao", "lead", "赵某")
    _a, b, c, d = (registered(plant, lead, title=title, kind="question") for title in "甲乙丙丁")
    take(plant, lead, issues.accept, b)
    take(plant, lead, issues.answer, c, "已解释", "face")
    take(plant, lead, issues.decline, d, "不属受理范围", instead="社区居委会")
    taken(plant, plant.boss, b, "urge", reason="慢", level="red")
    shown = {chip: sorted(found(plant, lead, chip=chip)) for chip in issues.CHIPS}
    assert shown["unaccepted"] == ["甲"] and shown["held"] == ["丙", "乙", "甲"] and shown["card"] == ["乙"]
    assert shown["revisit"] == ["丙"] and shown["silent"] == ["丁", "乙", "甲"], (
        "the one declined was told nothing either"
    )
    assert shown["late"] == shown["late3"] == shown["overdue"] == shown["leapt"] == shown["again"] == []
    clock.forward(days=1)
    assert found(plant, lead, chip="due") == ["甲"], "one of two working days is left"
    clock.forward(days=4)
    assert found(plant, lead, chip="late3") == ["甲"] == found(plant, lead, chip="overdue")
    clock.forward(days=14)
    assert sorted(found(plant, lead, chip="overdue")) == ["乙", "甲"] and found(plant, lead, chip="late") == ["乙"]
    taken(plant, plant.boss, b, "calm", reason="已办")
    assert found(plant, lead, chip="card") == []
    with plant.store.read(lead) as s:
        counts = issues.chips(s)
    assert (counts["unaccepted"], counts["held"], counts["silent"]) == (1, 3, 3)


def test_who_heard_it_first_follows_it_in_others_hands_to_its_end(plant: Plant) -> None:
    other = another(plant)
    lead, receiver = account(plant, "zhao", "lead", "赵某"), of(plant, "qian", "lead", other, "钱某")
    issue = registered(plant, lead)
    assert found(plant, lead, chip="first") == []
    take(plant, plant.boss, issues.dispatch, issue, other.id)
    take(plant, receiver, issues.sign, issue)
    assert found(plant, lead, chip="first") == ["暖气不热"]
    assert found(plant, receiver, chip="first") == found(plant, plant.boss, chip="first") == []
    take(plant, lead, issues.note, issue, "催问过一次")
    taken(plant, lead, issue, "withdraw", reason="本人撤回")
    assert found(plant, lead, chip="first") == []


def test_a_dispatch_is_returned_within_five_working_days(plant: Plant, clock: Clock) -> None:
    other = another(plant)
    receiver = of(plant, "qian", "lead", other, "钱某")
    early, late = registered(plant), registered(plant)
    for issue in (early, late):
        take(plant, plant.boss, issues.dispatch, issue, other.id)
    clock.forward(days=7)  # the fifth working day
    take(plant, receiver, issues.return_, early, "不属于我单位职责")
    clock.forward(days=1)
    with pytest.raises(Refusal, match="异议") as why, plant.store.begin(receiver) as s:
        issues.return_(s, late.id, "不属于我单位职责")
    assert why.value.params["day"] == "2025-03-19" and "第二十三条" in why.value.params["article"]
    take(plant, receiver, issues.sign, late)


def test_the_law_is_extended_by_thirty_days_at_most(plant: Plant) -> None:
    issue = registered(plant)
    take(plant, plant.boss, issues.accept, issue)
    assert refused(plant, plant.boss, issue, "extend", reason="等鉴定", due_on=date(2025, 6, 11)) == "extended_too_far"
    taken(plant, plant.boss, issue, "extend", reason="等鉴定", due_on=date(2025, 6, 10))
    head = account(plant, "sun", "lead", "孙某")
    assert refused(plant, head, issue, "approve", due_on=date(2025, 8, 1)) == "extended_too_far"
    taken(plant, head, issue, "approve", due_on=date(2025, 5, 31))
    with plant.store.read(plant.boss) as s:
        finish = next(clock for clock in issues.one(s, issue.id).clocks if clock.rule.code == "finish")
    assert finish.due == date(2025, 5, 31)
