"""The fonts of paper: registered once, every character measured and checked once."""

import threading
from functools import lru_cache
from typing import Any

from app.paths import resources

#: What stands for a character that no font has.
GETA = "〓"

_lock = threading.Lock()
#: Characters met so far that no font has; kept for the life of the program, as the measures are.
_unknown: set[str] = set()


class Face:
    """One weight of the paper's font: what each character becomes and how wide it is at size 1."""

    def __init__(self, font: Any, fallback: "Face | None" = None) -> None:
        self.font = font
        self.fallback = fallback
        self.name: str = font.fontName
        self.widths = _Widths(self)

    def has(self, char: str) -> bool:
        """This very weight can draw the character."""
        return ord(char) in self.font.face.charToGlyph

    def holder(self, char: str) -> "Face | None":
        """The weight that draws the character: this one, else its fallback; None when neither can."""
        if self.has(char):
            return self
        return self.fallback.holder(char) if self.fallback else None

    def width(self, text: str, size: float) -> float:
        """Points that the text takes at this size; unknown characters are measured as 〓."""
        return sum(map(self.widths.__getitem__, text)) * size


class _Widths(dict[str, float]):
    def __init__(self, face: Face) -> None:
        super().__init__()
        self._face = face

    def __missing__(self, char: str) -> float:
        width = self[char] = self._measure(char)
        return width

    def _measure(self, char: str) -> float:
        if unseen(char):
            return 0.0
        face = self._face.holder(char)
        if face is None:
            _unknown.add(char)
            return self[GETA]
        return float(face.font.face.getCharWidth(ord(char))) / 1000


def unknown() -> set[str]:
    """The characters measured so far that no font has; empty nearly always."""
    return _unknown


def unseen(char: str) -> bool:
    """The character takes no room and leaves no ink: controls, joiners, variation selectors, marks of direction."""
    code = ord(char)
    return (
        code < 32
        or 0x7F <= code < 0xA0
        or code in (0xAD, 0xFEFF, 0x2060)
        or 0x200B <= code <= 0x200F
        or 0x2028 <= code <= 0x202E
        or 0xFE00 <= code <= 0xFE0F
        or 0xE0100 <= code <= 0xE01EF
    )


@lru_cache(maxsize=1)
def _faces() -> tuple[Face, Face]:
    from reportlab.pdfbase import pdfmetrics, ttfonts

    # reportlab writes characters above U+FFFF as one 5-digit number, so that 陈𠅤 is copied as 陈‖.
    ttfonts.makeToUnicodeCMap = _to_unicode
    loaded = []
    for weight in ("Regular", "Bold"):
        name = f"NotoSerifSC-{weight}"
        font = ttfonts.TTFont(name, str(resources() / "fonts" / f"{name}.ttf"))
        pdfmetrics.registerFont(font)
        loaded.append(font)
    regular = Face(loaded[0])
    return regular, Face(loaded[1], fallback=regular)


def faces() -> tuple[Face, Face]:
    """The regular and the bold face, registered with the PDF writer."""
    with _lock:
        return _faces()


def _to_unicode(fontname: str, subset: list[int]) -> str:
    """The table from the codes of a font subset back to text: UTF-16, at most 100 a block (ISO 32000-1, 9.10.3)."""
    pairs = [f"<{code:02X}> <{chr(value).encode('utf-16-be').hex().upper()}>" for code, value in enumerate(subset)]
    blocks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]
    lines = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        f"/CIDSystemInfo << /Registry ({fontname}) /Ordering ({fontname}) /Supplement 0 >> def",
        f"/CMapName /{fontname} def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        f"<00> <{len(subset) - 1:02X}>",
        "endcodespacerange",
    ]
    for block in blocks:
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines)
