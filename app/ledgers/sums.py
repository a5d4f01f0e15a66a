"""Sums within a ledger: 小计 after each group, and what a sheet carries to the next."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from app.i18n import _
from app.ledgers.page import Column, Line, Section, Total, Value, plus


class Sums:
    """The sums of the number columns of the rows that were added; the first column is kept for their name."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._at = [n for n, column in enumerate(columns) if n and column.kind == "number" and column.summed]
        self._values: list[Value] = [None] * len(columns)
        self.rows = 0
        self.clear()

    def clear(self) -> None:
        """Nothing has been added."""
        self.rows = 0
        for index in self._at:
            self._values[index] = 0

    def add(self, row: Sequence[Value]) -> None:
        """One more row."""
        self.rows += 1
        for index in self._at:
            self._values[index] = plus(self._values[index], row[index])

    def line(self, name: str) -> Total:
        """The sums as a row of this name."""
        return Total((name, *self._values[1:]))


def subtotals(
    columns: Sequence[Column],
    lines: Iterable[Line],
    by: Callable[[tuple[Value, ...]], object] | None = None,
    name: str = "",
) -> Iterator[Line]:
    """The lines, with a row 小计 after the rows of each group that has any.

    A group are the rows below a Section; with `by` also the rows in a run for which it gives the same.
    """
    sums = Sums(columns)
    group: object = None
    for line in lines:
        other = by(line) if by and isinstance(line, tuple) else None
        ends = isinstance(line, Section) or (isinstance(line, tuple) and other != group)
        if ends and sums.rows:
            yield sums.line(name or _("小计"))
            sums.clear()
        if isinstance(line, tuple):
            group = other
            sums.add(line)
        yield line
    if sums.rows:
        yield sums.line(name or _("小计"))
