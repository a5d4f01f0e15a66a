"""老问题: closed issues of the same person, place or topic are proposed when one comes back; a person links them or says no."""

import difflib
import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from app.i18n import N_, _, joined
from app.models.folding import Fold
from app.models.issues import Issue, IssueState
from app.models.recurrence import Rule, readable, rule_for
from app.models.steps import Step
from app.services import codes
from app.services.access import actor
from app.services.issue_rows import IssueRow, rows
from app.services.sealed import visible
from app.services.steps import step

#: Nobody reads more proposals than these.
MOST = 5
#: Hazards at one place are the same when their words are at least this alike.
ALIKE = 0.6
_GROUNDS = {"person": N_("同一人"), "place": N_("同一地点"), "topic": N_("同一网格同一主题")}


@dataclass(frozen=True)
class Proposal:
    """A closed issue that this one may bring back, the day it was closed, and what they share, in words."""

    row: IssueRow
    closed_on: date
    why: str


def rules(s: Session) -> tuple[Rule, ...]:
    """The rules in force; those shipped where headquarters has not sent any."""
    return readable(codes.in_force(s, "recurrence"))


def proposals(s: Session, issue: Issue, stand: Fold | None = None) -> list[Proposal]:
    """Issues closed within the chosen time before this one was heard, the most alike first; none that were linked or denied."""
    rule = rule_for(rules(s), issue.kind)
    shared: dict[uuid.UUID, list[str]] = {}
    closed: dict[uuid.UUID, date] = {}
    known = {*(stand.links if stand else ()), *(stand.denied if stand else ())}
    for ground in rule.same:
        for condition in _conditions(issue, ground):
            for one in s.execute(_closed(s, issue, rule).where(condition).limit(20)):
                if one.id in known or not _alike(issue, one.title, one.text):
                    continue
                closed[one.id] = one.closed_on
                if ground not in shared.setdefault(one.id, []):
                    shared[one.id].append(ground)
    best = sorted(shared, key=lambda one: (-len(shared[one]), -closed[one].toordinal()))[:MOST]
    found = {row.id: row for row in rows(s, best)}
    return [
        Proposal(found[one], closed[one], joined(_(_GROUNDS[ground]) for ground in shared[one]))
        for one in best
        if one in found
    ]


def _closed(s: Session, issue: Issue, rule: Rule) -> "Select[uuid.UUID, str, str | None, date | None]":
    day = issue.heard_on or issue.day
    query = (
        select(Issue.id, Issue.title, Issue.text, IssueState.closed_on)
        .join(IssueState, IssueState.issue_id == Issue.id)
        .where(visible(actor(s)), Issue.kind == issue.kind, Issue.id != issue.id, Issue.voided_at.is_(None))
        .where(IssueState.closed_on.between(day - timedelta(days=rule.days), day))
        .order_by(IssueState.closed_on.desc())
    )
    return query.where(Issue.topic == issue.topic) if issue.topic else query


def _conditions(issue: Issue, ground: str) -> list[ColumnElement[bool]]:
    """An index each; together SQLite would read the whole table."""
    place = (issue.place or "").strip()
    if ground == "person":
        named = [Issue.reporter_id == issue.reporter_id] if issue.reporter_id else []
        return named + ([Issue.household_id == issue.household_id] if issue.household_id else [])
    if ground == "place":
        at = [Issue.place == place] if place else []
        return at + ([Issue.risk_point_id == issue.risk_point_id] if issue.risk_point_id else [])
    return [Issue.grid_id == issue.grid_id] if issue.topic and issue.grid_id else []


def _alike(issue: Issue, title: str, text: str | None) -> bool:
    """Hazards have no topic: at one place there are many, and only words tell which is back."""
    if issue.kind != "hazard" or issue.topic:
        return True
    mine, theirs = (issue.title, issue.text or ""), (title, text or "")
    pairs = [(a, b) for a, b in zip(mine, theirs, strict=True) if a and b]
    return any(difflib.SequenceMatcher(None, a, b).ratio() >= ALIKE for a, b in pairs)


def accept(s: Session, issue_id: uuid.UUID, former: uuid.UUID) -> Step:
    """The issue brings back that closed one: linked as 老问题, counted, found by its filter."""
    return step(s, issue_id, Step(issue_id=issue_id, kind="link", way="again", other_id=former))


def deny(s: Session, issue_id: uuid.UUID, other: uuid.UUID) -> Step:
    """It is not that one: not proposed again, and a link that was made is taken back."""
    return step(s, issue_id, Step(issue_id=issue_id, kind="link", way="apart", other_id=other))


def times(s: Session, issue_id: uuid.UUID) -> int:
    """The how manieth time the problem has come: 1 for one that brings nothing back."""
    seen = {issue_id}
    here: uuid.UUID | None = issue_id
    while here is not None:
        here = s.scalar(select(IssueState.former_id).where(IssueState.issue_id == here))
        if here in seen:
            break
        if here is not None:
            seen.add(here)
    return len(seen)
