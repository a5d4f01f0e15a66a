"""What waits for headquarters, as batches: what it asks for again, then the changes it has not heard of, in their order."""

import uuid
from collections.abc import Iterator, Sequence
from itertools import islice

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app import logs
from app.models.base import table_of
from app.models.changes import Change, unsettled
from app.models.sites import Line
from app.models.upgrade import SCHEMA
from app.sync import certificates, comparing, epochs, files, loading, owing, own, returning, revoking, rules, wire
from app.sync.batch import Batch, build
from app.sync.rules import Mark
from app.sync.wire import WireChange

#: One file holds at most so many changes and bytes of rows: what an old laptop can still hold in its memory.
MOST, MOST_BYTES = 20_000, 24 << 20
_LOG = table_of(Change)
_LINE = (_LOG.c.site == bindparam("site"), _LOG.c.epoch == bindparam("epoch"))
#: The hash of a line (site, epoch) at a number (seq).
HASH_AT = select(_LOG.c.hash).where(*_LINE, _LOG.c.seq == bindparam("seq"))
_RUN = (
    select(_LOG)
    .where(*_LINE, _LOG.c.seq > bindparam("after"), _LOG.c.seq <= bindparam("last"))
    .order_by(_LOG.c.seq)
    .execution_options(yield_per=500)
)
_UNCONFIRMED = select(func.count()).select_from(_LOG).where(unsettled(), _LOG.c.state == "open")


def collect(
    s: Session, *, after: int | None = None, most: int = MOST, most_bytes: int = MOST_BYTES,
    readers: Sequence[uuid.UUID] | None = None,
) -> Batch:  # fmt: skip
    """The next batch of unconfirmed changes, beginning after `after` (the confirmed height if not given).

    Of what headquarters told that it holds already, behind a gap, nothing is sent again. Without any changes it still tells
    where our line and our cursor stand. Nothing is marked: what was sent is known by its receipt. `readers` are those of
    `own.readers_above`, if the caller has asked for them. A line that does not hang together, which headquarters would
    refuse for ever, is left: everything unconfirmed goes on in a new one.
    """
    line, mine = own.line(s), own.identity(s)
    start = after if after is not None else mine.acked_seq
    first, last = next((run for run in runs(s) if run[1] > start), (start + 1, start))
    mark = _mark(s, line, max(first - 1, start))
    run = _run(s, line, mark, last, most, most_bytes)
    if not _whole(run, mark):
        logs.note("line.torn", site=line.site_id.hex, epoch=line.epoch.hex, seq=mark.seq)
        epochs.renew(s)
        return collect(s, most=most, most_bytes=most_bytes, readers=readers)
    if readers is None:
        readers, _ = own.readers_above(s)
    given_back, reached = owing.returned(s, most_bytes) if after is None else ([], 0)
    return build(
        [*run, *given_back], kind="changes", site=line.site_id, epoch=line.epoch, audience=readers,
        schema=SCHEMA, prev=mark.hash, after=mark.seq, serial=own.certificate(s).serial, incarnation=mine.incarnation,
        paper=certificates.mark(mine.certificate or ""),
        cursor=mine.cursor, lives=own.lives(s), lacking=files.lacking(s) if after is None else [], **loading.stated(s),
        **returning.stated(s), **(comparing.stated(s) if after is None else {}),
        returns=own.hq(s).site if given_back else "", returned=reached,
        knows=(own.hq(s).number, revoking.known(s)), behind=own.fact(s, "behind", 0),
    )  # fmt: skip


def batches(s: Session, readers: Sequence[uuid.UUID] | None = None) -> Iterator[Batch]:
    """All unconfirmed changes, in as many batches as are needed; at least one, which may be empty."""
    batch = collect(s, readers=readers)
    yield batch
    while more(s, batch.header.to_seq):
        batch = collect(s, after=batch.header.to_seq, readers=readers)
        yield batch


def runs(s: Session) -> list[tuple[int, int]]:
    """The runs of our line (first, last) to be sent: what headquarters asks for, then what it has not heard of."""
    line, mine = own.line(s), own.identity(s)
    held = (mine.hq or {}).get("held") or {}
    seq = int(held.get("seq", 0))
    told = held.get("epoch") == line.epoch.hex and held.get("incarnation") == mine.incarnation and seq <= line.seq
    if told and (mark := mark_at(s, line, seq)) is not None and mark.hash.hex() == held["hash"]:
        missing = [(int(first), int(last)) for first, last in held.get("missing", ())]
        return rules.resend(mine.acked_seq, missing, int(held.get("top", 0)), line.seq)
    return rules.resend(mine.acked_seq, (), 0, line.seq)


def more(s: Session, after: int) -> bool:
    """Whether anything is to be sent beyond this number."""
    return any(last > after for _first, last in runs(s))


def unconfirmed(s: Session) -> int:
    """How many changes headquarters has not confirmed."""
    return s.scalar(_UNCONFIRMED) or 0


def mark_at(s: Session, line: Line, seq: int) -> Mark | None:
    """The number and hash of our line at `seq`; None if our log has no such number in the present epoch."""
    if seq == 0:
        return Mark()
    if seq == line.seq:
        return Mark(seq, line.hash)
    hash_ = s.scalar(HASH_AT, {"site": line.site_id, "epoch": line.epoch, "seq": seq})
    return None if hash_ is None else Mark(seq, hash_)


def _mark(s: Session, line: Line, seq: int) -> Mark:
    mark = mark_at(s, line, seq)
    if mark is None:
        raise ValueError(f"our line has no number {seq}")
    return mark


def _run(s: Session, line: Line, mark: Mark, last: int, most: int, most_bytes: int) -> list[WireChange]:
    if last <= mark.seq:
        return []
    at = {"site": line.site_id, "epoch": line.epoch, "after": mark.seq, "last": last}
    run: list[WireChange] = []
    size = 0
    for row in islice(s.execute(_RUN, at).mappings(), most):
        size += len(row["payload"] or "")
        if run and size > most_bytes:
            break
        run.append(wire.from_entry(dict(row)))
    return run


def _whole(run: Sequence[WireChange], mark: Mark) -> bool:
    """Each change has the next number and hangs on the one before it. Programs before 2026-11-29 left it otherwise where a copy
    of the store had been heard under a number of ours."""
    seq, tip = mark.seq, mark.hash.hex()
    for change in run:
        if (change.seq, change.prev) != (seq + 1, tip):
            return False
        seq, tip = change.seq, change.hash
    return True
