"""Refused changes and what their sites have said since: those that a later one says again whole need nobody any more."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """One change of a record: the changes it was built upon, the fields it set, whether it was refused, whether it voids the record."""

    id: uuid.UUID
    heads: tuple[uuid.UUID, ...]
    fields: tuple[str, ...]
    refused: bool
    voids: bool = False


def said(id: uuid.UUID, heads: Iterable[str], fields: Iterable[str], refused: bool, voids: bool = False) -> Said:
    """The change with its heads as they stand in the log."""
    return Said(id, tuple(map(uuid.UUID, heads)), tuple(fields), refused, voids)


def owed(changes: Iterable[Said]) -> dict[uuid.UUID, list[str]]:
    """The fields of each refused change of a record that no later one, built upon it, has set again.

    Whatever became of the later one: it stands for itself.
    """
    known = {change.id: change for change in changes}
    told = _told(known)
    return {
        change.id: [name for name in change.fields if name not in told[change.id]]
        for change in known.values()
        if change.refused
    }


def answered(changes: Iterable[Said]) -> set[uuid.UUID]:
    """The refused changes of a record that need nobody: said again whole, or of a record that is voided and has never been
    taken by headquarters."""
    known = {change.id: change for change in changes}
    former = {head for change in known.values() for head in change.heads}
    if all(change.refused and (change.voids or change.id in former) for change in known.values()):
        return set(known)
    return {change for change, names in owed(known.values()).items() if not names}


def _told(known: Mapping[uuid.UUID, Said]) -> dict[uuid.UUID, set[str]]:
    """For each change the fields that others set which were built upon it, directly or through others."""
    told: dict[uuid.UUID, set[str]] = {change: set() for change in known}
    before = {change.id: (set(change.heads) & known.keys()) - {change.id} for change in known.values()}
    after = Counter(head for heads in before.values() for head in heads)
    ready = [change for change in known.values() if not after[change.id]]
    while ready:
        change = ready.pop()
        for head in before[change.id]:
            told[head].update(change.fields, told[change.id])
            after[head] -= 1
            if not after[head]:
                ready.append(known[head])
    return told


def voiding(row: Mapping[str, object] | None) -> bool:
    """The row of a change says that its record is voided."""
    return (row or {}).get("voided_at") is not None
