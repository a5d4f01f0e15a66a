"""Drafts: saved while typing, found again after any crash, gone only when their record is saved or the user says so."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.clock import now
from app.models.drafts import Draft
from app.services.access import actor


@dataclass(frozen=True)
class DraftRow:
    """One draft: which form, what it is about, when it was saved, and what was typed."""

    id: uuid.UUID
    form: str
    title: str
    saved_at: datetime
    data: dict[str, Any]


def keep(s: Session, form: str, data: dict[str, Any], *, title: str = "", draft: uuid.UUID | None = None) -> uuid.UUID:
    """What was typed is in the store (not in any list yet); the same draft is overwritten. Returns its id."""
    found = s.get(Draft, draft) if draft else None
    if found is None:
        found = Draft(form=form, account=actor(s).account, data=data, title=title)
        if draft:
            found.id = draft
        s.add(found)
    found.data, found.title, found.saved_at = data, title, now()
    s.flush()
    s.info.setdefault("changed_tables", set()).add("draft")
    return found.id


def mine(s: Session, form: str | None = None) -> list[DraftRow]:
    """The drafts of the person signed in, newest first."""
    query = select(Draft).where(Draft.account == actor(s).account).order_by(Draft.saved_at.desc())
    if form:
        query = query.where(Draft.form == form)
    return [DraftRow(d.id, d.form, d.title, d.saved_at, d.data) for d in s.scalars(query)]


def drop(s: Session, draft: uuid.UUID | None) -> None:
    """The draft is gone: its record was saved, or its author threw it away."""
    if draft is not None:
        s.execute(delete(Draft).where(Draft.id == draft))
        s.info.setdefault("changed_tables", set()).add("draft")
