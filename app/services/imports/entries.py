"""One accepted row of a ledger as a row of the store."""

import uuid
from datetime import date
from typing import Any

from app.models import identity
from app.models.values import new_id
from app.services.imports.kept import summary_of, what_of
from app.services.imports.places import GridPlace, Places
from app.services.imports.visits import without_family

Row = dict[str, Any]


def _placed(place: GridPlace | None, places: Places) -> Row:
    """Without a grid the row belongs to the unit of whoever imports it."""
    return {"id": new_id(), "grid_id": place.id if place else None, "path": place.path if place else places.scope}


def person(record: Row, place: GridPlace | None, places: Places) -> Row:
    """A member of staff."""
    return _placed(place, places) | {
        "name": record["name"],
        "kind": "staff",
        "sex": record["sex"],
        "birth_on": date.fromisoformat(record["birth_date"]),
        "id_number": record["id_number"],
        "phones": record["phones"] or None,
        "employee_no": record.get("employee_no"),
        "unit_id": place.unit_id if place else None,
        "job": record["post"],
        "ethnic": record["ethnic"],
        "political": record["political"],
        "status": record["status"],
        "address": record["address"],
        "note": record["note"],
    }


def post(record: Row, who: Row) -> Row:
    """The role of a member of staff in the grid; without one, a plain member with the duties given."""
    return {
        "id": new_id(),
        "person_id": who["id"],
        "role": record["role"] or "member",
        "grid_id": who["grid_id"],
        "unit_id": who["unit_id"],
        "duties": record["duties"] or None,
        "path": who["path"],
    }


def household(record: Row, place: GridPlace | None, places: Places) -> Row:
    """A household, from its first row; what is no known need for service stays as a note."""
    tag = record["tag"]
    tags = sorted(places.tags.codes(tag)) if tag else []
    return _placed(place, places) | {
        "address": record["household"],
        "number": record["number"],
        "head": record["head"],
        "phone": next(iter(record["phones"]), None),
        "tags": tags or None,
        "stated_size": record["stated_size"],
        "note": tag if tag and not tags else None,
    }


def member(record: Row, household_id: uuid.UUID, place: GridPlace | None, places: Places) -> Row:
    """A member of a household who was not known before."""
    number = record["id_number"]
    return _placed(place, places) | {
        "name": record["name"],
        "kind": "staff" if record["employee"] else "family",
        "sex": record["sex"],
        "birth_on": identity.birth(number) if number else None,
        "id_number": number,
        "phones": record["phones"] or None,
        "household_id": household_id,
        "relation": record["relation"],
        "job": record["workplace"],
        "address": record["household"],
        "note": record["note"],
    }


def visit(record: Row, places: Places) -> Row:
    """A visit; its remark follows the text, as nothing of a ledger is lost."""
    place, home = places.grid(record["grid"]), places.household(record["household"])
    grid = place.id if place else None
    met = places.inhabitant(home, record["visited"]) or places.inhabitant(home, without_family(record["visited"]))
    summary = summary_of(record)
    return _placed(place, places) | {
        "day": date.fromisoformat(record["date"]),
        "way": record["method"],
        "household_id": home,
        "place": record["address"],
        "visitors": [_named(name, places.visitor(name, grid)) for name in record["visitors"]],
        "met": [_named(record["visited"], met)],
        "summary": summary,
        "problem": record["problem"],
        "helped": record["help"],
        "result": record["result"],
    }


def _named(name: str, who: uuid.UUID | None) -> dict[str, str | None]:
    return {"person": who.hex if who else None, "name": name}


def help_given(record: Row, places: Places) -> Row:
    """A help without a visit; somebody who is not on record is kept as the ledger names him, and so is what he needs."""
    place, household = places.grid(record["grid"]), places.household(record["household"])
    whom = places.inhabitant(household, record["helped"]) or places.someone(record["helped"], record["phones"])
    grid = place.id if place else None
    return _placed(place, places) | {
        "day": date.fromisoformat(record["date"]),
        "kind": record["kind"],
        "person_id": whom,
        "household_id": household,
        "what": what_of(record),
        "whom": None if whom else record["helped"],
        "place": record["address"],
        "way": record["method"],
        "helpers": [_named(name, places.visitor(name, grid)) for name in record["helpers"]] or None,
    }
