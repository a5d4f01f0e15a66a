"""A long season at headquarters: hundreds of sites report for weeks, some are put back, headquarters as well.

The sites are light (a line of signed, sealed packages without a store behind it, judging receipts by the same rules);
headquarters is the real code with its real store. Measured are its memory, its queues and how much it takes in a second.
"""

import io
import json
import os
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from statistics import quantiles
from typing import Any

import msgspec
import psutil
from sqlalchemy import func, select

from app import clock
from app.models.batches import Waiting
from app.models.changes import Change, completed, payload
from app.models.sites import Site
from app.models.values import canonical, new_id
from app.models.visits import Visit
from app.sync import certificates, envelope, epochs, exchange, own, rules, seal, wire
from app.sync.batch import build
from app.sync.certificates import Certificate
from app.sync.keys import Keys
from app.sync.receipts import Receipt
from app.sync.rules import Own, Verdict
from app.sync.wire import WireChange
from tests.campaigns import Done, chance
from tests.campaigns.worlds import Place, base_name, copied, gone, hurried, prepared
from tests.sync.conftest import Office

TITLE = "a season at headquarters: many sites report every day, with restores; memory, queues, records a second"
#: Sites, days and records a site and day of each case; the last one is the whole: 500 sites, 60 days, a million records.
SIZES = ((5, 5, 8), (50, 10, 34), (100, 20, 34), (500, 60, 34))
SMALL, FULL, DATABASES = 1, len(SIZES), ("sqlite", "postgresql")
START = datetime(2026, 12, 1, 1, tzinfo=UTC)
#: A light site remembers so many of its last changes; headquarters' backups are never older.
REMEMBERED = 400


@dataclass
class Light:
    """A site without a store: its line, what it waits to have confirmed, and how far it has heard."""

    id: uuid.UUID
    path: str
    keys: Keys
    certificate: str = ""
    epoch: uuid.UUID = field(default_factory=new_id)
    line: dict[int, WireChange] = field(default_factory=dict)
    tip: int = 0
    acked: int = 0
    incarnation: int = 1
    cursor: int = 0
    lives: list[tuple[str, int]] = field(default_factory=list)
    made: set[str] = field(default_factory=set)

    def record(self, count: int, at: datetime, dice: Random) -> None:
        """So many visits were recorded, some of them corrections of the last one."""
        for _ in range(count):
            last = self.line.get(self.tip)
            if last is not None and dice.random() < 0.2:
                row = {**(last.row or {}), "summary": f"更正{self.tip}"}
                self._write(last.record, last.base + 1, [last.change_id], row, ["summary"], last.at + 1, at)
                continue
            given = {"path": self.path, "site": self.id, "created_at": at, "day": at.date(), "way": "home"}
            row = json.loads(payload(Visit, completed(Visit, given | {"summary": f"走访{self.tip}, 家里都好"})))
            self._write(new_id().hex, 0, [], row, sorted(row), (int(at.timestamp() * 1000) << 16) + self.tip, at)

    def _write(
        self, record: str, base: int, heads: list[str], row: dict[str, Any], fields: list[str], at: int, when: datetime
    ) -> None:
        change = new_id().hex
        self.made.add(change)
        self._stamp(
            WireChange(
                change_id=change, site=self.id.hex, epoch=self.epoch.hex, seq=1, txn=new_id().hex, table="visit",
                record=record, base=base, fields=fields, path=self.path, at=at, device_at=str(canonical(when)), schema=2,
                heads=heads, row=row, salt=os.urandom(16).hex(),
            )
        )  # fmt: skip

    def _stamp(self, change: WireChange) -> None:
        before = self.line.get(self.tip)
        self.tip += 1
        draft = msgspec.structs.replace(
            change, epoch=self.epoch.hex, seq=self.tip, prev=before.hash if before else "00" * 32, hash=""
        )
        self.line[self.tip] = msgspec.structs.replace(draft, hash=wire.link(draft).hex())
        self.line.pop(self.tip - REMEMBERED, None)

    def pack(self, audience: uuid.UUID, recipients: list[str]) -> bytes:
        """The package of all that is unconfirmed."""
        run = [self.line[seq] for seq in range(self.acked + 1, self.tip + 1)]
        before = self.line.get(self.acked)
        batch = build(
            run, kind="changes", site=self.id, epoch=self.epoch, audience=[audience], schema=2,
            prev=bytes.fromhex(before.hash) if before else bytes(32), after=self.acked, incarnation=self.incarnation,
            cursor=self.cursor, lives=self.lives,
        )  # fmt: skip
        return seal.seal(batch, self.keys, recipients)

    def hear(self, receipt: Receipt, file: bytes) -> Verdict:
        """The receipt is settled by the rules, and the feed behind it counts as taken."""
        ack = receipt.height.ack(receipt.incarnation)
        mine = Own(self.epoch, self.tip, self.incarnation)
        if rules.stale(ack, mine):
            return Verdict.IGNORED
        if rules.reborn(ack, mine):
            self.incarnation, self.acked = ack.incarnation, 0
        verdict = rules.judge(ack, mine, self._hash_at)
        if verdict is Verdict.BELIEVED:
            self.acked = max(self.acked, ack.seq)
        elif verdict is Verdict.RENEW:
            self.renew()
        header = envelope.peek(io.BytesIO(file[-envelope.peek(io.BytesIO(file)).enclosed_size :]))
        self.cursor, self.lives = header.cursor, [(name, at) for name, at in header.lives]
        return verdict

    def _hash_at(self, seq: int) -> bytes | None:
        return bytes(32) if seq == 0 else bytes.fromhex(self.line[seq].hash) if seq in self.line else None

    def renew(self) -> None:
        waiting = [change for seq, change in self.line.items() if seq > self.acked]
        self.epoch, self.line, self.tip, self.acked = new_id(), {}, 0, 0
        for change in waiting:
            self._stamp(change)

    def image(self) -> tuple[Any, ...]:
        return (
            self.epoch,
            dict(self.line),
            (self.tip, self.acked, self.incarnation, self.cursor),
            list(self.lives),
            set(self.made),
        )

    def put_back(self, image: tuple[Any, ...]) -> None:
        self.epoch, line, (self.tip, self.acked, self.incarnation, self.cursor), lives, made = image
        self.line, self.lives, self.made = dict(line), list(lives), set(made)


