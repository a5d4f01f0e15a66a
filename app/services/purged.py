"""How far this machine has been purged: of days before, part of what happened is kept at headquarters alone."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.sites import Identity

FACT = "purged_before"


def before(s: Session) -> date | None:
    """What happened before this day may be missing here; None where nothing was ever purged."""
    known = (s.scalar(select(Identity.hq)) or {}).get(FACT)
    return date.fromisoformat(known) if known else None
