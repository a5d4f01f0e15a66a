"""Units come to an end: from a day on one stands no more, and another goes on with its duties."""

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.errors import Refusal
from app.i18n import N_, joined
from app.models.issues import IssueState, still_open
from app.models.units import Unit
from app.services.access import actor, allow
from app.services.listing import in_scope
from app.services.units import gone

_ROOT = N_("「{unit}」是最上级单位, 不能撤销。")
_BELOW = N_("「{unit}」下面还有单位: {names}。请先撤销它们, 再撤销它。")
_EARLY = N_("「{unit}」自 {day} 起才有, 撤销日期不能在那以前。")
_SELF = N_("承接单位不能是「{unit}」自己。请换一个。")
_GONE = N_("「{successor}」在 {day} 已经撤销, 不能承接。请换一个。")
_OUTSIDE = N_("「{successor}」是外单位, 不能承接本系统单位的工作。请换一个。")


@dataclass(frozen=True)
class UnitLine:
    """One unit of our own as 管理 lists it; `to_on` is the day from which it stands no more."""

    id: uuid.UUID
    name: str
    kind: str
    code: str
    parent: str
    path: str
    to_on: date | None
    successor: str


def listed(s: Session) -> list[UnitLine]:
    """All units of our own that the acting person sees, dissolved ones too, parents before children."""
    above, after = aliased(Unit), aliased(Unit)
    query = (
        select(Unit, above.name, after.name)
        .outerjoin(above, above.id == Unit.parent_id)
        .outerjoin(after, after.id == Unit.successor_id)
        .where(in_scope(Unit, actor(s).path), Unit.partner.is_(False), Unit.voided_at.is_(None))
    )
    return [
        UnitLine(u.id, u.name, u.kind, u.code or "", parent or "", u.path, u.to_on, successor or "")
        for u, parent, successor in s.execute(query.order_by(Unit.path, Unit.sort, Unit.name))
    ]


def dissolve(s: Session, unit: uuid.UUID, on: date, successor: uuid.UUID | None = None) -> int:
    """From that day the unit stands no more and the successor (else the unit above) goes on with its duties.

    Returns how many open issues it holds: whoever is above may pass them on. Refused: the root, a unit with others below
    it, a day before it began, a successor that does not stand on that day.
    """
    one = s.get_one(Unit, unit)
    allow(s, "unit.edit", one.path)
    if one.parent_id is None:
        raise Refusal("unit_root", _ROOT, unit=one.name)
    if one.from_on is not None and on < one.from_on:
        raise Refusal("unit_early", _EARLY, unit=one.name, day=one.from_on.isoformat())
    below = select(Unit).where(Unit.parent_id == one.id, Unit.voided_at.is_(None), Unit.partner.is_(False))
    if names := [child.name for child in s.scalars(below.order_by(Unit.path)) if not gone(child, on)]:
        raise Refusal("unit_not_empty", _BELOW, unit=one.name, names=joined(names[:5]))
    after = s.get_one(Unit, successor) if successor is not None else None
    if after is not None:
        _fits(one, after, on)
    one.to_on, one.successor_id = on, successor
    if one.partner:
        return 0
    held = select(func.count()).select_from(IssueState).where(still_open(), IssueState.holder == one.path)
    return s.scalar(held) or 0


def _fits(unit: Unit, after: Unit, on: date) -> None:
    if after.id == unit.id:
        raise Refusal("successor_self", _SELF, unit=unit.name)
    if after.partner and not unit.partner:
        raise Refusal("successor_outside", _OUTSIDE, successor=after.name)
    if gone(after, on):
        raise Refusal("successor_gone", _GONE, successor=after.name, day=on.isoformat())


def restore(s: Session, unit: uuid.UUID) -> None:
    """The unit stands as if it had never been dissolved."""
    one = s.get_one(Unit, unit)
    allow(s, "unit.edit", one.path)
    one.to_on, one.successor_id = None, None
