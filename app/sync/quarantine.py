"""Quarantine: packages that may be read later or by decision, kept whole; each is tried again, taken anyway, or rejected."""

import io
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import logs
from app.clock import now
from app.errors import Refusal
from app.i18n import N_, _
from app.models.accounts import Actor
from app.models.batches import Package
from app.models.sites import Site
from app.models.store import Store
from app.services.access import allow
from app.sync import answering, envelope, exchange, files, own, package
from app.sync.certificates import Trust

_GONE = N_("没有这个隔离的文件, 或者它已经处理过。")
_NO_FILE = N_("隔离的文件「{name}」已不在本机, 请让发出的单位重新导出。")
_RECORDS_FIRST = N_("这些附件属于哪些记录还不知道。请先收下同一站点的上报包, 再收附件。")
_REASON = N_("请写明原因, 会记入收件记录。")


@dataclass(frozen=True)
class Held:
    """One package in quarantine: whose, why; `state` is quarantined or rejected, `here` whether its file is still kept.
    `kind` is changes or files (with attachments)."""

    id: uuid.UUID
    kind: str
    site: uuid.UUID | None
    name: str
    file: str
    number: int
    changes: int
    at: datetime
    size: int
    state: str
    reason: str
    here: bool


def listed(s: Session, *, rejected: bool = False) -> list[Held]:
    """The packages in quarantine, newest first; with `rejected` also those that were decided never to be taken."""
    states = ("quarantined", "rejected") if rejected else ("quarantined",)
    query = (
        select(Package, Site.name)
        .outerjoin(Site, Site.id == Package.site_id)
        .where(Package.direction == "in", Package.state.in_(states))
        .order_by(Package.at.desc())
    )
    folder = s.info["store"].folder
    return [
        Held(
            one.id, one.kind, one.site_id, name or "", one.name or "", one.number, max(0, one.to_seq - one.from_seq + 1), one.at,
            one.size, one.state, one.reason or "", _place(folder, one.id).exists(),
        )
        for one, name in s.execute(query)
    ]  # fmt: skip


def _place(folder: Path, package_id: uuid.UUID) -> Path:
    return folder / answering.QUARANTINE / f"{package_id.hex}{package.PACKAGE}"


def _data(store: Store, actor: Actor, package_id: uuid.UUID, verb: str) -> tuple[bytes, str]:
    with store.read(actor) as s:
        allow(s, verb)
        known = s.get(Package, package_id)
        if known is None or known.state not in ("quarantined", "rejected"):
            raise Refusal("package_unknown", _GONE)
        name = known.name or package_id.hex
    place = _place(store.folder, package_id)
    if not place.exists():
        raise Refusal("file_unreadable", _NO_FILE, name=name)
    return package.read(place), name


def retry(store: Store, actor: Actor, package_id: uuid.UUID) -> dict[str, int]:
    """The package is judged again as if it had just come, and taken if nothing stands against it any more; what came of it."""
    data, name = _data(store, actor, package_id, "package.take")
    if envelope.peek(io.BytesIO(data)).kind == "files":
        return _take_files(store, actor, package_id, data)
    answer = exchange.answer(store, data, actor, name=name)
    answering.keep(store, package_id.hex, data)
    return dict(answer.receipt.counts)


def take_anyway(store: Store, actor: Actor, package_id: uuid.UUID, reason: str) -> dict[str, int]:
    """The package of a revoked or expired sender is taken by this person's decision, which stays with the package; what came
    of it.

    Nothing is given back: a revoked sender gets no data, one that was renewed gets its answer with the next package. Refused
    without a reason, and where anything but revocation or expiry stands against it: signature, reader, form, scope.
    """
    data, name = _data(store, actor, package_id, "package.release")
    if not reason.strip():
        raise Refusal("reason_missing", _REASON)
    header = envelope.peek(io.BytesIO(data))
    with store.begin(actor) as s:
        who = allow(s, "package.release")
        trust = replace(own.trust(s, header.site), revoked={}, today=None)
        decided = _("{who} 决定收下: {reason}").format(who=who.name, reason=reason.strip())
        if header.kind != "files":
            counts = dict(exchange.receive(s, data, name, trust).receipt.counts)
            s.get_one(Package, package_id).reason = decided
    if header.kind == "files":
        return _take_files(store, actor, package_id, data, trust, decided)
    _place(store.folder, package_id).unlink(missing_ok=True)
    logs.note("package.released", package=header.package, site=header.site)
    return counts


def _take_files(
    store: Store, actor: Actor, package_id: uuid.UUID, data: bytes, trust: Trust | None = None, why: str | None = None
) -> dict[str, int]:
    """The pieces of attachments are taken; refused while no record here asks for them, for then they would be lost."""
    came = files.take(store, data, actor, trust)
    if not (came.complete or came.begun or came.had):
        raise Refusal("records_first", _RECORDS_FIRST)
    with store.begin(actor) as s:
        known = s.get_one(Package, package_id)
        known.state, known.reason, known.answered_at = "taken", why, now()
        known.counts = {"taken": came.complete, "had": came.had, "waiting": came.begun}
    _place(store.folder, package_id).unlink(missing_ok=True)
    logs.note("package.released", package=package_id.hex)
    return dict(known.counts)


def reject(store: Store, actor: Actor, package_id: uuid.UUID, reason: str) -> None:
    """The package is decided not to be taken; its file stays, and it can still be taken by a later decision."""
    with store.begin(actor) as s:
        who = allow(s, "package.release")
        known = s.get(Package, package_id)
        if known is None or known.state != "quarantined":
            raise Refusal("package_unknown", _GONE)
        if not reason.strip():
            raise Refusal("reason_missing", _REASON)
        known.state, known.answered_at = "rejected", now()
        known.reason = _("{who} 决定不收: {reason}").format(who=who.name, reason=reason.strip())
    logs.note("package.rejected", package=package_id.hex)
