"""The site hears what headquarters did: what is confirmed, what was refused and why, and whether to begin a new epoch."""

import uuid
from collections.abc import Callable, Mapping

import msgspec
from sqlalchemy import and_, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.models.base import table_of
from app.models.batches import Package
from app.models.changes import Change, unsettled
from app.models.sites import Identity, Line
from app.sync import collect, epochs, owing, own, rules
from app.sync.batch import Height
from app.sync.receipts import Outcome, Receipt
from app.sync.rules import Ack, Own, Verdict

_LOG = table_of(Change)
#: A receipt that comes late does not refuse again what headquarters' feed has shown to be taken since.
_REFUSED = (
    update(_LOG)
    .where(
        _LOG.c.id == bindparam("of"),
        _LOG.c.received_at.is_(None),
        or_(
            _LOG.c.state == "open",
            _LOG.c.state == "taken",
            and_(_LOG.c.state == "refused", _LOG.c.reason.is_distinct_from(bindparam("why"))),
        ),
    )
    .values(state="refused", reason=bindparam("why"))
)
_TAKEN = (
    update(_LOG)
    .where(
        _LOG.c.site == bindparam("of"),
        _LOG.c.epoch == bindparam("on"),
        _LOG.c.seq <= bindparam("upto"),
        unsettled(),
        _LOG.c.state == "open",
    )
    .values(state="taken", reason=None)
)


def settle(s: Session, receipt: Receipt) -> Verdict:
    """What the receipt confirms is marked as taken, refused changes with their reason; says how it was judged.

    Ignored: a receipt from before headquarters was restored, and one for a package that the same or a newer one has settled.
    A receipt that knows another history of this line begins a new epoch, and everything unconfirmed will be sent again under
    the same change ids.
    """
    line, mine = own.line(s), own.identity(s)
    ack = receipt.height.ack(receipt.incarnation)
    if rules.stale(ack, _own(line, mine)) or _older(s, receipt):
        return Verdict.IGNORED
    if rules.reborn(ack, _own(line, mine)):
        _forget_confirmations(s, receipt, line, mine)
        line = own.line(s)
    _note_backed(s, receipt, line)
    mine.contact_at = now()
    verdict = rules.judge(ack, _own(line, mine), _hash_at(s, line))
    if verdict is Verdict.BELIEVED:
        _confirm(s, line, ack)
        if ack.seq >= mine.acked_seq:
            mine.acked_seq, mine.acked_hash = ack.seq, ack.hash
        remember(s, receipt.height, receipt.incarnation, receipt.totals)
    elif verdict is Verdict.RENEW:
        epochs.renew(s)
    _refuse(s, receipt.with_why("refused", "still"))
    owing.settle(s, receipt)
    _settle_package(s, receipt)
    if receipt.heard_at > str((mine.hq or {}).get("heard_at", "")):
        own.note(s, heard_at=receipt.heard_at)
    at = [receipt.incarnation, receipt.number, receipt.heard_at]
    if at >= own.fact(s, "lacking_at", [0, 0, ""]):  # by its log, whatever its clock said
        own.note(s, lacking_at=at, lacking=[list(one) for one in receipt.lacking])
    return verdict


def _own(line: Line, mine: Identity) -> Own:
    return Own(line.epoch, line.seq, mine.incarnation)


def _hash_at(s: Session, line: Line) -> Callable[[int], bytes | None]:
    def hash_at(seq: int) -> bytes | None:
        mark = collect.mark_at(s, line, seq)
        return None if mark is None else mark.hash

    return hash_at


def _confirm(s: Session, line: Line, ack: Ack) -> None:
    s.execute(_TAKEN, {"of": line.site_id, "on": ack.epoch, "upto": ack.seq})


