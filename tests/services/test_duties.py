"""今日 tells each person what to do next with issues, and why; whoever has nothing to do with one is not bothered."""

from datetime import date, timedelta
from typing import Any

import pytest

from app.models.accounts import Account, Actor
from app.models.issues import Issue
from app.models.steps import Step
from app.models.units import Unit
from app.services import accounts, duties, issues, overview, units
from app.services.duties import IssueDuty
from tests.conftest import Clock
from tests.factories import Plant, account


@pytest.fixture
def lead(plant: Plant) -> Actor:
    return account(plant, "lead", "lead", "李四")


@pytest.fixture
def member(plant: Plant) -> Actor:
    return account(plant, "member", "member", "王五")


@pytest.fixture
def leader(plant: Plant) -> Actor:
    return account(plant, "leader", "leader", "赵主任")


def registered(plant: Plant, who: Actor, **fields: Any) -> Issue:
    given: dict[str, Any] = {"title": "暖气不热", "kind": "question", "reporter": "张三", "grid_id": plant.first}
    with plant.store.begin(who) as s:
        return issues.register(s, Issue(**(given | fields)))


def took(plant: Plant, who: Actor, issue: Issue, kind: str, **facts: Any) -> None:
    with plant.store.begin(who) as s:
        issues.step(s, issue.id, Step(issue_id=issue.id, kind=kind, **facts))


def of(plant: Plant, who: Actor) -> list[IssueDuty]:
    with plant.store.read(who) as s:
        return list(duties.due(s))


def told(plant: Plant, who: Actor) -> list[tuple[str, str, str]]:
    return [(duty.group, duty.step, duty.why) for duty in of(plant, who)]


def test_the_natural_next_step_is_told_all_along_an_issue_s_life(plant: Plant, lead: Actor) -> None:
    issue = registered(plant, lead)
    assert told(plant, lead) == [("do", "accept", "新登记, 等受理")]
    took(plant, lead, issue, "accept")
    assert told(plant, lead) == [("do", "handle", "已受理, 还没有办理记录")]
    took(plant, lead, issue, "handle", text="修了")
    assert told(plant, lead) == [("do", "answer", "正在办理, 还没有答复本人")]
    took(plant, lead, issue, "answer", text="好了", way="phone")
    assert told(plant, lead) == [("do", "revisit", "2025-03-12 已答复, 还没有回访")]
    took(plant, lead, issue, "revisit", satisfaction="unreached")
    assert told(plant, lead) == [("do", "revisit", "没有联系上本人, 已试 1 次, 满 3 次可以办结")]
    took(plant, lead, issue, "revisit", satisfaction="satisfied")
    assert told(plant, lead) == [("do", "close", "已回访, 可以办结")]
    took(plant, lead, issue, "close", level="grid")
    assert told(plant, lead) == []


def test_an_extension_is_for_the_leader_and_never_for_whoever_asked(
    plant: Plant, lead: Actor, member: Actor, leader: Actor
) -> None:
    issue = registered(plant, lead)
    took(plant, lead, issue, "accept")
    took(plant, member, issue, "extend", due_on=date(2025, 4, 20), reason="等配件")
    asked = ("approve", "approve", "王五申请延到 2025-04-20: 等配件")
    assert told(plant, leader) == [asked] and asked in told(plant, lead)
    assert [duty.step for duty in of(plant, member)] == ["handle"]
    took(plant, leader, issue, "approve")
    assert told(plant, leader) == [] and asked not in told(plant, lead)


def test_an_exception_from_evidence_is_for_the_leader_once_it_is_asked_for(
    plant: Plant, lead: Actor, member: Actor, leader: Actor
) -> None:
    issue = registered(plant, lead, kind="appeal")
    for kind, facts in (
        ("accept", {}), ("handle", {"text": "办"}), ("answer", {"text": "好", "way": "phone"}),
        ("revisit", {"satisfaction": "satisfied"}),
    ):  # fmt: skip
        took(plant, lead, issue, kind, **facts)
    for who in (lead, member):
        ((group, step, why),) = told(plant, who)
        assert (group, step) == ("do", "contact") and "还差" in why
    took(plant, member, issue, "exception", reason="本人在外地")
    asked = ("approve", "exception_approve", "王五申请证据例外: 本人在外地")
    assert told(plant, leader) == [asked] == told(plant, lead) and told(plant, member) == []
    took(plant, leader, issue, "exception_approve")
    assert told(plant, leader) == [] and told(plant, lead) == [("do", "close", "已同意证据例外, 可以办结")]


def test_what_is_overdue_below_is_to_be_chased_until_a_card_is_out_then_the_unit_reads_who_and_why(
    plant: Plant, lead: Actor, clock: Clock
) -> None:
    clerk = account_of_all(plant)
    issue = registered(plant, lead)
    took(plant, lead, issue, "accept", due_on=date(2025, 3, 14))
    assert told(plant, clerk) == []
    clock.forward(days=5)
    ((group, step, why),) = told(plant, clerk)
    assert (group, step) == ("chase", "urge") and why == "采油一作业区承办, 超期 3 天"
    took(plant, clerk, issue, "urge", level="red", reason="三天内答复")
    assert told(plant, clerk) == []
    (duty,) = of(plant, lead)
    assert duty.card == "red" and duty.why == "办事员督办: 三天内答复; 已受理, 还没有办理记录" and duty.days == -3


