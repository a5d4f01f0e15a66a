"""Photos on sheets of their own: two on each, upright, with what they show, by whom, when and the fingerprint."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.i18n import _
from app.ledgers.gaps import Place
from app.ledgers.ink import MM, Ink
from app.ledgers.sheets import FOOT, META, SIDE, SMALL, TOP
from app.ledgers.wrap import wrap

_EACH = 2
_LINE = META * 1.5
_TITLE = 14.0


@dataclass(frozen=True)
class Plate:
    """One photo as JPEG, its number, and the lines that stand under it."""

    n: int
    captions: tuple[str, ...]
    jpeg: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Plates:
    """The photos of one file of papers; `classification` and `number` stand at the foot as on its other sheets."""

    title: str
    classification: str
    number: str
    plates: tuple[Plate, ...]

    def draw(self, ink: Ink) -> None:
        """Every photo stands on paper, as large as half a sheet allows."""
        for first in range(0, len(self.plates), _EACH):
            width, height = ink.turn(landscape=False)
            ink.place = Place(self.title)
            top = height - TOP - _TITLE
            if first == 0:
                ink.tags.open("Sect")
                ink.bookmark(self.title, height - TOP, 0)
                ink.begin("H1", ink.tags.leaf("H1"))
            ink.centred(width / 2, top, self.title, _TITLE, bold=True)
            if first == 0:
                ink.end()
            room = (top - 6 * MM - FOOT) / _EACH
            for at, plate in enumerate(self.plates[first : first + _EACH]):
                self._plate(ink, plate, width, top - 4 * MM - at * room, room - 4 * MM)
            self._foot(ink, width)
        if self.plates:
            ink.tags.close()

    def _plate(self, ink: Ink, plate: Plate, width: float, top: float, room: float) -> None:
        wide = width - 2 * SIDE
        lines = [line for text in self._told(plate) for line in wrap(text, wide / META, ink.regular.widths)]
        high = room - len(lines) * _LINE - 2 * MM
        scale = min(wide / plate.width, high / plate.height, 0.75)  # no photo is blown up beyond 96 dots an inch
        size = (plate.width * scale, plate.height * scale)
        ink.picture((width - size[0]) / 2, top - size[1], *size, plate.jpeg, " ".join(lines))
        y = top - size[1] - 1 * MM
        for line in lines:
            y -= _LINE
            ink.centred(width / 2, y, line, META)

    def _told(self, plate: Plate) -> Sequence[str]:
        first, *others = plate.captions
        return (_("第 {n} 张    {text}").format(n=plate.n, text=first), *others)

    def _foot(self, ink: Ink, width: float) -> None:
        y = 8 * MM
        ink.place = None
        ink.page_number(width / 2, y, _("第 {n} 页").format(n=ink.page), SMALL)
        ink.text(SIDE, y, _(self.classification), SMALL)
        ink.ended(width - SIDE, y, self.number, SMALL)