@dataclass
class Season:
    """One soak under way."""

    place: Place
    office: Office
    sites: list[Light]
    dice: Random
    audience: uuid.UUID
    recipients: list[str]
    now: datetime = START
    done: Done = field(default_factory=lambda: Done(steps=0))
    times: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    speeds: list[float] = field(default_factory=list)

    def day(self, records: int) -> None:
        """Everybody records; most report, some twice."""
        self.now += timedelta(days=1)
        took, before = 0.0, self.done.steps
        for site in self.sites:
            site.record(records, self.now, self.dice)
            self.done.steps += records
            if self.dice.random() < 0.1:
                continue
            took += self.exchange(site)
            if self.dice.random() < 0.05:
                self.done.faults["duplicate"] += 1
                took += self.exchange(site)
        self.speeds.append((self.done.steps - before) / max(took, 1e-9))
        self.memory.append(psutil.Process().memory_info().rss / 2**20)

    def exchange(self, site: Light) -> float:
        """One package and its answer; the seconds headquarters took."""
        data = site.pack(self.audience, self.recipients)
        start = time.perf_counter()
        answer = exchange.answer(self.office.store, data, self.office.actor, pieces=1)
        self.times.append(time.perf_counter() - start)
        if site.hear(answer.receipt, answer.file) is Verdict.RENEW:
            self.done.faults["new epoch"] += 1
        return self.times[-1]

    def restore_headquarters(self, image: Any) -> None:
        """Headquarters is as it was at the image, in a new life."""
        folder, database = self.office.store.folder, self.office.store.database
        self.office.store.close()
        gone(folder)
        copied(image[0], folder)
        if database:
            from tests.postgres import server

            database = server().new(template=base_name(image[1]))
        self.office.store = self.place.opened(folder, database)
        with self.office.store.begin() as s:
            epochs.after_restore(s)
        self.done.faults["hq_restore"] += 1

    def image(self, number: int) -> tuple[Any, str]:
        store = self.office.store
        if not store.database:
            with store.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            return copied(store.folder, store.folder.with_name(f"image{number}")), ""
        from tests.postgres import server

        store.engine.dispose()
        return copied(store.folder, store.folder.with_name(f"image{number}")), server().new(
            template=base_name(store.database)
        )


