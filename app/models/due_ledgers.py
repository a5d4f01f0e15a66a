"""Which ledgers every grid prints for signature each month, and by which day of the next; headquarters' data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.errors import Refusal
from app.i18n import N_
from app.models import rulebooks

_NOT_SOUND = N_("「{rule}」的写法不对: code 是台账的名称, day 应为 1 至 28 的整数 (次月几日以前印发)。")


@dataclass(frozen=True)
class DueLedger:
    """One ledger that is due on this day of the month after."""

    ledger: str
    day: int

    def until(self, month: date) -> date:
        """The last day on which the ledger of this month (any day of it) is in time."""
        return (month.replace(day=28) + timedelta(days=4)).replace(day=self.day)


def read(values: Iterable[Mapping[str, Any]]) -> tuple[DueLedger, ...]:
    """The rules of a code table's values; refused where one is unreadable."""
    return tuple(_rule(value) for value in values)


def readable(values: Iterable[Mapping[str, Any]]) -> tuple[DueLedger, ...]:
    """The rules among these values that this program understands."""
    return rulebooks.readable("ledger_due", read, values)


def _rule(value: Mapping[str, Any]) -> DueLedger:
    code, given = str(value.get("code") or ""), value.get("aliases")
    day = given.get("day") if isinstance(given, Mapping) and set(given) == {"day"} else None
    if not code or not isinstance(day, int) or isinstance(day, bool) or not 1 <= day <= 28:
        raise Refusal("ledger_due_unsound", _NOT_SOUND, rule=value.get("zh") or code or "?")
    return DueLedger(code, day)
