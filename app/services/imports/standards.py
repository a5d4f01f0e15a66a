"""岗检检查标准: a checklist with dimensions and areas, scores and veto items, and what its sums should be."""

import re
from typing import Any

from app.models.checks import Template
from app.models.texts import short
from app.services.imports.cells import as_text
from app.services.imports.context import Known
from app.services.imports.findings import SheetOutcome, Sum
from app.services.imports.headers import Table
from app.services.imports.lines import Line
from app.services.imports.persons import numbered, struck
from app.services.imports.sheets import Judged
from app.services.imports.terms import heads
from app.services.imports.workbook import ExcelError, Formula, Value

#: A veto item has no score: failing it is failing the whole check.
_VETO = re.compile(r".*否决.*")
_SCORE = re.compile(r"(-?\d+(?:\.\d+)?)分?")
_AREA_SUM = "小计"
#: A title longer than this is none.
_LONGEST = 60


def check(table: Table, known: Known) -> SheetOutcome:
    """Every row is an item of one checklist; the sum of each area is compared with its rows, refused ones included."""
    judged = Judged(table, known)
    seen: dict[str, int] = {}
    counted: list[tuple[int, str | None, float]] = []
    for line in judged.lines():
        struck(line)
        numbered(line, seen)
        record = _record(line)
        counted.append((line.row, record["area"], record["score"] or 0))
        judged.take(line, record)
    judged.title = _title(judged)
    judged.sums = _sums(judged, counted)
    return judged.outcome()


def template(outcome: SheetOutcome, file: str, code: str) -> Template:
    """The checklist that the rows make, not published yet."""
    items = [
        {
            "code": f"{number:03d}",
            "text": row["item"],
            "kind": "verdict",
            "requirement": row["standard"],
            "method": row["method"],
            "weight": None if row["score"] is None else f"{row['score']:g}",
            "critical": row["veto"],
            "dimension": row["dimension"],
            "area": row["area"],
            "note": row["note"],
        }
        for number, row in enumerate(outcome.records, 1)
    ]
    return Template(code=code, title=title_of(outcome, file), version=1, items=items, path="")


def title_of(outcome: SheetOutcome, file: str) -> str:
    """What the checklist is called: by its title, else by its sheet and file."""
    return outcome.title or f"{file.rpartition('.')[0] or file} {outcome.name}"


def _record(line: Line) -> dict[str, Any]:
    score, veto = _score(line)
    return {
        "dimension": line.short("dimension"),
        "area": line.short("area"),
        "item": line.short("item"),
        "standard": line.text("standard"),
        "method": line.short("method"),
        "score": score,
        "veto": veto,
        "note": line.text("note"),
    }


def _score(line: Line) -> tuple[float | int | None, bool]:
    value = line.sound("score")
    if value is None or isinstance(value, (ExcelError, Formula)):
        return None, False
    if _VETO.fullmatch(short(as_text(value))):
        return None, True
    number = _number(value)
    if number is None:
        line.find("score", "W_SCORE_UNREADABLE", text=short(as_text(value)))
    return number, False


def _number(value: Value) -> float | int | None:
    if isinstance(value, (ExcelError, Formula, bool)) or value is None:
        return None
    found = _SCORE.fullmatch(short(as_text(value)))
    number = float(found[1]) if found else None
    return int(number) if number is not None and number.is_integer() else number


def _sums(judged: Judged, counted: list[tuple[int, str | None, float]]) -> tuple[Sum, ...]:
    """Each 小计 against the rows since the one before."""
    table, found, last = judged.table, [], 0
    column = table.first.get("score")
    for skipped in judged.layers.not_data:
        cells = table.sheet.rows.get(skipped.row, {})
        if skipped.why != "subtotal" or column is None or _AREA_SUM not in map(_folded, cells.values()):
            continue
        rows = [one for one in counted if last < one[0] < skipped.row]
        stated = _number(cells.get(column))
        if rows and stated is not None:
            actual = sum(score for _row, _area, score in rows)
            plain = int(actual) if float(actual).is_integer() else actual
            letter = table.columns["score"].letter
            found.append(Sum(skipped.row, letter, rows[0][1] or "", stated, plain))
        last = skipped.row
    return tuple(found)


def _folded(value: Value) -> str:
    return short(value) if isinstance(value, str) else ""


def _title(judged: Judged) -> str | None:
    return next((words for words in heads(judged) if 3 < len(words) <= _LONGEST), None)