def enrolled(office: Office, count: int) -> tuple[list[Light], uuid.UUID, list[str]]:
    """So many light sites, each with a grid of its own, certified by headquarters."""
    sites = [Light(new_id(), f"/PS1/G{number:03d}/", Keys.new()) for number in range(count)]
    with office.store.begin(office.actor) as s:
        known, keys = own.hq(s), own.keys(s)
        for serial, site in enumerate(sites, 1000):
            certificate = Certificate(
                serial=serial, site=site.id.hex, name=site.path, code=f"L{serial}", kind="site", paths=[site.path],
                roles=["member"], sign=site.keys.public.sign, age=site.keys.public.age, valid_from=date(2026, 1, 1),
                valid_to=date(2029, 1, 1), hq_key=known.fingerprint,
            )  # fmt: skip
            site.certificate = certificates.issue(certificate, keys)
            s.add(
                Site(
                    id=site.id, name=site.path, code=f"L{serial}", paths=[site.path], certificate=site.certificate,
                    serial=serial, valid_from=date(2026, 1, 1), valid_to=date(2029, 1, 1),
                )
            )  # fmt: skip
        mine = own.identity(s)
        top = s.scalar(select(func.max(Change.position))) or 0
        for site in sites:
            site.incarnation, site.cursor, site.lives = mine.incarnation, top, own.lives(s)
        return sites, uuid.UUID(hex=known.site), [known.age, known.recovery]


def season(number: int, seed: int, database: str, sites: int, days: int, records: int) -> tuple[Done, Season]:
    """A season of this size, checked at its end."""
    ready, dice = prepared(database), chance(seed, number)
    folder, address = ready.copy(ready.hq), ""
    if ready.hq.database:
        from tests.postgres import server

        address = server().new(template=base_name(ready.hq.database))
    office = Office(ready.hq.opened(folder / ready.hq.name, address), ready.hq.actor)
    lights, audience, recipients = enrolled(office, sites)
    run = Season(ready.hq, office, lights, dice, audience, recipients)
    clock.set_clock(lambda: run.now)
    try:
        _through(run, days, records)
        _check(run)
    finally:
        clock.set_clock(None)
        run.office.store.close()
        gone(folder)
    return run.done, run


def _through(run: Season, days: int, records: int) -> None:
    image, images = run.image(0), {site.id: site.image() for site in run.sites}
    for day in range(1, days + 1):
        run.day(records)
        if day % 20 == min(10, days - 2):
            run.restore_headquarters(image)
        if day % 2 == 0:
            image = run.image(day)
        for site in run.dice.sample(run.sites, max(1, len(run.sites) // 100)):
            run.done.faults["image"] += 1
            site.put_back(images[site.id])
        images = {site.id: site.image() for site in run.sites}
    for _ in range(4):
        for site in run.sites:
            run.exchange(site)


def _check(run: Season) -> None:
    """Nothing is stuck and nothing lost: what a site made and still knows of is at headquarters, once."""
    with run.office.store.read() as s:
        left = s.execute(select(Waiting.why, func.count()).group_by(Waiting.why)).all()
        held = {one.hex for one in s.scalars(select(Change.id).where(Change.table == "visit"))}
    assert not left, f"waits for ever: {left}"
    for site in run.sites:
        assert site.acked == site.tip, f"stuck: {site.path}"
        missing = site.made - held
        assert not missing, f"lost: {len(missing)} of {site.path}"


def told(run: Season) -> str:
    """The figures in a sentence."""
    times, quarter = sorted(run.times), max(1, len(run.memory) // 4)
    first, last = run.speeds[:quarter], run.speeds[-quarter:]
    return (
        f"{run.done.steps:,} records in {len(times):,} packages of {len(run.sites)} sites; "
        f"{run.done.steps / sum(times):,.0f} records/s, {len(times) / sum(times):.1f} packages/s at headquarters, "
        f"p99 of an answer {quantiles(times, n=100)[98] * 1000:,.0f} ms; "
        f"first quarter {sum(first) / len(first):,.0f} records/s, last {sum(last) / len(last):,.0f}; "
        f"memory {run.memory[quarter - 1]:,.0f} MB after a quarter, {run.memory[-1]:,.0f} MB at the end"
    )


def case(number: int, seed: int, database: str) -> Done:
    """One season; its memory must not grow with what has been taken."""
    with hurried():
        done, run = season(number, seed, database, *SIZES[number])
    done.said = told(run)
    quarter = max(1, len(run.memory) // 4)
    assert run.memory[-1] <= run.memory[quarter - 1] * 1.25 + 96, done.said
    done.faults = Counter(done.faults)
    return done
