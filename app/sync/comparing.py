"""Both sides compare what they hold for a site, record by record in one number a table, and bring again what differs.

A record counts with the changes that nothing was built upon yet: they stand for all that went before. So a site that was
loaded, or has purged, compares equal; what waits, was refused or is sealed counts on neither side.
"""

import hashlib
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, Select, and_, func, literal_column, select, true, union_all, update
from sqlalchemy.orm import Session

from app.clock import now
from app.models.attachments import Attachment
from app.models.base import Record, record_classes, table_of
from app.models.changes import Change
from app.models.issues import Issue
from app.models.parts import in_parts
from app.models.steps import Step
from app.models.values import canonical
from app.sync import epochs, loading, own, pasts, rules, wire
from app.sync.batch import Batch, Header
from app.sync.pasts import Row
from app.sync.scope import Scope, holding

#: A site asks for a comparison so often, and tries so often to mend what differs before it waits for the next time.
EVERY, TRIES = timedelta(days=1), 3
#: So many tables are mended at once, with so many records.
TABLES, RECORDS = 3, 2000
_PIECE, _MASK, _LAST = 500, 2**64 - 1, 2**63 - 1
#: Own changes that headquarters has taken, and what came from it.
_SETTLED = ("", "taken")


@dataclass
class Sum:
    """How many records, and their hashes added up: by bucket (the last byte of the id) and in all."""

    buckets: list[int]
    count: int = 0

    @classmethod
    def empty(cls) -> "Sum":
        return cls([0] * 256)

    def add(self, record: uuid.UUID, tips: Iterable[str]) -> None:
        digest = hashlib.blake2b(record.bytes + "".join(sorted(tips)).encode(), digest_size=8).digest()
        bucket = record.bytes[-1]
        self.buckets[bucket] = (self.buckets[bucket] + int.from_bytes(digest, "big")) & _MASK
        self.count += 1

    @property
    def told(self) -> tuple[int, str]:
        """The number of records and the hash over all of them."""
        return self.count, f"{sum(self.buckets) & _MASK:016x}"

    @property
    def by_bucket(self) -> str:
        """The hashes of the 256 buckets, one after the other."""
        return "".join(f"{one:016x}" for one in self.buckets)


@dataclass(frozen=True)
class Compared:
    """One table on both sides: how many records, and whether they are the same ones at the same revision."""

    table: str
    here: int
    there: int
    same: bool


# --- both sides ---


def sums(s: Session, scope: Scope, tables: Collection[str] | None = None, *, site: bool = False) -> dict[str, Sum]:
    """What this store holds of the scope, by table; at a site without what headquarters has not taken, with what was purged."""
    wanted = tuple(name for name in record_classes() if tables is None or name in tables)
    found = {name: Sum.empty() for name in wanted}
    for at, record, graph in _graphs(s, scope, wanted, site=site):
        if tips := _tips(graph):
            found[wanted[at]].add(record, tips)
    if site:
        _add_purged(s, scope, found)
    return found


Graph = dict[str, Sequence[str]]


def _graphs(
    s: Session, scope: Scope, wanted: tuple[str, ...], *, site: bool
) -> Iterator[tuple[int, uuid.UUID, Graph]]:  # fmt: skip
    """The changes of each record in scope with what they were built on, table by table (by its place among those wanted)."""
    if not wanted:
        return
    before, graph = None, Graph()
    for at, record, change, heads in s.execute(_held(wanted, scope.number, site), scope.said):
        if (at, record) != before:
            if before is not None:
                yield *before, graph
            before, graph = (at, record), {}
        graph[change.hex] = heads
    if before is not None:
        yield *before, graph


@lru_cache(maxsize=64)
def _held(wanted: tuple[str, ...], number: int, site: bool) -> Executable:
    """One question for all tables: asking each by itself would cost more than reading what they hold."""
    classes = record_classes()
    arms = [_held_of(at, classes[name], number, site) for at, name in enumerate(wanted)]
    return union_all(*arms).order_by("at", "record").execution_options(yield_per=2000)


def _held_of(at: int, model: type[Record], number: int, site: bool) -> Select[Any]:
    log, table = table_of(Change), table_of(model)
    query = select(literal_column(str(at)).label("at"), log.c.record, log.c.id, log.c.heads)
    query = query.join(table, table.c.id == log.c.record).where(holding(model, number), _open(model))
    return query.where(log.c.state.in_(_SETTLED)) if site else query


