"""Which records are this site's to keep: those under its unit paths; others are here because they left or are referred to."""

from sqlalchemy import ColumnElement, and_, false, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.models.accounts import Actor
from app.models.base import Record
from app.models.sites import Identity
from app.models.units import within
from app.services.listing import in_scope


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


def elsewhere(s: Session, path: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The paths in this column are those of units outside this site: what is handed over, for a query."""
    inside = [or_(path.startswith(one, autoescape=True), path.in_(above(one))) for one in paths(s)]
    return and_(path != "", not_(or_(*inside))) if inside else false()


def sees(s: Session, who: Actor) -> bool:
    """Whether this person may read what was handed over: those whose part of the tree holds a whole scope of the site."""
    return any(within(one, who.path) for one in paths(s))


def listed(s: Session, model: type[Record], chip: str) -> ColumnElement[bool]:
    """What the acting person's list shows of these records under this chip: his part of the tree, or what was handed over."""
    who: Actor = s.info["actor"]
    if chip != "handed_over":
        return in_scope(model, who.path)
    return elsewhere(s, model.path) if sees(s, who) else false()


def above(path: str) -> list[str]:
    """The paths of all units above the one at this path, the root first."""
    parts = path.strip("/").split("/")
    return ["/"] + ["/" + "/".join(parts[:at]) + "/" for at in range(1, len(parts))]
