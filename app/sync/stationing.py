"""A station between its sites and headquarters: it takes their packages early, passes every file on unchanged, both ways."""

import io
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import logs
from app.clock import now
from app.errors import Refusal
from app.i18n import N_, _, say
from app.models import applying, durable, troubles
from app.models.accounts import Actor
from app.models.batches import Package, Waiting
from app.models.changes import Change
from app.models.issues import Issue
from app.models.parts import in_parts
from app.models.sites import Site
from app.models.store import Store
from app.services.access import allow
from app.sync import arriving, envelope, files, owing, own, package, receipts, rotating, seal, taking
from app.sync.batch import Header
from app.sync.checking import Checker, Sender
from app.sync.receipts import Receipt
from app.sync.taking import Taken
from app.sync.wire import WireChange

if TYPE_CHECKING:
    from app.sync.connection import Connection
    from app.sync.pending import Incoming

#: Below the store: files on their way to headquarters, and files on their way to sites.
UP, DOWN = "passing/up", "passing/down"
_SUFFIX = {
    "changes": package.PACKAGE,
    "files": package.FILES,
    "request": package.REQUEST,
    "enrolment": package.ENROLMENT,
}
#: For each site so many answers wait to be fetched; older ones say nothing that these do not.
_KEPT = 40
#: So many files with attachments are fetched for one site at once.
_FILES = 32
#: Refusals that leave the judgement to headquarters: the file is passed on, and nothing of it is taken here.
_FOR_HQ = frozenset({"wrong_audience", "site_revoked", "site_unknown", "certificate_expired", "too_new", "no_key"})
#: What headquarters refuses for good, so that it need not be passed on again; and what it will take once it knows the site again.
_DECLINED = _FOR_HQ | {"signature_bad", "altered", "content_bad", "content_differs", "package_failed"}
_LATER = frozenset({"site_unknown", "certificate_lost"})

_OTHER_KEYS = N_("发出的单位换了密钥, 本机还没有收到它的新证书, 由总部核对。文件已原样保存待转交。")
_NO_STATION = N_("本机不是中转站, 不能代收别的单位的文件。请把它交给总部或中转站。")


@dataclass(frozen=True)
class Passed:
    """What became of a file of somebody else: `state` is early (taken and kept to be passed on), again, passing (only kept)
    or heard (a receipt that passed through)."""

    state: str
    site: uuid.UUID | None
    number: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    why: str = ""


def is_station(s: Session) -> bool:
    """This store was enrolled as a station."""
    return own.identity(s).certificate is not None and own.certificate(s).kind == "station"


def receive(store: Store, actor: Actor | None, data: bytes) -> Passed | None:
    """A file that is not for us alone is taken early or heard, and kept to be passed on; None for one that is only ours."""
    header = envelope.peek(io.BytesIO(data))
    with store.read(actor) as s:
        if actor is not None:
            allow(s, "sync")
        here, hq = own.line(s).site_id.hex, own.hq(s).site
    if header.site == here or (header.site == hq and header.audience[0] == here):
        return None
    if header.site == hq:
        return hear_for(store, actor, data)
    return take_early(store, actor, data)


def take_early(store: Store, actor: Actor | None, data: bytes) -> Passed:
    """The package of a site below us is kept to be passed on, and what fits of it is in our records ahead of headquarters' word.

    Checked as headquarters does: signature, certificate, revocation, scope. What is not for us or not ours to judge is only
    kept, as is what its maker signed under another certificate than we know. Refused: where we are no station, and a
    damaged or forged file.
    """
    from app.sync import quiet

    header = envelope.peek(io.BytesIO(data))
    with store.begin(actor) as s:
        if actor is not None:
            allow(s, "sync")
        if not is_station(s):
            raise Refusal("no_station", _NO_STATION)
        quiet.forget(s)
        known = s.get(Package, uuid.UUID(hex=header.package))
        try:
            passed = _taken(s, data, header, known)
        except Refusal as refusal:
            other_keys = refusal.code == "signature_bad" and _certified_otherwise(s, header)
            if refusal.code not in _FOR_HQ and not other_keys:
                raise
            why = _(_OTHER_KEYS) if other_keys else say(refusal)
            passed = Passed("passing", uuid.UUID(hex=header.site), header.number, why=why)
    if known is None or known.state != "settled":
        _keep(store, UP, f"{header.package}{_SUFFIX[header.kind]}", data)
    if passed.state in ("early", "again"):
        with store.read() as s:
            arriving.let_go_down(s, store.folder / DOWN, header)
    if header.kind == "files" and passed.state != "passing":
        came = files.take(store, data, actor)
        passed = Passed("early", passed.site, counts={"complete": came.complete, "begun": came.begun})
    return passed


