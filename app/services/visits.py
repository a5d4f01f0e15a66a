"""Visits 走访: recorded, corrected with a reason, voided with a reason, found again."""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from app.clock import now, today
from app.errors import Refusal
from app.i18n import N_, joined
from app.models import searching
from app.models.grids import Grid
from app.models.people import Household, Person
from app.models.visits import Help, Visit
from app.services import codes, drafts, holding, listing
from app.services.access import actor, allow
from app.services.listing import Found, Query, in_scope
from app.services.units import grid_path


@dataclass(frozen=True)
class VisitRow:
    """One visit as lists show it."""

    id: uuid.UUID
    day: date
    way: str
    grid: str
    address: str
    met: str
    visitors: str
    summary: str
    helps: int
    revision: int
    voided: bool
    next_on: date | None
    handed_over: bool = False


@dataclass(frozen=True)
class VisitView:
    """One visit with everything written in it; `fields` are the raw values a form needs to correct it."""

    row: VisitRow
    fields: dict[str, Any]
    helps: tuple[tuple[str, str], ...]
    mine: bool
    void_reason: str


def record(s: Session, visit: Visit, *, helps: tuple[Help, ...] = (), draft: uuid.UUID | None = None) -> Visit:
    """The visit is submitted with the helps given on it, and its draft is gone; refused when unsound or out of scope."""
    _place(s, visit)
    allow(s, "visit.record", visit.path)
    _sound(visit)
    s.add(visit)
    for given in helps:
        given.visit_id, given.day, given.path = visit.id, visit.day, visit.path
        given.grid_id, given.household_id = visit.grid_id, given.household_id or visit.household_id
        if problems := given.problems():
            raise Refusal("help_unsound", next(iter(problems.values())))
        s.add(given)
    drafts.drop(s, draft)
    s.flush()
    return visit


def correct(s: Session, visit_id: uuid.UUID, *, reason: str, **fields: Any) -> Visit:
    """The visit has a new revision with its reason; the former one stays readable. Refused without a reason or for a voided one."""
    visit = _own(s, visit_id, "visit.correct")
    if not reason.strip():
        raise Refusal("reason_missing", N_("请写明更正的原因。"))
    for name, value in fields.items():
        setattr(visit, name, value)
    visit.correction = reason.strip()
    _place(s, visit)
    allow(s, "visit.correct", visit.path)  # a correction moves nothing out of one's own reach
    _sound(visit)
    s.flush()
    return visit


def void(s: Session, visit_id: uuid.UUID, reason: str) -> None:
    """The visit is out of force with a reason: it leaves ledgers and figures, and stays readable."""
    visit = _own(s, visit_id, "visit.void")
    if not reason.strip():
        raise Refusal("reason_missing", N_("请写明作废的原因。"))
    visit.voided_at, visit.void_reason = now(), reason.strip()
    s.flush()


def restore(s: Session, visit_id: uuid.UUID) -> None:
    """A voiding just made is taken back."""
    visit = _own(s, visit_id, "visit.void", voided=True)
    visit.voided_at, visit.void_reason = None, None
    s.flush()


def _own(s: Session, visit_id: uuid.UUID, verb: str, *, voided: bool = False) -> Visit:
    visit = s.get(Visit, visit_id)
    if visit is None:
        raise Refusal("visit_gone", N_("没有找到这条走访记录, 可能已移交其他单位。"))
    who = allow(s, verb, visit.path)
    if visit.site != who.site:
        raise Refusal("visit_of_another_site", N_("这条走访是在另一台电脑上记录的, 请在那台电脑上更正。"))
    if visit.voided and not voided:
        raise Refusal("visit_voided", N_("这条走访已经作废, 不能再更正。"))
    return visit


def _place(s: Session, visit: Visit) -> None:
    if visit.household_id and not visit.grid_id:
        visit.grid_id = s.scalar(select(Household.grid_id).where(Household.id == visit.household_id))
    if not visit.grid_id:
        met = [uuid.UUID(hex=one["person"]) for one in visit.met or () if one.get("person")]
        visit.grid_id = s.scalar(select(Person.grid_id).where(Person.id == met[0])) if met else None
    path = grid_path(s, visit.grid_id)
    visit.path = path or visit.path or actor(s).path


def _sound(visit: Visit) -> None:
    problems = visit.problems()
    if problems:
        raise Refusal("visit_unsound", next(iter(problems.values())), field=next(iter(problems)))


