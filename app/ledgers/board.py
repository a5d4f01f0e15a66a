"""Which months of which grids are printed for signature, which are missing and which came late."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import local, today
from app.i18n import _
from app.ledgers import catalogue, closings, editions
from app.ledgers.closings import Place
from app.ledgers.editions import WHOLE
from app.ledgers.period import Period
from app.models import due_ledgers
from app.models.editions import Edition
from app.models.grids import Grid
from app.models.units import Unit
from app.services import codes, holding
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
            ISSUED: _("{day} 已印发"), LATE: _("{day} 印发, 迟 {days} 天"),
            MISSING: _("未印发, 超期 {days} 天"), OPEN: _("还有 {days} 天"),
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
    printed, words = _printed(s, month), closings.last_words(s, month)
    rows = []
    query = (
        select(Grid.id, Grid.name, Grid.path, Unit.name.label("unit"))
        .join(Unit, Unit.id == Grid.unit_id)
        .where(in_scope(Grid, actor(s).path), Grid.voided_at.is_(None))
        .order_by(Grid.path, Grid.sort, Grid.name)
    )
    for grid in s.execute(query):
        places = (grid.id, grid.path, *holding.above(grid.path))
        cells = tuple(_cell(rule, month, [printed.get((rule.ledger, place)) for place in places]) for rule in rules)
        last = closings.word(words, grid.path, grid.id)
        shut = last is not None and last.kind == closings.CLOSE
        rows.append(BoardRow(grid.id, grid.name, grid.unit, shut, cells))
    titles = tuple((rule.ledger, _(catalogue.named(rule.ledger).title)) for rule in rules)
    return Board(month, titles, tuple(rows))


def _printed(s: Session, month: Period) -> dict[tuple[str, Place], Edition]:
    """The first print of each ledger for each place: a later one does not make it late."""
    query = select(Edition).where(
        in_scope(Edition, actor(s).path) | Edition.path.in_(holding.above(actor(s).path or "/")), Edition.period == month.key,
        Edition.kind == WHOLE, Edition.voided_at.is_(None),
    )  # fmt: skip
    found: dict[tuple[str, Place], Edition] = {}
    for one in s.scalars(editions.in_order(query)):
        found.setdefault((one.ledger, one.grid_id or one.path), one)
    return found


def _cell(rule: due_ledgers.DueLedger, month: Period, printed: Sequence[Edition | None]) -> Cell:
    until = rule.until(month.first)
    made = min((one for one in printed if one is not None), key=lambda one: (one.issued_at, one.number), default=None)
    if made is None:
        left = (until - today()).days
        return Cell(OPEN, left) if left >= 0 else Cell(MISSING, -left)
    day = local(made.issued_at).date()
    late = (day - until).days
    return Cell(LATE, late, made.number, day) if late > 0 else Cell(ISSUED, 0, made.number, day)
