"""Ledgers of home visits: a sheet per month, the grid in its column or in the section row above."""

import re
from datetime import date
from typing import Any

from app.models import identity
from app.models.names import name_key
from app.models.texts import short
from app.services.imports.addresses import home
from app.services.imports.cells import as_text, names_in
from app.services.imports.context import Known
from app.services.imports.dates import month_of, read_day
from app.services.imports.findings import SheetOutcome
from app.services.imports.headers import Table
from app.services.imports.kept import summary_of, visit_key
from app.services.imports.lines import Line
from app.services.imports.persons import numbered, struck
from app.services.imports.sheets import Judged

_PROBLEMS = {
    "impossible": "E_DATE_IMPOSSIBLE",
    "unreadable": "E_DATE_UNREADABLE",
    "ambiguous": "E_DATE_AMBIGUOUS",
}
_FAMILY = re.compile(r"(夫妇|家属|一家|家|等)$")


def check(table: Table, known: Known) -> SheetOutcome:
    """Every row is a visit with its day, visitors, the person visited and what was said and done.

    One that an import has brought already, word for word, is a duplicate.
    """
    judged = Judged(table, known)
    month = _month(judged, known.year)
    judged.month = f"{month[0]}-{month[1]:02d}" if month else None
    seen: dict[str, int] = {}
    for line in judged.lines():
        struck(line)
        numbered(line, seen)
        record = _record(line, judged.layers.sections.get(line.row), month)
        key = visit_key(str(record["date"]), record["visited"], record["address"], summary_of(record))
        if not line.refused and (twice := known.row(key)):
            judged.twice(line, twice.name, "same_visit", record, twice.fields)
        else:
            judged.take(line, record)
    return judged.outcome()


def _month(judged: Judged, year: int) -> tuple[int, int] | None:
    """The month of the sheet: from its title, else from its name."""
    sheet = judged.table.sheet
    titles = [skipped.row for skipped in judged.layers.not_data if skipped.why == "title"]
    texts = [short(as_text(value)) for row in titles for value in sheet.rows[row].values()]
    return month_of([*texts, short(counted_name(sheet.name))], year)


def counted_name(name: str) -> str:
    """The name of a sheet with its numerals as digits: 四月 becomes 4月."""
    from app.models.texts import counted

    return counted(short(name))


def without_family(name: str) -> str:
    """The person named in 李明伟夫妇, 王丽家."""
    return _FAMILY.sub("", name)


def _record(line: Line, section: str | None, month: tuple[int, int] | None) -> dict[str, Any]:
    day = _day(line, month)
    address = line.short("address")
    household = home(address) if address else None
    if household and line.known.household(household) is None:
        line.find("address", "W_HOUSEHOLD_UNKNOWN", text=address)
        household = None
    grid = _grid(line, section)
    record: dict[str, Any] = {
        "date": day.isoformat() if day else None,
        "visitors": _visitors(line, grid),
        "visited": line.name("visited"),
        "address": address,
        "method": line.label("method"),
        "content": line.text("content"),
        "problem": line.text("problem", nothing=True),
        "help": line.text("help", nothing=True),
        "result": line.text("result"),
        "note": line.text("note"),
        "grid": grid,
        "household": household,
    }
    if day and household and record["visited"]:
        _compare_birth(line, day, household, record["visited"], month)
    return record


def _grid(line: Line, section: str | None) -> str | None:
    if line.column("grid"):
        grid = line.grid()
        if grid is None and not line.refused and line.value("grid") is None:
            line.find("grid", "E_REQUIRED_EMPTY")
        return grid
    grid = line.known.grids.find_in_title(section) if section else None
    if grid is None:
        line.find(None, "E_GRID_UNKNOWN", text=short(section or ""))
    return grid


def _day(line: Line, month: tuple[int, int] | None) -> date | None:
    value = line.sound("date")
    if value is None:
        return None
    found = read_day(value, month[0] if month else line.known.year)
    if found.problem:
        first, second = (*(f"{day.month}月{day.day}日" for day in found.choices), "", "")[:2]
        line.find("date", _PROBLEMS[found.problem], text=as_text(value), first=first, second=second)
        return None
    day = found.day
    if day is None:
        return None
    if day > line.known.as_of:
        line.find("date", "E_DATE_FUTURE", text=as_text(value), today=line.known.as_of.isoformat())
        return None
    if month and (day.year, day.month) != month:
        line.find("date", "W_DATE_OUTSIDE_SHEET", day=day.isoformat(), month=f"{month[0]}-{month[1]:02d}")
    if found.several:
        line.find("date", "W_DATE_RANGE", text=as_text(value), day=day.isoformat())
    return day


def _visitors(line: Line, grid: str | None) -> list[str]:
    text = as_text(line.sound("visitors"))
    visitors, others = names_in(text)
    if others:
        line.find("visitors", "W_VISITOR_COUNT", text=short(text))
    for name in visitors if line.known.has_people() else []:
        same = line.known.namesakes(name, grid)
        if len(same) != 1:
            line.find("visitors", "W_PERSON_AMBIGUOUS" if same else "W_PERSON_UNKNOWN", name=name)
    return visitors


def _compare_birth(line: Line, day: date, household: str, visited: str, month: tuple[int, int] | None) -> None:
    """Nobody is visited before being born: in another year than the sheet's the day is doubtful, else the person."""
    names = {name_key(visited), name_key(without_family(visited))}
    for member in line.known.members(household):
        born = identity.birth(member["id_number"]) if member["id_number"] else None
        if born and day < born and member["name_key"] in names:
            field = "date" if month and day.year != month[0] else "visited"
            line.find(field, "E_VISIT_BEFORE_BIRTH", day=day.isoformat(), name=visited, birth=born.isoformat())
