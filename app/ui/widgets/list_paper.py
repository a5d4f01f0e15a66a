"""A list as paper: exactly the rows that are shown, fetched piece by piece beside the window."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from app.clock import today
from app.i18n import _
from app.ui.tasks import Progress
from app.ui.widgets.sources import Ask, Count, Source
from app.ui.widgets.table import Column
from app.ui.widgets.text import moment_text, plain, short_day

if TYPE_CHECKING:
    from app.ledgers.page import Kind, Page, Value

#: More rows than this are no paper: the list is to be narrowed first.
MOST = 20_000
#: Rows of one reading; the store's lane is free for the window in between.
PIECE = 500
#: Wider lists (px at 96 dpi) lie across, and still wider ones on A3.
UPRIGHT, ACROSS = 620, 1400
_MM = 25.4 / 96


@dataclass(frozen=True)
class Listing:
    """What a list shows just now: words above it, columns with their widths in px, and what is asked of which source."""

    title: str
    columns: tuple[Column, ...]
    widths: tuple[int, ...]
    ask: Ask
    source: Source


@dataclass(frozen=True)
class Gathered:
    """The page, and the sentence about rows that were left out ("" when there are none)."""

    page: "Page"
    rest: str


def gather(progress: Progress, listing: Listing, path: str) -> Gathered:
    """The rows of the list as a page in the name of the unit at this path; the first 20,000 and a sentence when more."""
    from app.ledgers.page import Page
    from app.ledgers.scope import Scope

    rows, rest = _rows(progress, listing)
    kinds = [_kind(column, rows) for column in listing.columns]
    pairs = tuple(zip(listing.columns, kinds, strict=True))
    page = Page(
        title=listing.title,
        columns=tuple(map(_column, listing.columns, listing.widths, kinds)),
        rows=tuple(tuple(_cell(column, kind, row) for column, kind in pairs) for row in rows),
        unit=progress.read(lambda s: Scope(path).name(s)),
        filled_on=today(),
        notes=(rest,) if rest else (),
        signatures=(),
        landscape=sum(listing.widths) > UPRIGHT,
        paper="A3" if sum(listing.widths) > ACROSS else "A4",
    )
    return Gathered(page, rest)


def _rows(progress: Progress, listing: Listing) -> tuple[list[Any], str]:
    source, asked = copy(listing.source), listing.ask  # a copy: the list itself goes on asking meanwhile
    found = progress.read(lambda s: source.count(s, asked))
    count = found if isinstance(found, Count) else Count(found)
    rows: list[Any] = []
    offset = 0
    while offset < MOST and (count.more or offset < count.total):
        piece = replace(asked, offset=offset, limit=min(PIECE, MOST - offset), after=rows[-1] if rows else None)
        came = progress.read(partial(source.fetch, ask=piece))
        rows += came
        offset += piece.limit
        progress(min(offset, count.total), min(count.total, MOST), _("读取"))
        if count.more and not came:
            return rows, ""
    if offset >= MOST and (count.more or count.total > MOST):
        words = _("只列出前 {most} 条, 全部有 {total} 条。请用筛选或搜索缩小范围, 分几次导出。")
        return rows, words.format(most=f"{MOST:,}", total=count.text)
    return rows, ""


def _kind(column: Column, rows: Sequence[Any]) -> "Kind":
    if column.chip is not None:
        return "text"
    if column.format is short_day:
        return "date"
    if column.format is moment_text:
        return "moment"
    if column.format is plain and column.align == "right":
        values = (getattr(row, column.attribute) for row in rows)
        if all(value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values):
            return "number"
    return "text"


def _cell(column: Column, kind: "Kind", row: Any) -> "Value":
    value = getattr(row, column.attribute)
    if column.chip is not None:
        chip = column.chip(value)
        return chip.text if chip is not None else ""
    if kind == "text":
        return column.format(value)
    return value  # type: ignore[no-any-return]


def _column(column: Column, width: int, kind: "Kind") -> Any:
    from app.ledgers.page import Column as Printed

    side = column.align if column.align in ("right", "center") else None
    return Printed(_(column.title), column.attribute, max(10.0, width * _MM), side, kind)  # type: ignore[arg-type]
