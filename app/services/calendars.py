"""Making the yearly books of holidays that the program ships and headquarters sends down."""

import json
import re
from datetime import date
from typing import Any

_MOVED = re.compile(r"^休息日（由 .* 调休）$")


def generated(year: int) -> dict[str, Any]:
    """The book of one year: days off with their names, weekends worked, and whether it is still to be published.

    Each autumn the State Council names the days for the next year; until then no weekend is known to be worked.
    """
    from holidays import country_holidays

    known = country_holidays("CN", years=year, language="zh_CN")
    worked: list[date] = sorted(day for day in known.weekend_workdays if day.year == year)
    return {
        "calendar": "CN",
        "year": year,
        "source": "国务院办公厅节假日安排 (package holidays)"
        if worked
        else "推算, 待国务院办公厅公布 (package holidays)",
        "provisional": not worked,
        "holidays": {day.isoformat(): _plain(name) for day, name in sorted(known.items()) if day.year == year},
        "workdays": {day.isoformat(): "调休上班" for day in worked},
    }


def _plain(name: str) -> str:
    return "调休放假" if _MOVED.match(name) else name.replace("（", "").replace("）", "").replace("; ", "、")


def written(book: dict[str, Any]) -> str:
    """The book as it stands in its file."""
    return json.dumps(book, ensure_ascii=False, indent=1) + "\n"
