"""The sheets of one page: the header on every one, rows that belong together kept together, the signatures with the last row."""

from collections.abc import Iterator

from app.i18n import _
from app.ledgers.gaps import Place
from app.ledgers.grid import Grid
from app.ledgers.ink import MM, Ink
from app.ledgers.page import Page
from app.ledgers.rows import BODY, LEADING, PAD_Y, Row
from app.ledgers.sums import Sums
from app.ledgers.wrap import even, wrap

SIDE, TOP, FOOT = 15 * MM, 15 * MM, 14 * MM
SMALL, TITLE, META = 8.0, 18.0, 10.0
_NOTE = SMALL * 1.4
_RUNNING = 6 * MM
_SIGN = 10 * MM
_QR = 20 * MM
_GAP = 2 * MM
#: Room that is worth beginning a row in that goes on on the next sheet.
_LEAST = 2 * BODY * LEADING + 2 * PAD_Y


class Sheets:
    """The sheets of one page, filled from top to bottom; `y` is where the next thing begins, `start` where the rows did."""

    def __init__(self, ink: Ink, page: Page) -> None:
        self.ink, self.page = ink, page
        self.width, self.height = ink.turn(page.landscape, page.paper)
        self.room = self.width - 2 * SIDE
        self.grid = Grid(ink, page, SIDE, self.room)
        self.sums = Sums(page.columns)
        self.carry = self.grid.measure.carried_height if page.carried else 0.0
        self.full = self.height - TOP - FOOT - _RUNNING - self.grid.head_height - self.carry
        self.y = self.start = self.height - TOP
        self.notes = self._note_lines()

    def run(self) -> Iterator[int]:
        """Draws everything; yields the number of rows placed whenever a sheet is full, and at the end."""
        self.ink.tags.open("Sect")
        self.ink.bookmark(self.page.title, self.y, 0)
        self._opening()
        self.ink.tags.open("Table")
        if not self.page.bare:
            self.ink.tags.open("THead")
        self.y = self.start = self.grid.open(self.y)
        if not self.page.bare:
            self.ink.tags.close()
        self.ink.tags.open("TBody")
        placed = 0
        held: list[Row] = []
        for line in self.page.body:
            row = self.grid.measure.row(line)
            if held and (_parts(held[-1], row) or sum(one.height for one in held) > self.full):
                turned = self._set(held)
                placed += len(held)
                held = []
                if turned:
                    yield placed
            held.append(row)
        self._set(held + [self.grid.measure.row(line) for line in self.page.totals], self._tail_height(), last=True)
        self.grid.close(self.y)
        self.ink.tags.close()
        self.ink.tags.close()
        self._tail()
        self._foot()
        self.ink.tags.close()
        yield len(self.page.rows)

    # -- rows

    def _set(self, rows: list[Row], below: float = 0.0, *, last: bool = False) -> bool:
        """The rows stand together, here or on the next sheet, with room for what stands below; True when a sheet is full."""
        together = sum(row.height for row in rows) + below
        turned = self._left(last) < together <= self._most(last) and self.y < self.start
        if turned:
            self._turn()
        if together <= self._left(last):
            for row in rows:
                self._draw(row)
            return turned
        for n, row in enumerate(rows, 1):
            closing = all(after.kind == "total" for after in rows[n:])
            room = sum(after.height for after in rows[n:]) + below if closing else min(rows[n].height, _LEAST)
            turned |= self._place(row, room, last and closing)
        return turned

    def _place(self, row: Row, below: float, last: bool) -> bool:
        """The row stands here or on the next sheet, cut if it is taller than one or this one is empty; `below` fits under it."""
        turned = False
        while row.height + below > self._left(last):
            first = self.y == self.start
            if first or row.height + below > self._most(last):
                if row.lines < 2 and (first or row.height <= self._left(last)):
                    break
                if row.lines > 1 and (first or self._left(False) >= _LEAST):
                    part, row = self.grid.measure.cut(row, self._left(False))
                    self._draw(part)
            self._turn()
            turned = True
        self._draw(row)
        return turned

    def _draw(self, row: Row) -> None:
        if row.kind == "section" and row.head and self.page.rows:
            self.ink.bookmark("".join(row.cells[0].lines), self.y, 1)
        self.y = self.grid.row(row, self.y)
        if row.values is not None and self.page.carried:
            self.sums.add(row.values)

    def _left(self, last: bool) -> float:
        """Points left for rows on this sheet; with sums to be carried, only what is last needs no row for them."""
        return self.y - FOOT - (0.0 if last else self.carry)

    def _most(self, last: bool) -> float:
        """Points for rows on a fresh sheet."""
        return self.full - (0.0 if last else self.carry)

    def _turn(self) -> None:
        carried = self.page.carried and self.sums.rows
        if carried:
            self.y = self.grid.row(self.grid.measure.carried(self.sums.line(_("过次页"))), self.y, tagged=False)
        self.grid.close(self.y)
        self._fresh()
        self.ink.place = None
        words = "  ".join(filter(None, (self.page.title + _("（续）"), self.page.unit, self.page.period)))
        self.ink.text(SIDE, self.y - SMALL, wrap(words, self.room / SMALL, self.ink.regular.widths)[0], SMALL)
        self.y = self.grid.open(self.y - _RUNNING)
        if carried:
            self.y = self.grid.row(self.grid.measure.carried(self.sums.line(_("承前页"))), self.y, tagged=False)
        self.start = self.y

    def _fresh(self) -> None:
        self._foot()
        self.ink.turn(self.page.landscape, self.page.paper)
        self.y = self.height - TOP

    # -- above and below

    def _at(self, what: str) -> None:
        self.ink.place = Place(self.page.title, 0, what)

    def _opening(self) -> None:
        page, ink, top = self.page, self.ink, self.y
        aside = _QR if page.code else 0.0
        self._at(_("编号"))
        ink.text(SIDE, top - META, _(page.classification), META, bold=True)
        ink.ended(self.width - SIDE - aside - (_GAP if aside else 0), top - META, page.number, META)
        if page.code:
            _qr(ink, page.code, self.width - SIDE - aside, top - aside)
        self.y -= 5 * MM
        self._at(_("标题"))
        ink.begin("H1", ink.tags.leaf("H1"))
        for line in even(page.title, (self.room - 2 * (aside + 3 * MM)) / TITLE, ink.bold.widths):
            self.y -= TITLE * 1.25
            ink.centred(self.width / 2, self.y, line, TITLE, bold=True)
        ink.end()
        self.y = min(self.y, top - aside + META) - 8 * MM
        if page.signatures or page.unit:
            self._meta()
        self.y -= 2.5 * MM

    def _meta(self) -> None:
        unit, period, day = self.page.meta()
        middle, size = self.ink.regular.width(period, META), META
        longest = max(self.ink.regular.width(unit, META), self.ink.regular.width(day, META)) * 2 + middle + 6 * META
        if longest > self.room:
            size = max(SMALL - 1, META * self.room / longest)
        self._at(_("填报单位和期间"))
        self.ink.text(SIDE, self.y, unit, size)
        self.ink.centred(self.width / 2, self.y, period, size)
        self.ink.ended(self.width - SIDE, self.y, day, size)

    def _note_lines(self) -> list[str]:
        lines: list[str] = []
        for n, note in enumerate(self.page.notes, 1):
            mark = (_("说明：") if n == 1 else "") + (f"{n}. " if len(self.page.notes) > 1 else "")
            lines += wrap(mark + note, self.room / SMALL, self.ink.regular.widths)
        return lines

    def _tail_height(self) -> float:
        """What stands below the last row, notes and signatures; at most half a sheet is kept together with it."""
        height = _GAP + len(self.notes) * _NOTE + (_SIGN if self.page.signatures else 0)
        return min(height, self.full / 2)

    def _tail(self) -> None:
        self.y -= _GAP
        self._at(_("说明"))
        for n, line in enumerate(self.notes, 1):
            last = n == len(self.notes) and bool(self.page.signatures)
            self._need(_NOTE + _SIGN if last else _NOTE)
            self.y -= _NOTE
            self.ink.text(SIDE, self.y + 2, line, SMALL)
        if self.page.signatures:
            self._need(_SIGN)
            self.y -= _SIGN
            self._at(_("签字栏"))
            self._signatures()

    def _need(self, height: float) -> None:
        if self.y - height < FOOT - 1:
            self._fresh()

    def _signatures(self) -> None:
        step = self.room / len(self.page.signatures)
        for n, signer in enumerate(self.page.signatures):
            label = _("{who}（签字）：").format(who=_(signer))
            x = SIDE + n * step
            self.ink.text(x, self.y, label, META)
            start = x + self.ink.regular.width(label, META)
            self.ink.rules([(start, self.y - 2, max(start, x + step - 8 * MM), self.y - 2)])

    def _foot(self) -> None:
        y = 8 * MM
        self.ink.place = None
        self.ink.page_number(self.width / 2, y, _("第 {n} 页").format(n=self.ink.page), SMALL)
        self.ink.text(SIDE, y, _(self.page.classification), SMALL)
        self.ink.ended(self.width - SIDE, y, self.page.number, SMALL)


def _parts(row: Row, after: Row) -> bool:
    """The row need not stand on one sheet with the one after it: it heads nothing, and no sum follows."""
    return row.kind != "section" and after.kind != "total"


def _qr(ink: Ink, text: str, x: float, y: float) -> None:
    """A QR code in the square with this lower left corner."""
    import segno

    matrix = segno.make(text, error="m", micro=False).matrix
    step = _QR / (len(matrix) + 2)
    dark = [(row, column) for row, line in enumerate(matrix) for column, on in enumerate(line) if on]
    ink.squares([(x + (column + 1) * step, y + _QR - (row + 2) * step) for row, column in dark], step * 1.01, text)
