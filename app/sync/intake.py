"""Headquarters takes a batch: all of it in one transaction, each change once, with a receipt for every one."""

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Refusal
from app.i18n import N_
from app.models import logged
from app.models.base import table_of
from app.models.batches import Height, Package, Waiting
from app.models.changes import Change
from app.models.parts import in_parts
from app.models.sites import Site
from app.models.values import canonical
from app.services.access import allow
from app.sync import own, receipts, refusals, rules, taking, wire
from app.sync.batch import Batch, Header
from app.sync.checking import Checker, Sender
from app.sync.receipts import Outcome, Receipt
from app.sync.rules import Advance, Link, Mark
from app.sync.taking import Taken
from app.sync.wire import WireChange

#: A receipt names at most so many missing ranges; the others are named when these have come.
MOST_MISSING = 1000
_WAITING, _LOG = table_of(Waiting).c, table_of(Change).c
_LINES = select(Height).where(Height.site_id == bindparam("site")).order_by(Height.heard_at)
_WAITS = select(_WAITING.why).where(_WAITING.site_id == bindparam("site")).distinct()
_BEHIND = (
    select(_WAITING.epoch, _WAITING.wire)
    .where(_WAITING.site_id == bindparam("site"), _WAITING.why == "gap")
    .order_by(_WAITING.id)
)
_SEQS = select(_WAITING.seq).where(
    _WAITING.site_id == bindparam("site"), _WAITING.epoch == bindparam("epoch"), _WAITING.why == "gap"
)
_KEPT = select(func.min(_WAITING.seq)).where(
    _WAITING.site_id == bindparam("site"),
    _WAITING.epoch == bindparam("epoch"),
    _WAITING.why.in_(("schema", "reference")),
)
_HELD = select(_WAITING.wire).where(_WAITING.site_id == bindparam("site"), _WAITING.why.in_(("schema", "reference")))
_REFUSED = (
    select(_WAITING.change_id, _WAITING.reason)
    .where(_WAITING.site_id == bindparam("site"), _WAITING.why.in_(refusals.REFUSED))
    .order_by(_WAITING.id.desc())
    .limit(receipts.MOST)
)
_RUN = select(_LOG.seq, _LOG.hash).where(
    _LOG.site == bindparam("site"),
    _LOG.epoch == bindparam("epoch"),
    _LOG.seq.between(bindparam("first"), bindparam("last")),
)


def accept(s: Session, batch: Batch, package: Package | None = None) -> Receipt:
    """The batch of a site is taken as far as it fits, and this is the receipt; the same batch again changes nothing.

    `package` is what shall tell of it here, if the caller keeps that itself.

    What does not fit in is kept with its reason and does not stop the others: refused, held for a newer program, waiting
    for a missing record, or behind a gap, which the receipt names. Refused as a whole: a sender that is no site of ours.
    """
    header = batch.header
    site = s.get(Site, batch.site_id)
    if site is None or header.kind != "changes":
        raise Refusal("site_unknown", N_("不认识发出这个文件的单位, 没有读入。请先完成该单位的登记。"))
    height, others = _heights(s, batch)
    waits = set(s.scalars(_WAITS, {"site": site.id}))
    behind = s.execute(_BEHIND, {"site": site.id}).all() if "gap" in waits else []
    waited = [wire.kept(row.wire) for row in behind if row.epoch == height.epoch]
    links = [link_of(change) for change in batch.changes]
    advanced = _advance(s, height, [*links, *map(link_of, waited)])
    advanced.forked = advanced.forked or _unheard(s, height, links)
    fits, beyond = _ids(advanced.ready), _ids(advanced.beyond)
    checker = Checker(s, Sender(site.id, [str(path) for path in site.paths]), waits=bool(waits))
    ready = (change for change in chain(batch.changes, waited) if change.change_id in fits)
    taken = taking.take(s, ready, checker, batch.package_id)
    _keep_beyond(s, batch, beyond, taken)
    _raise(height, advanced, header.to_seq)
    if any(row.epoch != height.epoch for row in behind):
        _take_abandoned(s, height, checker)
    if links and checker.waits:
        refusals.note(s, site.id)
    receipt = Receipt(
        package=header.package, site=header.site, incarnation=own.identity(s).incarnation, height=told(s, height, header),
        others=[told(s, other) for other in others],
        outcomes=taken.outcomes(), counts=taken.counts(), totals=totals(s, site.id) if links else {},
        heard_at=str(canonical(now())),
    )  # fmt: skip
    _note_package(s, batch, receipt, package or s.get(Package, batch.package_id))
    return receipt


