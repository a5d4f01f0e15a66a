"""A small plant to tell stories with: one area, two grids, three people, two homes."""

import uuid
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.models.accounts import Account, Actor
from app.models.grids import Grid
from app.models.people import Household, Person
from app.models.store import Store
from app.models.units import Unit
from app.models.vault import Cost
from app.models.visits import Visit
from app.services import accounts, founding, units
from tests import postgres, prepared

PASSWORD = "Jing-Kou-2025"
#: A guess of a password need not be dear where nobody guesses.
CHEAP = Cost(8, 1, 1)


@dataclass
class Plant:
    """Headquarters of a small plant, open, with its founder at the keyboard."""

    store: Store
    boss: Actor
    area: uuid.UUID
    first: uuid.UUID
    second: uuid.UUID
    path: str
    zhang: uuid.UUID
    shan: uuid.UUID
    home: uuid.UUID

    def visit(self, **fields: Any) -> Visit:
        """A sound visit to the home in the first grid, to be recorded."""
        given: dict[str, Any] = {
            "day": date(2025, 3, 5), "way": "入户", "grid_id": self.first, "household_id": self.home,
            "visitors": [{"person": None, "name": "李四"}], "met": [{"person": self.zhang.hex, "name": "张三"}],
            "summary": "入户了解采暖情况",
        }  # fmt: skip
        return Visit(**(given | fields))


def headquarters(folder: Path, database: str = "") -> Plant:
    """A new headquarters store with the small plant in it."""
    store = Store.create(folder, kind="hq", login="boss", password=PASSWORD, cost=CHEAP, database=database)
    with store.begin() as s:
        founding.found_hq(s, "平沙油田第六采油厂", login="boss", person="周立")
    with store.read() as s:
        boss = accounts.acting(s, "boss")
    with store.begin(boss) as s:
        root = s.scalars(select(Unit)).one()
        area = units.add(s, Unit(name="采油一作业区", kind="area", parent_id=root.id, code="PS6-01"))
        first = Grid(name="红梁第一网格", kind="grid", unit_id=area.id, path=area.path, code="PS6-01-G01")
        second = Grid(name="红梁第二网格", kind="grid", unit_id=area.id, path=area.path, code="PS6-01-G02")
        home = Household(address="安居苑3号楼2单元401", grid_id=first.id, path=area.path, head="张三")
        zhang = Person(name="张三", grid_id=first.id, household_id=home.id, path=area.path, phones=["14200000001"])
        shan = Person(name="单雄信", grid_id=second.id, path=area.path)
        s.add_all([first, second, home, zhang, shan])
    return Plant(store, boss, area.id, first.id, second.id, area.path, zhang.id, shan.id, home.id)


def copy_of_headquarters(folder: Path, server: str = "sqlite") -> Plant:
    """As `headquarters`, copied from one that this process has made before, at the hour of the clock that the tests begin with."""
    kept = _kept(server)
    return replace(kept, store=prepared.copied(kept.store, folder))


@cache
def _kept(server: str) -> Plant:
    made = headquarters(prepared.shelf() / f"plant-{server}", postgres.server().new() if server == "postgresql" else "")
    prepared.keep(made.store)
    return made


def account(plant: Plant, login: str, role: str, name: str = "王员工") -> Actor:
    """An account of the area, acting at headquarters' own machine."""
    with plant.store.begin(plant.boss) as s:
        accounts.create(s, Account(login=login, name=name, role=role, unit_id=plant.area, grid_id=plant.first))
    with plant.store.read() as s:
        return accounts.acting(s, login)
