"""Where imported rows belong: grids, households and people of the store, found by what ledgers call them."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_
from app.models.grids import Grid
from app.models.names import name_key
from app.models.people import Household, Person
from app.models.texts import short
from app.models.units import Unit, within
from app.services.access import actor
from app.services.imports.addresses import home
from app.services.imports.cells import Labels
from app.services.imports.stored import code_tables
from app.services.listing import in_scope


@dataclass(frozen=True, slots=True)
class GridPlace:
    """A grid as other records refer to it."""

    id: uuid.UUID
    unit_id: uuid.UUID
    path: str


class Places:
    """Finds what a row refers to; grows while an import is written."""

    def __init__(self, s: Session) -> None:
        self.scope = actor(s).path
        self._labels = {name: Labels(table) for name, table in code_tables(s).items()}
        self.tags = self._labels["tag"]
        self._units: dict[str, str] = {}
        #: person → household and relation, of those who have a home
        self.housed: dict[uuid.UUID, tuple[uuid.UUID, str | None]] = {}
        self._grids: dict[str, GridPlace] = {}
        self._households: dict[str, uuid.UUID] = {}
        self._by_id: dict[str, uuid.UUID] = {}
        self._by_name: dict[str, list[tuple[uuid.UUID, uuid.UUID | None]]] = {}
        self._phones: dict[tuple[str, str], uuid.UUID] = {}
        self._homes: dict[tuple[uuid.UUID, str], uuid.UUID] = {}
        self._staff: set[uuid.UUID] = set()
        self._read(s, self.scope)

    def _read(self, s: Session, scope: str) -> None:
        units = select(Unit.name, Unit.path).where(Unit.voided_at.is_(None), Unit.partner.is_(False))
        for unit in s.execute(units):
            if within(unit.path, scope):
                self._units.setdefault(short(unit.name), unit.path)
        grids = select(Grid.id, Grid.name, Grid.unit_id, Grid.path)
        for grid in s.execute(grids.where(in_scope(Grid, scope), Grid.voided_at.is_(None))):
            self._grids[grid.name] = GridPlace(grid.id, grid.unit_id, grid.path)
        households = select(Household.id, Household.address)
        for household in s.execute(households.where(in_scope(Household, scope), Household.voided_at.is_(None))):
            self._households[home(household.address)] = household.id
        columns = (
            Person.id,
            Person.name,
            Person.id_number,
            Person.grid_id,
            Person.household_id,
            Person.phones,
            Person.relation,
            Person.kind,
        )
        for person in s.execute(select(*columns).where(in_scope(Person, scope), Person.voided_at.is_(None))).mappings():
            self.add_person(dict(person))

    def grid(self, name: str | None) -> GridPlace | None:
        """The grid of this name; refused when it has gone since the check."""
        if name is None:
            return None
        if name not in self._grids:
            raise Refusal(
                "grid_gone", N_("网格「{grid}」现在找不到了, 可能刚被撤销。请重新检查一遍再导入。"), grid=name
            )
        return self._grids[name]

    def unit(self, name: str) -> str:
        """The path of the unit of this name; refused when it has gone since the check."""
        if short(name) not in self._units:
            raise Refusal(
                "unit_gone", N_("单位「{unit}」现在找不到了, 可能刚被撤销。请重新检查一遍再导入。"), unit=name
            )
        return self._units[short(name)]

    def code(self, table: str, word: str | None) -> str | None:
        """The code of a word of this table; a word that is none stays as it is."""
        codes = self._labels[table].codes(word) if word else set()
        return next(iter(codes)) if len(codes) == 1 else word

    def someone(self, name: str, phones: Iterable[str]) -> uuid.UUID | None:
        """The known person of this name with one of these telephone numbers."""
        found = (self._phones.get((name_key(name), phone)) for phone in phones)
        return next((person for person in found if person), None)

    def household(self, address: str | None) -> uuid.UUID | None:
        """The household at this address."""
        return self._households.get(address) if address else None

    def add_household(self, row: Mapping[str, Any]) -> None:
        """The household is known from here on."""
        self._households[home(row["address"])] = row["id"]

    def add_person(self, row: Mapping[str, Any]) -> None:
        """The person is known from here on."""
        key, person = name_key(row["name"]), row["id"]
        if row.get("id_number"):
            self._by_id.setdefault(row["id_number"], person)
        if row.get("kind", "staff") == "staff":
            self._by_name.setdefault(key, []).append((person, row.get("grid_id")))
        for phone in row.get("phones") or ():
            self._phones.setdefault((key, phone), person)
        if row.get("household_id"):
            self.housed[person] = (row["household_id"], row.get("relation"))
            self._homes.setdefault((row["household_id"], key), person)

    def by_number(self, id_number: str) -> uuid.UUID | None:
        """The person with this identity number."""
        return self._by_id.get(id_number)

    def member(self, record: Mapping[str, Any], probable: bool) -> uuid.UUID | None:
        """The known person that a member of a household is: by identity number, or probably by name and telephone."""
        if record["id_number"]:
            return self._by_id.get(record["id_number"])
        if not probable:
            return None
        found = (self._phones.get((record["name_key"], phone)) for phone in record["phones"])
        return next((person for person in found if person), None)

    def visitor(self, name: str, grid: uuid.UUID | None) -> uuid.UUID | None:
        """The one member of staff of this name in the grid, else anywhere; None if nobody or several."""
        same = self._by_name.get(name_key(name), [])
        here = [person for person, of_grid in same if of_grid == grid] or [person for person, _ in same]
        return here[0] if len(here) == 1 else None

    def inhabitant(self, household: uuid.UUID | None, name: str) -> uuid.UUID | None:
        """The member of the household of this name."""
        return self._homes.get((household, name_key(name))) if household else None
