"""The table on the sheets of a PDF: measured rows, header cells, rules and frame."""

from dataclasses import dataclass, field, replace
from typing import Literal

from app.i18n import _
from app.ledgers.fonts import unknown
from app.ledgers.gaps import Place
from app.ledgers.ink import MM, Ink
from app.ledgers.page import Align, Line, Page, Section, Total, Value, shown
from app.ledgers.wrap import even, wrap

BODY = 9.0
PAD_X, PAD_Y, LEADING = 3.0, 3.0, 1.3
HEAD_GREY, SECTION_GREY = 0.92, 0.96
#: Codes, dates and numbers are made smaller before they are broken, down to this size.
_LEAST_SIZE = 6.0


@dataclass
class Cell:
    """The lines of a cell and the size of its type."""

    lines: list[str]
    size: float


@dataclass
class Row:
    """A measured row: one cell a column, or cells that span so many columns each.

    `values` are what it adds to the sums carried to the next sheet, `gaps` the texts in it with characters no font has.
    """

    height: float
    cells: list[Cell]
    kind: Literal["row", "section", "total"] = "row"
    spans: list[int] | None = None
    values: tuple[Value, ...] | None = None
    gaps: list[tuple[str, Place]] = field(default_factory=list)

    @property
    def bold(self) -> bool:
        """Its type is bold."""
        return self.kind != "row"

    @property
    def lines(self) -> int:
        """Lines of its highest cell."""
        return max(len(cell.lines) for cell in self.cells)


@dataclass
class _Box:
    left: float
    right: float
    top: float
    bottom: float


