"""A page of a ledger as a PDF: Chinese type, everything embedded, characters that no font has named with their place."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from app.i18n import _
from app.ledgers.durable import replacing
from app.ledgers.gaps import Gap
from app.ledgers.ink import Ink
from app.ledgers.page import Column, Page, Progress, pages
from app.ledgers.plates import Plates
from app.ledgers.sheets import SMALL, Sheets


@dataclass(frozen=True)
class Written:
    """What came out: sheets of paper, and the characters no font has (printed as 〓, listed on the last sheet)."""

    sheets: int
    gaps: tuple[Gap, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The characters, each once."""
        return tuple(sorted({gap.char for gap in self.gaps}))


def write(
    page: Page | Sequence[Page], path: Path, progress: Progress | None = None, plates: Plates | None = None
) -> Written:
    """The page or pages, and the photos, lie in the file as one PDF.

    Refuses a full or read-only disk and then leaves nothing behind.
    """
    with replacing(path) as stream:
        return draw(page, stream, progress, plates)


def document(page: Page | Sequence[Page], progress: Progress | None = None) -> bytes:
    """The same PDF in memory, for preview and printing: nothing is written to the disk."""
    return drawn(page, progress)[0]


def drawn(
    page: Page | Sequence[Page], progress: Progress | None = None, plates: Plates | None = None
) -> tuple[bytes, Written]:
    """The PDF in memory, and what came out."""
    stream = BytesIO()
    written = draw(page, stream, progress, plates)
    return stream.getvalue(), written


def draw(
    page: Page | Sequence[Page], stream: BinaryIO, progress: Progress | None = None, plates: Plates | None = None
) -> Written:
    """The PDF goes into the open stream; sheets are numbered through all pages, photos stand after them."""
    parts = pages(page)
    first = parts[0]
    ink = Ink(stream, first.title, first.unit, first.period, first.marks, first.filled_on)
    done, total = 0, sum(len(part.rows) for part in parts)
    for part in parts:
        for placed in Sheets(ink, part).run():
            if progress:
                progress(done + placed, total, part.title)
        done += len(part.rows)
    if plates is not None:
        plates.draw(ink)
    gaps = ink.gaps
    if gaps:
        for _placed in Sheets(ink, _missing_page(gaps)).run():
            pass
    ink.save(_("共 {n} 页").format(n=ink.page), SMALL)
    return Written(ink.page, gaps)


def _missing_page(gaps: Sequence[Gap]) -> Page:
    columns = (
        Column(_("序号"), "n", 12, "center"),
        Column(_("页"), "page", 12, "center"),
        Column(_("台账"), "ledger", 36),
        Column(_("行"), "row", 12, "center"),
        Column(_("栏目"), "column", 24),
        Column(_("码位"), "code", 20, "center"),
        Column(_("所在文字"), "text", 64),
    )
    found = sorted(gaps, key=lambda gap: gap.sheet)
    rows = tuple(
        (n, gap.sheet, gap.place.ledger, gap.place.row or "", gap.place.column, gap.code, gap.text)
        for n, gap in enumerate(found, 1)
    )
    note = _("这些字在字库里没有，正文中印作“〓”，请在纸上补写。行数不计分组标题和合计。")
    return Page(_("缺字清单"), columns, rows, notes=(note,), signatures=(), classification="")
