"""How values are written for people: dates, moments, numbers, names."""

from datetime import date, datetime
from typing import Any

from app.clock import local, today
from app.i18n import _, joined, language

WEEKDAYS = "一二三四五六日"
_EN_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EN_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def long_day(day: date) -> str:
    """2025年3月5日 周三; in English Wed 5 Mar 2025."""
    if language() == "en":
        return f"{_EN_DAYS[day.weekday()]} {day.day} {_EN_MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日 周{WEEKDAYS[day.weekday()]}"


def short_day(day: date | None) -> str:
    """2025-03-05, as in tables; empty for none."""
    return day.isoformat() if day else ""


def clock_time(moment: datetime) -> str:
    """10:32, Beijing time."""
    return f"{local(moment):%H:%M}"


def moment_text(moment: datetime | None) -> str:
    """今天 08:00, 昨天 17:20, else 2025-03-05 08:00; empty for none. Beijing time."""
    if moment is None:
        return ""
    here = local(moment)
    away = (today() - here.date()).days
    day = {0: _("今天"), 1: _("昨天")}.get(away, here.date().isoformat())
    return f"{day} {here:%H:%M}"


def numbers_text(first: int, last: int) -> str:
    """第 3 号, 第 3–5 号: a run of changes of one line."""
    return _("第 {n} 号").format(n=first) if first == last else _("第 {a}–{b} 号").format(a=first, b=last)


def gap_text(first: int, last: int, begin: int = 0, end: int = 0) -> str:
    """第 41–43 号变更 (在第 7 包): what is lacking, and where it was as far as that is known."""
    changes = _("{numbers}变更").format(numbers=numbers_text(first, last))
    if not begin:
        return changes
    packages = _("第 {n} 包").format(n=begin) if begin == end else _("第 {a}–{b} 包").format(a=begin, b=end)
    return _("{changes} (在{packages})").format(changes=changes, packages=packages)


def files_words(counts: dict[str, int]) -> str:
    """附件: 3 个已齐, 1 个还差一部分."""
    parts = [
        _("{n} 个已齐").format(n=counts["complete"]) if counts.get("complete") else "",
        _("{n} 个还差一部分").format(n=counts["begun"]) if counts.get("begun") else "",
    ]
    return _("附件: {what}。").format(what=", ".join(part for part in parts if part) or _("没有新的"))


def plain(value: Any) -> str:
    """Any value as a table shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return short_day(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (list, tuple, frozenset)):
        return joined(plain(part) for part in value)
    return str(value)
