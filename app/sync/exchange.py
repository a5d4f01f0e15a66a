"""The whole exchange with either carrier: the site's packages up, headquarters' answers down, the same bytes by file or HTTP."""

import io
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import msgspec
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.clock import now, today
from app.errors import Refusal, StoreRefusal
from app.i18n import N_, say
from app.models import durable, troubles
from app.models.accounts import Actor
from app.models.base import table_of
from app.models.batches import Package
from app.models.sites import Site
from app.models.store import Store
from app.models.upgrade import SCHEMA
from app.services.access import allow
from app.sync import (
    clocks,
    collect,
    envelope,
    epochs,
    feed,
    files,
    intake,
    owing,
    own,
    package,
    quiet,
    receipts,
    renewing,
    rotating,
    seal,
    settle,
)
from app.sync.batch import Batch, Header
from app.sync.certificates import Trust
from app.sync.feed import Statement
from app.sync.package import Written
from app.sync.receipts import Receipt
from app.sync.rules import Verdict

_PACKAGE = select(table_of(Package).c.id).where(table_of(Package).c.id == bindparam("id"))
_CERTIFICATE_LOST = N_(
    "「{name}」用的证书比总部记下的新 (总部恢复到了发证以前), 签名无法核对, 没有读入。"
    "请该站点重新导出申请, 在总部再开通一次, 然后再读这个文件。"
)
#: Refusals after which a package is put in quarantine instead of being forgotten.
QUARANTINED = frozenset({"site_revoked", "certificate_expired", "too_new"})


@dataclass(frozen=True)
class Answer:
    """What headquarters gives back for one package: the sealed receipt with the first feed piece, and further pieces."""

    receipt: Receipt
    file: bytes = field(repr=False)
    more: tuple[bytes, ...] = field(default=(), repr=False)
    again: bool = False


@dataclass
class Heard:
    """What a site learnt from a file or answer: receipts and how they were judged, how many changes came down, and whether
    headquarters has more for it than this.
    """

    receipts: list[tuple[Receipt, Verdict]] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)
    more: bool = False

    def add(self, counts: dict[str, int]) -> None:
        for name, number in counts.items():
            self.taken[name] = self.taken.get(name, 0) + number


# --- the site ---


def pack(
    s: Session, *, after: int | None = None, most: int = collect.MOST, most_bytes: int = collect.MOST_BYTES
) -> tuple[Header, bytes]:
    """The next package of unconfirmed changes as sealed bytes, noted as sent; nothing else changes."""
    above, recipients = own.readers_above(s)
    return _sealed(s, collect.collect(s, after=after, most=most, most_bytes=most_bytes, readers=above), recipients)


def _sealed(s: Session, batch: Batch, recipients: Sequence[str]) -> tuple[Header, bytes]:
    mine = own.identity(s)
    mine.package_number += 1
    numbered = Batch(msgspec.structs.replace(batch.header, number=mine.package_number), batch.changes)
    out = io.BytesIO()
    header = seal.seal_to(out, numbered, own.keys(s), recipients)
    s.add(
        Package(
            id=numbered.package_id,
            direction="out",
            kind=header.kind,
            state="written",
            site_id=numbered.site_id,
            epoch=uuid.UUID(hex=header.epoch),
            number=header.number,
            from_seq=header.from_seq,
            to_seq=header.to_seq,
            size=out.tell(),
            digest=header.payload_sha256,
            counts=dict(header.counts),
        )
    )
    s.flush()
    return header, out.getvalue()


def write(store: Store, folder: Path, actor: Actor | None = None) -> list[Written]:
    """Everything unconfirmed lies in package files in the folder, read back and found equal; at least one file.

    Refused where the folder cannot be written; then nothing counts as sent, and the next attempt holds the same changes.
    """
    with store.begin(actor) as s:
        if actor is not None:
            allow(s, "sync")
        name = own.identity(s).name
        above, recipients = own.readers_above(s)
        sealed = [_sealed(s, batch, recipients) for batch in collect.batches(s, above)]
        written = []
        for header, data in sealed:
            written.append(package.write(folder, package.dated(name, header.number), data))
            s.get_one(Package, uuid.UUID(hex=header.package)).name = written[-1].path.name
    return written


def hear(store: Store, data: bytes, actor: Actor | None = None) -> Heard:
    """The receipt or feed in these bytes has been settled or taken; again, it changes nothing. Refused with its reason."""
    heard = Heard()
    header = envelope.peek(io.BytesIO(data))
    with store.begin(actor) as s:
        if actor is not None:
            allow(s, "sync")
        rotating.follow(s, header)
        quiet.forget(s)
        trust, reader = own.trust(s, header.site), own.reader(s)
        if header.kind == "receipt":
            receipt, enclosed = receipts.open_with_feed(data, trust, reader)
            heard.receipts.append((receipt, settle.settle(s, receipt)))
            if enclosed:
                _take_feed(s, enclosed, heard)
        else:
            _take_feed(s, data, heard)
    if header.hq_keys:
        rotating.wrap(store)
    return heard


