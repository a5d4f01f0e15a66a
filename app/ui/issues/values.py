"""Between the values of the form and the fields of an issue."""

import uuid
from collections.abc import Mapping
from typing import Any

from app.clock import today
from app.i18n import _
from app.models.grids import Grid
from app.models.issues import Issue
from app.models.people import Household, Person
from app.models.units import Unit
from app.models.visits import Visit
from app.services import readings, risks
from app.services.issues import IssueView
from app.ui.issues import finders
from app.ui.tasks import Session

#: Fields that are the same in the form and in the record.
_SAME = ("title", "kind", "text", "topic", "channel", "heard_on", "phone", "place", "elements", "evidence", "due_on")
#: Fields that only a hazard has.
_DANGER = ("level", "responsible")
#: What an issue takes over from where it was heard, without a field of its own in the form.
ORIGIN = ("visit_id", "check_id", "check_item")


def fields(values: Mapping[str, Any], origin: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The fields of the issue that these values of the form mean."""
    reporter, home = values.get("reporter") or {}, values.get("household") or {}
    danger = values if values.get("kind") == "hazard" else {}
    grid, against = values.get("grid") or {}, values.get("against") or {}
    partner = values.get("partner") or {}
    anonymous = bool(values.get("anonymous"))
    found = {name: values.get(name) or None for name in _SAME}
    found |= {
        "title": values.get("title") or "",
        "kind": values.get("kind") or "",
        "lead": bool(values.get("lead")),
        "secrecy": values.get("secrecy") or "open",
        "anonymous": anonymous,
        "reporter": None if anonymous else reporter.get("name"),
        "reporter_id": None if anonymous else as_id(reporter.get("person")),
        "phone": None if anonymous else found["phone"],
        "people": values.get("people") or 1,
        "household_id": as_id(home.get("household")),
        "grid_id": as_id(grid.get("grid")) or as_id(home.get("grid")),
        "partner_id": as_id(partner.get("unit")),
        "partner_number": values.get("partner_number") or None if partner else None,
        "level": danger.get("level") or None,
        "responsible": danger.get("responsible") or None,
        "risk_point_id": as_id((danger.get("risk_point") or {}).get("risk_point")),
        "against": as_id(against.get("unit")) if values.get("kind") == "accusation" else None,
    }
    found |= {name: as_id(v) if name.endswith("_id") else v for name, v in (origin or {}).items() if name in ORIGIN}
    return found


def problems(values: Mapping[str, Any]) -> dict[str, str]:
    """What the issue itself finds wrong with these values: field → sentence in the source language."""
    return Issue(**fields(values), day=today()).problems()


def prefilled(s: Session, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values the form shows for fields of an issue known beforehand; ids are named by the store."""
    found = {
        name: given[name] for name in (*_SAME, *_DANGER, "lead", "secrecy", "anonymous", "people") if given.get(name)
    }
    visit = s.get(Visit, as_id(given.get("visit_id"))) if given.get("visit_id") else None
    if visit is not None:
        found = {"heard_on": visit.day, "channel": "visit"} | found
    if (partner := as_id(given.get("partner_id"))) and (sender := s.get(Unit, partner)):
        found |= {
            "partner": {"unit": sender.id.hex, "name": sender.name},
            "partner_number": given.get("partner_number"),
        }
    home, grid, person, unit = (as_id(given.get(n)) for n in ("household_id", "grid_id", "reporter_id", "against"))
    known = s.get(Person, person) if person else None
    if known is not None:
        found["reporter"] = {"person": known.id.hex, "name": known.name, "home": None}
        home = home or known.household_id
    elif given.get("reporter"):
        found["reporter"] = {"person": None, "name": given["reporter"], "home": None}
    if home and (house := s.get(Household, home)):
        found["household"] = {
            "household": house.id.hex, "name": house.address, "grid": house.grid_id.hex if house.grid_id else None,
        }  # fmt: skip
        grid = grid or house.grid_id
    if (at := as_id(given.get("risk_point_id"))) and (points := risks.rows(s, [at])):
        found["risk_point"] = finders.risk_pick(points[0]).value
        grid = grid or points[0].grid_id
    if found.get("place") and found.get("household", {}).get("name") == found["place"]:
        del found["place"]
    if grid and (one := s.get(Grid, grid)):
        found["grid"] = {"grid": one.id.hex, "name": one.name}
    if unit and (accused := s.get(Unit, unit)):
        found["against"] = {"unit": accused.id.hex, "name": accused.name}
    return found


def of(s: Session, view: IssueView) -> dict[str, Any]:
    """The values the form shows for a registered issue; a telephone number among them is noted as read."""
    found = prefilled(s, view.fields)
    if found.get("phone"):
        readings.note(s, "issue", view.row.id, _("反映人的电话"))
    return found


def origin(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is carried along beside the form, ready for a draft."""
    found = {name: given[name] for name in ORIGIN if given.get(name)}
    return {name: value.hex if isinstance(value, uuid.UUID) else str(value) for name, value in found.items()}


def title(values: Mapping[str, Any]) -> str:
    """What a draft is called in lists; one that will be sealed gives nothing away."""
    if values.get("kind") == "accusation" or values.get("secrecy") == "sealed":
        return _("密封事项草稿")
    return str(values.get("title") or values.get("text") or "")[:40]


def as_id(value: Any) -> uuid.UUID | None:
    """A UUID given as such or as text."""
    if not value:
        return None
    return value if isinstance(value, uuid.UUID) else uuid.UUID(hex=str(value))
