"""Ink on paper: text, rules and fields on PDF pages, with every font embedded and every unknown character noted."""

from collections.abc import Iterable
from datetime import date
from io import BytesIO
from itertools import groupby
from operator import itemgetter
from typing import Any, BinaryIO, cast

from app.ledgers.binding import bind, close_page
from app.ledgers.fonts import GETA, Face, faces, unknown, unseen
from app.ledgers.gaps import Gap, Place
from app.ledgers.info import describe
from app.ledgers.marks import Marks
from app.ledgers.page import SIZES, Paper
from app.ledgers.tags import Tags

MM = 72 / 25.4

_TOTAL = "total"


class Ink:
    """A PDF document being drawn, one page after the other; measures are points from the lower left corner.

    Text between `begin` and `end` is one tagged thing; other text is a paragraph, or, where `place` is None, no content at all.
    """

    def __init__(
        self, stream: BinaryIO, title: str, author: str, subject: str = "", marks: Marks = (), day: date | None = None
    ) -> None:
        from reportlab.pdfgen.canvas import Canvas

        self.regular, self.bold = faces()
        # Without initialFontName every document lists an unembedded Helvetica; invariant: same page, same bytes.
        first = cast(Any, self.regular.name)
        self._canvas: Any = cast(
            Any, Canvas(stream, pageCompression=1, invariant=True, initialFontName=first, lang="zh-CN")
        )
        describe(self._canvas, title, author, subject, marks, day)
        self._stream = stream
        self.tags = Tags(self._canvas._doc)
        self._within = False
        self._entries = 0
        self._codes = {True: _Codes(self.bold, self._canvas._doc), False: _Codes(self.regular, self._canvas._doc)}
        self._ops: list[str] = []
        self._font = ""
        self._total_at: tuple[float, float] | None = None
        self.page = 0
        #: Where the texts that are drawn just now stand; None while whoever draws them notes their gaps.
        self.place: Place | None = Place(title)
        self._gaps: dict[tuple[str, Place, str], int] = {}

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The characters no font has, in the order in which they came."""
        return tuple(Gap(*key, sheet) for key, sheet in self._gaps.items())

    def turn(self, landscape: bool, paper: Paper = "A4") -> tuple[float, float]:
        """A fresh page lies ready; the one before is finished. Returns its width and height."""
        if self.page:
            self._finish()
        self.page += 1
        width, height = (side * MM for side in SIZES[paper])
        size = (height, width) if landscape else (width, height)
        self._canvas.setPageSize(size)
        return size

    def face(self, bold: bool) -> Face:
        """The face that `bold` stands for."""
        return self.bold if bold else self.regular

    def text(self, x: float, y: float, line: str, size: float, bold: bool = False) -> None:
        """The line stands with its left end at x on the base line y."""
        codes = self._codes[bold]
        runs = [(font, "".join(map(_CODE, run))) for font, run in groupby(map(codes.__getitem__, line), _FONT) if font]
        if codes.unknown and self.place is not None:
            self.note(line, self.place)
        if not runs:
            return
        if alone := not self._within:
            self._ops.append("/Artifact BMC" if self.place is None else f"/P<</MCID {self.tags.leaf('P')}>>BDC")
        self._ops.append(f"1 0 0 1 {x:.2f} {y:.2f} Tm")
        for font, code in runs:
            if self._font != f"{font} {size:g} Tf":
                self._font = f"{font} {size:g} Tf"
                self._ops.append(self._font)
            self._ops.append(f"<{code}> Tj")
        if alone:
            self._ops.append("EMC")

    def begin(self, kind: str, mark: int) -> None:
        """The texts up to `end` are what this mark of a tag stands for; -1: no content."""
        self._ops.append(f"/{kind}<</MCID {mark}>>BDC" if mark >= 0 else "/Artifact BMC")
        self._within = True

    def end(self) -> None:
        """What was begun is complete."""
        self._ops.append("EMC")
        self._within = False

    def bookmark(self, words: str, y: float, level: int) -> None:
        """The place y on this page is found under these words in the outline."""
        self._entries += 1
        key = f"b{self._entries}"
        self._canvas.bookmarkPage(key, fit="XYZ", top=y, left=0, zoom=0)
        self._canvas.addOutlineEntry(" ".join(words.split())[:80] or "—", key, level, closed=level == 0)

    def centred(self, x: float, y: float, line: str, size: float, bold: bool = False) -> None:
        """The line stands with its middle at x."""
        self.text(x - self.face(bold).width(line, size) / 2, y, line, size, bold)

    def ended(self, x: float, y: float, line: str, size: float, bold: bool = False) -> None:
        """The line stands with its right end at x."""
        self.text(x - self.face(bold).width(line, size), y, line, size, bold)

    def rules(self, lines: Iterable[tuple[float, float, float, float]], weight: float = 0.4) -> None:
        """Straight lines (x1, y1, x2, y2) of this weight."""
        strokes = [f"{a:.2f} {b:.2f} m {c:.2f} {d:.2f} l" for a, b, c, d in lines]
        if strokes:
            self._artifact(f"{weight:g} w {' '.join(strokes)} S")

    def field(self, x: float, y: float, width: float, height: float, grey: float) -> None:
        """A rectangle filled with grey (0 black, 1 white)."""
        self._artifact(f"{grey:g} g {x:.2f} {y:.2f} {width:.2f} {height:.2f} re f 0 g")

    def squares(self, corners: Iterable[tuple[float, float]], side: float, words: str) -> None:
        """Black squares with these lower left corners, a picture that says these words (the modules of a code)."""
        boxes = " ".join(f"{x:.2f} {y:.2f} {side:.3f} {side:.3f} re" for x, y in corners)
        mark = self.tags.leaf("Figure", f"/Alt<FEFF{words.encode('utf-16-be').hex()}>")
        self._canvas._code.append(f"/Figure<</MCID {mark}>>BDC 0 g {boxes} f EMC")

    def picture(self, x: float, y: float, width: float, height: float, jpeg: bytes, words: str) -> None:
        """The photo fills this rectangle, a picture that shows what these words say."""
        from reportlab.lib.utils import ImageReader

        mark = self.tags.leaf("Figure", f"/Alt<FEFF{words.encode('utf-16-be').hex()}>")
        self._canvas._code.append(f"/Figure<</MCID {mark}>>BDC")
        self._canvas.drawImage(ImageReader(BytesIO(jpeg)), x, y, width, height)
        self._canvas._code.append("EMC")

    def _artifact(self, operators: str) -> None:
        self._canvas._code.append(f"/Artifact BMC {operators} EMC")

    def page_number(self, x: float, y: float, first: str, size: float) -> None:
        """第 x 页 stands left of x, and right of it the number of all pages, which is known only at the end."""
        self.ended(x - size * 0.4, y, first, size)
        self._total_at = (x + size * 0.4, y)

    def save(self, total: str, size: float) -> None:
        """The document is complete; `total` is what stands for the number of all pages."""
        self._finish()
        self.place = None
        self._canvas.beginForm(_TOTAL, 0, -size, 40 * size, 2 * size)
        self.text(0, 0, total, size)
        self._write_text()
        self._canvas.endForm()
        bind(self._canvas, self.tags, self._stream)

    def _finish(self) -> None:
        self._write_text()
        if self._total_at:
            self._canvas._code.append("/Artifact BMC")
            self._canvas.translate(*self._total_at)
            self._canvas.doForm(_TOTAL)
            self._canvas._code.append("EMC")
            self._total_at = None
        self._canvas.showPage()
        close_page(self._canvas, self.page, self.tags)

    def _write_text(self) -> None:
        if self._ops:
            self._canvas._code.append("BT 0 g " + "\n".join(self._ops) + " ET")
        self._ops = []
        self._font = ""

    def note(self, text: str, place: Place) -> None:
        """What no font has of this text, which stands there on this sheet, is remembered."""
        for char in sorted(unknown().intersection(text)):
            self._gaps.setdefault((char, place, text), self.page)


_FONT = itemgetter(0)
_CODE = itemgetter(1)


class _Codes(dict[str, tuple[str, str]]):
    """Character → (font subset, code as hex) in this document; unknown characters become 〓."""

    def __init__(self, face: Face, document: object) -> None:
        super().__init__()
        self._face = face
        self._document = document
        self.unknown = False

    def __missing__(self, char: str) -> tuple[str, str]:
        pair = self[char] = self._code(char)
        return pair

    def _code(self, char: str) -> tuple[str, str]:
        if unseen(char):
            return "", ""
        face = self._face.holder(char)
        if face is None:
            self.unknown = True
            unknown().add(char)
            return self[GETA]
        subset, code = face.font.splitString(char, self._document)[0]
        return face.font.getSubsetInternalName(subset, self._document), code.hex().upper()
