"""One issue whole: everything written in it, its timeline in sentences, what can and what must still be done."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _, say
from app.models import timing
from app.models.accounts import Account
from app.models.changes import Change, fields_of
from app.models.clocks import Clock, Rule
from app.models.folding import Fold
from app.models.issues import Issue, IssueState
from app.models.sites import Site
from app.models.steps import Step
from app.services import closing, codes, members, orders, overtaken, policies, recurrence, risks, routing, steps
from app.services.access import actor
from app.services.issue_rows import IssueRow, rows, unit_names
from app.services.members import Members
from app.services.orders import OrderRow
from app.services.overtaken import Clash
from app.services.recurrence import Proposal
from app.services.risks import RiskRow
from app.services.routing import Usual
from app.services.sealed import seen


@dataclass(frozen=True)
class StepRow:
    """One step: who, where, when (`at` is the clock of that machine, `day` the day it is about), and what in a sentence.

    `days` counts from the step before it; an `illegal` step was overtaken by another and moves nothing: `clash` says how.
    """

    id: uuid.UUID
    kind: str
    label: str
    by: str
    site: str
    day: date
    at: datetime
    sentence: str
    days: int | None
    illegal: bool
    signature: uuid.UUID | None
    clash: Clash | None = None


@dataclass(frozen=True)
class TaskRow:
    """A unit that was asked to help (协办) and has not answered yet; `days` until the day it should (negative: overdue)."""

    unit: str
    asked_on: date
    due_on: date | None
    days: int | None


@dataclass(frozen=True)
class IssueView:
    """One issue with its raw values (`fields`), timeline newest first, and what this person may do next.

    `missing` names, in sentences, what closing still lacks; `needs` are what the rule of evidence asks for (label,
    made, due); `excepted` says that an exception from it was granted; `former` is the closed issue that this one brings back, which
    is the `times`th time, `proposed` are closed ones it may bring back; `common` is its 共性问题, `grouped` and `merged` are the
    issues under it and in it, `risk_point` the one a hazard is at; `orders` are the dispatches to partners and the one
    it came with, `tasks` what other units still owe (协办), `usual` is who usually handles its topic;
    `clocks` are those that run and the last one of each rule that stopped, `waived` the rules nobody owes as it is not
    known who brought it; `mine` says that it may be corrected here.
    """

    row: IssueRow
    fields: dict[str, Any]
    timeline: tuple[StepRow, ...]
    next_steps: tuple[str, ...]
    missing: tuple[str, ...]
    rule: str
    needs: tuple[tuple[str, int, int], ...]
    former: IssueRow | None
    times: int
    proposed: tuple[Proposal, ...]
    common: IssueRow | None
    grouped: Members
    merged: Members
    risk_point: RiskRow | None
    excepted: bool
    clocks: tuple[Clock, ...]
    waived: tuple[Rule, ...]
    orders: tuple[OrderRow, ...]
    tasks: tuple[TaskRow, ...]
    usual: Usual | None
    mine: bool
    void_reason: str


def one(s: Session, issue_id: uuid.UUID) -> IssueView:
    """The issue, whole; refused when it is not here or not for this person."""
    issue, who = seen(s, issue_id), actor(s)
    stand, due = steps.standing(s, issue_id), closing.evidence(s, issue.kind)
    row, state = rows(s, [issue_id])[0], s.get_one(IssueState, issue_id, populate_existing=True)
    return IssueView(
        row=row,
        fields={name: getattr(issue, name) for name in fields_of(Issue)},
        timeline=tuple(_explained(s, issue, stand, timeline(s, issue_id, stand))),
        next_steps=() if row.handed_over else steps.possible(s, issue, stand, who),
        missing=() if row.handed_over else tuple(say(refusal) for refusal in lacking(s, issue, stand)),
        rule=due.name,
        needs=closing.needs(s, due, stand),
        former=_row(s, state.former_id),
        times=recurrence.times(s, issue_id),
        proposed=() if row.handed_over or state.former_id else tuple(recurrence.proposals(s, issue, stand)),
        common=_row(s, state.common_id),
        grouped=members.grouped(s, issue_id),
        merged=members.merged(s, issue_id),
        risk_point=next(iter(risks.rows(s, [issue.risk_point_id])), None) if issue.risk_point_id else None,
        usual=routing.propose(s, issue.topic, issue.kind, stand.holder or issue.path),
        orders=(*orders.given(s, issue=issue_id), *orders.received(s, issue=issue_id)),
        tasks=tuple(_tasks(s, stand)),
        excepted=stand.excepted,
        clocks=clocks_of(s, issue, stand, today()),
        waived=tuple(timing.waived(s.connection(), stand, issue)),
        mine=issue.site == who.site and not issue.voided and not row.handed_over,
        void_reason=issue.void_reason or "",
    )


def _tasks(s: Session, stand: Fold) -> Iterator[TaskRow]:
    names = unit_names(s) if stand.open_tasks else {}
    for task in stand.open_tasks.values():
        days = (task.due_on - today()).days if task.due_on else None
        yield TaskRow(names.get(task.path, task.path), task.asked_on, task.due_on, days)


def _row(s: Session, issue_id: uuid.UUID | None) -> IssueRow | None:
    return next(iter(rows(s, [issue_id])), None) if issue_id else None


def _explained(s: Session, issue: Issue, stand: Fold, rows: list[StepRow]) -> list[StepRow]:
    """The steps, those that were overtaken with what their author saw, what counts and what can be done now."""
    if not stand.illegal:
        return rows
    told = {row.id: f"{row.by} {row.day.isoformat()} {row.sentence}" for row in rows}
    found = overtaken.clashes(s, issue, stand, told, {row.id: row.label for row in rows})
    return [replace(row, clash=found.get(row.id)) for row in rows]


def clocks_of(s: Session, issue: Issue, stand: Fold, on: date) -> tuple[Clock, ...]:
    """The clocks of an issue on this day: of each rule the last one that began, those that run first, the nearest first."""
    last = {clock.rule.code: clock for clock in timing.clocks_of(s.connection(), stand, issue, on)}
    return tuple(sorted(last.values(), key=lambda clock: (not clock.running, clock.due, clock.rule.code)))


def lacking(s: Session, issue: Issue, stand: Fold) -> list[Refusal]:
    """What closing the issue still lacks; nothing once it has ended."""
    if stand.closed_on or stand.state in ("withdrawn", "declined", "archived", "merged", "ended"):
        return []
    return closing.unsettled(issue, stand) + closing.uncontacted(s, issue, stand)


def timeline(s: Session, issue_id: uuid.UUID, stand: Fold) -> list[StepRow]:
    """The steps of an issue in hybrid order, newest first; voided ones are left out."""
    query = (
        select(Step, Change.device_at, Site.name, Account.name)
        .join(Change, (Change.record == Step.id) & (Change.base == 0))
        .outerjoin(Site, Site.id == Change.site)
        .outerjoin(Account, Account.id == Change.author)
        .where(Step.issue_id == issue_id, Step.voided_at.is_(None))
        .order_by(Change.at, Change.site, Change.id)
    )
    words = Words(s)
    found: list[StepRow] = []
    before: date | None = None
    for step, at, site, account in s.execute(query):
        days = (step.day - before).days if before else None
        before = step.day
        by, illegal = step.by or account or "", step.id in stand.illegal
        found.append(
            StepRow(step.id, step.kind, words.label(step.kind), by, site or "", step.day, at, words.sentence(step),
                    days, illegal, step.signature)
        )  # fmt: skip
    return found[::-1]


#: Step → the table of its outcomes, where it is not that of an answer.
_OUTCOMES = {"recheck": "verdict", "review_answer": "review_outcome", "second_answer": "review_outcome"}
#: What a link says, by what the other issue is.
_LINKS = {
    "again": N_("老问题又出现, 关联 {other}"),
    "common": N_("归入共性问题 {other}"),
    "apart": N_("与 {other} 不再关联"),
}
_TERMS = {"extend": N_("延到 {day}"), "approve": N_("延到 {day}")}


class Words:
    """Steps in the words of the code tables."""

    def __init__(self, s: Session) -> None:
        tables = (
            "step_kind",
            "answer_way",
            "contact_way",
            "satisfaction",
            "outcome",
            "verdict",
            "closing_level",
            "urging",
            "review_outcome",
        )
        self.s = s
        self.known = {table: codes.labels(s, table) for table in tables}

    def label(self, kind: str) -> str:
        """The step's name."""
        return self._of("step_kind", kind)

    def _number(self, issue: uuid.UUID) -> str:
        return self.s.scalar(select(Issue.number).where(Issue.id == issue)) or "—"

    def _of(self, table: str, code: str | None) -> str:
        return codes.label(self.known[table], code)

    def sentence(self, step: Step) -> str:
        """What happened, in one sentence: 「派单给 物业公司, 限 2025-04-01 前: 请核实」."""
        text = ", ".join([self._head(step), *self._facts(step)])
        said = (step.text or "").strip()
        return f"{text}: {said}" if said else text

    def _head(self, step: Step) -> str:
        label = self.label(step.kind)
        if step.to_name and step.kind in ("dispatch", "assign", "forward", "escalate", "leap"):
            return _("{step}给 {to}").format(step=label, to=step.to_name)
        if step.to_name and step.kind in ("assist", "review", "second_review"):
            return _("{step}: {to}").format(step=label, to=step.to_name)
        if step.kind == "entrust":
            return _("{step} {to}, 派单号 {number}").format(
                step=label, to=step.to_name or "", number=step.number or "—"
            )
        if step.kind == "urge":
            return self._of("urging", step.level)
        if step.kind == "recuse":
            return _("{name} 回避").format(name=step.with_whom or step.by)
        if step.other_id is not None:
            words = _(_LINKS[step.way]) if step.kind == "link" and step.way in _LINKS else _("{step}: {other}")
            return words.format(step=label, other=self._number(step.other_id))
        if step.kind == "contact":
            return _("与 {whom} {way}").format(whom=step.with_whom or "", way=self._of("contact_way", step.way))
        if step.kind == "answer":
            return _("{way}答复").format(way=self._of("answer_way", step.way))
        return label

    def _partner(self, step: Step) -> list[str]:
        """Which dispatch to a partner this is about, who answered it and how."""
        if step.kind not in ("entrust_answer", "entrust_cancel"):
            return []
        number = self.s.scalar(select(Step.number).where(Step.id == step.about))
        return [
            _("派单号 {number}").format(number=number) if number else "",
            step.with_whom or "",
            self._of("answer_way", step.way),
        ]

    def _facts(self, step: Step) -> list[str]:
        verdicts = _OUTCOMES.get(step.kind, "outcome")
        reason = (step.reason or "").strip()
        facts = [
            *self._partner(step),
            self._of("satisfaction", step.satisfaction),
            self._of(verdicts, step.outcome),
            self._of("closing_level", step.level) if step.kind != "urge" else "",
            step.place or "",
            _(_TERMS.get(step.kind, N_("限 {day} 前"))).format(day=step.due_on.isoformat()) if step.due_on else "",
            _("可以去: {where}").format(where=step.to_name) if step.kind == "decline" and step.to_name else "",
            _("理由: {reason}").format(reason=reason) if reason else "",
            *(policies.told(quote, step.day) for quote in step.quotes or ()),
        ]
        return [fact for fact in facts if fact]