def _open(model: type[Record]) -> ColumnElement[bool]:
    """Not of a sealed issue: who may know of it is decided elsewhere."""
    issue, step, attachment = table_of(Issue), table_of(Step), table_of(Attachment)
    sealed = select(issue.c.id).where(issue.c.secrecy == "sealed")
    if model is Issue:
        return issue.c.secrecy != "sealed"
    if model is Step:
        return step.c.issue_id.not_in(sealed)
    if model is Attachment:
        steps = select(step.c.id).where(step.c.issue_id.in_(sealed))
        return and_(attachment.c.of_id.not_in(sealed), attachment.c.of_id.not_in(steps))
    return true()


def _tips(graph: Mapping[str, Sequence[str]]) -> set[str]:
    return set(graph) - {head for heads in graph.values() for head in heads}


def _add_purged(s: Session, scope: Scope, found: dict[str, Sum]) -> None:
    """Records that were purged here are still known by their changes."""
    graphs: dict[tuple[str, uuid.UUID], dict[str, Sequence[str]]] = {}
    paths: dict[uuid.UUID, str] = {}
    query = select(Change.table, Change.record, Change.id, Change.heads, Change.path).where(Change.payload.is_(None))
    for table, record, change, heads, path in s.execute(query.order_by(Change.position)):
        graphs.setdefault((table, record), {})[change.hex] = heads
        paths[record] = path
    classes = record_classes()
    for table in {name for name, _record in graphs if name in found}:
        records = [record for name, record in graphs if name == table and scope.holds(table, paths[record])]
        for part in in_parts(records, _PIECE):
            here = set(s.scalars(select(classes[table].id).where(classes[table].id.in_(part))))
            for record in part:
                if record not in here:
                    found[table].add(record, _tips(graphs[table, record]))


# --- the site ---


def due(s: Session) -> bool:
    """A comparison is to be asked for: the last one is a day old, or something was mended since."""
    known = _known(s)
    if loading.noted(s) is not None or own.identity(s).cursor == 0:
        return False
    at = known.get("at")
    return at is None or now() - datetime.fromisoformat(at) >= EVERY or bool(known.get("again"))


def ask(s: Session) -> None:
    """With the next package this site asks to compare, whenever it did last."""
    own.note(s, compared=_known(s) | {"again": True, "tries": 0})


def stated(s: Session) -> dict[str, Any]:
    """What a package of this site asks to compare and to mend, as fields of `Header`."""
    if not due(s):
        return {}
    unlike = _known(s).get("unlike", [])
    if not unlike:
        return {"compare": True}
    here = sums(s, _scope(s), unlike, site=True)
    return {"compare": True, "unlike": {name: total.by_bucket for name, total in here.items()}}


def hear(s: Session, batch: Batch) -> None:
    """What headquarters tells of its side has been compared and kept; what a feed mended is asked to be compared again."""
    header = batch.header
    _note_covered(s, header)
    if own.identity(s).cursor != header.cursor or loading.noted(s) is not None:
        return
    if header.mended:
        _send_again(s, batch)
    if header.tables:
        _compare(s, header)


def _note_covered(s: Session, header: Header) -> None:
    """Up to which moment headquarters' backups hold what it took, as it told last: less where it took something since by a
    clock that was set back. Where a feed had no room for every moment, the others lie before it was written (`untold`)."""
    known, runs = int(own.fact(s, "covered", 0)), header.received
    told = header.covered if header.tables else min([known, *(moment for _number, moment in runs if moment)])
    if told != known:
        own.note(s, covered=told)
    if runs and sum(number for number, _moment in runs) < header.changes:
        written = wire.milliseconds(datetime.fromisoformat(header.created))
        own.note(s, untold=max(written, int(own.fact(s, "untold", 0))))


def _compare(s: Session, header: Header) -> None:
    known, mended = _known(s), bool(header.mended)
    here = sums(s, _scope(s), set(header.tables), site=True)
    rows = {
        name: [here[name].count, there, here[name].told == (there, hash_)]
        for name, (there, hash_) in sorted(header.tables.items())
        if name in here
    }
    unlike = [name for name, (_here, _there, same) in rows.items() if not same][:TABLES]
    tries = int(known.get("tries", 0)) + 1 if mended or known.get("again") else 1
    again = bool(unlike) and tries <= TRIES
    own.note(s, compared={"at": str(canonical(now())), "rows": rows, "unlike": unlike, "again": again, "tries": tries})


