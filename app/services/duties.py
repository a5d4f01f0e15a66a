"""What a person has to do next with issues, and why: to approve, to do, to chase; each with the step that does it."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, not_, select
from sqlalchemy.orm import Session

from app.clock import today
from app.i18n import N_, _, say
from app.models import derived
from app.models.accounts import Actor
from app.models.folding import ATTEMPTS, Fold, fold
from app.models.issues import Issue, IssueState, helping, pleaded, silent, still_open
from app.models.moves import OPEN_STATES
from app.models.steps import Step
from app.services import closing, steps
from app.services.access import actor, may
from app.services.issue_rows import unit_names
from app.services.sealed import visible

#: What a duty is: something to decide, to do oneself, or to see to that others do.
GROUPS = ("approve", "do", "chase")
#: So many issues of each sort are looked at, the most pressing first.
_MOST = 60
#: Stage → the steps that go on from it when all goes well, the first possible one counts.
_NEXT: Mapping[str, tuple[str, ...]] = {
    "registered": ("accept",), "escalated": ("accept",), "dispatched": ("sign",), "returned": ("dispatch", "handle"),
    "accepted": ("handle",), "handling": ("recheck", "answer"), "forwarded": ("answer",), "suspended": ("resume",),
    "answered": ("recheck", "revisit", "close"), "rechecked": ("revisit", "close"), "reviewing": ("review_answer",),
    "rereviewing": ("second_answer",), "declined": ("answer",), "merged": ("answer",),
}  # fmt: skip
_WHY: Mapping[str, str] = {
    "registered": N_("新登记, 等受理"),
    "escalated": N_("{by}上报, 等受理"),
    "dispatched": N_("{by}派来, 等签收"),
    "returned": N_("{by}退回了派单, 等重新安排"),
    "accepted": N_("已受理, 还没有办理记录"),
    "handling": N_("正在办理, 还没有答复本人"),
    "forwarded": N_("已转送, 还没有记录答复"),
    "suspended": N_("已挂起, 条件具备就恢复办理"),
    "answered": N_("{day} 已答复, 还没有回访"),
    "rechecked": N_("复检合格, 还没有办结"),
    "reviewing": N_("本人申请复查, 等复查意见"),
    "rereviewing": N_("本人申请复核, 等复核意见"),
    "declined": N_("不予受理, 还没有告诉本人"),
    "merged": N_("已合并, 还没有答复这一位本人"),
}
#: Steps whose reason is told with the duty.
_TOLD = ("extend", "exception", "return", "escalate", "leap", "assist", "dispatch", "assign", "urge", "review", "second_review",
         "entrust")  # fmt: skip


@dataclass(frozen=True)
class IssueDuty:
    """One thing to do with an issue: the step, why it is due (rule, who asked), and the day to be kept with the days until then."""

    id: uuid.UUID
    number: str
    title: str
    group: str
    step: str
    why: str
    due_on: date | None
    days: int | None
    near: bool
    card: str


def due(s: Session, on: date | None = None) -> tuple[IssueDuty, ...]:
    """What the person signed in has to do with issues, the most pressing first."""
    who, day = actor(s), on or today()
    found = _candidates(s, who, day)
    facts = derived.facts(s.connection(), found)
    maker = _Maker(s, who, day, found)
    made = [duty for one, row in found.items() for duty in maker.of(*row, fold(facts[one]))]
    return tuple(sorted(made, key=lambda duty: (10_000 if duty.days is None else duty.days, GROUPS.index(duty.group))))


def _candidates(s: Session, who: Actor, day: date) -> dict[uuid.UUID, tuple[Issue, IssueState]]:
    """The issues that may be the person's to see to: held here, helped with, to decide, to follow up, overdue below, untold."""
    mine = who.path or "/"
    sorts: list[ColumnElement[bool]] = [
        still_open() & (IssueState.holder == mine),
        helping() & IssueState.owing.contains(f",{mine},", autoescape=True),
        IssueState.state.in_(("answered", "rechecked", "revisited")) & (IssueState.path == mine),
        silent() & IssueState.state.in_(("declined", "merged")) & (IssueState.path == mine),
    ]
    if may(who, "issue.approve"):
        sorts += [
            IssueState.asked_until.is_not(None) & still_open(),
            pleaded() & still_open(),
            still_open() & (IssueState.owed_on < day) & (IssueState.holder != mine) & IssueState.card.is_(None),
        ]
    found: dict[uuid.UUID, tuple[Issue, IssueState]] = {}
    for sort in sorts:
        query = (
            select(Issue, IssueState)
            .join(IssueState, IssueState.issue_id == Issue.id)
            .where(visible(who), not_(IssueState.voided), sort)
            .order_by(IssueState.timeless, IssueState.owed_on, IssueState.issue_id)
            .limit(_MOST)
        )
        found |= {issue.id: (issue, state) for issue, state in s.execute(query)}
    return found


