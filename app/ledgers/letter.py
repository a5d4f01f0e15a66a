"""A paper in sentences, as an office writes them to a person: title, address, paragraphs, seal and day, lines to sign on."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from app.i18n import _
from app.ledgers.durable import replacing
from app.ledgers.ink import MM, Ink
from app.ledgers.pdf import Written
from app.ledgers.wrap import even, wrap

# The measures of an official paper (GB/T 9704-2012, 5.2): margins, 三号 for the text, 二号 for the title.
_LEFT, _RIGHT, _TOP, _FOOT = 28 * MM, 26 * MM, 28 * MM, 26 * MM
_TITLE, _BODY, _SMALL = 22.0, 15.0, 10.0
_LEADING, _TIGHT = 25.5, 22.0


@dataclass(frozen=True)
class Par:
    """One paragraph; a heading is bold. The first line stands in by two characters."""

    text: str
    heading: bool = False


@dataclass(frozen=True)
class Letter:
    """What stands on the paper; `signed` are the lines at the right under the text, `slips` are lines to be filled in by hand."""

    unit: str
    title: str
    number: str
    address: str
    body: tuple[Par, ...]
    signed: tuple[str, ...] = ()
    slips: tuple[str, ...] = ()
    lead: tuple[str, ...] = ()


def write(letter: Letter, path: Path) -> Written:
    """The letter lies in the file as PDF; refuses a full or read-only disk and then leaves nothing behind."""
    with replacing(path) as stream:
        return draw(letter, stream)


def drawn(letter: Letter) -> tuple[bytes, Written]:
    """The same PDF in memory, for preview and printing, and what came out."""
    stream = BytesIO()
    written = draw(letter, stream)
    return stream.getvalue(), written


def draw(letter: Letter, stream: BinaryIO) -> Written:
    """The PDF goes into the open stream."""
    ink = Ink(stream, letter.title, letter.unit)
    _Sheet(ink, letter).run()
    ink.save(_("共 {n} 页").format(n=ink.page), _SMALL)
    return Written(ink.page, ink.gaps)


class _Sheet:
    """The letter from top to bottom; `y` is where the next line begins."""

    def __init__(self, ink: Ink, letter: Letter) -> None:
        self.ink, self.letter = ink, letter
        self.width, self.height = ink.turn(landscape=False)
        self.room = self.width - _LEFT - _RIGHT
        self.y = self.height - _TOP

    def run(self) -> None:
        """Everything stands on paper; the signature never alone on a sheet."""
        self._head()
        lines = list(self._lines())
        kept = self._closing_height()
        for n, (text, bold) in enumerate(lines):
            left = len(lines) - n
            together = 2 if bold or left == 2 else 1  # a heading stays with what it heads
            self._need(_LEADING * together + (kept if left <= 2 else 0))
            self.y -= _LEADING
            self.ink.text(_LEFT, self.y, text, _BODY, bold)
        self._signed()
        self._slips()
        self._foot()

    def _head(self) -> None:
        letter, ink = self.letter, self.ink
        for line in (*self._even(letter.unit), *self._even(letter.title)):
            self.y -= _TITLE * 1.4
            ink.centred(self.width / 2, self.y, line, _TITLE, bold=True)
        self.y -= _LEADING
        number = _("编号：{number}").format(number=letter.number)
        ink.centred(self.width / 2, self.y, number, 12.0)
        self.y -= 8 * MM
        for text in letter.lead:
            self._plain(text)
        if letter.address:
            self._plain(letter.address)

    def _even(self, text: str) -> list[str]:
        return even(text, self.room / _TITLE, self.ink.bold.widths) if text else []

    def _plain(self, text: str) -> None:
        for line in wrap(text, self.room / _BODY, self.ink.regular.widths):
            self._need(_LEADING)
            self.y -= _LEADING
            self.ink.text(_LEFT, self.y, line, _BODY)

    def _lines(self) -> Iterator[tuple[str, bool]]:
        for par in self.letter.body:
            face = self.ink.face(par.heading)
            for part in par.text.splitlines() or [""]:
                for line in wrap(f"　　{part.strip()}", self.room / _BODY, face.widths):
                    yield line, par.heading

    def _closing_height(self) -> float:
        return _LEADING * (len(self.letter.signed) + 1)

    def _signed(self) -> None:
        self.y -= _LEADING * 0.6
        for line in self.letter.signed:
            self.y -= _LEADING
            self.ink.ended(self.width - _RIGHT - 2 * _BODY, self.y, line, _BODY)

    def _slips(self) -> None:
        if not self.letter.slips:
            return
        self._need(_TIGHT * (len(self.letter.slips) + 1))
        self.y -= _TIGHT
        self.ink.rules([(_LEFT, self.y + 6, self.width - _RIGHT, self.y + 6)])
        for line in self.letter.slips:
            self.y -= _TIGHT
            self.ink.text(_LEFT, self.y + 4, line, 12.0)

    def _need(self, height: float) -> None:
        if self.y - height < _FOOT:
            self._foot()
            self.ink.turn(landscape=False)
            self.y = self.height - _TOP

    def _foot(self) -> None:
        y = 15 * MM
        place, self.ink.place = self.ink.place, None
        self.ink.page_number(self.width / 2, y, _("第 {n} 页").format(n=self.ink.page), _SMALL)
        self.ink.text(_LEFT, y, self.letter.number, _SMALL)
        self.ink.place = place