def _take_feed(s: Session, data: bytes, heard: Heard) -> None:
    header = envelope.peek(io.BytesIO(data))
    rotating.follow(s, header)
    taken = feed.take(s, seal.open_(data, own.trust(s, header.site), own.reader(s)))
    if taken is not None:
        heard.add(taken.counts())
        heard.more = header.top > header.cursor


# --- headquarters ---


def answer(
    store: Store, data: bytes, actor: Actor | None = None, *, name: str = "", pieces: int | None = None,
    trust: Trust | None = None,
) -> Answer:  # fmt: skip
    """The package has been taken and this is the answer to carry back; the same package again gets the same receipt.

    All pieces of the feed for a stick, at most `pieces` for a connection, where the site asks again (`Heard.more`); none for 0.

    Refused with its reason when it is not whole, genuine, for us and from a trusted site. What may be read later (revoked,
    expired, too new) is put in quarantine, whole.
    """
    try:
        with store.begin(actor) as s:
            if actor is not None:
                allow(s, "package.take")
            return _answered(s, data, name, pieces, trust)
    except Refusal as refusal:
        decline(store, data, refusal, name)
        raise


def take_files(store: Store, data: bytes, actor: Actor | None = None, *, name: str = "") -> files.Came:
    """The pieces of a site's attachments are taken as `files.take` does; refused ones are put in quarantine as packages are."""
    try:
        return files.take(store, data, actor)
    except Refusal as refusal:
        decline(store, data, refusal, name)
        raise


def take_all(store: Store, files: Sequence[bytes]) -> list[Receipt | Refusal]:
    """Every package has been taken, all in one transaction, or declined; here is what became of each, in their order.

    One that is declined or fails does not hold the others up: then each has a transaction of its own. A failure is raised
    only for a package that is alone.
    """
    try:
        with store.begin() as s:
            return [receive(s, data).receipt for data in files]
    except StoreRefusal:
        raise
    except Exception as error:
        if len(files) > 1:
            return [one for data in files for one in take_all(store, [data])]
        if not isinstance(error, Refusal):
            raise
        decline(store, files[0], error)
        return [error]


@dataclass(frozen=True)
class Received:
    """One package as it was taken: its sender, what it says about itself, and the receipt; `again` when it was taken before."""

    site: Site
    header: Header
    receipt: Receipt
    again: bool


def receive(s: Session, data: bytes, name: str = "", trust: Trust | None = None) -> Received:
    """The package has been taken, if it was not before; nothing is answered yet. Refused as `answer` is.

    Its site has a certificate that ends soon renewed, and newer papers and keys where it knows of newer ones than are here.
    """
    header = envelope.peek(io.BytesIO(data))
    site = s.get(Site, uuid.UUID(hex=header.site))
    try:
        batch = seal.open_(data, trust or own.trust(s, header.site), own.reader(s))
    except Refusal as refusal:
        if refusal.code == "signature_bad" and site is not None and header.serial > (site.serial or 0):
            raise Refusal("certificate_lost", _CERTIFICATE_LOST, name=site.name) from refusal
        raise
    if site is None or batch.header.kind != "changes":
        raise Refusal("other_kind", N_("这个文件里不是站点上报的数据, 没有读入。请重新选择文件。"))
    epochs.hear_of(s, batch.header)
    renewing.reassert(s, site, batch.header.serial, batch.header.paper)
    renewing.renew_due(s, site)
    rotating.reassert(s, batch.header.knows[0])
    known = _known(s, batch.package_id)
    if known is not None and known.site_id != site.id and known.state == "taken":
        raise Refusal("content_differs", seal.CONTENT)  # another site's package has this number
    if known is not None and known.state == "taken" and known.answer is not None:
        return Received(site, batch.header, msgspec.json.decode(known.answer, type=Receipt), True)
    known = known or Package(id=batch.package_id, direction="in", kind=batch.header.kind, state="taken")
    batch, given_back = owing.parted(batch)
    with s.no_autoflush:  # what is noted of the site and of its package is written once, behind this
        receipt = intake.accept(s, batch, known)
        owing.take_back(s, given_back, site.id, batch.package_id)
        receipt = msgspec.structs.replace(receipt, returned=batch.header.returned, number=feed.length(s))
    known.answer, known.name, known.size = msgspec.json.encode(receipt), name or known.name, len(data)
    known.answered_at = now()
    s.add(known)
    clocks.judge(s, site, batch.header)
    s.flush()
    return Received(site, batch.header, receipt, False)


def _known(s: Session, package: uuid.UUID) -> Package | None:
    return None if s.scalar(_PACKAGE, {"id": package}) is None else s.get(Package, package)


