"""The table on the sheets of a PDF: measured rows, header cells, rules and frame."""

from dataclasses import dataclass
from itertools import pairwise

from app.i18n import _
from app.ledgers.gaps import Place
from app.ledgers.ink import Ink
from app.ledgers.page import Align, Page
from app.ledgers.rows import LEADING, PAD_X, Cell, Measure, Parts, Row
from app.ledgers.tags import span as spanned

HEAD_GREY, SECTION_GREY = 0.92, 0.96


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
        self.measure = Measure(ink, page, self._edges)
        self._rules: list[tuple[float, float, float, float]] = []
        self._top = self._split_from = 0.0
        self._headed = False

    @property
    def head_height(self) -> float:
        """Height of the header, both rows together."""
        return self.measure.upper + self.measure.lower

    def open(self, y: float) -> float:
        """The header stands below y; returns where the rows begin."""
        bottom = y - self.head_height
        self._top = y
        self._ink.place = Place(self._page.title, 0, _("表头"))
        if self._page.bare:
            self._split_from = bottom
            return bottom
        self._ink.field(self._edges[0], bottom, self._edges[-1] - self._edges[0], self.head_height, HEAD_GREY)
        lower: list[tuple[int, _Box]] = []
        self._begin_row()
        for text, first, count in self._page.head():
            box = _Box(self._edges[first], self._edges[first + count], y, bottom)
            if self._page.columns[first].group:
                self._group(text, box, count)
                middle = y - self.measure.upper
                edges = self._edges[first : first + count + 1]
                lower += [(first + n, _Box(*pair, middle, bottom)) for n, pair in enumerate(pairwise(edges))]
            else:
                self._heading(self.measure.title(first), box, spanned(1, 2 if self._page.grouped else 1, "Column"))
            self._rules.append((box.right, y, box.right, bottom))
        if lower:
            self._end_row()
            self._begin_row()
            for index, box in lower:
                self._heading(self.measure.title(index), box, spanned(1, 1, "Column"))
                self._rules.append((box.right, box.top, box.right, box.bottom))
        self._end_row()
        self._headed = True
        self._rules.append((self._edges[0], bottom, self._edges[-1], bottom))
        self._split_from = bottom
        return bottom

    def row(self, row: Row, y: float, *, tagged: bool = True) -> float:
        """The row stands below y; returns where the next one begins. Only what is `tagged` is content of the ledger."""
        bottom, edges = y - row.height, self._edges
        for text, place in row.gaps:
            self._ink.note(text, place)
        self._ink.place = None
        if row.spans:
            self._uprights(y)
            self._split_from = bottom
        if row.kind == "section":
            self._ink.field(edges[0], bottom, edges[-1] - edges[0], row.height, SECTION_GREY)
        self._cells(row, y, bottom, tagged)
        self._rules.append((edges[0], bottom, edges[-1], bottom))
        return bottom

    def _cells(self, row: Row, y: float, bottom: float, tagged: bool) -> None:
        edges, tags = self._edges, self._ink.tags
        own = tags.child(tags.parent) if tagged and row.parts is None else 0
        kids: list[int] = []
        start = 0
        for n, cell in enumerate(row.cells):
            span = row.spans[n] if row.spans else 1
            box = _Box(edges[start], edges[start + span], y, bottom)
            if self._begin(row, n, own, kids, spanned(span)):
                side: Align = "left" if row.kind == "section" else "center"
                self._write(cell, box, self._page.columns[start].side if span == 1 else side, row.bold)
                self._ink.end()
            start += span
            if row.spans and start < len(edges) - 1:
                self._rules.append((box.right, y, box.right, bottom))
        if own:
            tags.put(own, "TR", tags.parent, kids)
        elif row.parts is not None and not row.more:
            self._join(row, row.parts)

    def _begin(self, row: Row, n: int, own: int, kids: list[int], attributes: str) -> bool:
        """The text of this cell is to be drawn under its tag in the row's own one, if any; False when it has no text."""
        ink, tags, parts = self._ink, self._ink.tags, row.parts
        words = any(row.cells[n].lines)
        if parts is not None:
            if not parts.cells:
                parts.row = tags.child(tags.parent)
                parts.cells = [tags.number() for _cell in row.cells]
                parts.held = [[] for _cell in row.cells]
            if words:
                ink.begin("P", tags.cell("P", parts.cells[n], parts.held[n]))
        elif not own:
            ink.begin("", -1)
            return True
        elif words:
            ink.begin("TD", tags.cell("TD", own, kids, attributes))
        else:
            tags.bare("TD", own, kids, attributes)
        return words

    def _join(self, row: Row, parts: Parts) -> None:
        """All parts of the row are drawn: its tags are whole."""
        tags = self._ink.tags
        for n, (cell, held) in enumerate(zip(parts.cells, parts.held, strict=True)):
            tags.put(cell, "TD", parts.row, held, spanned(row.spans[n] if row.spans else 1))
        tags.put(parts.row, "TR", tags.parent, parts.cells)

    def close(self, y: float) -> None:
        """The table on this sheet ends at y: its rules and its frame are drawn."""
        self._uprights(y)
        self._ink.rules(self._rules)
        left, right = self._edges[0], self._edges[-1]
        frame = [(left, self._top, right, self._top), (left, y, right, y)]
        self._ink.rules(frame + [(x, self._top, x, y) for x in (left, right)], 0.9)
        self._rules = []

    def _group(self, text: str, box: _Box, count: int) -> None:
        upper = _Box(box.left, box.right, box.top, box.top - self.measure.upper)
        self._heading(self.measure.wrapped(text, box.right - box.left, bold=True), upper, spanned(count, 1, "Column"))
        self._rules.append((box.left, upper.bottom, box.right, upper.bottom))

    def _begin_row(self) -> None:
        if not self._headed:
            self._ink.tags.open("TR")

    def _end_row(self) -> None:
        if not self._headed:
            self._ink.tags.close()

    def _heading(self, cell: Cell, box: _Box, attributes: str) -> None:
        """A cell of the header; on later sheets it is no content, for it has been told."""
        self._ink.begin("TH", -1 if self._headed else self._ink.tags.leaf("TH", attributes))
        self._write(cell, box, "center", bold=True)
        self._ink.end()

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
