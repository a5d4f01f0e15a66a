"""风险点清单: every risk point with its controls and owner, and the hazards found there that are not put right."""

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from app.clock import today
from app.i18n import N_, _, joined
from app.ledgers import arranging, lives
from app.ledgers.arranging import GROUP, ID, Rows
from app.ledgers.page import Column, Value
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.grids import Grid
from app.models.issues import Issue, IssueState
from app.models.risks import RiskPoint
from app.services import codes
from app.services.access import actor
from app.services.sealed import visible


def columns(s: Session, _period: Period) -> tuple[Column, ...]:
    """The columns of the paper, in its order."""

    def offered(kind: str) -> tuple[str, ...]:
        return tuple(choice.label for choice in codes.choices(s, kind))

    point, rating, hazards = _("风险点"), _("评估"), _("未整改隐患")
    return (
        Column(_("序号"), "n", 11, "center", "number"),
        Column(_("编号"), "code", 26, kind="code", group=point),
        Column(_("部位"), "place", 32, group=point),
        Column(_("设备或作业"), "thing", 26, group=point),
        Column(_("类别"), "kind", 16, "center", group=point, choices=offered("risk_kind")),
        Column(_("可能的危害"), "hazard", 44, kind="multiline", group=point),
        Column(_("可能的事故"), "accident", 18, "center", group=point),
        Column(_("L×E×C"), "factors", 18, "center", group=rating),
        Column(_("分值"), "score", 12, "center", "number", group=rating),
        Column(_("等级"), "level", 12, "center", group=rating, choices=offered("risk_level")),
        Column(_("管控措施"), "controls", 60, kind="multiline"),
        Column(_("责任人"), "owner", 18, "center"),
        Column(_("件数"), "open", 12, "center", "number", group=hazards),
        Column(_("超期"), "late", 12, "center", "number", group=hazards),
    )


def rows(s: Session, period: Period, scope: Scope, _masked: bool) -> Rows:
    """The risk points on record, grid by grid, the gravest first, with the hazards open on the last day of the period."""
    on = min(period.last, today())
    tally, names = _Tally(), dict[str, str]()
    return Rows(
        _rows(s, on, scope, tally, names),
        lambda grid, count: _("{grid}（{count} 处）").format(grid=names[grid], count=count),
        closing=lambda: tally.sentence(codes.labels(s, "risk_level")),
        period=_("截至 {day}").format(day=on.isoformat()),
        notes=(
            _(
                "列入在册未注销的风险点。未整改隐患＝登记在该风险点、到 {day} 未销号的隐患；超期＝其中已过整改期限的。"
            ).format(day=on.isoformat()),
        ),
    )


class _Tally:
    """How many points of each level there are, and at how many something is not put right."""

    def __init__(self) -> None:
        self.levels: Counter[str] = Counter()
        self.held = 0

    def sentence(self, labels: dict[str, str]) -> str:
        if not self.levels:
            return ""
        ranked = sorted(
            self.levels, key=lambda code: (list(labels).index(code) if code in labels else len(labels), code)
        )
        told = joined(
            (
                _("{level} {n} 处").format(level=codes.label(labels, code) or _("未评级"), n=self.levels[code])
                for code in ranked
            ),
            N_("，"),
        )
        words = _("合计：{all} 处，其中{told}；有未整改隐患的 {held} 处。")
        return words.format(all=self.levels.total(), told=told, held=self.held)


def _rows(s: Session, on: date, scope: Scope, tally: _Tally, names: dict[str, str]) -> Iterator[arranging.Row]:
    words = {table: codes.labels(s, table) for table in ("risk_kind", "risk_level", "accident")}
    open_ones = _open(s, on, scope)
    rank = case({code: at for at, code in enumerate(words["risk_level"])}, value=RiskPoint.level, else_=99)
    query: Any = (
        select(RiskPoint, Grid.id.label("grid"), Grid.name.label("grid_name"))
        .outerjoin(Grid, Grid.id == RiskPoint.grid_id)
        .where(scope.holds(RiskPoint), RiskPoint.voided_at.is_(None))
        .order_by(
            Grid.path.nulls_last(), Grid.sort, Grid.name, Grid.id, rank, RiskPoint.place, RiskPoint.code, RiskPoint.id
        )
    )
    for point, grid, grid_name in s.execute(query.execution_options(yield_per=1000)):
        group = grid.hex if grid else ""
        names[group] = grid_name or _("未分网格")
        count, late = open_ones.get(point.id, (0, 0))
        tally.levels[point.level or ""] += 1
        tally.held += bool(count)
        yield {
            ID: f"risk_point:{point.id.hex}",
            GROUP: group,
            "grid": grid_name or "",
            "code": point.code or "",
            "place": point.place,
            "thing": point.thing or "",
            "kind": codes.label(words["risk_kind"], point.kind),
            "hazard": point.hazard,
            "accident": codes.label(words["accident"], point.accident),
            "factors": point.factors or "",
            "score": _number(point.score),
            "level": codes.label(words["risk_level"], point.level),
            "controls": point.controls or "",
            "owner": point.owner or "",
            "open": count,
            "late": late,
        }


def _number(text: str | None) -> Value:
    """The score as a number; as it was written where it is none."""
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return text


def _open(s: Session, on: date, scope: Scope) -> dict[uuid.UUID, tuple[int, int]]:
    """Risk point → hazards not put right at the end of this day, and those of them that are overdue."""
    ended = lives.ended_on()
    due = func.coalesce(IssueState.due_on, Issue.due_on)
    query = (
        select(Issue.risk_point_id, func.count(), func.count().filter(due < on))
        .join(RiskPoint, RiskPoint.id == Issue.risk_point_id)
        .outerjoin(IssueState, IssueState.issue_id == Issue.id)
        .where(
            scope.holds(RiskPoint),
            visible(actor(s)),
            Issue.voided_at.is_(None),
            Issue.kind == "hazard",
            Issue.day <= on,
        )
        .where(or_(ended.is_(None), ended > on))
        .group_by(Issue.risk_point_id)
    )
    return {point: (count, late) for point, count, late in s.execute(query) if point}
