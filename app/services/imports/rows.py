"""Which rows of a table are records and what the others are: titles, blanks, sections, subtotals, signatures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.models.texts import short
from app.services.imports.findings import Skipped
from app.services.imports.headers import Table
from app.services.imports.workbook import Sheet, Value, column_number

_SUBTOTAL = re.compile(r".*(小计|合计|总计|累计|共计)[:：]?")
_FOOTER = re.compile(
    r"(制表|填表|审核|负责|填报|分管|注|说明|备注|联系电话|统计)[人者日期领导单位]*(?:[(（][^()（）]*[)）])?[:：]"
)
_SECTION = re.compile(r"[（(]?[一二三四五六七八九十]+[）)]?[、.．]")


#: Somebody typed a blank into the last row of the sheet: the million rows above it are not listed one by one.
_GAP = 5_000


@dataclass(frozen=True)
class Layers:
    """The rows of a table: records, the section text above each (None: none), and rows that are no records."""

    records: tuple[int, ...]
    sections: dict[int, str]
    not_data: tuple[Skipped, ...]


def sort_rows(table: Table) -> Layers:
    """Every row up to the last one that holds anything has its place."""
    if table.typed:
        return Layers(tuple(sorted(table.sheet.rows)), {}, ())
    kinds = dict(_kinds(table))
    records = tuple(row for row, why in kinds.items() if why == "record")
    last = max(records, default=0)
    sections, current = {}, None
    for row, why in kinds.items():
        if why == "lone":
            kinds[row] = "section" if row < last else "footer"
        if kinds[row] == "section":
            current = _text(table, row)
        if why == "record" and current is not None:
            sections[row] = current
    return Layers(records, sections, tuple(Skipped(row, why) for row, why in kinds.items() if why != "record"))


def _kinds(table: Table) -> Iterator[tuple[int, str]]:
    sheet, first = table.sheet, table.header_rows[0]
    heads = [_folded(sheet.rows.get(row, {})) for row in table.header_rows]
    numbering = table.numbers("seq")
    titled = False
    for row in _rows(sheet):
        cells = sheet.rows.get(row, {})
        if row in table.header_rows:
            yield row, "header"
        elif not cells or (row > first and _only_number(cells, numbering)):
            yield row, "blank"
        elif row < first:
            yield row, "subtitle" if titled else "title"
            titled = True
        else:
            yield row, _kind(table, row, cells, heads)


def _rows(sheet: Sheet) -> Iterator[int]:
    """All rows up to the last that holds anything; of a stretch of empty ones not more than a few thousand."""
    before = 0
    for row in sorted(sheet.rows):
        yield from range(max(before + 1, row - _GAP), row)
        yield row
        before = row


def _only_number(cells: dict[int, Value], numbering: list[int]) -> bool:
    """A form numbered in advance: the row is still empty."""
    return len(cells) == 1 and all(
        column in numbering and not isinstance(value, str) for column, value in cells.items()
    )


def _kind(table: Table, row: int, cells: dict[int, Value], heads: list[dict[int, str]]) -> str:
    start = next(iter(sorted(cells)))
    text = short(str(cells[start])) if isinstance(cells[start], str) else ""
    if len(cells) > 1 and _folded(cells) in heads:
        return "repeated_header"
    if _SUBTOTAL.fullmatch(text) and start <= _third(table):
        return "subtotal"
    if len(cells) > 1 and all(isinstance(value, str) and _FOOTER.match(short(value)) for value in cells.values()):
        return "footer"
    if len(cells) == 1 and text:
        if _FOOTER.match(text):
            return "footer"
        if table.sheet.width(row, start) > 2 or _SECTION.match(text):
            return "lone"
    return "record"


def _third(table: Table) -> int:
    numbers = sorted(column_number(column.letter) for column in table.columns.values())
    return numbers[min(3, len(numbers) - 1)]


def _folded(cells: dict[int, Value]) -> dict[int, str]:
    return {column: short(str(value)) for column, value in cells.items() if value is not None}


def _text(table: Table, row: int) -> str:
    return str(next(iter(table.sheet.rows[row].values())))
