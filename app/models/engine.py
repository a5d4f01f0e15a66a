"""Connections to an encrypted store file: keyed, durable, and on an SQLite that is safe."""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import LRUCache
from sqlcipher3 import dbapi2

from app.errors import StoreRefusal
from app.i18n import N_

#: Before 3.51.3 two connections could corrupt a write-ahead log between them.
OLDEST_SQLITE = (3, 51, 3)
#: How many compiled statements are kept for all stores of this process.
STATEMENTS = 1000
#: Seconds a writer waits for another one before it is told that the store is busy.
LONGEST_WAIT = 10

_OLD_SQLITE = N_("本机的数据库组件太旧 ({version}), 可能损坏数据, 所以没有打开。请重新安装枫格。")
_PRAGMAS = (
    "PRAGMA cipher_log_level = NONE",  # a damaged page is told by our own refusal, not on the terminal
    "PRAGMA cipher_memory_security = OFF",  # ON made reading half as slow again; guarding swap is the system's task
    "PRAGMA cache_size = -65536",
    "PRAGMA trusted_schema = OFF",
    f"PRAGMA busy_timeout = {LONGEST_WAIT * 1000}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # NORMAL lost acknowledged rows in 487 of 500 power cuts
    "PRAGMA wal_autocheckpoint = 10000",
)


def connect(file: Path, key: bytes, *, whole: bool = True) -> Engine:
    """An engine on the encrypted file; connections are keyed, durable (FULL) and begin their transactions openly.

    A `whole` store holds everything its records refer to and is held to it; a site's scope is a part of the whole.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(file)),
        module=dbapi2,
        poolclass=QueuePool,
        pool_use_lifo=True,  # one lane keeps to one connection and its warm cache
        max_overflow=20,
        connect_args={"check_same_thread": False, "isolation_level": None},
        json_serializer=as_json,
        json_deserializer=msgspec.json.decode,
        hide_parameters=True,  # what was typed must not reach a log or a crash report
        execution_options={"compiled_cache": _compiled()},
    )
    engine.dialect = _dialect()

    @event.listens_for(engine, "connect", insert=True)
    def _keyed(connection: DBAPIConnection, _: Any) -> None:
        unlock(connection, key)
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if whole else 'OFF'}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = bool(connection.get_execution_options().get("fengge_reads"))
        cursor = connection.connection.cursor()
        if connection.info.get("fengge_reads", False) != reads:
            cursor.execute(f"PRAGMA query_only = {'ON' if reads else 'OFF'}")
            connection.info["fengge_reads"] = reads
        cursor.execute("BEGIN" if reads else "BEGIN IMMEDIATE")
        cursor.close()

    return engine


@cache
def _dialect() -> Dialect:
    """The one dialect of all files: a statement that was compiled for one store serves every store opened after it."""
    memory = create_engine("sqlite://", module=dbapi2, json_serializer=as_json, json_deserializer=msgspec.json.decode)
    memory.connect().close()  # now it knows the library's version
    memory.dispose()
    return memory.dialect


@cache
def _compiled() -> "LRUCache[Any, Any]":
    return LRUCache(STATEMENTS)


def as_json(value: Any) -> str:
    """The value as a column of JSON holds it."""
    return msgspec.json.encode(value).decode()


def unlock(connection: Any, key: bytes) -> None:
    """The bare connection reads and writes with this key and our settings."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def gate(version: tuple[int, ...]) -> None:
    """Nothing for an SQLite that is safe with a write-ahead log; an older one is refused."""
    if version < OLDEST_SQLITE:
        raise StoreRefusal("sqlite_old", _OLD_SQLITE, version=".".join(map(str, version)))


def bare(file: Path, key: bytes, wait: int = 30) -> Any:
    """A connection of its own beside the engine's, keyed, waiting so many seconds for others; the caller closes it."""
    connection = dbapi2.connect(str(file), isolation_level=None, timeout=wait)
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    connection.execute("PRAGMA cipher_log_level = NONE")
    return connection
