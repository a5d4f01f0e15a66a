"""Headquarters' answers by stick: packages stay until their sender has heard, receipts and feeds are written in one go."""

import io
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _
from app.models import durable
from app.models.accounts import Actor
from app.models.batches import Package
from app.models.parts import in_parts
from app.models.progress import Progress
from app.models.sites import Site
from app.models.store import Store
from app.services.access import allow
from app.sync import envelope, exchange, feed, files, own, package, seal
from app.sync.feed import Statement

#: Below the store: packages whose answers are still to be written, and those whose answers were.
RECEIVED, ANSWERED, QUARANTINE = "received", "answered", "quarantine"


def keep(store: Store, name: str, data: bytes) -> None:
    """The package stays with headquarters until its sender is known to have heard the answer."""
    (store.folder / QUARANTINE / f"{name}{package.PACKAGE}").unlink(missing_ok=True)
    folder = durable.folder(store.folder / RECEIVED)
    durable.replace(folder / f"{name}{package.PACKAGE}", data)


def write_answers(
    store: Store, actor: Actor | None, folder: Path, sites: Sequence[uuid.UUID], progress: Progress | None = None
) -> list[Path]:
    """Receipts and feeds for these sites lie in the folder, with everything recorded here until now.

    A site whose packages are not here any more gets the whole of its scope as a feed, a revoked one nothing but word of it.
    Refused where the folder cannot be written; what was written until then is good.
    """
    tell, written = progress or (lambda _done, _total, _label: None), list[Path]()
    for at, site in enumerate(sites):
        with store.read(actor) as s:
            if actor is not None:
                allow(s, "package.take")
            known = s.get_one(Site, site)
            name, unheard = known.name, [] if own.revoked(s, known) else waiting_for_answer(s, site)
            trust = replace(own.trust(s, site.hex), today=None)  # what was taken in time is answered at any time
        tell(at, len(sites), name)
        kept = [(number, path) for hexed, number in unheard if (path := _kept(store, hexed)) is not None]
        for nth, (number, path) in enumerate(kept, 1):  # what was recorded here until now comes with the last one
            pieces = None if nth == len(kept) else 0
            answer = exchange.answer(store, package.read(path), actor, pieces=pieces, trust=trust)
            written += [one.path for one in exchange.write_answer(answer, folder, name, number)]
            _move(store, path)
        if kept:
            written += _write_files(store, actor, folder, site, kept[-1][1].name)
        if not kept:
            written += _write_feed(store, actor, folder, site)
        _forget(store, site, {path.stem for _number, path in kept})
    tell(len(sites), len(sites), "")
    return written


def waiting_for_answer(s: Session, site: uuid.UUID) -> list[tuple[str, int]]:
    """The packages of the site, by id and number, that it has not shown to be answered: a later one of its packages begins
    behind what it knows to be confirmed."""
    query = (
        select(Package.id, Package.number, Package.epoch, Package.from_seq, Package.to_seq)
        .where(Package.site_id == site, Package.direction == "in", Package.kind == "changes", Package.state == "taken")
        .order_by(Package.number, Package.at)
    )
    rows = s.execute(query).all()
    if not rows:
        return []
    last = rows[-1]
    open_ = [row for row in rows[:-1] if row.epoch == last.epoch and row.to_seq >= last.from_seq]
    return [(row.id.hex, row.number) for row in [*open_[-20:], last]]


def _kept(store: Store, name: str) -> Path | None:
    for folder in (RECEIVED, ANSWERED):
        path = store.folder / folder / f"{name}{package.PACKAGE}"
        if path.exists():
            return path
    return None


def _move(store: Store, path: Path) -> None:
    folder = durable.folder(store.folder / ANSWERED)
    path.replace(folder / path.name)


def _write_files(store: Store, actor: Actor | None, folder: Path, site: uuid.UUID, last: str) -> Sequence[Path]:
    """The attachments that the site's last package asks for."""
    data = package.read(store.folder / ANSWERED / last)
    return files.write_down(store, actor, folder, site, envelope.peek(io.BytesIO(data)).lacking).paths


def _forget(store: Store, site: uuid.UUID, still: set[str]) -> None:
    """Packages of the site that it knows to be answered are not kept."""
    with store.read() as s:
        query = select(Package.id).where(Package.site_id == site, Package.direction == "in", Package.state == "taken")
        heard = {one.hex for one in s.scalars(query)} - still
    for name in heard:
        for folder in (RECEIVED, ANSWERED):
            (store.folder / folder / f"{name}{package.PACKAGE}").unlink(missing_ok=True)


def _write_feed(store: Store, actor: Actor | None, folder: Path, site: uuid.UUID) -> list[Path]:
    with store.begin(actor) as s:
        known = s.get_one(Site, site)
        if known.certificate is None:
            raise Refusal("site_unknown", N_("站点「{name}」还没有开通, 不能下发。"), name=known.name)
        age, keys, name = own.reading_key(s, known), own.keys(s), known.name
        whole = feed.build_all(s, known, Statement(known=False))
        batches = [feed.notice(s, known)] if own.revoked(s, known) else whole
        pieces = [seal.seal(batch, keys, [age]) for batch in batches]
    file = package.name("枫格", name, f"{today():%Y%m%d}", _("下发"))
    return [package.write(folder, file, data).path for data in pieces]


def to_answer(store: Store) -> frozenset[str]:
    """The ids (hex) of the packages taken whose answers were not written yet."""
    return frozenset(path.stem for path in (store.folder / RECEIVED).glob(f"*{package.PACKAGE}"))


def sites_to_answer(s: Session, store: Store) -> frozenset[uuid.UUID]:
    """The sites whose packages were taken and whose answers were not written yet; revoked ones get none."""
    wanted, found = sorted(uuid.UUID(hex=name) for name in to_answer(store)), set[uuid.UUID]()
    for part in in_parts(wanted):
        query = (
            select(Package.site_id)
            .join(Site, Site.id == Package.site_id)
            .where(Package.id.in_(part), Site.revoked_at.is_(None))
        )
        found |= {site for site in s.scalars(query) if site is not None}
    return frozenset(found)
