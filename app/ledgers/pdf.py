"""A page of a ledger as a PDF: A4, Chinese type, the header on every sheet, the signatures with the last row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from app.i18n import _
from app.ledgers.durable import replacing
from app.ledgers.grid import Grid, Row
from app.ledgers.ink import MM, Ink
from app.ledgers.page import Column, Page, Progress, pages
from app.ledgers.wrap import even, wrap

SIDE, TOP, FOOT = 15 * MM, 15 * MM, 14 * MM
SMALL, TITLE, META = 8.0, 18.0, 10.0
_NOTE = SMALL * 1.4
_RUNNING = 6 * MM
_SIGN = 10 * MM
_QR = 20 * MM


@dataclass(frozen=True)
class Written:
    """What came out: sheets of paper, and the characters no font has (printed as 〓, listed on the last sheet)."""

    sheets: int
    missing: tuple[str, ...]


def write(page: Page | Sequence[Page], path: Path, progress: Progress | None = None) -> Written:
    """The page or pages lie in the file as one PDF; refuses a full or read-only disk and then leaves nothing behind."""
    with replacing(path) as stream:
        return draw(page, stream, progress)


def document(page: Page | Sequence[Page], progress: Progress | None = None) -> bytes:
    """The same PDF in memory, for preview and printing: nothing is written to the disk."""
    stream = BytesIO()
    draw(page, stream, progress)
    return stream.getvalue()


def draw(page: Page | Sequence[Page], stream: BinaryIO, progress: Progress | None = None) -> Written:
    """The PDF goes into the open stream; sheets are numbered through all pages."""
    parts = pages(page)
    ink = Ink(stream, parts[0].title, parts[0].unit, parts[0].period, parts[0].marks)
    done, total = 0, sum(len(part.rows) for part in parts)
    for part in parts:
        for placed in _Sheets(ink, part).run():
            if progress:
                progress(done + placed, total, part.title)
        done += len(part.rows)
    missing = tuple(sorted({char for char, _line in ink.missing}))
    if missing:
        _Sheets(ink, _missing_page(ink)).all()
    ink.save(_("共 {n} 页").format(n=ink.page), SMALL)
    return Written(ink.page, missing)


def _missing_page(ink: Ink) -> Page:
    columns = (
        Column(_("序号"), "n", 14, "center"),
        Column(_("页"), "page", 14, "center"),
        Column(_("码位"), "code", 30, "center"),
        Column(_("所在文字"), "text", 110),
    )
    found = sorted(ink.missing.items(), key=lambda item: (item[1], item[0]))
    rows = tuple((n, page, f"U+{ord(char):04X}", text) for n, ((char, text), page) in enumerate(found, 1))
    note = _("这些字在字库里没有，正文中印作“〓”，请在纸上补写。")
    return Page(_("缺字清单"), columns, rows, notes=(note,), signatures=(), classification="")


class _Sheets:
    """The sheets of one page, filled from top to bottom; `y` is where the next thing begins."""

    def __init__(self, ink: Ink, page: Page) -> None:
        self.ink, self.page = ink, page
        self.width, self.height = ink.turn(page.landscape)
        self.room = self.width - 2 * SIDE
        self.grid = Grid(ink, page, SIDE, self.room)
        self.y = self.height - TOP
        self.notes = self._note_lines()

    def all(self) -> None:
        """Draws everything without a report on the way."""
        for _placed in self.run():
            pass

    def run(self) -> Iterator[int]:
        """Draws everything; yields the number of rows placed whenever a sheet is full, and at the end."""
        self._opening()
        self.y = self.grid.open(self.y)
        placed, waiting = 0, None
        for line in chain(self.page.body, self.page.totals):
            row = self.grid.measure(line)
            if waiting is not None:
                if self._place(waiting, row.height if waiting.across else 0.0):
                    yield placed
                placed += 1
            waiting = row
        if waiting is not None:
            self._place(waiting, self._tail_height())
        self.grid.close(self.y)
        self._tail()
        self._foot()
        yield len(self.page.rows)

    def _place(self, row: Row, below: float) -> bool:
        """The row stands here or on the next sheet, cut if it is taller than one; `below` must fit under it."""
        full = self.height - TOP - FOOT - _RUNNING - self.grid.head_height
        turned = row.height + below > self.y - FOOT and row.height <= full
        if turned:
            self._turn()
        while row.height > self.y - FOOT:
            part, row = self.grid.cut(row, self.y - FOOT)
            self.y = self.grid.row(part, self.y)
            self._turn()
            turned = True
        self.y = self.grid.row(row, self.y)
        return turned

    def _turn(self) -> None:
        self.grid.close(self.y)
        self._fresh()
        words = "  ".join(filter(None, (self.page.title + _("（续）"), self.page.unit, self.page.period)))
        self.ink.text(SIDE, self.y - SMALL, wrap(words, self.room / SMALL, self.ink.regular.widths)[0], SMALL)
        self.y = self.grid.open(self.y - _RUNNING)

    def _fresh(self) -> None:
        self._foot()
        self.ink.turn(self.page.landscape)
        self.y = self.height - TOP

    def _opening(self) -> None:
        page, ink, top = self.page, self.ink, self.y
        aside = _QR if page.code else 0.0
        ink.text(SIDE, top - META, _(page.classification), META, bold=True)
        ink.ended(self.width - SIDE - aside - (2 * MM if aside else 0), top - META, page.number, META)
        if page.code:
            _qr(ink, page.code, self.width - SIDE - aside, top - aside)
        self.y -= 5 * MM
        for line in even(page.title, (self.room - 2 * (aside + 3 * MM)) / TITLE, ink.bold.widths):
            self.y -= TITLE * 1.25
            ink.centred(self.width / 2, self.y, line, TITLE, bold=True)
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
        """What stands below the last row, notes and signatures; at most a third of a sheet is kept together with it."""
        height = 2 * MM + len(self.notes) * _NOTE + (_SIGN if self.page.signatures else 0)
        return min(height, self.height / 3)

    def _tail(self) -> None:
        self.y -= 2 * MM
        for n, line in enumerate(self.notes, 1):
            last = n == len(self.notes) and bool(self.page.signatures)
            self._need(_NOTE + _SIGN if last else _NOTE)
            self.y -= _NOTE
            self.ink.text(SIDE, self.y + 2, line, SMALL)
        if self.page.signatures:
            self._need(_SIGN)
            self.y -= _SIGN
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
        self.ink.page_number(self.width / 2, y, _("第 {n} 页").format(n=self.ink.page), SMALL)
        self.ink.text(SIDE, y, _(self.page.classification), SMALL)
        self.ink.ended(self.width - SIDE, y, self.page.number, SMALL)


def _qr(ink: Ink, text: str, x: float, y: float) -> None:
    """A QR code in the square with this lower left corner."""
    import segno

    matrix = segno.make(text, error="m", micro=False).matrix
    step = _QR / (len(matrix) + 2)
    dark = [(row, column) for row, line in enumerate(matrix) for column, on in enumerate(line) if on]
    ink.squares([(x + (column + 1) * step, y + _QR - (row + 2) * step) for row, column in dark], step * 1.01)
