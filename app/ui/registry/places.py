"""The tree of units and grids, and the part of the organisation chosen in it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from app.i18n import _
from app.services import units
from app.services.listing import Found, Query
from app.services.units import GridRow
from app.ui.tasks import Session
from app.ui.widgets.tree import Leaf


@dataclass(frozen=True)
class Place:
    """Where one looks: everywhere, a unit with all below it (its path), or one grid."""

    unit: uuid.UUID | None = None
    path: str = ""
    grid: uuid.UUID | None = None
    name: str = ""


EVERYWHERE = Place()


def children(s: Session, above: Place | None) -> list[Leaf]:
    """The entries below one: units first, then its grids; at the top also 「全部」."""
    tree = units.tree(s)
    grids = units.grids(s)
    known = {unit.id for unit in tree}
    holders = {unit.parent for unit in tree} | {grid.unit_id for grid in grids}
    if above is None:
        roots = [unit for unit in tree if unit.parent not in known]
        first = [Leaf(EVERYWHERE, _("全部"), icon="registry")]
    else:
        roots, first = [unit for unit in tree if unit.parent == above.unit], []
    made = [
        Leaf(Place(unit.id, unit.path, None, unit.name), unit.name, "", "unit", unit.id in holders) for unit in roots
    ]
    return [*first, *made, *(_grid(grid) for grid in grids if above is not None and grid.unit_id == above.unit)]


def _grid(grid: GridRow) -> Leaf:
    return Leaf(
        Place(grid.unit_id, grid.path, grid.id, grid.name), grid.name, "" if grid.leader else _("网格长空缺"), "grid"
    )


def within_place(find: Callable[[Session, Query], Found]) -> Callable[[Session, Query], Found]:
    """A service's `find`, kept to the place under the filter `place`."""

    def found(s: Session, query: Query) -> Found:
        filters: dict[str, Any] = dict(query.filters)
        place = filters.pop("place", EVERYWHERE)
        if place.grid is not None:
            filters["grid"] = place.grid
        elif place.path:
            filters["unit"] = place.path
        return find(s, replace(query, filters=filters))

    return found
