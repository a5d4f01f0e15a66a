"""Which sites are trusted no more: headquarters' signed list travels down with every feed, and nobody takes one off it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.clock import local, now
from app.models.base import table_of
from app.models.sites import Site
from app.sync import certificates, own
from app.sync.certificates import Revocation, Revocations

#: The list names the latest so many, each reason in so many characters: all of it stands in the record of the site as well.
MOST, LONGEST = 40, 60
_SITE = table_of(Site).c
_REVOKED = (
    select(_SITE.id, _SITE.revoked_at, _SITE.revoke_reason)
    .where(_SITE.revoked_at.is_not(None))
    .order_by(_SITE.revoked_at, _SITE.id)
)


def listed(s: Session, known: int = 0) -> str:
    """Headquarters' signed list of revoked sites; "" while there is none, or for whoever has this number already."""
    revoked = s.execute(_REVOKED).all()
    if not revoked:
        return ""
    noted, of = own.fact(s, "revocations_out", {}), [len(revoked), own.keys(s).public.sign]
    if noted.get("of") != of:
        number = max(int(noted.get("number", 0)) + 1, int(now().timestamp() * 1000))
        text = _signed(s, number, revoked[-MOST:])
        noted = {"of": of, "number": number, "text": text}
        own.note(s, revocations_out=noted)
    return str(noted["text"]) if noted["number"] > known else ""


def number(s: Session) -> int:
    """The number of headquarters' present list; 0 while there is none."""
    return int(own.fact(s, "revocations_out", {})["number"]) if listed(s) else 0


def _signed(s: Session, number: int, revoked: Sequence[Row[Any, Any, Any]]) -> str:
    sites = [
        Revocation(site=one.id.hex, on=local(one.revoked_at).date(), reason=(one.revoke_reason or "—")[:LONGEST])
        for one in revoked
        if one.revoked_at is not None
    ]
    return certificates.revoke(Revocations(number=number, sites=sites), own.keys(s))


def learn(s: Session, text: str) -> None:
    """The sites of this list are trusted no more here; an older list than the last changes nothing, and none takes a site off."""
    if not text:
        return
    told = certificates.read_revocations(text, own.hq(s).sign)
    if told.number > known(s):
        revoked = own.fact(s, "revoked", {}) | {one.site: one.reason for one in told.sites}
        own.note(s, revoked=revoked, revocations=told.number)


def known(s: Session) -> int:
    """The number of the last list that was learnt here; 0 if none was."""
    return int(own.fact(s, "revocations", 0))


def here(s: Session) -> str:
    """Why this very site is trusted no more; "" while it is, or has not heard of it."""
    mine = s.get(Site, own.line(s).site_id)
    if mine is not None:
        return own.revoked(s, mine)
    return str(own.fact(s, "revoked", {}).get(own.line(s).site_id.hex, ""))
