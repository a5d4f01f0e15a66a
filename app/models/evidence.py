"""Rules of evidence: what must be on record before an issue may be closed, as data, and whether it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import Refusal
from app.i18n import N_
from app.models import rulebooks
from app.models.folding import Event, Fold
from app.models.moves import STEPS

#: `what` counts: a talk or a meeting (the two ways of a contact), or any kind of step.
WAYS = ("talk", "meet")
#: Who must have done it: anyone; a person of a unit that held the pen; another person each time.
BY = ("any", "handler", "different")
#: What proves it: the step itself; a signature; a photo will do as well; or the reason why there is none.
PROOFS = ("any", "signature", "signature_or_reason", "photo", "photo_or_reason")
_FIELDS = frozenset({"needs", "kinds", "exception", "talks", "meetings"})


@dataclass(frozen=True)
class Need:
    """So many steps of this sort."""

    what: str
    count: int
    by: str = "any"
    proof: str = "any"

    def made(self, stand: Fold) -> int:
        """How many are on record and count."""
        found = [event for event in stand.events if self._counts(event, stand)]
        return len({event.actor for event in found}) if self.by == "different" else len(found)

    def _counts(self, event: Event, stand: Fold) -> bool:
        if self.what in WAYS:
            fits = event.kind == "contact" and event.way == self.what
        else:
            fits = event.kind == self.what
        ours = self.by != "handler" or any(event.path is None or path.startswith(event.path) for path in stand.handlers)
        return fits and ours and self._proven(event)

    def _proven(self, event: Event) -> bool:
        if self.proof == "any" or event.proven:
            return True
        pictured = self.proof.startswith("photo") and event.pictured
        return pictured or (self.proof.endswith("_or_reason") and event.excused)


@dataclass(frozen=True)
class Rule:
    """What is due for these kinds of issue; `exception` says that a reason of somebody with the right stands in for it."""

    code: str
    name: str
    kinds: frozenset[str]
    needs: tuple[Need, ...] = ()
    exception: bool = True

    def missing(self, stand: Fold) -> list[tuple[Need, int]]:
        """The needs that are not met, each with how many are still to come."""
        return [(need, need.count - made) for need in self.needs if (made := need.made(stand)) < need.count]


NONE = Rule("", "", frozenset())


def rule_for(rules: Iterable[Rule], kind: str) -> Rule:
    """The rule that names the kind, else the one for any, else none."""
    return rulebooks.for_kind(rules, kind) or NONE


def read(values: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules of a code table's values; refused where one is unreadable or two speak of the same kind."""
    twice = N_("证据规则「{rule}」与另一条都规定了 {detail}, 每个类别只能有一条。")
    return rulebooks.apart(map(_rule, values), lambda rule, taken: _wrong(rule.name, twice, taken))


def readable(values: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules among these values that this program understands; those of a newer one are left out."""
    return rulebooks.readable("evidence", read, values)


def _rule(value: Mapping[str, Any]) -> Rule:
    code, name = str(value.get("code") or ""), str(value.get("zh") or value.get("code") or "?")
    given = value.get("aliases") or {}
    if not isinstance(given, Mapping) or set(given) - _FIELDS:
        raise _wrong(name, N_("证据规则「{rule}」有不认识的栏目。"))
    kinds, needs = given.get("kinds") or [code], given.get("needs") or []
    if not isinstance(kinds, list) or not isinstance(needs, list) or not all(isinstance(kind, str) for kind in kinds):
        raise _wrong(name, N_("证据规则「{rule}」的 kinds 和 needs 应为列表。"))
    former = [{"what": way, "count": given.get(field)} for way, field in zip(WAYS, ("talks", "meetings"), strict=True)]
    found = tuple(_need(name, one) for one in [*needs, *(one for one in former if one["count"])])
    if len({need.what for need in found}) < len(found):
        raise _wrong(name, N_("证据规则「{rule}」自相矛盾: 同一种步骤要求了两次。"))
    exception = given.get("exception", True)
    if not isinstance(exception, bool):
        raise _wrong(name, N_("证据规则「{rule}」的 exception 应为 true 或 false。"))
    return Rule(code, name, frozenset(kinds), found, exception)


def _need(name: str, given: Any) -> Need:
    if not isinstance(given, Mapping) or set(given) - {"what", "count", "by", "proof"}:
        raise _wrong(name, N_("证据规则「{rule}」里有一项写法不对。"))
    what, count = given.get("what"), given.get("count", 1)
    by, proof = given.get("by", "any"), given.get("proof", "any")
    if what not in (*WAYS, *STEPS) or by not in BY or proof not in PROOFS:
        raise _wrong(name, N_("证据规则「{rule}」里有不认识的步骤、人或证明: {detail}。"), f"{what}, {by}, {proof}")
    if what in ("close", "archive", "reopen"):
        raise _wrong(name, N_("证据规则「{rule}」自相矛盾: 办结之前不可能有「{detail}」。"), what)
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= 20:
        raise _wrong(name, N_("证据规则「{rule}」的次数应为 1 至 20 的整数。"))
    return Need(str(what), count, str(by), str(proof))


def _wrong(name: str, sentence: str, detail: Any = "") -> Refusal:
    return Refusal("evidence_rule_unsound", sentence, rule=name, detail=detail)
