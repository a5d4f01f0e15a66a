"""The rows of a workbook as XML, one string a row: numbers, dates and text that no reader takes for a formula."""

import re
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from unicodedata import east_asian_width

from app.clock import local
from app.i18n import _
from app.ledgers.page import Column, Page, Progress, Section, Total, Value, shown

#: Points of a line of type and above and below it; characters of an Excel column in a millimetre.
_LINE, _AIR, _CHARS = 14.5, 6.0, 0.53
_HIGHEST = 409.0

_DAY_ZERO = date(1899, 12, 30).toordinal()
_FIRST_DAY = date(1900, 3, 1)
_STEP = 500

_ILLEGAL = re.compile("[\x00-\x08\x0e-\x1f\ufffe\uffff]")
_BREAKS = re.compile("[\x0b\x0c]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
#: Excel counts the characters of a cell in UTF-16 and refuses more.
_MOST_CHARS = 32_767
_RISKY = ("=", "+", "-", "@", "\t", "\r", "'")
_WIDE = re.compile("[\u1100-\uffff\U00010000-\U0010ffff]")


def plain(text: str) -> str:
    """The text without what XML cannot hold (controls go, breaks of page and column become line breaks), as long as a cell takes."""
    if len(text) > _MOST_CHARS // 2:
        text = _shortened(text)
    if text.isprintable():
        return text
    return _ILLEGAL.sub("", _BREAKS.sub("\n", _SURROGATE.sub("\ufffd", text)))


def _shortened(text: str) -> str:
    """The text, or its beginning and the sentence that the rest is on paper."""
    content = text.encode("utf-16-le", "surrogatepass")
    if len(content) <= 2 * _MOST_CHARS:
        return text
    rest = _("…（太长, 全文见 PDF）")
    return content[: 2 * (_MOST_CHARS - len(rest))].decode("utf-16-le", "ignore") + rest


def columns_of(page: Page) -> list[float]:
    """Widths of the columns in Excel's characters."""
    return [max(4.0, round(column.width * _CHARS, 1)) for column in page.columns]


def breadth(text: str) -> int:
    """Width of the text in Latin characters; a Chinese one counts two."""
    if text.isascii():
        return len(text)
    return len(text) + sum(east_asian_width(char) in "WFA" for char in _WIDE.findall(text))


def _room(width: float) -> int:
    """Latin characters of our 10 points that a column takes (its width counts 11-point ones)."""
    return max(1, int(width * 1.08 - 1))


def height_of(texts: Sequence[str], widths: Sequence[float]) -> float:
    """Points that the highest of the wrapped cells needs (without it wrapped lines overlap in LibreOffice)."""
    most = 1
    for text, width in zip(texts, widths, strict=True):
        lines = sum(-(-breadth(part) // _room(width)) or 1 for part in text.split("\n"))
        most = max(most, lines)
    return min(_HIGHEST, most * _LINE + _AIR)


class Styles:
    """The styles of one workbook: made once, handed out by column."""

    def __init__(self, book: Any) -> None:
        self._sheet = book.create_sheet("styles")
        self._count = 0
        self.title = self._make(18, bold=True, side="center", border=False)
        self.left = self._make(11, border=False)
        self.middle = self._make(11, side="center", border=False)
        self.right = self._make(11, side="right", border=False)
        self.header = self._make(10, bold=True, side="center", fill="EBEBEB")
        self.section = self._make(10, bold=True, fill="F5F5F5", wrapped=False)
        self.note = self._make(9, border=False)
        book.remove(self._sheet)

    def column(self, column: Column, *, format: str = "", quoted: bool = False, bold: bool = False) -> Any:
        """The style of the column's cells."""
        chosen = format or _FORMATS.get(column.kind, "General")
        return self._make(10, bold=bold, side=column.side, format=chosen, quoted=quoted)

    def total(self, column: Column) -> Any:
        """The style of a sum."""
        return self.column(column, bold=True)

    def _make(
        self,
        size: int,
        *,
        bold: bool = False,
        side: str = "left",
        border: bool = True,
        fill: str = "",
        format: str = "General",
        quoted: bool = False,
        wrapped: bool = True,
    ) -> Any:
        from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

        self._count += 1
        cell = self._sheet.cell(self._count, 1)
        cell.font = Font(name="宋体", size=size, bold=bold)
        cell.alignment = Alignment(horizontal=side, vertical="center", wrap_text=wrapped)
        cell.number_format = format
        if border:
            thin = Side(style="thin", color="000000")
            cell.border = Border(left=thin, right=thin, top=thin, bottom=thin)
        if fill:
            cell.fill = PatternFill("solid", fgColor=fill)
        if quoted:
            cell.quotePrefix = True
        return copy(cell._style)


_FORMATS = {
    "code": "@",
    "text": "@",
    "multiline": "@",
    "percent": "0.0%",
    "date": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
}


class Body:
    """The rows of one page from row `first` on, written one by one."""

    def __init__(
        self, page: Page, first: int, styles: Styles, before: int, total: int, progress: Progress | None
    ) -> None:
        self.page, self.first = page, first
        self._styles = styles
        self._before, self._total, self._progress = before, total, progress
        self._rooms = [_room(width) for width in columns_of(page)]

    def prepare(self, book: Any) -> None:
        """The styles get their numbers; to be called before the workbook's styles are written."""
        number = book._cell_styles.add
        make = self._styles.column
        self._section = number(self._styles.section)
        self._cells: list[Callable[[Value, int], str]] = []
        self._bold: list[Callable[[Value, int], str]] = []
        for index, column in enumerate(self.page.columns, 1):
            self._cells.append(_cell(index, column, make, number, bold=False))
            self._bold.append(_cell(index, column, make, number, bold=True))

    def rows(self) -> Iterator[str]:
        """XML of the rows."""
        for number, line in enumerate(self.page.body):
            row = self.first + number
            if isinstance(line, Section):
                yield self._across(line.text, row)
            else:
                yield self._row(line, row)
            if self._progress and (number + 1) % _STEP == 0:
                self._progress(self._before + number + 1, self._total, self.page.title)
        if self._progress:
            self._progress(self._before + len(self.page.rows), self._total, self.page.title)

    def _row(self, line: tuple[Value, ...] | Total, row: int) -> str:
        values, makers = (line.cells, self._bold) if isinstance(line, Total) else (line, self._cells)
        cells = [make(value, row) for make, value in zip(makers, values, strict=True)]
        return f'<row r="{row}" ht="{self._height(values):g}" customHeight="1">{"".join(cells)}</row>'

    def _height(self, values: Sequence[Value]) -> float:
        least = self.page.row_height * 72 / 25.4
        most = 1
        for value, room in zip(values, self._rooms, strict=True):
            if isinstance(value, str) and (len(value) * 2 > room or "\n" in value):
                most = max(most, sum(-(-breadth(part) // room) or 1 for part in value.split("\n")))
        return min(_HIGHEST, max(round(least, 1), most * _LINE + _AIR))

    def _across(self, text: str, row: int) -> str:
        cells = [_string(_place(1), row, self._section, text)]
        cells += [
            f'<c r="{_place(index)}{row}" s="{self._section}"/>' for index in range(2, len(self.page.columns) + 1)
        ]
        return f'<row r="{row}" ht="22" customHeight="1">{"".join(cells)}</row>'


def _place(index: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(index))


def _cell(
    index: int, column: Column, make: Callable[..., Any], number: Callable[[Any], int], bold: bool
) -> Callable[[Value, int], str]:
    """The function that writes a value of this column."""
    letter = _place(index)
    usual = number(make(column, bold=bold))
    quoted = number(make(column, bold=bold, format="@", quoted=True))
    words = number(make(column, bold=bold, format="@"))
    day = number(make(column, bold=bold, format=_FORMATS["date"]))
    moment = number(make(column, bold=bold, format=_FORMATS["moment"]))

    def write(value: Value, row: int) -> str:
        if value is None or value == "":
            return f'<c r="{letter}{row}" s="{usual}"/>'
        if isinstance(value, str):
            return _string(letter, row, quoted if value.startswith(_RISKY) else words, value)
        if isinstance(value, bool) or column.kind == "code":
            return _string(letter, row, words, shown(value, column.kind))
        if isinstance(value, int | float | Decimal):
            if not _exact(value):
                return _string(letter, row, words, shown(value, column.kind))
            return f'<c r="{letter}{row}" s="{usual}"><v>{value!s}</v></c>'
        serial = _serial(value)
        if serial is None:
            return _string(letter, row, words, shown(value, column.kind))
        style = moment if isinstance(value, datetime) and column.kind != "date" else day
        return f'<c r="{letter}{row}" s="{style}"><v>{serial:.15g}</v></c>'

    return write


def _string(letter: str, row: int, style: int, text: str) -> str:
    if len(text) > _MOST_CHARS // 2:
        text = _shortened(text)
    if not text.isprintable():
        text = plain(text).replace("\r", "&#13;") if "&" not in text and "<" not in text else _tangled(text)
    elif "&" in text or "<" in text or ">" in text:
        text = _entities(text)
    if "_x" in text:
        text = _ESCAPE.sub("_x005F_", text)
    return f'<c r="{letter}{row}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _tangled(text: str) -> str:
    return _entities(plain(text)).replace("\r", "&#13;")


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _exact(value: int | float | Decimal) -> bool:
    """Excel keeps 15 digits; what has more, or is no number, stands as text."""
    if isinstance(value, float):
        return value - value == 0
    if isinstance(value, Decimal):
        return value.is_finite() and len(value.as_tuple().digits) <= 15
    return -(10**15) < value < 10**15


def _serial(value: date) -> float | None:
    """Days since Excel's zero day in Beijing time; None before March 1900, where Excel's calendar is wrong."""
    if isinstance(value, datetime):
        clock = local(value) if value.tzinfo else value
        seconds = clock.hour * 3600 + clock.minute * 60 + clock.second
        whole = _serial(clock.date())
        return None if whole is None else whole + seconds / 86_400
    return None if value < _FIRST_DAY else float(value.toordinal() - _DAY_ZERO)
