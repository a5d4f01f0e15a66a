"""双向派单: dispatches to partners without an account and those they sent to us, found by number, answered, counted."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.clock import today
from app.errors import Refusal
from app.i18n import N_
from app.models import derived
from app.models.folding import Order, fold
from app.models.issues import Issue, IssueState
from app.models.steps import Step
from app.models.units import Unit
from app.services import order_codes, steps
from app.services.access import actor
from app.services.sealed import visible

_UNKNOWN = N_("没有找到编号为「{number}」的派单。它可能是别的单位派出的, 或还没有传到这台电脑。")
_OTHER = N_("派单「{number}」不是派给这件事项的, 码和编号对不上。请核对派单。")
_ANSWERED = N_("派单「{number}」已于 {day} 答复, 不能再答复一次。需要补充的, 请在事项里添加备注。")
_WITHDRAWN = N_("派单「{number}」已于 {day} 撤回, 不能再答复。对方仍有答复的, 请在事项里添加备注。")
_LOST = N_("派单「{number}」与别处的步骤相撞, 没有生效, 不能答复。请先看看这件事项的经过。")

#: How a dispatch stands that was overtaken by another step and never counted.
_NEVER = Order(date.min, None, None, "lost")


@dataclass(frozen=True)
class OrderRow:
    """One dispatch to a partner (`way` out, `id` is its step), or one of a partner to us (`way` in, `id` is the issue).

    `end` is "" while an answer is awaited, else answered, withdrawn, or lost (it was overtaken and never counted).
    """

    way: str
    id: uuid.UUID
    issue: uuid.UUID
    number: str
    issue_number: str
    title: str
    partner: str
    given_on: date
    due_on: date | None
    end: str
    done_on: date | None

    @property
    def days(self) -> int | None:
        """Until the day it is to be answered (negative: overdue); None when nothing is owed."""
        return (self.due_on - today()).days if self.due_on and not self.end else None

    @property
    def overdue(self) -> bool:
        """Its day has gone by without an answer."""
        return self.days is not None and self.days < 0


@dataclass(frozen=True)
class Tally:
    """One direction in figures: given = answered + withdrawn + open; overdue are among the open ones."""

    given: int = 0
    answered: int = 0
    withdrawn: int = 0
    open: int = 0
    overdue: int = 0


def tally(rows: Iterable[OrderRow]) -> Tally:
    """The figures of these dispatches."""
    counted = [row for row in rows if row.end != "lost"]
    ends = [row.end for row in counted]
    overdue = sum(row.overdue for row in counted)
    return Tally(len(ends), ends.count("answered"), ends.count("withdrawn"), ends.count(""), overdue)


def given(
    s: Session, *, issue: uuid.UUID | None = None, first: date | None = None, last: date | None = None
) -> list[OrderRow]:
    """企→地: the dispatches to partners of these days that this person may see, the newest first."""
    query: Any = (
        select(Step, Issue)
        .join(Issue, Issue.id == Step.issue_id)
        .join(IssueState, IssueState.issue_id == Issue.id)
        .where(visible(actor(s)), Step.number.is_not(None), Step.voided_at.is_(None), Issue.voided_at.is_(None))
        .order_by(Step.day.desc(), Step.number.desc())
    )
    if issue is not None:
        query = query.where(Step.issue_id == issue)
    found = s.execute(_between(query, Step.day, first, last)).all()
    orders = _orders(s, {issue.id for _step, issue in found})
    return [_given(step, issue, orders.get(step.id, _NEVER)) for step, issue in found]


def _given(step: Step, issue: Issue, order: Order) -> OrderRow:
    return OrderRow(
        "out", step.id, issue.id, step.number or "", issue.number, _title(issue), step.to_name or "", step.day, step.due_on,
        order.end, order.done_on,
    )  # fmt: skip


def _title(issue: Issue) -> str:
    return "" if issue.secrecy == "sealed" else issue.title


def received(
    s: Session, *, issue: uuid.UUID | None = None, first: date | None = None, last: date | None = None
) -> list[OrderRow]:
    """地→企: the issues of these days that partners sent to us, as far as this person may see them, the newest first."""
    told = (
        select(func.max(Step.day))
        .where(Step.issue_id == Issue.id, Step.kind == "answer", Step.voided_at.is_(None))
        .scalar_subquery()
    )
    partner = aliased(Unit)  # `visible` asks about units of its own
    query: Any = (
        select(Issue, IssueState, partner.name, told)
        .join(IssueState, IssueState.issue_id == Issue.id)
        .outerjoin(partner, partner.id == Issue.partner_id)
        .where(visible(actor(s)), Issue.partner_id.is_not(None), Issue.voided_at.is_(None))
        .order_by(Issue.day.desc(), Issue.number.desc())
    )
    if issue is not None:
        query = query.where(Issue.id == issue)
    return [_received(*row) for row in s.execute(_between(query, Issue.day, first, last))]


def _received(issue: Issue, state: IssueState, partner: str | None, told: date | None) -> OrderRow:
    end = "answered" if state.answered else "withdrawn" if state.state == "withdrawn" else ""
    return OrderRow(
        "in", issue.id, issue.id, issue.partner_number or "", issue.number, _title(issue), partner or "", issue.day,
        issue.due_on or state.due_on, end, told if state.answered else None,
    )  # fmt: skip


def find(s: Session, code: str) -> OrderRow:
    """The dispatch whose number was typed or whose code was read; refused with a sentence when it is not one of ours."""
    given_out = select(Step.number).where(Step.kind == "entrust", Step.voided_at.is_(None))
    told = order_codes.read(code, lambda numbers: set(s.scalars(given_out.where(Step.number.in_(numbers)))))
    issue = s.scalar(
        select(Step.issue_id).where(Step.number == told.number, Step.voided_at.is_(None), Step.kind == "entrust")
    )
    row = next((row for row in given(s, issue=issue) if row.number == told.number), None) if issue else None
    if row is None:
        raise Refusal("order_unknown", _UNKNOWN, number=told.number)
    if told.issue is not None and told.issue != row.issue:
        raise Refusal("order_of_another", _OTHER, number=told.number)
    return row


def waiting(s: Session, code: str) -> OrderRow:
    """As `find`, and it still waits for its answer; refused otherwise."""
    row = find(s, code)
    if row.end == "lost":
        raise Refusal("order_lost", _LOST, number=row.number)
    if row.end:
        sentence = _ANSWERED if row.end == "answered" else _WITHDRAWN
        day = row.done_on.isoformat() if row.done_on else ""
        raise Refusal(f"order_{row.end}", sentence, number=row.number, day=day)
    return row


def answer(s: Session, code: str, text: str, **facts: Any) -> Step:
    """What the partner answered stands in the issue of this number or code; facts: with_whom, way, day."""
    row = waiting(s, code)
    kept = {name: value for name, value in facts.items() if value is not None}
    step = Step(issue_id=row.issue, kind="entrust_answer", about=row.id, text=text, **kept)
    return steps.step(s, row.issue, step)


def withdraw(s: Session, code: str, reason: str) -> Step:
    """The dispatch is taken back with the reason; an answer that still comes is a note."""
    row = waiting(s, code)
    return steps.step(s, row.issue, Step(issue_id=row.issue, kind="entrust_cancel", about=row.id, reason=reason))


def _orders(s: Session, issues: set[uuid.UUID]) -> dict[uuid.UUID, Order]:
    """Step → how its dispatch stands, by the fold."""
    found: dict[uuid.UUID, Order] = {}
    for facts in derived.facts(s.connection(), issues).values():
        found |= fold(facts).orders
    return found


def _between(query: Any, column: Any, first: date | None, last: date | None) -> Any:
    query = query.where(column >= first) if first else query
    return query.where(column <= last) if last else query
