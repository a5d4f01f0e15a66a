"""A headquarters with six enrolled sites, made once a process and copied for every run; quick, because nothing pulls the plug."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.models import engine as engines
from app.models.grids import Grid
from app.models.people import Household, Person
from app.models.store import Store
from app.models.units import Unit
from app.sync import enrolling
from tests.campaigns import scratch
from tests.sync.conftest import CHEAP, PASSWORD, Office, World, founded
from tests.sync.conftest import codes as few

FIRST, SECOND = "/PS1/", "/PS2/"
#: The scopes of the six sites.
SCOPES = (FIRST, FIRST, FIRST, FIRST, SECOND, SECOND)
#: Sites that have asked and wait for their approval, should others be revoked.
SPARE = 2


@dataclass
class Place:
    """One store of the prepared world: where it lies, its key, who works there; HQ's database where it has one."""

    name: str
    folder: Path
    key: bytes
    actor: Any
    number: int
    database: str = ""

    def opened(self, folder: Path, database: str = "") -> Store:
        """The copy in this folder, open."""
        return Store.unlock_with_key(folder, self.key, database)


@dataclass
class Prepared:
    """The world as it is before the first step of a run."""

    hq: Place
    sites: list[Place]
    spare: list[Place]
    homes: dict[str, tuple[Any, Any]]
    people: list[Any]

    def copy(self, *places: Place) -> Path:
        """A folder with a copy of these stores, of every one if none is named."""
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=scratch()))
        for place in places or (self.hq, *self.sites, *self.spare):
            copied(place.folder, folder / place.name)
        return folder


def copied(folder: Path, to: Path) -> Path:
    """The store as it lies on the disk, as an image of the disk has it; nobody writes to it just now."""
    shutil.copytree(folder, to, ignore=shutil.ignore_patterns("*.lock", "*-shm"))
    return to


@cache
def prepared(database: str, codes: int | None = None) -> Prepared:
    """Six sites of two areas with a grid, a home and two people each, enrolled, and two that wait.

    With only so many `codes`, if that is given: the four hundred that are shipped weigh more than all that a run does.
    """
    folder = scratch() / f"world-{database}-{codes}"
    folder.mkdir()
    with few(codes):
        world = founded(folder, _address(database))
    homes = {FIRST: _home(world, FIRST), SECOND: _second_home(world)}
    with world.hq.store.read() as s:
        people = list(s.scalars(select(Person.id).order_by(Person.name)))
    sites = [_left(world.site(f"S{number}", path), number) for number, path in enumerate(SCOPES)]
    spare = [_spare(folder, number) for number in range(len(SCOPES), len(SCOPES) + SPARE)]
    hq = _left(world.hq, -1, "hq")
    hq.database = world.hq.store.database
    return Prepared(hq, sites, spare, homes, people)


def _address(database: str) -> str:
    if database == "sqlite":
        return ""
    from tests.postgres import server

    return server().new()


def _home(world: World, path: str) -> tuple[Any, Any]:
    with world.hq.store.read() as s:
        found = s.execute(select(Household.grid_id, Household.id).where(Household.path.startswith(path))).one()
    return found.grid_id, found.id


def _second_home(world: World) -> tuple[Any, Any]:
    with world.hq.store.begin(world.hq.actor) as s:
        area = s.scalars(select(Unit.id).where(Unit.path == SECOND)).one()
        grid = Grid(name="二号格", kind="grid", path=f"{SECOND}01/", unit_id=area)
        s.add(grid)
        home = Household(address="2 栋 201", path=grid.path, grid_id=grid.id)
        s.add(home)
        s.flush()
        s.add_all(Person(name=name, path=grid.path, household_id=home.id, grid_id=grid.id) for name in ("陈九", "孙七"))
    return grid.id, home.id


def _left(office: Office, number: int, name: str = "") -> Place:
    store = office.store
    store.close()
    return Place(name or store.folder.name, store.folder, store.key, office.actor, number, store.database)


def _spare(folder: Path, number: int) -> Place:
    name = f"S{number}"
    store = Store.create(folder / name, kind="site", login="setup", password=PASSWORD, cost=CHEAP)
    enrolling.write_request(store, store.folder, name)
    return _left(Office(store, None), number, name)


@contextmanager
def hurried() -> Iterator[None]:
    """Stores made in here do not wait for the disk: no cut is tried here."""
    pragmas, fsync = engines._PRAGMAS, os.fsync
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(20_000, 50, 50)
    engines._PRAGMAS = tuple(pragma.replace("synchronous = FULL", "synchronous = OFF") for pragma in pragmas)
    os.fsync = lambda _handle: None
    try:
        yield
    finally:
        engines._PRAGMAS, os.fsync = pragmas, fsync
        gc.set_threshold(*before)
        gc.unfreeze()


def base_name(address: str) -> str:
    """The name of the database in an address."""
    return address.partition("?")[0].rpartition("/")[2]


def gone(folder: Path) -> None:
    """The folder of a run is gone."""
    with suppress(OSError):
        shutil.rmtree(folder)
