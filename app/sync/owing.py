"""After headquarters was put back from a backup: sites give it its own changes back, and it takes those that are provably its own."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.orm import Session

from app import logs
from app.clock import now
from app.models import proof
from app.models.base import table_of
from app.models.batches import GivenBack
from app.models.changes import Change
from app.models.parts import in_parts
from app.models.sites import Site
from app.sync import own, taking, wire
from app.sync.batch import Batch, Header
from app.sync.checking import Checker, Sender
from app.sync.receipts import Receipt
from app.sync.wire import WireChange

#: One package gives back so many changes and bytes of rows at most.
MOST, MOST_BYTES = 2000, 1 << 20
_PIECE = 1000

# --- headquarters ---


def note_lines(s: Session, *, surely: bool) -> None:
    """Headquarters has just been put back: how far its lines certainly are what they were before; nothing of the present one
    where it was put back unnoticed (not `surely`) and may have written on. The least that was ever noted of a line counts."""
    line, noted = own.line(s), dict(own.fact(s, "own_lines", []))
    query = select(Change.epoch, func.max(Change.seq)).where(Change.site == line.site_id).group_by(Change.epoch)
    reached = {epoch.hex: int(seq) for epoch, seq in s.execute(query)}
    if not surely:
        reached[line.epoch.hex] = 0
    own.note(
        s,
        own_lines=sorted(
            (reached | {epoch: min(seq, reached.get(epoch, seq)) for epoch, seq in noted.items()}).items()
        ),
    )


def lines(s: Session) -> list[tuple[str, int]]:
    """How far headquarters' former lines were what they are when it was put back last; none if it never was."""
    return [(str(epoch), int(seq)) for epoch, seq in own.fact(s, "own_lines", [])]


class _Ours(Checker):
    """Judges what headquarters wrote itself before it was put back: anything of its own has its place."""

    def _out_of_place(self, model: Any, change: WireChange) -> str | None:
        return None

    def _made_by_sender(self, row: Mapping[str, Any]) -> bool:
        return True  # of a site's record it wrote that a package was undone


def parted(batch: Batch) -> tuple[Batch, list[WireChange]]:
    """The package of a site with the run of its own line alone, and what it gives back of headquarters' behind it."""
    if not batch.header.returns:
        return batch, []
    run = [change for change in batch.changes if change.site == batch.header.site]
    return Batch(batch.header, run), [change for change in batch.changes if change.site != batch.header.site]


def take_back(s: Session, returned: Iterable[WireChange], site: uuid.UUID, package: uuid.UUID) -> None:
    """Of the changes that this site gives back, headquarters has again those that it can prove to have written; no others.

    How many it took, and how many it could not prove, is counted until it is put back again.
    """
    returned = list(returned)
    if not returned:
        return
    line, key = own.line(s), s.info["store"].key
    mine, papers, unproven, had = list[WireChange](), list[WireChange](), 0, 0
    for part in in_parts(returned, _PIECE):
        known = taking.known(s, [uuid.UUID(hex=one.change_id) for one in part])
        for change in part:
            if uuid.UUID(hex=change.change_id) in known:
                had += 1
            elif change.site == line.site_id.hex and proof.holds(key, wire.entry(change)):
                (papers if change.table == "site" else mine).append(change)
            else:
                unproven += 1
    taken = taking.take(s, mine, _Ours(s, Sender(line.site_id, [""])), package).counts() if mine else {}
    ids = [uuid.UUID(hex=change.change_id) for change in mine]
    for some in in_parts(ids, _PIECE):
        s.execute(
            update(Change).where(Change.id.in_(some)).values(state="own"),
            execution_options={"synchronize_session": False},
        )
    if here := taking.known(s, ids):  # one that waits for a missing record may come from another site once more
        came = {"site_id": site, "package_id": package, "at": now()}
        s.execute(insert(table_of(GivenBack)), [came | {"change_id": change} for change in sorted(here)])
    revoked = _revoke_again(s, papers)
    told = recovered(s)
    number = taken.get("taken", 0) + taken.get("conflict", 0)
    own.note(s, recovered=[own.identity(s).incarnation, told[0] + number, told[1] + unproven])
    logs.note("hq.taken_back", taken=number, unproven=unproven, had=had, sites=len(papers), revoked=revoked)


