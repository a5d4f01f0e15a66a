"""Units and grids of an imported organisation, placed below what is there already."""

import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.grids import Grid
from app.models.units import Unit
from app.models.values import new_id
from app.services.imports.cells import Labels
from app.services.imports.findings import Outcome
from app.services.imports.stored import code_tables, trails_of

if TYPE_CHECKING:
    from app.services.imports.intake import Taking

_GRIDS = {"网格": "grid", "微格": "micro"}
Trail = tuple[str, ...]


class Growth:
    """The tree while it grows: what stands at each trail of names, and which paths are taken."""

    def __init__(self, s: Session) -> None:
        units = list(s.scalars(select(Unit).where(Unit.voided_at.is_(None)).order_by(Unit.path)))
        trails = trails_of(units)
        self.units: dict[Trail, tuple[uuid.UUID, str]] = {trails[unit.id]: (unit.id, unit.path) for unit in units}
        self.by_name = {unit.name: trails[unit.id] for unit in reversed(units)}
        self.taken = {path for (path,) in s.execute(select(Unit.path))}
        self.root = next((trails[unit.id] for unit in units if unit.parent_id is None and not unit.partner), ())
        self.grids: dict[Trail, uuid.UUID] = {}
        for grid in s.scalars(select(Grid).where(Grid.voided_at.is_(None)).order_by(Grid.parent_id.is_not(None))):
            above = next((trail for trail, there in self.grids.items() if there == grid.parent_id), None)
            above = above or trails.get(grid.unit_id, ())
            self.grids[(*above, grid.name)] = grid.id

    def below(self, path: str) -> str:
        """A path for the next unit under this one, never used before."""
        number = 1
        while f"{path}{number:02d}/" in self.taken:
            number += 1
        self.taken.add(f"{path}{number:02d}/")
        return f"{path}{number:02d}/"

    def start(self, trail: Trail) -> Trail:
        """The trail in the store: a factory that is known by name keeps its place, a new one comes below the root."""
        first = self.by_name.get(trail[0])
        return (*first, *trail[1:]) if first else (*self.root, *trail)


def take_nodes(s: Session, outcome: Outcome, taking: "Taking") -> None:
    """Units and grids that were not there are on record; those that were stay as they are."""
    if not outcome.nodes:
        return
    tree, kinds = Growth(s), Labels(code_tables(s)["unit_kind"])
    units: list[tuple[str, int, dict[str, Any]]] = []
    grids: list[tuple[str, int, dict[str, Any]]] = []
    for number, node in enumerate(outcome.nodes):
        trail = tree.start(tuple(node["trail"]))
        if node["kind"] in _GRIDS:
            if trail not in tree.grids:
                grids.append((node["sheet"], node["row"], _grid(tree, node, trail, number)))
        elif trail not in tree.units:
            units.append((node["sheet"], node["row"], _unit(tree, node, trail, kinds)))
    taking.put(Unit, _spread(units))
    taking.put(Grid, _spread(grids))


def _unit(tree: Growth, node: dict[str, Any], trail: Trail, kinds: Labels) -> dict[str, Any]:
    parent, above = tree.units[trail[:-1]]
    path = tree.below(above)
    codes = sorted(kinds.codes(node["kind"]))
    row = {
        "id": new_id(),
        "name": node["name"],
        "kind": codes[0] if codes else "team",
        "code": node["code"],
        "parent_id": parent,
        "path": path,
    }
    tree.units[trail] = (row["id"], path)
    return row


def _grid(tree: Growth, node: dict[str, Any], trail: Trail, number: int) -> dict[str, Any]:
    above = trail[:-1]
    while above not in tree.units:
        above = above[:-1]
    unit, path = tree.units[above]
    row = {
        "id": new_id(),
        "name": node["name"],
        "kind": _GRIDS[node["kind"]],
        "unit_id": unit,
        "code": node["code"],
        "parent_id": tree.grids.get(trail[:-1]),
        "area": node.get("area"),
        "sort": number,
        "stated_people": node.get("stated_people"),
        "stated_party": node.get("stated_party"),
        "note": node.get("note"),
        "path": path,
    }
    tree.grids[trail] = row["id"]
    return row


def _spread(rows: list[tuple[str, int, dict[str, Any]]]) -> list[tuple[str, int, dict[str, Any]]]:
    """Parents before children."""
    return sorted(rows, key=lambda one: one[2]["path"].count("/"))