def find(s: Session, query: Query) -> Found:
    """The ids of visits in scope; chips: month, mine, due (a next visit is due), corrected, voided, handed_over."""
    who = actor(s)
    chosen = select(Visit.id).where(holding.listed(s, Visit, query.chip))
    chosen = chosen.where(Visit.voided_at.is_not(None) if query.chip == "voided" else Visit.voided_at.is_(None))
    if query.chip == "month":
        chosen = chosen.where(Visit.day >= today().replace(day=1))
    elif query.chip == "mine":
        chosen = chosen.where(Visit.author == who.account)
    elif query.chip == "due":
        chosen = chosen.where(Visit.next_on <= today())
    elif query.chip == "helps":
        chosen = chosen.where(Visit.id.in_(select(Help.visit_id)))
    elif query.chip == "corrected":
        chosen = chosen.where(Visit.revision > 1)
    if grid := query.filters.get("grid"):
        chosen = chosen.where(Visit.grid_id == grid)
    if household := query.filters.get("household"):
        chosen = chosen.where(Visit.household_id == household)
    if query.text.strip():
        chosen = chosen.where(Visit.id.in_(searching.matching(s.connection(), query.text, "visit")))
    column = {"grid": Visit.grid_id, "way": Visit.way, "next_on": Visit.next_on}.get(query.sort, Visit.day)
    order = (column.desc(), Visit.id.desc()) if query.descending else (column, Visit.id)
    return listing.ids(s, chosen.order_by(*order))


def rows(s: Session, ids: list[uuid.UUID]) -> list[VisitRow]:
    """The visits of these ids, in this order."""
    from sqlalchemy import func

    query = (
        select(*_SHOWN, Grid.name.label("grid"), Household.address.label("address"))
        .outerjoin(Grid, Grid.id == Visit.grid_id)
        .outerjoin(Household, Household.id == Visit.household_id)
        .where(Visit.id.in_(ids))
    )
    counted = select(Help.visit_id, func.count()).where(Help.visit_id.in_(ids), Help.voided_at.is_(None))
    helps = {visit: n for visit, n in s.execute(counted.group_by(Help.visit_id)) if visit}
    ways = codes.labels(s, "visit_way")
    found = {v.id: _row(v, ways, helps.get(v.id, 0), holding.handed_over(s, v.path)) for v in s.execute(query)}
    return [found[i] for i in ids if i in found]


#: What a list shows: whole records would take four times as long.
_SHOWN: tuple[Any, ...] = (
    Visit.id, Visit.day, Visit.way, Visit.place, Visit.met, Visit.visitors, Visit.summary, Visit.saw, Visit.heard,
    Visit.reported, Visit.prevented, Visit.helped, Visit.revision, Visit.voided_at, Visit.next_on, Visit.path,
)  # fmt: skip


def _row(v: Any, ways: dict[str, str], helps: int, handed_over: bool) -> VisitRow:
    text = v.summary or joined(filter(None, (v.saw, v.heard, v.reported, v.prevented, v.helped)), N_("；"))
    return VisitRow(
        v.id, v.day, codes.label(ways, v.way), v.grid or "", v.address or v.place or "", _names(v.met), _names(v.visitors),
        text, helps, v.revision, v.voided_at is not None, v.next_on,
        handed_over,
    )  # fmt: skip


def _names(people: list[Any] | None) -> str:
    return joined(str(entry.get("name", "")) for entry in people or ())


def one(s: Session, visit_id: uuid.UUID) -> VisitView:
    """The visit, whole; refused when it is not here or not for this person."""
    from app.models.changes import fields_of

    visit = s.get(Visit, visit_id)
    if visit is None:
        raise Refusal("visit_gone", N_("没有找到这条走访记录, 可能已移交其他单位。"))
    who = allow(s, "read", visit.path)
    kinds = codes.labels(s, "help_kind")
    helps = s.execute(select(Help.kind, Help.what).where(Help.visit_id == visit_id, Help.voided_at.is_(None))).all()
    fields = {name: getattr(visit, name) for name in fields_of(Visit)}
    row = rows(s, [visit_id])[0]
    return VisitView(
        row=row,
        fields=fields,
        helps=tuple((codes.label(kinds, kind), what or "") for kind, what in helps),
        mine=visit.site == who.site and not row.handed_over,
        void_reason=visit.void_reason or "",
    )


def last(s: Session, account: uuid.UUID) -> Visit | None:
    """The visit this person recorded last, for repeating it."""
    query = select(Visit).where(Visit.author == account, Visit.voided_at.is_(None)).order_by(Visit.created_at.desc())
    return s.scalars(query.limit(1)).first()


def due(s: Session, on: date, days: int = 7) -> list[VisitRow]:
    """Visits whose next visit is due within so many days and has not been made since, the longest due first; 200 at most."""
    later = aliased(Visit)
    made = exists().where(later.household_id == Visit.household_id, later.day > Visit.day, later.voided_at.is_(None))
    query = (
        select(Visit.id)
        .where(
            in_scope(Visit, actor(s).path), Visit.voided_at.is_(None), Visit.next_on <= on + timedelta(days=days), ~made
        )
        .order_by(Visit.next_on)
        .limit(200)
    )
    return rows(s, list(s.scalars(query)))
