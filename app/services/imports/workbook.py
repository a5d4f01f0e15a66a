"""Workbooks as people left them: values and formulas, merged cells, struck-out rows, without their empty millions."""

import io
import math
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from functools import cached_property
from pathlib import Path
from xml.parsers.expat import ExpatError

from app.errors import Refusal
from app.i18n import N_
from app.models.progress import Progress
from app.services.imports.looks import Looks, looks
from app.services.imports.package import (
    LONGEST_TEXT,
    Attributes,
    Handler,
    TooLong,
    damaged,
    opened,
    parse,
    relations,
    shared_strings,
    unescaped,
)
from app.services.imports.plain import is_plain, rows, sheet_name

#: More cells and rows than the largest ledger of a whole oil field has.
MOST_CELLS = 1_000_000
#: Cells that are only formatted cost nothing but their reading.
MOST_EMPTY = 3_000_000
MOST_ROWS = 200_000
#: Merged areas, and the cells they cover.
MOST_MERGED = 300_000
#: The last row of a sheet; Excel knows none beyond it.
LAST_ROW = 1_048_576
_PLACE = re.compile(r"\$?([A-Z]{1,3})\$?(\d+)")


class ExcelError(str):
    """#N/A, #REF! and their like, as a formula left them or as somebody typed them."""


class Formula(Enum):
    """A formula whose result was not stored."""

    NO_RESULT = "no result"


Value = str | int | float | bool | datetime | Formula | None
_ERRORS = frozenset(
    ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#GETTING_DATA"]
)


