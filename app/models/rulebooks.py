"""Rules that are data: what every book of them has in common."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from app import logs
from app.errors import Refusal

R = TypeVar("R")
Values = Iterable[Mapping[str, Any]]


def readable(table: str, read: Callable[[Values], tuple[R, ...]], values: Values) -> tuple[R, ...]:
    """The rules of a table among these values that this program understands; those of a newer one are left out, and noted."""
    found: list[R] = []
    for value in values:
        try:
            found += read([value])
        except Refusal as refusal:
            logs.note(f"{table}.unknown", rule=str(value.get("code")), why=refusal.code)
    return tuple(found)
