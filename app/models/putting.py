"""Many new rows of one table at once: each value goes through its column's type and straight to the driver."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import JSON, Connection, Table, insert
from sqlalchemy.exc import DBAPIError

from app.models.engine import as_json
from app.models.values import Id


@dataclass(frozen=True, slots=True)
class _Way:
    """What is said for these columns of a table on a database; which must be told otherwise than they are, by their place."""

    statement: str
    values: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    retold: tuple[tuple[int, Callable[[Any], Any]], ...]

    @classmethod
    def of(cls, statement: str, columns: Sequence[tuple[str, Callable[[Any], Any] | None]]) -> "_Way":
        names, says = zip(*columns, strict=True)
        return cls(statement, itemgetter(*names), tuple((at, say) for at, say in enumerate(says) if say is not None))

    def told(self, row: Mapping[str, Any]) -> list[Any]:
        """The values of a row as the driver takes them; nothing stays nothing."""
        values = list(self.values(row))
        for at, say in self.retold:
            if (value := values[at]) is not None:
                values[at] = say(value)
        return values


_WAYS: dict[tuple[Table, str, tuple[str, ...]], _Way] = {}


def put(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """The rows are in the table. All name the same columns (two at least), those without a name are empty.

    As `connection.execute(insert(table), rows)`, which looks at every value of every row once more; a server takes them by `COPY`.
    """
    if not rows:
        return
    on_server = connection.dialect.name == "postgresql"
    names = tuple(rows[0])
    key = (table, connection.dialect.name, names)
    if key not in _WAYS:
        _WAYS[key] = _copied(connection, table, names) if on_server else _inserted(connection, table, names)
    way = _WAYS[key]
    if on_server:
        copy(connection, way.statement, map(way.told, rows))
    else:
        connection.exec_driver_sql(way.statement, [tuple(way.told(row)) for row in rows])


def _inserted(connection: Connection, table: Table, names: tuple[str, ...]) -> _Way:
    dialect = connection.dialect
    said = insert(table).compile(dialect=dialect, column_keys=list(names))
    kinds = [(name, table.c[name].type) for name in said.positiontup or ()]
    return _Way.of(str(said), [(name, kind.dialect_impl(dialect).bind_processor(dialect)) for name, kind in kinds])


def _copied(connection: Connection, table: Table, names: tuple[str, ...]) -> _Way:
    dialect, columns = connection.dialect, list[tuple[str, Callable[[Any], Any] | None]]()
    for name in names:
        kind = table.c[name].type
        if isinstance(kind, Id):
            say: Callable[[Any], Any] | None = attrgetter("hex")
        elif isinstance(kind, JSON):
            say = as_json
        else:
            say = kind.dialect_impl(dialect).bind_processor(dialect)
        columns.append((name, say))
    quoted = ", ".join(map(dialect.identifier_preparer.quote, names))
    return _Way.of(f"COPY {dialect.identifier_preparer.format_table(table)} ({quoted}) FROM STDIN", columns)


def copy(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
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
