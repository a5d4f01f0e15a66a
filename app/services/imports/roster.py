"""Rosters of staff, as filled-in forms or as exports with codes."""

from typing import Any

from app.i18n import joined
from app.services.imports.cells import ticked
from app.services.imports.context import Known
from app.services.imports.findings import SheetOutcome
from app.services.imports.headers import Table
from app.services.imports.lines import Line, place
from app.services.imports.persons import key_of, numbered, read_birth, read_id, read_sex, struck
from app.services.imports.sheets import Judged
from app.services.imports.workbook import column_number

#: What later rows are compared with; a roster of thousands is not held twice.
_KNOWN_BY = ("name", "name_key", "id_number", "grid", "phones", "address")


def check(table: Table, known: Known) -> SheetOutcome:
    """Every row is a member of staff; an identity number that was seen before makes the row a duplicate."""
    judged = Judged(table, known)
    seen: dict[str, int] = {}
    for line in judged.lines():
        struck(line)
        numbered(line, seen)
        record = key_of(_record(line))
        first = known.person(record["id_number"]) if record["id_number"] and not line.refused else None
        if first:
            judged.twice(line, str(first["place"]), _kind(first, record), record, first if "id" in first else None)
        elif taken := judged.take(line, record):
            told = {name: taken[name] for name in _KNOWN_BY}
            known.add_person(told | {"place": place(known.file, table.sheet.name, line.row)})
    return judged.outcome()


def _record(line: Line) -> dict[str, Any]:
    number = read_id(line)
    record: dict[str, Any] = {
        "name": line.name("name"),
        "sex": read_sex(line, number),
        "id_number": number,
        "birth_date": read_birth(line, number),
        "ethnic": line.label("ethnic"),
        "political": line.label("political"),
        "post": line.short("post"),
        "grid": line.grid(),
        "role": line.label("role"),
        "duties": line.labels("duties"),
        "phones": line.phones(),
        "address": line.short("address"),
        "status": _status(line),
        "note": line.text("note"),
    }
    if line.column("employee_no"):
        record["employee_no"] = line.short("employee_no")
    return record


def _status(line: Line) -> str | None:
    """One column with a label, or a column to tick for each status; 是 alone does not say which."""
    ticks = [name for name in line.table.columns if name.startswith("status:")]
    if not ticks:
        value = line.value("status")
        if isinstance(value, str) and ticked(value) and not line.known.labels("status").codes(value):
            line.find("status", "W_CODE_AMBIGUOUS")
            return None
        return line.label("status")
    labels, words = line.known.labels("status"), line.table.layout.ticks["status"]
    chosen = [words[int(name.partition(":")[2])] for name in ticks if _ticked(line, name)]
    if len(chosen) > 1:
        line.find("status", "W_CODE_AMBIGUOUS", text=joined(chosen))
        return None
    codes = labels.codes(chosen[0] if chosen else line.table.layout.empty["status"])
    return next(iter(codes)) if len(codes) == 1 else None


def _ticked(line: Line, name: str) -> bool:
    return ticked(line.table.sheet.at(line.row, column_number(line.table.columns[name].letter)))


def _kind(first: Any, record: dict[str, Any]) -> str:
    if first["name"] != record["name"]:
        return "same_id_name_differs"
    return "same_id" if first["grid"] == record["grid"] else "same_id_other_grid"
