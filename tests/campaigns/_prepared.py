"""A headquarters and an enrolled site, made once in every process and copied for each case."""

import hashlib
import io
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import today
from app.models import backups
from app.models.accounts import Actor
from app.models.base import record_classes, table_of
from app.models.changes import Change
from app.models.store import Store
from app.models.visits import Visit
from app.services import chaining
from app.sync import collect, envelope, epochs
from tests.campaigns import scratch
from tests.sync.conftest import FEW, PASSWORD, Office, World, codes, founded

_STATE = "XDG_STATE_HOME"


@dataclass
class Prepared:
    """Where the stores lie (closed), who acts in them, and a few ids."""

    folder: Path
    site: Actor
    hq: Actor
    site_id: uuid.UUID
    grid: uuid.UUID
    people: list[uuid.UUID]
    visits: list[uuid.UUID]


@contextmanager
def remembered(folder: Path) -> Iterator[None]:
    """The machine's memory (anchors) lies in this folder."""
    former = os.environ.get(_STATE)
    os.environ[_STATE] = str(folder / "state")
    try:
        yield
    finally:
        if former is None:
            del os.environ[_STATE]
        else:
            os.environ[_STATE] = former


@cache
def prepared() -> Prepared:
    """Headquarters and one site that have exchanged everything."""
    folder = scratch() / "prepared"
    folder.mkdir()
    with remembered(folder):
        with codes(FEW):
            world = founded(folder)
        site = world.site("A")
        visits = [site.visit(f"走访{number}") for number in range(4)]
        world.exchange(site)
        world.exchange(site)
        site.store.close()
        world.hq.store.close()
    assert site.actor is not None and world.hq.actor is not None
    return Prepared(folder, site.actor, world.hq.actor, site.store.id, world.grid, world.people, visits)


@contextmanager
def copy(number: int) -> Iterator[Path]:
    """A folder with copies of both stores and of what the machine remembers; gone afterwards."""
    folder = scratch() / f"case{number}"
    shutil.copytree(prepared().folder, folder)
    try:
        with remembered(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def reopened(folder: Path) -> Store:
    """The store, opened as the program opens it; nothing about it may look restored or copied."""
    store = Store.open(folder, login="zs", password=PASSWORD)
    if (stood := epochs.settle_doubt(store)).value != "same":
        store.close()
        raise AssertionError(f"the store was taken for one that is {stood.value}")
    return store


def opened(folder: Path, name: str) -> Office:
    """The store of this name below the folder, with who acts in it."""
    return Office(reopened(folder / name), prepared().hq if name == "hq" else prepared().site)


def world(folder: Path) -> World:
    """Headquarters' copy, open, as a world."""
    known = prepared()
    return World(folder, opened(folder, "hq"), known.grid, known.people)


def sound(store: Store) -> None:
    """Pages, references and chain are whole, and there are no halves."""
    found = backups.check(store, chaining.findings)
    with store.read() as s:
        found += halves(s)
    assert found == [], found


def halves(s: Session) -> list[str]:
    """Records whose changes are not all there, and changes whose record is not."""
    found = []
    logged = dict(s.execute(select(Change.record, func.count()).group_by(Change.record)).all())
    for name, model in record_classes().items():
        rows = dict(s.execute(select(table_of(model).c.id, table_of(model).c.revision)).all())
        of = set(s.scalars(select(Change.record).where(Change.table == name)))
        found += [f"{name} {one}: a change without its record" for one in of - set(rows)]
        found += [
            f"{name} {one}: revision {revision} of {logged.get(one, 0)} changes"
            for one, revision in rows.items()  # what was changed at two places at once has more changes than revisions
            if not (1 <= revision <= logged.get(one, 0) if model.owned == "shared" else revision == logged.get(one, 0))
        ]
    return found


def heal(folder: Path, visits: set[uuid.UUID]) -> None:
    """After exchanging again the site's visits are at headquarters, each once, nothing waits, and both show the same."""
    there = world(folder)
    site = opened(folder, "A")
    try:
        sound(site.store)
        sound(there.hq.store)
        left = 1
        for _ in range(4):
            there.exchange(site)
            with site.store.read() as s:
                left = collect.unconfirmed(s)
            if not left:
                break
        assert left == 0, "stuck"
        held = there.hq.ids(Visit)
        assert visits <= held, f"lost: {visits - held}"
        assert held == site.ids(Visit), "different visits"
        assert site.digest("/PS1/") == there.hq.digest("/PS1/"), "different data"
    finally:
        site.store.close()
        there.hq.store.close()


def receive(store: Store, data: bytes) -> str:
    """The server has the package safely on its disk; says its id."""
    from app.hq.inbox import Inbox

    Inbox(store).keep(data, hashlib.sha256(data).hexdigest())
    return envelope.peek(io.BytesIO(data)).package


def take_received(store: Store) -> None:
    """The server has begun anew and taken what it received."""
    from app.hq.inbox import Inbox

    inbox = Inbox(store)
    inbox.tidy(alone=True)
    inbox.take()


def visit(number: int, id_: uuid.UUID) -> Visit:
    """A visit in the world's grid with an id given beforehand."""
    return Visit(id=id_, day=today(), way="home", grid_id=prepared().grid, met=[{"person": None, "name": "李四"}],
                 visitors=[{"person": None, "name": "张三"}], summary=f"走访第{number}家")  # fmt: skip
