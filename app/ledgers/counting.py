"""The figures of a period, counted from the records of today or taken from what was issued."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, TypeAlias

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import BEIJING
from app.i18n import _, joined
from app.ledgers import lives
from app.ledgers.lives import End, Life
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.checks import Check
from app.models.people import Household
from app.models.visits import Help, Visit
from app.services.figures import COUNTS, Cell, Figures

#: The figures that an issued edition holds for this period and scope; None where none was issued.
Frozen: TypeAlias = Callable[[Period, Scope], Figures | None]

_ISSUES = ("open_before", "registered", "reopened", "ended", "open")
_HAZARDS = ("hazards_before", "hazards_found", "hazards_again", "hazards_cleared", "hazards_open")


def of(s: Session, period: Period, scope: Scope) -> Figures:
    """The figures of the period as its records stand today; issues and register as of its last day."""
    return within(s, period.first, period.last, scope)


def within(s: Session, first: date, last: date, scope: Scope) -> Figures:
    """The figures of these days."""
    return _count(s, first, last, scope, lives.of(s, first, last, scope))


def _count(s: Session, first: date, last: date, scope: Scope, lived: Iterable[Life]) -> Figures:
    cells: dict[Cell, int] = defaultdict(int)
    for life in lived:
        for code in told(life, first, last):
            cells[Cell(code, life.path, life.grid, life.topic)] += 1
    for cell, n in _records(s, first, last, scope):
        cells[cell] += n
    return Figures(first, last, cells)


def told(life: Life, first: date, last: date) -> Iterator[str]:
    """Every count that this issue adds to in these days, once for each time."""
    before, found, again, ended, still = _HAZARDS if life.hazard else _ISSUES
    if life.open_on(first - timedelta(days=1)):
        yield before
    if first <= life.day <= last:
        yield found
    for day, end in life.turns:
        if first <= day <= last:
            yield again if end is None else ended
            if end is not None and not life.hazard:
                yield from _of_end(end)
    if life.open_on(last):
        yield still


def _of_end(end: End) -> Iterator[str]:
    if end.in_time is not None:
        yield "timed"
        if end.in_time:
            yield "in_time"
    if end.satisfaction in ("satisfied", "fairly", "dissatisfied"):
        yield "rated"
        if end.satisfaction != "dissatisfied":
            yield "content"
    if end.level:
        yield "levelled"
        if end.level == "grid":
            yield "in_grid"
    if end.kept is not None:
        yield "judged"
        if end.kept:
            yield "kept"


def _records(s: Session, first: date, last: date, scope: Scope) -> Iterator[tuple[Cell, int]]:
    """What is counted of visits, helps, homes and checks."""
    in_days = {model: model.day.between(first, last) for model in (Visit, Help, Check)}
    gone = select(Visit.id).where(Visit.voided_at.is_not(None))
    visited = select(Visit.household_id).where(in_days[Visit], Visit.voided_at.is_(None))
    over = datetime.combine(last + timedelta(days=1), time(), BEIJING)
    on_record = Household.voided_at.is_(None) | (Household.voided_at >= over)
    asked: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
        ("visits", Visit, (in_days[Visit], Visit.voided_at.is_(None))),
        (
            "helps",
            Help,
            (in_days[Help], Help.voided_at.is_(None), Help.visit_id.is_(None) | Help.visit_id.not_in(gone)),
        ),
        ("checks", Check, (in_days[Check], Check.voided_at.is_(None))),
        ("homes", Household, (on_record,)),
        ("homes_visited", Household, (on_record, Household.id.in_(visited))),
    )
    for code, model, conditions in asked:
        query = select(model.path, model.grid_id, func.count()).where(scope.holds(model), *conditions)
        for path, grid, n in s.execute(query.group_by(model.path, model.grid_id)):
            yield Cell(code, path, grid.hex if grid else ""), n


class Source:
    """The figures of several periods of one scope: what was issued where it was, else counted from the records of today."""

    def __init__(self, s: Session, scope: Scope, first: date, last: date, frozen: Frozen | None = None) -> None:
        """All that will be asked lies between these days."""
        self.s, self.scope, self.frozen = s, scope, frozen
        self.first, self.last = first, last
        #: Past periods for which nothing was issued, though others may have been.
        self.unissued: set[Period] = set()
        self._lived: tuple[Life, ...] | None = None

    def live(self, first: date, last: date) -> Figures:
        """Counted from the records of today; the issues are read once for all."""
        if self._lived is None:
            self._lived = lives.of(self.s, self.first, self.last, self.scope)
        return _count(self.s, first, last, self.scope, self._lived)

    def past(self, period: Period) -> Figures:
        """A period that is over: as issued; a longer one month by month where some month was."""
        if self.frozen is None:
            return self.live(period.first, period.last)
        if (issued := self.frozen(period, self.scope)) is not None:
            return issued
        months = period.months
        if len(months) > 1 and any(self.frozen(month, self.scope) is not None for month in months):
            whole, *rest = [self.past(month) for month in months]
            for month in rest:
                whole = whole.plus(month)
            return self._with_own(whole)
        self.unissued.add(period)
        return self.live(period.first, period.last)

    def so_far(self, period: Period, this: Figures) -> Figures:
        """From New Year to the end of the period, whose own figures are given."""
        year = period.year
        if period.first == year.first:
            return this
        if self.frozen is None:
            return self.live(year.first, period.last)
        former = [Period(day, period.span) for day in _firsts(year.first, period)]
        whole = self.past(former[0])
        for one in former[1:]:
            whole = whole.plus(self.past(one))
        return self._with_own(whole.plus(this))

    def _with_own(self, whole: Figures) -> Figures:
        """With what is the sum of no months, counted from the records of today."""
        own = {
            cell: n
            for cell, n in _records(self.s, whole.first, whole.last, self.scope)
            if COUNTS[cell.code].nature == "own"
        }
        return Figures(whole.first, whole.last, {**whole.cells, **own})

    def note(self) -> tuple[str, ...]:
        """Which past periods are not issued, in one sentence; nothing where all are, or where editions play no part."""
        if not self.unissued:
            return ()
        named = joined(period.title for period in sorted(self.unissued))
        return (_("{periods}没有印发，按现在的记录计算，印发后以印发的为准。").format(periods=named),)


def _firsts(first: date, period: Period) -> list[date]:
    """The first days of the periods of this length from `first` to the one before `period`."""
    days: list[date] = []
    one = period.before
    while one.first >= first:
        days.append(one.first)
        one = one.before
    return days[::-1]