def unmoved(s: Session, site: Site) -> tuple[Height, Receipt] | None:
    """The line in which the site was heard last, and the receipt of a package that goes on with it by nothing.

    None before the first one, and while something of the site waits here: any package makes it be tried again.
    """
    lines = list(s.scalars(_LINES, {"site": site.id}))
    if not lines or set(s.scalars(_WAITS, {"site": site.id})) - set(refusals.REFUSED):
        return None
    *others, height = lines
    return height, Receipt(
        package="", site=site.id.hex, incarnation=own.identity(s).incarnation, height=told(s, height),
        others=[told(s, other) for other in others],
    )  # fmt: skip


def retry_refused(s: Session, changes: Collection[uuid.UUID]) -> dict[str, int]:
    """Refused changes have been judged again: what fits now is taken and told to its site with the next feed; how many of each."""
    allow(s, "package.take")
    query = (
        select(Waiting).where(Waiting.why.in_(refusals.REFUSED), Waiting.change_id.in_(changes)).order_by(Waiting.seq)
    )
    waiting: dict[tuple[uuid.UUID, uuid.UUID | None], list[WireChange]] = {}
    for one in s.scalars(query):
        waiting.setdefault((one.site_id, one.package_id), []).append(wire.kept(one.wire))
    result = Taken()
    for (site, package), refused in waiting.items():
        paths = [str(path) for path in s.get_one(Site, site).paths]
        taking.take(s, refused, Checker(s, Sender(site, paths)), package, result)
    return result.counts()


def _take_abandoned(s: Session, height: Height, checker: Checker) -> None:
    """What waits behind a gap of another line of the site is taken, though that line's height stays where it is.

    The site goes on in this line, put back or copied: perhaps nobody has what would fill the gap. Order is no matter, the
    fold sees to it; and who does go on in the other line sends again what is above its height.
    """
    query = select(Waiting.wire, Waiting.package_id).where(
        Waiting.site_id == height.site_id, Waiting.epoch != height.epoch, Waiting.why == "gap"
    )
    left: dict[uuid.UUID | None, list[WireChange]] = {}
    for kept, package in s.execute(query.order_by(Waiting.epoch, Waiting.seq)):
        left.setdefault(package, []).append(wire.kept(kept))
    for package, changes in left.items():
        taking.take(s, changes, checker, package)


def link_of(change: WireChange) -> Link:
    """The place of the change in its line."""
    return Link(wire.as_id(change.change_id), change.seq, bytes.fromhex(change.prev), bytes.fromhex(change.hash))


def _heights(s: Session, batch: Batch) -> tuple[Height, list[Height]]:
    """The line that the batch goes on with, as far as it is here, and the other lines of the site, as they were last heard."""
    epoch = uuid.UUID(hex=batch.header.epoch)
    known = list(s.scalars(_LINES, {"site": batch.site_id}))
    height = next((one for one in known if one.epoch == epoch), None)
    if height is None:
        height = Height(site_id=batch.site_id, epoch=epoch)
        s.add(height)
    own.keep(s, height)
    return height, [one for one in known if one is not height]


def _ids(links: Iterable[Link]) -> set[str]:
    return {link.id.hex for link in links}


def _advance(s: Session, height: Height, links: list[Link]) -> Advance:
    first = min((link.seq for link in links), default=0)
    return rules.advance(Mark(height.seq, height.hash), dict.fromkeys(links), _held(s, height, first))


def _held(s: Session, height: Height, first: int) -> Callable[[int], Collection[bytes]]:
    """The hashes known at each number from `first` up to the height."""
    known: dict[int, set[bytes]] = {}
    if 0 < first <= height.seq:
        run = {"site": height.site_id, "epoch": height.epoch, "first": first, "last": height.seq}
        for seq, hash_ in s.execute(_RUN, run):
            known.setdefault(seq, set()).add(hash_)
    return lambda seq: known.get(seq, set())


def _unheard(s: Session, height: Height, links: Iterable[Link]) -> bool:
    """A change at or below the height is not known here: the height was reached with another one in its place.

    That one need not lie in the log under this number: it may have been refused, or have come in another line before.
    """
    below = {link.id for link in links if link.seq <= height.seq}
    left = below - taking.known(s, list(below))
    for part in in_parts(list(left)):
        left = left - set(s.scalars(select(Waiting.change_id).where(Waiting.change_id.in_(part))))
    return bool(left)


