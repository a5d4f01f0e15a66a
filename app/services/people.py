"""People and households: found by 汉字, pinyin and initials; entered once, corrected by field."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Refusal
from app.i18n import N_, _
from app.models import names
from app.models.grids import Grid
from app.models.people import Household, Person
from app.models.posts import Post
from app.models.visits import Visit
from app.services import codes, listing, readings
from app.services.access import actor, allow, may
from app.services.holding import handed_over, listed
from app.services.listing import Found, Query, below, in_scope
from app.services.privacy import mask_id_number, mask_phone
from app.services.units import grid_path


@dataclass(frozen=True)
class PersonRow:
    """One person as lists show it: numbers are masked; `handed_over` when he is another unit's now (已移交)."""

    id: uuid.UUID
    name: str
    kind: str
    grid: str
    grid_id: uuid.UUID | None
    household_id: uuid.UUID | None
    address: str
    phone: str
    job: str
    status: str
    tags: tuple[str, ...]
    path: str
    handed_over: bool = False


@dataclass(frozen=True)
class HouseholdRow:
    """One household: its people counted, and when it was visited last (None: never)."""

    id: uuid.UUID
    address: str
    head: str
    grid: str
    grid_id: uuid.UUID | None
    phone: str
    size: int
    tags: tuple[str, ...]
    visited_on: date | None
    handed_over: bool = False


def enter(s: Session, person: Person) -> Person:
    """The person is on record; refused when the record is unsound or the identity number is somebody's already."""
    allow(s, "person.edit", _place(s, person))
    _sound(person)
    same = s.scalar(
        select(Person.name).where(
            Person.id_number == person.id_number, Person.id_number.is_not(None), Person.voided_at.is_(None)
        )
    )
    if same:
        raise Refusal("person_known", N_("这个身份证号已登记在「{name}」名下, 请先核对是不是同一个人。"), name=same)
    s.add(person)
    s.flush()
    return person


def amend(s: Session, person_id: uuid.UUID, **fields: Any) -> Person:
    """These fields of the person have new values; the former ones stay in the history."""
    person = s.get_one(Person, person_id)
    allow(s, "person.edit", person.path)
    for name, value in fields.items():
        setattr(person, name, value)
    allow(s, "person.edit", _place(s, person))
    _sound(person)
    s.flush()
    return person


def void(s: Session, person_id: uuid.UUID, reason: str) -> None:
    """The person is out of force with a reason, and stays readable."""
    person = s.get_one(Person, person_id)
    allow(s, "person.void", person.path)
    if not reason.strip():
        raise Refusal("reason_missing", N_("请写明作废的原因。"))
    person.voided_at, person.void_reason = now(), reason.strip()


def settle(s: Session, household: Household) -> Household:
    """The household is on record; refused without an address or when the address is on record already."""
    household.path = grid_path(s, household.grid_id) or actor(s).path
    allow(s, "person.edit", household.path)
    problems = household.problems()
    if problems:
        raise Refusal("household_unsound", next(iter(problems.values())))
    known = select(Household.id).where(Household.address == household.address, Household.voided_at.is_(None))
    if household.id not in (found := set(s.scalars(known))) and found:
        raise Refusal("household_known", N_("住址「{address}」已经登记过。"), address=household.address)
    s.add(household)
    s.flush()
    return household


def alike(s: Session, person: Person) -> list[PersonRow]:
    """People who may be the same: equal identity number, or equal name key in the same grid or with an equal phone."""
    clauses: list[ColumnElement[bool]] = [
        (Person.name_key == names.name_key(person.name)) & (Person.grid_id == person.grid_id)
    ]
    if person.id_number:
        clauses.append(Person.id_number == person.id_number)
    query = select(Person.id).where(or_(*clauses), Person.id != person.id, Person.voided_at.is_(None)).limit(20)
    return rows(s, list(s.scalars(query)))


def _place(s: Session, person: Person) -> str:
    path = grid_path(s, person.grid_id)
    person.path = path or person.path or actor(s).path
    return person.path


def _sound(person: Person) -> None:
    problems = person.problems()
    if problems:
        raise Refusal("person_unsound", next(iter(problems.values())))


