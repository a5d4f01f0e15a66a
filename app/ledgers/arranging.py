"""What a ledger holds as plain rows by key, and the one way in which they are arranged on a page."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby
from typing import Any, TypeAlias

from app.i18n import _
from app.ledgers.page import Column, Kind, Line, Page, Paper, Section, Total, Value, shown

#: One row: the values by the keys of the columns, and what is told below.
Row: TypeAlias = dict[str, Value]

#: Told in a row: the group it stands in; it goes on with the row above and has no number; it is a sum of rows above.
GROUP, PART, SUM = "@group", "@part", "@sum"
#: Told in a row: the record it tells of, as table:hex; by it the same row is found again when the ledger is made anew.
ID = "@id"

#: Of an empty form: characters in a line of notes, lines for which a sheet has room beside its rows, millimetres of a line and a row.
_NOTE, _FREE, _HIGH, _ROW = 100, 3, 5, 10

#: The key of the column that numbers the rows.
NUMBER = "n"


def _nothing(*_args: Any) -> str:
    return ""


def _no_totals() -> tuple[Row, ...]:
    return ()


@dataclass(frozen=True)
class Rows:
    """The rows of a ledger, walked once, and how they are arranged when nobody wants them otherwise.

    `heading` words a group from its key and the number of its rows, "" for none; `groups` stand in this order, also when
    they are empty; `restart` numbers each group anew. `closing` and `totals` are asked after the last row. `under` gives
    the row right under the header (栏次) from the keys of the columns; `period` and `title` stand in for the ledger's own,
    `standing` are the notes that hold of an empty form too (None: all of them).
    """

    rows: Iterable[Row]
    heading: Callable[[str, int], str] = _nothing
    groups: tuple[str, ...] = ()
    restart: bool = False
    closing: Callable[[], str] = _nothing
    totals: Callable[[], Sequence[Row]] = _no_totals
    notes: tuple[str, ...] = ()
    period: str = ""
    title: str = ""
    under: Callable[[Sequence[str]], Row] | None = None
    standing: tuple[str, ...] | None = None
    paper: Paper = "A4"


def fill(page: Page, rows: Rows, by: str = "") -> Page:
    """The page with these rows in its columns, and for each line the record it tells of."""
    keys = [column.key for column in page.columns]
    made = tuple(_arranged(keys, _regrouped(page.columns, rows, by) if by else rows))
    if rows.under is not None:
        made = ((_under(keys, rows.under(keys)), ""), *made)
    body, ids = tuple(line for line, _id in made), tuple(known for _line, known in made)
    if closing := rows.closing():
        body, ids = (*body, Section(closing)), (*ids, "")
    return replace(page, rows=body, ids=ids, totals=tuple(_total(keys, row) for row in rows.totals()))


def blank(page: Page, rows: Rows) -> Page:
    """The page as an empty form of one sheet: with 栏次 and with the notes that need no rows."""
    notes = rows.notes if rows.standing is None else rows.standing
    told = sum(-(-len(note) // _NOTE) for note in notes) - _FREE
    made = replace(page, notes=notes).blank()
    kept = list(made.rows)[max(0, -(-told * _HIGH // _ROW)) :] if told > 0 else list(made.rows)
    if rows.under is None:
        return replace(made, rows=tuple(kept))
    keys = [column.key for column in page.columns]
    return replace(made, rows=(_under(keys, rows.under(keys)), *kept[1:]))


def lines(columns: Sequence[Column], rows: Rows, by: str = "") -> tuple[tuple[Line, ...], tuple[Total, ...]]:
    """The rows in these columns under the headings of their groups, or grouped by the value of `by`; then the sums at the end."""
    page = fill(Page("", tuple(columns), ()), rows, by)
    return tuple(page.rows), page.totals


def _arranged(keys: list[str], rows: Rows) -> Iterator[tuple[Line, str]]:
    n = 0
    for key, members in _grouped(rows):
        heading = rows.heading(key, sum(not (row.get(PART) or row.get(SUM)) for row in members))
        if heading:
            yield Section(heading), ""
        if rows.restart:
            n = 0
        for row in members:
            if row.get(SUM):
                yield _total(keys, row), ""
                continue
            if not row.get(PART):
                n += 1
                row[NUMBER] = n
            yield tuple(map(row.get, keys)), str(row.get(ID) or "")


def _under(keys: list[str], row: Row) -> Line:
    return tuple(map(row.get, keys))


def _total(keys: list[str], row: Row) -> Total:
    return Total(tuple(map(row.get, keys)))


def _grouped(rows: Rows) -> Iterator[tuple[str, list[Row]]]:
    """The groups in their order; none at all where there is no row."""
    if not rows.groups:
        for key, members in groupby(rows.rows, lambda row: row.get(GROUP)):
            yield str(key or ""), list(members)
        return
    shelves: dict[str, list[Row]] = {key: [] for key in rows.groups}
    for row in rows.rows:
        shelves[str(row[GROUP])].append(row)
    if any(shelves.values()):
        yield from shelves.items()


def _regrouped(columns: Sequence[Column], rows: Rows, by: str) -> Rows:
    """The same rows under the values of another key; what goes on with a row goes where that one goes, sums of former groups go."""
    kind: Kind = next((column.kind for column in columns if column.key == by), "text")
    shelves: dict[str, list[Row]] = {}
    key = ""
    for row in rows.rows:
        if row.get(SUM):
            continue
        key = key if row.get(PART) else shown(row.get(by), kind)
        shelves.setdefault(key, []).append({**row, GROUP: key})
    words = _("{value}（{count} 项）")
    return Rows(
        chain.from_iterable(shelves.values()),
        lambda value, count: words.format(value=value or _("未填写"), count=count),
        restart=rows.restart,
    )