def _keep_beyond(s: Session, batch: Batch, beyond: set[str], taken: Taken) -> None:
    """What lies behind a gap is kept whole; what is known already (by another line) need not wait."""
    had = taking.known(s, [wire.as_id(change) for change in beyond])
    aside = [
        (change, "gap", "")
        for change in batch.changes
        if change.change_id in beyond and wire.as_id(change.change_id) not in had
    ]
    taking.keep_waiting(s, aside, batch.package_id)
    for change in batch.changes:
        if change.change_id in beyond:
            taken.note(change, "waiting")


def _raise(height: Height, advanced: Advance, stated: int) -> None:
    highest = [link.seq for link in (*advanced.ready, *advanced.beyond)]
    height.heard_at, height.seq, height.hash = now(), advanced.mark.seq, advanced.mark.hash
    height.top_seq = max(height.top_seq, height.seq, stated, *highest)
    height.forked = height.forked or advanced.forked


def told(s: Session, height: Height, header: Header | None = None) -> receipts.Height:
    """The line as headquarters holds it, with what it asks for; `header` is that of a package just taken."""
    missing: list[tuple[int, int]] = []
    if height.top_seq > height.seq:
        behind = s.scalars(_SEQS, {"site": height.site_id, "epoch": height.epoch})
        missing = rules.gaps(height.seq, behind, height.top_seq)[:MOST_MISSING]
    return receipts.Height(
        epoch=height.epoch.hex, seq=height.seq, hash=height.hash.hex(), top=height.top_seq, forked=height.forked,
        missing=missing, numbers=_numbers(s, height, missing, header) if missing else [],
        backed=_backed(s, height),
    )  # fmt: skip


def _backed(s: Session, height: Height) -> int:
    """How far the line lies in headquarters' backups and in its records: what is only kept may be refused yet."""
    backed = min(height.backed_seq, height.seq)
    if not backed:
        return 0
    kept = s.scalar(_KEPT, {"site": height.site_id, "epoch": height.epoch})
    return backed if kept is None else min(backed, kept - 1)


def _numbers(
    s: Session, height: Height, missing: list[tuple[int, int]], header: Header | None
) -> list[tuple[int, int]]:
    """In which packages the missing ranges were: those never seen before the first that begins behind the range."""
    query = select(Package.number, Package.epoch, Package.from_seq).where(
        Package.site_id == height.site_id,
        Package.direction == "in",
        Package.kind == "changes",
        Package.state == "taken",
    )
    seen = [(number, first if epoch == height.epoch else 0) for number, epoch, first in s.execute(query)]
    if header is not None:
        seen.append((header.number, header.from_seq if header.epoch == height.epoch.hex else 0))
    return [rules.unseen(last, seen) for _first, last in missing]


def with_refused(s: Session, receipt: Receipt) -> Receipt:
    """The receipt names every change of its site that stands refused here, answered or not, whatever package it came in."""
    named = {outcome.change for outcome in receipt.outcomes}
    still = [
        Outcome(change=change.hex, what="still", why=why or "")
        for change, why in s.execute(_REFUSED, {"site": uuid.UUID(hex=receipt.site)})
        if change.hex not in named
    ]
    return msgspec.structs.replace(receipt, outcomes=[*receipt.outcomes, *still][: receipts.MOST]) if still else receipt


def totals(s: Session, site: uuid.UUID) -> dict[str, int]:
    """How many changes of each table headquarters holds of this site, those included that it cannot read yet."""
    numbers: Counter[str] = Counter(logged.of(s, site))
    numbers.update(wire.kept(kept).table for kept in s.scalars(_HELD, {"site": site}))
    return dict(sorted(numbers.items()))


def _note_package(s: Session, batch: Batch, receipt: Receipt, package: Package | None) -> None:
    header = batch.header
    if package is None:
        package = Package(id=batch.package_id, direction="in", kind=header.kind, state="taken")
        s.add(package)
    fields: dict[str, Any] = {
        "state": "taken", "reason": None, "site_id": batch.site_id, "epoch": uuid.UUID(hex=header.epoch),
        "number": header.number, "from_seq": header.from_seq, "to_seq": header.to_seq, "counts": receipt.counts,
    }  # fmt: skip
    for name, value in fields.items():
        setattr(package, name, value)
