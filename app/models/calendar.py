"""Working days in China: holidays and the weekends worked instead, from data that can be replaced each year."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from app.paths import resources

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """The published days off and the weekends worked instead; years it does not know are Monday to Friday."""

    off: Mapping[date, str]
    worked: Mapping[date, str]
    published: frozenset[int]


def read(books: Iterable[Mapping[str, Any]]) -> Calendar:
    """The calendar that these yearly books make together; a later book of the same year replaces an earlier one."""
    by_year = {int(book["year"]): book for book in books}
    return Calendar(
        off={date.fromisoformat(day): name for book in by_year.values() for day, name in book["holidays"].items()},
        worked={date.fromisoformat(day): name for book in by_year.values() for day, name in book["workdays"].items()},
        published=frozenset(year for year, book in by_year.items() if not book.get("provisional")),
    )


@cache
def shipped() -> Calendar:
    """The calendar that comes with the program, read once."""
    return read(_shipped())


@cache
def _shipped() -> tuple[Mapping[str, Any], ...]:
    paths = sorted((resources() / "codes").glob("calendar_CN_*.json"))
    return tuple(json.loads(path.read_text(encoding="utf-8")) for path in paths)


def sound(book: Any) -> bool:
    """It is the book of one year: its year, its days off with their names, the weekends worked, each in that year."""
    try:
        year, days = int(book["year"]), [date.fromisoformat(day) for day in (*book["holidays"], *book["workdays"])]
        names = [*book["holidays"].values(), *book["workdays"].values()]
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    both = set(book["holidays"]) & set(book["workdays"])
    return not both and all(day.year == year for day in days) and all(isinstance(name, str) for name in names)


def shipped_with(books: Sequence[Mapping[str, Any]]) -> Calendar:
    """The calendar that comes with the program, with these later books in the place of its own of the same years."""
    return read([*_shipped(), *books]) if books else shipped()


def is_workday(day: date, calendar: Calendar | None = None) -> bool:
    """People work on this day."""
    known = calendar or shipped()
    return day in known.worked or (day.weekday() < 5 and day not in known.off)


def holiday(day: date, calendar: Calendar | None = None) -> str | None:
    """The name of the holiday, None on any other day."""
    return (calendar or shipped()).off.get(day)


def add_workdays(day: date, count: int, calendar: Calendar | None = None) -> date:
    """The day that is so many working days later (or, below zero, earlier); the first day does not count itself."""
    step = _DAY if count > 0 else -_DAY
    left = abs(count)
    while left:
        day += step
        left -= is_workday(day, calendar)
    return day


def workdays_until(day: date, end: date, calendar: Calendar | None = None) -> int:
    """How many working days follow `day` up to and with `end`; below zero when `end` has passed."""
    if end < day:
        return -workdays_until(end, day, calendar)
    days = (day + timedelta(days=number) for number in range(1, (end - day).days + 1))
    return sum(is_workday(each, calendar) for each in days)


def is_provisional(day: date, calendar: Calendar | None = None) -> bool:
    """The days off of that year are not published yet, so a deadline there may still move (shown as 「暂按周一至周五」)."""
    return day.year not in (calendar or shipped()).published
