"""Type-ahead for the form of a check, and what it knows beforehand."""

import uuid
from collections.abc import Mapping
from typing import Any

from app.models.grids import Grid
from app.models.people import Household
from app.models.risks import RiskPoint
from app.services import people, units
from app.ui.tasks import Session
from app.ui.widgets.pickers import Pick


def photos_of(answers: Mapping[str, Mapping[str, Any]]) -> list[uuid.UUID]:
    """The ids of all photos in the answers."""
    found: list[uuid.UUID] = []
    for answer in answers.values():
        given = answer.get("photos") or answer.get("value")
        if isinstance(given, list):
            found += [uuid.UUID(hex=text) for text in given]
    return found


def places(s: Session, text: str) -> list[Pick]:
    """Homes as places of a check."""
    found = []
    for row in people.homes_like(s, text, limit=12):
        value = {"name": row.address, "grid": row.grid_id.hex if row.grid_id else None}
        found.append(Pick(value, row.address, " · ".join(part for part in (row.head, row.grid) if part)))
    return found


def persons(s: Session, text: str) -> list[Pick]:
    """People who may inspect."""
    return [Pick({"person": p.id.hex, "name": p.name}, p.name, p.job or p.grid) for p in people.like(s, text)]


def grids(s: Session, text: str) -> list[Pick]:
    """Grids whose name or code fits."""
    found = [row for row in units.grids(s) if text in row.name or text.lower() in row.code.lower()]
    return [Pick({"grid": row.id.hex, "name": row.name}, row.name, row.unit) for row in found[:20]]


def prefilled(s: Session, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows for fields of a check known beforehand."""
    known: dict[str, Any] = {}
    if given.get("place"):
        known["place"] = {"name": given["place"], "grid": None}
    if given.get("household_id") and (home := s.get(Household, given["household_id"])):
        known["place"] = {"name": home.address, "grid": home.grid_id.hex if home.grid_id else None}
    if given.get("risk_point_id") and (point := s.get(RiskPoint, given["risk_point_id"])):
        known["risk_point"] = point.id.hex
        known["place"] = {"name": point.name, "grid": point.grid_id.hex if point.grid_id else None}
    if given.get("grid_id") and (grid := s.get(Grid, given["grid_id"])):
        known["grid"] = {"grid": grid.id.hex, "name": grid.name}
    return known
