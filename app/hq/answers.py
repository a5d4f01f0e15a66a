"""What headquarters' server says to a site: the receipt of a package taken before, the next piece of its feed."""

import uuid

import msgspec
from sqlalchemy.orm import Session

from app.models.batches import Package
from app.models.sites import Site
from app.models.store import Store
from app.models.upgrade import SCHEMA
from app.sync import certificates, feed, own, receipts, seal
from app.sync.feed import Statement
from app.sync.receipts import Receipt


def receipt(store: Store, package: uuid.UUID) -> bytes | None:
    """The sealed receipt of a package that was taken, for its sender alone; None if it was not taken."""
    with store.read() as s:
        known = s.get(Package, package)
        if known is None or known.state != "taken" or known.answer is None:
            return None
        given = msgspec.json.decode(known.answer, type=Receipt)
        line = own.line(s)
        age = _age(s, uuid.UUID(hex=given.site))
        return receipts.seal(given, own.keys(s), [age], hq=line.site_id, epoch=line.epoch, schema=SCHEMA)


def _age(s: Session, site: uuid.UUID) -> str:
    certificate = s.get_one(Site, site).certificate
    if certificate is None:
        raise ValueError("a package of a site without a certificate")
    return certificates.read(certificate, own.hq(s).sign).age


def feed_piece(store: Store, site: uuid.UUID, stated: Statement) -> bytes:
    """The next sealed piece of the site's feed since where it says it stands; its head tells whether there is more."""
    with store.begin() as s:
        batch = next(feed.build_all(s, s.get_one(Site, site), stated))
        return seal.seal(batch, own.keys(s), [_age(s, site)])
