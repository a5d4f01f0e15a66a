"""Days as people write them in ledgers: 2025.3.15, 3月15日, 20250315, 25.3.15, the number 3.15, 3.15-16."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.models.texts import short
from app.services.imports.workbook import Value

_YEAR_MONTH_DAY = re.compile(r"(\d{4}|\d{2})[.\-/年·、](\d{1,2})[.\-/月·、](\d{1,2})[日号.]?")
_MONTH_DAY = re.compile(r"(\d{1,2})[.\-/月·](\d{1,2})[日号]?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_MONTH = re.compile(r"(\d{4})[.\-/年](\d{1,2})月?份?")
_WEEKDAY = re.compile(r"\((?:周|星期|礼拜)[一二三四五六日天]\)|(?:周|星期|礼拜)[一二三四五六日天]$")
_CLOCK = re.compile(r"(?<=\d)(日|号)?\s*(上午|下午|晚上|早上)?\d{1,2}:\d{2}(:\d{2})?$")
_RANGE = re.compile(r"(.+?\d[日号]?)(?:-|—|–|~|至|到|、)(\d.*)")
_ZERO = date(1899, 12, 30)
#: Day numbers of Excel between 1954 and 2119; other whole numbers are no days.
_SERIALS = range(20_000, 80_001)


@dataclass(frozen=True, slots=True)
class Day:
    """What was read: a day, or why there is none ("impossible", "unreadable", "ambiguous"); several: the first of them."""

    day: date | None = None
    problem: str | None = None
    several: bool = False
    choices: tuple[date, ...] = ()


def read_day(value: Value, year: int) -> Day:
    """The day in a cell; without a year it lies in the given one."""
    if isinstance(value, datetime):
        return Day(value.date())
    if isinstance(value, bool) or value is None:
        return Day(problem="unreadable")
    if isinstance(value, float) and not value.is_integer():
        return _of_fraction(value, year)
    if isinstance(value, (int, float)):
        return _of_number(int(value))
    return _of_text(short(_CLOCK.sub("", str(value).strip())), year)


def _of_number(number: int) -> Day:
    if number in _SERIALS:
        return Day(_ZERO + timedelta(days=number))
    found = _COMPACT.fullmatch(str(number))
    return _made(*map(int, found.groups())) if found else Day(problem="unreadable")


def _of_fraction(number: float, year: int) -> Day:
    """3.15 is 3月15日; 3.1 may have been 3.10, whose last zero Excel has dropped."""
    if _SERIALS.start <= number < _SERIALS.stop:
        return Day(_ZERO + timedelta(days=int(number)))
    month, _, digits = repr(number).partition(".")
    if not (month.isdigit() and digits.isdigit()) or len(digits) > 2:
        return Day(problem="unreadable")
    readings = [digits] if len(digits) == 2 or digits.startswith("0") else [digits, digits + "0"]
    days = [found.day for found in (_made(year, int(month), int(text)) for text in readings) if found.day]
    if len(days) == 2:
        return Day(problem="ambiguous", choices=tuple(days))
    return Day(days[0]) if days else Day(problem="impossible")


def _of_text(text: str, year: int) -> Day:
    text = _WEEKDAY.sub("", text)
    if text.isdigit():
        return _of_number(int(text))
    single = _single(text, year)
    if single:
        return single
    parts = _RANGE.fullmatch(text)
    first = _single(parts[1], year) if parts else None
    if first and first.day and parts and re.fullmatch(r"[\d.\-/年月]+[日号]?", parts[2]):
        return Day(first.day, several=True)
    return Day(problem="unreadable")


def _single(text: str, year: int) -> Day | None:
    if found := _YEAR_MONTH_DAY.fullmatch(text):
        return _made(_century(found[1]), int(found[2]), int(found[3]))
    if found := _COMPACT.fullmatch(text):
        return _made(int(found[1]), int(found[2]), int(found[3]))
    if _YEAR_MONTH.fullmatch(text):
        return None
    if found := _MONTH_DAY.fullmatch(text):
        return _made(year, int(found[1]), int(found[2]))
    return None


def _century(year: str) -> int:
    return int(year) if len(year) == 4 else 2000 + int(year)


def _made(year: int, month: int, day: int) -> Day:
    try:
        return Day(date(year, month, day))
    except ValueError:
        return Day(problem="impossible")


def read_month(value: Value) -> tuple[int, int] | None:
    """Year and month of a birth date of which only these are stated: 1985.03, 1985年3月."""
    if isinstance(value, float):
        value = repr(value)
    found = _YEAR_MONTH.fullmatch(short(str(value))) if isinstance(value, str) else None
    return (int(found[1]), int(found[2])) if found else None


_TITLE_MONTH = re.compile(r"(\d{4})年?[.\-/]?(\d{1,2})月?|(\d{1,2})月")


def month_of(texts: list[str], year: int) -> tuple[int, int] | None:
    """Year and month that a title or the name of a sheet states; the first text that does so counts."""
    for text in texts:
        for found in _TITLE_MONTH.finditer(text):
            month = int(found[2] or found[3])
            if 1 <= month <= 12:
                return (int(found[1]) if found[1] else year), month
    return None
