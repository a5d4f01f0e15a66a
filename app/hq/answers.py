"""What headquarters' server says to a site: the receipt of a package taken before, the next piece of its feed."""

import uuid
from collections.abc import Sequence

import msgspec

from app.hq.auth import Device
from app.models.batches import Package
from app.models.sites import Site
from app.models.store import Store
from app.sync import exchange, files, own, requests
from app.sync.batch import Header
from app.sync.feed import Statement
from app.sync.receipts import Receipt


def taken(store: Store, package: uuid.UUID) -> Receipt | None:
    """The receipt of a package that was taken; None if it was not."""
    with store.read() as s:
        known = s.get(Package, package)
        if known is None or known.direction != "in" or known.state != "taken" or known.answer is None:
            return None
        return msgspec.json.decode(known.answer, type=Receipt)


def receipt(store: Store, package: uuid.UUID, header: Header | None = None) -> tuple[bytes, str] | None:
    """The sealed receipt of a package that was taken, for its sender alone, and the tag of this answer; None if it was not.

    The first piece of the feed since where the header says its site stands is enclosed.
    """
    given = taken(store, package)
    if given is None:
        return None
    stated = Statement.of(header) if header is not None and header.site == given.site else None
    with store.begin() as s:
        return exchange.answer_again(s, given, stated)


def nothing_new(store: Store, site: uuid.UUID, tag: str, cursor: int, moment: int, signature: bytes) -> str:
    """Headquarters' signed word to a site that nothing is new for it (see `exchange.nothing_new`); "" where something is."""
    with store.begin() as s:
        reached = exchange.nothing_new(s, s.get_one(Site, site), tag, cursor, moment)
        return "" if reached is None else requests.assure(own.keys(s), signature, reached)


def feed_piece(store: Store, site: uuid.UUID, stated: Statement) -> bytes:
    """The next sealed piece of the site's feed since where it says it stands; its head tells whether there is more."""
    with store.begin() as s:
        return exchange.feed_piece(s, s.get_one(Site, site), stated)


def files_below(
    store: Store, station: Device, site: uuid.UUID, asked: Sequence[tuple[str, int]], part: int
) -> bytes | None:
    """The file so many-th of those with what the site asks for, sealed for the site alone; None where there are no more,
    where the site is not below this station, and where it is trusted no more."""
    with store.read() as s:
        here, below = s.get(Site, station.site), s.get(Site, site)
        if here is None or here.kind != "station" or below is None or below.certificate is None:
            return None
        if own.revoked(s, below) or not all(own.covers(station.paths, str(path)) for path in below.paths):
            return None
    return files.sealed_down(store, site, asked, part)
