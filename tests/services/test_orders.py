"""双向派单: a partner without an account is given a numbered paper, its answer finds back, both directions are counted."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as over
from hypothesis import strategies as st
from sqlalchemy import update

from app.errors import Refusal
from app.models import terms
from app.models.accounts import Actor
from app.models.folding import fold
from app.models.issues import Issue
from app.models.sites import Site
from app.models.steps import Step
from app.models.units import Unit
from app.services import clock_rules, dissolving, issues, order_codes, orders, units
from tests.conftest import Clock
from tests.factories import Plant, account, copy_of_headquarters
from tests.models.test_steps import fact
from tests.services.test_issues import found, refusal, registered, take, view

pytestmark = pytest.mark.both_databases


def partner(plant: Plant, name: str = "红梁街道办事处") -> Any:
    with plant.store.begin(plant.boss) as s:
        return units.add(s, Unit(name=name, kind="partner", partner=True, parent_id=plant.area)).id


def entrusted(plant: Plant, issue: Issue, to: Any, who: Actor | None = None, **facts: Any) -> Step:
    return take(plant, who or plant.boss, issues.entrust, issue, to, **({"text": "请修供热管网"} | facts))


def answered(plant: Plant, code: str, text: str = "已换阀门", **facts: Any) -> Step:
    with plant.store.begin(plant.boss) as s:
        return orders.answer(s, code, text, **facts)


def refused(plant: Plant, code: str) -> str:
    with pytest.raises(Refusal) as why:
        answered(plant, code)
    assert str(why.value).endswith("。")
    return why.value.code


def outgoing(plant: Plant, who: Actor | None = None) -> list[orders.OrderRow]:
    with plant.store.read(who or plant.boss) as s:
        return orders.given(s)


def test_a_dispatch_to_a_partner_has_a_number_and_the_pen_stays(plant: Plant) -> None:
    issue = registered(plant)
    take(plant, plant.boss, issues.accept, issue)
    street = partner(plant)
    step = entrusted(plant, issue, street, due_on=date(2025, 3, 20))
    plain = "PS6-01-2025-HQ-P0001"
    assert step.number == f"{plain}-{order_codes.check(plain)}"
    shown = view(plant, issue)
    assert shown.row.state == "accepted" and shown.row.holder == "采油一作业区"
    assert shown.timeline[0].sentence == (
        f"派给外单位 红梁街道办事处, 派单号 {step.number}, 限 2025-03-20 前: 请修供热管网"
    )
    assert "entrust_answer" in shown.next_steps and "entrust_cancel" in shown.next_steps
    assert [row.number for row in shown.orders] == [step.number]


def test_numbers_count_on_and_never_meet_those_of_another_laptop(plant: Plant, tmp_path: Path) -> None:
    other = copy_of_headquarters(tmp_path / "other") if not plant.store.database else None
    first = [entrusted(plant, registered(plant), partner(plant, f"街道{n}")).number for n in range(3)]
    assert [number[-6:-2] for number in first if number] == ["0001", "0002", "0003"]
    if other is not None:  # another laptop of the same unit, without network
        with other.store.begin() as s:
            s.execute(update(Site).values(code="S02"))
        second = [entrusted(other, registered(other), partner(other, f"街道{n}")).number for n in range(3)]
        assert not {*first} & {*second}
        other.store.close()


def test_handing_an_issue_to_a_partner_is_a_dispatch_to_a_partner(plant: Plant) -> None:
    street = partner(plant)
    for verb, facts in ((issues.dispatch, {"to_unit": street}), (issues.assign, {"to_unit": street})):
        step = take(plant, plant.boss, verb, registered(plant), **facts)
        assert (step.kind, step.number is not None) == ("entrust", True)


def test_the_answer_is_keyed_in_by_number_or_read_from_the_code(plant: Plant) -> None:
    street, one, two = partner(plant), registered(plant), registered(plant)
    first, second = entrusted(plant, one, street), entrusted(plant, two, street)
    assert first.number and second.number
    typed = first.number.lower().replace("-", "－")  # as an input method leaves it
    step = answered(plant, f" {typed} ", with_whom="王主任", way="phone", day=date(2025, 3, 12))
    assert (step.issue_id, step.about) == (one.id, first.id)
    assert view(plant, one).timeline[0].sentence == f"外单位答复, 派单号 {first.number}, 王主任, 电话: 已换阀门"
    assert answered(plant, order_codes.code(second.number, two.id)).issue_id == two.id
    assert [row.end for row in outgoing(plant)] == ["answered", "answered"]


def test_a_wrong_number_a_torn_code_and_a_second_answer_are_refused_and_nothing_is_stored(plant: Plant) -> None:
    street, issue = partner(plant), registered(plant)
    step = entrusted(plant, issue, street)
    assert step.number
    before = len(view(plant, issue).timeline)
    code = order_codes.code(step.number, issue.id)
    assert refused(plant, "") == "order_code_empty"
    assert refused(plant, step.number[:-3] + "9" + step.number[-2:]) == "order_mistyped"
    assert refused(plant, "PS6-01-2025-HQ-P0777-" + order_codes.check("PS6-01-2025-HQ-P0777")) == "order_unknown"
    assert refused(plant, code[:-1]) == "order_code_torn"
    assert refused(plant, order_codes.code(step.number, street)) == "order_of_another"
    assert len(view(plant, issue).timeline) == before
    answered(plant, code)
    assert refused(plant, code) == "order_answered"
    again = entrusted(plant, issue, street)
    assert again.number
    with plant.store.begin(plant.boss) as s:
        orders.withdraw(s, again.number, "街道已合并, 改派物业")
    assert refused(plant, again.number) == "order_withdrawn"


def test_a_number_is_understood_as_it_comes_from_the_hand_and_an_o_is_no_zero_where_nobody_can_tell(
    plant: Plant,
) -> None:
    street, issue = partner(plant), registered(plant)
    number = entrusted(plant, issue, street).number
    assert number == "PS6-01-2025-HQ-P0001-" + number[-1]

    def meant(code: str) -> str:
        with plant.store.read(plant.boss) as s:
            return orders.find(s, code).number

    wide = "".join(chr(ord(char) + 0xFEE0) for char in number.lower())
    for typed in (
        wide,
        number.replace("-", " — "),
        number.replace("0", "O"),
        number.replace("1", "i").replace("0", "o"),
    ):
        assert meant(typed) == number
    for wrong in (number.replace("6", "8"), number.replace("P0001", "PO0O2")):
        assert refused(plant, wrong) == "order_mistyped"
    nobodys = f"PS6-0I-2025-HQ-P0009-{order_codes.check('PS6-01-2025-HQ-P0009')}"
    assert refused(plant, nobodys) == "order_mistyped", "it looks like a number, but of nobody here"


def test_of_two_numbers_that_look_the_same_and_both_check_neither_is_guessed() -> None:
    ours = {"PS010-2025-S01-P0001-4", "PS0I0-2025-S0I-P0001-4"}

    def read(given: str) -> str:
        return order_codes.read(given, lambda numbers: ours & {*numbers}).number

    for number in ours:
        assert read(number) == number
    for misread in ("PSO10-2025-S01-P0001-4", "PSOIO-2025-SOI-P0001-4"):
        with pytest.raises(Refusal) as why:
            read(misread)
        assert why.value.code == "order_mistyped"
    ours.remove("PS0I0-2025-S0I-P0001-4")
    assert read("PSO10-2025-S01-P0001-4") == "PS010-2025-S01-P0001-4"


@over(st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), st.integers(0, 19), st.integers(0, 9999))
def test_one_wrong_character_in_a_number_is_always_noticed(char: str, at: int, counter: int) -> None:
    plain = f"PS6-01-2025-HQ-P{counter:04d}"
    number = f"{plain}-{order_codes.check(plain)}"
    wrong = number[:at] + char + number[at + 1 :]
    if number[at] == "-" or wrong == number:
        assert order_codes.read(number).number == number
    else:
        with pytest.raises(Refusal) as why:
            order_codes.read(wrong)
        assert why.value.code in ("order_mistyped", "order_code_torn")


def test_which_of_two_waiting_dispatches_is_answered_must_be_said(plant: Plant) -> None:
    issue = registered(plant)
    first, second = (entrusted(plant, issue, partner(plant, name)) for name in ("红梁街道", "安居物业"))
    lacking = Step(issue_id=issue.id, kind="entrust_answer", text="已办")
    assert refusal(plant, plant.boss, lambda s, i: issues.step(s, i, lacking), issue) == "order_unnamed"
    assert second.number
    answered(plant, second.number)
    assert {row.id: row.end for row in outgoing(plant)} == {first.id: "", second.id: "answered"}


def test_an_issue_is_not_closed_while_a_partner_owes_its_answer(plant: Plant) -> None:
    issue = registered(plant, kind="question")
    step = entrusted(plant, issue, partner(plant))
    take(plant, plant.boss, issues.answer, issue, "街道来修", "phone", satisfaction="satisfied")
    assert refusal(plant, plant.boss, issues.close, issue, "grid", reason="x") == "not_settled"
    assert step.number
    answered(plant, step.number)
    take(plant, plant.boss, issues.close, issue, "grid", reason="电话已说清")


def test_overdue_dispatches_are_listed_and_counted(plant: Plant, clock: Clock) -> None:
    street = partner(plant)
    late = registered(plant, title="管网漏水")
    entrusted(plant, late, street, due_on=date(2025, 3, 14))
    done = entrusted(plant, registered(plant, title="路灯不亮"), street, due_on=date(2025, 3, 14))
    entrusted(plant, registered(plant, title="下水堵塞"), street)
    clock.forward(days=5)
    assert done.number
    answered(plant, done.number)
    assert found(plant, plant.boss, chip="entrusted_late") == ["管网漏水"]
    assert sorted(found(plant, plant.boss, chip="entrusted")) == ["下水堵塞", "管网漏水"]
    assert orders.tally(outgoing(plant)) == orders.Tally(given=3, answered=1, withdrawn=0, open=2, overdue=1)
    assert [row.days for row in outgoing(plant) if row.overdue] == [-3]


def test_a_dispatch_without_a_day_has_the_one_of_the_rule_and_is_overdue_after_it(plant: Plant, clock: Clock) -> None:
    street, court = partner(plant), partner(plant, "县法院")
    assert entrusted(plant, registered(plant), street).due_on == date(2025, 3, 26), "ten working days, as shipped"
    book = {"table": "partner_term", "values": [
        {"code": "any", "zh": "一般", "aliases": {"length": 3, "unit": "days"}},
        {"code": "court", "zh": "法院", "aliases": {"length": 20, "partners": ["县法院"]}},
    ]}  # fmt: skip
    with plant.store.begin(plant.boss) as s:
        assert clock_rules.replace_rules(s, json.dumps(book).encode()) == (2, 0)
    late = registered(plant, title="管网漏水")
    assert entrusted(plant, late, street).due_on == date(2025, 3, 15)
    assert entrusted(plant, registered(plant), court).due_on == date(2025, 4, 10), "over the holiday of Qingming"
    assert entrusted(plant, registered(plant), street, due_on=date(2025, 5, 1)).due_on == date(2025, 5, 1)
    clock.forward(days=4)
    assert found(plant, plant.boss, chip="entrusted_late") == ["管网漏水"]


@pytest.mark.parametrize(
    "values",
    [
        [{"code": "any", "aliases": {"length": 0}}],
        [{"code": "any", "aliases": {"length": 5, "unit": "weeks"}}],
        [{"code": "any", "aliases": {"length": 5, "partners": [""]}}],
        [{"code": "any", "aliases": {"days": 5}}],
        [{"code": "one", "aliases": {"length": 5}}, {"code": "two", "aliases": {"length": 6}}],
    ],
)
def test_terms_that_cannot_be_meant_are_refused(values: list[dict[str, Any]]) -> None:
    with pytest.raises(Refusal, match=r"。$"):
        terms.read(values)


def test_a_partners_dispatch_is_an_issue_with_its_own_number_and_is_counted_until_answered(
    plant: Plant, clock: Clock
) -> None:
    street = partner(plant)
    asked = {"partner_id": street, "partner_number": " 红街〔2025〕7号 ", "due_on": date(2025, 3, 14)}
    issue = registered(plant, kind="question", reporter="红梁街道办事处", **asked)
    assert (issue.channel, issue.partner_number) == ("partner", "红街〔2025〕7号")
    assert found(plant, plant.boss, text="红街〔2025〕7号") == found(plant, plant.boss, chip="received") == ["暖气不热"]
    with plant.store.begin(plant.boss) as s:
        again = Issue(**{"title": "又一份", "kind": "question", "reporter": "街道"} | asked)
        again.partner_number = "红街〔2025〕7号"
        assert any(issue.number in warning for warning in issues.warnings(s, again))
    clock.forward(days=5)
    with plant.store.read(plant.boss) as s:
        assert orders.tally(orders.received(s)) == orders.Tally(given=1, open=1, overdue=1)
    take(plant, plant.boss, issues.answer, issue, "已安排维修", "written")
    with plant.store.read(account(plant, "clerk", "clerk")) as s:  # who may see sealed issues is asked for them
        (row,) = orders.received(s)
    assert (row.partner, row.number, row.end, row.done_on) == (
        "红梁街道办事处", "红街〔2025〕7号", "answered", date(2025, 3, 17),
    )  # fmt: skip
    assert found(plant, plant.boss, chip="received") == []


def test_a_number_of_theirs_without_the_partner_and_a_partner_that_is_none_are_refused(plant: Plant) -> None:
    for fields, code in (({"partner_number": "7"}, "partner_missing"), ({"partner_id": plant.area}, "no_partner")):
        with pytest.raises(Refusal) as why:
            registered(plant, **fields)
        assert why.value.code == code


def test_our_own_unit_a_dissolved_partner_and_a_sealed_matter_are_not_dispatched_outside(plant: Plant) -> None:
    issue, street = registered(plant), partner(plant)
    assert refusal(plant, plant.boss, issues.entrust, issue, plant.area) == "no_partner"
    sealed = registered(plant, kind="accusation")
    assert refusal(plant, plant.boss, issues.entrust, sealed, street) == "sealed_outside"
    with plant.store.begin(plant.boss) as s:
        s.get_one(Unit, street).to_on = date(2025, 3, 1)
    assert refusal(plant, plant.boss, issues.entrust, issue, street) == "unit_dissolved"
    assert outgoing(plant) == []


def test_who_may_not_see_an_issue_does_not_find_its_dispatch(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        root = s.get_one(Unit, plant.area).parent_id
        elsewhere = units.add(s, Unit(name="采油二作业区", kind="area", parent_id=root, code="PS6-02"))
    issue = registered(plant, grid_id=None, path=elsewhere.path)
    step = entrusted(plant, issue, partner(plant))
    lead = account(plant, "zhao", "lead")
    assert step.number and outgoing(plant, lead) == []
    with pytest.raises(Refusal, match="没有找到"), plant.store.read(lead) as s:
        orders.find(s, step.number)


def test_a_lead_gives_takes_back_and_answers_but_a_member_only_notes_the_answer(plant: Plant) -> None:
    lead, member = account(plant, "zhao", "lead"), account(plant, "li", "member", "李员工")
    issue = registered(plant, lead)
    street = partner(plant)
    assert refusal(plant, member, issues.entrust, issue, street) == "not_allowed"
    step = entrusted(plant, issue, street, lead)
    assert step.number
    with plant.store.begin(member) as s:
        assert orders.answer(s, step.number, "已办").by == "李员工"
    with plant.store.read(lead) as s:
        assert orders.tally(orders.given(s)).answered == 1


def test_of_two_answers_from_two_sites_the_first_counts_and_the_other_is_kept_and_flagged() -> None:
    opening = [fact(kind, at) for at, kind in enumerate(("register", "accept", "entrust"), 1)]
    order = opening[2].id
    ours, theirs = (fact("entrust_answer", at, about=order) for at in (4, 5))
    stand = fold([theirs, ours, *opening, ours])
    assert stand == fold([*opening, ours, theirs])
    assert stand.orders[order].end == "answered" and stand.illegal == [theirs.id]
    assert fold([*opening, theirs]).open_orders == {}


def test_a_partner_of_the_plant_is_given_dispatches_by_all_its_areas_until_it_is_retired(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        root = s.get_one(Unit, plant.area).parent_id
        court = units.add(s, Unit(name="红梁法院", kind="partner", partner=True, parent_id=root)).id
    street, lead = partner(plant), account(plant, "zhao", "lead")
    with plant.store.read(lead) as s:
        assert [(row.name, row.retired) for row in units.partners(s)] == [
            ("红梁法院", False),
            ("红梁街道办事处", False),
        ]
    issue = registered(plant, lead)
    step = entrusted(plant, issue, court, lead)
    assert step.to_path is None
    with plant.store.begin(plant.boss) as s:
        dissolving.dissolve(s, street, date(2025, 3, 12))
        with pytest.raises(Refusal, match="已经登记过"):
            units.add(s, Unit(name="红梁法院", kind="partner", partner=True, parent_id=root))
    assert refusal(plant, lead, issues.entrust, issue, street) == "unit_dissolved"
    with plant.store.read(lead) as s:
        assert [row.retired for row in units.partners(s)] == [False, True]
