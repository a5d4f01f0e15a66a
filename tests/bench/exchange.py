"""The exchange of a site with headquarters by files and over HTTP (goals 7, 8), and headquarters taking small packages (goal 10).

The goals are set against PouchDB and Anki, which are not at hand here; the baseline is the least that any carrier must
do: the same rows as JSON, compressed, flushed to a file, read back and inserted into a table with the same indexes.
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from unittest.mock import patch

import zstandard
from sqlalchemy import select

from app.models.accounts import Account, Actor
from app.models.changes import Change, bulk
from app.models.store import Store
from app.models.units import Unit
from app.models.visits import Visit
from app.services import accounts
from app.sync import client, collect, enrolling, exchange, own, quiet
from tests.bench import Figure, seconds
from tests.bench.wire import wire
from tests.bench.world import CHEAP, PASSWORD, Asked, Place, Said, Twin, Writes, place
from tests.conftest import fresh_database
from tests.hq.serving import running
from tests.postgres import binaries

_AGAINST = "JSON + zstd + raw insert of the same rows"


@dataclass
class Pair:
    """Headquarters and an enrolled site with somebody signed in at each."""

    hq: Place
    site: Store
    clerk: Actor

    def record(self, count: int, seed: int) -> None:
        """So many visits are recorded at the site."""
        with self.site.begin(self.clerk) as s:
            bulk(s, Visit, self.hq.visits(count, seed))

    def go(self) -> list[int]:
        """Up and down once, whole; the bytes of each file."""
        with self.site.begin(self.clerk) as s:
            _, data = exchange.pack(s)
        answer = exchange.answer(self.hq.store, data, self.hq.boss)
        for file in (answer.file, *answer.more):
            exchange.hear(self.site, file, self.clerk)
        return [len(data), len(answer.file), *map(len, answer.more)]


@contextmanager
def pair(folder: Path, database: str = "") -> Iterator[Pair]:
    """Headquarters with one site of its area."""
    with place(folder / "hq", database) as hq:
        with hq.store.begin() as s:
            enrolling.make_hq_keys(s)
        with hq.store.begin(hq.boss) as s:
            area = s.scalars(select(Unit.id).where(Unit.path == hq.path)).one()
            accounts.create(s, Account(login="lead", name="张三", role="lead", unit_id=area, grid_id=hq.grids[0]))
        with enrolled(hq, folder / "site") as (site, clerk):
            yield Pair(hq, site, clerk)


@contextmanager
def enrolled(hq: Place, folder: Path) -> Iterator[tuple[Store, Actor]]:
    """A site of headquarters' area with somebody signed in."""
    site = Store.create(folder, kind="site", login="setup", password=PASSWORD, cost=CHEAP)
    try:
        asked = enrolling.write_request(site, folder, "采油一作业区")
        approval, *_ = enrolling.approve_file(hq.store, hq.boss, asked.path, folder, paths=[hq.path])
        yield site, enrolling.accept_file(site, approval)
    finally:
        site.close()


