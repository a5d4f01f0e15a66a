"""Risk points 风险点: listed, searched, each with the hazards that were found there."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.clock import today
from app.errors import Refusal
from app.i18n import N_
from app.models import searching
from app.models.grids import Grid
from app.models.issues import Issue, IssueState, still_open
from app.models.risks import RiskPoint
from app.services import codes, listing
from app.services.access import actor
from app.services.issue_rows import IssueRow
from app.services.issue_rows import rows as issue_rows
from app.services.listing import Found, Query, below, in_scope
from app.services.sealed import visible

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


@dataclass(frozen=True)
class RiskView:
    """One risk point, whole, with the hazards found at it, open ones first."""

    row: RiskRow
    kind: str
    accident: str
    score: str
    controls: str
    hazards: tuple[IssueRow, ...]


def find(s: Session, query: Query) -> Found:
    """The ids of risk points in scope; chips: open (hazards not put right), grave (重大 and 较大); filters: grid, unit (a path)."""
    chosen = select(RiskPoint.id).where(in_scope(RiskPoint, actor(s).path), RiskPoint.voided_at.is_(None))
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
            point.grid_id, point.owner or "", *counts.get(point.id, (0, 0)),
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
        raise Refusal("risk_gone", N_("没有找到这个风险点, 可能已移交其他单位, 或不在您的查看范围内。"))
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
        tuple(issue_rows(s, list(s.scalars(found)))),
    )


def _word(known: dict[str, str], given: str | None) -> str:
    """The label of a code; a word of a ledger that is none stays as it was written."""
    return known.get(given or "", given or "")