def _certified_otherwise(s: Session, header: Header) -> bool:
    """The maker states another certificate than the one that is known here: it may have changed its keys in between."""
    site = s.get(Site, uuid.UUID(hex=header.site))
    return site is not None and header.serial != site.serial


def _taken(s: Session, data: bytes, header: Header, known: Package | None) -> Passed:
    site_id = uuid.UUID(hex=header.site)
    if header.kind == "request":
        return Passed("passing", site_id)
    trust, reader = own.trust(s, header.site), own.reader(s)
    if header.kind == "files":
        envelope.read(io.BytesIO(data), trust.judge, reader)
        return Passed("early", site_id)
    batch = seal.open_(data, trust, reader)
    if known is not None:
        return Passed("again", site_id, header.number, dict(known.counts or {}))
    taken = _apply(s, owing.parted(batch)[0].changes, site_id, batch.package_id)
    s.add(
        Package(
            id=batch.package_id, direction="in", kind="changes", state="early", site_id=site_id,
            epoch=uuid.UUID(hex=header.epoch), number=header.number, from_seq=header.from_seq, to_seq=header.to_seq,
            size=len(data), counts=taken.counts(),
        )
    )  # fmt: skip
    s.flush()
    _again(s, but=batch.package_id)
    return Passed("early", site_id, header.number, taken.counts())


def _apply(s: Session, changes: Iterable[WireChange], site: uuid.UUID, package_id: uuid.UUID) -> Taken:
    """What fits is taken as early; whatever waits or is refused comes with headquarters' feed or not at all."""
    checker = Checker(s, Sender(site, [str(path) for path in s.get_one(Site, site).paths]))
    taken = taking.take(s, _open_ones(s, changes), checker, package_id, Taken(state="early"))
    ids = select(Waiting).where(Waiting.package_id == package_id)
    for one in s.scalars(ids).all():
        s.delete(one)
    s.flush()
    return taken


def _open_ones(s: Session, changes: Iterable[WireChange]) -> Iterator[WireChange]:
    """Without sealed issues (检举控告) and what belongs to them: headquarters alone says who may see those."""
    listed = list(changes)
    issues = {c.record for c in listed if c.table == "issue" and (c.row or {}).get("secrecy") == "sealed"}
    named = {str(row.get("issue_id")) for c in listed if (row := c.row) and c.table == "issue_step"}
    ids = [uuid.UUID(hex=one) for one in named if len(one) == 32]
    issues |= {one.hex for one in s.scalars(select(Issue.id).where(Issue.id.in_(ids), Issue.secrecy == "sealed"))}
    steps = {c.record for c in listed if c.table == "issue_step" and (c.row or {}).get("issue_id") in issues}
    hidden = issues | steps
    return (c for c in listed if c.record not in hidden and (c.row or {}).get("of_id") not in hidden)


