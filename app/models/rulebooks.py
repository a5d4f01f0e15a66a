"""Rules that are data: what every book of them has in common."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from app import logs
from app.errors import Refusal


class OfKinds(Protocol):
    """A rule for some kinds of issue; the kind `any` is every other."""

    @property
    def kinds(self) -> frozenset[str]: ...


R = TypeVar("R")
K = TypeVar("K", bound=OfKinds)
Values = Iterable[Mapping[str, Any]]


def readable(table: str, read: Callable[[Values], tuple[R, ...]], values: Values) -> tuple[R, ...]:
    """The rules of a table among these values that this program understands; those of a newer one are left out, and noted."""
    found: list[R] = []
    for value in values:
        try:
            found += read([value])
        except Refusal as refusal:
            logs.note(f"{table}.unknown", rule=str(value.get("code")), why=refusal.code)
    return tuple(found)


def for_kind(rules: Iterable[K], kind: str) -> K | None:
    """The rule that names the kind, else the one for any, else none."""
    found = {word: rule for rule in rules for word in rule.kinds}
    return found.get(kind) or found.get("any")


def apart(rules: Iterable[K], twice: Callable[[K, str], Refusal]) -> tuple[K, ...]:
    """The rules, each of kinds of its own; refused with what `twice` makes of the first that speaks of others' kinds too."""
    kept: list[K] = []
    for rule in rules:
        if taken := rule.kinds & {kind for one in kept for kind in one.kinds}:
            raise twice(rule, ", ".join(sorted(taken)))
        kept.append(rule)
    return tuple(kept)
