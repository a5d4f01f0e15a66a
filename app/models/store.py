"""The store: one encrypted file in a folder, opened with a password, read and written in whole transactions.

Headquarters' records may lie in a database of PostgreSQL instead; its keys, settings and files stay in the folder.
"""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Engine, bindparam, delete, func, select, update
from sqlalchemy.orm import Session, sessionmaker
from sqlcipher3 import dbapi2

from app import logs, settings
from app.clock import now
from app.errors import StoreRefusal
from app.i18n import N_
from app.models import anchor, durable, swap, troubles, upgrade
from app.models.anchor import Standing
from app.models.base import table_of
from app.models.engine import LONGEST_WAIT, connect, gate
from app.models.sites import Identity, Line
from app.models.values import new_id
from app.models.vault import Cost, Kind, Vault

_LINE = select(table_of(Line))
_MOVED = update(table_of(Line)).values(hlc=bindparam("to"))
_LOCKED = N_("这份数据正在另一个枫格窗口中使用: {folder}。请先关闭那个窗口。")


class Store:
    """An open store. A site's is held by one process; headquarters' may be open in several."""

    def __init__(
        self,
        folder: Path,
        vault: Vault,
        key: bytes,
        lock: FileLock | None,
        file: str = swap.FILE,
        database: str = "",
    ) -> None:
        self.folder = folder
        #: The address of the database; "" for a file.
        self.database = database
        self.vault = vault
        self.key = key
        self._lock = lock
        self._writing = threading.Lock()
        self._closed = False
        self._anchored = file == swap.FILE
        #: How the store stood to this machine's anchor when it was opened; all but SAME ask for a new epoch.
        self.standing = Standing.SAME
        #: This opening brought the store to the program's schema.
        self.lifted = False
        #: The epoch that stood so: nothing is remembered of it any more.
        self.doubted: uuid.UUID | None = None
        self.engine = self._connected(folder / file)
        self._reader = self.engine.execution_options(fengge_reads=True)
        self.sessions = sessionmaker(self.engine, expire_on_commit=False)
        _install_changes(self.sessions)

    def _connected(self, file: Path) -> Engine:
        if not self.database:
            return connect(file, self.key, whole=self.kind == "hq")
        from app.models import postgres

        return postgres.connect(postgres.checked(self.database, self.kind), self.key)

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        kind: Kind,
        login: str,
        password: str,
        recovery: str | None = None,
        cost: Cost | None = None,
        database: str = "",
    ) -> "Store":
        """A new, empty store with one account, open. Refused over a former store and where nothing can be written.

        With the address of an empty database the records lie there, and the folder's settings name it.
        """
        gate(dbapi2.sqlite_version_info)
        with troubles.named(folder):
            durable.folder(folder)
        lock = hold(folder, kind)
        try:
            vault, key = Vault.create(folder, kind, login, password, recovery, cost)
            with troubles.named(folder):
                (_build_file if not database else _build_in)(folder, vault, key, database)
            return cls(folder, vault, key, lock, database=database)._ready()
        except BaseException:
            _let_go(lock)
            raise

    @classmethod
    def open(cls, folder: Path, *, login: str, password: str, database: str = "") -> "Store":
        """The folder's store, of this program's schema. Refused: wrong password, locked, too new, damaged, no store.

        An address given here goes before the one in the folder's settings.
        """
        return cls._open(folder, lambda vault: vault.unlock(login, password), database)

    @classmethod
    def unlock_with_key(cls, folder: Path, key: bytes, database: str = "") -> "Store":
        """The folder's store, opened with the recovered key itself. Refused as `open` does."""
        return cls._open(folder, lambda vault: key, database)

    @classmethod
    def _open(cls, folder: Path, key_of: Callable[[Vault], bytes], database: str) -> "Store":
        gate(dbapi2.sqlite_version_info)
        vault = Vault.load(folder)
        lock = hold(folder, vault.kind)
        try:
            key = key_of(vault)
            database = database or settings.load(folder)[0].database
            if not database:
                swap.finish(folder)
                if not (folder / swap.FILE).is_file():
                    raise StoreRefusal("store_damaged", troubles.DAMAGED, folder=str(folder))
            return cls(folder, vault, key, lock, database=database)._ready()
        except BaseException:
            _let_go(lock)
            raise

    def _ready(self) -> "Store":
        try:
            with troubles.named(self.folder):
                if self.database:
                    self._belongs()
                self.lift()
                known = anchor.remembered(self.id)  # before the line: another process may go on between the two
                line = self._line()
                self.standing = anchor.judged(known, line.epoch, _reach(line))
                self.doubted = None if self.standing is Standing.SAME else line.epoch
        except BaseException:
            self.engine.dispose()
            raise
        return self

    def _belongs(self) -> None:
        from app.models import postgres

        postgres.belongs(self.engine, self.database, self.id)

    def lift(self, fresh: bool = False) -> None:
        """The schema is this program's, a copy made before unless the file is fresh; refused: newer, unreadable, empty."""
        before = (lambda: None) if fresh else self._copy_before_upgrade
        if upgrade.run(self.engine, self.folder, before, fresh):
            self.engine.dispose()  # connections opened before have read the former schema
            self.lifted = not fresh

    @property
    def kind(self) -> Kind:
        """hq or site."""
        return self.vault.kind

    @property
    def id(self) -> uuid.UUID:
        """The store's id, the same in every copy and backup of it."""
        return self.vault.store_id

    @contextmanager
    def begin(self, actor: Any = None) -> Iterator[Session]:
        """One writing transaction in this person's name: all of it is on the disk at the end, or nothing."""
        with self._named(), self._turn(), self._session(self.engine, actor) as session:
            yield session
            if self.kind == "hq":
                session.flush()
                _live(session)
            session.commit()
            if self._anchored and "line" in session.info:
                line = session.info["line"]
                self._remember(line["epoch"], line["hlc" if self.kind == "hq" else "seq"], durable=False)

    @contextmanager
    def read(self, actor: Any = None) -> Iterator[Session]:
        """One moment's view of the store for this person; nothing can be written through it."""
        with self._named(writing=False), self._session(self._reader, actor) as session:
            yield session

    @contextmanager
    def _named(self, writing: bool = True) -> Iterator[None]:
        try:
            with troubles.named(self.folder, writing):
                yield
        except StoreRefusal:
            self.engine.dispose()  # a connection that met a damaged page fails at everything from then on
            raise

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Writers of this process queue here; between processes SQLite would poll."""
        if not self._writing.acquire(timeout=LONGEST_WAIT):
            raise StoreRefusal("store_busy", troubles.BUSY, folder=str(self.folder))
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def _session(self, engine: Engine, actor: Any) -> Iterator[Session]:
        info: dict[Any, Any] = {"actor": actor, "store": self, "changed_tables": set()}
        with self.sessions(bind=engine, info=info) as session:
            session.connection()
            yield session

    def close(self) -> None:
        """Statistics are fresh, all connections closed, and another process may open the store. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        try:
            with troubles.named(self.folder):
                if self._anchored:
                    self.anchor()
                if not self.database:
                    self._optimize()
        except StoreRefusal as refusal:
            logs.fault("store.close", refusal)  # statistics only: nothing of the user's is lost
        finally:
            self.engine.dispose()
            _let_go(self._lock)

    def anchor(self) -> None:
        """This machine remembers how far the store is; not while a line that stood wrongly at opening is still in use."""
        line = self._line()
        self._remember(line.epoch, _reach(line), durable=True)

    def _remember(self, epoch: uuid.UUID, reach: int, durable: bool) -> None:
        if epoch == self.doubted:
            return
        try:
            anchor.drop(self.id, epoch, reach, durable=durable)
        except OSError as error:  # the rows are safe already; without its anchor the store takes a new epoch next time
            logs.fault("anchor.drop", error)

    def _line(self) -> Line:
        with self.read() as session:
            return session.scalars(select(Line)).one()

    def _optimize(self) -> None:
        connection = self.engine.raw_connection()
        try:
            connection.info["fengge_reads"] = False
            cursor = connection.cursor()
            cursor.execute("PRAGMA query_only = OFF")
            cursor.execute("PRAGMA optimize")
            cursor.close()
        finally:
            connection.close()

    def add_login(self, login: str, password: str, cost: Cost | None = None) -> None:
        """One more account opens this store. Refused: login taken, password too short."""
        self.vault.add(self.key, login, password, cost)

    def remove_login(self, login: str) -> None:
        """The account no longer opens this store. Refused: unknown, the last one."""
        self.vault.remove(login)

    def rename_login(self, login: str, new: str) -> None:
        """The account signs in under the new login with its old password. Refused: unknown, taken."""
        self.vault.rename(self.key, login, new)

    def change_password(self, login: str, old: str, new: str) -> None:
        """Only the new password opens from now on. Refused: wrong old one, new one too short."""
        self.vault.change_password(login, old, new)

    def reset_password(self, login: str, new: str) -> None:
        """The account has this password whatever it was; who may do so is the caller's to judge."""
        self.vault.set_password(self.key, login, new)

    def set_recovery(self, recipient: str) -> None:
        """Headquarters can open this store with its recovery key (age1…). Refused if it is no such key."""
        self.vault.set_recovery(self.key, recipient)

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _copy_before_upgrade(self) -> None:
        from app.models import backups

        backups.make(self, why="upgrade")


