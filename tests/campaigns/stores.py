"""The real code by chance: six sites and headquarters with real stores, and everything that can happen to them.

When it is over, clocks are right, programs are new and everybody exchanges: then nothing may be lost, doubled or stuck, and
every store shows the same. `story` tells the shortest run of the same dice that fails.
"""

import importlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

from sqlalchemy import func, select

from app import clock
from app.errors import Refusal
from app.models.anchor import Standing
from app.models.base import table_of
from app.models.batches import Waiting
from app.models.changes import Change, payload
from app.models.people import Household, Person
from app.models.upgrade import SCHEMA
from app.models.visits import Visit
from app.services import chaining, sites
from app.sync import collect, enrolling, epochs, exchange, lifting, own
from app.sync.checking import Checker
from tests.campaigns import Done, chance
from tests.campaigns.worlds import FIRST, SCOPES, SECOND, Place, Prepared, base_name, copied, gone, hurried, prepared
from tests.sync.conftest import Office

TITLE = "the real code: 6 sites and headquarters with real stores, 50 steps"
FULL, SMALL, DATABASES = 50_000, 60, ("sqlite", "postgresql")
STEPS = 50
START = datetime(2026, 12, 1, 1, tzinfo=UTC)
YEARS = timedelta(days=30 * 365)
SKEWS = (timedelta(), timedelta(), YEARS, -YEARS, timedelta(hours=3))
#: Packages that are kept aside instead of taken, and answers that come too early: refused, and no fault.
REFUSED = frozenset({"site_revoked", "certificate_expired", "site_unknown", "too_new", "feed_gap"})
#: What is compared row by row in every run; all tables are compared in one of ten.
TABLES: tuple[Any, ...] = (Visit, Person, Household)

#: Ordinary work, and how often it comes beside each of the faults.
WORK = {"visit": 4, "edit": 3, "void": 1, "hq_edit": 1, "send": 5, "carry": 6, "hear": 6, "backup": 1, "hq_backup": 1}
FAULTS = ("lose", "clock", "hq_clock", "restore", "image", "clone", "hq_restore", "move", "revoke", "newer", "hq_newer")
KINDS = (*(kind for kind, often in WORK.items() for _ in range(often)), *FAULTS)
#: A program that is ahead of this one writes rows of this schema.
AHEAD = SCHEMA + 1


@dataclass
class Laptop(Office):
    """A site's store on a machine of its own (with its anchor), whose clock may be wrong and whose program newer."""

    place: Place = None  # type: ignore[assignment]
    machine: Path = Path()
    path: str = FIRST
    skew: timedelta = timedelta()
    schema: int = SCHEMA


@dataclass
class Image:
    """A copy of a store: of the folder alone, or with the machine's anchor as an image of the whole disk has it."""

    number: int
    folder: Path
    machine: Path | None
    database: str = ""


