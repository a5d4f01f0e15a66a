"""What is long, in parts: a statement names only so many values, and a transaction holds only so many rows."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

#: Values in one statement, unless told otherwise.
MOST = 500
T = TypeVar("T")


def in_parts(listed: Iterable[T], most: int = MOST) -> Iterator[list[T]]:
    """Everything in its order, so many at a time, none of them empty; nothing is read before it is asked for."""
    rest = iter(listed)
    while part := list(islice(rest, most)):
        yield part
