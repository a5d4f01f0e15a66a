"""Which issues stand under a 共性问题 or were merged into one, and how many people are behind them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.models.issues import Issue, IssueState
from app.services.issue_rows import IssueRow, rows


@dataclass(frozen=True)
class Members:
    """The issues put under a 共性问题 (or merged into one), and how many people stand behind them."""

    rows: tuple[IssueRow, ...] = ()
    people: int = 0


def grouped(s: Session, issue_id: uuid.UUID) -> Members:
    """The issues grouped under this one."""
    return _members(s, IssueState.common_id == issue_id)


def merged(s: Session, issue_id: uuid.UUID) -> Members:
    """The issues merged into this one."""
    return _members(s, IssueState.merged_into == issue_id)


def _members(s: Session, condition: ColumnElement[bool]) -> Members:
    found = rows(s, list(s.scalars(select(IssueState.issue_id).where(condition))))
    found = sorted((row for row in found if not row.voided), key=lambda row: (row.day, row.number))
    return Members(tuple(found), people_of(s, [row.id for row in found]))


def people_of(s: Session, ids: Sequence[uuid.UUID]) -> int:
    """How many people stand behind these issues; who has asked in several counts once."""
    query = select(Issue.id, Issue.reporter_id, Issue.people).where(Issue.id.in_(ids), Issue.voided_at.is_(None))
    most: dict[uuid.UUID, int] = {}
    for issue, reporter, people in s.execute(query):
        key = reporter or issue
        most[key] = max(most.get(key, 0), people)
    return sum(most.values())