def column_number(letters: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letter(number: int) -> str:
    """A for 1, AA for 27."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@dataclass
class Sheet:
    """One sheet: only cells that hold something; merged cells hold for all their rows and columns."""

    name: str
    hidden: bool = False
    rows: dict[int, dict[int, Value]] = field(default_factory=dict)
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    struck: dict[int, int] = field(default_factory=dict)
    indents: dict[tuple[int, int], int] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)

    @cached_property
    def last_row(self) -> int:
        """The last row that holds anything; formats further down do not count."""
        return max(self.rows, default=0)

    @cached_property
    def last_column(self) -> int:
        """The last column that holds anything."""
        return max((max(cells) for cells in self.rows.values()), default=0)

    @cached_property
    def _origins(self) -> dict[tuple[int, int], tuple[int, int]]:
        found: dict[tuple[int, int], tuple[int, int]] = {}
        covered = 0
        for top, left, bottom, right in self.merged:
            covered += max(0, min(bottom, self.last_row) - top + 1) * max(0, min(right, self.last_column) - left + 1)
            if covered > MOST_MERGED:  # merged areas cost the file nothing and us every cell of them
                raise _too_many(self.name)
            for row in range(top, min(bottom, self.last_row) + 1):
                for column in range(left, min(right, self.last_column) + 1):
                    found[row, column] = (top, left)
        return found

    def origin(self, row: int, column: int) -> tuple[int, int]:
        """The cell whose content shows at this place: itself, or the first of its merged cells."""
        return self._origins.get((row, column), (row, column))

    def at(self, row: int, column: int) -> Value:
        """What shows at this place, merged cells included."""
        row, column = self.origin(row, column)
        return self.rows.get(row, {}).get(column)

    def raw(self, row: int, column: int) -> Value:
        """What was typed at this place: the formula itself, not its result."""
        place = self.origin(row, column)
        return self.formulas.get(place) or self.at(*place)

    def width(self, row: int, column: int) -> int:
        """Over how many columns the content of this place reaches."""
        for top, left, _, right in self._merged_at.get(row, ()):
            if left <= column <= right and top == row:
                return right - left + 1
        return 1

    @cached_property
    def _merged_at(self) -> dict[int, list[tuple[int, int, int, int]]]:
        found: dict[int, list[tuple[int, int, int, int]]] = {}
        for area in self.merged:
            found.setdefault(area[0], []).append(area)
        return found


def _too_many(sheet: str) -> Refusal:
    sentence = N_("工作表「{sheet}」太大 (超过 {rows} 行, 或 {most} 个单元格), 请拆成几个文件再导入。")
    return Refusal("too_many_cells", sentence, sheet=sheet, most=f"{MOST_CELLS:,}", rows=f"{MOST_ROWS:,}")


@dataclass
class Workbook:
    """A file that has been read: its sheets in their order."""

    name: str
    sheets: list[Sheet]


class _Book(Handler):
    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, str, bool]] = []
        self.from_1904 = False

    def begin(self, tag: str, attrs: Attributes) -> None:
        if tag == "workbookPr":
            self.from_1904 = attrs.get("date1904", "0") in ("1", "true")
        elif tag == "sheet":
            relation = next(attrs[name] for name in attrs if name.rpartition(":")[2] == "id")
            self.sheets.append((attrs["name"], relation, attrs.get("state", "visible") != "visible"))


class _Cells(Handler):
    """Fills a sheet from its part; empty cells leave no trace, so an inflated used range costs only its reading.

    A long ledger has millions of elements: this one hears the parser itself, and collects only what a cell says.
    """

    def __init__(self, sheet: Sheet, strings: list[str], formats: Looks, from_1904: bool) -> None:
        super().__init__()
        self.sheet, self.strings, self.looks = sheet, strings, formats
        self.zero = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30)
        self.count = self.filled = 0
        self.row = self.column = 0
        self.cells: dict[int, Value] = {}
        self.kind, self.format = "n", 0
        self.value: str | None = None
        self.formula: str | None = None
        self._runs: list[str] = []
        self._spoken = 0
        self._numbers: dict[str, int] = {}

    def opens(self, name: str, attrs: Attributes) -> None:
        tag = name.rpartition(":")[2] if ":" in name else name
        if tag == "c":
            self._start(attrs)
        elif tag == "v" or tag == "f" or (tag == "t" and not self._spoken):
            self.collecting, self._pieces, self._length = True, [], 0
        elif tag == "row":
            self._start_row(attrs)
        elif tag == "rPh":
            self._spoken += 1
        elif tag == "mergeCell":
            self._merge(attrs["ref"])

    def closes(self, name: str) -> None:
        tag = name.rpartition(":")[2] if ":" in name else name
        if tag == "c":
            self._store()
        elif tag == "rPh":
            self._spoken -= 1
        elif self.collecting:
            self.collecting = False
            text = self._pieces[0] if len(self._pieces) == 1 else "".join(self._pieces)
            if tag == "v":
                self.value = text
            elif tag == "f":
                self.formula = "=" + text
            else:
                self._runs.append(text)

    def _start_row(self, attrs: Attributes) -> None:
        self.row = int(attrs["r"]) if "r" in attrs else self.row + 1
        if not 1 <= self.row <= LAST_ROW:
            raise ValueError("a row that no sheet has")
        self.column, self.cells = 0, self.sheet.rows.get(self.row, {})

    def _start(self, attrs: Attributes) -> None:
        self.count += 1
        if self.count > MOST_EMPTY:
            raise _too_many(self.sheet.name)
        self.column = self._number_of(attrs["r"]) if "r" in attrs else self.column + 1
        self.kind, self.format = attrs.get("t", "n"), int(attrs.get("s", "0"))
        self.value = self.formula = None
        if self._runs:
            self._runs = []

    def _number_of(self, place: str) -> int:
        """The number of the column in B12; the row is that of the row."""
        letters = place.rstrip("0123456789")
        number = self._numbers.get(letters)
        if number is None:
            found = _PLACE.match(place)
            if found is None:
                return self.column + 1
            number = self._numbers[letters] = column_number(found[1])
        return number

    def _merge(self, area: str) -> None:
        corners = _PLACE.findall(area)
        if len(corners) == 2:
            (left, top), (right, bottom) = corners
            self.sheet.merged.append((int(top), column_number(left), int(bottom), column_number(right)))
            if len(self.sheet.merged) > MOST_MERGED:
                raise _too_many(self.sheet.name)

    def _store(self) -> None:
        value = self._read()
        if self.formula is not None:
            self.sheet.formulas[self.row, self.column] = self.formula
            if value is None:
                value = Formula.NO_RESULT
        if value is None or value == "":
            return
        if not self.cells:
            self.sheet.rows[self.row] = self.cells
            if len(self.sheet.rows) > MOST_ROWS:
                raise _too_many(self.sheet.name)
        self.cells[self.column] = value
        self.filled += 1
        if self.filled > MOST_CELLS:
            raise _too_many(self.sheet.name)
        if self.format in self.looks.struck:
            self.sheet.struck[self.row] = self.sheet.struck.get(self.row, 0) + 1
        if self.format in self.looks.indents:
            self.sheet.indents[self.row, self.column] = self.looks.indents[self.format]

    def _read(self) -> Value:
        if self.kind == "inlineStr":
            return _typed(unescaped("".join(self._runs)))
        if self.value is None:
            return None
        if self.kind == "s":
            return _typed(self.strings[int(self.value)])
        if self.kind == "str":
            return _typed(unescaped(self.value))
        if self.kind == "e":
            return ExcelError(self.value)
        if self.kind == "b":
            return self.value == "1"
        if self.kind == "d":
            return datetime.fromisoformat(self.value.removesuffix("Z"))
        return self._number(self.value) if self.value.strip() else None

    def _number(self, text: str) -> Value:
        number = int(text) if text.lstrip("-").isdigit() and len(text) < 40 else float(text)
        if not math.isfinite(number):
            return text
        if self.format in self.looks.dates and 1 <= number < 2_958_466:
            return self.zero + timedelta(days=float(number))
        return number


def _typed(text: str) -> str:
    return ExcelError(text) if text in _ERRORS else text


def read(path: Path, progress: Progress | None = None) -> Workbook:
    """The workbook with everything an import looks at; refuses files that are damaged, protected or far too large."""
    if is_plain(path):
        return Workbook(path.name, [_plain_sheet(path)])
    try:
        with opened(path) as archive:
            return Workbook(path.name, list(_sheets(archive, progress)))
    except TooLong as error:
        sentence = N_("{name} 里有一个单元格的文字超过 {most} 个字, 或文字太多。请删去那一格, 或拆成几个文件再导入。")
        raise Refusal("text_too_long", sentence, name=path.name, most=f"{LONGEST_TEXT:,}") from error
    except (ExpatError, ValueError, IndexError, StopIteration, OverflowError) as error:
        raise damaged(path) from error


def read_own(name: str, content: bytes) -> Workbook:
    """The workbook in these bytes, which this program has just written."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return Workbook(name, list(_sheets(archive, None)))


def _plain_sheet(path: Path) -> Sheet:
    """A table of text as a sheet; what looks like an Excel error is one, everything else stays text."""
    sheet, filled = Sheet(sheet_name(path.stem)), 0
    for number, cells in enumerate(rows(path), 1):
        found: dict[int, Value] = {at: _typed(cell) for at, cell in enumerate(cells, 1) if cell.strip()}
        filled += len(found)
        if found:
            sheet.rows[number] = found
        if filled > MOST_CELLS or len(sheet.rows) > MOST_ROWS:
            raise _too_many(sheet.name)
    return sheet


def _sheets(archive: zipfile.ZipFile, progress: Progress | None) -> Iterator[Sheet]:
    book = _Book()
    with archive.open("xl/workbook.xml") as stream:
        parse(stream, book)
    targets = relations(archive, "xl/workbook.xml")
    strings, formats = shared_strings(archive), looks(archive)
    for number, (name, relation, hidden) in enumerate(book.sheets):
        part = targets.get(relation, "")
        if "/worksheets/" not in f"/{part}":
            continue
        if progress:
            progress(number, len(book.sheets), name)
        sheet = Sheet(name, hidden)
        with archive.open(part) as stream:
            parse(stream, _Cells(sheet, strings, formats, book.from_1904))
        yield sheet
