"""Taking a checked ledger in: every accepted row becomes a record, stamped with the import that made it."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_
from app.models.base import Record, table_of
from app.models.changes import bulk
from app.models.checks import Template
from app.models.imports import Import, ImportRow
from app.models.parts import in_parts
from app.models.people import Household, Person
from app.models.posts import Post
from app.models.unswept import unswept
from app.models.values import canonical
from app.models.visits import Help, Visit
from app.services import checks
from app.services.access import allow
from app.services.imports import entries, standards
from app.services.imports.chosen import Place, applied, updates
from app.services.imports.findings import Outcome, SheetOutcome
from app.services.imports.matters import take_matters
from app.services.imports.places import Places
from app.services.imports.tree import take_nodes

#: So many rows are held, and so many written at a time: more would only need more memory.
HELD, PART = 500, 125


@dataclass(frozen=True)
class ImportSummary:
    """What an import made: its id, and how many records of each table were made and changed."""

    id: uuid.UUID
    made: Mapping[str, int]
    changed: int


class Taking:
    """One import while it is being written: its records and where each came from."""

    def __init__(self, s: Session, stamp: Import) -> None:
        self.s, self.stamp = s, stamp
        self.made: dict[str, int] = {}
        self.changed = 0

    def put(self, model: type[Record], rows: Iterable[tuple[str, int, dict[str, Any]]]) -> None:
        """The records are in the store and stamped; each comes with the sheet and row it stands in, and is asked for in its turn."""
        table = model.__tablename__
        for part in in_parts(rows, HELD):
            bulk(self.s, model, (record for _, _, record in part), each=PART)
            self.made[table] = self.made.get(table, 0) + len(part)
            self._stamp((sheet, row, table, record["id"], True) for sheet, row, record in part)

    def made_one(self, sheet: str, row: int, record: Record) -> None:
        """The record has been made by another action and is stamped."""
        table = type(record).__tablename__
        self.made[table] = self.made.get(table, 0) + 1
        self._stamp([(sheet, row, table, record.id, True)])

    def touch(self, model: type[Record], rows: list[tuple[str, int, uuid.UUID]]) -> None:
        """The records were there already and have been changed by the import."""
        self.changed += len(rows)
        self._stamp((sheet, row, model.__tablename__, record, False) for sheet, row, record in rows)

    def change(self, sheet: str, row: int, record: Record, fields: Mapping[str, Any]) -> None:
        """The record has these values, none of them emptied; what they were before is kept for the undo."""
        altered = {
            name: [canonical(getattr(record, name)), canonical(value)]
            for name, value in fields.items()
            if value is not None and getattr(record, name) != value
        }
        if not altered:
            return
        for name in altered:
            setattr(record, name, fields[name])
        self.s.flush()
        self.changed += 1
        self._stamp([(sheet, row, type(record).__tablename__, record.id, False, altered)])

    def _stamp(self, rows: Iterable[tuple[Any, ...]]) -> None:
        names = ("sheet", "row", "table", "record", "made", "before")
        for part in in_parts(rows, PART):
            stamps = [{"import_id": self.stamp.id, **dict(zip(names, (*row, None)[:6], strict=True))} for row in part]
            self.s.connection().execute(insert(table_of(ImportRow)), stamps)


def take(
    s: Session,
    outcome: Outcome,
    *,
    apart: frozenset[Place] = frozenset(),
    choices: Mapping[Place, str] | None = None,
) -> ImportSummary:
    """Every accepted row is on record, in one transaction; refused for a file taken in before and without the right.

    Members without identity number that are probably somebody known become that person, except those named in `apart`.
    `choices` tells of duplicates that are to be taken as well (`take`) or to change who is on record (`update`).
    """
    choices = choices or {}
    outcome = applied(outcome, choices)
    who = allow(s, "import.units" if outcome.nodes else "import")
    _refuse_twice(s, outcome)
    kind = next((sheet.kind for sheet in outcome.sheets if sheet.kind), None)
    if kind is None:
        raise Refusal("nothing_to_import", N_("{file} 中没有认出可导入的表, 请先对应表头。"), file=outcome.file)
    stamp = Import(kind=kind, file=outcome.file, sha256=outcome.sha256, totals=outcome.totals, account=who.account)
    s.add(stamp)
    s.flush()
    taking = Taking(s, stamp)
    with unswept():
        take_nodes(s, outcome, taking)
        places = Places(s)
        _take_people(taking, places, outcome, apart)
        _change_people(taking, places, outcome, choices)
        _take_visits(taking, places, outcome)
        _take_checklists(taking, outcome)
        take_matters(taking, places, outcome)
    return ImportSummary(stamp.id, taking.made, taking.changed)


def _refuse_twice(s: Session, outcome: Outcome) -> None:
    before = s.scalar(select(Import).where(Import.sha256 == outcome.sha256, Import.undone_at.is_(None)))
    if before:
        raise Refusal(
            "already_imported", N_("{file} 已经导入过, 内容没有变化。如需重来, 请先撤销那次导入。"), file=outcome.file
        )


def _sheets(outcome: Outcome, *kinds: str) -> Iterator[SheetOutcome]:
    return (sheet for sheet in outcome.sheets if sheet.kind in kinds)


Rows = list[tuple[str, int, dict[str, Any]]]
#: What a roster does not change in a person on record.
_KEPT = ("id", "kind", "id_number")


def _take_people(taking: Taking, places: Places, outcome: Outcome, apart: frozenset[Place]) -> None:
    """Staff, households and their members; staff of this very file are made with their home at once."""
    posts: Rows = []
    staff: Iterable[tuple[str, int, dict[str, Any]]] = _staff(places, outcome, posts)
    if any(_sheets(outcome, "household")):
        made = list(staff)
        homes, members, joined = _homes(places, outcome, apart)
        of_file = {row["id"]: row for _, _, row in made}
        for _, _, person in joined:
            if person in of_file:
                of_file[person]["household_id"], of_file[person]["relation"] = places.housed[person]
        taking.put(Household, homes)
        taking.put(Person, made + members)
        _join(taking, places, [one for one in joined if one[2] not in of_file])
    else:
        taking.put(Person, staff)  # one part at a time: a roster of thousands is never held twice
    taking.put(Post, posts)


def _staff(places: Places, outcome: Outcome, posts: Rows) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """The people of the rosters; those with a role or duties put their post into `posts`."""
    for sheet in _sheets(outcome, "roster", "roster_export"):
        for record in sheet.records:
            person = entries.person(record, places.grid(record["grid"]), places)
            places.add_person(person)
            if record["role"] or record["duties"]:
                posts.append((sheet.name, record["row"], entries.post(record, person)))
            yield sheet.name, record["row"], person


def _homes(
    places: Places, outcome: Outcome, apart: frozenset[Place]
) -> tuple[Rows, Rows, list[tuple[str, int, uuid.UUID]]]:
    """New households, new people in them, and people known before who live there."""
    homes: Rows = []
    people: Rows = []
    joined: list[tuple[str, int, uuid.UUID]] = []
    probable = {(one.sheet, one.row) for one in outcome.findings if one.code == "W_PROBABLY_SAME"} - apart
    for sheet in _sheets(outcome, "household"):
        for record in sheet.records:
            at, place = (sheet.name, record["row"]), places.grid(record["grid"])
            home = places.household(record["household"])
            if home is None:
                row = entries.household(record, place, places)
                home = row["id"]
                places.add_household(row)
                homes.append((*at, row))
            same = places.member(record, at in probable)
            if same is None:
                person = entries.member(record, home, place, places)
                places.add_person(person)
                people.append((*at, person))
            elif same not in places.housed:
                joined.append((*at, same))
                places.housed[same] = (home, record["relation"])
    return homes, people, joined


def _join(taking: Taking, places: Places, joined: list[tuple[str, int, uuid.UUID]]) -> None:
    """People known before live in their household from now on."""
    for part in in_parts(joined):
        ids = [person for _, _, person in part]
        for person in taking.s.scalars(select(Person).where(Person.id.in_(ids))):
            person.household_id, person.relation = places.housed[person.id]
        taking.s.flush()
    taking.touch(Person, joined)


def _change_people(taking: Taking, places: Places, outcome: Outcome, choices: Mapping[Place, str]) -> None:
    """People on record are as the chosen rows say; what the ledger leaves empty stays as it was."""
    for sheet in _sheets(outcome, "roster", "roster_export"):
        for record in updates(sheet, choices):
            known = places.by_number(record["id_number"])
            person = taking.s.get(Person, known) if known else None
            if person is not None:
                allow(taking.s, "person.edit", person.path)
                row = entries.person(record, places.grid(record["grid"]), places)
                taking.change(sheet.name, record["row"], person, {name: row[name] for name in row if name not in _KEPT})


def _take_visits(taking: Taking, places: Places, outcome: Outcome) -> None:
    for sheet in _sheets(outcome, "visit"):
        taking.put(Visit, [(sheet.name, record["row"], entries.visit(record, places)) for record in sheet.records])
    for sheet in _sheets(outcome, "help"):
        taking.put(Help, [(sheet.name, record["row"], entries.help_given(record, places)) for record in sheet.records])


def _take_checklists(taking: Taking, outcome: Outcome) -> None:
    """Each sheet is published as a checklist: the next version of the one of this title, else a new one."""
    for sheet in _sheets(outcome, "check_standard"):
        if sheet.records:
            template = standards.template(sheet, outcome.file, _code(taking.s, standards.title_of(sheet, outcome.file)))
            checks.publish(taking.s, template)
            taking.made_one(sheet.name, sheet.header_rows[-1], template)


def _code(s: Session, title: str) -> str:
    """The code of the checklist of this title; a new one has the next free number."""
    query = select(Template.code).where(Template.title == title, Template.voided_at.is_(None))
    known = s.scalars(query.order_by(Template.version.desc())).first()
    count = s.scalar(select(func.count(Template.code.distinct())).where(Template.code.like("DR-%"))) or 0
    return known or f"DR-{count + 1:02d}"