def _reach(line: Line) -> int:
    """How far the store is, for its anchor: headquarters' by hybrid time, for most of what it takes is not of its own line."""
    return line.hlc if line.kind == "hq" else line.seq


def _live(session: Session) -> None:
    """Headquarters' hybrid time moves with every commit, whatever it wrote."""
    line = session.info.get("line") or dict(session.connection().execute(_LINE).mappings().one())
    line["hlc"] = max(int(now().timestamp() * 1000) << 16, line["hlc"] + 1)
    session.connection().execute(_MOVED, {"to": line["hlc"]})
    session.info["line"] = line


def _build_file(folder: Path, vault: Vault, key: bytes, _: str) -> None:
    """The file first, then its keys: a cut before the keys leaves nothing that anybody could miss."""
    swap.abandon(folder)
    swap.begin(folder)
    with Store(folder, vault, key, None, swap.MAKING) as store:
        store.lift(fresh=True)
        with store.begin() as session:
            _begin_line(session, vault)
        store.anchor()
    swap.commit(folder)
    vault.adopt(folder)
    swap.finish(folder)


def _build_in(folder: Path, vault: Vault, key: bytes, database: str) -> None:
    """The tables first, then the keys: tables that no keys belong to and nobody has written in are taken over."""
    from app.models import postgres

    with Store(folder, vault, key, None, "", database) as store:
        store.lift(fresh=True)
        with store.begin() as session:
            if session.scalar(select(func.max(Line.seq))):
                raise postgres.used(database)
            session.execute(delete(Line))
            session.execute(delete(Identity))
            _begin_line(session, vault)
        store.anchor()
    chosen, _ = settings.load(folder)
    settings.save(folder, settings.changed(chosen, database=database))
    vault.adopt(folder)


def _begin_line(session: Session, vault: Vault) -> None:
    session.add(Line(site_id=vault.store_id, epoch=new_id(), kind=vault.kind))
    session.add(Identity())


def hold(folder: Path, kind: Kind) -> FileLock | None:
    """A site's folder belongs to this process from now on; headquarters' is shared."""
    if kind == "hq":
        return None
    lock = FileLock(folder / "store.lock", timeout=0, thread_local=False)  # opened beside the window, closed by it
    with troubles.named(folder):
        try:
            lock.acquire()
        except Timeout as error:
            raise StoreRefusal("store_locked", _LOCKED, folder=str(folder)) from error
    return lock


def _let_go(lock: FileLock | None) -> None:
    if lock is not None:
        lock.release()


def _install_changes(sessions: "sessionmaker[Session]") -> None:
    """Every change writes itself down (the hook lives with the change log)."""
    from app.models import changes

    changes.install(sessions)
