"""Puts the invented world into a store of headquarters, with accounts to sign in with."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _
from app.models.accounts import Account
from app.models.base import Record, table_of
from app.models.changes import bulk
from app.models.grids import Grid
from app.models.issues import Issue
from app.models.parts import in_parts
from app.models.people import Household, Person
from app.models.posts import Post
from app.models.progress import Progress
from app.models.risks import RiskPoint
from app.models.steps import Step
from app.models.store import Store
from app.models.units import Unit
from app.models.visits import Help, Visit
from app.services import accounts, founding, signing
from app.services.demo.sizes import SIZES
from app.services.demo.world import World

#: The password of every account of an invented world; there is nothing in it to protect.
PASSWORD = "fengge-demo-1"


@dataclass(frozen=True)
class Made:
    """What was made: the logins with their names and roles, and how many records of each kind."""

    folder: Path
    logins: tuple[tuple[str, str, str], ...]
    counts: dict[str, int]


def build(folder: Path, size: str, seed: int, *, day: date | None = None, progress: Progress | None = None) -> Made:
    """A new headquarters store with a complete invented world; refused for a folder that holds a store already."""
    if size not in SIZES:
        raise Refusal("size_unknown", N_("没有「{size}」这种规模, 可选: small、company、oilfield。"), size=size)
    store = Store.create(folder, kind="hq", login="admin", password=PASSWORD)
    try:
        with store.begin() as s:
            founding.found_hq(s, SIZES[size].name, login="admin", person="周立", code="S00")
        with store.read() as s:
            boss = accounts.acting(s, "admin")
            root = s.scalars(select(Unit.id).where(Unit.parent_id.is_(None))).one()
        world = World(SIZES[size], seed, day or today(), root)
        counts = _fill(store, boss, world, progress or (lambda *_: None))
        logins = _accounts(store, boss, world)
        signing.remember_login(folder, "clerk")
        return Made(folder, logins, counts)
    finally:
        store.close()


def _fill(store: Store, boss: Any, world: World, progress: Progress) -> dict[str, int]:
    counts: dict[str, int] = {}
    size = world.size
    each = 100_000 if size.raw else 20_000  # the more at once, the fewer times a page of an index is written
    total = size.people + size.households + size.visits + size.issues + size.risks
    done = 0

    def put(model: type[Record], rows: Iterable[dict[str, Any]], label: str) -> None:
        nonlocal done
        for part in in_parts(rows, each):
            with store.begin(boss) as s:
                counts[model.__tablename__] = counts.get(model.__tablename__, 0) + _insert(s, model, part, size.raw)
            done += len(part)
            progress(min(done, total), total, label)

    put(Unit, world.units, _("单位"))
    put(Grid, world.grids, _("网格"))
    put(Household, world.homes(), _("住户"))
    put(Person, world.people(), _("人员"))
    put(Post, world.posts(), _("任职"))
    for part in in_parts(world.visits(), each):
        put(Visit, part, _("走访"))
        put(Help, world.helps(part), _("帮扶"))
    for pairs in in_parts(world.issues(world.day.year), 5_000):
        put(Issue, [issue for issue, _steps in pairs], _("事项"))
        put(Step, [step for _issue, steps in pairs for step in steps], _("事项"))
    put(RiskPoint, world.risks(), _("风险点"))
    progress(total, total, _("完成"))
    return counts


def _insert(s: Session, model: type[Record], rows: list[dict[str, Any]], raw: bool) -> int:
    if not raw:
        return bulk(s, model, rows)
    from app.models.changes import completed

    s.connection().execute(insert(table_of(model)), [completed(model, row) | model.derive(row) for row in rows])
    return len(rows)


def _accounts(store: Store, boss: Any, world: World) -> tuple[tuple[str, str, str], ...]:
    area = next(unit for unit in world.units if unit["kind"] == "area")
    grid = next(grid for grid in world.working_grids() if grid["unit_id"] == area["id"])
    people = world.staff_of.get(grid["id"], [])
    names = [name for _person, name in people] + ["王建军", "李晓梅"]
    wanted: list[tuple[str, str, str, uuid.UUID | None, uuid.UUID | None]] = [
        ("clerk", "郑文华", "clerk", None, None),
        ("leader", "何立新", "leader", None, None),
        ("lead", names[0], "lead", area["id"], grid["id"]),
        ("member", names[1], "member", area["id"], grid["id"]),
    ]
    for login, name, role, unit, of_grid in wanted:
        with store.begin(boss) as s:
            accounts.create(s, Account(login=login, name=name, role=role, unit_id=unit, grid_id=of_grid))
        store.add_login(login, PASSWORD)
    return (("admin", "周立", "system"), *((login, name, role) for login, name, role, _u, _g in wanted))
