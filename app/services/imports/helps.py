"""帮扶关爱台账: who was helped with what, on which day and by whom."""

from typing import Any

from app.services.imports.addresses import home
from app.services.imports.cells import as_text, names_in
from app.services.imports.context import Known
from app.services.imports.findings import SheetOutcome
from app.services.imports.headers import Table
from app.services.imports.kept import help_key, what_of
from app.services.imports.lines import Line
from app.services.imports.persons import numbered, struck
from app.services.imports.sheets import Judged
from app.services.imports.terms import past_day, year_of

#: The code of a help of no kind the ledger names.
OTHER = "other"


def check(table: Table, known: Known) -> SheetOutcome:
    """Every row is a help; the same help of the same day on record already is a duplicate."""
    judged = Judged(table, known)
    year = year_of(judged)
    seen: dict[str, int] = {}
    for line in judged.lines():
        struck(line)
        numbered(line, seen)
        record = _record(line, judged.layers.sections.get(line.row), year)
        twice = None if line.refused else known.row(help_key(str(record["date"]), record["helped"], what_of(record)))
        if twice:
            judged.twice(line, twice.name, "same_help", record, twice.fields)
        else:
            judged.take(line, record)
    return judged.outcome()


def _record(line: Line, section: str | None, year: int) -> dict[str, Any]:
    day = past_day(line, "date", year)
    address = line.short("address")
    household = home(address) if address else None
    known = line.known.household(household) if household else None
    helpers, _others = names_in(as_text(line.sound("helpers")))
    return {
        "date": day.isoformat() if day else None,
        "helped": line.name("helped"),
        "address": address,
        "phones": line.phones(),
        "needs": line.text("needs"),
        "kind": line.label("kind") or OTHER,
        "what": line.text("what"),
        "helpers": helpers,
        "method": line.label("method"),
        "note": line.text("note", nothing=True),
        "grid": _grid(line, section) or (known["grid"] if known and not line.refused else None),
        "household": household if known else None,
    }


def _grid(line: Line, section: str | None) -> str | None:
    """The grid of the row, else of the section above it; none is none."""
    if line.column("grid") and line.value("grid") is not None:
        return line.grid()
    return line.known.grids.find_in_title(section) if section else None
