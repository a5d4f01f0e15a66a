"""Headquarters' database on a PostgreSQL server: the same promises as the encrypted file gives, or a refusal."""

import uuid
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import LRUCache

from app import logs
from app.errors import StoreRefusal
from app.i18n import N_
from app.models.engine import LONGEST_WAIT, STATEMENTS, as_json
from app.models.values import guard

if TYPE_CHECKING:
    from psycopg import Connection as Psycopg

OLDEST = 15
#: How the connections of this program call themselves at the server.
NAME = "fengge"
#: The one lock that every writing transaction takes first; writers queue, so positions of the log appear in their order.
WRITERS = 0x66656E676765

_PASSWORD = N_("数据库地址里不能写口令。请把口令放进 ~/.pgpass (或 PGPASSFILE 指明的文件), 地址里去掉口令。")
_ADDRESS = N_("数据库地址「{address}」不对。请写成 postgresql://用户@主机/库名, 本机可写 postgresql:///库名。")
_DRIVER = N_("没有安装 PostgreSQL 的驱动。请安装总部组件: pip install 'fengge[hq]'。")
_UNREACHED = N_("连不上数据库 {address}: {why}。请检查地址、服务是否开启、用户和口令文件。")
_OLD = N_("PostgreSQL 版本太旧 ({version}), 至少要 {oldest}。请升级数据库服务器。")
_ENCODING = N_("数据库 {address} 的编码是 {encoding}, 不是 UTF8。请用 createdb -E UTF8 -T template0 重新建库。")
_FOREIGN = N_("数据库 {address} 属于另一份枫格数据, 没有打开。请检查 settings.toml 里的 database。")
_EMPTY = N_("数据库 {address} 里没有枫格的数据, 没有打开。请检查地址, 或用「恢复备份」取回最近一份备份。")
_USED = N_("数据库 {address} 不是空的, 不能在里面新建总部。请换一个空库。")
_SITE = N_("站点的数据只能放在本机文件里, 不能放在数据库服务器上。")

#: Said once for each connection; `on` or stronger, for a row that was acknowledged must outlive a power cut.
_SESSION = """
SELECT set_config('synchronous_commit',
                  CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false),
       set_config('lock_timeout', %s, false),
       set_config('client_min_messages', 'warning', false),
       set_config('tcp_keepalives_idle', '60', false),
       set_config('tcp_keepalives_interval', '10', false),
       set_config('tcp_keepalives_count', '6', false)
"""


def checked(address: str, kind: str = "hq") -> str:
    """The address as libpq takes it; refused: a password in it, an address that is none, a site's store."""
    if kind != "hq":
        raise StoreRefusal("database_site", _SITE)
    address = address.strip().replace("postgresql+psycopg://", "postgresql://", 1)
    parts = _parts(address)
    if parts.get("password") or parts.get("sslpassword"):
        raise StoreRefusal("database_password", _PASSWORD)
    if not address.startswith(("postgresql://", "postgres://")) or not parts.get("dbname"):
        raise StoreRefusal("database_address", _ADDRESS, address=address)
    return address


def _parts(address: str) -> dict[str, Any]:
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise StoreRefusal("database_driver", _DRIVER) from error
    try:
        return conninfo_to_dict(address)
    except ProgrammingError as error:  # its message would repeat what was given, perhaps with a password
        raise StoreRefusal("database_address", _ADDRESS, address="…") from error


def connect(address: str, key: bytes) -> Engine:
    """An engine on the database; writers queue, readers see one moment, what is committed is on the disk.

    Refused: not reachable, older than 15, not UTF8.
    """
    import psycopg

    from app.models import sorting

    dialects, compiled = _spoken(key)

    def reached() -> "Psycopg[Any]":
        return psycopg.connect(address, application_name=NAME, client_encoding="utf-8", connect_timeout=LONGEST_WAIT)

    engine = create_engine(
        "postgresql+psycopg://",
        creator=reached,
        poolclass=QueuePool,
        pool_use_lifo=True,
        pool_pre_ping=True,  # a server that was started anew costs nobody a step
        max_overflow=20,
        json_serializer=as_json,
        json_deserializer=msgspec.json.decode,
        hide_parameters=True,
        execution_options={"compiled_cache": compiled},
    )
    guard(engine.dialect, key)
    engine.dialect.statement_compiler = sorting.Compiler

    @event.listens_for(engine, "connect")
    def _settled(connection: DBAPIConnection, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(_SESSION, (f"{LONGEST_WAIT}s",))
        cursor.close()
        connection.commit()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = bool(connection.get_execution_options().get("fengge_reads"))
        driver: Any = connection.connection.driver_connection
        driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ if reads else None
        driver.read_only = True if reads else None
        if not reads:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")

    try:
        _gate(engine, address)
    except BaseException:
        engine.dispose()
        raise
    dialects.append(engine.dialect)  # it has met the server and knows its version
    engine.dialect = dialects[0]
    del dialects[1:]
    return engine


@lru_cache(maxsize=2)
def _spoken(key: bytes) -> "tuple[list[Dialect], LRUCache[Any, Any]]":
    """The dialect of this store, once there is one, and what was compiled with it: opened again, it need not be compiled anew."""
    return [], LRUCache(STATEMENTS)


def _gate(engine: Engine, address: str) -> None:
    import psycopg

    try:
        connection = engine.raw_connection()
    except psycopg.OperationalError as error:
        why = " ".join(str(error).split())
        raise StoreRefusal("database_unreached", _UNREACHED, address=address, why=why) from error
    try:
        info = connection.driver_connection.info  # type: ignore[union-attr]
        version, encoding = info.server_version, info.parameter_status("server_encoding")
        fsync = connection.driver_connection.execute("SHOW fsync").fetchone()[0]  # type: ignore[union-attr]
    finally:
        connection.close()
    if version < OLDEST * 10_000:
        raise StoreRefusal("database_old", _OLD, version=f"{version // 10_000}.{version % 10_000}", oldest=OLDEST)
    if encoding != "UTF8":
        raise StoreRefusal("database_encoding", _ENCODING, address=address, encoding=encoding)
    if fsync != "on":
        logs.note("database.fsync_off")


def belongs(engine: Engine, address: str, ours: uuid.UUID) -> None:
    """Nothing for a database that holds the store of these keys; refused: an empty one, one of another store."""
    with engine.execution_options(fengge_reads=True).connect() as connection:
        if connection.exec_driver_sql("SELECT to_regclass('line')").scalar() is None:
            raise StoreRefusal("database_empty", _EMPTY, address=address)
        theirs = connection.exec_driver_sql("SELECT site_id FROM line").scalar()
    if theirs != ours:
        raise StoreRefusal("database_foreign", _FOREIGN, address=address)


def used(address: str) -> StoreRefusal:
    """The refusal of a new store where there is one."""
    return StoreRefusal("database_used", _USED, address=address)


def empty(engine: Engine, address: str) -> bool:
    """There is no table in the database. Refused: tables, but none of a store."""
    with engine.execution_options(fengge_reads=True).connect() as connection:
        tables = set(
            connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").scalars()
        )
    if tables and "line" not in tables:
        raise StoreRefusal("database_used", _USED, address=address)
    return not tables


def free(engine: Engine) -> bool:
    """Nobody else of this program is connected to the database."""
    with engine.execution_options(fengge_reads=True).connect() as connection:
        others = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s"
            " AND pid <> pg_backend_pid()",
            (NAME,),
        ).scalar_one()
    return int(others) == 0


def version(engine: Engine) -> int:
    """The server's main version."""
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
