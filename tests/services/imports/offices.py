"""Small ledgers of one sheet for the small plant: written, checked and taken in."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from app.services.imports import checking, intake, stored, undo
from app.services.imports.findings import Outcome
from tests.factories import Plant

AS_OF = date(2025, 3, 12)


def ledger(path: Path, *rows: Sequence[Any], title: str = "表") -> Path:
    """A workbook of one sheet with these rows, the header among them."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


def checked(plant: Plant, path: Path, mapping: dict[str, dict[str, str]] | None = None) -> Outcome:
    """What the check says, against what the plant knows."""
    with plant.store.read(plant.boss) as s:
        context = stored.known(s)
    return checking.check(path, context, as_of=AS_OF, mapping=mapping)


def taken(plant: Plant, outcome: Outcome, **options: Any) -> intake.ImportSummary:
    """The outcome is on record."""
    with plant.store.begin(plant.boss) as s:
        return intake.take(s, outcome, **options)


def undone(plant: Plant, summary: intake.ImportSummary) -> undo.UndoSummary:
    """The import is taken back."""
    with plant.store.begin(plant.boss) as s:
        return undo.undo(s, summary.id)
