"""An existing headquarters moves from its file into a PostgreSQL database: whole and compared, or not at all."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.orm import Session

from app import logs, settings
from app.errors import StoreRefusal
from app.i18n import N_
from app.models import applying, backups, derived, postgres, searching, troubles
from app.models.base import Base, record_classes, table_of
from app.models.changes import Change
from app.models.progress import Progress, silent
from app.models.vault import Vault

if TYPE_CHECKING:
    from app.models.store import Store

#: Rows that are carried over at once.
_PIECE = 1000

_ALREADY = N_("总部的数据已经在数据库 {address} 里, 不用再搬。")
_DIFFERS = N_("搬到数据库里的数据与原来的不一致 ({what}), 没有切换。原来的数据没有动, 请清空那个库再试。")
_SITE = N_("只有总部的数据可以放进 PostgreSQL 数据库。")


def to_database(
    folder: Path,
    address: str,
    *,
    login: str = "",
    password: str = "",
    key: bytes | None = None,
    progress: Progress | None = None,
) -> int:
    """All of headquarters' records lie in the empty database, compared with the file row for row, and the folder's settings name
    it; says how many rows. The file stays as it was. Refused: a site's store, one in use, a database that holds something.

    Stopped at any moment before the settings are written, headquarters goes on with its file, and the database is empty again
    or can be emptied.
    """
    from app.models.store import Store

    address, chosen = postgres.checked(address), settings.load(folder)[0]
    vault = Vault.load(folder)
    if vault.kind != "hq":
        raise StoreRefusal("database_site", _SITE)
    if chosen.database:
        raise StoreRefusal("database_already", _ALREADY, address=chosen.database)
    key = key or vault.unlock(login, password)
    Store.unlock_with_key(folder, key).close()  # it is whole, and of this program's schema from here on
    backups.unused(folder, key)
    with troubles.named(folder), Store(folder, vault, key, None, "", address) as target:
        _take_over(target, address)
        with Store(folder, vault, key, None) as source:
            rows = _carried(source, target, progress or silent)
        if findings := backups.check(target):
            raise StoreRefusal("database_differs", _DIFFERS, what=findings[0])
        settings.save(folder, settings.changed(chosen, database=address))
        try:
            backups.unused(folder, key)
        except StoreRefusal:  # somebody opened the file meanwhile, and would go on in it
            settings.save(folder, chosen)
            raise
    logs.note("hq.moved", rows=rows)
    return rows


def _take_over(target: "Store", address: str) -> None:
    """The tables stand ready in the database; those that a move left empty when it was cut are taken over."""
    if not postgres.empty(target.engine, address):
        with target.engine.execution_options(fengge_reads=True).connect() as connection:
            if connection.exec_driver_sql("SELECT EXISTS (SELECT 1 FROM change)").scalar():
                raise postgres.used(address)
    target.lift(fresh=True)


def _carried(source: "Store", target: "Store", tell: Progress) -> int:
    """Everything is in the database once it has been compared there, in one transaction; nobody writes into the file meanwhile."""
    with source.engine.connect() as reading, reading.begin(), target.engine.connect() as writing, writing.begin():
        rows = _copy(reading, writing, tell)
        _index(reading, writing)
        _compare(reading, writing)
    return rows


def _copy(reading: Connection, writing: Connection, tell: Progress) -> int:
    """Every row of every table, in one transaction of the server; numbers that the database gives go on behind the last one."""
    tables = list(Base.metadata.sorted_tables)
    total = sum(int(reading.scalar(select(func.count()).select_from(table)) or 0) for table in tables)
    done = 0
    for table in reversed(tables):
        writing.execute(table.delete())
    for table in tables:
        rows = reading.execution_options(yield_per=_PIECE).execute(select(table)).mappings()
        for part in rows.partitions(_PIECE):
            writing.execute(insert(table), [dict(row) for row in part])
            done += len(part)
            tell(done, total, table.name)
    for table in tables:
        for column in table.primary_key:
            name = writing.scalar(
                text("SELECT pg_get_serial_sequence(:of, :in)"), {"of": f'"{table.name}"', "in": column.name}
            )
            if name:
                top = writing.scalar(select(func.max(column)))
                writing.execute(
                    text("SELECT setval(:name, :top, :called)"),
                    {"name": name, "top": top or 1, "called": top is not None},
                )
    return done


def _index(reading: Connection, writing: Connection) -> None:
    """The search finds in the database what it found in the file."""
    for name, model in record_classes().items():
        if not derived.searched(model):
            continue
        table = table_of(model)
        rows = reading.execution_options(yield_per=_PIECE).execute(select(table).order_by(table.c.id)).mappings()
        for part in rows.partitions(_PIECE):
            words = [(row["id"], None if row["voided_at"] else model.words(dict(row))) for row in part]
            searching.put_many(writing, name, words)


def _compare(reading: Connection, writing: Connection) -> None:
    """As many rows of each table on both sides, the same hash over all records, the same log. Refused otherwise."""
    for table in Base.metadata.sorted_tables:
        here, there = (one.scalar(select(func.count()).select_from(table)) for one in (reading, writing))
        if here != there:
            raise StoreRefusal("database_differs", _DIFFERS, what=f"{table.name}: {here} ≠ {there}")
    log = table_of(Change)
    with Session(reading) as before, Session(writing) as after:
        ours, theirs = applying.digest(before, [""]), applying.digest(after, [""])
        differ = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
        query = select(log.c.position, log.c.id, log.c.hash, log.c.salt, log.c.state).order_by(log.c.position)
        pairs = zip(before.execute(query), after.execute(query), strict=True)
        if differ or any(tuple(one) != tuple(other) for one, other in pairs):
            raise StoreRefusal("database_differs", _DIFFERS, what=", ".join(differ) or "change")
