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

from sqlalchemy.orm import Session
from sqlcipher3 import dbapi2

from app.clock import local, now
from app.errors import StoreRefusal
from app.i18n import N_
from app.models import durable, swap, troubles
from app.models.engine import bare
from app.models.vault import Vault

if TYPE_CHECKING:
    from app.models.store import Store

DAILY, WEEKLY, BEFORE_UPGRADES = 7, 4, 2

_BAD = N_("这份备份已损坏或不完整, 没有采用: {backup}。请改用另一份备份。")
_FOREIGN = N_("这份备份属于另一份数据, 不能恢复到这里: {backup}。请选本机的备份, 或恢复到一个空文件夹。")
_IN_USE = N_("数据还在使用中, 不能恢复: {folder}。请先关闭所有枫格窗口和服务。")


#: Called with pages done, pages in all and a label; whatever it raises ends the backup and leaves none.
Progress = Callable[[int, int, str], None]


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


def make(store: "Store", *, why: str = "daily", into: Path | None = None, progress: Progress | None = None) -> Backup:
    """A copy, opened and checked, lies in the backup folder, older ones thinned out. Refused: full, write-protected."""
    root = into or store.folder / "backups"
    moment = now()
    making = root / f".making-{uuid.uuid4().hex}"
    with troubles.named(root):
        try:
            making.mkdir(mode=0o700, parents=True)
            counts, schema = _copy(store.folder / swap.FILE, making / swap.FILE, store.key, progress)
            about = {"store": store.id.hex, "made_at": moment.isoformat(), "why": why, "schema": schema}
            about |= {"counts": counts, "sha256": _digest(making / swap.FILE)}
            durable.replace(making / "keys.json", store.vault.data())
            durable.replace(making / "backup.json", json.dumps(about, indent=1).encode())
            made = _free(root / f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}-{why}")
            making.replace(made)
            durable.settle(root)
        finally:
            shutil.rmtree(making, ignore_errors=True)
        _thin_out(root, store.id)
    return read(made)


def read(folder: Path) -> Backup:
    """What the backup says of itself; refused if it is none."""
    try:
        about = json.loads((folder / "backup.json").read_bytes())
        return Backup(
            folder, uuid.UUID(hex=about["store"]), datetime.fromisoformat(about["made_at"]), str(about["why"]),
            int(about["schema"]), sum(about["counts"].values()), str(about["sha256"]),
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
    """Whether no backup of this store was made today."""
    mine = [b for b in listed(into or store.folder / "backups") if b.store == store.id]
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
    mine = [backup for backup in listed(root) if backup.store == store]
    stay = kept(mine)
    for backup in mine:
        if backup.folder not in stay:
            shutil.rmtree(backup.folder)


def restore(
    folder: Path,
    backup: Path,
    *,
    login: str = "",
    password: str = "",
    key: bytes | None = None,
    on_restored: Callable[[Session], None],
) -> Path | None:
    """The store is as it was at the backup, on a new epoch by `on_restored`; gives where the former one lies.

    Refused: wrong password, damaged or foreign backup, store in use, full disk; the store is then as before.
    """
    from app.models.store import hold

    about = read(backup)
    with troubles.named(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    theirs = Vault.load(backup)
    theirs.folder = folder
    vault = _vault(folder, theirs, backup)
    lock = hold(folder, vault.kind)
    try:
        key = key or vault.unlock(login, password)
        _unused(folder, key)
        with troubles.named(folder):
            _prepare(folder, about, vault, key, on_restored)
            vault.adopt(folder)
            swap.commit(folder)
            return swap.finish(folder)
    finally:
        if lock is not None:
            lock.release()


def _vault(folder: Path, theirs: Vault, backup: Path) -> Vault:
    """The key file to go on with: the present one (with its present passwords) if it is whole, else the backup's."""
    try:
        mine = Vault.load(folder)
    except StoreRefusal:
        return theirs
    if mine.store_id != theirs.store_id:
        raise StoreRefusal("backup_foreign", _FOREIGN, backup=str(backup))
    return mine


def _unused(folder: Path, key: bytes) -> None:
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
    if _digest(making) != about.sha256:
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
        found = [str(row[0]) for row in connection.execute("PRAGMA cipher_integrity_check")]
        found += [str(row[0]) for row in connection.execute("PRAGMA quick_check") if row[0] != "ok"]
        if connection.execute("PRAGMA foreign_keys").fetchone()[0]:
            found += [f"foreign key {row[0]} {row[1]}" for row in connection.execute("PRAGMA foreign_key_check")]
        return found
    except dbapi2.DatabaseError as error:
        return [str(error)]


def _copy(source: Path, target: Path, key: bytes, progress: Progress | None) -> tuple[dict[str, int], int]:
    """Copies one moment of the store page by page; the copy was opened and found sound and equal in counts."""
    reading, writing = bare(source, key), bare(target, key)
    try:
        writing.execute("PRAGMA synchronous = FULL")
        reading.execute("BEGIN")
        counts = _counts(reading)
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
    return counts, schema


def _told(progress: Progress | None) -> Callable[[int, int, int], None] | None:
    if progress is None:
        return None
    return lambda status, remaining, total: progress(total - remaining, total, N_("正在备份"))


def _counts(connection: Any) -> dict[str, int]:
    tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    names = [row[0] for row in connection.execute(tables)]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _free(folder: Path) -> Path:
    names = [folder, *(folder.with_name(f"{folder.name}-{n}") for n in range(2, 1000))]
    return next(name for name in names if not name.exists())