class _Maker:
    """Makes duties of the day, with who asked and why."""

    def __init__(self, s: Session, who: Actor, day: date, issues: Iterable[uuid.UUID]) -> None:
        self.s, self.who, self.day = s, who, day
        self.mine = who.path or "/"
        self.units = unit_names(s)
        self.said = _said(s, list(issues))
        self.asked: dict[uuid.UUID, list[Row[Any]]] = defaultdict(list)
        for row in self.said.values():
            self.asked[row.issue_id].append(row)

    def of(self, issue: Issue, state: IssueState, stand: Fold) -> Iterator[IssueDuty]:
        """What this issue asks of the person: none, one or several things."""

        def duty(group: str, step: str, why: str) -> IssueDuty:
            owed = state.owed_on if state.state in OPEN_STATES else None
            days = (owed - self.day).days if owed else None
            near = owed is not None and state.amber_on is not None and state.amber_on <= self.day
            title = _("密封事项") if issue.secrecy == "sealed" else issue.title
            return IssueDuty(issue.id, issue.number, title, group, step, why, owed, days, near, state.card or "")

        def can(kind: str) -> bool:
            return steps.may_take(issue, stand, self.who, kind)

        if stand.asked is not None and can("approve"):
            yield duty("approve", "approve", self._asked(issue, stand))
        if stand.plea is not None and can("exception_approve"):
            words = _("{by}申请证据例外").format(by=stand.plea.actor[1])
            yield duty("approve", "exception_approve", _with_reason(words, self._last(issue, "exception")))
        for asked, task in stand.open_tasks.items():
            if task.path == self.mine and can("assist_answer"):
                yield duty("do", "assist_answer", self._quoted(_("请求协办"), self.said.get(asked)))
        for given, order in stand.open_orders.items():
            if order.due_on and order.due_on < self.day and stand.holder == self.mine and can("entrust_answer"):
                yield replace(
                    duty("chase", "entrust_answer", self._partner(self.said.get(given), order.due_on)),
                    due_on=order.due_on, days=(order.due_on - self.day).days,
                )  # fmt: skip
        if self.mine in (stand.holder, stand.home):
            yield from (duty(*found) for found in self._next(issue, stand, can))
        elif self._late(state) and state.card is None and can("urge"):
            words = _("{unit}承办, 超期 {n} 天").format(unit=self._unit(stand.holder), n=(self.day - _day(state)).days)
            yield duty("chase", "urge", words)

    def _next(self, issue: Issue, stand: Fold, can: Any) -> Iterator[tuple[str, str, str]]:
        """The natural next step of an issue that is this unit's own."""
        if stand.state == "revisited":
            yield from self._closing(issue, stand, can)
            return
        if stand.state in ("declined", "merged") and (stand.answered or issue.anonymous):
            return
        wanted = [kind for kind in _NEXT.get(stand.state, ()) if can(kind)]
        if not issue.named:
            wanted = [kind for kind in wanted if kind != "revisit"] or wanted
        if issue.kind != "hazard" or stand.last_kind != "handle":
            wanted = [kind for kind in wanted if kind != "recheck"]
        if wanted:
            yield "do", wanted[0], self._why(issue, stand, wanted[0])

    def _closing(self, issue: Issue, stand: Fold, can: Any) -> Iterator[tuple[str, str, str]]:
        """After the follow-up: what closing still lacks; nothing while an exception asked for waits to be decided."""
        unsettled = closing.unsettled(issue, stand)
        evidence = closing.uncontacted(self.s, issue, stand)
        if unsettled and stand.satisfaction == "unreached":
            words = _("没有联系上本人, 已试 {n} 次, 满 {most} 次可以办结").format(n=stand.unreached, most=ATTEMPTS)
            yield from [("do", "revisit", words)] if can("revisit") else []
        elif unsettled:
            return
        elif evidence and stand.plea is None:
            yield from [("do", "contact", say(evidence[0]))] if can("contact") else []
        elif not evidence and can("close"):
            words = _("已同意证据例外, 可以办结") if stand.excepted else _("已回访, 可以办结")
            yield "do", "close", words

    def _why(self, issue: Issue, stand: Fold, step: str) -> str:
        if step == "recheck":
            return _("整改已记录, 要由另一个人到现场复检")
        if issue.lead and stand.state == "registered":
            return _("线索, 核实后补全或受理")
        last = stand.events[-1]
        words = _(_WHY[stand.state]).format(by=last.actor[1] or _("上级"), day=last.day.isoformat())
        told = self._last(issue, stand.last_kind)
        if stand.card is not None:
            words = self._quoted(_("督办"), self._last(issue, "urge")) + _("; ") + words
        elif stand.state in ("escalated", "dispatched", "returned", "reviewing", "rereviewing"):
            words = _with_reason(words, told)
        return words

    def _asked(self, issue: Issue, stand: Fold) -> str:
        assert stand.asked is not None
        until = stand.asked.due_on.isoformat() if stand.asked.due_on else "—"
        words = _("{by}申请延到 {day}").format(by=stand.asked.actor[1], day=until)
        return _with_reason(words, self._last(issue, "extend"))

    def _partner(self, given: Row[Any] | None, due_on: date) -> str:
        words = _("{partner}应于 {day} 答复, 请催办; 有了答复就记录")
        return words.format(partner=(given.to_name if given else "") or _("外单位"), day=due_on.isoformat())

    def _quoted(self, words: str, row: Row[Any] | None) -> str:
        if row is None:
            return words
        return _with_reason(_("{by}{what}").format(by=row.by, what=words), row)

    def _last(self, issue: Issue, kind: str) -> Row[Any] | None:
        return next((row for row in reversed(self.asked[issue.id]) if row.kind == kind), None)

    def _late(self, state: IssueState) -> bool:
        return state.owed_on is not None and state.owed_on < self.day and state.state in OPEN_STATES

    def _unit(self, path: str) -> str:
        return self.units.get(path or "/") or path


def _day(state: IssueState) -> date:
    assert state.owed_on is not None
    return state.owed_on


def _with_reason(words: str, row: Row[Any] | None) -> str:
    said = (row.reason or row.text or "").strip() if row is not None else ""
    return _("{words}: {said}").format(words=words, said=said) if said else words


def _said(s: Session, issues: list[uuid.UUID]) -> dict[uuid.UUID, Row[Any]]:
    """The steps in which somebody asked for something, in the order in which they were written."""
    query: Any = (
        select(Step.id, Step.issue_id, Step.kind, Step.by, Step.reason, Step.text, Step.to_name)
        .where(Step.issue_id.in_(issues), Step.kind.in_(_TOLD), Step.voided_at.is_(None))
        .order_by(Step.created_at, Step.id)
    )
    return {row.id: row for row in s.execute(query)} if issues else {}
