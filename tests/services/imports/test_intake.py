"""Checked ledgers are taken into the store, known there, and taken back with one undo."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.errors import Refusal
from app.models.accounts import Actor
from app.models.changes import Change
from app.models.grids import Grid
from app.models.people import Household, Person
from app.models.posts import Post
from app.models.store import Store
from app.models.units import Unit
from app.models.visits import Visit
from app.services import accounts, founding, visits
from app.services.imports import stored
from app.services.imports.checking import check
from app.services.imports.findings import Outcome
from app.services.imports.intake import take
from app.services.imports.undo import imports, undo

AS_OF = date(2026, 1, 5)
ORGANISATION, ROSTER, VISITS = "组织机构与网格划分.xlsx", "人员花名册.xlsx", "住户走访台账(2025年).xlsx"
RECORDS = (Unit, Grid, Person, Post, Household, Visit)


class Office:
    """Headquarters that imports the sample ledgers."""

    def __init__(self, folder: Path, samples: Path) -> None:
        self.samples = samples
        self.store = Store.create(folder, kind="hq", login="boss", password="Jing-Kou-2025")
        with self.store.begin() as s:
            founding.found_hq(s, "平沙油田第六采油厂", login="boss", person="周立")
        with self.store.read() as s:
            self.boss: Actor = accounts.acting(s, "boss")

    def check(self, name: str) -> Outcome:
        with self.store.read(self.boss) as s:
            context = stored.known(s)
        return check(self.samples / name, context, as_of=AS_OF)

    def take(self, name: str, **options: Any) -> Any:
        outcome = self.check(name)
        with self.store.begin(self.boss) as s:
            return take(s, outcome, **options)

    def undo(self, summary: Any) -> Any:
        with self.store.begin(self.boss) as s:
            return undo(s, summary.id)

    def counts(self) -> dict[str, int]:
        with self.store.read(self.boss) as s:
            query = {
                model: select(func.count()).select_from(model).where(model.voided_at.is_(None)) for model in RECORDS
            }
            return {model.__tablename__: s.scalar(counted) or 0 for model, counted in query.items()}


@pytest.fixture
def office(tmp_path: Path, samples: Callable[[int], Path]) -> Iterator[Office]:
    made = Office(tmp_path / "hq", samples(1))
    yield made
    made.store.close()


@pytest.fixture
def expected(samples: Callable[[int], Path]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((samples(1) / "expected.json").read_text(encoding="utf-8"))
    return content


def test_the_three_ledgers_become_units_people_households_and_visits(office: Office, expected: dict[str, Any]) -> None:
    for name in (ORGANISATION, ROSTER, VISITS):
        office.take(name)
    people, totals = expected["people"], expected["totals"]
    newcomers = people["household_members_new_with_id"] + people["household_members_without_id"]
    joined = len(people["of_these_probably_on_roster"])
    assert office.counts() | {"post": 0} == {
        "unit": sum(node["kind"] not in ("网格", "微格") for node in expected["organisation"]),
        "grid": sum(node["kind"] in ("网格", "微格") for node in expected["organisation"]),
        "person": people["on_roster"] + newcomers - joined,
        "household": len(expected["households"]),
        "visit": totals["visit"]["accepted"],
        "post": 0,
    }
    with office.store.read(office.boss) as s:
        for grid, wanted in expected["grids"].items():
            here = s.scalars(select(Grid).where(Grid.name == grid)).one()
            assert s.scalar(select(Unit.name).where(Unit.id == here.unit_id)) == wanted["station"]
            for model, count in ((Visit, "visits"), (Household, "households")):
                assert (
                    s.scalar(select(func.count()).select_from(model).where(model.grid_id == here.id)) == wanted[count]
                )
            visited = select(func.count(Visit.household_id.distinct())).where(Visit.grid_id == here.id)
            assert s.scalar(visited) == wanted["households_visited"]


def test_every_record_lies_under_its_unit_and_is_in_the_log(office: Office) -> None:
    for name in (ORGANISATION, ROSTER, VISITS):
        office.take(name)
    with office.store.read(office.boss) as s:
        paths = {unit.id: unit.path for unit in s.scalars(select(Unit))}
        for model in (Person, Household, Visit):
            query = select(model.path, Grid.unit_id).join(Grid, Grid.id == model.grid_id)
            assert all(path == paths[unit] for path, unit in s.execute(query))
        for unit in s.scalars(select(Unit).where(Unit.parent_id.is_not(None))):
            assert unit.parent_id and unit.path.startswith(paths[unit.parent_id])
        written = s.scalar(select(func.count(Change.id.distinct())).where(Change.table == "visit"))
        assert written == s.scalar(select(func.count()).select_from(Visit))


def test_visitors_and_those_visited_are_people_on_record(office: Office) -> None:
    for name in (ORGANISATION, ROSTER, VISITS):
        office.take(name)
    with office.store.read(office.boss) as s:
        names = {person.id.hex: person.name for person in s.scalars(select(Person))}
        entries = [entry for visit in s.scalars(select(Visit)) for entry in visit.visitors or []]
        assert sum(bool(entry["person"]) for entry in entries) > 0.9 * len(entries)
        assert all(names[entry["person"]] == entry["name"] for entry in entries if entry["person"])


def test_the_store_knows_everybody_when_the_same_roster_comes_again(office: Office, expected: dict[str, Any]) -> None:
    office.take(ORGANISATION)
    office.take(ROSTER)
    again = office.check(ROSTER)
    roster = [sheet for sheet in again.sheets if sheet.kind in ("roster", "roster_export")]
    assert not any(sheet.records for sheet in roster)
    assert sum(len(sheet.duplicates) for sheet in roster) == sum(
        expected["totals"][kind]["accepted"] + expected["totals"][kind]["duplicates"]
        for kind in ("roster", "roster_export")
    )


def test_an_unchanged_file_is_not_taken_twice(office: Office) -> None:
    office.take(ORGANISATION)
    with pytest.raises(Refusal) as refusal:
        office.take(ORGANISATION)
    assert refusal.value.code == "already_imported"


def test_one_undo_takes_the_whole_import_back_and_it_can_come_again(office: Office) -> None:
    office.take(ORGANISATION)
    before = office.counts()
    summary = office.take(ROSTER)
    after = office.counts()
    undone = office.undo(summary)
    assert (undone.voided, undone.kept) == (sum(summary.made.values()), 0)
    assert office.counts() == before
    office.take(ROSTER)
    assert office.counts() == after


def test_an_undone_import_cannot_be_undone_again(office: Office) -> None:
    summary = office.take(ORGANISATION)
    office.undo(summary)
    with pytest.raises(Refusal) as refusal:
        office.undo(summary)
    assert refusal.value.code == "import_undone"
    with office.store.read(office.boss) as s:
        assert [line.undone for line in imports(s)] == [True]


def test_what_is_in_use_since_stays(office: Office) -> None:
    grids, roster, made = office.take(ORGANISATION), office.take(ROSTER), office.take(VISITS)
    with office.store.begin(office.boss) as s:
        touched = s.scalars(select(Visit).limit(1)).one()
        visits.correct(s, touched.id, reason="补记", result="已落实")
        kept_household, kept_grid = touched.household_id, touched.grid_id
    undone = office.undo(made)
    assert (undone.voided, undone.kept) == (made.made["visit"] - 1, 1)
    office.undo(roster)
    office.undo(grids)
    with office.store.read(office.boss) as s:
        assert [visit.id for visit in s.scalars(select(Visit).where(Visit.voided_at.is_(None)))] == [touched.id]
        assert [home.id for home in s.scalars(select(Household).where(Household.voided_at.is_(None)))] == [
            kept_household
        ]
        grid = s.get_one(Grid, kept_grid)
        assert not grid.voided
        assert not s.get_one(Unit, grid.unit_id).voided


def test_somebody_who_moved_into_an_imported_household_moves_out_with_the_undo(office: Office) -> None:
    office.take(ORGANISATION)
    with office.store.read(office.boss) as s:
        context = stored.known(s)
    outcome = check(office.samples / ROSTER, context, as_of=AS_OF)
    staff = replace(outcome, sheets=tuple(sheet for sheet in outcome.sheets if sheet.kind != "household"), sha256="a")
    homes = replace(outcome, sheets=tuple(sheet for sheet in outcome.sheets if sheet.kind == "household"), sha256="b")
    with office.store.begin(office.boss) as s:
        first = take(s, staff)
    before = office.counts()
    with office.store.begin(office.boss) as s:
        summary = take(s, homes)
    assert summary.changed > 0
    undone = office.undo(summary)
    assert undone.kept == 0
    assert office.counts() == before
    with office.store.read(office.boss) as s:
        assert s.scalar(select(func.count()).where(Person.household_id.is_not(None), Person.voided_at.is_(None))) == 0
    assert office.undo(first).kept == 0


def test_members_can_be_kept_apart_from_those_they_seem_to_be(office: Office) -> None:
    office.take(ORGANISATION)
    outcome = office.check(ROSTER)
    probable = frozenset((one.sheet, one.row) for one in outcome.findings if one.code == "W_PROBABLY_SAME")
    with office.store.begin(office.boss) as s:
        apart = take(s, outcome, apart=probable)
    office.undo(apart)
    together = office.take(ROSTER)
    assert apart.made["person"] == together.made["person"] + len(probable)


def test_a_grid_worker_cannot_import(office: Office) -> None:
    outcome = office.check(ORGANISATION)
    member = Actor(account=office.boss.account, login="m", name="王丽", role="member", path="/", site=office.boss.site)
    with pytest.raises(Refusal) as refusal, office.store.begin(member) as s:
        take(s, outcome)
    assert refusal.value.code == "not_allowed"


def test_a_mapped_header_is_remembered_by_the_store(office: Office) -> None:
    with office.store.begin(office.boss) as s:
        stored.remember(s, "f" * 32, {"kind": "visit", "A": "date"})
    with office.store.read(office.boss) as s:
        assert stored.known(s).mappings == {"f" * 32: {"kind": "visit", "A": "date"}}


def test_an_import_is_not_undone_by_somebody_of_another_unit(office: Office) -> None:
    office.take(ORGANISATION)
    summary = office.take(ROSTER)
    with office.store.read() as s:
        place = sorted(set(s.scalars(select(Person.path))))[-1]
    lead = replace(office.boss, role="lead", path=place, rights=frozenset())
    with pytest.raises(Refusal) as refused, office.store.begin(lead) as s:
        undo(s, summary.id)
    assert refused.value.code == "out_of_scope"
    assert office.undo(summary).kept == 0
