"""The lives of issues as figures see them: on which day each ended or was taken up again, and how it stood on that day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.ledgers.scope import Scope
from app.models import derived, timing
from app.models.evidence import rule_for
from app.models.folding import Fold, StepFact, fold
from app.models.issues import Issue, IssueState, named
from app.models.moves import OPEN_STATES, STAGES, TABLE
from app.models.steps import Step
from app.services import closing

#: What the staff call 员工诉求: hazards have a ledger of their own, accusations are never printed in one.
KINDS = ("suggestion", "appeal", "dispute", "question", "help")

#: Stages at the end of an issue's life.
_ENDS = tuple(stage for stage in STAGES if stage != "new" and stage not in OPEN_STATES)

#: Steps after which an issue may be at its end, or at its end no more.
_TURNING = frozenset(
    move.step for move in TABLE if move.after is not None and (move.after in _ENDS or move.stages & set(_ENDS))
)


@dataclass(frozen=True, slots=True)
class End:
    """How an issue stood on the day it ended; None: nobody asked for it or told it."""

    in_time: bool | None
    satisfaction: str | None
    level: str | None
    kept: bool | None


@dataclass(frozen=True, slots=True)
class Life:
    """One issue: `turns` are the days on which it ended (with its `End`) or was taken up again (None), in order."""

    hazard: bool
    path: str
    grid: str
    topic: str
    day: date
    turns: tuple[tuple[date, End | None], ...]

    def open_on(self, day: date) -> bool:
        """It was registered and not at its end when this day was over."""
        if self.day > day:
            return False
        last = [end for turned, end in self.turns if turned <= day][-1:]
        return last in ([], [None])


def as_of(facts: Iterable[StepFact], day: date) -> Fold:
    """Where the issue stood at the end of this day."""
    return fold(fact for fact in facts if fact.day <= day)


def ended_on() -> ColumnElement[date | None]:
    """The day on which an issue came to the end it stands at today; nothing while it is open."""
    ended: ColumnElement[date | None] = case(
        (IssueState.state.in_(_ENDS), func.coalesce(IssueState.closed_on, IssueState.last_on))
    )
    return ended


def present(scope: Scope, first: date, last: date) -> ColumnElement[bool]:
    """The issue counts in this scope and may have been open on one of these days; sealed ones, leads and voided ones never do."""
    ended = ended_on()
    worked = Issue.id.in_(select(Step.issue_id).where(Step.day >= first, Step.voided_at.is_(None)))
    return and_(
        scope.holds(Issue),
        Issue.voided_at.is_(None),
        Issue.lead.is_(False),
        Issue.secrecy != "sealed",
        Issue.day <= last,
        or_(Issue.day >= first, ended.is_(None), ended >= first, worked),
    )


def of(s: Session, first: date, last: date, scope: Scope) -> tuple[Life, ...]:
    """The issues registered in the scope that were open on some day from `first` to `last`: 员工诉求 and hazards."""
    rows = {row.id: row for row in s.execute(_query(first, last, scope))}
    facts = derived.facts(s.connection(), rows)
    turned = {issue: turns(rows[issue].day, steps, last) for issue, steps in facts.items()}
    judge = _Judge(s, [stand for turns in turned.values() for _day, stand in turns])
    return tuple(_life(row, turned[row.id], judge) for row in rows.values())


def _life(row: Row[Any], turned: list[tuple[date, Fold]], judge: "_Judge") -> Life:
    told = tuple((day, judge.end(row, stand, day) if over(stand) else None) for day, stand in turned)
    return Life(row.kind == "hazard", row.path, row.grid_id.hex if row.grid_id else "", row.topic or "", row.day, told)


def _query(first: date, last: date, scope: Scope) -> Any:
    return (
        select(
            Issue.id,
            Issue.kind,
            Issue.path,
            Issue.grid_id,
            Issue.topic,
            Issue.day,
            Issue.anonymous,
            Issue.due_on,
            named().label("named"),
        )
        .outerjoin(IssueState, IssueState.issue_id == Issue.id)
        .where(present(scope, first, last), Issue.kind.in_((*KINDS, "hazard")))
    )


def over(stand: Fold) -> bool:
    """The issue is at its end."""
    return stand.state != "new" and stand.state not in OPEN_STATES


def turns(since: date, steps: list[StepFact], last: date) -> list[tuple[date, Fold]]:
    """The days on which it went over to its end or back, with where it stood when the day was over."""
    turned: list[tuple[date, Fold]] = []
    ended = False
    for day in _days(steps, last):
        stand = as_of(steps, day)
        if over(stand) != ended:
            ended = not ended
            turned.append((max(day, since), stand))
    return turned


def _days(steps: Iterable[StepFact], last: date) -> Iterator[date]:
    """The days on which that may be; where steps were written for earlier days than those before them, every day of a step."""
    told = [step.day for step in sorted(steps, key=lambda step: step.order)]
    in_order = all(one <= other for one, other in pairwise(told))
    days = {step.day for step in steps if not in_order or step.kind in _TURNING}
    yield from sorted(day for day in days if day <= last)


class _Judge:
    """Tells of an end whether it was in time and kept the rule of evidence, by the rules in force."""

    def __init__(self, s: Session, stands: Iterable[Fold]) -> None:
        self.book = timing.of(s.connection())
        self.rules = closing.rules(s)
        self.levels = timing.levels(s.connection(), {stand.holder for stand in stands})

    def end(self, row: Row[Any], stand: Fold, day: date) -> End:
        rule = rule_for(self.rules, row.kind)
        asked = bool(rule.needs) and not row.anonymous and stand.closed_on is not None
        return End(
            self._in_time(row, stand, day), stand.satisfaction, stand.level, not rule.missing(stand) if asked else None
        )

    def _in_time(self, row: Row[Any], stand: Fold, day: date) -> bool | None:
        """Not later than the day that was set for it; where none was, within every rule for finishing it."""
        due = stand.due_on or row.due_on
        if due is not None:
            return bool(day <= due)
        clocks = self.book.clocks(stand, row.kind, self.levels.get(stand.holder, ""), day, named=row.named)
        left = [clock.left for clock in clocks if not clock.rule.right and _finishes(clock.rule)]
        return min(left) >= 0 if left else None


def _finishes(rule: Any) -> bool:
    """The rule tells how long the work may take: from taking it up until it is closed."""
    return "close" in rule.stop and "register" not in rule.start
