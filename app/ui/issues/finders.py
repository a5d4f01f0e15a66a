"""Type-ahead for issues: people, homes, grids, units, and code values by 汉字 or initials."""

import uuid
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from PySide6.QtCore import QObject

from app.clock import today
from app.i18n import _
from app.models import names
from app.services import issues, people, policies, risks, terms, units
from app.services.codes import Choice
from app.services.issues import IssueRow
from app.services.listing import Query
from app.services.people import HouseholdRow, PersonRow
from app.services.policies import PolicyRow
from app.services.risks import RiskRow
from app.services.units import PartnerRow, UnitRow
from app.ui.desk import Desk
from app.ui.tasks import Session
from app.ui.widgets.pickers import Find, Pick

Deliver = Callable[[Sequence[Pick]], None]
#: More offers than this nobody reads.
MOST = 20


def person_pick(row: PersonRow) -> Pick:
    """A person with what tells them from a namesake."""
    detail = " · ".join(part for part in (row.address, row.job, row.phone) if part)
    value = {"person": row.id.hex, "name": row.name, "home": row.household_id.hex if row.household_id else None}
    return Pick(value, row.name, detail or row.grid)


def home_pick(row: HouseholdRow) -> Pick:
    """A home with its grid."""
    value = {"household": row.id.hex, "name": row.address, "grid": row.grid_id.hex if row.grid_id else None}
    return Pick(value, row.address, " · ".join(part for part in (row.head, row.grid) if part))


def unit_pick(row: UnitRow) -> Pick:
    """A unit; partners outside are marked."""
    detail = _("外部单位") if row.partner else row.code
    return Pick({"unit": row.id.hex, "name": row.name}, row.name, detail)


def finder(desk: Desk, owner: QObject, ask: Callable[[Session, str], list[Pick]]) -> Find:
    """What a picker needs: asks the store, delivers on the window's thread."""

    def find(text: str, deliver: Deliver) -> None:
        desk.tasks.read(lambda s: ask(s, text), deliver, owner=owner)

    return find


def persons(s: Session, text: str) -> list[Pick]:
    """People found by name, pinyin, initials or the end of their phone number."""
    return [person_pick(row) for row in people.like(s, text, limit=MOST)]


def homes(s: Session, text: str) -> list[Pick]:
    """Homes found by address or head of the family."""
    return [home_pick(row) for row in people.homes_like(s, text, limit=MOST)]


def own_units(s: Session, text: str) -> list[Pick]:
    """Units of the tree and partners whose name or code fits."""
    return [unit_pick(row) for row in units.tree(s) if _fits(row.name, text) or text.lower() in row.code.lower()][:MOST]


def partners(s: Session, text: str) -> list[Pick]:
    """Partners outside in use whose name fits, each with the day by which it would have to answer a dispatch of today."""
    fitting = [row for row in units.partners(s) if not row.retired and _fits(row.name, text)]
    return [_partner_pick(row, terms.due(s, row.name, today())) for row in fitting[:MOST]]


def _partner_pick(row: PartnerRow, due: date | None) -> Pick:
    value = {"unit": row.id.hex, "name": row.name} | ({"due": due.isoformat()} if due else {})
    return Pick(value, row.name, row.unit)


def grids(s: Session, text: str) -> list[Pick]:
    """Grids whose name fits."""
    found = [row for row in units.grids(s) if _fits(row.name, text)]
    return [Pick({"grid": row.id.hex, "name": row.name}, row.name, row.unit) for row in found[:MOST]]


def policies_like(s: Session, text: str, topic: str = "") -> list[Pick]:
    """Questions of the policy library that fit; without words those under the topic. One not valid says so."""
    return [policy_pick(row) for row in policies.find(s, text, today(), topic)[:MOST]]


def policy_pick(row: PolicyRow) -> Pick:
    """A question with its answer to be quoted, what it rests on and whether that still holds."""
    state = policies.state(row)
    value = {"code": row.id, "name": row.question, "answer": row.answer, "told": state}
    return Pick(value, row.question, " · ".join(part for part in (row.source, state) if part))


def issues_like(s: Session, text: str) -> list[Pick]:
    """Issues found by number or by a word of them."""
    found = issues.find(s, Query(text=text)).ids[:MOST]
    return [issue_pick(row) for row in issues.rows(s, list(found))]


def issue_pick(row: IssueRow) -> Pick:
    """An issue with its number and state; a sealed one gives nothing away."""
    title = row.kind_label if row.sealed else row.title
    return Pick({"issue": row.id.hex, "name": row.number}, title, f"{row.number} · {row.state_label}")


def risk_points(s: Session, text: str) -> list[Pick]:
    """Risk points found by place, thing, hazard or number."""
    return [risk_pick(row) for row in risks.like(s, text, limit=MOST)]


def risk_pick(row: RiskRow) -> Pick:
    """A risk point with what tells it from others at the same place."""
    name = " · ".join(part for part in (row.place, row.thing) if part)
    value = {"risk_point": row.id.hex, "name": name, "place": row.place}
    return Pick(value, name, " · ".join(part for part in (row.hazard, row.code) if part))


def codes(desk: Desk, owner: QObject, kind: str) -> Find:
    """The values of a code table that can be chosen: groups are not offered, their names are told beside."""

    def find(text: str, deliver: Deliver) -> None:
        known = [one for one in desk.codes.get(kind, ()) if not one.retired]
        desk.tasks.read(lambda _s: _offers(known, text), deliver, owner=owner)  # pinyin is heavy: not in the window

    return find


def _offers(known: Sequence[Choice], text: str) -> list[Pick]:
    groups = {one.parent for one in known if one.parent}
    labels = {one.code: one.label for one in known}
    fitting = [
        Pick(one.code, one.label, labels.get(one.parent or "", ""))
        for one in known
        if one.code not in groups and (_fits(one.label, text) or text in labels.get(one.parent or "", ""))
    ]
    return fitting[:MOST]


def _fits(label: str, text: str) -> bool:
    words = text.strip().lower()
    if words in label.lower():
        return True
    sounds = (*names.initials(label), *names.sounds(label)) if words.isascii() else ()
    return any(words in sound for sound in sounds)


def free_person(words: str) -> dict[str, Any]:
    """Somebody who is not registered: only the name is kept."""
    return {"person": None, "name": words, "home": None}


def unit_id(value: dict[str, Any]) -> uuid.UUID:
    """The id of a unit that was picked."""
    return uuid.UUID(hex=value["unit"])
