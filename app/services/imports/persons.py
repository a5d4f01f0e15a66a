"""What rows about persons share: identity number, sex and birth date that follow from it."""

from datetime import date
from typing import Any

from app.models import identity
from app.services.imports.cells import as_text
from app.services.imports.dates import read_day, read_month
from app.services.imports.lines import Line
from app.services.imports.workbook import ExcelError, Formula, Value

_PROBLEMS = {
    "precision": "E_ID_PRECISION_LOST",
    "format": "E_ID_FORMAT",
    "date": "E_ID_DATE",
    "checksum": "E_ID_CHECKSUM",
}


def read_id(line: Line) -> str | None:
    """The identity number of the row in 18 characters; whatever is wrong with it refuses the row."""
    value = line.sound("id_number")
    if not isinstance(value, (str, int, float)):
        if value is not None:
            line.find("id_number", "E_ID_FORMAT")
        return None
    found = identity.read_id(value, line.known.as_of)
    for problem in found.problems:
        line.find("id_number", _PROBLEMS[problem])
    if found.old and found.number:
        line.find("id_number", "W_ID_15", number=found.number)
    return found.number


def read_sex(line: Line, number: str | None) -> str | None:
    """The sex: from the identity number if there is one, else from the cell."""
    stated = line.label("sex")
    if not number:
        return stated
    if stated and stated != identity.sex(number):
        line.find("sex", "W_SEX_MISMATCH")
    return identity.sex(number)


def read_birth(line: Line, number: str | None) -> str | None:
    """The birth date in ISO form from the identity number; the cell is only compared with it."""
    value = line.sound("birth_date")
    born = identity.birth(number) if number else None
    if born is None:
        return None
    if value is not None and not _agrees(value, born):
        line.find("birth_date", "W_BIRTH_MISMATCH", text=as_text(value), birth=born.isoformat())
    return born.isoformat()


def _agrees(value: Value, born: date) -> bool:
    if isinstance(value, (ExcelError, Formula)):
        return True
    month = read_month(value)
    if month:
        lost_zero = isinstance(value, float) and month[1] == 1
        return month == (born.year, born.month) or (lost_zero and (born.year, born.month) == (month[0], 10))
    return read_day(value, born.year).day == born


def numbered(line: Line, seen: dict[str, int]) -> None:
    """A 序号 that was used before in the sheet is noted."""
    value = line.own("seq")
    if value is None or isinstance(value, (ExcelError, Formula)):
        return
    number = as_text(value).strip()
    if number in seen:
        line.find("seq", "W_SEQ_DUPLICATE", text=number)
    seen.setdefault(number, line.row)


def struck(line: Line) -> None:
    """A row whose text is struck through is noted."""
    sheet = line.table.sheet
    filled = len(sheet.rows.get(line.row, {}))
    if filled and sheet.struck.get(line.row, 0) * 2 > filled:
        line.find(None, "W_ROW_STRUCK")


def key_of(record: dict[str, Any]) -> dict[str, Any]:
    """The record with the key under which its name is compared."""
    from app.models.names import name_key

    return record | {"name_key": name_key(record["name"] or "")}
