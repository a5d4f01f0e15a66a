"""The issues of a period as ledgers see them: those carried over and those new, as they stood on its last day."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.i18n import _
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.grids import Grid
from app.models.issues import Issue, IssueState
from app.models.steps import Step
from app.models.units import Unit
from app.services import codes
from app.services.privacy import mask_phone

#: What the staff call 员工诉求: hazards have a ledger of their own, accusations are never printed in one.
KINDS = ("suggestion", "appeal", "dispute", "question", "help")

#: States that end an issue without a closing.
_ENDED = ("withdrawn", "declined", "archived", "merged", "ended")


@dataclass(frozen=True)
class Matter:
    """One issue on the last day of the period; `carried` is year, former or new."""

    id: uuid.UUID
    number: str
    carried: str
    day: date
    heard_on: date
    unit: str
    reporter: str
    phone: str
    people: int
    channel: str
    topic: str
    text: str
    due_on: date | None
    state: str
    ended_on: date | None
    satisfaction: str
    doer_unit: str
    doer: str
    measures: str
    progress: str
    answered_on: date | None


def ended_on() -> ColumnElement[date | None]:
    """The day on which an issue was closed, withdrawn or declined."""
    return func.coalesce(IssueState.closed_on, case((IssueState.state.in_(_ENDED), IssueState.last_on)))


def counted(scope: Scope) -> ColumnElement[bool]:
    """The issue counts as 员工诉求 in this scope; sealed ones, leads and voided ones never do."""
    return and_(
        scope.holds(Issue),
        Issue.kind.in_(KINDS),
        Issue.voided_at.is_(None),
        Issue.lead.is_(False),
        Issue.secrecy != "sealed",
    )


def _present(period: Period, scope: Scope) -> ColumnElement[bool]:
    """New in the period, or not ended before it."""
    open_then = or_(ended_on().is_(None), ended_on() >= period.first)
    return and_(counted(scope), Issue.day <= period.last, or_(Issue.day >= period.first, open_then))


def of(s: Session, period: Period, scope: Scope, *, masked: bool = True) -> list[Matter]:
    """The issues of the period in order of registration, those of last year first."""
    steps = _steps(s, period, scope)
    words = {kind: codes.labels(s, kind) for kind in ("channel", "topic", "issue_state", "satisfaction")}
    return [_matter(row, steps.get(row.id, ()), period, words, masked) for row in _issues(s, period, scope)]


def _issues(s: Session, period: Period, scope: Scope) -> Iterator[Row[Any]]:
    query: Any = (
        select(
            Issue.id, Issue.number, Issue.title, Issue.text, Issue.day, Issue.heard_on, Issue.reporter, Issue.phone,
            Issue.anonymous, Issue.people, Issue.channel, Issue.topic, Grid.name.label("grid"), Unit.name.label("unit"),
            func.coalesce(IssueState.due_on, Issue.due_on).label("due_on"), IssueState.state, IssueState.satisfaction,
            ended_on().label("ended_on"),
        )
        .outerjoin(IssueState, IssueState.issue_id == Issue.id)
        .outerjoin(Grid, Grid.id == Issue.grid_id)
        .outerjoin(Unit, and_(Unit.path == Issue.path, Unit.partner.is_(False)))
        .where(_present(period, scope))
        .order_by(Issue.day, Issue.number, Issue.id)
    )  # fmt: skip
    yield from s.execute(query.execution_options(yield_per=1000))


def _steps(s: Session, period: Period, scope: Scope) -> dict[uuid.UUID, list[Row[Any]]]:
    query: Any = (
        select(Step.issue_id, Step.kind, Step.day, Step.by, Step.text, Step.to_name, Unit.name.label("to_unit"))
        .join(Issue, Issue.id == Step.issue_id)
        .outerjoin(IssueState, IssueState.issue_id == Issue.id)
        .outerjoin(Unit, Unit.id == Step.to_unit)
        .where(_present(period, scope), Step.day <= period.last, Step.voided_at.is_(None))
        .order_by(Step.issue_id, Step.day, Step.created_at, Step.id)
    )
    found: dict[uuid.UUID, list[Row[Any]]] = {}
    for row in s.execute(query.execution_options(yield_per=1000)):
        found.setdefault(row.issue_id, []).append(row)
    return found


def _matter(
    row: Row[Any], steps: "list[Row[Any]] | tuple[()]", period: Period, words: dict[str, dict[str, str]], masked: bool
) -> Matter:
    ended = row.ended_on if row.ended_on and row.ended_on <= period.last else None
    states = words["issue_state"]
    state = row.state if ended or not row.ended_on else "handling"
    phone = row.phone or ""
    sent = [step.to_unit or step.to_name for step in steps if step.kind in ("dispatch", "assign", "forward")]
    done = [step for step in steps if step.kind in ("handle", "answer")]
    answers = [step.day for step in steps if step.kind == "answer"]
    return Matter(
        id=row.id,
        number=row.number,
        carried=_carried(row.day, period),
        day=row.day,
        heard_on=row.heard_on or row.day,
        unit=row.grid or row.unit or "",
        reporter=_("匿名") if row.anonymous else row.reporter or "",
        phone="" if row.anonymous else mask_phone(phone) if masked else phone,
        people=row.people,
        channel=words["channel"].get(row.channel, row.channel or ""),
        topic=words["topic"].get(row.topic, row.topic or ""),
        text=row.text or row.title,
        due_on=row.due_on,
        state=states.get(state, state or ""),
        ended_on=ended,
        satisfaction=words["satisfaction"].get(row.satisfaction, "") if ended else "",
        doer_unit=sent[-1] if sent else row.unit or row.grid or "",
        doer=done[-1].by if done else "",
        measures="\n".join(numbered([step.text for step in done if step.text])),
        progress=_progress(steps),
        answered_on=answers[-1] if answers else None,
    )


def _carried(day: date, period: Period) -> str:
    if day in period:
        return "new"
    return "year" if day < period.year.first else "former"


def _progress(steps: "list[Row[Any]] | tuple[()]") -> str:
    """The last thing that was said about it, with its day."""
    said = [step for step in steps if step.text and step.kind not in ("register", "note")]
    return f"{said[-1].day.isoformat()} {said[-1].text}" if said else ""


def numbered(texts: list[str]) -> list[str]:
    """The texts with numbers before them, a single one as it is."""
    return texts if len(texts) < 2 else [f"{n}. {text}" for n, text in enumerate(texts, 1)]