def _send_again(s: Session, batch: Batch) -> None:
    """What a bucket that came whole does not hold is not at headquarters: our own of it goes up again, the rest is asked for."""
    came = {uuid.UUID(hex=change.change_id) for change in batch.changes}
    records = {uuid.UUID(hex=change.record) for change in batch.changes}
    here, lost, unknown = own.line(s).site_id, set[uuid.UUID](), set[uuid.UUID]()
    classes, scope = record_classes(), _scope(s)
    for name, buckets in batch.header.mended.items():
        if name not in classes:
            continue
        model, wanted = classes[name], set(buckets)
        query = (
            select(Change.record, Change.id, Change.site, Change.payload.is_(None))
            .join(model, model.id == Change.record)
            .where(holding(model, scope.number), _open(model), Change.state.in_(_SETTLED))
        )
        for record, change, site, erased in s.execute(query, scope.said):
            if record.bytes[-1] in wanted and change not in came:
                unknown |= {record} - records
                lost |= {change} if site == here and not erased else set()
    if lost:
        _reopen(s, lost)
    if unknown:
        from app.sync import returning

        returning.want(s, unknown)


def _reopen(s: Session, changes: Iterable[uuid.UUID]) -> None:
    listed = sorted(changes)
    for part in in_parts(listed, _PIECE):
        s.execute(
            update(Change).where(Change.id.in_(part)).values(state="open", reason=None, received_at=None),
            execution_options={"synchronize_session": False},
        )
    epochs.renew(s)


def last(s: Session) -> tuple[datetime | None, tuple[Compared, ...]]:
    """When both sides were last compared (None: never), and how each table stood."""
    known = _known(s)
    at = known.get("at")
    rows = tuple(Compared(name, here, there, same) for name, (here, there, same) in known.get("rows", {}).items())
    return (datetime.fromisoformat(at) if at else None), rows


def _known(s: Session) -> dict[str, Any]:
    return dict((own.identity(s).hq or {}).get("compared") or {})


def _scope(s: Session) -> Scope:
    paths = loading.scope_heard(s) or tuple(own.identity(s).paths)
    return Scope(s, own.line(s).site_id, [str(path) for path in paths])


# --- headquarters ---


def answer(s: Session, scope: Scope, unlike: Mapping[str, str]) -> tuple[list[Row], dict[str, Any]]:
    """Our side of the comparison as fields of `Header`, and the whole of the buckets in which the site's hashes are others."""
    ours = sums(s, scope)
    mended: dict[str, list[int]] = {}
    records: list[uuid.UUID] = []
    for name, theirs in unlike.items():
        if name in ours and len(theirs) == 4096:
            buckets = [
                at for at, mine in enumerate(ours[name].buckets) if theirs[at * 16 : at * 16 + 16] != f"{mine:016x}"
            ]
            taken, found = _whole_buckets(s, scope, record_classes()[name], buckets, RECORDS - len(records))
            mended |= {name: taken} if taken else {}
            records += found
    rows = [row for row in pasts.whole(s, records, _LAST) if not scope.hidden(row)]
    told = {"tables": {name: total.told for name, total in ours.items()}, "mended": mended, "covered": _covered(s)}
    return rows, told


def _covered(s: Session) -> int:
    """Whatever headquarters took before this moment (milliseconds) lies in every backup to which it might be put back."""
    logs: list[tuple[int, list[rules.Life]]] = own.fact(s, "logs", [])
    if not logs:
        return 0
    known = own.lives(s)
    reach = min(rules.resume([(name, at) for name, at in lives], length, known) for length, lives in logs)
    first = s.scalar(select(func.min(Change.received_at)).where(Change.position > reach))
    return wire.milliseconds(now() if first is None else min(first, now()))


def _whole_buckets(
    s: Session, scope: Scope, model: type[Record], buckets: Sequence[int], room: int
) -> tuple[list[int], list[uuid.UUID]]:
    """As many of the buckets as there is room for, at least one, with all their records."""
    filled: dict[int, list[uuid.UUID]] = {bucket: [] for bucket in buckets}
    for record in s.scalars(select(model.id).where(holding(model, scope.number), _open(model)), scope.said):
        if record.bytes[-1] in filled:
            filled[record.bytes[-1]].append(record)
    taken: list[int] = []
    found: list[uuid.UUID] = []
    for bucket, records in filled.items():
        if taken and len(found) + len(records) > room:
            break
        taken.append(bucket)
        found += records
    return taken, found
