"""The issues of a period as ledgers see them: those carried over and those new, as they stood on its last day."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, select
from sqlalchemy.orm import Session

from app.i18n import _
from app.ledgers import lives
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models import derived
from app.models.folding import Fold
from app.models.grids import Grid
from app.models.issues import Issue, IssueState
from app.models.steps import Step
from app.models.units import Unit
from app.services import codes
from app.services.privacy import mask_phone


@dataclass(frozen=True)
class Matter:
    """One issue on the last day of the period; `carried` is year, former, new or again (taken up again in the period)."""

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


def of(s: Session, period: Period, scope: Scope, *, masked: bool = True) -> list[Matter]:
    """The issues new in the period, open on its eve or taken up again in it, in order of registration."""
    rows = {row.id: row for row in _issues(s, period, scope)}
    facts, steps = derived.facts(s.connection(), rows), _steps(s, period, scope)
    words = {kind: codes.labels(s, kind) for kind in ("channel", "topic", "issue_state", "satisfaction")}
    found = []
    for row in rows.values():
        turned = [(day, lives.over(stand)) for day, stand in lives.turns(row.day, facts[row.id], period.last)]
        if carried := _carried(row.day, turned, period):
            ended = turned[-1][0] if turned and turned[-1][1] else None
            stand = lives.as_of(facts[row.id], period.last)
            found.append(_matter(row, carried, ended, stand, steps.get(row.id, ()), words, masked))
    return found


def _issues(s: Session, period: Period, scope: Scope) -> Iterator[Row[Any]]:
    query: Any = (
        select(
            Issue.id, Issue.number, Issue.title, Issue.text, Issue.day, Issue.heard_on, Issue.reporter, Issue.phone,
            Issue.anonymous, Issue.people, Issue.channel, Issue.topic, Issue.due_on, Grid.name.label("grid"),
            Unit.name.label("unit"),
        )
        .outerjoin(IssueState, IssueState.issue_id == Issue.id)
        .outerjoin(Grid, Grid.id == Issue.grid_id)
        .outerjoin(Unit, and_(Unit.path == Issue.path, Unit.partner.is_(False)))
        .where(_present(period, scope))
        .order_by(Issue.day, Issue.number, Issue.id)
    )  # fmt: skip
    yield from s.execute(query.execution_options(yield_per=1000))


def _present(period: Period, scope: Scope) -> ColumnElement[bool]:
    return and_(lives.present(scope, period.first, period.last), Issue.kind.in_(lives.KINDS))


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
    row: Row[Any], carried: str, ended: date | None, stand: Fold, steps: Sequence[Row[Any]],
    words: dict[str, dict[str, str]], masked: bool,
) -> Matter:  # fmt: skip
    phone = row.phone or ""
    sent = [step.to_unit or step.to_name for step in steps if step.kind in ("dispatch", "assign", "forward")]
    done = [step for step in steps if step.kind in ("handle", "answer")]
    answers = [step.day for step in steps if step.kind == "answer"]
    return Matter(
        id=row.id,
        number=row.number,
        carried=carried,
        day=row.day,
        heard_on=row.heard_on or row.day,
        unit=row.grid or row.unit or "",
        reporter=_("匿名") if row.anonymous else row.reporter or "",
        phone="" if row.anonymous else mask_phone(phone) if masked else phone,
        people=row.people,
        channel=words["channel"].get(row.channel, row.channel or ""),
        topic=words["topic"].get(row.topic, row.topic or ""),
        text=row.text or row.title,
        due_on=stand.due_on or row.due_on,
        state=words["issue_state"].get(stand.state, stand.state),
        ended_on=ended,
        satisfaction=words["satisfaction"].get(stand.satisfaction or "", "") if ended else "",
        doer_unit=sent[-1] if sent else row.unit or row.grid or "",
        doer=done[-1].by if done else "",
        measures="\n".join(numbered([step.text for step in done if step.text])),
        progress=_progress(steps),
        answered_on=answers[-1] if answers else None,
    )


def _carried(day: date, turned: list[tuple[date, bool]], period: Period) -> str:
    """How the issue comes into the period; "" where it was over before and stayed so."""
    if day in period:
        return "new"
    before = [over for turn, over in turned if turn < period.first]
    if before and before[-1]:
        return "again" if len(before) < len(turned) else ""
    return "year" if day < period.year.first else "former"


def _progress(steps: Sequence[Row[Any]]) -> str:
    """The last thing that was said about it, with its day."""
    said = [step for step in steps if step.text and step.kind not in ("register", "note")]
    return f"{said[-1].day.isoformat()} {said[-1].text}" if said else ""


def numbered(texts: list[str]) -> list[str]:
    """The texts with numbers before them, a single one as it is."""
    return texts if len(texts) < 2 else [f"{n}. {text}" for n, text in enumerate(texts, 1)]