def figures(full: bool) -> Iterator[Figure]:
    """Seconds and bytes for 10,000 records, 100 changes and nothing, durable on both ends."""
    many = 10_000 if full else 2_000
    with tempfile.TemporaryDirectory() as name, pair(Path(name)) as both:
        writes, twin = Writes(both.hq.store), Twin(both.hq.store, Path(name) / "twin.db")
        both.go()
        few = _over_http(both)
        for count, label in ((many, f"{many:,} new records"), (100, "100 changes")):
            ours, base, sent, plain = [], [], [], []
            for round_ in range(5):
                both.record(count, seed=count + round_)
                rows = _unsent(both)
                writes.take()
                start = time.perf_counter()
                sent.append(both.go())
                ours.append(time.perf_counter() - start)
                said = writes.take(lambda statement: statement.startswith("INSERT INTO visit "))
                start = time.perf_counter()
                plain.append(_plain(rows, Path(name) / "plain", twin, said))
                base.append(time.perf_counter() - start)
            yield Figure(f"exchange of {label} by file", median(ours), median(base), against=_AGAINST)
            up = median(one[0] for one in sent) / count
            yield Figure(
                f"bytes up a change, {label}", up, median(plain) / count, "B", against="JSON + zstd of the same rows"
            )
        nothing, asked = [], Asked(both.hq.store, both.site)
        idle = [seconds(lambda: nothing.append(both.go())) * 1000 for _ in range(7)]
        yield Figure("exchange of nothing, statements on both sides", asked.take() / 7, None, "statements")
        yield Figure("exchange of nothing by file", median(idle), None, "ms")
        yield Figure("exchange of nothing, bytes up by file", nothing[-1][0], None, "B")
        yield Figure("exchange of nothing, bytes down by file", nothing[-1][1], None, "B")
        idle = _over_http(both)
        against = f"before the {5 * (many + 100):,} records of this run"
        yield Figure("exchange of nothing over HTTP", idle.ms, few.ms, "ms", against=against)
        yield Figure("statements on both sides", idle.statements, few.statements, "statements", against=against)
        yield Figure("requests", idle.requests, None, "", most=1)
        yield Figure("bytes up with all heads", idle.up, None, "B", most=300)
        yield Figure("bytes down with all heads", idle.down, None, "B", most=300)
        yield Figure("bytes of bodies, both ways", idle.bodies, None, "B", most=300)
        whole = _over_http(both, whole=True)
        yield Figure("the whole exchange in its place", whole.ms, None, "ms")
        yield Figure("statements of it on both sides", whole.statements, None, "statements")
        yield Figure("requests of it", whole.requests, None, "")
        yield Figure("bytes of it with all heads, both ways", whole.up + whole.down, None, "B")
        twin.close()


@dataclass(frozen=True)
class Idle:
    """An exchange of nothing over HTTP, as the line carries it (TLS aside): medians of its rounds."""

    ms: float
    statements: float
    requests: int
    up: int
    down: int
    bodies: int


def _over_http(both: Pair, rounds: int = 15, *, whole: bool = False) -> Idle:
    """Measured on a real server; `whole`: as if the site could not ask in short."""
    times, question = [], (lambda s: None) if whole else quiet.question
    with running(both.hq.store) as url, wire(url) as line, patch.object(quiet, "question", question):
        for _time in range(3):
            client.exchange(both.site, both.clerk, line.url)
        asked = Asked(both.hq.store, both.site)
        for _round in range(rounds):
            line.clear()
            start = time.perf_counter()
            done = client.exchange(both.site, both.clerk, line.url)
            times.append((time.perf_counter() - start) * 1000)
        statements, requests = asked.take() / rounds, line.up.count(b" HTTP/1.1\r\n")
        return Idle(median(times), statements, requests, len(line.up), len(line.down), done.bytes_up + done.bytes_down)


def _unsent(both: Pair) -> list[str]:
    with both.site.read() as s:
        return list(s.scalars(select(Change.payload).where(Change.state == "open").order_by(Change.seq)))


def _plain(rows: list[str], file: Path, twin: Twin, said: list[Said]) -> int:
    data = zstandard.compress("\n".join(rows).encode(), 3)
    with file.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    for line in zstandard.decompress(file.read_bytes()).split(b"\n"):
        json.loads(line)
    twin.say(said)
    return len(data)