@dataclass
class World:
    """One run under way."""

    folder: Path
    ready: Prepared
    chance: Random
    hq: Laptop
    laptops: list[Laptop]
    base: datetime = START
    papers: list[tuple[int, bytes]] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    hq_images: list[Image] = field(default_factory=list)
    revoked: list[tuple[int, Any]] = field(default_factory=list)
    retired: list[Laptop] = field(default_factory=list)
    spare: list[Place] = field(default_factory=list)
    lost: bool = False
    made: int = 0
    done: Done = field(default_factory=lambda: Done(steps=0))
    told: list[str] = field(default_factory=list)

    # --- who does it ---

    @contextmanager
    def at(self, office: Laptop) -> Iterator[Laptop]:
        """What follows happens on this machine: by its clock, with its anchor, in its program."""
        os.environ["XDG_STATE_HOME"] = os.environ["WIN_PD_OVERRIDE_LOCAL_APPDATA"] = str(office.machine)
        clock.set_clock(lambda: self.base + office.skew)
        knowing(office.schema)
        try:
            yield office
        finally:
            knowing(SCHEMA)
            clock.set_clock(None)

    def some(self) -> Laptop:
        return self.chance.choice(self.laptops)

    def step(self) -> None:
        self.base += timedelta(minutes=self.chance.choice((1, 30, 600)))
        kind = self.chance.choice(KINDS)
        what = getattr(self, kind)()
        self.done.steps += 1
        if what is not None:
            self.told.append(f"{kind}: {what}")
            if kind in FAULTS:
                self.done.faults[kind] += 1

    # --- work ---

    def visit(self) -> str:
        with self.at(self.some()) as site:
            site.visit(str(self.made), f"{site.path}01/")
        return name(site)

    def edit(self) -> str | None:
        person, what = self.chance.choice(self.ready.people), self.chance.choice(("note", "name", "phones"))
        with self.at(self.some()) as site:
            with site.store.read() as s:
                known = s.get(Person, person)
            if known is None or not known.path.startswith(site.path):
                return None
            value: object = [str(self.chance.random())] if what == "phones" else str(self.chance.random())
            site.edit(person, **{what: value})
        return f"{name(site)} sets {what} of {person.hex[-4:]}"

    def void(self) -> str | None:
        with self.at(self.some()) as site, site.store.begin(site.actor) as s:
            query = select(Visit).where(Visit.site == site.store.id, Visit.voided_at.is_(None)).order_by(Visit.id)
            mine = list(s.scalars(query))
            if not mine:
                return None
            self.chance.choice(mine).voided_at = clock.now()
        return name(site)

    def hq_edit(self) -> str:
        person = self.chance.choice(self.ready.people)
        with self.at(self.hq):
            self.hq.edit(person, note=str(self.chance.random()))
        return person.hex[-4:]

    def move(self) -> str:
        """A person moves to the grid of the other area: out of the scope of some sites, into that of others."""
        person = self.chance.choice(self.ready.people)
        with self.at(self.hq), self.hq.store.begin(self.hq.actor) as s:
            known = s.get_one(Person, person)
            to = SECOND if known.path.startswith(FIRST) else FIRST
            known.path, (known.grid_id, known.household_id) = f"{to}01/", self.ready.homes[to]
        return f"{person.hex[-4:]} to {to}"

    # --- on the way ---

    def send(self) -> str:
        with self.at(self.some()) as site, site.store.begin(site.actor) as s:
            most = self.chance.choice((2, 3, collect.MOST))
            header, data = exchange.pack(s, most=most)
            papers = [data]
            while most < collect.MOST and header.to_seq < own.line(s).seq and len(papers) < 3:
                header, data = exchange.pack(s, after=header.to_seq, most=most)
                papers.append(data)
        if len(papers) > 1:
            self.done.faults["split"] += 1
        self.papers += [(site.place.number, data) for data in papers]
        return f"{name(site)}, up to {header.to_seq} in {len(papers)}"

    def carry(self) -> str | None:
        if not self.papers:
            return None
        at = self.chance.randrange(len(self.papers))
        number, paper = self.papers[at]
        self._draw(self.papers, at)
        answers = self.take(paper)
        self.answers += [(number, answer) for answer in answers]
        return f"of S{number}: {len(answers)} answers"

    def take(self, paper: bytes) -> list[bytes]:
        """Headquarters' answers; none where it keeps the package aside."""
        with self.at(self.hq):
            try:
                answer = exchange.answer(self.hq.store, paper, self.hq.actor)
            except Refusal as refusal:
                assert refusal.code in REFUSED, refusal.code
                return []
        return [answer.file, *answer.more]

    def hear(self) -> str | None:
        if not self.answers:
            return None
        at = self.chance.randrange(len(self.answers))
        number, answer = self.answers[at]
        self._draw(self.answers, at)
        here = [laptop for laptop in self.laptops if laptop.place.number == number]
        if not here:
            return None
        with self.at(self.chance.choice(here)) as site:
            return f"{name(site)}: {self.heard(site, answer)}"

    def _draw(self, heap: list[tuple[int, bytes]], at: int) -> None:
        if at + 1 < len(heap):
            self.done.faults["stale receipt" if heap is self.answers else "reorder"] += 1
        if self.chance.random() < 0.6:
            heap.pop(at)
        else:
            self.done.faults["duplicate"] += 1  # stays in the heap: it comes again

    def heard(self, site: Laptop, answer: bytes) -> str:
        try:
            heard = exchange.hear(site.store, answer, site.actor)
        except Refusal as refusal:
            assert refusal.code in REFUSED, refusal.code
            return refusal.code
        return f"{[verdict.value for _receipt, verdict in heard.receipts]} {heard.taken}"

    def lose(self) -> str | None:
        heap = self.chance.choice((self.papers, self.answers))
        if not heap:
            return None
        heap.pop(self.chance.randrange(len(heap)))
        return "a paper" if heap is self.papers else "an answer"

    # --- machines ---

    def backup(self) -> str:
        site = self.some()
        self.made += 1
        folder = copied(site.store.folder, self.folder / f"image{self.made}")
        machine = shutil.copytree(site.machine, self.folder / f"disk{self.made}")
        self.images.append(Image(site.place.number, folder, machine))
        return name(site)

    def restore(self) -> str | None:
        """The store is put back on the machine that knows it was further: its anchor tells."""
        return self._put_back(whole=False)

    def image(self) -> str | None:
        """The whole disk is put back, and nothing tells."""
        return self._put_back(whole=True)

    def _put_back(self, whole: bool) -> str | None:
        here = {laptop.place.number for laptop in self.laptops}
        images = [image for image in self.images if image.number in here]
        if not images:
            return None
        image = self.chance.choice(images)
        site = self.chance.choice([laptop for laptop in self.laptops if laptop.place.number == image.number])
        if whole and image.machine is not None:
            shutil.rmtree(site.machine)
            shutil.copytree(image.machine, site.machine)
        self._exchange_store(site, image)
        with self.at(site):
            standing = site.store.standing if whole else epochs.settle_doubt(site.store)
        return f"{name(site)} {standing.value}"

    def _exchange_store(self, office: Laptop, image: Image) -> None:
        folder = office.store.folder
        with self.at(office):
            office.store.close()
            shutil.rmtree(folder)
            shutil.copytree(image.folder, folder)
            knowing(SCHEMA)  # what a newer program keeps is played with this one's tables
            office.store = office.place.opened(folder, image.database)

    def clone(self) -> str | None:
        if len(self.laptops) >= len(SCOPES) + 2:
            return None
        site = self.some()
        self.made += 1
        folder = copied(site.store.folder, self.folder / f"clone{self.made}")
        machine = shutil.copytree(site.machine, self.folder / f"machine{self.made}")
        twin = Laptop(site.store, site.actor, site.place, machine, site.path, schema=site.schema)
        with self.at(twin):
            knowing(SCHEMA)
            twin.store = twin.place.opened(folder)
        self.laptops.append(twin)
        return name(site)

    def hq_backup(self) -> str:
        self.made += 1
        folder = copied(self.hq.store.folder, self.folder / f"image{self.made}")
        database = ""
        if self.hq.store.database:
            from tests.postgres import server

            self.hq.store.engine.dispose()
            database = server().new(template=base_name(self.hq.store.database))
        self.hq_images.append(Image(-1, folder, None, database))
        return f"{self.made}"

    def hq_restore(self) -> str | None:
        if not self.hq_images or self.chance.random() < 0.5:
            return None
        self.lost = True
        image = self.chance.choice(self.hq_images)
        database = self._fresh_copy(image.database) if image.database else ""
        self._exchange_store(self.hq, Image(-1, image.folder, None, database))
        with self.at(self.hq), self.hq.store.begin() as s:
            epochs.after_restore(s)
        return image.folder.name

    def _fresh_copy(self, database: str) -> str:
        from tests.postgres import server

        self.hq.store.engine.dispose()
        server().done_with(self.hq.store.database)
        return server().new(template=base_name(database))

    def clock(self) -> str:
        site = self.some()
        site.skew = self.chance.choice(SKEWS)
        return f"{name(site)} {site.skew.days} days off"

    def hq_clock(self) -> str:
        self.hq.skew = self.chance.choice(SKEWS)
        return f"{self.hq.skew.days} days off"

    # --- programs and trust ---

    def newer(self) -> str:
        site = self.some()
        self._upgrade(site)
        return name(site)

    def hq_newer(self) -> str | None:
        if self.chance.random() < 0.5:
            return None
        self._upgrade(self.hq)
        return ""

    def _upgrade(self, office: Laptop) -> None:
        """A newer program opens the store and reads what was kept for it."""
        office.schema = AHEAD
        with self.at(office):
            lifting.at_start(office.store)

    def revoke(self) -> str | None:
        if not self.spare or self.chance.random() < 0.7:
            return None
        site = self.some()
        with self.at(self.hq), self.hq.store.begin(self.hq.actor) as s:
            if s.get(sites.Site, site.store.id) is None:
                return None  # headquarters was put back to a time before it knew it
            sites.revoke(s, site.store.id, "丢失")
        number = site.place.number
        self.retired += [laptop for laptop in self.laptops if laptop.place.number == number]
        self.revoked.append((number, site.store.id))
        self.laptops = [laptop for laptop in self.laptops if laptop.place.number != number]
        fresh = self._enrolled(self.spare.pop(), site.path)
        return f"{name(site)}, its people go on as {name(fresh)}"

    def _enrolled(self, place: Place, path: str) -> Laptop:
        fresh = opened(self.folder, place, path)
        with self.at(self.hq):
            asked = next((fresh.store.folder).glob(f"*{enrolling.REQUEST}"))
            approval, *_ = enrolling.approve_file(self.hq.store, self.hq.actor, asked, fresh.store.folder, paths=[path])
        with self.at(fresh):
            fresh.actor = enrolling.accept_file(fresh.store, approval)
        self.laptops.append(fresh)
        return fresh

    # --- the end ---

    def heal(self) -> None:
        """Clocks are right, programs new, who was revoked is so again; what lay about comes late; then all exchange."""
        for office in (self.hq, *self.laptops):
            office.skew = timedelta()
            self._upgrade(office)
        with self.at(self.hq):
            self._know_again()
        for _number, paper in self.papers:
            self.take(paper)
        for _round in range(8):
            if self._quiet():
                return

    def _quiet(self) -> bool:
        """Everybody has exchanged once, and nobody had anything new to say or to hear."""
        still = True
        for site in self.laptops:
            with self.at(site), site.store.begin(site.actor) as s:
                header, paper = exchange.pack(s)
            still = still and header.changes == 0
            for answer in self.take(paper):
                with self.at(site):
                    said = self.heard(site, answer)
                still = still and "taken" not in said.partition("]")[2] and "renew" not in said and "gap" not in said
        return still

    def _know_again(self) -> None:
        """Headquarters enrols and revokes again whom it has forgotten, and whom it enrolled under a wrong clock."""
        with self.hq.store.begin(self.hq.actor) as s:
            for _number, site in self.revoked:
                known = s.get(sites.Site, site)
                if known is not None and known.revoked_at is None:
                    sites.revoke(s, site, "丢失")
        forgotten = []
        for laptop in self.laptops:
            with self.hq.store.read() as s:
                known = s.get(sites.Site, laptop.store.id)
                if known is None or not (known.valid_from <= clock.today() <= known.valid_to):
                    forgotten.append(laptop)
        for laptop in forgotten:
            asked = next(laptop.store.folder.glob(f"*{enrolling.REQUEST}"))
            enrolling.approve_file(self.hq.store, self.hq.actor, asked, laptop.store.folder, paths=[laptop.path])

    def check(self, whole: bool) -> None:
        """Nothing is lost, doubled or stuck; every chain holds; who holds the same scope shows the same.

        After headquarters was put back a site may hold more: what others, put back as well, or headquarters itself wrote.
        """
        held = self.hq.ids(Visit)
        expected = {path: shown(self.hq, path) for path in (FIRST, SECOND)}
        with self.hq.store.read() as s:
            assert not self._of_ours(s), f"waits at headquarters for ever: {self._of_ours(s)}"
            assert not list(chaining.findings(s)), "headquarters' chain"
        for site in self.laptops:
            with site.store.read() as s:
                refused = set(s.scalars(select(Change.record).where(Change.state == "refused")))
                mine = set(s.scalars(select(Visit.id).where(Visit.site == site.store.id)))
                assert mine - refused <= held, f"lost: {name(site)}"
                assert collect.unconfirmed(s) == 0, f"stuck: {name(site)}"
                assert not list(chaining.findings(s)), f"chain: {name(site)}"
                assert not s.scalar(select(func.count()).select_from(Waiting)), f"waits for ever: {name(site)}"
            here, there = shown(site, site.path), expected[site.path]
            assert {key for key in there if key[0] == "visit"} <= here.keys(), f"not fed: {name(site)}"
            if not self.lost:
                differing = {key for key in here.keys() | there.keys() if here.get(key) != there.get(key)}
                assert not {key for key in differing if key[1] not in refused}, f"different: {name(site)} {differing}"
                if whole and not refused:
                    assert site.digest(site.path) == self.hq.digest(site.path), f"digest: {name(site)}"

    def _of_ours(self, s: Any) -> list[Any]:
        """What waits of sites that still report (of a revoked one, what it waited for may never come)."""
        ours = [laptop.store.id for laptop in self.laptops]
        return list(s.scalars(select(Waiting.why).where(Waiting.why != "refused", Waiting.site_id.in_(ours))))

    def close(self) -> None:
        for office in (self.hq, *self.laptops, *self.retired):
            with self.at(office):
                office.store.close()
        if self.hq.store.database:
            from tests.postgres import server

            for database in (self.hq.store.database, *(image.database for image in self.hq_images)):
                server().done_with(database)
        gone(self.folder)


