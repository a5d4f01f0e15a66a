"""The tree of units and the grids under them."""

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from app.clock import today
from app.errors import Refusal
from app.i18n import N_
from app.models.grids import Grid
from app.models.people import Person
from app.models.posts import Post
from app.models.units import Unit
from app.services.access import actor, allow
from app.services.listing import in_scope


@dataclass(frozen=True)
class UnitRow:
    """One unit of the tree; `depth` counts from the root (0)."""

    id: uuid.UUID
    name: str
    kind: str
    code: str
    path: str
    parent: uuid.UUID | None
    partner: bool
    depth: int


@dataclass(frozen=True)
class PartnerRow:
    """One partner outside: the unit of ours that deals with it, and whether it is given dispatches no more."""

    id: uuid.UUID
    name: str
    unit: str
    since: date | None
    retired: bool


@dataclass(frozen=True)
class GridRow:
    """One grid with its leader's name ("" when the post is vacant) and its number of people."""

    id: uuid.UUID
    name: str
    kind: str
    code: str
    unit: str
    unit_id: uuid.UUID
    path: str
    parent: uuid.UUID | None
    leader: str
    people: int


def add(s: Session, unit: Unit) -> Unit:
    """The unit stands in the tree below its parent, with a path of its own; refused without a name or a parent in scope."""
    allow(s, "unit.edit")
    problems = unit.problems()
    if unit.partner and not problems and _known_partner(s, unit):
        raise Refusal("partner_known", N_("外单位「{name}」已经登记过了。"), name=unit.name)
    if problems:
        raise Refusal("unit_unsound", next(iter(problems.values())))
    parent = s.get(Unit, unit.parent_id) if unit.parent_id else None
    if parent is None:
        raise Refusal("parent_missing", N_("请选择上级单位。"))
    allow(s, "unit.edit", parent.path)
    unit.path = parent.path if unit.partner else below(s, parent.path)
    s.add(unit)
    s.flush()
    return unit


def _known_partner(s: Session, unit: Unit) -> bool:
    query = select(Unit.id).where(Unit.partner, Unit.name == unit.name, Unit.parent_id == unit.parent_id)
    query = query.where(Unit.voided_at.is_(None), Unit.to_on.is_(None))
    return s.scalar(query.limit(1)) is not None


def partners(s: Session) -> list[PartnerRow]:
    """The partners that the acting person may give dispatches: those of the units they see and of the units above, by name."""
    above, path = aliased(Unit), actor(s).path
    theirs = or_(in_scope(Unit, path), literal(path).startswith(Unit.path))
    query = (
        select(Unit, above.name)
        .outerjoin(above, above.id == Unit.parent_id)
        .where(theirs, Unit.partner, Unit.voided_at.is_(None))
        .order_by(Unit.name)
    )
    return [PartnerRow(u.id, u.name, name or "", u.from_on, gone(u, today())) for u, name in s.execute(query)]


def below(s: Session, path: str) -> str:
    """A path for the next unit under this one: two digits or more, never used before."""
    taken = set(s.scalars(select(Unit.path).where(Unit.path.startswith(path, autoescape=True))))
    number = 1
    while f"{path}{number:02d}/" in taken:
        number += 1
    return f"{path}{number:02d}/"


def successor(s: Session, unit: Unit, on: date) -> Unit | None:
    """Who does the work of a dissolved unit: the one named, else the nearest unit above that stands on this day.

    信访工作条例 art. 24: who goes on with its duties; where that is not settled, the unit above.
    """
    tried: set[uuid.UUID] = set()
    found: Unit | None = unit
    while found is not None and found.id not in tried and gone(found, on):
        tried.add(found.id)
        after = found.successor_id if found.successor_id not in tried else None
        found = s.get(Unit, after or found.parent_id) if after or found.parent_id else None
    return found if found is not None and not gone(found, on) else None


def gone(unit: Unit, on: date) -> bool:
    """The unit stands no more on this day."""
    return unit.voided or (unit.to_on is not None and unit.to_on <= on)


def tree(s: Session) -> list[UnitRow]:
    """The units that the acting person sees, parents before children."""
    query = select(Unit).where(in_scope(Unit, actor(s).path), Unit.voided_at.is_(None)).order_by(Unit.path, Unit.sort)
    units = list(s.scalars(query))
    return [
        UnitRow(u.id, u.name, u.kind, u.code or "", u.path, u.parent_id, u.partner, max(u.path.count("/") - 1, 0))
        for u in units
    ]


def grids(s: Session, unit: uuid.UUID | None = None) -> list[GridRow]:
    """The grids in scope, or those under one unit, in order of unit and number."""
    counts = select(Person.grid_id, func.count().label("n")).where(Person.voided_at.is_(None)).group_by(Person.grid_id)
    people = counts.subquery()
    query = (
        select(Grid, Unit.name, people.c.n)
        .join(Unit, Unit.id == Grid.unit_id)
        .outerjoin(people, people.c.grid_id == Grid.id)
        .where(in_scope(Grid, actor(s).path), Grid.voided_at.is_(None))
        .order_by(Grid.path, Grid.sort, Grid.name)
    )
    if unit is not None:
        query = query.where(Grid.unit_id == unit)
    leaders = _leaders(s, today())
    return [
        GridRow(g.id, g.name, g.kind, g.code or "", name, g.unit_id, g.path, g.parent_id, leaders.get(g.id, ""), n or 0)
        for g, name, n in s.execute(query)
    ]


def _leaders(s: Session, on: date) -> dict[uuid.UUID, str]:
    query = (
        select(Post.grid_id, Person.name)
        .join(Person, Person.id == Post.person_id)
        .where(Post.role == "leader", Post.voided_at.is_(None), (Post.to_on.is_(None)) | (Post.to_on >= on))
        .order_by(Post.from_on)
    )
    return {grid: name for grid, name in s.execute(query) if grid is not None}


def grid_path(s: Session, grid: uuid.UUID | None) -> str | None:
    """The unit path of a grid; None when the grid is not known here."""
    return s.scalar(select(Grid.path).where(Grid.id == grid)) if grid else None
