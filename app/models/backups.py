"""Backups: checked, encrypted copies of a store with its keys, and the way back to one."""

import hashlib
import json
import shutil
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlcipher3 import dbapi2

from app import settings
from app.clock import local, now
from app.errors import StoreRefusal
from app.i18n import N_
from app.models import covers, durable, swap, troubles, upgrade
from app.models.engine import bare
from app.models.progress import Progress
from app.models.vault import Vault

if TYPE_CHECKING:
    from app.models.dumps import Tools
    from app.models.store import Store

#: The file of a backup of a database; of any other it is `swap.FILE`.
DUMP = "store.dump"
DAILY, WEEKLY, BEFORE_UPGRADES = 7, 4, 2
#: What a backup is called by while it is made, and while it is removed; the first belong to nobody after so many seconds.
_MAKING, _GOING, _ABANDONED = ".making-", ".going-", 24 * 3600
_LENGTH = "SELECT coalesce(max(position), 0) FROM change"

_BAD = N_("这份备份已损坏或不完整, 没有采用: {backup}。请改用另一份备份。")
_FOREIGN = N_("这份备份属于另一份数据, 不能恢复到这里: {backup}。请选本机的备份, 或恢复到一个空文件夹。")
_OF_DATABASE = N_("这份备份来自 PostgreSQL 数据库: {backup}。请用 --database 指明恢复到哪个库。")
_OF_FILE = N_("这份备份来自数据文件, 不是 PostgreSQL 数据库的: {backup}。请改选数据库的备份。")
_IN_USE = N_("数据还在使用中, 不能恢复: {folder}。请先关闭所有枫格窗口和服务。")


@dataclass(frozen=True)
class Backup:
    """One backup folder: which store, when, why, of which schema, with how many rows."""

    folder: Path
    store: uuid.UUID
    made_at: datetime
    why: str
    schema: int
    rows: int
    sha256: str
    size: int | None = None

    @property
    def whole(self) -> bool:
        """The copy lies here as large as it was made, and was not found damaged since."""
        if (self.folder / covers.DAMAGED).exists() or not self.file.exists():
            return False
        return self.size is None or self.file.stat().st_size == self.size

    @property
    def file(self) -> Path:
        """The copy itself: a dump of a database, or a store's file."""
        dump = self.folder / DUMP
        return dump if dump.exists() else self.folder / swap.FILE


def make(store: "Store", *, why: str = "daily", into: Path | None = None, progress: Progress | None = None) -> Backup:
    """A copy, opened and checked, lies in the backup folder, older ones thinned out. Refused: full, write-protected."""
    root = into or store.folder / "backups"
    moment = now()
    making = root / f"{_MAKING}{uuid.uuid4().hex}"
    with troubles.named(root):
        try:
            durable.folder(making)
            lives = covers.lives(store) if store.kind == "hq" else []
            copy = (_dump if store.database else _copy)(store, making, progress)
            about = {"store": store.id.hex, "made_at": moment.isoformat(), "why": why, "schema": copy.schema}
            about |= {"counts": copy.counts, "sha256": digest(copy.file), "size": copy.file.stat().st_size}
            about |= (
                {"heights": covers.heights(copy.heights), "log": [copy.length, lives]} if store.kind == "hq" else {}
            )
            about["seal"] = covers.seal(about, store.key)
            durable.replace(making / "keys.json", store.vault.data())
            durable.replace(making / "backup.json", json.dumps(about, indent=1).encode())
            made = _free(root / f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}-{why}")
            making.replace(made)
            durable.settle(root)
        finally:
            shutil.rmtree(making, ignore_errors=True)
        if why != "restore":
            covers.look_again(store, root)
            _thin_out(root, store.id)
    if store.kind == "hq" and copy.schema == upgrade.SCHEMA:
        covers.note(store, *([] if why == "restore" else [root]))
    return read(made)


@dataclass(frozen=True)
class _Copy:
    """One moment of a store, copied and found sound: its file, rows by table, schema, how far each line was taken, and how
    long the log was."""

    file: Path
    counts: dict[str, int]
    schema: int
    heights: list[tuple[uuid.UUID, uuid.UUID, int]]
    length: int