class Grid:
    """The table of one page, as wide as the paper allows; each sheet's part is drawn from `open` to `close`."""

    def __init__(self, ink: Ink, page: Page, left: float, width: float) -> None:
        self._ink, self._page = ink, page
        scale = width / sum(column.width for column in page.columns)
        self._edges = [left]
        for column in page.columns:
            self._edges.append(self._edges[-1] + column.width * scale)
        self._least = page.row_height * MM
        self._upper, self._lower = self._head_heights()
        self._rules: list[tuple[float, float, float, float]] = []
        self._top = self._split_from = 0.0
        self._rows = 0

    @property
    def head_height(self) -> float:
        """Height of the header, both rows together."""
        return self._upper + self._lower

    # -- measuring

    def measure(self, line: Line) -> Row:
        """The row as lines of type, with the height it needs; rows are counted, so each is measured once, in order."""
        count = len(self._page.columns)
        if isinstance(line, Section):
            cells = [self._wrapped(line.text, self._edges[-1] - self._edges[0], bold=True)]
            row = Row(self._height(cells), cells, "section", [count])
            self._look(row, line.text, 0)
            return row
        if isinstance(line, Total):
            return self._total(line.cells)
        self._rows += 1
        cells = [self._cell(value, index, False) for index, value in enumerate(line)]
        row = Row(self._height(cells), cells, values=line)
        if unknown():
            for column, value in zip(self._page.columns, line, strict=True):
                self._look(row, shown(value, column.kind), self._rows, column.title)
        return row

    def carried(self, line: Total) -> Row:
        """The sums of the sheets so far, in one line however long they are."""
        row = self._total(line.cells, least=1.0)
        return Row(self.carried_height, row.cells, "total", row.spans)

    @property
    def carried_height(self) -> float:
        """Height of a row of carried sums."""
        return max(self._least, BODY * LEADING + PAD_Y)

    def cut(self, row: Row, height: float) -> tuple[Row, Row]:
        """The lines that fit into the height, at least one and not all, and the rest as a row of its own."""
        fit = max(1, min(int((height - 2 * PAD_Y) / (BODY * LEADING)), row.lines - 1))
        first = [Cell(cell.lines[:fit], cell.size) for cell in row.cells]
        rest = [Cell(cell.lines[fit:], cell.size) for cell in row.cells]
        upper = min(height, self._height(first)) if fit == row.lines - 1 else height
        return replace(row, height=upper, cells=first), Row(self._height(rest), rest, row.kind, row.spans)

    def _total(self, values: tuple[Value, ...], least: float = _LEAST_SIZE) -> Row:
        """The name of the sums goes across the empty cells after it."""
        name = next((n for n, value in enumerate(values) if n and value is not None), len(values)) if values[0] else 1
        width = self._edges[name] - self._edges[0]
        cells = [self._wrapped(shown(values[0]), width, bold=True)]
        cells += [self._cell(value, index, True, least) for index, value in enumerate(values) if index >= name]
        row = Row(self._height(cells), cells, "total", [name, *[1] * (len(values) - name)])
        self._look(row, shown(values[0]), 0)
        return row

    def _look(self, row: Row, text: str, number: int, column: str = "") -> None:
        if not unknown().isdisjoint(text):
            row.gaps.append((text, Place(self._page.title, number, column)))

    def _cell(self, value: Value, index: int, bold: bool, least: float = _LEAST_SIZE) -> Cell:
        column = self._page.columns[index]
        text = shown(value, column.kind)
        room = self._edges[index + 1] - self._edges[index] - 2 * PAD_X
        face = self._ink.face(bold)
        if column.kind not in ("text", "multiline") and text:
            lines = text.split("\n")
            needed = max(face.width(line, 1) for line in lines)
            size = min(BODY, int(room / needed * 100) / 100) if needed else BODY
            if size >= least:
                return Cell(lines, size)
        if column.side == "center":
            return Cell(even(text, room / BODY, face.widths), BODY)
        return Cell(wrap(text, room / BODY, face.widths), BODY)

    def _wrapped(self, text: str, width: float, bold: bool) -> Cell:
        return Cell(wrap(text, (width - 2 * PAD_X) / BODY, self._ink.face(bold).widths), BODY)

    def _height(self, cells: list[Cell]) -> float:
        return max(self._least, _text_height(cells))

    def _head_heights(self) -> tuple[float, float]:
        page, edges = self._page, self._edges
        if page.bare:
            return 0.0, 0.0
        upper, lower = 0.0, 6.5 * MM if page.grouped else 8 * MM
        lone = 0.0
        for text, first, count in page.head():
            height = _text_height([self._wrapped(text, edges[first + count] - edges[first], bold=True)])
            if page.columns[first].group:
                upper = max(upper, height, 6.5 * MM)
                lower = max([lower, *(_text_height([self._title(index)]) for index in range(first, first + count))])
            else:
                lone = max(lone, height)
        return upper, max(lower, lone - upper)

    def _title(self, index: int) -> Cell:
        width = self._edges[index + 1] - self._edges[index]
        return Cell(even(self._page.columns[index].title, (width - 2 * PAD_X) / BODY, self._ink.bold.widths), BODY)

    # -- drawing

    def open(self, y: float) -> float:
        """The header stands below y; returns where the rows begin."""
        bottom = y - self.head_height
        self._top = y
        self._ink.place = Place(self._page.title, 0, _("表头"))
        if self._page.bare:
            self._split_from = bottom
            return bottom
        self._ink.field(self._edges[0], bottom, self._edges[-1] - self._edges[0], self.head_height, HEAD_GREY)
        for text, first, count in self._page.head():
            box = _Box(self._edges[first], self._edges[first + count], y, bottom)
            if self._page.columns[first].group:
                self._group(text, first, count, box)
            else:
                self._write(self._title(first), box, "center", bold=True)
            self._rules.append((box.right, y, box.right, bottom))
        self._rules.append((self._edges[0], bottom, self._edges[-1], bottom))
        self._split_from = bottom
        return bottom

    def row(self, row: Row, y: float) -> float:
        """The row stands below y; returns where the next one begins."""
        bottom, edges = y - row.height, self._edges
        for text, place in row.gaps:
            self._ink.note(text, place)
        self._ink.place = None
        if row.spans:
            self._uprights(y)
            self._split_from = bottom
        if row.kind == "section":
            self._ink.field(edges[0], bottom, edges[-1] - edges[0], row.height, SECTION_GREY)
        start = 0
        for cell, span in zip(row.cells, row.spans or [1] * len(row.cells), strict=True):
            box = _Box(edges[start], edges[start + span], y, bottom)
            side: Align = "left" if row.kind == "section" else "center"
            self._write(cell, box, self._page.columns[start].side if span == 1 else side, row.bold)
            start += span
            if row.spans and start < len(edges) - 1:
                self._rules.append((box.right, y, box.right, bottom))
        self._rules.append((edges[0], bottom, edges[-1], bottom))
        return bottom

    def close(self, y: float) -> None:
        """The table on this sheet ends at y: its rules and its frame are drawn."""
        self._uprights(y)
        self._ink.rules(self._rules)
        left, right = self._edges[0], self._edges[-1]
        frame = [(left, self._top, right, self._top), (left, y, right, y)]
        self._ink.rules(frame + [(x, self._top, x, y) for x in (left, right)], 0.9)
        self._rules = []

    def _group(self, text: str, first: int, count: int, box: _Box) -> None:
        middle = box.top - self._upper
        self._write(
            self._wrapped(text, box.right - box.left, bold=True),
            _Box(box.left, box.right, box.top, middle),
            "center",
            bold=True,
        )
        self._rules.append((box.left, middle, box.right, middle))
        for index in range(first, first + count):
            right = self._edges[index + 1]
            self._rules.append((right, middle, right, box.bottom))
            self._write(self._title(index), _Box(self._edges[index], right, middle, box.bottom), "center", bold=True)

    def _uprights(self, y: float) -> None:
        if self._split_from > y:
            self._rules += [(x, self._split_from, x, y) for x in self._edges[1:-1]]

    def _write(self, cell: Cell, box: _Box, side: Align, bold: bool) -> None:
        """The lines stand in the middle of the height, at this side of the width."""
        leading = cell.size * LEADING
        y = (box.top + box.bottom) / 2 + len(cell.lines) * leading / 2 - leading * 0.76
        for line in cell.lines:
            if not line:
                pass
            elif side == "left":
                self._ink.text(box.left + PAD_X, y, line, cell.size, bold)
            elif side == "right":
                self._ink.ended(box.right - PAD_X, y, line.rstrip(), cell.size, bold)
            else:
                self._ink.centred((box.left + box.right) / 2, y, line.rstrip(), cell.size, bold)
            y -= leading


def _text_height(cells: list[Cell]) -> float:
    return max((len(cell.lines) for cell in cells), default=1) * BODY * LEADING + 2 * PAD_Y
