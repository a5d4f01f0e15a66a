"""入户走访台账: every visit of the period, grid by grid."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.i18n import N_, _, joined
from app.ledgers import arranging
from app.ledgers.arranging import GROUP, ID, Rows
from app.ledgers.page import Column
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.grids import Grid
from app.models.people import Household, Person
from app.models.posts import Post
from app.models.visits import FIVE_STEPS, Help, Visit
from app.services import codes


def columns(s: Session, _period: Period) -> tuple[Column, ...]:
    """The columns of the paper, in its order."""
    ways = tuple(choice.label for choice in codes.choices(s, "visit_way"))
    return (
        Column(_("序号"), "n", 10, "center", "number"),
        Column(_("走访日期"), "day", 19, kind="date"),
        Column(_("走访人"), "visitors", 20, "center"),
        Column(_("走访对象"), "met", 19, "center"),
        Column(_("住址"), "address", 31),
        Column(_("走访方式"), "way", 14, "center", choices=ways),
        Column(_("走访内容"), "content", 62, kind="multiline"),
        Column(_("反映问题"), "problem", 32, kind="multiline"),
        Column(_("帮扶情况"), "help", 28, kind="multiline"),
        Column(_("处理结果"), "result", 20),
        Column(_("备注"), "note", 12),
    )


def rows(s: Session, period: Period, scope: Scope, _masked: bool) -> Rows:
    """The visits submitted in the period and not voided, grid by grid."""
    tally = _Tally()
    return Rows(
        _rows(s, period, scope, tally),
        lambda grid, _count: tally.headings[grid],
        restart=True,
        closing=lambda: tally.sentence(period) if tally.visits else "",
        notes=(
            _("走访次数＝期间内已提交、未作废的走访记录数；走访户数＝其中不重复的住户数。"),
            _("帮扶件数＝这些走访中登记的帮扶数。更正过的走访以最新内容为准，备注栏注明“更正”。"),
        ),
    )


@dataclass
class _Tally:
    visits: int = 0
    helps: int = 0

    def __post_init__(self) -> None:
        self.homes: set[uuid.UUID] = set()
        self.headings: dict[str, str] = {}

    def sentence(self, period: Period) -> str:
        words = _("合计：{this}走访 {visits} 次，走访 {homes} 户，帮扶 {helps} 件。")
        return words.format(this=period.this, visits=self.visits, homes=len(self.homes), helps=self.helps)


def _rows(s: Session, period: Period, scope: Scope, tally: _Tally) -> Iterator[arranging.Row]:
    helps = _helps(s, period, scope)
    ways, results = codes.labels(s, "visit_way"), codes.labels(s, "visit_result")
    leaders = _leaders(s, period.last, scope)
    for row in _visits(s, period, scope):
        group = row.grid.hex if row.grid else ""
        if group not in tally.headings:
            tally.headings[group] = _grid_words(row.grid_name, leaders.get(row.grid) if row.grid else None)
        given = helps.get(row.id, ())
        tally.visits += 1
        tally.helps += len(given)
        if row.household_id:
            tally.homes.add(row.household_id)
        yield {
            ID: f"visit:{row.id.hex}",
            GROUP: group,
            "grid": row.grid_name or "",
            "day": row.day,
            "visitors": names(row.visitors),
            "met": names(row.met) or row.head or "",
            "address": row.address or row.place or "",
            "way": ways.get(row.way, row.way),
            "content": _content(row),
            "problem": row.problem or _("无"),
            "help": joined(given, N_("；")) or _("无"),
            "result": results.get(row.result, row.result or ""),
            "note": _("更正") if row.correction else "",
        }


def _visits(s: Session, period: Period, scope: Scope) -> Iterator[Row[Any]]:
    query = (
        select(
            Visit.id, Visit.day, Visit.visitors, Visit.met, Visit.way, Visit.place, Visit.summary, Visit.problem,
            Visit.result, Visit.correction, Visit.household_id, *(getattr(Visit, step) for step in FIVE_STEPS),
            Household.address, Household.head, Grid.id.label("grid"), Grid.name.label("grid_name"),
        )
        .outerjoin(Grid, Grid.id == Visit.grid_id)
        .outerjoin(Household, Household.id == Visit.household_id)
        .where(scope.holds(Visit), Visit.day.between(period.first, period.last), Visit.voided_at.is_(None))
        .order_by(Grid.path, Grid.sort, Grid.name, Grid.id, Visit.day, Visit.id)
    )  # fmt: skip
    yield from s.execute(query.execution_options(yield_per=1000))


def _helps(s: Session, period: Period, scope: Scope) -> dict[uuid.UUID, list[str]]:
    kinds = codes.labels(s, "help_kind")
    query = (
        select(Help.visit_id, Help.kind, Help.what)
        .join(Visit, Visit.id == Help.visit_id)
        .where(scope.holds(Visit), Visit.day.between(period.first, period.last), Visit.voided_at.is_(None))
        .where(Help.voided_at.is_(None))
        .order_by(Help.id)
    )
    given: dict[uuid.UUID, list[str]] = {}
    for visit, kind, what in s.execute(query):
        if visit:
            label = kinds.get(kind, kind)
            given.setdefault(visit, []).append(f"{label}：{what}" if what else label)
    return given


def _leaders(s: Session, on: date, scope: Scope) -> dict[uuid.UUID, str]:
    """The grid leaders in office on this day."""
    query = (
        select(Post.grid_id, Person.name)
        .join(Person, Person.id == Post.person_id)
        .where(scope.holds(Post), Post.role == "leader", Post.voided_at.is_(None))
        .where(Post.from_on.is_(None) | (Post.from_on <= on), Post.to_on.is_(None) | (Post.to_on >= on))
        .order_by(Post.from_on)
    )
    return {grid: name for grid, name in s.execute(query) if grid}


def _grid_words(name: str | None, leader: str | None) -> str:
    if leader:
        return _("{grid}（网格长：{leader}）").format(grid=name, leader=leader)
    return name or _("未分网格")


def _content(row: Row[Any]) -> str:
    """The summary, then whatever stands in the five notes 看听报防帮."""
    labels = (_("看"), _("听"), _("报"), _("防"), _("帮"))
    notes = [f"{label}：{text}" for label, step in zip(labels, FIVE_STEPS, strict=True) if (text := getattr(row, step))]
    return "\n".join(filter(None, (row.summary, *notes)))


def names(people: list[Any] | None) -> str:
    """The names of visitors or of those met, as one text."""
    return joined(str(entry.get("name", "")) for entry in people or ())
