"""What the store knows before a ledger is checked, as the acting person may see it; remembered headers."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.models.codes import Code
from app.models.grids import Grid
from app.models.imports import Mapping as Remembered
from app.models.people import Household, Person
from app.models.risks import RiskPoint
from app.models.units import Unit, within
from app.services.access import actor
from app.services.imports.addresses import home
from app.services.imports.context import Context
from app.services.imports.points import Point
from app.services.imports.recorded import on_record
from app.services.listing import in_scope

#: How the fields of ledgers call the code tables of the store.
TABLES = {
    "sex": "sex",
    "ethnic": "ethnic",
    "political": "political",
    "role": "role",
    "duties": "duty",
    "status": "person_status",
    "relation": "relation",
    "method": "visit_way",
    "tag": "person_tag",
    "unit_kind": "unit_kind",
    "grid_kind": "grid_kind",
    "channel": "channel",
    "category": "topic",
    "closed": "closed",
    "satisfaction": "satisfaction",
    "risk_level": "risk_level",
    "hazard_level": "hazard_level",
    "fixed": "fixed",
    "risk_kind": "risk_kind",
    "accident": "accident",
    "help_kind": "help_kind",
}


def known(s: Session) -> Context:
    """Units, grids, people and households in the acting person's scope, all labels, and headers seen before."""
    who = actor(s)
    tables = code_tables(s)
    grids = s.execute(select(Grid.id, Grid.name).where(Grid.voided_at.is_(None)))
    grid_names = {row.id: row.name for row in grids}
    homes = s.execute(select(Household.id, Household.address).where(Household.voided_at.is_(None)))
    addresses = {row.id: row.address for row in homes}
    people, members = _people(s, who.path, grid_names, addresses)
    units = s.execute(select(Unit.path, Unit.name).where(Unit.voided_at.is_(None), Unit.partner.is_(False)))
    unit_names = {row.path: row.name for row in units}
    found, still_open, put_right = on_record(s, lambda model: in_scope(model, who.path), unit_names, grid_names)
    return Context(
        tables=tables,
        nodes=tuple(_nodes(s, who.path, tables)),
        people=tuple(people),
        members=tuple(members),
        households=_households(s, who.path, grid_names),
        mappings={row.fingerprint: {"kind": row.kind, **row.columns} for row in s.scalars(select(Remembered))},
        rows=found,
        open_issues=still_open,
        put_right=put_right,
        points=tuple(_points(s, who.path, grid_names)),
    )


def code_tables(s: Session) -> dict[str, dict[str, list[str]]]:
    """The labels of every code table that ledgers use: field → code → wordings."""
    tables: dict[str, dict[str, list[str]]] = {field: {} for field in TABLES}
    fields = {kind: field for field, kind in TABLES.items()}
    query = select(Code).where(Code.kind.in_(fields), Code.voided_at.is_(None)).order_by(Code.kind, Code.sort)
    for code in s.scalars(query):
        tables[fields[code.kind]][code.code] = [code.zh, *(code.aliases or [])]
    return tables


def _nodes(s: Session, scope: str, tables: Mapping[str, Mapping[str, list[str]]]) -> list[dict[str, Any]]:
    units = list(s.scalars(select(Unit).where(Unit.voided_at.is_(None), Unit.partner.is_(False)).order_by(Unit.path)))
    trails = trails_of(units)
    nodes: list[dict[str, Any]] = [
        _node(_label(tables["unit_kind"], unit.kind), trails[unit.id], unit.code)
        | {"outside": not within(unit.path, scope)}
        for unit in units
    ]
    query = select(Grid).where(in_scope(Grid, scope), Grid.voided_at.is_(None)).order_by(Grid.parent_id.is_not(None))
    for grid in s.scalars(query):
        trails[grid.id] = (*trails.get(grid.parent_id or grid.unit_id, ()), grid.name)
        kind = "网格" if grid.kind == "grid" else _label(tables["grid_kind"], grid.kind)
        nodes.append(_node(kind, trails[grid.id], grid.code))
    return nodes


def trails_of(units: list[Unit]) -> dict[uuid.UUID, tuple[str, ...]]:
    """The names from the root to each unit; parents come before children."""
    trails: dict[uuid.UUID, tuple[str, ...]] = {}
    for unit in units:
        above = trails.get(unit.parent_id, ()) if unit.parent_id else ()
        trails[unit.id] = (*above, unit.name)
    return trails


def _node(kind: str, trail: tuple[str, ...], code: str | None) -> dict[str, Any]:
    parent = trail[-2] if len(trail) > 1 else None
    return {"kind": kind, "name": trail[-1], "parent": parent, "code": code, "trail": trail}


def _label(table: Mapping[str, list[str]], code: str) -> str:
    return table[code][0] if code in table else code


def _people(
    s: Session, scope: str, grids: Mapping[uuid.UUID, str], addresses: Mapping[uuid.UUID, str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    columns = (
        Person.id,
        Person.name,
        Person.name_key,
        Person.id_number,
        Person.grid_id,
        Person.household_id,
        Person.phones,
        Person.address,
        Person.kind,
    )
    people, members = [], []
    for row in s.execute(select(*columns).where(in_scope(Person, scope), Person.voided_at.is_(None))):
        person = {
            "id": row.id.hex,
            "name": row.name,
            "name_key": row.name_key,
            "id_number": row.id_number,
            "grid": grids.get(row.grid_id),
            "phones": row.phones or [],
            "address": row.address,
            "place": row.name,
        }
        if row.kind == "staff":
            people.append(person)
        if row.household_id in addresses:
            members.append(person | {"household": home(addresses[row.household_id])})
    return people, members


def _points(s: Session, scope: str, grids: Mapping[uuid.UUID, str]) -> Iterator[Point]:
    query = select(RiskPoint.id, RiskPoint.code, RiskPoint.grid_id, RiskPoint.place, RiskPoint.thing)
    for row in s.execute(query.where(in_scope(RiskPoint, scope), RiskPoint.voided_at.is_(None))):
        grid = grids.get(row.grid_id, "") if row.grid_id else ""
        yield Point(row.id.hex, row.code or "", grid, row.place, row.thing or "")


def _households(s: Session, scope: str, grids: Mapping[uuid.UUID, str]) -> dict[str, dict[str, Any]]:
    query = select(Household).where(in_scope(Household, scope), Household.voided_at.is_(None))
    return {
        home(row.address): {
            "id": row.id.hex,
            "number": row.number,
            "head": row.head,
            "grid": grids.get(row.grid_id) if row.grid_id else None,
            "stated_size": row.stated_size,
            "tag": None,
        }
        for row in s.scalars(query)
    }


def remember(s: Session, fingerprint: str, mapping: Mapping[str, str]) -> None:
    """A header mapped by the user ("kind" and column letter → field) is understood from now on."""
    columns = {letter: field for letter, field in mapping.items() if letter != "kind"}
    s.merge(Remembered(fingerprint=fingerprint, kind=mapping["kind"], columns=columns, at=now()))
