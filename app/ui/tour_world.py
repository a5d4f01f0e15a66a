"""The world that the tour walks through: headquarters with mail on its desk, and a station with sites of its own below it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.clock import today
from app.models.accounts import Actor
from app.models.people import Person
from app.models.store import Store
from app.services.demo.build import PASSWORD

SITES = ("采油一作业区值班室", "羊湾井区巡检站", "沙梁井区联合值班室")


@dataclass
class World:
    """Stores of headquarters, of a station (the team lead's) and of two laptops below it, and the stick between them."""

    folder: Path
    path: str = ""
    made: dict[str, Store] = field(default_factory=dict)
    leads: dict[str, Actor] = field(default_factory=dict)
    ids: dict[str, uuid.UUID] = field(default_factory=dict)
    orders: list[str] = field(default_factory=list)

    @property
    def hq(self) -> Path:
        return self.folder / "demo"

    @property
    def station(self) -> Path:
        return self.folder / "site"

    @property
    def stick(self) -> Path:
        return self.folder / "U盘"

    @property
    def mail(self) -> Path:
        """Packages that lie before headquarters' clerk."""
        return self.folder / "来件"


def make(folder: Path) -> World:
    """Everything that has a screen of its own is there: packages waiting, in quarantine, on their way, refused; conflicts, notes."""
    from app.services import accounts, signing, sites
    from app.services.demo.build import build
    from app.sync import carrying, enrolling, inviting, reminding

    world = World(folder)
    for place in (world.stick, world.mail):
        place.mkdir()
    build(world.hq, "small", 1)
    hq, boss = signing.sign_in(world.hq, "admin", PASSWORD)
    assert boss is not None
    with hq:
        with hq.begin() as s:
            enrolling.make_hq_keys(s)
        with hq.read() as s:
            world.path = accounts.acting(s, "lead").path
            clerk = accounts.acting(s, "clerk")
        _partner(world, hq, boss, clerk)
        _older_rules(hq, boss)
        for name in SITES:
            _enrol(world, hq, boss, name)
        station, inner, lost = (world.made[name] for name in SITES)
        _exchange(world, hq, clerk, SITES[0])
        person = _both_change(world, hq, boss)
        _exchange(world, hq, clerk, SITES[0])
        with hq.begin(boss) as s:
            inviting.reached(s, ["hq.pingsha.example", "10.8.20.6"], 8470)
            inviting.invite(s, name="红柳井区新值班室", paths=[world.path])
            reminding.remind(s, world.ids[SITES[0]])
        carrying.read_files(
            station, world.leads[SITES[0]], carrying.write_answers(hq, clerk, world.stick, [world.ids[SITES[0]]])
        )
        _visit(lost, world.leads[SITES[2]], "夜间巡查")
        carrying.write_upload(lost, world.leads[SITES[2]], world.mail)
        with hq.begin(boss) as s:
            sites.revoke(s, world.ids[SITES[2]], "笔记本电脑丢失")
        carrying.read_files(hq, clerk, [world.mail])
        for number in range(3):
            _visit(inner, world.leads[SITES[1]], f"巡检途中入户第 {number + 1} 次")
            carrying.write_upload(inner, world.leads[SITES[1]], world.mail)
        _edit(inner, world.leads[SITES[1]], person, note="站点补记: 周末在家")
        carrying.write_upload(inner, world.leads[SITES[1]], world.stick)
        carrying.read_files(station, world.leads[SITES[0]], [world.stick])
        _visit(station, world.leads[SITES[0]], "巡查暖气, 一切正常。")
        carrying.write_upload(station, world.leads[SITES[0]], world.stick)
        _visit(station, world.leads[SITES[0]], "家属区供水回访。")
    for store in world.made.values():
        store.close()
    return world


def _older_rules(hq: Store, boss: Actor) -> None:
    """Headquarters holds the rules of an earlier program, which informed those without a name too, within ten days."""
    from app.models.sites import Identity
    from app.services import clock_rules, codes

    informing, *others = codes.shipped()["clock_rule"]
    earlier = informing | {"aliases": informing["aliases"] | {"length": 10, "named": False}}
    with hq.begin(boss) as s:
        clock_rules.replace(s, "clock_rule", [earlier, *others])
        mine = s.get_one(Identity, 1)
        mine.hq = {name: value for name, value in (mine.hq or {}).items() if name != "rules"}


def _partner(world: World, hq: Store, boss: Actor, clerk: Actor) -> None:
    """A partner outside has been given a dispatch that is overdue, and another that waits."""
    from datetime import timedelta

    from app.models.units import Unit
    from app.services import clock_rules, issues, units
    from app.services.listing import Query

    with hq.begin(boss) as s:
        above = next(row.id for row in units.tree(s) if row.path == world.path)
        street = units.add(s, Unit(name="红梁街道办事处", kind="partner", partner=True, parent_id=above)).id
    question = {
        "answer": "每平方米 18 元, 每年 11 月随工资发放。",
        "source": "《采暖费补贴办法》 (示例)",
        "from": "2025-01-01",
    }
    with hq.begin(boss) as s:
        clock_rules.replace(s, "policy", [{"code": "P1", "zh": "采暖费怎么补贴? (示例)", "aliases": question}])
    with hq.begin(clerk) as s:
        fitting = [
            one for one in issues.rows(s, list(issues.find(s, Query(chip="open")).ids)) if one.state == "accepted"
        ]
        for issue, days in zip(fitting, (3, -2), strict=False):
            day = today() - timedelta(days=5)
            due = today() - timedelta(days=days)
            given = issues.entrust(
                s, issue.id, street, text="请修好小区供热主管网", due_on=due, day=max(day, issue.day)
            )
            world.orders.append(given.number or "")


def _enrol(world: World, hq: Store, boss: Actor, name: str) -> None:
    from app.sync import enrolling, own

    folder = world.station if name == SITES[0] else world.folder / f"site{len(world.made)}"
    store = Store.create(folder, kind="site", login=enrolling.SETUP, password=PASSWORD)
    request = enrolling.write_request(store, world.folder, name)
    kind = "station" if name == SITES[0] else "site"
    approval = enrolling.approve_file(hq, boss, request.path, world.folder, paths=[world.path], kind=kind)
    world.leads[name], world.made[name] = enrolling.accept_file(store, approval[0]), store
    with store.read() as s:
        world.ids[name] = own.line(s).site_id


def _exchange(world: World, hq: Store, clerk: Actor, name: str) -> None:
    from app.sync import carrying

    place = world.folder / "送"
    place.mkdir(exist_ok=True)
    store, lead = world.made[name], world.leads[name]
    carrying.write_upload(store, lead, place)
    carrying.read_files(hq, clerk, [place])
    carrying.read_files(store, lead, carrying.write_answers(hq, clerk, place, [world.ids[name]]))


def _both_change(world: World, hq: Store, boss: Actor) -> uuid.UUID:
    """One person changed on both sides, and a visit that headquarters refuses."""
    from app.models.visits import Visit
    from app.services import people
    from app.services.listing import Query

    name = SITES[0]
    with world.made[name].read(world.leads[name]) as s:
        known = people.rows(s, list(people.find(s, Query(descending=False)).ids))
    person = next(one.id for one in known if one.phone)
    _edit(world.made[name], world.leads[name], person, phones=["13800000001"])
    _edit(hq, boss, person, phones=["13900000002"])
    with world.made[name].begin(world.leads[name]) as s:
        s.add(Visit(day=today(), way="home", path="/99/", summary="邻区住户反映噪声"))
    return person


def _edit(store: Store, who: Actor, person: uuid.UUID, **fields: Any) -> None:
    with store.begin(who) as s:
        for name, value in fields.items():
            setattr(s.get_one(Person, person), name, value)


def _visit(store: Store, lead: Actor, summary: str) -> None:
    from app.models.visits import Visit
    from app.services import visits

    someone: Sequence[dict[str, Any]] = [{"person": None, "name": lead.name}]
    with store.begin(lead) as s:
        made = Visit(
            day=today(), way="home", grid_id=lead.grid, visitors=list(someone), met=list(someone), summary=summary
        )  # fmt: skip
        visits.record(s, made)