def read(folder: Path) -> Backup:
    """What the backup says of itself; refused if it is none."""
    try:
        about = json.loads((folder / "backup.json").read_bytes())
        return Backup(
            folder, uuid.UUID(hex=about["store"]), datetime.fromisoformat(about["made_at"]), str(about["why"]),
            int(about["schema"]), sum(about["counts"].values()), str(about["sha256"]), about.get("size"),
        )  # fmt: skip
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreRefusal("backup_bad", _BAD, backup=str(folder)) from error


def listed(root: Path) -> list[Backup]:
    """The backups of this folder, newest first; what is no backup is left out."""
    found = []
    for folder in root.glob("[!.]*/backup.json"):
        try:
            found.append(read(folder.parent))
        except StoreRefusal:
            continue
    return sorted(found, key=lambda backup: backup.made_at, reverse=True)


def due(store: "Store", into: Path | None = None) -> bool:
    """Whether no backup of this store was made today that is still whole."""
    mine = [b for b in listed(into or store.folder / "backups") if b.store == store.id and b.whole]
    return not mine or local(mine[0].made_at).date() != local(now()).date()


def kept(backups: Iterable[Backup]) -> set[Path]:
    """Which stay: the last of each of 7 days and of each of 4 weeks, and two from before upgrades."""
    newest = sorted(backups, key=lambda backup: backup.made_at, reverse=True)
    days: dict[object, Path] = {}
    weeks: dict[object, Path] = {}
    for backup in newest:
        day = local(backup.made_at).date()
        days.setdefault(day, backup.folder)
        weeks.setdefault(day.isocalendar()[:2], backup.folder)
    stay = set(list(days.values())[:DAILY]) | set(list(weeks.values())[:WEEKLY])
    return stay | set([b.folder for b in newest if b.why == "upgrade"][:BEFORE_UPGRADES])


def _thin_out(root: Path, store: uuid.UUID) -> None:
    """Those that need not stay are gone; one that is not whole takes nobody's place, and is left to be looked at.

    One that goes has another name first: a cut in the middle leaves no half that would be taken for a damaged backup. What
    such cuts have left lies about no longer.
    """
    old = now().timestamp() - _ABANDONED
    abandoned = [left for left in root.glob(f"{_MAKING}*") if left.stat().st_mtime < old]
    for left in (*abandoned, *root.glob(f"{_GOING}*")):
        shutil.rmtree(left, ignore_errors=True)
    mine = [backup for backup in listed(root) if backup.store == store and backup.whole]
    stay = kept(mine)
    for backup in mine:
        if backup.folder not in stay:
            going = backup.folder.replace(root / f"{_GOING}{backup.folder.name}")
            durable.settle(root)
            shutil.rmtree(going)


def restore(
    folder: Path,
    backup: Path,
    *,
    login: str = "",
    password: str = "",
    key: bytes | None = None,
    database: str = "",
    on_restored: Callable[[Session], None],
) -> Path | None:
    """The store is as it was at the backup, on a new epoch by `on_restored`; gives where the former one lies.

    A backup of a database goes into the database at this address, else into the one of the folder's settings.
    Refused: wrong password, damaged or foreign backup, store in use, full disk; the store is then as before.
    """
    from app.models.store import hold

    about = read(backup)
    database = database or settings.load(folder)[0].database
    if bool(database) != (about.file.name == DUMP):
        raise StoreRefusal("backup_other", _OF_DATABASE if not database else _OF_FILE, backup=str(backup))
    with troubles.named(folder):
        durable.folder(folder)
    theirs = Vault.load(backup)
    theirs.folder = folder
    vault = _vault(folder, theirs, backup)
    lock = hold(folder, vault.kind)
    try:
        key = key or vault.unlock(login, password)
        if database:
            with troubles.named(folder):
                return _restore_in(folder, about, vault, key, database, on_restored)
        unused(folder, key)
        with troubles.named(folder):
            _prepare(folder, about, vault, key, on_restored)
            vault.adopt(folder)
            swap.commit(folder)
            return swap.finish(folder)
    finally:
        if lock is not None:
            lock.release()


