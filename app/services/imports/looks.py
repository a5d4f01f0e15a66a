"""What the looks of a cell say about its content: dates, struck-out text, indentation."""

import re
import zipfile
from dataclasses import dataclass, field

from app.services.imports.package import Attributes, Handler, parse

_BUILT_IN_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_QUOTED = re.compile(r'"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|_.|\*.', re.IGNORECASE)


@dataclass
class Looks:
    """By number of the cell's format: whether it shows a date, is struck through, and how far it is indented."""

    dates: set[int] = field(default_factory=set)
    struck: set[int] = field(default_factory=set)
    indents: dict[int, int] = field(default_factory=dict)


def built_in_date(number: int) -> bool:
    """The number format of this number, which every workbook knows, shows a day or a time."""
    return number in _BUILT_IN_DATES


def shows_date(code: str) -> bool:
    """The number format shows a day or a time: yyyy-mm-dd, m"月"d"日", [$-804]yyyy/m/d;@."""
    plain = _QUOTED.sub("", code.split(";")[0]).lower()
    return (
        "general" not in plain
        and any(letter in plain for letter in "ymdhs")
        and "#" not in plain
        and "0.0" not in plain
    )


class _Styles(Handler):
    def __init__(self) -> None:
        super().__init__()
        self.looks = Looks()
        self._formats: dict[int, str] = {}
        self._struck_fonts: set[int] = set()
        self._fonts = -1
        self._cells = -1
        self._inside: list[str] = []

    def begin(self, tag: str, attrs: Attributes) -> None:
        place = self._inside[-1] if self._inside else ""
        if tag == "numFmt" and place == "numFmts":
            self._formats[int(attrs["numFmtId"])] = attrs["formatCode"]
        elif tag == "font" and place == "fonts":
            self._fonts += 1
        elif tag == "strike" and place == "font" and attrs.get("val", "1") not in ("0", "false"):
            self._struck_fonts.add(self._fonts)
        elif tag == "xf" and place == "cellXfs":
            self._cell(attrs)
        elif tag == "alignment" and place == "xf" and int(attrs.get("indent", "0")):
            self.looks.indents[self._cells] = int(attrs["indent"])
        self._inside.append(tag)

    def _cell(self, attrs: Attributes) -> None:
        self._cells += 1
        number = int(attrs.get("numFmtId", "0"))
        if built_in_date(number) or shows_date(self._formats.get(number, "")):
            self.looks.dates.add(self._cells)
        if int(attrs.get("fontId", "0")) in self._struck_fonts:
            self.looks.struck.add(self._cells)

    def end(self, tag: str, text: str) -> None:
        self._inside.pop()
        if tag == "cellStyleXfs":
            self.looks.indents.pop(-1, None)


def looks(archive: zipfile.ZipFile) -> Looks:
    """The looks of all cell formats of the workbook."""
    if "xl/styles.xml" not in archive.namelist():
        return Looks()
    handler = _Styles()
    with archive.open("xl/styles.xml") as stream:
        parse(stream, handler)
    return handler.looks