def _again(s: Session, but: uuid.UUID) -> None:
    """Packages whose changes waited for others are tried once more, now that others came."""
    folder = s.info["store"].folder / UP
    query = select(Package).where(Package.state == "early", Package.kind == "changes", Package.id != but)
    for one in s.scalars(query).all():
        place = folder / f"{one.id.hex}{package.PACKAGE}"
        if not (one.counts or {}).get("waiting") or one.site_id is None or not place.exists():
            continue
        try:
            batch = seal.open_(package.read(place), own.trust(s, one.site_id.hex), own.reader(s))
        except Refusal as refusal:  # its maker was revoked since, or has other keys: what waits comes with the feed
            logs.note("station.unread", code=refusal.code)
            continue
        one.counts = _apply(s, owing.parted(batch)[0].changes, one.site_id, one.id).counts()
    s.flush()


def hear_for(store: Store, actor: Actor | None, data: bytes) -> Passed:
    """A file of headquarters for another site is kept until it is fetched; a receipt that we may read settles what we took early."""
    header = envelope.peek(io.BytesIO(data))
    for_site = uuid.UUID(hex=header.audience[0])
    receipt: Receipt | None = None
    with store.begin(actor) as s:
        if actor is not None:
            allow(s, "sync")
        if not is_station(s):
            raise Refusal("no_station", _NO_STATION)
        here = own.line(s).site_id.hex
        rotating.follow(s, header)
        if header.kind == "receipt" and here in header.audience:
            receipt, _feed = receipts.open_for_station(data, own.trust(s, header.site), own.reader(s))
            _settle(s, receipt)
    _keep(
        store,
        DOWN,
        f"{for_site.hex}-{_stamp(header)}-{header.package}{_SUFFIX.get(header.kind, package.PACKAGE)}",
        data,
    )
    _prune(store.folder / DOWN, for_site)
    if receipt is not None:
        with store.read() as s:
            arriving.let_go_up(s, store.folder / UP, receipt)
    return Passed("heard" if receipt else "passing", for_site, counts=dict(receipt.counts) if receipt else {})


def _settle(s: Session, receipt: Receipt) -> None:
    """Refused changes leave our records again; those taken count like any that came with headquarters' feed."""
    if receipt.incarnation < own.identity(s).incarnation:
        return
    refuse(s, [uuid.UUID(hex=one.change) for one in receipt.with_why("refused", "still")])
    waits = {uuid.UUID(hex=one.change) for one in receipt.with_why("held", "waiting")}
    query = select(Change.id).where(
        Change.site == uuid.UUID(hex=receipt.site), Change.epoch == uuid.UUID(hex=receipt.height.epoch),
        Change.seq <= receipt.height.seq, Change.state == "early",
    )  # fmt: skip
    confirmed = [change for change in s.scalars(query) if change not in waits]
    for part in in_parts(confirmed):
        s.execute(
            update(Change).where(Change.id.in_(part)).values(state=""),
            execution_options={"synchronize_session": False},
        )
    known = s.get(Package, uuid.UUID(hex=receipt.package))
    if known is not None:
        known.state, known.answered_at, known.counts = "settled", now(), dict(receipt.counts)
    s.flush()


def refuse(s: Session, changes: Iterable[uuid.UUID]) -> int:
    """Changes taken early that headquarters refused are in our records no longer; says how many were."""
    listed, early = list(changes), list[uuid.UUID]()
    for part in in_parts(listed):
        query = select(Change.id).where(Change.id.in_(part), Change.state == "early")
        early += s.scalars(query)
    return applying.retract(s, early) if early else 0


def _stamp(header: Header) -> str:
    try:
        return f"{datetime.fromisoformat(header.created):%Y%m%d%H%M%S%f}"
    except ValueError:
        return "0"


