"""What headquarters' log knows of the past of records: which change was built on which, and what of it matters now."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.models.applying import KNOWN, as_known
from app.models.base import table_of
from app.models.changes import Change
from app.models.merge import fold
from app.models.parts import in_parts

_PIECE = 500
_LOG = table_of(Change)
_OF = (_LOG.c.record.in_(bindparam("records", expanding=True)), _LOG.c.position <= bindparam("until"))
_WHOLE = select(_LOG).where(*_OF).order_by(_LOG.c.position)
_NODES = _WHOLE.with_only_columns(_LOG.c.record, _LOG.c.id, _LOG.c.position, _LOG.c.path, _LOG.c.heads)
#: A row of the log, column by column.
Row = dict[str, Any]


@dataclass(frozen=True)
class Node:
    """One change among those of its record: where it lies in the log, what it was built on, and the unit path it left."""

    id: uuid.UUID
    position: int
    path: str
    heads: tuple[str, ...]


def graphs(s: Session, records: Iterable[uuid.UUID], until: int) -> dict[uuid.UUID, list[Node]]:
    """The changes of these records up to this position, in the order of the log."""
    found: dict[uuid.UUID, list[Node]] = {}
    for part in in_parts(sorted(set(records)), _PIECE):
        for record, change, position, path, heads in s.execute(_NODES, {"records": part, "until": until}):
            found.setdefault(record, []).append(Node(change, position, path, tuple(heads)))
    return found


def chained(nodes: Sequence[Node]) -> bool:
    """Each change was built on exactly the one before, the first on none: the last one alone tells what the record is."""
    before: tuple[str, ...] = ()
    for node in nodes:
        if node.heads != before:
            return False
        before = (node.id.hex,)
    return True


def branched(nodes: Sequence[Node], since: int) -> bool:
    """The record was one chain up to this position and is none any more: who has only its last change needs the others."""
    return chained([node for node in nodes if node.position <= since]) and not chained(nodes)


def whole(s: Session, records: Iterable[uuid.UUID], until: int) -> list[Row]:
    """Every change of these records up to this position."""
    found = list[Row]()
    for part in in_parts(sorted(set(records)), _PIECE):
        found += [dict(row) for row in s.execute(_WHOLE, {"records": part, "until": until}).mappings()]
    return found


def compacted(rows: Iterable[Row]) -> list[Row]:
    """Of whole pasts what a store needs that has nothing of them: the last change alone where it says all, else everything.

    Issues and their steps keep all: the order of steps lies in their first changes.
    """
    by_record: dict[uuid.UUID, list[Row]] = {}
    for row in rows:
        by_record.setdefault(row["record"], []).append(row)
    return [row for past in by_record.values() for row in (past[-1:] if _says_all(past) else past)]


#: Tables whose first changes are asked for later (see `derived.facts`), or whose changes go to sites by other rules than the path.
WHOLE = frozenset({"issue", "issue_step"})


def _says_all(past: Sequence[Row]) -> bool:
    if len(past) == 1 or past[0]["table"] in WHOLE:
        return False
    nodes = [Node(row["id"], row["position"], row["path"], tuple(row["heads"])) for row in past]
    if not chained(nodes) or any(row["payload"] is None for row in past):
        return False
    known = [as_known([row[name] for name in KNOWN]) for row in past]
    return fold(known).row == known[-1].row  # a program that did not know a field left it out of its rows


def by_table(rows: Iterable[Mapping[str, Any]]) -> dict[str, set[uuid.UUID]]:
    """The records of these changes by table."""
    found: dict[str, set[uuid.UUID]] = {}
    for row in rows:
        found.setdefault(row["table"], set()).add(row["record"])
    return found
