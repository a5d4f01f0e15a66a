"""Rows that are on record already, or stand twice in the file: what a person decides about them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.services.imports.findings import Duplicate, Outcome, SheetOutcome

#: (sheet, row) of a row that somebody has decided about.
Place = tuple[str, int]
TAKE, UPDATE = "take", "update"
_PEOPLE = ("roster", "roster_export")


def offered(kind: str | None, twice: Duplicate) -> str | None:
    """What may be done instead of leaving the row out: taken as well, or put in the place of the other; None for nothing."""
    if twice.kind.startswith("same_id"):
        return UPDATE if kind in _PEOPLE else None
    return TAKE


def on_record(twice: Duplicate) -> bool:
    """The row repeats a record, not an earlier row."""
    return "|" not in twice.same_as


def applied(outcome: Outcome, choices: Mapping[Place, str]) -> Outcome:
    """The outcome with what was chosen: rows taken as well, and rows of this file that take the place of earlier ones."""
    if not choices:
        return outcome
    sheets = {sheet.name: sheet for sheet in outcome.sheets}
    for sheet in outcome.sheets:
        for twice in sheet.duplicates:
            choice = choices.get((sheet.name, twice.row))
            if choice is None or choice != offered(sheet.kind, twice):
                continue
            if choice == TAKE:
                sheets[sheet.name] = _without(
                    sheets[sheet.name], twice, [*sheets[sheet.name].records, dict(twice.record)]
                )
            elif not on_record(twice):
                _put_instead(sheets, sheet.name, twice, outcome.file)
    return replace(outcome, sheets=tuple(sheets[sheet.name] for sheet in outcome.sheets))


def updates(sheet: SheetOutcome, choices: Mapping[Place, str]) -> list[dict[str, Any]]:
    """The rows that are to change people on record."""
    return [
        dict(twice.record)
        for twice in sheet.duplicates
        if on_record(twice) and choices.get((sheet.name, twice.row)) == UPDATE == offered(sheet.kind, twice)
    ]


def _put_instead(sheets: dict[str, SheetOutcome], name: str, twice: Duplicate, file: str) -> None:
    """The later row stands where the earlier one stood; one of another file cannot be replaced from here."""
    of_file, _bar, rest = twice.same_as.rpartition("|")
    other, _mark, row = rest.rpartition("!")
    if of_file != file or other not in sheets:
        return
    records = [one for one in sheets[other].records if str(one["row"]) != row]
    if len(records) < len(sheets[other].records):
        sheets[other] = replace(sheets[other], records=tuple(records))
        sheets[name] = _without(sheets[name], twice, [*sheets[name].records, dict(twice.record)])


def _without(sheet: SheetOutcome, twice: Duplicate, records: list[dict[str, Any]]) -> SheetOutcome:
    records.sort(key=lambda one: one["row"])
    left = tuple(one for one in sheet.duplicates if one.row != twice.row)
    return replace(sheet, records=tuple(records), duplicates=left)