def _forget_confirmations(s: Session, receipt: Receipt, line: Line, mine: Identity) -> None:
    """Headquarters was restored: everything of ours is unconfirmed again, but for what it says it still holds."""
    mine.incarnation, mine.acked_seq, mine.acked_hash = receipt.incarnation, 0, None
    own.note(s, backed={})
    s.execute(
        update(Change)
        .where(Change.site == line.site_id, Change.state.in_(("taken", "refused")))
        .values(state="open", reason=None, received_at=None),
        execution_options={"synchronize_session": False},
    )
    for height in (*receipt.others, receipt.height):
        ack = height.ack(receipt.incarnation)
        former = Line(site_id=line.site_id, epoch=ack.epoch)
        if rules.agrees(ack, _hash_at(s, former)):
            _confirm(s, line, ack)
    _note_lost(s, line)
    query = select(Change.id).where(unsettled(), Change.state == "open", Change.epoch != line.epoch)
    if s.scalar(query.limit(1)) is not None:
        epochs.renew(s)


def _note_backed(s: Session, receipt: Receipt, line: Line) -> None:
    """How far our lines lie in checked backups of headquarters, as its latest receipt says: less than before where it has
    lost a backup. Only of lines that are the same on both sides; of two receipts of one moment of its log the less counts.
    """
    at = [receipt.incarnation, receipt.number, receipt.heard_at]
    before = own.fact(s, "backed_at", [0, 0, ""])
    if at[:2] < before[:2]:
        return
    told: dict[str, int] = {}
    for height in (receipt.height, *receipt.others):
        ack = height.ack(receipt.incarnation)
        if height.backed and rules.agrees(ack, _hash_at(s, Line(site_id=line.site_id, epoch=ack.epoch))):
            told[height.epoch] = min(height.backed, height.seq)
    if at < before:
        known = own.fact(s, "backed", {})
        told = {epoch: min(seq, int(known[epoch])) for epoch, seq in told.items() if epoch in known}
    if [told, max(at, before)] != [own.fact(s, "backed", {}), before]:
        own.note(s, backed=told, backed_at=max(at, before))


def _note_lost(s: Session, line: Line) -> None:
    """What was purged here and headquarters has lost, against its word that a backup had it, cannot be sent again: it is told."""
    query = select(func.count()).where(
        Change.site == line.site_id, Change.state == "open", Change.payload.is_(None)
    )  # fmt: skip
    own.note(s, lost=s.scalar(query) or 0)


def _refuse(s: Session, refused: list[Outcome]) -> None:
    if told := [{"of": uuid.UUID(hex=outcome.change), "why": outcome.why} for outcome in refused]:
        s.execute(_REFUSED, told)


def _settle_package(s: Session, receipt: Receipt) -> None:
    package = s.get(Package, uuid.UUID(hex=receipt.package))
    if package is not None:
        package.state, package.answered_at, package.counts = "settled", now(), dict(receipt.counts)
        package.answer = msgspec.json.encode(msgspec.structs.replace(receipt, outcomes=[]))


def _older(s: Session, receipt: Receipt) -> bool:
    """Its package was settled already, by this receipt or by one that headquarters wrote later: what it says is outdated."""
    package = s.get(Package, uuid.UUID(hex=receipt.package))
    own.keep(s, package)
    if package is None or package.state != "settled" or package.answer is None:
        return False
    told = msgspec.json.decode(package.answer, type=Receipt)
    return (told.incarnation, told.number) >= (receipt.incarnation, receipt.number)


def remember(s: Session, height: Height, incarnation: int, totals: Mapping[str, int] | None = None) -> None:
    """What headquarters says it holds of us is kept, to be compared and to send what is missing; an older word does not
    take the place of a newer one."""
    known = (own.identity(s).hq or {}).get("held") or {}
    same = known.get("epoch") == height.epoch and known.get("incarnation", incarnation) == incarnation
    if same and (known.get("seq", 0), known.get("top", 0)) > (height.seq, height.top):
        return
    held = {
        "epoch": height.epoch,
        "seq": height.seq,
        "hash": height.hash,
        "top": height.top,
        "incarnation": incarnation,
    }
    asked = {"missing": [list(pair) for pair in height.missing], "numbers": [list(pair) for pair in height.numbers]}
    told = dict(totals or {}) or (known.get("totals", {}) if same else {})
    own.note(s, held=held | asked | {"totals": told})
