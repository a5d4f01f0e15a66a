"""Between the values of the form and the fields of a visit."""

import uuid
from collections.abc import Mapping
from typing import Any

from app.clock import today
from app.i18n import joined
from app.models.visits import FIVE_STEPS, Help, Visit
from app.services.visits import VisitView

#: Fields that are the same in the form and in the record.
_SAME = ("day", "way", "met", "visitors", "summary", "minutes", "next_on", "duties", *FIVE_STEPS)


def fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the visit that these values of the form mean."""
    home, grid = values.get("household") or {}, values.get("grid") or {}
    found = {name: values.get(name) or None for name in _SAME}
    found["household_id"] = _id(home.get("household"))
    found["place"] = None if found["household_id"] else home.get("name")
    found["grid_id"] = _id(grid.get("grid")) or _id(home.get("grid"))
    return found


def helps(values: Mapping[str, Any]) -> tuple[Help, ...]:
    """The helps given, to be recorded with the visit."""
    return tuple(Help(kind=one["kind"], day=values["day"], what=one["what"]) for one in values.get("helps") or ())


def problems(values: Mapping[str, Any]) -> dict[str, str]:
    """What the visit itself finds wrong with these values: field → sentence in the source language."""
    given = fields(values)
    return Visit(**{**given, "day": given["day"] or today()}).problems()


def of(view: VisitView) -> dict[str, Any]:
    """The values the form shows for a recorded visit."""
    raw, row = view.fields, view.row
    found = {name: raw[name] for name in _SAME}
    found["grid"] = {"grid": raw["grid_id"].hex, "name": row.grid} if raw["grid_id"] else None
    found["household"] = _home(view)
    return found


def _home(view: VisitView) -> dict[str, Any] | None:
    raw, row = view.fields, view.row
    if not raw["household_id"] and not raw["place"]:
        return None
    return {
        "household": raw["household_id"].hex if raw["household_id"] else None,
        "name": row.address,
        "grid": raw["grid_id"].hex if raw["grid_id"] else None,
        "grid_name": row.grid,
        "met": None,
    }


def title(values: Mapping[str, Any]) -> str:
    """What a draft is called in lists: the home, else the people met."""
    home = values.get("household") or {}
    met = joined(str(one.get("name", "")) for one in values.get("met") or ())
    return str(home.get("name") or met)


def _id(text: Any) -> uuid.UUID | None:
    return uuid.UUID(hex=text) if text else None
