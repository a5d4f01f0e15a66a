"""Numbers people see, such as PS3-2025-S01-0042: unique without asking anybody, for each carries the code of its machine."""

import uuid
from datetime import date
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.models.issues import Issue
from app.models.sites import Identity, Line, Site
from app.models.steps import Step
from app.models.units import Unit
from app.services import order_codes

#: Digits of the counter; it grows by one digit when they are used up.
WIDTH = 4


def following(s: Session, path: str, day: date, count: int = 1) -> list[str]:
    """The next numbers of this site for the unit at this path in the year of the day; they are taken once used by an issue."""
    prefix = _prefix(s, path, day)
    last = _last(s, Issue.number, prefix)
    return [f"{prefix}{last + index:0{WIDTH}d}" for index in range(1, count + 1)]


def of_order(s: Session, path: str, day: date) -> str:
    """The number of the next dispatch to a partner, such as PS3-2025-S01-P0007-X: with a check, for people type it in again."""
    prefix = f"{_prefix(s, path, day)}P".upper()
    plain = f"{prefix}{_last(s, Step.number, prefix, tail=2) + 1:0{WIDTH}d}"
    return f"{plain}-{order_codes.check(plain)}"


def _prefix(s: Session, path: str, day: date) -> str:
    parts = (_unit_code(s, path), str(day.year), _site_code(s))
    return "".join(f"{part}-" for part in parts if part)


def _unit_code(s: Session, path: str) -> str:
    above = (
        select(Unit.code)
        .where(literal(path).startswith(Unit.path), Unit.code.is_not(None), Unit.code != "", Unit.partner.is_(False))
        .order_by(func.length(Unit.path).desc())
    )
    return s.scalars(above.limit(1)).first() or ""


def _site_code(s: Session) -> str:
    site: uuid.UUID = s.scalars(select(Line.site_id)).one()
    known = s.scalar(select(Site.code).where(Site.id == site)) or s.scalar(select(Identity.code))
    return known or site.hex[-4:].upper()


def _last(s: Session, numbers: InstrumentedAttribute[Any], prefix: str, tail: int = 0) -> int:
    """The highest counter among these numbers with this prefix; `tail` characters follow it."""
    last, width = 0, WIDTH
    while last == 10 ** (width - 1) - 1 or width == WIDTH:
        query = (
            select(numbers)
            .where(numbers > prefix, numbers < prefix + ":", func.length(numbers) == len(prefix) + width + tail)
            .order_by(numbers.desc())
        )
        highest = s.scalars(query.limit(1)).first()
        if highest is None or not highest[len(prefix) : len(prefix) + width].isdigit():
            break
        last, width = int(highest[len(prefix) : len(prefix) + width]), width + 1
    return last