def _answered(s: Session, data: bytes, name: str, pieces: int | None, trust: Trust | None) -> Answer:
    received = receive(s, data, name, trust)
    site, stated = received.site, Statement.of(received.header)
    first, *more = [_sealed_for(s, site, batch) for batch in islice(feed.build_all(s, site, stated), pieces)] or [b""]
    sealed = _receipt(s, site, _told(s, site, received.receipt), first, stated)
    return Answer(received.receipt, sealed, tuple(more), received.again)


def answer_again(s: Session, receipt: Receipt, stated: Statement | None) -> tuple[bytes, str]:
    """The sealed receipt of a package taken before, with the first piece of the feed if it is stated where its site stands, and
    the tag of this answer ("" where it has none)."""
    site = s.get_one(Site, uuid.UUID(hex=receipt.site))
    if stated is None:
        return _receipt(s, site, _told(s, site, receipt), b"", Statement()), ""
    batch, told = next(feed.build_all(s, site, stated)), _told(s, site, receipt)
    return _receipt(s, site, told, _sealed_for(s, site, batch), stated), quiet.tag(stated, told, batch.header)


def nothing_new(s: Session, site: Site, tag: str, cursor: int, moment: int) -> int | None:
    """How far the site's cursor reaches, where a whole exchange would tell it nothing but that; it has been heard then.

    None: it is to exchange. `tag` is that of the last answer it took, `moment` what its clock says (seconds).
    """
    known = intake.unmoved(s, site)
    if known is None or own.revoked(s, site) or not clocks.as_noted(site, moment):
        return None
    height, receipt = known
    stated = feed.caught_up(s, site, height, cursor)
    batch = next(feed.build_all(s, site, stated))
    if batch.header.changes or batch.header.cursor < cursor:
        return None
    if quiet.tag(stated, _told(s, site, receipt), batch.header) != tag:
        return None
    height.heard_at = now()
    return batch.header.cursor


def feed_piece(s: Session, site: Site, stated: Statement) -> bytes:
    """The next sealed piece of the site's feed since where it says it stands; its head tells whether there is more."""
    return _sealed_for(s, site, next(feed.build_all(s, site, stated)))


def _sealed_for(s: Session, site: Site, batch: Batch) -> bytes:
    return seal.seal(batch, own.keys(s), [own.reading_key(s, site)])


def _told(s: Session, site: Site, receipt: Receipt) -> Receipt:
    """The receipt with what is told whenever one is sealed: all that stands refused, all files that are asked for."""
    return msgspec.structs.replace(intake.with_refused(s, receipt), lacking=files.lacking(s, site=site.id))


def _receipt(s: Session, site: Site, told: Receipt, first: bytes, stated: Statement) -> bytes:
    line, above = own.line(s), own.stations_over(s, [str(path) for path in site.paths], site.id)
    return receipts.seal(
        told, own.keys(s), [own.reading_key(s, site), *above.values()], hq=line.site_id, epoch=line.epoch, schema=SCHEMA,
        feed=first, stations=above, hq_keys=rotating.links(s, 0 if above else stated.knows[0]),
    )  # fmt: skip


def write_answer(answer: Answer, folder: Path, site: str, number: int) -> list[Written]:
    """The answer lies in the folder as one file for the site (numbered where the feed has several), read back and equal."""
    pieces = (answer.file, *answer.more)
    at = [(f"{one:02d}",) if len(pieces) > 1 else () for one in range(1, len(pieces) + 1)]
    names = [package.name("枫格", site, "回执", f"{today():%Y%m%d}", f"{number:04d}", *one) for one in at]
    return [package.write(folder, name, data) for name, data in zip(names, pieces, strict=True)]


def decline(store: Store, data: bytes, refusal: Refusal, name: str = "") -> str:
    """What came of a file that headquarters refuses: quarantined, whole, if it may be read later, else refused.

    One that a site of ours signed and sealed to keys that are not here shows that headquarters was put back to before it
    changed them: its present keys go down as newer ones with the next feed, and the site seals to these again.
    """
    if refusal.code in QUARANTINED:
        _quarantine(store, envelope.peek(io.BytesIO(data)), data, refusal, name)
        return "quarantined"
    if refusal.code == "no_key":
        with store.begin() as s:
            rotating.reassert(s, envelope.peek(io.BytesIO(data)).knows[0])
    return "refused"


def _quarantine(store: Store, header: Header, data: bytes, refusal: Refusal, name: str) -> None:
    """The package lies in quarantine with the reason; one that was taken or rejected before stays so."""
    folder = store.folder / "quarantine"
    with troubles.named(folder):
        durable.folder(folder)
        durable.replace(folder / f"{header.package}{package.PACKAGE}", data)
    with store.begin() as s:
        known = s.get(Package, uuid.UUID(hex=header.package))
        if known is None:
            known = Package(id=uuid.UUID(hex=header.package), direction="in", kind=header.kind, state="quarantined")
            s.add(known)
        if known.state not in ("taken", "rejected"):
            known.state, known.reason, known.site_id = "quarantined", say(refusal), uuid.UUID(hex=header.site)
            known.name, known.size, known.number = name or None, len(data), header.number
