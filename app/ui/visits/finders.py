"""Type-ahead for the form of a visit: homes, people and grids, each as the value a visit keeps."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject

from app.i18n import _
from app.services import people
from app.services.people import HouseholdRow, PersonRow
from app.services.units import GridRow
from app.ui.desk import Desk
from app.ui.tasks import Session
from app.ui.widgets.pickers import Find, Pick

Deliver = Callable[[Sequence[Pick]], None]


def person_pick(row: PersonRow) -> Pick:
    """A person as visits name people: {"person": id, "name": name}."""
    detail = " · ".join(part for part in (row.address, row.job, row.phone) if part)
    return Pick({"person": row.id.hex, "name": row.name}, row.name, detail or row.grid)


def home_pick(row: HouseholdRow, person: PersonRow | None = None) -> Pick:
    """A home with its grid; found by one of the family, it carries that person."""
    value = {
        "household": row.id.hex,
        "name": row.address,
        "grid": row.grid_id.hex if row.grid_id else None,
        "grid_name": row.grid,
        "met": person_pick(person).value if person else None,
    }
    who = person.name if person else row.head
    detail = " · ".join(part for part in (who, _("{n} 人").format(n=row.size) if row.size else "", row.grid) if part)
    return Pick(value, row.address, detail)


def grid_pick(row: GridRow) -> Pick:
    """A grid as the form holds it."""
    return Pick({"grid": row.id.hex, "name": row.name}, row.name, row.unit)


def homes(s: Session, text: str) -> list[Pick]:
    """Homes found by address or head of the family, then those of people found by name."""
    found = people.homes_like(s, text, limit=10)
    seen = {row.id for row in found}
    living = [p for p in people.like(s, text, limit=12) if p.household_id and p.household_id not in seen]
    of = {row.id: row for row in people.homes(s, list({p.household_id for p in living if p.household_id}))}
    others = [home_pick(of[p.household_id], p) for p in living if p.household_id in of]
    return [home_pick(row) for row in found] + others


def finder(desk: Desk, owner: QObject, ask: Callable[[Session, str], list[Pick]]) -> Find:
    """What a picker needs: asks the store, delivers on the window's thread."""

    def find(text: str, deliver: Deliver) -> None:
        desk.tasks.read(lambda s: ask(s, text), deliver, owner=owner)

    return find


def persons(s: Session, text: str) -> list[Pick]:
    """People found by name, pinyin, initials or the end of their phone number."""
    return [person_pick(row) for row in people.like(s, text)]


def free_person(words: str) -> dict[str, Any]:
    """Somebody who is not registered: only the name is kept."""
    return {"person": None, "name": words}


def free_place(words: str) -> dict[str, Any]:
    """A place that is no registered home."""
    return {"household": None, "name": words, "grid": None, "grid_name": "", "met": None}