def applying(full: bool) -> Iterator[Figure]:
    """Milliseconds for headquarters to take a package of 100 records with its receipt, against the same rows said raw.

    What goes down with the answer is no part of this. Then as the server takes what lies in its inbox, many packages in one
    commit, without answers.
    """
    count, groups, group = 200 if full else 40, 5, 50 if full else 20
    with tempfile.TemporaryDirectory() as name, pair(Path(name)) as both:
        both.go()
        both.go()
        both.record((count + groups * group) * 100, seed=9)
        packages = _packages(both, count + groups * group)
        writes, twin = Writes(both.hq.store), Twin(both.hq.store, Path(name) / "twin.db")
        ours, base, asked = [], [], Asked(both.hq.store)
        for data in packages[:count]:
            ours.append(seconds(exchange.answer, both.hq.store, data, both.hq.boss, pieces=0) * 1000)
            said = writes.take(_rows_and_log)
            base.append(seconds(twin.say, said) * 1000)
        statements = asked.take() / count
        grouped, raw = [], []
        for at in range(count, len(packages), group):
            grouped.append(seconds(exchange.take_all, both.hq.store, packages[at : at + group]) * 1e6 / (group * 100))
            said = writes.take(_rows_and_log)
            raw.append(seconds(twin.say, said) * 1e6 / (group * 100))
        twin.close()
    against = "raw inserts of the same rows and log, one commit a package"
    yield Figure(
        "headquarters takes a package of 100 records", median(ours[5:]), median(base[5:]), "ms", 3, against=against
    )
    yield Figure("statements for it", statements, None, "statements")
    yield Figure("a record taken at headquarters", median(ours[5:]) * 10, None, "µs", most=1e6 / 13_000 * 2)
    name = f"a record taken at headquarters, {group} packages in one commit"
    yield Figure(
        name,
        median(grouped),
        median(raw),
        "µs",
        3,
        1e6 / 13_000 * 2,
        "raw inserts of the same rows and log, one commit",
    )
    yield from on_postgresql(full)


def on_postgresql(full: bool) -> Iterator[Figure]:
    """Microseconds for headquarters on PostgreSQL to take a record, many packages in one commit, against `COPY` of the same rows."""
    groups, group = 5, 50 if full else 20
    if binaries() is None:
        return
    with (
        fresh_database("postgresql") as database,
        tempfile.TemporaryDirectory() as name,
        pair(Path(name), database) as both,
    ):
        both.go()
        both.go()
        both.record(groups * group * 100, seed=9)
        packages, copies = _packages(both, groups * group), Copies(both.hq.store)
        ours, base = [], []
        for at in range(0, len(packages), group):
            with both.hq.store.begin() as s:
                s.connection().exec_driver_sql("ANALYZE")  # as a server does by itself after so many rows
            ours.append(seconds(exchange.take_all, both.hq.store, packages[at : at + group]) * 1e6 / (group * 100))
            base.append(copies.copy() * 1e6 / (group * 100))
    name = f"a record taken on PostgreSQL, {group} packages in one commit"
    yield Figure(
        name, median(ours), median(base), "µs", 3, 1e6 / 13_000 * 2, "COPY of the same rows into the same tables"
    )


class Copies:
    """Copies of the tables that taking visits fills, with the same rows and indexes, to be filled by `COPY`."""

    TABLES = {"change": "position", "visit": "id", "search_record": "place"}

    def __init__(self, store: Store) -> None:
        self._engine = store.engine
        with self._engine.begin() as connection:
            for table in self.TABLES:
                connection.exec_driver_sql(f"CREATE TABLE copied_{table} (LIKE {table} INCLUDING ALL)")
                connection.exec_driver_sql(f"INSERT INTO copied_{table} SELECT * FROM {table}")

    def copy(self) -> float:
        """The copies have all rows again that the tables have; the seconds that `COPY` and its commit took."""
        with self._engine.begin() as connection:
            cursor, rows = connection.connection.cursor(), dict[str, bytes]()
            for table, key in self.TABLES.items():
                new = f"SELECT * FROM {table} WHERE {key} NOT IN (SELECT {key} FROM copied_{table})"
                with cursor.copy(f"COPY ({new}) TO STDOUT") as out:
                    rows[table] = b"".join(out)
        start = time.perf_counter()
        with self._engine.begin() as connection:
            for table, data in rows.items():
                with connection.connection.cursor().copy(f"COPY copied_{table} FROM STDIN") as copy:
                    copy.write(data)
        return time.perf_counter() - start


def _rows_and_log(statement: str) -> bool:
    return statement.startswith(
        ("INSERT INTO visit ", "INSERT INTO change ", "INSERT INTO search", "INSERT OR REPLACE")
    )


def _packages(both: Pair, count: int) -> list[bytes]:
    packages: list[bytes] = []
    with both.site.begin(both.clerk) as s:
        after = own.identity(s).acked_seq
        while len(packages) < count and collect.unconfirmed(s):
            header, data = exchange.pack(s, after=after, most=100)
            after = header.to_seq
            packages.append(data)
    return packages
