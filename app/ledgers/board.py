"""Which months of which grids are printed for signature, which are missing and which came late."""

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import local, today
from app.i18n import _
from app.ledgers import catalogue
from app.ledgers.editions import WHOLE
from app.ledgers.period import Period
from app.models import due_ledgers
from app.models.changes import Change
from app.models.editions import Closing, Edition
from app.models.units import within
from app.services import codes, units
from app.services.access import actor
from app.services.listing import in_scope

ISSUED, LATE, MISSING, OPEN = "issued", "late", "missing", "open"


@dataclass(frozen=True)
class Cell:
    """One ledger of one grid: in time, late by `days`, missing since `days`, or not due for `days` yet."""

    state: str
    days: int = 0
    number: str = ""
    day: date | None = None

    @property
    def words(self) -> str:
        """The cell in words."""
        facts = {"days": self.days, "number": self.number, "day": self.day.isoformat() if self.day else ""}
        return {
            ISSUED: _("{day} 已印发"), LATE: _("{day} 印发，迟 {days} 天"),
            MISSING: _("未印发，超期 {days} 天"), OPEN: _("还有 {days} 天"),
        }[self.state].format(**facts)  # fmt: skip


@dataclass(frozen=True)
class BoardRow:
    """One grid with a cell for each ledger that is due, and whether its month is closed."""

    grid: uuid.UUID
    name: str
    unit: str
    closed: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Board:
    """The grids of a scope in one month; `ledgers` are the names and titles of what is due."""

    month: Period
    ledgers: tuple[tuple[str, str], ...]
    rows: tuple[BoardRow, ...]

    def count(self, state: str) -> int:
        """How many cells are in this state."""
        return sum(cell.state == state for row in self.rows for cell in row.cells)


def of(s: Session, month: Period) -> Board:
    """The board of this month for all grids that the acting person sees; a ledger printed for a whole unit counts for its grids."""
    rules = [
        rule
        for rule in due_ledgers.readable(codes.in_force(s, "ledger_due"))
        if any(rule.ledger == ledger.name for ledger in catalogue.LEDGERS)
    ]
    printed = _printed(s, month)
    closed = _closed(s, month)
    rows = []
    for grid in units.grids(s):
        cells = tuple(_cell(rule, month, printed, grid.path, grid.id) for rule in rules)
        shut = _last_word(closed, grid.path, grid.id) == "close"
        rows.append(BoardRow(grid.id, grid.name, grid.unit, shut, cells))
    titles = tuple((rule.ledger, _(catalogue.named(rule.ledger).title)) for rule in rules)
    return Board(month, titles, tuple(rows))


def _printed(s: Session, month: Period) -> list[Edition]:
    """The first prints of the month: a later one does not make them late."""
    query = select(Edition).where(
        in_scope(Edition, actor(s).path) | (Edition.path == "/"), Edition.period == month.key, Edition.kind == WHOLE,
        Edition.voided_at.is_(None),
    )  # fmt: skip
    return list(s.scalars(query.order_by(Edition.issued_at, Edition.number)))


def _closed(s: Session, month: Period) -> list[Closing]:
    query = (
        select(Closing)
        .join(Change, (Change.record == Closing.id) & (Change.base == 0))
        .where(Closing.month == month.key, Closing.voided_at.is_(None))
        .order_by(Change.at.desc(), Change.site.desc(), Change.id.desc())
    )
    return list(s.scalars(query))


def _last_word(closed: list[Closing], path: str, grid: uuid.UUID) -> str:
    own = next((one for one in closed if one.grid_id == grid), None)
    above = next((one for one in closed if one.grid_id is None and within(path, one.path)), None)
    return (own or above).kind if own or above else ""  # type: ignore[union-attr]


def _cell(rule: due_ledgers.DueLedger, month: Period, printed: list[Edition], path: str, grid: uuid.UUID) -> Cell:
    until = rule.until(month.first)
    fits = (
        one
        for one in printed
        if one.ledger == rule.ledger and (one.grid_id == grid or (one.grid_id is None and within(path, one.path)))
    )
    made = next(fits, None)
    if made is None:
        left = (until - today()).days
        return Cell(OPEN, left) if left >= 0 else Cell(MISSING, -left)
    day = local(made.issued_at).date()
    late = (day - until).days
    return Cell(LATE, late, made.number, day) if late > 0 else Cell(ISSUED, 0, made.number, day)
