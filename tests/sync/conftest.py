"""A headquarters and its sites, each with a real store of its own."""

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import select

from app.clock import today
from app.models import backups
from app.models.accounts import Account, Actor
from app.models.applying import digest
from app.models.codes import Code
from app.models.grids import Grid
from app.models.people import Household, Person
from app.models.store import Store
from app.models.units import Unit
from app.models.vault import Cost
from app.models.visits import Visit
from app.services import accounts, founding
from app.sync import enrolling, epochs, exchange
from app.sync.exchange import Answer, Heard
from tests import postgres, prepared

CHEAP = Cost(memory=64, passes=1, lanes=1)
PASSWORD = "mima-1234"
#: So many of the shipped codes are enough for most stories; all of them weigh more than what a story does.
FEW = 12


@dataclass
class Office:
    """A store with somebody signed in."""

    store: Store
    actor: Actor | None

    def visit(self, summary: str = "家里都好", path: str = "/PS1/01/", household: uuid.UUID | None = None) -> uuid.UUID:
        """One visit recorded."""
        with self.store.begin(self.actor) as s:
            visit = Visit(day=today(), way="home", path=path, summary=summary, household_id=household)
            s.add(visit)
        return visit.id

    def edit(self, person: uuid.UUID, **fields: object) -> None:
        """Some fields of a person changed."""
        with self.store.begin(self.actor) as s:
            record = s.get_one(Person, person)
            for name, value in fields.items():
                setattr(record, name, value)

    def ids(self, model: type) -> set[uuid.UUID]:
        with self.store.read() as s:
            return set(s.scalars(select(model.id)))  # type: ignore[attr-defined]

    def digest(self, *paths: str) -> dict[str, str]:
        with self.store.read() as s:
            return digest(s, paths)


@dataclass
class World:
    """Headquarters with two units, a grid and two people in the first; sites are enrolled by file."""

    folder: Path
    hq: Office
    grid: uuid.UUID
    people: list[uuid.UUID]

    def site(self, name: str, path: str = "/PS1/") -> Office:
        """A new site with this scope, enrolled, with its first data."""
        store = Store.create(self.folder / name, kind="site", login="setup", password=PASSWORD, cost=CHEAP)
        asked = enrolling.write_request(store, self.folder, name)
        approval, *_ = enrolling.approve_file(self.hq.store, self.hq.actor, asked.path, self.folder, paths=[path])
        return Office(store, enrolling.accept_file(store, approval))

    def up(self, site: Office) -> bytes:
        """A package of the site."""
        with site.store.begin(site.actor) as s:
            return exchange.pack(s)[1]

    def take(self, data: bytes) -> Answer:
        """Headquarters takes a package."""
        return exchange.answer(self.hq.store, data, self.hq.actor)

    def exchange(self, site: Office) -> Heard:
        """Up and down once."""
        answer = self.take(self.up(site))
        heard = exchange.hear(site.store, answer.file, site.actor)
        for piece in answer.more:
            exchange.hear(site.store, piece, site.actor)
        return heard


def open_again(office: Office, folder: Path) -> Office:
    """The store in this folder, opened; whoever it stands in for is signed in."""
    store = Store.open(folder, login="zs", password=PASSWORD)
    epochs.settle_doubt(store)
    return Office(store, office.actor)


def imaged(office: Office, place: Path) -> Path:
    """The store as it lies on the disk (and in its database), as an image of the machine has it."""
    folder, database = office.store.folder, office.store.database
    office.store.close()
    shutil.copytree(folder, place)
    if database:
        place.with_name(f"{place.name}.database").write_text(postgres.server().copied(database), encoding="utf-8")
    office.store = Store.open(folder, login="zs", password=PASSWORD)
    return place


def back_to(office: Office, place: Path) -> None:
    """The machine is as it was when this image of it was made; the store is open again, and nobody told it."""
    folder, database = office.store.folder, office.store.database
    office.store.close()
    shutil.rmtree(folder)
    shutil.copytree(place, folder)
    if database:
        image = place.with_name(f"{place.name}.database").read_text(encoding="utf-8")
        postgres.server().copied(image, database)
    office.store = Store.open(folder, login="zs", password=PASSWORD)


def put_back(world: World, backup: Path) -> None:
    """Headquarters is restored from its backup."""
    world.hq.store.close()
    backups.restore(world.folder / "hq", backup, login="zs", password=PASSWORD, on_restored=epochs.after_restore)
    world.hq.store = Store.open(world.folder / "hq", login="zs", password=PASSWORD)


@contextmanager
def codes(most: int | None) -> Iterator[None]:
    """Headquarters are founded with so many of the shipped codes, with all of them for None."""
    bulk = founding.bulk
    founding.bulk = lambda s, model, rows: bulk(s, model, rows[:most] if model is Code else rows)
    try:
        yield
    finally:
        founding.bulk = bulk


def founded(folder: Path, database: str = "") -> World:
    """Headquarters in this folder, open, as a world whose sites are made beside it."""
    hq = folder / "hq"
    store = Store.create(hq, kind="hq", login="zs", password=PASSWORD, cost=CHEAP, database=database)
    with store.begin() as s:
        founding.found_hq(s, "采油一厂", login="admin", person="总部管理员")
        enrolling.make_hq_keys(s)
    with store.begin() as s:
        actor = accounts.acting(s, "admin")
    with store.begin(actor) as s:
        root = s.scalars(select(Unit)).one()
        first = Unit(name="采油一作业区", kind="area", path="/PS1/", parent_id=root.id)
        second = Unit(name="采油二作业区", kind="area", path="/PS2/", parent_id=root.id)
        s.add_all([first, second])
        s.flush()
        grid = Grid(name="一号格", kind="grid", path="/PS1/01/", unit_id=first.id)
        s.add(grid)
        s.add(Account(login="zs", name="张三", role="lead", path="/PS1/", unit_id=first.id))
        s.add(Account(login="ls", name="赵六", role="lead", path="/PS2/", unit_id=second.id))
        household = Household(address="1 栋 101", path="/PS1/01/", grid_id=grid.id)
        s.add(household)
        s.flush()
        people = [
            Person(name=name, path="/PS1/01/", household_id=household.id, grid_id=grid.id) for name in ("李四", "王五")
        ]
        s.add_all(people)
    return World(folder, Office(store, actor), grid.id, [person.id for person in people])


@cache
def _kept(server: str, _day: date) -> World:
    """A world of this process that the tests of this day (of their clock) copy."""
    place = Path(tempfile.mkdtemp(dir=prepared.shelf()))
    with codes(FEW):
        made = founded(place, postgres.server().new() if server == "postgresql" else "")
    prepared.keep(made.hq.store)
    return made


def copy_of_a_world(folder: Path, server: str) -> World:
    """As `founded` with few codes, copied from one that this process has made before."""
    kept = _kept(server, today())
    hq = Office(prepared.copied(kept.hq.store, folder / "hq"), kept.hq.actor)
    return World(folder, hq, kept.grid, list(kept.people))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str) -> Iterator[World]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = copy_of_a_world(tmp_path, server)
    yield made
    prepared.used(made.hq.store)


Make = Callable[..., Office]
