"""How the changes of one record become its row: per field, in one order, the same on every machine."""

import heapq
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Known:
    """What the fold needs of one change: `order` is (hybrid time, site hex, change hex); `row` the whole canonical row."""

    id: uuid.UUID
    order: tuple[int, str, str]
    heads: tuple[uuid.UUID, ...]
    fields: tuple[str, ...]
    row: Mapping[str, Any]
    base: int


@dataclass(frozen=True)
class Clash:
    """One field set by two changes that did not know of each other; the winner is in force, the loser is kept."""

    field: str
    winner: uuid.UUID
    loser: uuid.UUID
    winner_value: Any
    loser_value: Any


@dataclass(frozen=True)
class Folded:
    """The row after all known changes, its revision, the changes nothing has been built upon yet, and the open clashes."""

    row: dict[str, Any]
    revision: int
    heads: tuple[uuid.UUID, ...]
    clashes: tuple[Clash, ...]


def fold(changes: Iterable[Known]) -> Folded:
    """The row of a record: causes before effects, ties by hybrid time, site and change id; per field the last one wins."""
    ordered = _ordered({change.id: change for change in changes})
    if len(ordered) == 1:
        only = ordered[0]
        return Folded(dict(only.row), only.base + 1, (only.id,), ())
    row: dict[str, Any] = {}
    setters: dict[str, list[Known]] = {}
    before: dict[uuid.UUID, frozenset[uuid.UUID]] = {}
    for change in ordered:
        known = frozenset(change.heads).union(*(before.get(head, frozenset()) for head in change.heads))
        before[change.id] = known
        for field in change.fields:
            row[field] = change.row.get(field)
            setters[field] = [setter for setter in setters.get(field, ()) if setter.id not in known] + [change]
        for field, value in change.row.items():
            row.setdefault(field, value)
    clashes = [clash for field, standing in setters.items() for clash in _clashes(field, standing)]
    heads = set(before) - frozenset().union(*(change.heads for change in ordered))
    return Folded(row, max(change.base for change in ordered) + 1, tuple(sorted(heads)), tuple(clashes))


def setters(changes: Iterable[Known]) -> dict[str, Known]:
    """For each field the change whose value is in force."""
    last: dict[str, Known] = {}
    for change in _ordered({change.id: change for change in changes}):
        last.update(dict.fromkeys(change.fields, change))
    return last


def _clashes(field: str, standing: list[Known]) -> list[Clash]:
    """The last of those that set the field without knowing of each other, against each that set something else."""
    winner = standing[-1]
    value = winner.row.get(field)
    return [
        Clash(field, winner.id, other.id, value, other.row.get(field))
        for other in standing
        if other.row.get(field) != value
    ]


def _ordered(changes: dict[uuid.UUID, Known]) -> list[Known]:
    missing = {c.id: {head for head in c.heads if head in changes} for c in changes.values()}
    followers: dict[uuid.UUID, list[uuid.UUID]] = {}
    for change_id, heads in missing.items():
        for head in heads:
            followers.setdefault(head, []).append(change_id)
    ready = [(changes[change_id].order, change_id) for change_id, heads in missing.items() if not heads]
    heapq.heapify(ready)
    ordered: list[Known] = []
    waiting = dict(missing)
    while len(ordered) < len(changes):
        if not ready:  # changes that claim to be built upon each other: no honest machine makes them
            ready = [min((changes[change_id].order, change_id) for change_id in waiting)]
        _, change_id = heapq.heappop(ready)
        if waiting.pop(change_id, None) is None:
            continue
        ordered.append(changes[change_id])
        for follower in followers.get(change_id, ()):
            missing[follower].discard(change_id)
            if not missing[follower]:
                heapq.heappush(ready, (changes[follower].order, follower))
    return ordered