def _restore_in(
    folder: Path, about: Backup, vault: Vault, key: bytes, database: str, on_restored: Callable[[Session], None]
) -> Path | None:
    """What is in the database now is dumped aside first; all of it is exchanged in one transaction of the server."""
    from app.models import dumps, postgres
    from app.models.store import Store

    with Store(folder, vault, key, None, "", database) as present:
        by = dumps.tools(postgres.version(present.engine))
        _sound_dump(about, key, by)
        aside = _aside(present)
    dumps.put_back(by, postgres.checked(database), about.file, key)
    with Store(folder, vault, key, None, "", database) as store:
        store.lift(fresh=True)
        if findings := check(store):
            raise StoreRefusal("backup_bad", _BAD, backup=str(about.folder), findings=findings[:3])
        with store.begin() as session:
            on_restored(session)
        store.anchor()
    chosen, _ = settings.load(folder)
    settings.save(folder, settings.changed(chosen, database=database))
    vault.adopt(folder)
    return aside


def _sound_dump(about: Backup, key: bytes, by: "Tools") -> None:
    from app.models import dumps

    if digest(about.file) != about.sha256:
        raise StoreRefusal("backup_bad", _BAD, backup=str(about.folder))
    try:
        rows = sum(dumps.counts(by, about.file, key).values())
    except InvalidTag as error:
        raise StoreRefusal("backup_bad", _BAD, backup=str(about.folder)) from error
    if rows != about.rows:
        raise StoreRefusal("backup_bad", _BAD, backup=str(about.folder))


def _aside(present: "Store") -> Path | None:
    """A dump of what the database holds now; None for an empty one. Refused: in use, of another store, not ours."""
    from app.models import postgres

    if not postgres.free(present.engine):
        raise StoreRefusal("store_locked", _IN_USE, folder=str(present.folder))
    if postgres.empty(present.engine, present.database):
        return None
    postgres.belongs(present.engine, present.database, present.id)
    return make(present, why="restore", into=present.folder / "aside").folder


def _vault(folder: Path, theirs: Vault, backup: Path) -> Vault:
    """The key file to go on with: the present one (with its present passwords) if it is whole, else the backup's."""
    try:
        mine = Vault.load(folder)
    except StoreRefusal:
        return theirs
    if mine.store_id != theirs.store_id:
        raise StoreRefusal("backup_foreign", _FOREIGN, backup=str(backup))
    return mine


def unused(folder: Path, key: bytes) -> None:
    """Nothing if no other process has the store open; a damaged store counts as unused."""
    if not (folder / swap.FILE).exists():
        return
    connection = bare(folder / swap.FILE, key, wait=1)
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
    except dbapi2.DatabaseError as error:
        if "locked" in str(error):
            raise StoreRefusal("store_locked", _IN_USE, folder=str(folder)) from error
    finally:
        connection.close()


def _prepare(folder: Path, about: Backup, vault: Vault, key: bytes, on_restored: Callable[[Session], None]) -> None:
    from app.models.store import Store

    making = swap.begin(folder)
    shutil.copyfile(about.folder / swap.FILE, making)
    if digest(making) != about.sha256:
        raise StoreRefusal("backup_bad", _BAD, backup=str(about.folder))
    with Store(folder, vault, key, None, swap.MAKING) as store:
        if findings := check(store):
            raise StoreRefusal("backup_bad", _BAD, backup=str(about.folder), findings=findings[:3])
        store.lift(fresh=True)
        with store.begin() as session:
            on_restored(session)
        store.anchor()


def check(store: "Store", chain: Callable[[Session], Iterable[str]] | None = None) -> list[str]:
    """What is wrong with the store: damaged pages, broken trees, dangling references, broken chain; empty if sound."""
    if store.database:
        findings = _server_findings(store)
    else:
        connection = store.engine.raw_connection()
        try:
            findings = _findings(connection.driver_connection)
        finally:
            connection.close()
    if findings:
        store.engine.dispose()  # a connection that met a damaged page fails at everything from then on
    if chain is not None and not findings:
        with store.read() as session:
            findings += chain(session)
    return findings


def _findings(connection: Any) -> list[str]:
    try:
        # pages that a power cut tore on their way home are still whole in the write-ahead log; only the file is looked at
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        found = [str(row[0]) for row in connection.execute("PRAGMA cipher_integrity_check")]
        found += [str(row[0]) for row in connection.execute("PRAGMA quick_check") if row[0] != "ok"]
        if connection.execute("PRAGMA foreign_keys").fetchone()[0]:
            found += [f"foreign key {row[0]} {row[1]}" for row in connection.execute("PRAGMA foreign_key_check")]
        return found
    except dbapi2.DatabaseError as error:
        return [str(error)]


