"""The rows of a ledger as a layout wants them: filtered, in its columns, grouped and summed its own way."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import reduce

from app.i18n import N_, _, joined
from app.ledgers import arranging
from app.ledgers.arranging import PART, SUM, Row, Rows
from app.ledgers.layout_plan import HOWS, Chosen, Condition, Plan
from app.ledgers.page import Column, Line, Page, Section, Total, Value, plus, shown


def columns(plan: Plan, known: Sequence[Column]) -> tuple[Column, ...]:
    """The columns of the layout in its order, each as the ledger has it but for what the layout says."""
    by_key = {column.key: column for column in known}
    return tuple(_column(chosen, by_key[chosen.key]) for chosen in plan.columns)


def _column(chosen: Chosen, column: Column) -> Column:
    return replace(
        column,
        title=chosen.title or column.title,
        width=chosen.width or column.width,
        group=column.group if chosen.head is None else chosen.head,
    )


def filled(page: Page, plan: Plan, known: Sequence[Column], rows: Rows) -> Page:
    """The page with these rows as lines of the layout in its columns, and its sums at the end.

    Filtered rows lose the ledger's own sums and its closing sentence, which would speak of all rows.
    """
    if plan.where:
        rows = replace(rows, rows=_kept(plan.where, known, rows.rows), closing=lambda: "", totals=lambda: ())
    if plan.group == "":
        rows = replace(rows, heading=lambda _key, _count: "", restart=False)
    page = arranging.fill(replace(page, columns=columns(plan, known)), rows, plan.group or "")
    totals: tuple[Total, ...] = ()
    if plan.totals:
        own = any(chosen.total for chosen in plan.columns)
        lines = tuple(page.rows)[1:] if rows.under is not None else page.rows  # 栏次 is no row
        totals = (_sums(plan, lines, _("合计")),) if own else page.totals
    if plan.subtotals:
        told = list(_subtotalled(plan, list(zip(page.rows, page.ids, strict=True))))
        page = replace(page, rows=tuple(line for line, _id in told), ids=tuple(known for _line, known in told))
    return replace(page, totals=totals)


def notes(plan: Plan, known: Sequence[Column], own: tuple[str, ...]) -> tuple[str, ...]:
    """What stands below the table: the layout's own words, the ledger's if wanted, and what was left out by a filter."""
    titles = {column.key: column.title for column in known}
    words = [" ".join((titles[one.key], _(HOWS[one.how]), one.value)).strip() for one in plan.where]
    filtered = (_("只列符合条件的：{conditions}。").format(conditions=joined(words, N_("；"))),) if words else ()
    return plan.notes + (own if plan.kind_notes else ()) + filtered


# -- filtering


def _kept(where: Sequence[Condition], known: Sequence[Column], rows: Iterable[Row]) -> Iterator[Row]:
    by_key = {column.key: column for column in known}
    keep = False
    for row in rows:
        if row.get(SUM):
            continue
        if not row.get(PART):
            keep = all(fits(one, row.get(one.key), by_key[one.key]) for one in where)
        if keep:
            yield row


def fits(condition: Condition, value: Value, column: Column) -> bool:
    """The value of this column fulfils the condition."""
    text, wanted = shown(value, column.kind), condition.value
    match condition.how:
        case "is":
            return text == wanted
        case "not":
            return text != wanted
        case "has":
            return wanted in text
        case "lacks":
            return wanted not in text
        case "empty":
            return not text
        case "filled":
            return bool(text)
    return _compared(condition.how, value, wanted)


def _compared(how: str, value: Value, wanted: str) -> bool:
    """At least, or at most: days as days, numbers as numbers, all else by its text; what is not there is neither."""
    left: str | float
    right: str | float
    if value is None or value == "":
        return False
    if isinstance(value, int | float | Decimal):
        left, right = float(value), _number(wanted)
    elif isinstance(value, datetime | date):
        left, right = shown(value, "date"), wanted
    else:
        left, right = str(value), wanted
    return left >= right if how == "from" else left <= right  # type: ignore[operator]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan  # neither more nor less than anything


# -- sums


def _subtotalled(plan: Plan, lines: Sequence[tuple[Line, str]]) -> Iterator[tuple[Line, str]]:
    """A row of sums after each group that has rows."""
    members: list[Line] = []
    headed = False
    for line, known in (*lines, (Section(""), None)):
        if isinstance(line, Section):
            if headed and members:
                yield _sums(plan, members, _("小计")), ""
            members, headed = [], True
        else:
            members.append(line)
        if known is not None:
            yield line, known


def _sums(plan: Plan, lines: Iterable[Line], label: str) -> Total:
    """The sums and counts that the columns ask for; the label stands in the first column without one."""
    rows = [line for line in lines if isinstance(line, tuple)]
    cells: list[Value] = [None] * len(plan.columns)
    for at, chosen in enumerate(plan.columns):
        if chosen.total:
            values = [row[at] for row in rows if row[at] not in (None, "")]
            cells[at] = len(values) if chosen.total == "count" else summed(values)
    if (free := next((at for at, chosen in enumerate(plan.columns) if not chosen.total), None)) is not None:
        cells[free] = label
    return Total(tuple(cells))


def summed(values: Iterable[Value]) -> Value:
    """The sum of those that are numbers."""
    start: Value = 0
    return reduce(plus, values, start)
