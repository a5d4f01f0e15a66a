"""Clocks that go wrong: nothing is refused for it; headquarters notes it on the site, and the site is told."""

import uuid
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app.clock import now
from app.models.base import table_of
from app.models.batches import Package
from app.models.sites import Site
from app.services.sites import SKEWED
from app.sync import own
from app.sync.batch import Header

_PACKAGE = table_of(Package).c
_NEWEST = select(func.max(_PACKAGE.number)).where(
    _PACKAGE.site_id == bindparam("site"), _PACKAGE.direction == "in", _PACKAGE.epoch == bindparam("epoch")
)


def judge(s: Session, site: Site, header: Header) -> None:
    """Headquarters' record of the site says that its clock is an hour or more from ours, or no longer; only when that changes.

    Ahead is a package from our future, behind what the site says itself. An older package than the newest tells nothing.
    """
    if header.number < (s.scalar(_NEWEST, {"site": site.id, "epoch": uuid.UUID(hex=header.epoch)}) or 0):
        return
    skew = _skew(header)
    if _side(skew) != _side(site.clock_skew):
        site.clock_skew = skew
        s.flush()


def as_noted(site: Site, moment: int) -> bool:
    """This reading of the site's clock (seconds) is as right or as wrong as headquarters' record of the site says."""
    ahead = moment - int(now().timestamp())
    return _side(ahead if abs(ahead) > SKEWED.total_seconds() else None) == _side(site.clock_skew)


def _skew(header: Header) -> int | None:
    ahead = seconds_ahead(header.created)
    if ahead > SKEWED.total_seconds():
        return ahead
    return -header.behind if header.behind > SKEWED.total_seconds() else None


def _side(skew: int | None) -> int:
    return 0 if not skew else 1 if skew > 0 else -1


def seconds_ahead(created: str) -> int:
    """By how many seconds this moment lies in our future (negative: in our past); 0 for what is no moment."""
    try:
        return int((datetime.fromisoformat(created) - now()).total_seconds())
    except (ValueError, TypeError):  # a sender may write what it likes there: its packages count without it
        return 0


def compare(s: Session, header: Header) -> None:
    """This site knows whether its clock stands behind headquarters': no feed comes from the future."""
    ahead = seconds_ahead(header.created)
    own.note(s, behind=ahead if ahead > SKEWED.total_seconds() else 0, hq_time=header.created)


def here(s: Session) -> int:
    """By how many seconds this site's clock was seen to run ahead of headquarters' (negative: behind); 0 while it is right."""
    behind = int(own.fact(s, "behind", 0))
    mine = s.get(Site, own.line(s).site_id)
    return -behind if behind else (mine.clock_skew or 0) if mine is not None else 0