def matching(query: Select[Any], text: str) -> Select[Any]:
    """The query, narrowed to people whose name, pinyin, initials, phone end or employee number fit the text."""
    for word in text.split():
        key = names.name_key(word).lower()
        fits = [Person.keys.contains(f"|{key}" if key.isascii() else key, autoescape=True), Person.employee_no == word]
        if word.isdigit() and len(word) > 3:
            fits.append(Person.phones[0].as_string().like(f"%{word}"))
        query = query.where(or_(*fits))
    return query


def like(s: Session, text: str, *, grid: uuid.UUID | None = None, limit: int = 20) -> list[PersonRow]:
    """People in scope found by 汉字, pinyin or initials (zs → 张三), those of the grid first."""
    query = select(Person.id).where(in_scope(Person, actor(s).path), Person.voided_at.is_(None))
    query = (
        matching(query, text).order_by(Person.grid_id != grid, func.length(Person.name), Person.name_key).limit(limit)
    )
    return rows(s, list(s.scalars(query)))


def homes_like(s: Session, text: str, *, grid: uuid.UUID | None = None, limit: int = 20) -> list[HouseholdRow]:
    """Households in scope found by address, head of the family, pinyin or initials."""
    query = select(Household.id).where(in_scope(Household, actor(s).path), Household.voided_at.is_(None))
    for word in text.split():
        key = names.name_key(word).lower()
        query = query.where(Household.keys.contains(key, autoescape=True))
    query = query.order_by(Household.grid_id != grid, Household.address).limit(limit)
    return homes(s, list(s.scalars(query)))


def find(s: Session, query: Query) -> Found:
    """The ids of people in scope for a list page.

    Chips: staff, family, resident, party, tagged, voided, handed_over (at a site: who is another unit's now); filters: grid,
    unit (a path: that unit and all below).
    """
    chosen = select(Person.id).where(listed(s, Person, query.chip))
    chosen = chosen.where(Person.voided_at.is_not(None) if query.chip == "voided" else Person.voided_at.is_(None))
    if query.chip in ("staff", "family", "resident"):
        chosen = chosen.where(Person.kind == query.chip)
    elif query.chip == "party":
        chosen = chosen.where(Person.political.in_(("01", "02")))
    elif query.chip == "tagged":
        chosen = chosen.where(Person.tags.is_not(None))
    if grid := query.filters.get("grid"):
        chosen = chosen.where(Person.grid_id == grid)
    if unit := query.filters.get("unit"):
        chosen = chosen.where(below(Person, unit))
    if query.text.strip():
        chosen = matching(chosen, query.text)
    column = {"name": Person.name_key, "grid": Person.grid_id, "kind": Person.kind}.get(query.sort, Person.initials)
    return listing.ids(s, chosen.order_by(column.desc() if query.descending and query.sort else column, Person.id))


def rows(s: Session, ids: list[uuid.UUID]) -> list[PersonRow]:
    """The people of these ids, in this order."""
    query = select(Person, Grid.name).outerjoin(Grid, Grid.id == Person.grid_id).where(Person.id.in_(ids))
    status = codes.labels(s, "person_status")
    found = {}
    for p, grid in s.execute(query):
        phone = mask_phone(p.phones[0]) if p.phones else ""
        found[p.id] = PersonRow(
            p.id, p.name, p.kind, grid or "", p.grid_id, p.household_id, p.address or "", phone, p.job or "",
            codes.label(status, p.status), tuple(p.tags or ()), p.path,
            handed_over(s, p.path),
        )  # fmt: skip
    return [found[i] for i in ids if i in found]


def find_homes(s: Session, query: Query) -> Found:
    """The ids of households in scope for a list page.

    Chips: tagged, unvisited (never, or not for 90 days), handed_over; filters: grid, unit (a path: that unit and all below).
    """
    chosen = select(Household.id).where(listed(s, Household, query.chip), Household.voided_at.is_(None))
    if query.chip == "tagged":
        chosen = chosen.where(Household.tags.is_not(None))
    elif query.chip == "unvisited":
        from datetime import timedelta

        from app.clock import today

        late = select(Visit.household_id).where(
            Visit.day > today() - timedelta(days=90), Visit.voided_at.is_(None), Visit.household_id.is_not(None)
        )
        chosen = chosen.where(Household.id.not_in(late))
    if grid := query.filters.get("grid"):
        chosen = chosen.where(Household.grid_id == grid)
    if unit := query.filters.get("unit"):
        chosen = chosen.where(below(Household, unit))
    for word in query.text.split():
        chosen = chosen.where(Household.keys.contains(names.name_key(word).lower(), autoescape=True))
    column = {"head": Household.head, "grid": Household.grid_id}.get(query.sort, Household.address)
    return listing.ids(s, chosen.order_by(column.desc() if query.descending and query.sort else column, Household.id))


