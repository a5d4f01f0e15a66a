"""The table on the sheets of a PDF: measured rows, header cells, rules and frame."""

from dataclasses import dataclass

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
    """A measured row: one cell a column, or a single one across the table."""

    height: float
    cells: list[Cell]
    across: bool = False
    bold: bool = False


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

    @property
    def head_height(self) -> float:
        """Height of the header, both rows together."""
        return self._upper + self._lower

    # -- measuring

    def measure(self, line: Line) -> Row:
        """The row as lines of type, with the height it needs."""
        if isinstance(line, Section):
            cells = [self._wrapped(line.text, self._edges[-1] - self._edges[0], bold=True)]
            return Row(self._height(cells), cells, across=True, bold=True)
        bold = isinstance(line, Total)
        values = line.cells if isinstance(line, Total) else line
        cells = [self._cell(value, index, bold) for index, value in enumerate(values)]
        return Row(self._height(cells), cells, bold=bold)

    def cut(self, row: Row, height: float) -> tuple[Row, Row]:
        """The lines that fit into the height, and the rest as a row of its own."""
        fit = max(1, int((height - 2 * PAD_Y) / (BODY * LEADING)))
        first = [Cell(cell.lines[:fit], cell.size) for cell in row.cells]
        rest = [Cell(cell.lines[fit:], cell.size) for cell in row.cells]
        return Row(height, first, row.across, row.bold), Row(self._height(rest), rest, row.across, row.bold)

    def _cell(self, value: Value, index: int, bold: bool) -> Cell:
        column = self._page.columns[index]
        text = shown(value, column.kind)
        room = self._edges[index + 1] - self._edges[index] - 2 * PAD_X
        face = self._ink.face(bold)
        if column.kind not in ("text", "multiline") and text:
            lines = text.split("\n")
            needed = max(face.width(line, 1) for line in lines)
            size = min(BODY, int(room / needed * 100) / 100) if needed else BODY
            if size >= _LEAST_SIZE:
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
        bottom = y - row.height
        if row.across:
            self._uprights(y)
            box = _Box(self._edges[0], self._edges[-1], y, bottom)
            self._ink.field(box.left, bottom, box.right - box.left, row.height, SECTION_GREY)
            self._write(row.cells[0], box, "left", bold=True)
            self._split_from = bottom
        else:
            for index, cell in enumerate(row.cells):
                box = _Box(self._edges[index], self._edges[index + 1], y, bottom)
                self._write(cell, box, self._page.columns[index].side, row.bold)
        self._rules.append((self._edges[0], bottom, self._edges[-1], bottom))
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
