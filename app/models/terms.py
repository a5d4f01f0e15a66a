"""Rules of partners' time: by when a partner without an account is asked to answer a dispatch, where nobody says a day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.errors import Refusal
from app.i18n import N_
from app.models import rulebooks
from app.models.calendar import Calendar, add_workdays

#: Nobody is given longer than a year.
MOST_DAYS = 365
_FIELDS = frozenset({"length", "unit", "partners"})
_NOT_SOUND = N_(
    "外单位答复期限「{rule}」写法不对: length 应为 1 至 365 的整数, unit 是 days (自然日) 或 workdays (工作日), partners 是单位名称的列表。"
)
_TWICE = N_("外单位答复期限「{rule}」与另一条都规定了 {detail}, 每个外单位只能有一条。")


@dataclass(frozen=True)
class Rule:
    """These partners (by name, `any` is every other) have so many natural or working days, the first day not counted."""

    name: str
    kinds: frozenset[str]
    unit: str
    length: int

    def due(self, day: date, calendar: Calendar) -> date:
        """The day by which a dispatch of this day is to be answered."""
        if self.unit == "workdays":
            return add_workdays(day, self.length, calendar)
        return day + timedelta(days=self.length)


def rule_for(rules: Iterable[Rule], partner: str) -> Rule | None:
    """The rule that names the partner, else the one for any, else none: nothing is owed."""
    return rulebooks.for_kind(rules, partner)


def read(values: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules of a code table's values; refused where one is unreadable or two speak of the same partner."""
    return rulebooks.apart(
        map(_rule, values), lambda rule, taken: Refusal("terms_unsound", _TWICE, rule=rule.name, detail=taken)
    )


def readable(values: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules among these values that this program understands."""
    return rulebooks.readable("partner_term", read, values)


def _rule(value: Mapping[str, Any]) -> Rule:
    name, given = str(value.get("zh") or value.get("code") or "?"), value.get("aliases")
    if not isinstance(given, Mapping) or set(given) - _FIELDS:
        raise Refusal("terms_unsound", _NOT_SOUND, rule=name)
    length, unit, partners = given.get("length"), given.get("unit", "workdays"), given.get("partners") or ["any"]
    if (
        not isinstance(length, int)
        or isinstance(length, bool)
        or not 1 <= length <= MOST_DAYS
        or unit not in ("days", "workdays")
        or not isinstance(partners, list)
        or not all(isinstance(partner, str) and partner.strip() for partner in partners)
    ):
        raise Refusal("terms_unsound", _NOT_SOUND, rule=name)
    return Rule(name, frozenset(partner.strip() for partner in partners), str(unit), length)
