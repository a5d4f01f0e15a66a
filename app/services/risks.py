"""Risk points 风险点: entered, amended, voided; listed, searched, each with the hazards that were found there."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.clock import now, today
from app.errors import Refusal
from app.i18n import N_
from app.models import searching
from app.models.grids import Grid
from app.models.issues import Issue, IssueState, still_open
from app.models.risks import RiskPoint, level_of, score_of
from app.services import codes, listing
from app.services.access import actor, allow
from app.services.issue_rows import IssueRow
from app.services.issue_rows import rows as issue_rows
from app.services.listing import Found, Query, below, in_scope
from app.services.sealed import visible
from app.services.units import grid_path

_GONE = N_("没有找到这个风险点, 可能已移交其他单位, 或不在您的查看范围内。")
#: So many hazards of a point are shown, the latest first.
SHOWN = 50


@dataclass(frozen=True)
class RiskRow:
    """One risk point as lists show it; `open` hazards are not put right yet, `late` ones are overdue."""

    id: uuid.UUID
    code: str
    thing: str
    place: str
    hazard: str
    level: str
    grid: str
    grid_id: uuid.UUID | None
    owner: str
    open: int
    late: int
    voided: bool = False


@dataclass(frozen=True)
class RiskView:
    """One risk point, whole, with the hazards found at it, open ones first."""

    row: RiskRow
    kind: str
    accident: str
    score: str
    controls: str
    void_reason: str
    hazards: tuple[IssueRow, ...]


def enter(s: Session, point: RiskPoint) -> RiskPoint:
    """The risk point is on record; refused without place, hazard or grid, or with factors that cannot be."""
    _settle(s, point)
    s.add(point)
    s.flush()
    return point


def amend(s: Session, point_id: uuid.UUID, **fields: Any) -> RiskPoint:
    """These fields of the risk point have new values; the former ones stay in the history."""
    point = _mine(s, point_id)
    scored = point.factors
    for name, value in fields.items():
        setattr(point, name, value)
    if scored and not point.factors:  # a score copied from a list without factors stays
        point.score = None
    _settle(s, point)
    s.flush()
    return point


def void(s: Session, point_id: uuid.UUID, reason: str) -> None:
    """The risk point is out of force with a reason; its hazards stay as they are, and it stays readable."""
    point = _mine(s, point_id)
    if not reason.strip():
        raise Refusal("reason_missing", N_("请写明作废的原因。"))
    point.voided_at, point.void_reason = now(), reason.strip()


def restore(s: Session, point_id: uuid.UUID) -> None:
    """The voided risk point is in force again."""
    point = _mine(s, point_id)
    point.voided_at = point.void_reason = None


def twins(s: Session, point: RiskPoint) -> list[RiskRow]:
    """Risk points in force that may be the same: with its number, or of the same place, thing and hazard."""
    same: list[ColumnElement[bool]] = [
        and_(RiskPoint.place == point.place, RiskPoint.hazard == point.hazard, RiskPoint.thing.is_not_distinct_from(point.thing))
    ]  # fmt: skip
    if point.code:
        same.append(RiskPoint.code == point.code)
    found = select(RiskPoint.id).where(or_(*same), RiskPoint.id != point.id, RiskPoint.voided_at.is_(None)).limit(5)
    return rows(s, list(s.scalars(found)))


def _mine(s: Session, point_id: uuid.UUID) -> RiskPoint:
    point = s.get(RiskPoint, point_id)
    if point is None:
        raise Refusal("risk_gone", _GONE)
    allow(s, "risk.edit", point.path)
    return point


def _settle(s: Session, point: RiskPoint) -> None:
    """The point is sound and lies where its grid does; score and level follow from its factors where they are not given."""
    point.path = grid_path(s, point.grid_id) or point.path or actor(s).path
    allow(s, "risk.edit", point.path)
    for field, sentence in point.problems().items():
        raise Refusal("risk_unsound", sentence, field=field)
    if (score := score_of(point.factors)) is not None:
        point.score, point.level = score, point.level or level_of(float(score))


def find(s: Session, query: Query) -> Found:
    """The ids of risk points in scope; chips: open (hazards not put right), grave (重大 and 较大), voided; filters: grid, unit (a path)."""
    in_force = RiskPoint.voided_at.is_not(None) if query.chip == "voided" else RiskPoint.voided_at.is_(None)
    chosen = select(RiskPoint.id).where(in_scope(RiskPoint, actor(s).path), in_force)
    if query.chip == "open":
        chosen = chosen.where(RiskPoint.id.in_(_open(s)))
    elif query.chip == "grave":
        chosen = chosen.where(RiskPoint.level.in_(("major", "high")))
    if grid := query.filters.get("grid"):
        chosen = chosen.where(RiskPoint.grid_id == grid)
    if unit := query.filters.get("unit"):
        chosen = chosen.where(below(RiskPoint, unit))
    if query.text.strip():
        chosen = chosen.where(RiskPoint.id.in_(searching.matching(s.connection(), query.text, "risk_point")))
    sorts: dict[str, Any] = {
        "thing": RiskPoint.thing,
        "hazard": RiskPoint.hazard,
        "level": RiskPoint.level,
        "code": RiskPoint.code,
    }
    column = sorts.get(query.sort, RiskPoint.place)
    order = (column.desc(), RiskPoint.id.desc()) if query.descending else (column, RiskPoint.id)
    return listing.ids(s, chosen.order_by(*order))


def _open(s: Session) -> Any:
    return (
        select(Issue.risk_point_id)
        .join(IssueState, IssueState.issue_id == Issue.id)
        .where(Issue.risk_point_id.is_not(None), Issue.voided_at.is_(None), still_open(), visible(actor(s)))
    )


def rows(s: Session, ids: list[uuid.UUID]) -> list[RiskRow]:
    """The risk points of these ids in scope, in this order."""
    late = func.sum(case((IssueState.owed_on < today(), 1), else_=0))
    counted = (
        select(Issue.risk_point_id, func.count(), late)
        .join(IssueState, IssueState.issue_id == Issue.id)
        .where(Issue.risk_point_id.in_(ids), Issue.voided_at.is_(None), still_open(), visible(actor(s)))
        .group_by(Issue.risk_point_id)
    )
    counts = {point: (n, int(over or 0)) for point, n, over in s.execute(counted)}
    query = (
        select(RiskPoint, Grid.name)
        .outerjoin(Grid, Grid.id == RiskPoint.grid_id)
        .where(RiskPoint.id.in_(ids), in_scope(RiskPoint, actor(s).path))
    )
    found = {
        point.id: RiskRow(
            point.id, point.code or "", point.thing or "", point.place, point.hazard, point.level or "", grid or "",
            point.grid_id, point.owner or "", *counts.get(point.id, (0, 0)), point.voided,
        )
        for point, grid in s.execute(query)
    }  # fmt: skip
    return [found[one] for one in ids if one in found]


def like(s: Session, text: str, limit: int = 20) -> list[RiskRow]:
    """Risk points in scope whose words fit: place, thing, hazard, number."""
    return rows(s, list(find(s, Query(text=text, descending=False)).ids[:limit])) if text.strip() else []


def one(s: Session, point_id: uuid.UUID) -> RiskView:
    """The risk point, whole; refused when it is not here or not for this person."""
    point = s.get(RiskPoint, point_id)
    shown = rows(s, [point_id])
    if point is None or not shown:
        raise Refusal("risk_gone", _GONE)
    found = (
        select(Issue.id)
        .join(IssueState, IssueState.issue_id == Issue.id)
        .where(Issue.risk_point_id == point_id, Issue.voided_at.is_(None), visible(actor(s)))
        .order_by(IssueState.closed_on.is_not(None), Issue.day.desc(), Issue.id.desc())
        .limit(SHOWN)
    )
    return RiskView(
        shown[0],
        codes.label(codes.labels(s, "risk_kind"), point.kind) if point.kind else "",
        _word(codes.labels(s, "accident"), point.accident),
        " = ".join(part for part in (point.factors, point.score) if part),
        point.controls or "",
        point.void_reason or "",
        tuple(issue_rows(s, list(s.scalars(found)))),
    )


def _word(known: dict[str, str], given: str | None) -> str:
    """The label of a code; a word of a ledger that is none stays as it was written."""
    return known.get(given or "", given or "")
