"""Ctrl+K: people, households, issues and visits found at once, only what the person may see."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.clock import today
from app.services import issues, people, policies, visits
from app.services.listing import Query

_EACH = 6


@dataclass(frozen=True)
class Anything:
    """One find: the page that shows it, its id, its name, what it is, and an icon's meaning."""

    page: str
    id: Any
    title: str
    detail: str
    icon: str


def anything(s: Session, text: str) -> list[Anything]:
    """What fits the words, people first."""
    if not text.strip():
        return []
    found = [
        Anything("registry", row.id, row.name, " · ".join(filter(None, (row.grid, row.address))), "person")
        for row in people.like(s, text, limit=_EACH)
    ]
    found += [
        Anything("registry", row.id, row.address, " · ".join(filter(None, (row.head, row.grid))), "household")
        for row in people.homes_like(s, text, limit=_EACH)
    ]
    query = Query(text=text)
    found += [
        Anything("issues", row.id, row.title, f"{row.number} · {row.state_label}", "issue")
        for row in issues.rows(s, list(issues.find(s, query).ids[:_EACH]))
    ]
    found += [
        Anything("admin", ("policies", row.id), row.question, row.source, "help")
        for row in policies.find(s, text, today())[:_EACH]
    ]
    found += [
        Anything("visits", row.id, row.met or row.address, f"{row.day} · {row.summary[:40]}", "visit")
        for row in visits.rows(s, list(visits.find(s, query).ids[:_EACH]))
    ]
    return found
