"""Rules of recurrence: how long after a closing, and by what, an issue counts as an old one that is back (老问题)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import Refusal
from app.i18n import N_
from app.models import rulebooks

#: What the two issues may share: the person or home, the place or risk point, the topic within one grid.
GROUNDS = ("person", "place", "topic")
#: Nobody remembers longer than this.
MOST_DAYS = 3660
_FIELDS = frozenset({"days", "same", "kinds"})
_NOT_SOUND = N_(
    "老问题规则「{rule}」写法不对: days 应为 1 至 3660 的整数, same 是 person、place、topic 中的几个, kinds 是类别的列表。"
)
_TWICE = N_("老问题规则「{rule}」与另一条都规定了 {detail}, 每个类别只能有一条。")


@dataclass(frozen=True)
class Rule:
    """For these kinds of issue: within so many days after a closing, by any of these grounds."""

    name: str
    kinds: frozenset[str]
    days: int
    same: tuple[str, ...]


NONE = Rule("", frozenset(), 0, ())


def rule_for(rules: Iterable[Rule], kind: str) -> Rule:
    """The rule that names the kind, else the one for any, else none: nothing is proposed."""
    return rulebooks.for_kind(rules, kind) or NONE


def read(values: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules of a code table's values; refused where one is unreadable or two speak of the same kind."""
    return rulebooks.apart(
        map(_rule, values), lambda rule, taken: Refusal("recurrence_unsound", _TWICE, rule=rule.name, detail=taken)
    )


def readable(values: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules among these values that this program understands."""
    return rulebooks.readable("recurrence", read, values)


def _rule(value: Mapping[str, Any]) -> Rule:
    code, name = str(value.get("code") or ""), str(value.get("zh") or value.get("code") or "?")
    given = value.get("aliases")
    if not isinstance(given, Mapping) or set(given) - _FIELDS:
        raise Refusal("recurrence_unsound", _NOT_SOUND, rule=name)
    days, same, kinds = given.get("days"), given.get("same"), given.get("kinds") or [code]
    sound = (
        isinstance(days, int)
        and not isinstance(days, bool)
        and 1 <= days <= MOST_DAYS
        and isinstance(same, list)
        and bool(same)
        and all(ground in GROUNDS for ground in same)
        and isinstance(kinds, list)
        and all(isinstance(kind, str) for kind in kinds)
    )
    if not sound or not isinstance(days, int) or not isinstance(same, list):
        raise Refusal("recurrence_unsound", _NOT_SOUND, rule=name)
    return Rule(name, frozenset(kinds), days, tuple(same))
