"""《隐患排查治理台账》 and 风险点清单: hazards with their deadline and what was done, risk points with L×E×C and level."""

from typing import Any

from app.i18n import joined
from app.models.risks import level_of
from app.models.texts import short
from app.services.imports.cells import as_text, names_in
from app.services.imports.context import Known
from app.services.imports.findings import SheetOutcome
from app.services.imports.headers import Table
from app.services.imports.issues import yes
from app.services.imports.lines import Line, place
from app.services.imports.persons import numbered, struck
from app.services.imports.points import Point
from app.services.imports.sheets import Judged
from app.services.imports.terms import limit, past_day, year_of
from app.services.imports.workbook import ExcelError, Formula

#: How ledgers call the levels that scores stand for.
_LEVELS = {"major": "重大", "high": "较大", "medium": "一般", "low": "低"}


def check(table: Table, known: Known) -> SheetOutcome:
    """Every row is a hazard; one that was put right there before is told as a recurrence, one on record is a duplicate."""
    judged = Judged(table, known)
    year = year_of(judged)
    seen: dict[str, int] = {}
    for line in judged.lines():
        struck(line)
        numbered(line, seen)
        record = _hazard(line, year)
        key = (record["grid"] or "", record["place"] or "", record["description"] or "")
        before = known.put_right.get(key)
        if before and not line.refused and before[0] <= str(record["found_on"]):
            line.find("description", "W_RECURRENCE", day=before[0])
            record["recurrence_of"] = before[1]
        if not line.refused and (twice := known.row(("hazard", *key, str(record["found_on"])))):
            judged.twice(line, twice.name, "same_hazard", record, twice.fields)
            continue
        if not line.refused:
            _match(line, record)
        if judged.take(line, record) and record["fixed"] and record["fixed_on"]:
            known.put_right[key] = (record["fixed_on"], place(known.file, table.sheet.name, line.row))
    return judged.outcome()


def _match(line: Line, record: dict[str, Any]) -> None:
    """Says which risk point the hazard is at, or which ones it may be at."""
    one, several = line.known.points.at(record["grid"] or "", record["place"] or "", record["description"] or "")
    if one is not None:
        line.find("place", "I_RISK_POINT", point=one.shown, ref=one.ref)
    elif several:
        line.find("place", "I_RISK_POINTS", points=joined(f"「{point.shown}」" for point in several))


def _hazard(line: Line, year: int) -> dict[str, Any]:
    found_on = past_day(line, "found_on", year)
    deadline = limit(line, "deadline", year, found_on)
    fixed, fixed_on = yes(line, "fixed"), past_day(line, "fixed_on", year)
    if found_on and deadline and deadline < found_on:
        line.find("deadline", "W_DEADLINE_BEFORE_FOUND", text=deadline.isoformat(), day=found_on.isoformat())
    if found_on and fixed_on and fixed_on < found_on:
        line.find("fixed_on", "W_FIXED_BEFORE_FOUND", text=fixed_on.isoformat(), day=found_on.isoformat())
    if fixed and fixed_on is None:
        line.find("fixed_on", "W_STATE_CONTRADICTION")
    return {
        "found_on": found_on.isoformat() if found_on else None,
        "found_by": _names(line, "found_by"),
        "place": line.short("place"),
        "description": line.text("description"),
        "level": line.label("level"),
        "measure": line.text("measure"),
        "grid": _grid(line),
        "responsible": line.name("responsible"),
        "deadline": deadline.isoformat() if deadline else None,
        "fixed": fixed,
        "fixed_on": fixed_on.isoformat() if fixed_on else None,
        "checked_by": _names(line, "checked_by"),
        "note": line.text("note"),
    }


def check_risks(table: Table, known: Known) -> SheetOutcome:
    """Every row is a risk point; its level is compared with its score, and follows from it where the cell is only coloured."""
    judged = Judged(table, known)
    seen: dict[str, int] = {}
    codes: set[str] = set()
    for line in judged.lines():
        struck(line)
        numbered(line, seen)
        record = _risk(line)
        if record["code"] and record["code"] in codes:
            line.find("code", "W_CODE_DUPLICATE", text=record["code"], other=record["code"])
        codes.add(record["code"] or "")
        key = ("risk_point", record["grid"] or "", record["place"] or "", record["name"] or "", record["hazard"] or "")
        if not line.refused and (twice := known.row((*key, record["code"] or ""))):
            judged.twice(line, twice.name, "same_risk", record, twice.fields)
        elif judged.take(line, record):
            where = place(known.file, table.sheet.name, line.row)
            known.points.add(
                Point(where, record["code"] or "", record["grid"] or "", record["place"] or "", record["name"] or "")
            )
    return judged.outcome()


def _risk(line: Line) -> dict[str, Any]:
    factors = {name: _number(line, name) for name in ("l", "e", "c")}
    score = _number(line, "score")
    if score is None and None not in factors.values():
        score = _plain(factors["l"] * factors["e"] * factors["c"])  # type: ignore[operator]
    return {
        "code": line.short("code"),
        "name": line.short("name"),
        "place": line.short("place"),
        "kind": line.short("kind"),
        "hazard": line.text("hazard"),
        "accident": line.short("accident"),
        **factors,
        "score": score,
        "level": _level(line, score),
        "grid": _grid(line),
        "responsible": line.name("responsible"),
        "controls": line.text("controls"),
    }


def _level(line: Line, score: float | None) -> str | None:
    label = _LEVELS[level_of(score)] if score is not None and score >= 0 else None
    codes = line.known.labels("risk_level").codes(label) if label else set()
    meant = next(iter(codes)) if len(codes) == 1 else None
    if line.value("level") is None:
        if meant is not None:
            line.find("level", "W_LEVEL_DERIVED", level=label)
        return meant
    stated = line.label("level")
    if stated and meant and stated != meant:
        line.find("level", "W_LEVEL_CONTRADICTION", score=f"{score:g}", level=label)
    return stated


def _number(line: Line, field: str) -> float | int | None:
    value = line.sound(field)
    if value is None or isinstance(value, (ExcelError, Formula, bool)):
        return None
    try:
        return _plain(float(short(as_text(value))))
    except ValueError:
        return None


def _plain(number: float | int) -> float | int:
    return int(number) if float(number).is_integer() and abs(number) < 1e9 else number


def _grid(line: Line) -> str | None:
    grid = line.grid()
    if grid is None and not line.refused and line.value("grid") is None:
        line.find("grid", "E_REQUIRED_EMPTY")
    return grid


def _names(line: Line, field: str) -> str | None:
    names, _others = names_in(as_text(line.sound(field)))
    return "、".join(names) or None
