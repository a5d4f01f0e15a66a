"""The real code by chance: six sites and headquarters with real stores, and everything that can happen to them.

When it is over, clocks are right, programs are new and everybody exchanges: then nothing may be lost, doubled or stuck, and
every store shows the same but for what it has purged. `story` tells the shortest run of the same dice that fails.
"""

import importlib
import io
import os
import shutil
import uuid
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
from app.models import covers
from app.models.anchor import Standing
from app.models.base import table_of
from app.models.batches import Height, Package, Waiting
from app.models.changes import Change, payload
from app.models.logged import Logged
from app.models.people import Household, Person
from app.models.upgrade import SCHEMA
from app.models.visits import Visit
from app.services import chaining, sites
from app.sync import (
    collect,
    comparing,
    enrolling,
    envelope,
    epochs,
    exchange,
    feed,
    lifting,
    own,
    purging,
    refusals,
    renewing,
    rotating,
    undoing,
)
from app.sync.checking import Checker
from tests.campaigns import Done, chance
from tests.campaigns.worlds import FIRST, SCOPES, SECOND, Place, Prepared, base_name, copied, gone, hurried, prepared
from tests.sync.conftest import Office

TITLE = "the real code: 6 sites and headquarters with real stores, 50 steps"
FULL, SMALL, DATABASES = 50_000, 500, ("sqlite", "postgresql")
STEPS, CODES = 50, 12
START = datetime(2026, 12, 1, 1, tzinfo=UTC)
YEARS = timedelta(days=30 * 365)
SKEWS = (timedelta(), timedelta(), YEARS, -YEARS, timedelta(hours=3))
#: Packages that are kept aside instead of taken, and answers that come too early: refused, and no fault.
REFUSED = frozenset({"site_revoked", "certificate_expired", "site_unknown", "too_new", "feed_gap"})
#: So far ahead that whatever was made under the wrongest clock is old enough to be purged.
OLD = YEARS + timedelta(days=400)
#: What the certificate of a site may name from now on.
AREAS = ([FIRST], [SECOND], [FIRST, SECOND])
#: What is compared row by row in every run; all tables are compared in one of ten.
TABLES: tuple[Any, ...] = (Visit, Person, Household)

#: Ordinary work, and how often it comes beside each of the faults.
WORK = {"visit": 4, "edit": 3, "void": 1, "hq_edit": 1, "send": 5, "carry": 6, "hear": 6, "backup": 1, "hq_backup": 1}
FAULTS = (
    "lose", "clock", "hq_clock", "restore", "image", "clone", "hq_restore", "move", "revoke", "newer", "hq_newer", "purge",
    "rescope", "rotate", "undo",
)  # fmt: skip
KINDS = (*(kind for kind, often in WORK.items() for _ in range(often)), *FAULTS)
#: A record by its table and id.
Key = tuple[str, Any]
#: A program that is ahead of this one writes rows of this schema.
AHEAD = SCHEMA + 1


@dataclass
class Laptop(Office):
    """A site's store on a machine of its own (with its anchor), whose clock may be wrong and whose program newer."""

    place: Place = None  # type: ignore[assignment]
    machine: Path = Path()
    skew: timedelta = timedelta()
    schema: int = SCHEMA


