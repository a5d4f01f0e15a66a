"""A headquarters and a site of its own, each with a desk: for the tests of 同步 and 收件."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.models.accounts import Actor
from app.models.people import Person
from app.models.store import Store
from app.models.visits import Visit
from app.services import visits
from app.settings import Settings
from app.sync import carrying, enrolling, own
from app.ui.desk import Desk, Notice
from app.ui.places import Places
from app.ui.tasks import Tasks
from tests import prepared
from tests.factories import CHEAP, PASSWORD, Plant, account, headquarters

NAME = "采油一作业区值班室"


@dataclass
class Pair:
    """Headquarters, its site, and the stick between them."""

    plant: Plant
    store: Store
    lead: Actor
    stick: Path

    def visit(self, summary: str = "入户了解采暖情况") -> None:
        """One visit recorded at the site."""
        with self.store.begin(self.lead) as s:
            visits.record(s, self.plant.visit(summary=summary))

    def stray(self) -> None:
        """A visit that headquarters will refuse: it lies outside the site's scope."""
        with self.store.begin(self.lead) as s:
            s.add(Visit(day=self.plant.visit().day, way="home", path="/99/", summary="邻区住户"))

    def edit(self, at_site: bool, **fields: Any) -> None:
        """张三 is changed at the site or at headquarters."""
        store, actor = (self.store, self.lead) if at_site else (self.plant.store, self.plant.boss)
        with store.begin(actor) as s:
            person = s.scalars(select(Person).where(Person.id == self.plant.zhang)).one()
            for name, value in fields.items():
                setattr(person, name, value)

    def upload(self) -> Path:
        """The site's package on the stick."""
        (path,) = carrying.write_upload(self.store, self.lead, self.stick).paths
        return path

    def answer(self) -> list[Path]:
        """Headquarters takes the stick and writes its answers onto it."""
        carrying.read_files(self.plant.store, self.plant.boss, [self.stick])
        with self.store.read() as s:
            site = own.line(s).site_id
        return carrying.write_answers(self.plant.store, self.plant.boss, self.stick, [site])

    def close(self) -> None:
        """Both stores are closed."""
        self.store.close()
        self.plant.store.close()

    def desk(self, at_site: bool, folder: Path, **settings: Any) -> Desk:
        """A desk at one end; close its tasks at the end."""
        store, actor = (self.store, self.lead) if at_site else (self.plant.store, self.plant.boss)
        made = Desk(Tasks(store, actor), actor, Settings(**settings), Places(folder / f"window{at_site}.json"))
        made.store = store
        return made


def pair(folder: Path) -> Pair:
    """A small plant's headquarters and a site enrolled for its area, both open, copied from those this process made before."""
    kept = _kept()
    stick = folder / "stick"
    stick.mkdir()
    plant = replace(kept.plant, store=prepared.copied(kept.plant.store, folder / "hq"))
    return replace(kept, plant=plant, store=prepared.copied(kept.store, folder / "site"), stick=stick)


@cache
def _kept() -> Pair:
    folder = prepared.shelf() / "pair"
    folder.mkdir()
    plant = headquarters(folder / "hq")
    account(plant, "lead1", "lead", "孙组长")
    with plant.store.begin() as s:
        enrolling.make_hq_keys(s)
    store = Store.create(folder / "site", kind="site", login=enrolling.SETUP, password=PASSWORD, cost=CHEAP)
    request = enrolling.write_request(store, folder, NAME)
    (approval,) = enrolling.approve_file(plant.store, plant.boss, request.path, folder, paths=[plant.path])
    made = Pair(plant, store, enrolling.accept_file(store, approval), folder)
    prepared.keep(plant.store)
    prepared.keep(store)
    return made


def heard(desk: Desk) -> list[Notice]:
    """What the desk says from now on."""
    notices: list[Notice] = []
    desk.noticed.connect(notices.append)
    return notices


def settled(desk: Desk, qtbot: QtBot) -> None:
    """What was asked of pool and lane has been delivered."""
    for _turn in range(2):
        qtbot.waitUntil(lambda: not desk.tasks.busy, timeout=20_000)
        arrived: list[bool] = []
        desk.tasks.read(lambda _s: True, arrived.append, owner=desk)
        qtbot.waitUntil(lambda arrived=arrived: bool(arrived), timeout=20_000)  # type: ignore[misc]
