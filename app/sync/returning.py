"""What comes down about records of which this store has only a part: purged ones, and those loaded without their past.

A record is shown whole or not at all: what needs more of the past than is here waits, and the past is asked for.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.i18n import _
from app.models import applying
from app.models.attachments import Attachment
from app.models.base import record_classes, table_of
from app.models.batches import Waiting
from app.models.changes import Change
from app.models.parts import in_parts
from app.models.steps import Step
from app.models.visits import Help
from app.sync import own, pasts, wire
from app.sync.batch import Batch, Header
from app.sync.checking import referred
from app.sync.pasts import Row
from app.sync.scope import Scope, clause
from app.sync.wire import WireChange

#: So many records are asked for at once.
MOST = 500
_PIECE = 500
_LOG, _WAITING = table_of(Change).c, table_of(Waiting).c
_PAST = select(_LOG.record, _LOG.id, _LOG.heads, _LOG.payload.is_(None)).where(
    _LOG.record.in_(bindparam("records", expanding=True))
)
_LACKING = select(_WAITING.why, _WAITING.wire).where(_WAITING.why.in_(("past", "reference"))).limit(MOST)


@dataclass
class Sifted:
    """The changes of a feed that can be taken, those that need more of the past, and the records that came back from a purge:
    all of them, and those whose parts may still be away."""

    fit: list[WireChange] = field(default_factory=list)
    aside: list[WireChange] = field(default_factory=list)
    back: set[uuid.UUID] = field(default_factory=set)
    partly: set[uuid.UUID] = field(default_factory=set)

    def waiting(self) -> list[tuple[WireChange, str, str]]:
        """Those aside, with why they wait."""
        return [(change, "past", _("这条记录以前的内容不在本机, 已向总部索取。")) for change in self.aside]


@dataclass(frozen=True)
class _Here:
    """One change of a record in our log: what it was built on, and whether its content is gone."""

    heads: tuple[str, ...]
    erased: bool


# --- the site ---


def sift(s: Session, batch: Batch) -> Sifted:
    """The changes of a feed, parted; contents that a purge took from our log are back where the record is spoken of again."""
    result, coming = Sifted(), list(batch.changes)
    here = _here(s, {uuid.UUID(hex=change.record) for change in coming})
    asked = _answered(s, batch.header)
    by_record: dict[uuid.UUID, list[WireChange]] = {}
    for change in coming:
        record = uuid.UUID(hex=change.record)
        if record in here:
            by_record.setdefault(record, []).append(change)
        else:
            result.fit.append(change)
    for record, changes in by_record.items():
        _sift_one(record, changes, here[record], asked, result, compact=batch.header.compact > 0)
    _bring_back(s, result)
    return result


def _sift_one(
    record: uuid.UUID,
    changes: list[WireChange],
    here: dict[str, _Here],
    asked: set[uuid.UUID],
    result: Sifted,
    *,
    compact: bool,
) -> None:
    fresh = [change for change in changes if change.change_id not in here]
    gone = {change for change, one in here.items() if one.erased}
    spoken_of = record in asked or any(uuid.UUID(hex=one) in asked for one in _parents(changes))
    if not (fresh or (gone and spoken_of)) or not (gone or compact):
        result.fit += changes
    elif spoken_of or _whole(changes, here, gone, compact=compact):
        result.fit += changes
        if gone:
            result.back.add(record)
        if gone and not spoken_of:
            result.partly.add(record)
    else:
        result.aside += fresh


def _parents(changes: Iterable[WireChange]) -> Iterator[str]:
    for change in changes:
        for name in ("issue_id", "visit_id", "of_id"):
            value = (change.row or {}).get(name)
            if isinstance(value, str) and len(value) == 32:
                yield value


def _whole(changes: list[WireChange], here: dict[str, _Here], gone: set[str], *, compact: bool) -> bool:
    """The row that follows from these changes is the whole record: every content is there, or one change knew all others."""
    graph = {change: one.heads for change, one in here.items()} | {one.change_id: tuple(one.heads) for one in changes}
    lacking = gone - {one.change_id for one in changes if one.row is not None}
    unknown = {head for heads in graph.values() for head in heads} - set(graph)
    if not lacking and not (compact and unknown):
        return True
    covered = {head for heads in graph.values() for head in heads}
    tips = [change for change in graph if change not in covered]
    return len(tips) == 1 and _reached(graph, tips[0]) == set(graph) and tips[0] not in lacking


def _reached(graph: dict[str, tuple[str, ...]], tip: str) -> set[str]:
    found, todo = set[str](), [tip]
    while todo:
        change = todo.pop()
        if change in graph and change not in found:
            found.add(change)
            todo += graph[change]
    return found


def _here(s: Session, records: set[uuid.UUID]) -> dict[uuid.UUID, dict[str, _Here]]:
    found: dict[uuid.UUID, dict[str, _Here]] = {}
    listed = sorted(records)
    for part in in_parts(listed, _PIECE):
        for record, change, heads, erased in s.execute(_PAST, {"records": part}):
            found.setdefault(record, {})[change.hex] = _Here(tuple(heads), bool(erased))
    return found


def _bring_back(s: Session, result: Sifted) -> None:
    """The erased contents that these changes bring again are in our log, and the records are here."""
    back = [change for change in result.fit if uuid.UUID(hex=change.record) in result.back]
    if applying.refill(s, [wire.entry(change) for change in back]):
        applying.refold(s, pasts.by_table({"table": one.table, "record": uuid.UUID(hex=one.record)} for one in back))


def _answered(s: Session, header: Header) -> set[uuid.UUID]:
    known = own.identity(s).hq or {}
    if not header.asks or header.asks != known.get("asks"):
        return set()
    return {uuid.UUID(hex=one) for one in known.get("ask", ())}


def ask(s: Session, header: Header, partly: Iterable[uuid.UUID]) -> None:
    """What this store needs more of is asked for with the next package; what was answered is asked no more."""
    known = own.identity(s).hq or {}
    answered = {one.hex for one in _answered(s, header)}
    lacking, before = _lacking(s), set(known.get("in_vain", ()))
    in_vain = (before | answered) & lacking  # what has come since may lack something again, and is asked for anew
    open_ = set(known.get("ask", ())) - answered
    wanted = open_ | {one.hex for one in partly} | (lacking - in_vain)
    if answered or wanted != open_:
        own.note(s, ask=sorted(wanted)[:MOST], asks=int(known.get("asks", 0)) + 1)
    if in_vain != before:
        own.note(s, in_vain=sorted(in_vain)[-2 * MOST :])


def want(s: Session, records: Iterable[uuid.UUID]) -> None:
    """The whole past of these records is asked for with the next package."""
    known = own.identity(s).hq or {}
    wanted = sorted({*known.get("ask", ()), *(one.hex for one in records)})[:MOST]
    own.note(s, ask=wanted, asks=int(known.get("asks", 0)) + 1)


def _lacking(s: Session) -> set[str]:
    """Records whose past is waited for, and those that waiting changes refer to."""
    found: set[str] = set()
    classes = record_classes()
    for why, kept in s.execute(_LACKING):
        change = wire.kept(kept)
        if why == "past":
            found.add(change.record)
        else:
            found |= {one.hex for table, one in referred(change) if s.get(classes[table], one) is None}
    return found


def stated(s: Session) -> dict[str, Any]:
    """What a package of this site asks for, as fields of `Header`."""
    known = own.identity(s).hq or {}
    wanted = list(known.get("ask", ()))
    return {"ask": wanted, "asks": int(known.get("asks", 0))} if wanted else {}


# --- headquarters ---


def ids(header: Header) -> tuple[uuid.UUID, ...]:
    """The records that a package asks for; what is no id is passed over."""
    found = []
    for one in header.ask:
        try:
            found.append(wire.as_id(one))
        except ValueError:
            continue
    return tuple(found)


def asked_for(s: Session, scope: Scope, asked: Iterable[uuid.UUID], until: int) -> list[Row]:
    """The whole past of the records a site asked for, with their parts, as far as they are or were for this site."""
    wanted = sorted(set(asked))[: 2 * MOST]
    if not wanted:
        return []
    within = select(Change.record).where(Change.record.in_(wanted), clause(scope.number)).distinct()
    allowed = set(s.scalars(within, scope.said))
    steps = s.scalars(select(Step.id).where(Step.issue_id.in_(allowed)))
    helps = s.scalars(select(Help.id).where(Help.visit_id.in_(allowed)))
    whole = allowed | set(steps) | set(helps)
    files: set[uuid.UUID] = set()
    listed = sorted(whole)
    for part in in_parts(listed, _PIECE):
        files |= set(s.scalars(select(Attachment.id).where(Attachment.of_id.in_(part))))
    return [row for row in pasts.whole(s, whole | files, until) if not scope.hidden(row)]
