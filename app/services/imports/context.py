"""What is known before a file is checked: units, grids, people, households, labels; from earlier files or the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from app.models.names import name_key
from app.models.texts import short
from app.services.imports.cells import Labels, Tables
from app.services.imports.findings import Outcome
from app.services.imports.grids import Grids
from app.services.imports.points import Point, Points


@dataclass(frozen=True, slots=True)
class OnRecord:
    """A record that is here already: how it is called, and its fields as a row of the ledger would have them."""

    name: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Context:
    """Plain data against which a ledger is checked; `year` is the ledger's where neither file nor title names one.

    nodes: kind, name, parent, code, trail (names from the root to itself). people: as roster records, with `place`.
    members: as household records. households: address → number, head, grid, size, stated_size, tag.
    mappings: header fingerprint → column → field. rows: what makes a row of issues, hazards or risk points the same row →
    the one on record. open_issues: (name key, request) → the row or issue that is still open.
    put_right: (grid, place, hazard) → the last day it was put right there, and where. points: the risk points on record.
    """

    tables: Tables = field(default_factory=dict)
    nodes: tuple[Mapping[str, Any], ...] = ()
    people: tuple[Mapping[str, Any], ...] = ()
    members: tuple[Mapping[str, Any], ...] = ()
    households: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mappings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    year: int | None = None
    rows: Mapping[tuple[str, ...], OnRecord] = field(default_factory=dict)
    open_issues: Mapping[tuple[str, str], str] = field(default_factory=dict)
    put_right: Mapping[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)
    points: tuple[Point, ...] = ()

    def after(self, outcome: Outcome) -> "Context":
        """What is known once this outcome has been taken in."""
        people, members = list(self.people), list(self.members)
        for sheet in outcome.sheets:
            if sheet.kind in ("roster", "roster_export"):
                people += [
                    record | {"place": f"{outcome.file}|{sheet.name}!{record['row']}"} for record in sheet.records
                ]
            elif sheet.kind == "household":
                members += sheet.records
        known = {(node["kind"], node["trail"]) for node in self.nodes}
        new = tuple(node for node in outcome.nodes if (node["kind"], node["trail"]) not in known)
        return replace(
            self,
            nodes=self.nodes + new,
            people=tuple(people),
            members=tuple(members),
            households={**self.households, **outcome.households},
        )


class Known:
    """The same, indexed and growing while the sheets of one file are read."""

    def __init__(self, context: Context, file: str, as_of: date, year: int) -> None:
        self.context, self.file, self.as_of, self.year = context, file, as_of, year
        self._labels = {name: Labels(table) for name, table in context.tables.items()}
        self.grids = Grids(context.nodes)
        self.nodes: list[dict[str, Any]] = []
        self.trails: set[tuple[str, tuple[str, ...]]] = set()
        self.households: dict[str, dict[str, Any]] = {}
        self.open_issues: dict[tuple[str, str], str] = dict(context.open_issues)
        self.put_right: dict[tuple[str, str, str], tuple[str, str]] = dict(context.put_right)
        self.points = Points(context.points)
        self._units: dict[str, str | None] | None = None
        self._by_id: dict[str, Mapping[str, Any]] = {}
        self._by_name: dict[str, list[Mapping[str, Any]]] = {}
        self._members: dict[str, list[Mapping[str, Any]]] = {}
        self._home_of: dict[str, str] = {}
        for person in context.people:
            self.add_person(person)
        for member in context.members:
            self.add_member(member)

    def labels(self, table: str) -> Labels:
        """The labels of a code table; an unknown table has none."""
        return self._labels.get(table) or Labels({})

    def row(self, key: tuple[str, ...]) -> OnRecord | None:
        """The record that this row has made already; None for a new one."""
        return self.context.rows.get(key)

    def unit(self, text: str) -> str | None:
        """The name of the one unit meant, which the acting person may write for; None if there is none or more than one."""
        if self._units is None:
            self._units = {}
            for node in (*self.context.nodes, *self.nodes):
                if node["kind"] not in ("网格", "微格") and not node.get("outside"):
                    key = short(node["name"])
                    known = self._units.get(key, node["name"]) == node["name"] and key not in self._units
                    self._units[key] = str(node["name"]) if known else None
        return self._units.get(short(text))

    def root(self) -> str | None:
        """The name of the factory, if one is known."""
        return next((str(node["name"]) for node in (*self.nodes, *self.context.nodes) if node["kind"] == "厂"), None)

    def add_person(self, person: Mapping[str, Any]) -> None:
        """The person is known from here on."""
        if person.get("id_number"):
            self._by_id.setdefault(person["id_number"], person)
        self._by_name.setdefault(person["name_key"], []).append(person)

    def person(self, id_number: str) -> Mapping[str, Any] | None:
        """The person with this identity number."""
        return self._by_id.get(id_number)

    def has_people(self) -> bool:
        """A roster is known, so that an unknown name means something."""
        return bool(self._by_name)

    def namesakes(self, name: str, grid: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Everybody of this name: those of the grid if there are any, else from everywhere."""
        same = self._by_name.get(name_key(name), [])
        return [person for person in same if person["grid"] == grid] or same

    def add_member(self, member: Mapping[str, Any]) -> None:
        """The member of a household is known from here on."""
        self._members.setdefault(member["household"], []).append(member)
        if member.get("id_number"):
            self._home_of.setdefault(member["id_number"], member["household"])

    def members(self, household: str) -> Sequence[Mapping[str, Any]]:
        """The accepted members of a household."""
        return self._members.get(household, ())

    def home_of(self, id_number: str) -> str | None:
        """The household in which a person was first listed."""
        return self._home_of.get(id_number)

    def household(self, address: str) -> Mapping[str, Any] | None:
        """The household at this address."""
        return self.households.get(address) or self.context.households.get(address)