def name(site: Laptop) -> str:
    return f"S{site.place.number}" + ("" if site.store.folder.name.startswith("S") else f" ({site.store.folder.name})")


def shown(office: Office, path: str) -> dict[tuple[str, Any], str]:
    """The rows of the compared tables in this scope, by table and record."""
    rows: dict[tuple[str, Any], str] = {}
    with office.store.read() as s:
        for model in TABLES:
            table = table_of(model)
            for row in s.execute(select(table).where(table.c.path.startswith(path))).mappings():
                rows[model.__tablename__, row["id"]] = payload(model, dict(row))
    return rows


#: Modules that know the schema of this program by name.
_KNOWING: list[ModuleType] = []


def knowing(schema: int) -> None:
    """The program of this process is of this schema."""
    if not _KNOWING:
        names = ("app.models.upgrade", *(f"app.sync.{one}" for one in ("checking", "collect", "exchange", "feed", "lifting")))  # fmt: skip
        _KNOWING.extend(module for module in map(importlib.import_module, names) if hasattr(module, "SCHEMA"))
    for module in _KNOWING:
        module.SCHEMA = schema  # type: ignore[attr-defined]
    Checker.__init__.__defaults__ = tuple(  # type: ignore[misc]
        schema if isinstance(value, int) else value for value in Checker.__init__.__defaults__ or ()
    )