def _revoke_again(s: Session, papers: Iterable[WireChange]) -> int:
    """Sites that were revoked since the backup are revoked again; nothing else of their records is taken, for keys that are lost
    may have signed their certificates: these are renewed as their sites are heard (see `renewing.reassert`)."""
    number = 0
    for change in papers:
        site, row = s.get(Site, uuid.UUID(hex=change.record)), change.row or {}
        if site is not None and site.revoked_at is None and row.get("revoked_at"):
            site.revoked_at, site.revoke_reason = now(), str(row.get("revoke_reason") or "—")
            number += 1
    s.flush()
    return number


def recovered(s: Session) -> tuple[int, int]:
    """How many of its own changes headquarters has back from its sites since it was put back last, and how many it could not
    prove to be its own."""
    incarnation, taken, unproven = own.fact(s, "recovered", (0, 0, 0))
    return (int(taken), int(unproven)) if incarnation == own.identity(s).incarnation else (0, 0)


# --- the site ---


def hear(s: Session, header: Header) -> None:
    """Headquarters tells for the first time that it was put back: what is here of its lines beyond what it has is owed to it."""
    owed = own.fact(s, "owed") or {}
    if not header.own_lines or header.incarnation <= int(owed.get("incarnation", 0)):
        return
    upto = s.scalar(select(func.max(Change.position))) or 0
    own.note(s, owed={"incarnation": header.incarnation, "lines": dict(header.own_lines), "after": 0, "upto": upto})


def returned(s: Session, most_bytes: int) -> tuple[list[WireChange], int]:
    """The next changes of headquarters that are owed to it, oldest first, and the log position that is reached with them (0: none
    are owed). Contents that were purged here cannot be given back."""
    owed, (after, upto) = own.fact(s, "owed") or {}, stands(s)
    if after >= upto or own.identity(s).incarnation != owed["incarnation"]:
        return [], 0
    listed, size = list[WireChange](), 0
    for row in _owing(s, owed, table_of(Change)):
        size += len(row["payload"])
        if len(listed) >= MOST or (listed and size > min(most_bytes, MOST_BYTES)):
            break
        listed.append(wire.from_entry(dict(row)))
        after = int(row["position"])
    else:
        after = upto
    return listed, after


def _owing(s: Session, owed: Mapping[str, Any], *columns: Any) -> Iterator[RowMapping]:
    """What is here of headquarters' lines beyond what it has, in the order of our log, from where we stand; epoch and seq are
    among the columns."""
    log = table_of(Change).c
    query = select(*columns).where(
        log.site == uuid.UUID(hex=own.hq(s).site), log.position > owed["after"], log.position <= owed["upto"],
        log.payload.is_not(None),
    )  # fmt: skip
    for row in s.execute(query.order_by(log.position).execution_options(yield_per=500)).mappings():
        if row["seq"] > owed["lines"].get(row["epoch"].hex, 0):
            yield row


def settle(s: Session, receipt: Receipt) -> None:
    """What headquarters was given back up to this position of our log is owed no longer."""
    owed = own.fact(s, "owed") or {}
    if receipt.returned and receipt.incarnation == owed.get("incarnation") and receipt.returned > owed["after"]:
        own.note(s, owed=owed | {"after": receipt.returned})


def stands(s: Session) -> tuple[int, int]:
    """How far our log was gone through for changes of headquarters that are owed to it, and how far it is to be."""
    owed = own.fact(s, "owed") or {}
    return int(owed.get("after", 0)), int(owed.get("upto", 0))


def left(s: Session) -> int:
    """How many changes of headquarters this site still has to give back to it."""
    after, upto = stands(s)
    log = table_of(Change).c
    return sum(1 for _row in _owing(s, own.fact(s, "owed"), log.epoch, log.seq)) if after < upto else 0
