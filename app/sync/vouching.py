"""What a site printed for signature is vouched for with its key, and can be checked wherever its certificate is known."""

import uuid

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.models.changes import Change
from app.models.sites import Site
from app.sync import own
from app.sync.certificates import read
from app.sync.keys import sign, signed_by

_PURPOSE = b"edition"


def vouch(s: Session, message: bytes) -> bytes:
    """This site's signature of the message; one that is not enrolled yet signs with the keys it will ask a certificate for."""
    return sign(own.equip(s), _PURPOSE, message)


def vouched(s: Session, site: uuid.UUID, message: bytes, signature: bytes) -> bool | None:
    """The site signed exactly this message, with the key it has or one it had; None when no key of the site is known here."""
    keys = _keys(s, site)
    return any(signed_by(key, _PURPOSE, message, signature) for key in keys) if keys else None


def _keys(s: Session, site: uuid.UUID) -> set[str]:
    found: set[str] = set()
    mine = own.identity(s)
    if site == own.line(s).site_id and mine.sign_key is not None and mine.age_key is not None:
        found.add(own.keys(s).public.sign)
    try:
        hq, trusted = own.hq(s), own.signers(s)
    except Refusal:  # nothing is known of headquarters before enrolment
        return found
    if uuid.UUID(hex=hq.site) == site:
        found.update(trusted)
    told = s.scalars(select(Change.payload).where(Change.record == site, Change.table == Site.__tablename__))
    papers = {msgspec.json.decode(payload).get("certificate") for payload in told if payload}
    papers.add(s.scalar(select(Site.certificate).where(Site.id == site)))
    for paper in papers - {None}:
        try:
            found.add(read(str(paper), trusted).sign)
        except Refusal:  # signed by nobody we trust: it proves nothing
            continue
    return found