@dataclass
class Image:
    """A copy of a store: of the folder alone, or with the machine's anchor as an image of the whole disk has it."""

    number: int
    folder: Path
    machine: Path | None
    database: str = ""
    lines: dict[Any, int] = field(default_factory=dict)
    log: covers.Log = (0, [])


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
    scopes: dict[Any, list[str]] = field(default_factory=dict)
    #: Headquarters may go back to any backup it has: in half of the runs to all it ever made, else to the newest two.
    every_backup: bool = False
    lost: bool = False
    distrusted: bool = False
    rotated: int = 0
    #: The number of headquarters' keys that the sender of a package knew, by the answer to it.
    stated: dict[bytes, int] = field(default_factory=dict)
    late: list[Any] = field(default_factory=list)
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
            site.visit(str(self.made), f"{self.chance.choice(areas(site))}01/")
        return name(site)

    def edit(self) -> str | None:
        person, what = self.chance.choice(self.ready.people), self.chance.choice(("note", "name", "phones"))
        with self.at(self.some()) as site:
            with site.store.read() as s:
                known = s.get(Person, person)
            if known is None or not known.path.startswith(tuple(areas(site))):
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
        answers = [answer.file, *answer.more]
        self.stated.update(dict.fromkeys(answers, envelope.peek(io.BytesIO(paper)).knows[0]))
        return answers

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
        """What came of the answer; its signature is unknown only where it may be.

        It was signed by a key that is trusted no more, perhaps one that headquarters lost when it was put back, or it answers
        another life of this site (a twin, or what the store was before it was put back) that had said that it knows newer keys
        and so was not told of them.
        """
        try:
            heard = exchange.hear(site.store, answer, site.actor)
        except Refusal as refusal:
            with site.store.read() as s:
                former = envelope.peek(io.BytesIO(answer)).incarnation < own.identity(s).incarnation
                unknown = self.distrusted or former or own.hq(s).number < self.stated[answer]
            assert refusal.code in REFUSED | ({"signature_bad"} if unknown else set()), refusal.code
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
        twin = Laptop(site.store, site.actor, site.place, machine, schema=site.schema)
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
        if not self.every_backup:
            for old in self.hq_images[:-2]:
                self._let_go(old)
            self.hq_images = self.hq_images[-2:]
        with self.at(self.hq):
            with self.hq.store.read() as s:
                lines = [tuple(row) for row in s.execute(select(Height.site_id, Height.epoch, Height.seq))]
                self.hq_images[-1].log = (feed.length(s), own.lives(s))
            self.hq_images[-1].lines.update({(site, epoch): seq for site, epoch, seq in lines})
            covers.cover(self.hq.store, [one.lines for one in self.hq_images], [one.log for one in self.hq_images])
        return f"{self.made}"

    def _let_go(self, image: Image) -> None:
        if image.database:
            from tests.postgres import server

            server().done_with(image.database)

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

    def purge(self) -> str | None:
        """Old records leave a site, often right after it has heard that headquarters has two backups of them."""
        site = self.some()
        if self.chance.random() < 0.7:
            with self.at(site):
                site.visit(str(self.made), f"{areas(site)[0]}01/")
            self._exchange(site)
            self.hq_backup()
            self.hq_backup()
            self._exchange(site)
        skew, site.skew = site.skew, OLD
        try:
            with self.at(site):
                gone = purging.purge(site.store, site.actor)
        finally:
            site.skew = skew
        return f"{name(site)} {gone} records" if gone else None

    def _exchange(self, site: Laptop) -> tuple[int, list[str]]:
        """Up and down once: how many changes went up, and what came of each answer."""
        with self.at(site), site.store.begin(site.actor) as s:
            header, paper = exchange.pack(s)
        answers = self.take(paper)
        with self.at(site):
            return header.changes, [self.heard(site, answer) for answer in answers]

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
        fresh = self._enrolled(self.spare.pop(), self.scopes[site.store.id])
        return f"{name(site)}, its people go on as {name(fresh)}"

    def rescope(self) -> str | None:
        """A site is given another area, or one more, or one less, by its certificate."""
        site, paths = self.some(), self.chance.choice(AREAS)
        with self.at(self.hq), self.hq.store.begin(self.hq.actor) as s:
            if s.get(sites.Site, site.store.id) is None:
                return None
            renewing.renew(s, site.store.id, paths=paths)
        self.scopes[site.store.id] = paths
        return f"{name(site)} {' '.join(paths)}"

    def rotate(self) -> str | None:
        """Headquarters changes its keys, perhaps several times before any site hears of it.

        When a key is trusted no more, its former backups are not used again: they have only that key.
        """
        times = self.chance.choice((1, 1, 2, 3))
        if self.rotated + times > rotating.LINKS:
            return None  # a site that has missed more is enrolled again
        self.rotated += times
        distrust = self.chance.random() < 0.2
        with self.at(self.hq):
            for _ in range(times):
                with self.hq.store.begin(self.hq.actor) as s:
                    rotating.rotate(s, distrust=distrust)
        if distrust:
            self.distrusted = True
            self.hq_images.clear()
        return f"{times} times" + (", the former ones are trusted no more" if distrust else "")

    def undo(self) -> str | None:
        """A package that headquarters took is undone as a whole."""
        with self.at(self.hq), self.hq.store.begin(self.hq.actor) as s:
            query = select(Package.id).where(
                Package.direction == "in", Package.kind == "changes", Package.state == "taken",
                Package.undone_at.is_(None), Package.from_seq <= Package.to_seq,
            )  # fmt: skip
            taken = list(s.scalars(query.order_by(Package.at, Package.number, Package.site_id)))
            if not taken:
                return None
            done = undoing.undo(s, self.chance.choice(taken), "录错")
        return f"{done.total} records" if done.total else None

    def _enrolled(self, place: Place, paths: list[str]) -> Laptop:
        fresh = opened(self.folder, place)
        with self.at(self.hq):
            asked = next((fresh.store.folder).glob(f"*{enrolling.REQUEST}"))
            approval, *_ = enrolling.approve_file(self.hq.store, self.hq.actor, asked, fresh.store.folder, paths=paths)
        with self.at(fresh):
            fresh.actor = enrolling.accept_file(fresh.store, approval)
        self.laptops.append(fresh)
        self.scopes[fresh.store.id] = paths
        return fresh

    # --- the end ---

    def heal(self, whole: bool) -> None:
        """Clocks are right, programs new, who was revoked is so again; what lay about comes late; then all exchange.

        Who rests already exchanges again in the `whole` runs alone.
        """
        for office in (self.hq, *self.laptops):
            office.skew = timedelta()
            self._upgrade(office)
        with self.at(self.hq):
            self._know_again()
        self._knock()
        for _number, paper in self.papers:
            self.take(paper)
        for _round in range(8):
            for site in self.laptops:
                if whole or not self._rests(site):
                    self._exchange(site)
            if all(self._rests(site) for site in self.laptops):
                return

    def _rests(self, site: Laptop) -> bool:
        """The site has heard all of headquarters' log and nothing more to say, to ask or to compare."""
        with self.hq.store.read() as s:
            top, life = feed.length(s), own.identity(s).incarnation
        with self.at(site), site.store.read() as s:
            mine = own.identity(s)
            heard = (
                (mine.cursor, mine.incarnation) == (top, life)
                and mine.acked_seq == own.line(s).seq
                and not own.fact(s, "ask")
            )
            return heard and not collect.unconfirmed(s) and not comparing.due(s)

    def _knock(self) -> None:
        """Who was revoked goes on all the same, and is not let in."""
        for site in self.retired:
            with self.at(site), site.store.begin(site.actor) as s:
                paths = areas(site)
                header, paper = exchange.pack(s)
            self.late.append(uuid.UUID(hex=header.package))
            assert paths and not self.take(paper), f"revoked, and heard: {name(site)}"

    def _know_again(self) -> None:
        """Headquarters enrols and revokes again whom it has forgotten, and whom it enrolled under a wrong clock."""
        with self.hq.store.begin(self.hq.actor) as s:
            for _number, site in self.revoked:
                known = s.get(sites.Site, site)
                if known is not None and known.revoked_at is None:
                    sites.revoke(s, site, "丢失")
        for laptop in self.laptops:
            with self.hq.store.read() as s:
                forgotten = s.get(sites.Site, laptop.store.id) is None
            if forgotten:
                asked, paths = next(laptop.store.folder.glob(f"*{enrolling.REQUEST}")), self.scopes[laptop.store.id]
                enrolling.approve_file(self.hq.store, self.hq.actor, asked, laptop.store.folder, paths=paths)
        with self.hq.store.begin(self.hq.actor) as s:
            for site, paths in self.scopes.items():
                known = s.get(sites.Site, site)
                if known is None or known.revoked_at is not None or not known.valid_from or not known.valid_to:
                    continue
                if known.paths != paths or not known.valid_from <= clock.today() <= known.valid_to:
                    renewing.renew(s, site, paths=paths)

    def check(self, whole: bool) -> None:
        """Nothing is lost, doubled or stuck; every chain holds; who holds the same scope shows the same.

        After headquarters was put back a site may hold more: what others, put back as well, or headquarters itself wrote.
        """
        held = self.hq.ids(Visit)
        expected = {path: shown(self.hq, path) for path in (FIRST, SECOND)}
        with self.hq.store.read() as s:
            assert not self._of_ours(s), f"waits at headquarters for ever: {self._of_ours(s)}"
            assert not list(chaining.findings(s)), "headquarters' chain"
            aside = set(s.scalars(select(Package.state).where(Package.id.in_(self.late))))
            assert aside <= {"quarantined"}, f"of a revoked site: {aside}"
        for office in (self.hq, *self.laptops):
            self._check_counted(office)
        for site in self.laptops:
            with site.store.read() as s:
                refused = set(s.scalars(select(Change.record).where(Change.state == "refused")))
                mine = set(s.scalars(select(Visit.id).where(Visit.site == site.store.id)))
                away = set(s.scalars(select(Change.record).where(Change.payload.is_(None))))
                assert mine - refused <= held, f"lost: {name(site)}"
                assert collect.unconfirmed(s) == 0, f"stuck: {name(site)}"
                assert not list(chaining.findings(s)), f"chain: {name(site)}"
                assert not s.scalar(select(func.count()).select_from(Waiting)), f"waits for ever: {name(site)}"
            assert areas(site) == self.scopes[site.store.id], f"scope: {name(site)} {areas(site)}"
            for path in self.scopes[site.store.id]:
                self._check_shown(site, path, expected[path], refused, away, whole)

    def _check_counted(self, office: Laptop) -> None:
        """How many changes came from whom is what the log says."""
        query = select(Change.site, Change.table, func.count()).where(Change.site != office.store.id)
        with office.store.read() as s:
            said = s.execute(query.group_by(Change.site, Change.table)).all()
            counted = s.execute(select(Logged.site, Logged.of, Logged.number).where(Logged.number > 0)).all()
        assert set(said) == set(counted), f"counted: {office.store.folder.name}"

    def _check_shown(
        self, site: Laptop, path: str, there: dict[Key, str], refused: set[Any], away: set[Any], whole: bool
    ) -> None:
        here = shown(site, path)
        away -= {record for _table, record in here}
        self._check_purged(site, away - refused)
        assert {key for key in there if key[0] == "visit" and key[1] not in away} <= here.keys(), (
            f"not fed: {name(site)}"
        )
        if self.lost:
            return
        differing = {key for key in here.keys() | there.keys() if here.get(key) != there.get(key)}
        assert not {key for key in differing if key[1] not in refused | away}, f"different: {name(site)} {differing}"
        if whole and not refused:
            ours, theirs = site.digest(path), self.hq.digest(path)
            unlike = {table for table in ours.keys() | theirs.keys() if ours.get(table) != theirs.get(table)}
            assert unlike <= ({"visit"} if away else set()), f"digest: {name(site)} {unlike}"

    def _check_purged(self, site: Laptop, away: set[Any]) -> None:
        """What a site has purged headquarters has, and of what lies in the site's scope it knows the latest changes.

        What they were built upon a load leaves out, and what became of it after it left the scope is not told.
        """
        if not away:
            return
        query = select(Change.id, Change.record, Change.heads, Change.path).where(Change.record.in_(away))
        with self.hq.store.read() as s, site.store.read() as t:
            theirs = s.execute(query).all()
            known = set(t.scalars(select(Change.id).where(Change.record.in_(away))))
        overtaken, scope = {head for row in theirs for head in row.heads}, tuple(areas(site))
        latest = {row.id for row in theirs if row.id.hex not in overtaken and row.path.startswith(scope)}
        assert away <= {row.record for row in theirs}, f"purged, and lost: {name(site)}"
        assert self.lost or latest <= known, f"purged, and changed since: {name(site)}"

    def _of_ours(self, s: Any) -> list[Any]:
        """What waits of sites that still report (of a revoked one, what it waited for may never come)."""
        ours = [laptop.store.id for laptop in self.laptops]
        return list(
            s.scalars(select(Waiting.why).where(Waiting.why.not_in(refusals.REFUSED), Waiting.site_id.in_(ours)))
        )

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


