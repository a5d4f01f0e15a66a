"""The board of issues: a column for each part of their life, with its count and its first cards."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.i18n import N_
from app.models.issues import IssueState
from app.services import issue_rows
from app.services.issue_rows import MOST_COUNTED, IssueRow
from app.services.listing import Query

#: Key, label (source language) and the stages of each column, in the order of an issue's life.
COLUMNS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("fresh", N_("待受理"), ("registered", "escalated", "returned")),
    ("sent", N_("待签收"), ("dispatched",)),
    ("doing", N_("办理中"), ("accepted", "handling", "forwarded", "suspended")),
    ("told", N_("待回访"), ("answered", "rechecked")),
    ("ready", N_("待办结"), ("revisited",)),
    ("review", N_("复查复核"), ("reviewing", "reviewed", "rereviewing")),
    ("ended", N_("已结束"), ("closed", "declined", "withdrawn", "merged", "ended", "archived")),
)
#: Cards of a column that are shown; the rest is counted, and found in the list.
CARDS = 25


@dataclass(frozen=True)
class Column:
    """One column: how many issues are in it (counting stops at one more than `MOST_COUNTED`), and its first cards."""

    key: str
    label: str
    count: int
    cards: tuple[IssueRow, ...]


def board(s: Session, query: Query, cards: int = CARDS) -> tuple[Column, ...]:
    """The issues that the list would show for this query, by stage: the most pressing first, the latest of those that ended."""
    found = [_column(s, query, stages, cards) for _key, _label, stages in COLUMNS]
    rows = {row.id: row for row in issue_rows.rows(s, [one for _count, ids in found for one in ids])}
    return tuple(
        Column(key, label, count, tuple(rows[one] for one in ids if one in rows))
        for (key, label, _stages), (count, ids) in zip(COLUMNS, found, strict=True)
    )


def _column(s: Session, query: Query, stages: tuple[str, ...], cards: int) -> tuple[int, list[uuid.UUID]]:
    chosen = issue_rows.chosen(s, query)
    some = chosen.where(IssueState.state.in_(stages)).limit(MOST_COUNTED + 1).subquery()
    count = s.scalar(select(func.count()).select_from(some)) or 0
    if not count:
        return 0, []
    if "closed" in stages:
        ordered = chosen.where(IssueState.state.in_(stages)).order_by(IssueState.day.desc(), IssueState.issue_id.desc())
        return count, list(s.scalars(ordered.limit(cards)))
    found = [pair for stage in stages for pair in _first(s, chosen.where(IssueState.state == stage), cards)]
    found.sort(key=lambda pair: (pair[1] is None, pair[1] or date.min, pair[0]))
    return count, [one for one, _owed in found[:cards]]


def _first(s: Session, chosen: Select[uuid.UUID], cards: int) -> list[tuple[uuid.UUID, date | None]]:
    """The most pressing of one stage, in the order of the index of stage and day; those with no day to be kept last."""
    owed: Any = IssueState.owed_on
    query: Any = chosen.add_columns(owed)
    dated = query.where(owed.is_not(None)).order_by(owed, IssueState.issue_id).limit(cards)
    found = [(row[0], row[1]) for row in s.execute(dated)]
    if len(found) < cards:
        rest = query.where(owed.is_(None)).order_by(IssueState.issue_id).limit(cards - len(found))
        found += [(row[0], row[1]) for row in s.execute(rest)]
    return found
