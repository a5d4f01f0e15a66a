"""派单规则: which department or unit usually handles a topic, as headquarters wrote it; a proposal, never more."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from app.clock import today
from app.models import routing
from app.models.codes import Code
from app.models.routing import Known, Route
from app.models.units import Unit
from app.services import codes


@dataclass(frozen=True)
class Usual:
    """Who usually handles it: the unit if one of ours bears the department's name, else the department's name alone; by which rule."""

    unit: uuid.UUID | None
    path: str
    name: str
    rule: str


def routes(s: Session) -> tuple[Route, ...]:
    """The rules in force; those shipped where headquarters has not sent any."""
    return routing.readable(codes.in_force(s, "routing"))


def check(s: Session, values: Sequence[Mapping[str, Any]]) -> None:
    """The rules are sound and name topics, kinds, departments and units that are there; refused with all faults named."""
    units = s.scalars(select(Unit.code).where(Unit.code.is_not(None), Unit.partner.is_(False), *_standing()))
    known = Known(
        topics=_codes(s, "topic"), kinds=_codes(s, "issue_kind"), departments=_codes(s, "department"),
        units=frozenset(code for code in units if code),
    )  # fmt: skip
    routing.read(values, known)


def _codes(s: Session, table: str) -> frozenset[str]:
    return frozenset(choice.code for choice in codes.choices(s, table))


def propose(s: Session, topic: str | None, kind: str, path: str) -> Usual | None:
    """Who usually handles this topic for an issue of this unit path; None where no rule speaks of it."""
    if not topic:
        return None
    above = _above(s, path)
    route = routing.fitting(routes(s), _with_groups(s, topic), kind, [unit.code or "" for unit in above])
    if route is None:
        return None
    unit = _of_code(s, route.unit) if route.unit else _of_department(s, route.department, above)
    label = codes.label(codes.labels(s, "department"), route.department) or route.unit
    return Usual(unit.id if unit else None, unit.path if unit else "", unit.name if unit else label, route.name)


def _with_groups(s: Session, topic: str) -> list[str]:
    parents = {choice.code: choice.parent for choice in codes.choices(s, "topic", retired=True)}
    found = [topic]
    while (parent := parents.get(found[-1])) and parent not in found:
        found.append(parent)
    return found


def _above(s: Session, path: str) -> list[Unit]:
    """The unit at this path and those above it, the nearest first."""
    query = select(Unit).where(literal(path).startswith(Unit.path), Unit.partner.is_(False), Unit.voided_at.is_(None))
    return list(s.scalars(query.order_by(func.length(Unit.path).desc())))


def _of_code(s: Session, code: str) -> Unit | None:
    return s.scalars(select(Unit).where(Unit.code == code, Unit.partner.is_(False), *_standing()).limit(1)).first()


def _of_department(s: Session, department: str, above: Sequence[Unit]) -> Unit | None:
    """The department of this name that belongs to the nearest unit above."""
    known = s.execute(select(Code.zh, Code.aliases).where(Code.kind == "department", Code.code == department)).all()
    shipped = [(one["zh"], one["aliases"]) for one in codes.shipped()["department"] if one["code"] == department]
    names = {name for zh, others in (*known, *shipped) for name in (zh, *(others or ()))}
    near = {unit.id: n for n, unit in enumerate(above)}
    query = select(Unit).where(Unit.kind == "department", Unit.name.in_(names), Unit.parent_id.in_(near), *_standing())
    return min(s.scalars(query), key=lambda unit: near[unit.parent_id] if unit.parent_id else 0, default=None)


def _standing() -> tuple[Any, ...]:
    return Unit.voided_at.is_(None), (Unit.to_on.is_(None)) | (Unit.to_on > today())
