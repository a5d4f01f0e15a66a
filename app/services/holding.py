"""Which records are this site's to keep: those under its unit paths; others are here because they left or are referred to."""

from sqlalchemy import ColumnElement, and_, not_, or_, select
from sqlalchemy.orm import Session

from app.models.base import Record
from app.models.sites import Identity


def paths(s: Session) -> tuple[str, ...]:
    """The unit paths of this site; none at headquarters and before enrolment, where nothing is anybody else's."""
    if "held_paths" not in s.info:
        store = s.info.get("store")
        found = s.scalar(select(Identity.paths)) if store is not None and store.kind == "site" else None
        s.info["held_paths"] = tuple(str(path) for path in found or ())
    held: tuple[str, ...] = s.info["held_paths"]
    return held


def handed_over(s: Session, path: str) -> bool:
    """已移交: the record belongs to a unit outside this site; it is not updated here any more and cannot be changed here."""
    held = paths(s)
    return bool(held) and path != "" and not any(path.startswith(one) or one.startswith(path) for one in held)


def elsewhere(s: Session, model: type[Record]) -> ColumnElement[bool]:
    """The records of this kind that are handed over, for a query."""
    held = paths(s)
    inside = [or_(model.path.startswith(one, autoescape=True), model.path.in_(_above(one))) for one in held]
    return and_(model.path != "", not_(or_(*inside))) if inside else and_(model.path == "", model.path != "")


def _above(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    return ["/"] + ["/" + "/".join(parts[:at]) + "/" for at in range(1, len(parts))]