def homes(s: Session, ids: list[uuid.UUID]) -> list[HouseholdRow]:
    """The households of these ids, in this order."""
    sizes = dict(
        s.execute(
            select(Person.household_id, func.count())
            .where(Person.household_id.in_(ids), Person.voided_at.is_(None))
            .group_by(Person.household_id)
        ).all()
    )
    visited = dict(
        s.execute(
            select(Visit.household_id, func.max(Visit.day))
            .where(Visit.household_id.in_(ids), Visit.voided_at.is_(None))
            .group_by(Visit.household_id)
        ).all()
    )
    query = select(Household, Grid.name).outerjoin(Grid, Grid.id == Household.grid_id).where(Household.id.in_(ids))
    found = {
        h.id: HouseholdRow(
            h.id, h.address, h.head or "", grid or "", h.grid_id, mask_phone(h.phone) if h.phone else "",
            sizes.get(h.id, 0), tuple(h.tags or ()), visited.get(h.id),
            handed_over(s, h.path),
        )
        for h, grid in s.execute(query)
    }  # fmt: skip
    return [found[i] for i in ids if i in found]


@dataclass(frozen=True)
class PersonView:
    """Everything held about one person, with masked numbers unless revealed."""

    row: PersonRow
    sex: str
    birth_on: date | None
    id_number: str
    phones: tuple[str, ...]
    employee_no: str
    political: str
    ethnic: str
    relation: str
    note: str
    posts: tuple[str, ...]
    visits: tuple[tuple[date, str], ...]
    revealed: bool


def one(s: Session, person_id: uuid.UUID, *, reveal: bool = False) -> PersonView:
    """The person's own sheet; full numbers only for those with the right, who leave a note of it.

    Revealing writes: it needs a writing transaction.
    """
    from app.services.codes import label, labels

    person = s.get(Person, person_id)
    if person is None:
        raise Refusal("person_gone", N_("没有找到这个人, 可能已移交其他单位。"))
    who = allow(s, "read", person.path)
    shown = reveal and not handed_over(s, person.path) and may(who, "person.reveal")
    if shown:
        readings.note(s, "person", person_id, _("身份证号、电话"))
    posts = s.execute(
        select(Post.role, Grid.name).join(Grid, Grid.id == Post.grid_id).where(Post.person_id == person_id)
    ).all()
    roles = labels(s, "role")
    seen = select(Visit.day, Visit.summary).where(Visit.household_id == person.household_id, Visit.voided_at.is_(None))
    visits = s.execute(seen.order_by(Visit.day.desc()).limit(10)).all() if person.household_id else []
    number = person.id_number or ""
    return PersonView(
        row=rows(s, [person_id])[0],
        sex=label(labels(s, "sex"), person.sex),
        birth_on=person.birth_on,
        id_number=number if shown or not number else mask_id_number(number),
        phones=tuple(p if shown else mask_phone(p) for p in person.phones or ()),
        employee_no=person.employee_no or "",
        political=label(labels(s, "political"), person.political),
        ethnic=label(labels(s, "ethnic"), person.ethnic),
        relation=label(labels(s, "relation"), person.relation),
        note=person.note or "",
        posts=tuple(f"{grid} {label(roles, role)}" for role, grid in posts),
        visits=tuple((day, text or "") for day, text in visits),
        revealed=shown,
    )


def members(s: Session, household: uuid.UUID) -> list[PersonRow]:
    """The people of one household, eldest first."""
    query = (
        select(Person.id).where(Person.household_id == household, Person.voided_at.is_(None)).order_by(Person.birth_on)
    )
    return rows(s, list(s.scalars(query)))