def _keep(store: Store, below: str, name: str, data: bytes) -> None:
    folder = store.folder / below
    with troubles.named(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        durable.replace(folder / name, data)


def _prune(folder: Path, site: uuid.UUID) -> None:
    for suffix in _SUFFIX.values():
        for old in sorted(folder.glob(f"{site.hex}-*{suffix}"))[:-_KEPT]:
            old.unlink(missing_ok=True)


def waiting(store: Store) -> list[Path]:
    """The files kept here that headquarters is not known to have, oldest name first."""
    folder = store.folder / UP
    return sorted(path for path in folder.glob("*.fg*") if path.is_file()) if folder.is_dir() else []


def pass_on(store: Store, actor: Actor | None, folder: Path) -> list[Path]:
    """Every file on its way to headquarters lies in the folder, unchanged; it stays here until its receipt has passed."""
    with store.read(actor) as s:
        if actor is not None:
            allow(s, "sync")
        names = dict(s.execute(select(Site.id, Site.name)).all())
    written = []
    for path in waiting(store):
        data = package.read(path)
        header = envelope.peek(io.BytesIO(data))
        name = names.get(uuid.UUID(hex=header.site), header.site[:8])
        file = package.name("枫格", name, _stamp(header)[:8], f"{header.number:04d}", suffix=path.suffix)
        written.append(package.write(folder, file, data).path)
    return written


def pass_on_line(store: Store, actor: Actor, url: str, ca: str | None = None) -> int:
    """Everything on its way was sent to headquarters in its maker's name, and the answers, with the attachments that the makers
    ask for, wait for their sites; how many packages and files with attachments went up. One that is refused stops no other."""
    from app.sync.connection import Connection
    from app.sync.pending import Incoming

    with store.read(actor) as s:
        allow(s, "sync")
        known = own.hq(s)
        connection = Connection(url, own.keys(s), own.line(s).site_id.hex, known.site, ca, known.ca)
    done, asked = 0, dict[str, Header]()
    with connection:
        incoming = Incoming(store, connection)
        for path in sorted(waiting(store), key=lambda one: one.suffix == package.FILES):  # their records go first
            data = package.read(path)
            header = envelope.peek(io.BytesIO(data))
            try:
                if path.suffix == package.FILES:
                    if connection.push_files(uuid.UUID(hex=path.stem), data) >= sum(header.counts.values()):
                        path.unlink(missing_ok=True)
                elif path.suffix == package.PACKAGE:
                    hear_for(store, actor, incoming.push(uuid.UUID(hex=path.stem), data))
                    asked[header.site] = max(asked.get(header.site, header), header, key=lambda one: one.number)
            except Refusal as refusal:
                if refusal.code not in _DECLINED | _LATER:
                    raise
                logs.note("station.declined", code=refusal.code, package=path.stem)
                if refusal.code not in _LATER:  # it has it, in quarantine, or will never take it
                    path.unlink(missing_ok=True)
                continue
            done += 1
        for header in asked.values():
            _fetch_files(store, actor, connection, incoming, header)
    return done


def _fetch_files(store: Store, actor: Actor, connection: "Connection", incoming: "Incoming", header: Header) -> None:
    """The attachments that the site asks for in its package wait for it here, sealed by headquarters for it alone."""
    site, wanted = uuid.UUID(hex=header.site), header.lacking[: files.MOST_WANTED]
    for part in range(_FILES if wanted else 0):
        coming = connection.files_for(site, wanted, part)
        data = None if coming is None else incoming.fetch(coming)
        if data is None:
            break
        hear_for(store, actor, data)


def hand_out(store: Store, actor: Actor | None, folder: Path, site: uuid.UUID | None = None) -> list[Path]:
    """The files of headquarters for this site (all sites if none is given) lie in the folder, oldest first, unchanged."""
    with store.read(actor) as s:
        if actor is not None:
            allow(s, "sync")
        names = dict(s.execute(select(Site.id, Site.name)).all())
    place, written = store.folder / DOWN, []
    for path in sorted(place.glob(f"{site.hex if site else ''}*-*.fg*")) if place.is_dir() else []:
        for_site, stamp, _package = path.stem.split("-", 2)
        name = names.get(uuid.UUID(hex=for_site), for_site[:8])
        file = package.name("枫格", name, "回执", stamp, suffix=path.suffix)
        written.append(package.write(folder, file, package.read(path)).path)
    return written
