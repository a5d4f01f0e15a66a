"""Numbers people see, such as PS3-2025-S01-0042: unique without asking anybody, for each carries the code of its machine."""

import re
import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.models.editions import Edition
from app.models.issues import Issue
from app.models.sites import Identity, Line, Site
from app.models.steps import Step
from app.models.units import Unit
from app.services import order_codes

#: Digits of the counter; it grows by one digit when they are used up.
WIDTH = 4
_PLAIN = re.compile(r"(.*-)(\d+)")
_CHECKED = re.compile(r"(.*-P)(\d+)-.")


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


def of_edition(s: Session, path: str, day: date) -> str:
    """The number of the next ledger printed for signature, such as PS3-2025-S01-L0042."""
    prefix = f"{_prefix(s, path, day)}L".upper()
    return f"{prefix}{_last(s, Edition.number, prefix) + 1:0{WIDTH}d}"


def last_of(s: Session, issues: Sequence[uuid.UUID], since: date) -> set[uuid.UUID]:
    """Those among these issues that hold the last number of a series since this day, their own or a dispatch's: without them the
    series would begin anew.
    """
    own = select(Issue.id, Issue.number).where(Issue.id.in_(issues), Issue.day >= since)
    given = select(Step.issue_id, Step.number).where(
        Step.issue_id.in_(issues), Step.number.is_not(None), Step.day >= since
    )
    found: set[uuid.UUID] = set()
    for column, query, shape, tail in ((Issue.number, own, _PLAIN, 0), (Step.number, given, _CHECKED, 2)):
        last: dict[str, int] = {}
        for issue, number in s.execute(query):
            if (parts := shape.fullmatch(number or "")) is not None:
                prefix = parts[1]
                if prefix not in last:
                    last[prefix] = _last(s, column, prefix, tail)
                if int(parts[2]) == last[prefix]:
                    found.add(issue)
    return found


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
