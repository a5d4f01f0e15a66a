"""Type-ahead of the registry's forms: homes, people and grids by their ids."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from app.services import people, units
from app.services.units import GridRow
from app.ui.desk import Desk
from app.ui.tasks import Session
from app.ui.widgets.pickers import Find, Pick


def finder(desk: Desk, owner: QObject, ask: Callable[[Session, str], list[Pick]]) -> Find:
    """What a picker needs: asks the store, delivers on the window's thread."""

    def find(text: str, deliver: Callable[[Sequence[Pick]], None]) -> None:
        desk.tasks.read(lambda s: ask(s, text), deliver, owner=owner)

    return find


def homes(s: Session, text: str) -> list[Pick]:
    """Homes by address or head of the family."""
    return [
        Pick(row.id, row.address, " · ".join(p for p in (row.head, row.grid) if p))
        for row in people.homes_like(s, text)
    ]


def persons(s: Session, text: str) -> list[Pick]:
    """People by name, pinyin, initials or the end of their number."""
    return [Pick(row.id, row.name, " · ".join(p for p in (row.grid, row.address) if p)) for row in people.like(s, text)]


def grid_pick(row: GridRow) -> Pick:
    """A grid with its unit."""
    return Pick(row.id, row.name, " · ".join(p for p in (row.code, row.unit) if p))


def grids(s: Session, text: str) -> list[Pick]:
    """Grids whose name, code or unit holds the text."""
    low = text.lower()
    fits = (row for row in units.grids(s) if low in f"{row.name} {row.code} {row.unit}".lower())
    return [grid_pick(row) for row in fits][:50]