def _server_findings(store: "Store") -> list[str]:
    """Every row is read whole by the server; its references it watches itself."""
    try:
        with store.engine.execution_options(fengge_reads=True).connect() as connection:
            for table in _tables(connection):
                connection.exec_driver_sql(f'SELECT count(one::text) FROM "{table}" AS one')
            loose = "SELECT conrelid::regclass || ' ' || conname FROM pg_constraint WHERE NOT convalidated"
            found = [f"constraint {name}" for name in connection.exec_driver_sql(loose).scalars()]
            return found if upgrade.number(connection) else ["no tables"]
    except DBAPIError as error:
        refusal = troubles.told(error, store.folder)
        if refusal is None or refusal.code != "store_damaged":
            raise
        return [str(error.orig)]


def _dump(store: "Store", making: Path, progress: Progress | None) -> _Copy:
    """Dumps one moment of the database; the dump was read to its end and holds as many rows."""
    from app.models import dumps, postgres

    target = making / DUMP
    by = dumps.tools(postgres.version(store.engine))
    with store.engine.execution_options(fengge_reads=True).connect() as connection:
        snapshot = str(connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one())
        counts = {
            table: int(connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar_one())
            for table in _tables(connection)
        }
        rows = connection.exec_driver_sql("SELECT site_id, epoch, seq FROM height").all()
        length = int(connection.exec_driver_sql(_LENGTH).scalar_one())
        schema = upgrade.number(connection)
        size = int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
        tell = _told(progress)
        told = (lambda done: tell(0, max(size - done, 1), size)) if tell else (lambda done: None)
        dumps.write(by, postgres.checked(store.database), snapshot, target, store.key, told)
    durable.flush(target)
    if dumps.counts(by, target, store.key) != counts:
        raise StoreRefusal("store_damaged", troubles.SERVER_DAMAGED)
    return _Copy(target, counts, schema, [(site, epoch, seq) for site, epoch, seq in rows], length)


def _tables(connection: Connection) -> list[str]:
    names = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
    return list(connection.exec_driver_sql(names).scalars())


def _copy(store: "Store", making: Path, progress: Progress | None) -> _Copy:
    """Copies one moment of the store page by page; the copy was opened and found sound and equal in counts."""
    source, target, key = store.folder / swap.FILE, making / swap.FILE, store.key
    reading, writing = bare(source, key), bare(target, key)
    try:
        writing.execute("PRAGMA synchronous = FULL")
        reading.execute("BEGIN")
        counts = _counts(reading)
        rows = reading.execute("SELECT site_id, epoch, seq FROM height").fetchall()
        length = int(reading.execute(_LENGTH).fetchone()[0])
        reading.backup(writing, pages=4096, progress=_told(progress))
        reading.execute("ROLLBACK")
    finally:
        reading.close()
        writing.close()
    checking = bare(target, key)
    try:
        checking.execute("PRAGMA journal_mode = DELETE")  # one file is easier to carry than three
        if _findings(checking) or _counts(checking) != counts:
            raise StoreRefusal("store_damaged", troubles.DAMAGED, folder=str(source.parent))
        schema = int(checking.execute("PRAGMA user_version").fetchone()[0])
    finally:
        checking.close()
    durable.flush(target)
    heights = [(uuid.UUID(bytes=site), uuid.UUID(bytes=epoch), seq) for site, epoch, seq in rows]
    return _Copy(target, counts, schema, heights, length)


def _told(progress: Progress | None) -> Callable[[int, int, int], None] | None:
    if progress is None:
        return None
    return lambda status, remaining, total: progress(total - remaining, total, N_("正在备份"))


def _counts(connection: Any) -> dict[str, int]:
    tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    names = [row[0] for row in connection.execute(tables)]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def digest(file: Path) -> str:
    """The SHA-256 of the file in hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _free(folder: Path) -> Path:
    names = [folder, *(folder.with_name(f"{folder.name}-{n}") for n in range(2, 1000))]
    return next(name for name in names if not name.exists())
