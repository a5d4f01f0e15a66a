"""What waits for headquarters, as batches: the changes it has not confirmed, in the order they were made."""

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.base import table_of
from app.models.changes import Change, unsettled
from app.models.sites import Line
from app.models.upgrade import SCHEMA
from app.sync import own, wire
from app.sync.batch import Batch, build
from app.sync.rules import Mark
from app.sync.wire import WireChange

#: One file holds at most so many changes and bytes of rows: what an old laptop can still hold in its memory.
MOST, MOST_BYTES = 20_000, 24 << 20


def collect(s: Session, *, after: int | None = None, most: int = MOST, most_bytes: int = MOST_BYTES) -> Batch:
    """The next batch of unconfirmed changes, beginning after `after` (the confirmed height if not given).

    Without any it still tells where our line and our cursor stand. Nothing is marked: what was sent is known by its receipt.
    """
    line, mine = own.line(s), own.identity(s)
    start = after if after is not None else mine.acked_seq
    mark = _mark(s, line, start)
    readers, _ = own.readers_above(s)
    return build(
        _run(s, line, mark, most, most_bytes), kind="changes", site=line.site_id, epoch=line.epoch, audience=readers,
        schema=SCHEMA, prev=mark.hash, after=mark.seq, serial=own.certificate(s).serial, incarnation=mine.incarnation,
        cursor=mine.cursor, lives=own.lives(s),
    )  # fmt: skip


def batches(s: Session) -> Iterator[Batch]:
    """All unconfirmed changes, in as many batches as are needed; at least one, which may be empty."""
    batch = collect(s)
    tip = own.line(s).seq
    yield batch
    while batch.header.to_seq < tip:
        batch = collect(s, after=batch.header.to_seq)
        yield batch


def unconfirmed(s: Session) -> int:
    """How many changes headquarters has not confirmed."""
    return s.scalar(select(func.count()).where(unsettled(), Change.state == "open")) or 0


def mark_at(s: Session, line: Line, seq: int) -> Mark | None:
    """The number and hash of our line at `seq`; None if our log has no such number in the present epoch."""
    if seq == 0:
        return Mark()
    query = select(Change.hash).where(Change.site == line.site_id, Change.epoch == line.epoch, Change.seq == seq)
    hash_ = s.scalar(query)
    return None if hash_ is None else Mark(seq, hash_)


def _mark(s: Session, line: Line, seq: int) -> Mark:
    mark = mark_at(s, line, seq)
    if mark is None:
        raise ValueError(f"our line has no number {seq}")
    return mark


def _run(s: Session, line: Line, mark: Mark, most: int, most_bytes: int) -> list[WireChange]:
    query = (
        select(table_of(Change))
        .where(Change.site == line.site_id, Change.epoch == line.epoch, Change.seq > mark.seq)
        .order_by(Change.seq)
        .execution_options(yield_per=500)
    )
    run: list[WireChange] = []
    size = 0
    for row in islice(s.execute(query).mappings(), most):
        size += len(row["payload"] or "")
        if run and size > most_bytes:
            break
        run.append(wire.from_entry(dict(row)))
    return run
