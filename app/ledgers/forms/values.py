"""What the placeholders of a form stand for on one page, and a cell with a value in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.clock import local
from app.i18n import _
from app.ledgers import shaping
from app.ledgers.forms import spans, words
from app.ledgers.forms.looks import Formats
from app.ledgers.forms.words import Word
from app.ledgers.page import Column, Page, Section, Value, chinese_date, shown

_ZERO, _FIRST = date(1899, 12, 30), date(1900, 3, 1)


@dataclass
class Values:
    """The values of one page by placeholder."""

    page: Page
    by: str
    words: Mapping[str, Word]

    def __post_init__(self) -> None:
        self.lines = [line for line in self.page.rows if isinstance(line, tuple)]
        self._at = {column.key: at for at, column in enumerate(self.page.columns)}
        last = next(iter(reversed(list(self.page.rows)[-1:])), None)
        self._once: dict[str, Value] = {
            "title": self.page.title, "unit": self.page.unit, "period": self.page.period, "day": self.page.filled_on, "by": self.by,
            "number": self.page.number, "classification": _(self.page.classification), "lines": len(self.lines),
            "closing": last.text if isinstance(last, Section) else "", "notes": "\n".join(self.page.notes),
        }  # fmt: skip

    def value(self, text: str, row: int | None = None) -> tuple[Value, Column | None]:
        """What the placeholder stands for, in the copy of the row of this number; with its column, if it has one."""
        word = self.words[words.plain(text)]
        if word.kind == "once":
            return self._once[word.name], None
        at = self._at.get(word.name)
        if at is None:
            return None, None
        column = self.page.columns[at]
        if word.kind == "row":
            return (self.lines[row][at] if row is not None and row < len(self.lines) else None), column
        values = [line[at] for line in self.lines if line[at] not in (None, "")]
        return (len(values) if word.kind == "count" else shaping.summed(values)), column

    def filled(self, text: str, row: int | None = None, clean: Callable[[str], str] = str) -> str:
        """The text with all its placeholders filled in, each value cleaned as the place needs it."""
        made, at = "", 0
        for word, start, end in words.words(text):
            made += text[at:start] + clean(self.words_of(*self.value(word, row)))
            at = end
        return made + text[at:]

    def alone(self, text: str, row: int | None = None) -> tuple[Value, Column | None] | None:
        """The value, where the text is one placeholder and nothing else."""
        found = list(words.words(text))
        if len(found) == 1 and found[0][1:] == (0, len(text)):
            return self.value(found[0][0], row)
        return None

    @staticmethod
    def words_of(value: Value, column: Column | None) -> str:
        """The value as text: days of the form itself in Chinese, all else as on paper."""
        if column is None and isinstance(value, date) and not isinstance(value, datetime):
            return chinese_date(value)
        return shown(value, column.kind if column else "text")


def cell(
    opening: bytes, prefix: str, value: Value, column: Column | None, style: int, formats: Formats, from_1904: bool
) -> bytes:
    """The cell with this opening tag, without type and style: a number, a day where its format shows days, else text."""
    number = None if column is not None and column.kind == "code" else _number(value, formats.date(style), from_1904)
    close = f"</{prefix}c>"
    if number is not None:
        return _tagged(opening, style, None) + f"<{prefix}v>{number}</{prefix}v>{close}".encode()
    text = Values.words_of(value, column)
    if not text:
        return _tagged(opening, style, None) + close.encode()
    return text_cell(opening, prefix, text, style, formats)


def text_cell(opening: bytes, prefix: str, text: str, style: int, formats: Formats) -> bytes:
    """The cell with this text, whatever it begins with."""
    inside = f'<{prefix}is><{prefix}t xml:space="preserve">{spans.cell_text(text)}</{prefix}t></{prefix}is></{prefix}c>'
    return _tagged(opening, formats.for_text(style, text), "inlineStr") + inside.encode()


def rich_cell(
    opening: bytes, prefix: str, runs: bytes, text: str, told: Callable[[str], str], style: int, formats: Formats
) -> bytes:
    """The cell with a text of several fonts: each piece filled in its own; `text` is the whole.

    Where a placeholder begins in one piece and ends in another, everything stands in the font of the first.
    """
    data = f"<{prefix}is>".encode() + runs + f"</{prefix}is></{prefix}c>".encode()
    held = spans.tree(data[: -len(f"</{prefix}c>")], {"t", "rPh", "phoneticPr"})
    pieces = [one for one in held.children if one.name == "t"]
    torn = any(words.broken(one.text) for one in pieces)
    edits = [(one.start, one.end, b"") for one in held.children if one.name != "t"]
    for at, one in enumerate(pieces):
        new = (text if at == 0 else "") if torn else told(one.text)
        tag = spans.tag(data, one, {"xml:space": "preserve"})
        edits.append((one.start, one.end, tag + spans.cell_text(new).encode() + f"</{prefix}t>".encode()))
    return _tagged(opening, formats.for_text(style, text), "inlineStr") + spans.spliced(data, edits)


def _tagged(opening: bytes, style: int, kind: str | None) -> bytes:
    told = (f' s="{style}"' if style else "") + (f' t="{kind}"' if kind else "")
    return opening[:-1] + told.encode() + b">"


def _number(value: Value, shows_date: bool, from_1904: bool) -> str | None:
    """What stands in the cell as a number; None for what must be text to stay as it is."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return str(value) if abs(value) < 10**15 else None
    if isinstance(value, float):
        return repr(value) if value - value == 0 else None
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() and len(value.as_tuple().digits) <= 15 else None
    if isinstance(value, date) and shows_date:
        return _serial(value, from_1904)
    return None


def _serial(value: date, from_1904: bool) -> str | None:
    clock = local(value) if isinstance(value, datetime) and value.tzinfo else value
    day = clock.date() if isinstance(clock, datetime) else clock
    if day < _FIRST:
        return None
    serial = (day - _ZERO).days - (1462 if from_1904 else 0)
    if not isinstance(clock, datetime):
        return str(serial)
    return f"{serial + (clock.hour * 3600 + clock.minute * 60 + clock.second) / 86_400:.10g}"
