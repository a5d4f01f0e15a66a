"""The history of a record, read from the change log: every revision, who, when, why."""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.accounts import Account
from app.models.changes import Change
from app.models.sites import Site


@dataclass(frozen=True)
class Revision:
    """One revision: its number, who made it where and when, the fields it set as (field, before, after), and the whole row."""

    change: uuid.UUID
    number: int
    author: str
    site: str
    at: datetime
    set: tuple[tuple[str, Any, Any], ...]
    reason: str | None
    row: dict[str, Any]


def of(s: Session, record: uuid.UUID) -> list[Revision]:
    """Every revision of the record, newest first."""
    query = (
        select(Change, Account.name, Site.name)
        .outerjoin(Account, Account.id == Change.author)
        .outerjoin(Site, Site.id == Change.site)
        .where(Change.record == record)
        .order_by(Change.at, Change.site, Change.id)
    )
    found: list[Revision] = []
    before: dict[str, Any] = {}
    for change, author, site in s.execute(query):
        row = json.loads(change.payload) if change.payload else {}
        fields = [] if change.base == 0 else change.fields
        altered = tuple((name, before.get(name), row.get(name)) for name in fields)
        reason = (
            row.get("void_reason") if "voided_at" in change.fields and row.get("voided_at") else row.get("correction")
        )
        found.append(
            Revision(change.id, change.base + 1, author or "", site or "", change.device_at, altered, reason, row)
        )
        before = row
    return found[::-1]
