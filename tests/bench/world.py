"""The stores that are measured: an invented unit with grids and homes, as many visits as wanted, and its writes said again raw."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, select
from sqlcipher3 import dbapi2

from app.clock import today
from app.models import swap
from app.models.accounts import Actor
from app.models.changes import bulk
from app.models.engine import unlock
from app.models.grids import Grid
from app.models.people import Household
from app.models.store import Store
from app.models.units import Unit
from app.models.values import new_id
from app.models.vault import Cost
from app.models.visits import Visit
from app.services import accounts, founding, units
from tests.bench.searching import notes

PASSWORD = "mima-1234"
#: Deriving a key takes as long as it is told to; it is not what is measured here.
CHEAP = Cost(memory=64, passes=1, lanes=1)
GRIDS, HOMES = 40, 2_000
Row = dict[str, Any]
#: One statement as the driver got it: text, parameters, whether there are many of them.
Said = tuple[str, Any, bool]


@dataclass
class Place:
    """An open store of headquarters with an area, its grids and homes, and its founder at the keyboard."""

    folder: Path
    store: Store
    boss: Actor
    path: str
    grids: list[uuid.UUID]
    homes: list[uuid.UUID]

    def visits(self, count: int, seed: int = 1) -> Iterator[Row]:
        """So many visits of the last year, oldest first, each with a note of about 40 characters."""
        first = today() - timedelta(days=364)
        for n, text in enumerate(notes(count, seed)):
            yield self.visit(n, text, first + timedelta(days=n * 365 // count))

    def visit(self, n: int, text: str, day: date) -> Row:
        """One visit, as the columns of its row."""
        home = n * 7919 % HOMES
        return {
            "id": new_id(), "day": day, "way": ("home", "home", "phone")[n % 3], "grid_id": self.grids[home % GRIDS],
            "household_id": self.homes[home], "path": self.path, "minutes": 20 + n % 40, "summary": text,
            "visitors": [{"person": None, "name": "李四"}], "met": [{"person": None, "name": text[:3]}],
            "next_on": day + timedelta(days=30) if n % 7 == 0 else None,
        }  # fmt: skip

    def fill(self, count: int, each: int = 20_000) -> None:
        """So many visits are on record, logged and found."""
        part = []
        for row in self.visits(count):
            part.append(row)
            if len(part) == each:
                self._put(part)
                part = []
        self._put(part)

    def _put(self, rows: list[Row]) -> None:
        with self.store.begin(self.boss) as s:
            bulk(s, Visit, rows)


@contextmanager
def place(folder: Path, database: str = "") -> Iterator[Place]:
    """A new store with its unit, grids and homes, in a file unless a database is named; closed at the end."""
    store = Store.create(folder, kind="hq", login="boss", password=PASSWORD, cost=CHEAP, database=database)
    try:
        with store.begin() as s:
            founding.found_hq(s, "平沙油田第六采油厂", login="boss", person="周立")
        with store.read() as s:
            boss = accounts.acting(s, "boss")
        with store.begin(boss) as s:
            root = s.scalars(select(Unit)).one()
            area = units.add(s, Unit(name="采油一作业区", kind="area", parent_id=root.id, code="PS6-01"))
            path = area.path
            grids = [Grid(name=f"第{n}网格", kind="grid", unit_id=area.id, path=path, sort=n) for n in range(GRIDS)]
            s.add_all(grids)
            s.flush()
            homes = [
                Household(address=f"安居苑{n // 40 + 1}号楼{n % 40 + 101}", grid_id=grids[n % GRIDS].id, path=path)
                for n in range(HOMES)
            ]
            s.add_all(homes)
        yield Place(folder, store, boss, path, [grid.id for grid in grids], [home.id for home in homes])
    finally:
        store.close()


class Writes:
    """What a store writes while somebody listens, statement by statement, so that it can be said again without us."""

    def __init__(self, store: Store) -> None:
        self.said: list[Said] = []
        event.listen(store.engine, "before_cursor_execute", self._hear)

    def _hear(self, _c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            self.said.append((statement, parameters, many))

    def take(self, keep: Callable[[str], bool] = lambda statement: True) -> list[Said]:
        """What was said since the last time, as far as it is to be kept."""
        said, self.said = self.said, []
        return [one for one in said if keep(one[0])]


class Asked:
    """How many statements these stores have been asked since the last time."""

    def __init__(self, *stores: Store) -> None:
        self._number = 0
        for store in stores:
            event.listen(store.engine, "before_cursor_execute", self._hear)

    def _hear(self, *_given: Any) -> None:
        self._number += 1

    def take(self) -> int:
        """The number; it begins anew."""
        number, self._number = self._number, 0
        return number


class Twin:
    """A bare connection to a copy of a store: same rows, same indexes, same encryption, nothing of ours above it."""

    def __init__(self, store: Store, file: Path) -> None:
        store.engine.dispose()  # the last connection to close brings the write-ahead log home
        shutil.copy(store.folder / swap.FILE, file)
        self.connection = dbapi2.connect(str(file), isolation_level=None)
        unlock(self.connection, store.key)
        self.connection.execute("PRAGMA foreign_keys = ON")

    def say(self, said: list[Said]) -> None:
        """The statements in one durable transaction."""
        cursor = self.connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        for statement, parameters, many in said:
            (cursor.executemany if many else cursor.execute)(statement, parameters)
        cursor.execute("COMMIT")

    def close(self) -> None:
        self.connection.close()


def without_search(statement: str) -> bool:
    """The statement does not write the search index."""
    return "INTO search" not in statement