def account_of_all(plant: Plant) -> Actor:
    with plant.store.begin(plant.boss) as s:
        accounts.create(s, Account(login="clerk", name="办事员", role="clerk"))
    with plant.store.read() as s:
        return accounts.acting(s, "clerk")


def test_a_dispatch_waits_for_its_unit_and_help_for_whoever_was_asked(plant: Plant, lead: Actor) -> None:
    with plant.store.begin(plant.boss) as s:
        root = s.get_one(Unit, plant.area).parent_id
        other = units.add(s, Unit(name="采油二作业区", kind="area", parent_id=root, code="PS6-02"))
        accounts.create(s, Account(login="second", name="孙二", role="lead", unit_id=other.id))
    with plant.store.read() as s:
        second = accounts.acting(s, "second")
    clerk = account_of_all(plant)
    issue = registered(plant, lead)
    took(plant, lead, issue, "accept")
    took(plant, lead, issue, "assist", to_unit=other.id, text="请查管线图")
    assert told(plant, second) == [("do", "assist_answer", "李四请求协办: 请查管线图")]
    took(plant, second, issue, "assist_answer", text="图已给")
    assert told(plant, second) == []
    took(plant, clerk, issue, "dispatch", to_unit=other.id, text="归你区")
    assert told(plant, second) == [("do", "sign", "办事员派来, 等签收: 归你区")] and told(plant, lead) == []
    took(plant, second, issue, "return", reason="不是我区的井")
    assert ("do", "handle", "孙二退回了派单, 等重新安排: 不是我区的井") in told(plant, lead)


def test_a_hazard_is_rechecked_by_somebody_else(plant: Plant, lead: Actor, member: Actor) -> None:
    issue = registered(plant, lead, kind="hazard", title="灯不亮", place="红6井")
    took(plant, lead, issue, "accept")
    took(plant, lead, issue, "handle", text="换了灯")
    assert told(plant, member) == [("do", "recheck", "整改已记录, 要由另一个人到现场复检")]
    assert [duty.step for duty in of(plant, lead)] == ["answer"]


def test_whoever_was_declined_or_merged_without_a_word_is_still_owed_one(plant: Plant, lead: Actor) -> None:
    issue = registered(plant, lead)
    took(plant, lead, issue, "decline", reason="不归我们", to_name="社区")
    assert told(plant, lead) == [("do", "answer", "不予受理, 还没有告诉本人")]
    took(plant, lead, issue, "answer", text="请到社区", way="phone")
    assert told(plant, lead) == [("do", "revisit", "2025-03-12 已答复, 还没有回访")]


def test_the_most_pressing_comes_first_and_a_sealed_one_gives_nothing_away(plant: Plant, lead: Actor) -> None:
    clerk = account_of_all(plant)
    for days, fields in ((20, {}), (-1, {"title": "超期的"}), (5, {"title": "近的"})):
        issue = registered(plant, clerk, grid_id=None, path="/", **fields)
        due_on = date(2025, 3, 12) + timedelta(days=days)
        if days > 0:
            took(plant, clerk, issue, "accept", due_on=due_on)
    registered(plant, clerk, kind="accusation", against=plant.area, title="检举科长", grid_id=None, path="/")
    found = of(plant, clerk)
    days = [duty.days for duty in found if duty.days is not None]
    assert days == sorted(days) and len(found) == 4
    assert {duty.title for duty in found} == {"暖气不热", "超期的", "近的", "密封事项"} and of(plant, lead) == []


def test_the_page_of_the_day_holds_the_duties(plant: Plant, lead: Actor) -> None:
    issue = registered(plant, lead)
    with plant.store.read(lead) as s:
        found = overview.today_for(s)
    assert [duty.id for duty in found.issues] == [issue.id]


def test_a_partner_who_does_not_answer_in_time_is_chased(plant: Plant, clock: Clock) -> None:
    clerk = account_of_all(plant)
    with plant.store.begin(plant.boss) as s:
        partner = Unit(name="物业公司", kind="partner", partner=True, path="/")
        s.add(partner)
    issue = registered(plant, clerk, grid_id=None, path="/")
    took(plant, clerk, issue, "accept")
    took(plant, clerk, issue, "entrust", to_unit=partner.id, text="请换灯", due_on=date(2025, 3, 14))
    assert [duty.step for duty in of(plant, clerk)] == ["handle"]
    clock.forward(days=5)
    late = next(duty for duty in of(plant, clerk) if duty.group == "chase")
    assert (late.step, late.days) == ("entrust_answer", -3)
    assert late.why == "物业公司应于 2025-03-14 答复, 请催办; 有了答复就记录"
