"""The rows of a ledger measured for paper: lines of type, heights, and how a row is cut over two sheets."""

from dataclasses import dataclass, field, replace
from typing import Literal

from app.ledgers.fonts import unknown
from app.ledgers.gaps import Place
from app.ledgers.ink import MM, Ink
from app.ledgers.page import Line, Page, Section, Total, Value, shown
from app.ledgers.wrap import even, wrap

BODY = 9.0
PAD_X, PAD_Y, LEADING = 3.0, 3.0, 1.3
#: Codes and dates are made smaller before they are broken, down to this size; numbers, which must not be torn, to the other.
_LEAST_SIZE, _LEAST_NUMBER = 6.0, 4.5


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
    parts: "Parts | None" = None
    head: bool = True
    more: bool = False

    @property
    def bold(self) -> bool:
        """Its type is bold."""
        return self.kind != "row"

    @property
    def lines(self) -> int:
        """Lines of its highest cell."""
        return max(len(cell.lines) for cell in self.cells)


@dataclass
class Parts:
    """The tags of a row that goes over several sheets: its own, those of its cells, and what each cell holds."""

    row: int = 0
    cells: list[int] = field(default_factory=list)
    held: list[list[int]] = field(default_factory=list)


class Measure:
    """What each row and the header of one page need between these edges (points from the left)."""

    def __init__(self, ink: Ink, page: Page, edges: list[float]) -> None:
        self._ink, self._page, self._edges = ink, page, edges
        self._least = page.row_height * MM
        self._rows = 0
        self.upper, self.lower = self._head_heights()

    def row(self, line: Line) -> Row:
        """The row as lines of type, with the height it needs; rows are counted, so each is measured once, in order."""
        count = len(self._page.columns)
        if isinstance(line, Section):
            cells = [self.wrapped(line.text, self._edges[-1] - self._edges[0], bold=True)]
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
        assert row.spans
        room, name = self._edges[row.spans[0]] - self._edges[0] - 2 * PAD_X, shown(line.cells[0])
        size = min(BODY, room / max(self._ink.bold.width(name, 1), 1))
        return Row(self.carried_height, [Cell([name], size), *row.cells[1:]], "total", row.spans)

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
        parts = row.parts or Parts()
        left = Row(self._height(rest), rest, row.kind, row.spans, parts=parts, head=False)
        return replace(row, height=upper, cells=first, parts=parts, more=True), left

    def _total(self, values: tuple[Value, ...], least: float = _LEAST_NUMBER) -> Row:
        """The name of the sums goes across the empty cells after it."""
        name = next((n for n, value in enumerate(values) if n and value is not None), len(values)) if values[0] else 1
        width = self._edges[name] - self._edges[0]
        cells = [self.wrapped(shown(values[0]), width, bold=True)]
        cells += [self._cell(value, index, True, least) for index, value in enumerate(values) if index >= name]
        row = Row(self._height(cells), cells, "total", [name, *[1] * (len(values) - name)])
        self._look(row, shown(values[0]), 0)
        return row

    def _look(self, row: Row, text: str, number: int, column: str = "") -> None:
        if not unknown().isdisjoint(text):
            row.gaps.append((text, Place(self._page.title, number, column)))

    def _cell(self, value: Value, index: int, bold: bool, least: float = _LEAST_NUMBER) -> Cell:
        column = self._page.columns[index]
        text = shown(value, column.kind)
        room = self._edges[index + 1] - self._edges[index] - 2 * PAD_X
        face = self._ink.face(bold)
        if column.kind not in ("text", "multiline") and text:
            lines = text.split("\n")
            needed = max(face.width(line, 1) for line in lines)
            size = min(BODY, int(room / needed * 100) / 100) if needed else BODY
            if size >= (least if column.kind in ("number", "percent") else _LEAST_SIZE):
                return Cell(lines, size)
        if column.side == "center":
            return Cell(even(text, room / BODY, face.widths), BODY)
        return Cell(wrap(text, room / BODY, face.widths), BODY)

    def wrapped(self, text: str, width: float, bold: bool) -> Cell:
        """The text in lines of this width."""
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
            height = _text_height([self.wrapped(text, edges[first + count] - edges[first], bold=True)])
            if page.columns[first].group:
                upper = max(upper, height, 6.5 * MM)
                lower = max([lower, *(_text_height([self.title(index)]) for index in range(first, first + count))])
            else:
                lone = max(lone, height)
        return upper, max(lower, lone - upper)

    def title(self, index: int) -> Cell:
        """The title of a column."""
        width = self._edges[index + 1] - self._edges[index]
        return Cell(even(self._page.columns[index].title, (width - 2 * PAD_X) / BODY, self._ink.bold.widths), BODY)


def _text_height(cells: list[Cell]) -> float:
    return max((len(cell.lines) for cell in cells), default=1) * BODY * LEADING + 2 * PAD_Y
