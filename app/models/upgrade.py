"""The schema number of a store, and the way up to this program's."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from app.errors import StoreRefusal
from app.i18n import N_
from app.models import troubles

#: One revision per schema number, oldest first; the number of a store is the count of its revisions.
REVISIONS = ("0001", "0002", "0003", "0004")
SCHEMA = len(REVISIONS)
#: Schema numbers up to this one are in people's hands: their revisions never change again.
RELEASED = 4

_NEWER = N_("这份数据由更新版本的枫格建立 (结构 {theirs}, 本程序 {ours}): {folder}。请先升级程序, 数据没有改动。")
FOLDER = Path(__file__).parent / "migrations"


def number(connection: Connection) -> int:
    """The schema number of the store: 0 for an empty one."""
    if connection.dialect.name == "postgresql":
        if connection.exec_driver_sql("SELECT to_regclass('alembic_version')").scalar() is None:
            return 0
        return int(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() or 0)
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def run(engine: Engine, folder: Path, before: Callable[[], Any], fresh: bool = False) -> bool:
    """The store is of this program's schema; True if it was lifted, `before` having copied it. Refused: newer, empty."""
    with engine.execution_options(fengge_reads=True).connect() as connection:
        theirs = number(connection)
    if theirs > SCHEMA:
        raise StoreRefusal("store_newer", _NEWER, theirs=theirs, ours=SCHEMA, folder=str(folder))
    if theirs == SCHEMA:
        return False
    if theirs == 0 and not fresh:  # a file cut to nothing looks like an empty one
        raise StoreRefusal("store_damaged", troubles.DAMAGED, folder=str(folder))
    before()
    (_lift_server if engine.dialect.name == "postgresql" else _lift)(engine)
    return True


def _lift(engine: Engine) -> None:
    """All steps in one transaction: a cut in the middle leaves the former schema whole."""
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        whole = bool(cursor.execute("PRAGMA foreign_keys").fetchone()[0])
        cursor.execute("PRAGMA foreign_keys = OFF")  # has no effect inside a transaction
        try:
            with connection.begin():
                if (former := number(connection)) < SCHEMA:  # another process may have been quicker
                    migrate(connection)
                    _after(connection, former)
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() if whole else []
                if broken:
                    raise RuntimeError(f"upgrade to {SCHEMA} would break {len(broken)} references")
        finally:
            cursor.execute(f"PRAGMA foreign_keys = {'ON' if whole else 'OFF'}")


def _lift_server(engine: Engine) -> None:
    """As `_lift`: on PostgreSQL too the tables of a schema change within one transaction."""
    with engine.begin() as connection:
        if (former := number(connection)) < SCHEMA:
            migrate(connection)
            _after(connection, former)


def _after(connection: Connection, former: int) -> None:
    """What is worked out from the records is worked out anew, in the same transaction."""
    from app.models import derived, logged

    _note_former(connection, former)
    if former:
        derived.refold_all(connection)
        logged.recount(connection)


def _note_former(connection: Connection, former: int) -> None:
    """What came of a newer program until now was understood in part: it is read again at the next start."""
    from sqlalchemy import select, update

    from app.models.base import table_of
    from app.models.sites import Identity

    identity = table_of(Identity)
    known = connection.execute(select(identity.c.hq)).scalars().first() or {}
    lowest = min(former, known.get("lifted_from") or former)
    connection.execute(update(identity).values(hq=known | {"lifted_from": lowest}))


def migrate(connection: Connection) -> None:
    """The open connection's schema is this program's, within the caller's transaction."""
    if connection.dialect.name == "postgresql":
        _run_revisions(connection)
        _order_by_code_point(connection)
        return
    empty, built = number(connection) == 0, _BUILT.get((FOLDER, REVISIONS))
    if empty and built:
        for statement in built:
            connection.exec_driver_sql(statement)
    else:
        _run_revisions(connection)
        if empty:
            _BUILT[FOLDER, REVISIONS] = _statements(connection)
    connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA:d}")


#: What the revisions make of an empty store, as told by the first one this process built: a tenth of the work for the next.
_BUILT: dict[tuple[Path, tuple[str, ...]], list[str]] = {}


def _statements(connection: Connection) -> list[str]:
    made = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
    )
    return [
        *(sql for name, sql in made if name not in _shadows()),
        f"INSERT INTO alembic_version (version_num) VALUES ('{REVISIONS[-1]}')",
    ]


def _run_revisions(connection: Connection) -> None:
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, REVISIONS[-1])


def _order_by_code_point(connection: Connection) -> None:
    """Texts sort and compare as on SQLite, whatever language the database was made for."""
    columns = connection.exec_driver_sql(
        "SELECT attrelid::regclass, quote_ident(attname), format_type(atttypid, atttypmod) FROM pg_attribute"
        " JOIN pg_class ON pg_class.oid = attrelid WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        " AND attnum > 0 AND NOT attisdropped AND attcollation NOT IN (0, 'pg_catalog.\"C\"'::regcollation)"
        " ORDER BY attrelid, attnum"
    ).all()
    changes: dict[str, list[str]] = {}
    for table, column, kind in columns:
        changes.setdefault(table, []).append(f'ALTER COLUMN {column} TYPE {kind} COLLATE "C"')
    for table, parts in changes.items():
        connection.exec_driver_sql(f"ALTER TABLE {table} {', '.join(parts)}")


def draft(message: str) -> Path:
    """Writes the revision that leads to the records as they are now; an unreleased last one is written anew."""
    from alembic import command
    from sqlalchemy import create_engine
    from sqlcipher3 import dbapi2

    import_records()
    revision = REVISIONS[-1] if SCHEMA > RELEASED else f"{SCHEMA + 1:04d}"
    for former in (FOLDER / "versions").glob(f"{revision}_*.py"):
        former.unlink()
    config = _config()
    with create_engine("sqlite://", module=dbapi2).connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        there = set(connection.exec_driver_sql("SELECT name FROM sqlite_schema").scalars())
        config.attributes["by_hand"] = [sql for name, sql in _by_hand().items() if name not in there]
        script = command.revision(config, message, autogenerate=True, rev_id=revision)
    return Path(script.path)  # type: ignore[union-attr]


def import_records() -> None:
    """Every record class is known to the metadata."""
    import pkgutil
    from importlib import import_module

    import app.models

    for module in pkgutil.iter_modules(app.models.__path__):
        if module.name not in ("migrations", "upgrade"):
            import_module(f"app.models.{module.name}")


def kept_by_hand() -> set[str]:
    """Tables that no record class describes: the full search with its shadows, and the revisions' own mark."""
    return set(_by_hand()) | _shadows() | {"alembic_version"}


def _shadows() -> set[str]:
    return {f"{name}_{part}" for name in _by_hand() for part in ("data", "idx", "content", "docsize", "config")}


def _by_hand() -> dict[str, str]:
    """What the store needs beside the tables of its records: name → statement."""
    from app.models.searching import DDL

    return {re.search(r"IF NOT EXISTS (\w+)", statement)[1]: statement for statement in DDL}  # type: ignore[index]


def _config() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


if __name__ == "__main__":
    if sys.argv[1:2] != ["draft"]:
        sys.exit("python -m app.models.upgrade draft [message]")
    sys.stdout.write(f"{draft(' '.join(sys.argv[2:]) or 'records')}\n")
