"""Old rows in today's form, for ever: one small step for each schema number."""

from collections.abc import Callable
from typing import Any

Row = dict[str, Any]


def _to_2(_table: str, row: Row) -> Row:
    """Schema 2 added fields of sites that may all be empty, and the table of reminders: nothing to be done."""
    return row


def _to_3(_table: str, row: Row) -> Row:
    """Schema 3 added fields of issues, steps and risk points that may all be empty: nothing to be done."""
    return row


def _to_4(_table: str, row: Row) -> Row:
    """Schema 4 added fields of helps that may all be empty, and the tables of editions, closings and layouts: nothing to be done."""
    return row


#: The step at index n leads a row from schema n + 1 to n + 2; it gives a new row and leaves the old one as it was.
STEPS: tuple[Callable[[str, Row], Row], ...] = (_to_2, _to_3, _to_4)


def lift(table: str, row: Row, schema: int) -> Row:
    """The canonical row of that schema in the form of this program's; one of a newer program stays as it is."""
    for step in STEPS[schema - 1 :]:
        row = step(table, row)
    return row
