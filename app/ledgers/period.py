"""The time a ledger is about: a month, a quarter or a year."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from app.errors import Refusal
from app.i18n import N_, _

Span = Literal["month", "quarter", "year"]

_KEY = re.compile(r"(\d{4})(?:-(?:(\d{1,2})|Q([1-4])))?", re.IGNORECASE)
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, order=True)
class Period:
    """A month, quarter or year by its first day."""

    first: date
    span: Span = "month"

    @classmethod
    def parse(cls, text: str) -> "Period":
        """2025-03 is a month, 2025-Q1 a quarter, 2025 a year; anything else is refused."""
        found = _KEY.fullmatch(text.strip())
        year, month, quarter = found.groups() if found else ("0", None, None)
        if not 1900 <= int(year) <= 9998 or (month and not 1 <= int(month) <= 12):
            raise Refusal(
                "period_unknown", N_("看不懂统计期间「{text}」, 请写成 2025-03、2025-Q1 或 2025。"), text=text
            )
        if month:
            return cls(date(int(year), int(month), 1), "month")
        if quarter:
            return cls(date(int(year), int(quarter) * 3 - 2, 1), "quarter")
        return cls(date(int(year), 1, 1), "year")

    @classmethod
    def around(cls, day: date, span: Span = "month") -> "Period":
        """The month, quarter or year in which the day lies."""
        months = _MONTHS[span]
        return cls(date(day.year, (day.month - 1) // months * months + 1, 1), span)

    @property
    def last(self) -> date:
        """The last day."""
        return self._moved(1) - timedelta(days=1)

    @property
    def before(self) -> "Period":
        """The period of the same length just before."""
        return Period(self._moved(-1), self.span)

    @property
    def year(self) -> "Period":
        """The year in which it lies."""
        return Period(self.first.replace(month=1), "year")

    @property
    def months(self) -> "tuple[Period, ...]":
        """Its months in order."""
        first = self.first.year * 12 + self.first.month - 1
        return tuple(Period(date(n // 12, n % 12 + 1, 1)) for n in range(first, first + _MONTHS[self.span]))

    @property
    def year_ago(self) -> "Period":
        """The same period of the year before."""
        return Period(self.first.replace(year=self.first.year - 1), self.span)

    @property
    def key(self) -> str:
        """The text that `parse` reads."""
        if self.span == "month":
            return f"{self.first:%Y-%m}"
        return f"{self.first.year}-Q{self._quarter}" if self.span == "quarter" else f"{self.first.year}"

    @property
    def title(self) -> str:
        """2025年3月, 2025年一季度 or 2025年."""
        if self.span == "month":
            return _("{year}年{month}月").format(year=self.first.year, month=self.first.month)
        if self.span == "year":
            return _("{year}年").format(year=self.first.year)
        names = (_("{year}年一季度"), _("{year}年二季度"), _("{year}年三季度"), _("{year}年四季度"))
        return names[self._quarter - 1].format(year=self.first.year)

    @property
    def this(self) -> str:
        """What the staff call it from inside: 本月, 本季度, 本年."""
        return {"month": _("本月"), "quarter": _("本季度"), "year": _("本年")}[self.span]

    @property
    def former(self) -> str:
        """What the staff call the one before: 上月, 上季度, 上年."""
        return {"month": _("上月"), "quarter": _("上季度"), "year": _("上年")}[self.span]

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def _quarter(self) -> int:
        return (self.first.month + 2) // 3

    def _moved(self, times: int) -> date:
        months = self.first.year * 12 + self.first.month - 1 + times * _MONTHS[self.span]
        return date(months // 12, months % 12 + 1, 1)