def opened(folder: Path, place: Place, path: str, database: str = "") -> Laptop:
    """The copy of a store in the folder of a run, on a machine that knows it."""
    machine = folder / f"machine-{place.name}"
    os.environ["XDG_STATE_HOME"] = os.environ["WIN_PD_OVERRIDE_LOCAL_APPDATA"] = str(machine)
    store = place.opened(folder / place.name, database)
    store.standing = Standing.SAME
    store.doubted = None
    store.anchor()
    return Laptop(store, place.actor, place, machine, path)


def play(ready: Prepared, dice: Random, steps: int = STEPS, whole: bool = False) -> World:
    """One run of so many steps, healed, checked and swept away."""
    world = begun(ready, dice)
    try:
        for _ in range(steps):
            world.step()
        world.heal()
        world.check(whole)
    except BaseException as error:
        error.add_note("\n".join(world.told))
        raise
    finally:
        world.close()
    return world


def begun(ready: Prepared, dice: Random) -> World:
    """The prepared world, copied and open."""
    folder = ready.copy()
    database = ""
    if ready.hq.database:
        from tests.postgres import server

        database = server().new(template=base_name(ready.hq.database))
    hq = opened(folder, ready.hq, "", database)
    laptops = [opened(folder, place, SCOPES[place.number]) for place in ready.sites]
    return World(folder, ready, dice, hq, laptops, spare=list(ready.spare))


def case(number: int, seed: int, database: str) -> Done:
    """One run of fifty steps."""
    with hurried():
        return play(prepared(database), chance(seed, number), whole=number % 10 == 0).done


def story(number: int, seed: int, database: str) -> str:
    """The shortest run of the same dice that fails, step by step."""
    low, high, told = 1, STEPS, ""
    with hurried():
        while low <= high:  # a failure mostly stays once it is there; each try costs a second
            middle = (low + high) // 2
            try:
                play(prepared(database), chance(seed, number), middle, whole=number % 10 == 0)
            except AssertionError as error:
                told, high = "\n".join([*error.__notes__, str(error)]), middle - 1
            else:
                low = middle + 1
    return told
