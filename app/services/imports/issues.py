"""《员工诉求建议及不稳定因素排查表》: a sheet per quarter; what an earlier sheet left open comes again and stays one matter."""

import re
from datetime import date
from typing import Any

from app.models.names import name_key
from app.models.texts import short
from app.services.imports.cells import as_text, first_seen, is_nothing, names_in
from app.services.imports.context import Known, OnRecord
from app.services.imports.dates import read_day
from app.services.imports.findings import SheetOutcome
from app.services.imports.headers import Table
from app.services.imports.lines import Line, place
from app.services.imports.persons import numbered, struck
from app.services.imports.sheets import Judged
from app.services.imports.terms import heads, past_day, term, year_of
from app.services.imports.workbook import Value

#: More than so many people send representatives (信访工作条例 art. 20).
MOST = 5
_ANONYMOUS = re.compile(r"匿名.*|不愿.*|保密|不详")
_HOW_MANY = re.compile(r"等(\d+)(?:人|名|位|同志)*$")
#: The progress says that it is not over, whatever the other column says.
_NOT_OVER = re.compile(r"未办结|没有办结|尚未|未答复|未解决")
_FILLED_ON = re.compile(r"填(?:报|表)(?:日期|时间)[:：]?(.+)$")
#: Codes of "closed": of the program's table and of plain truth.
_YES, _NO = frozenset({"yes", "True"}), frozenset({"no", "False"})


def check(table: Table, known: Known) -> SheetOutcome:
    """Every row is an issue; one that an earlier sheet left open is carried over, one on record already is a duplicate."""
    judged = Judged(table, known)
    judged.day, year = _filled_on(judged), year_of(judged)
    seen: dict[str, int] = {}
    still_open: dict[tuple[str, str], str] = {}
    above: Value = None
    for line in judged.lines():
        above = line.value("unit") if line.own("unit") is not None else line.value("unit") or above
        line.carry("unit", above)
        struck(line)
        numbered(line, seen)
        record = _record(line, year)
        key = (name_key(record["reporter"] or ""), record["request"] or "")
        before = known.open_issues.get(key) if key[0] else None
        if before and not line.refused:
            line.find("request", "W_CARRIED_OVER", place=before)
            record["carried_from"] = before
        if not line.refused and (twice := _on_record(record, judged)):
            judged.twice(line, twice.name, "same_issue", record, twice.fields)
        elif judged.take(line, record) and record["closed"] is not True and key[0]:
            still_open[key] = place(known.file, table.sheet.name, line.row)
    known.open_issues |= still_open
    return judged.outcome()


def _on_record(record: dict[str, Any], judged: Judged) -> OnRecord | None:
    """The issue that this very row has made or gone on with: told on the same day, or in a list of the same day."""
    key = ("issue", record["unit"] or "", name_key(record["reporter"] or ""), record["request"] or "")
    filled_on = judged.day.isoformat() if judged.day else ""
    days = [record.get("reported_on") or filled_on, *([filled_on] if "carried_from" in record else [])]
    return next((found for day in days if (found := judged.known.row((*key, day)))), None)


def _record(line: Line, year: int) -> dict[str, Any]:
    reporter, count = _reporter(line)
    record: dict[str, Any] = {
        "unit": _unit(line),
        "reporter": reporter,
        "reporter_count": count,
        "phones": line.phones(),
        "channel": line.label("channel"),
        "category": line.label("category"),
        "request": line.text("request"),
        "department": line.short("department"),
        "responsible": line.name("responsible"),
        "measure": line.text("measure"),
        "deadline": term(line, "deadline", year),
        "progress": line.text("progress"),
        "closed": yes(line, "closed"),
        "satisfaction": None if is_nothing(as_text(line.value("satisfaction"))) else line.label("satisfaction"),
    }
    if line.column("reported_on"):
        day = past_day(line, "reported_on", year)
        record["reported_on"] = day.isoformat() if day else None
    if record["closed"] and _NOT_OVER.search(record["progress"] or ""):
        line.find("progress", "W_STATE_CONTRADICTION")
    if record["closed"] is False and record["satisfaction"]:
        line.find("satisfaction", "W_STATE_CONTRADICTION")
    return record


def yes(line: Line, field: str) -> bool | None:
    """Whether the cell says that it is done; None where it says neither."""
    code = line.label(field)
    return True if code in _YES else False if code in _NO else None


def _unit(line: Line) -> str | None:
    value = line.short("unit")
    if value is None:
        return None
    unit = line.known.unit(value)
    if unit is None:
        line.find("unit", "E_UNIT_UNKNOWN", text=value)
    return unit


def _reporter(line: Line) -> tuple[str | None, int]:
    """Who asked, and how many with them: 张三等7人; somebody who gave no name is nobody."""
    text = as_text(line.sound("reporter"))
    plain = short(text)
    if not plain or is_nothing(plain) or _ANONYMOUS.fullmatch(plain):
        return None, 1
    names, _others = names_in(text)
    found = _HOW_MANY.search(plain)
    count = max(int(found[1]) if found else 1, len(names), 1)
    if count > MOST:
        line.find("reporter", "W_JOINT_OVER_5", n=count, most=MOST)
    return "、".join(first_seen(names)) or None, count


def _filled_on(judged: Judged) -> date | None:
    """The day on which the sheet was filled in, where its head says so."""
    for words in heads(judged):
        found = _FILLED_ON.search(words)
        day = read_day(found[1], judged.known.year).day if found else None
        if day is not None and day <= judged.known.as_of:
            return day
    return None
