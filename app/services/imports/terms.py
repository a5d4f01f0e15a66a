"""Days of ledgers about issues: when something was found, and until when it is to be done (30天, 6月底, 立即)."""

import calendar
import re
from datetime import date
from typing import Any

from app.models.texts import counted, short
from app.services.imports.cells import as_text
from app.services.imports.dates import read_day
from app.services.imports.lines import Line
from app.services.imports.sheets import Judged
from app.services.imports.workbook import Formula, Value

_PROBLEMS = {
    "impossible": "E_DATE_IMPOSSIBLE",
    "unreadable": "E_DATE_UNREADABLE",
    "ambiguous": "E_DATE_AMBIGUOUS",
}
_DAYS = re.compile(r"(\d{1,3})个?(工作日|天|日)(?:以?内)?")
_MONTH_END = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(?:底|末)(?:以?前)?")
_AT_ONCE = frozenset(["立即", "立即整改", "立行立改", "即日", "当日", "当天", "当场"])
_YEAR = re.compile(r"(?<!\d)(20\d{2})年")
_BEFORE = re.compile(r"(?:之?前|以前)$")


def year_of(judged: Judged) -> int:
    """The year that the head of the sheet names, else that of the file."""
    for words in heads(judged):
        if found := _YEAR.search(words):
            return int(found[1])
    return judged.known.year


def heads(judged: Judged) -> list[str]:
    """What stands above the table: titles, the unit that filled it in, the day."""
    sheet = judged.table.sheet
    rows = [skipped.row for skipped in judged.layers.not_data if skipped.why in ("title", "subtitle")]
    return [
        short(as_text(value)) for row in rows for value in sheet.rows[row].values() if not isinstance(value, Formula)
    ]


def past_day(line: Line, field: str, year: int) -> date | None:
    """The day in the cell (without a year: of this one), not later than today; a wrong one refuses the row, none is none."""
    value = line.sound(field)
    if value is None:
        return None
    found = read_day(value, year)
    if found.problem:
        first, second = (*(f"{day.month}月{day.day}日" for day in found.choices), "", "")[:2]
        line.find(field, _PROBLEMS[found.problem], text=as_text(value), first=first, second=second)
        return None
    day = found.day
    if day is not None and day > line.known.as_of:
        line.find(field, "E_DATE_FUTURE", text=as_text(value), today=line.known.as_of.isoformat())
        return None
    if day is not None and found.several:
        line.find(field, "W_DATE_RANGE", text=as_text(value), day=day.isoformat())
    return day


def term(line: Line, field: str, year: int) -> dict[str, Any] | None:
    """The time limit: {"date"}, {"days", "working"}, or {"text"} with a warning where it is a phrase; None when empty."""
    value = line.sound(field)
    if value is None:
        return None
    text = counted(short(as_text(value)))
    if isinstance(value, str) and (found := _DAYS.fullmatch(text)):
        return {"days": int(found[1]), "working": found[2] == "工作日"}
    day = month_end(value, year) or read_day(_plain(value), year).day
    if day is not None:
        return {"date": day.isoformat()}
    line.find(field, "W_DEADLINE_UNREADABLE", text=short(as_text(value)))
    return {"text": short(as_text(value))}


def limit(line: Line, field: str, year: int, found_on: date | None) -> date | None:
    """The day until which a hazard is to be put right; 立即 is the day it was found."""
    value = line.sound(field)
    if value is None:
        return None
    if short(as_text(value)) in _AT_ONCE:
        return found_on
    day = month_end(value, year) or read_day(_plain(value), year).day
    if day is None:
        line.find(field, "W_DEADLINE_UNREADABLE", text=short(as_text(value)))
    return day


def month_end(value: Value, year: int) -> date | None:
    """The last day of the month in 6月底前, 2025年9月底."""
    found = _MONTH_END.fullmatch(counted(short(as_text(value)))) if isinstance(value, str) else None
    if found is None or not 1 <= int(found[2]) <= 12:
        return None
    year, month = int(found[1] or year), int(found[2])
    return date(year, month, calendar.monthrange(year, month)[1])


def _plain(value: Value) -> Value:
    return _BEFORE.sub("", value.strip()) if isinstance(value, str) else value