def areas(site: Laptop) -> list[str]:
    """What the site may write, by its present certificate."""
    with site.store.read() as s:
        return [str(path) for path in own.identity(s).paths]


def shown(office: Office, path: str) -> dict[Key, str]:
    """The rows of the compared tables in this scope, by table and record."""
    rows: dict[Key, str] = {}
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


def opened(folder: Path, place: Place, database: str = "") -> Laptop:
    """The copy of a store in the folder of a run, on a machine that knows it."""
    machine = folder / f"machine-{place.name}"
    os.environ["XDG_STATE_HOME"] = os.environ["WIN_PD_OVERRIDE_LOCAL_APPDATA"] = str(machine)
    store = place.opened(folder / place.name, database)
    store.standing = Standing.SAME
    store.doubted = None
    store.anchor()
    return Laptop(store, place.actor, place, machine)


def play(ready: Prepared, dice: Random, steps: int = STEPS, whole: bool = False) -> World:
    """One run of so many steps, healed, checked and swept away."""
    world = begun(ready, dice)
    try:
        for _ in range(steps):
            world.step()
        world.heal(whole)
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
    hq = opened(folder, ready.hq, database)
    laptops = [opened(folder, place) for place in ready.sites]
    world = World(folder, ready, dice, hq, laptops, spare=list(ready.spare), every_backup=dice.random() < 0.5)
    world.scopes = {laptop.store.id: [SCOPES[laptop.place.number]] for laptop in laptops}
    return world


def case(number: int, seed: int, database: str) -> Done:
    """One run of fifty steps."""
    with hurried():
        return play(prepared(database, CODES), chance(seed, number), whole=number % 10 == 0).done


def story(number: int, seed: int, database: str) -> str:
    """The shortest run of the same dice that fails, step by step."""
    low, high, told = 1, STEPS, ""
    with hurried():
        while low <= high:  # a failure mostly stays once it is there; each try costs a second
            middle = (low + high) // 2
            try:
                play(prepared(database, CODES), chance(seed, number), middle, whole=number % 10 == 0)
            except AssertionError as error:
                told, high = "\n".join([*error.__notes__, str(error)]), middle - 1
            else:
                low = middle + 1
    return told
