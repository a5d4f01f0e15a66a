"""Many new rows of one table at once: each value goes through its column's type and straight to the driver."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import JSON, Connection, Table, insert
from sqlalchemy.exc import DBAPIError

from app.models.engine import as_json
from app.models.values import Id

#: What is said for these columns of a table on a database, and how the value of each is told to the driver.
_Way = tuple[str, tuple[tuple[str, Callable[[Any], Any] | None], ...]]
_WAYS: dict[tuple[Table, str, tuple[str, ...]], _Way] = {}


def put(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """The rows are in the table. All name the same columns, those without a name are empty; nothing is asked back.

    As `connection.execute(insert(table), rows)`, which looks at every value of every row once more; a server takes them by `COPY`.
    """
    if not rows:
        return
    on_server = connection.dialect.name == "postgresql"
    names = tuple(rows[0])
    key = (table, connection.dialect.name, names)
    if key not in _WAYS:
        _WAYS[key] = _copied(connection, table, names) if on_server else _inserted(connection, table, names)
    statement, columns = _WAYS[key]
    told = ([row[name] if say is None else say(row[name]) for name, say in columns] for row in rows)
    if on_server:
        copy(connection, statement, told)
    else:
        connection.exec_driver_sql(statement, list(map(tuple, told)))


def _inserted(connection: Connection, table: Table, names: tuple[str, ...]) -> _Way:
    dialect = connection.dialect
    said = insert(table).compile(dialect=dialect, column_keys=list(names))
    kinds = [(name, table.c[name].type) for name in said.positiontup or ()]
    return str(said), tuple((name, kind.dialect_impl(dialect).bind_processor(dialect)) for name, kind in kinds)


def _copied(connection: Connection, table: Table, names: tuple[str, ...]) -> _Way:
    dialect, columns = connection.dialect, list[tuple[str, Callable[[Any], Any] | None]]()
    for name in names:
        kind = table.c[name].type
        if isinstance(kind, Id):
            say: Callable[[Any], Any] | None = _hex
        elif isinstance(kind, JSON):
            say = _json
        else:
            say = kind.dialect_impl(dialect).bind_processor(dialect)
        columns.append((name, say))
    quoted = ", ".join(map(dialect.identifier_preparer.quote, names))
    return f"COPY {dialect.identifier_preparer.format_table(table)} ({quoted}) FROM STDIN", tuple(columns)


def _hex(value: Any) -> str | None:
    return None if value is None else value.hex


def _json(value: Any) -> str | None:
    return None if value is None else as_json(value)


def copy(connection: Connection, statement: str, rows: Iterator[Sequence[Any]]) -> None:
    """The server has taken these rows by this `COPY … FROM STDIN`; its errors are raised as those of any statement."""
    with _errors(connection, statement), connection.connection.cursor().copy(statement) as stream:
        for row in rows:
            stream.write_row(row)


@contextmanager
def _errors(connection: Connection, statement: str) -> Iterator[None]:
    driver: Any = connection.dialect.loaded_dbapi
    try:
        yield
    except driver.Error as error:
        lost = connection.dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            statement,
            None,
            error,
            driver.Error,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=connection.dialect,
        ) from error
