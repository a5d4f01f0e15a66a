"""One row of a ledger while it is being read: its cells by field, and what is wrong with them."""

from datetime import datetime
from typing import Any

from app.i18n import joined
from app.models import texts
from app.models.identity import read_phones
from app.models.names import spelled
from app.services.imports.cells import as_text, first_seen, is_ditto, is_nothing, number_in, pieces
from app.services.imports.context import Known
from app.services.imports.findings import Finding
from app.services.imports.headers import Table
from app.services.imports.workbook import ExcelError, Formula, Value, column_number

#: Fields in which 同上 is a text like any other.
_FREE = frozenset(["content", "problem", "help", "result", "note"])


class Line:
    """Reads the fields of one row; every doubt becomes a finding, nothing is decided here about other rows."""

    def __init__(self, table: Table, row: int, known: Known, above: "Line | None") -> None:
        self.table, self.row, self.known = table, row, known
        self._above = above
        self.section: str | None = None
        self._found: list[Finding] = []
        self._carried: dict[str, Value] = {}
        self._repeated: dict[str, Value] = {}

    # --- what stands in the row ---

    def column(self, field: str) -> str | None:
        """The letter of the field's (first) column."""
        numbers = self.table.numbers(field)
        name = (
            field
            if field in self.table.columns
            else next((key for key in self.table.columns if key.startswith(field + ":")), None)
        )
        return self.table.columns[name].letter if numbers and name else None

    def header(self, field: str) -> str:
        """What the field is called in the user's own header."""
        shown = self.table.columns.get(field)
        return (
            texts.short(shown.header.rpartition(" / ")[2])
            if shown
            else self.table.layout.fields.get(field, (field,))[0]
        )

    def own(self, field: str) -> Value:
        """What was typed in the cell itself: merged cells only in their first row."""
        column = self.table.first.get(field)
        return self.table.sheet.rows.get(self.row, {}).get(column) if column else None

    def carry(self, field: str, value: Value) -> None:
        """The empty cell of a register repeats this value."""
        self._carried[field] = value

    def value(self, field: str) -> Value:
        """What holds in this row: the cell, its merged area, what a ditto mark repeats, or what was carried down."""
        if field in self._carried:
            return self._carried[field]
        if field not in self._repeated:
            self._repeated[field] = self._read(field)
        return self._repeated[field]

    def _read(self, field: str) -> Value:
        column = self.table.first.get(field)
        value = self.table.sheet.at(self.row, column) if column else None
        if not isinstance(value, str):
            return value
        if self._above and field not in _FREE and is_ditto(value):
            return self._above.value(field)
        return None if not isinstance(value, ExcelError) and not texts.short(value) else value

    def raw(self, field: str) -> Any:
        """The content as typed, fit for a report."""
        numbers = self.table.numbers(field)
        value = self.table.sheet.raw(self.row, numbers[0]) if numbers else None
        if isinstance(value, datetime):
            return value.isoformat(sep=" ")
        return str(value) if isinstance(value, ExcelError) else None if isinstance(value, Formula) else value

    def content(self) -> dict[str, Any]:
        """The whole row as typed, field by field, for the list of refused rows."""
        return {field: self.raw(field) for field in self.table.columns}

    def forget(self) -> None:
        """The row above is no longer needed; what ditto marks repeat is kept."""
        for field in self.table.columns:
            if field not in _FREE:
                self.value(field)
        self._above = None

    # --- what is wrong ---

    def find(self, field: str | None, code: str, **params: Any) -> None:
        """The finding is noted, each code once per field."""
        if any(known.field == field and known.code == code for known in self._found):
            return
        column = self.column(field) if field else None
        raw = self.raw(field) if field else None
        shown = (
            {"header": self.header(field), "text": texts.short(str(raw if raw is not None else ""))} if field else {}
        )
        self._found.append(
            Finding(self.known.file, self.table.sheet.name, self.row, column, field, code, raw, shown | params)
        )

    def findings(self) -> list[Finding]:
        """All findings, the whole row's first, then by column."""
        return sorted(self._found, key=lambda one: column_number(one.column) if one.column else 0)

    @property
    def refused(self) -> bool:
        """The row is kept out."""
        return any(finding.refuses for finding in self._found)

    # --- fields ---

    def sound(self, field: str) -> Value:
        """The value of a cell that can be read; an empty required cell or an Excel error is noted and gives None."""
        value = self.value(field)
        required = field in self.table.layout.required
        if isinstance(value, ExcelError):
            self.find(field, "E_CELL_ERROR" if required else "W_CELL_ERROR", text=str(value))
            return None
        if value is Formula.NO_RESULT and not required:
            self.find(field, "W_FORMULA_NO_VALUE")
        if value is None or value is Formula.NO_RESULT:
            if required:
                self.find(field, "E_REQUIRED_EMPTY")
            return None
        return value

    def short(self, field: str) -> str | None:
        """A name, number, address or the like without any white space."""
        return texts.short(as_text(self.sound(field))) or None

    def text(self, field: str, nothing: bool = False) -> str | None:
        """A text; with `nothing`, a word like 无 means that there is none."""
        value = texts.tidy(as_text(self.sound(field)))
        return None if not value or (nothing and is_nothing(value)) else value

    def name(self, field: str) -> str | None:
        """A person's name in its kept form."""
        value = as_text(self.sound(field))
        name = spelled(texts.mended(value)) or None
        if texts.private(value):
            self.find(field, "W_CHAR_PRIVATE", text=value.strip(), value=name)
        return name

    def count(self, field: str) -> int | None:
        """A whole number."""
        return number_in(self.sound(field))

    def label(self, field: str) -> str | None:
        """The code of the label in the cell; an unknown label leaves the field empty."""
        value = texts.short(as_text(self.sound(field)))
        if not value:
            value = self.table.layout.empty.get(field, "") if self.value(field) is None else ""
        return self._code(field, value) if value else None

    def labels(self, field: str) -> list[str]:
        """The codes of the labels in the cell, unknown ones left out."""
        codes = (self._code(field, word) for word in pieces(as_text(self.sound(field))))
        return first_seen(code for code in codes if code)

    def _code(self, field: str, word: str) -> str | None:
        codes = self.known.labels(self.table.layout.labels[field]).codes(word)
        if len(codes) != 1:
            self.find(field, "W_CODE_AMBIGUOUS" if codes else "W_CODE_UNKNOWN", text=word)
            return None
        return next(iter(codes))

    def grid(self, field: str = "grid") -> str | None:
        """The name of the grid meant; where the table has no column for it, that of the section row above."""
        if self.section and not self.column(field):
            grid = self.known.grids.find_in_title(self.section)
            if grid is None:
                self.find(None, "E_GRID_UNKNOWN", text=texts.short(self.section))
            return grid
        value = self.short(field)
        if not value:
            return None
        grid = self.known.grids.find(value)
        if grid is None:
            self.find(field, "E_GRID_UNKNOWN", text=value)
        return grid

    def phones(self, field: str = "phones") -> list[str]:
        """The telephone numbers; what is none is left out."""
        value = self.sound(field)
        if value is None or isinstance(value, (datetime, Formula)) or is_nothing(str(value)):
            return []
        good, bad = read_phones(value)
        if bad:
            self.find(field, "W_PHONE_INVALID", text=joined(bad))
        return good


def place(file: str, sheet: str, row: int) -> str:
    """Where a row stands, for people: file|sheet!row."""
    return f"{file}|{sheet}!{row}"
