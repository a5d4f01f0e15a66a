"""What headquarters did not take of this site and still needs somebody: not said again since, nor voided."""

import uuid

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import refusals
from app.models.changes import Change, unsettled
from app.models.parts import in_parts
from app.models.refusals import Said


def unanswered(s: Session) -> set[uuid.UUID]:
    """This site's refused changes that still need somebody."""
    refused = select(Change.id, Change.record).where(unsettled(), Change.state == "refused")
    of: dict[uuid.UUID, uuid.UUID] = dict(s.execute(refused).all())
    records: dict[uuid.UUID, list[Said]] = {}
    for part in in_parts(list(set(of.values()))):
        query = select(Change.id, Change.record, Change.heads, Change.fields, Change.state, Change.payload)
        for change, record, heads, fields, state, payload in s.execute(query.where(Change.record.in_(part))):
            voids = state == "refused" and refusals.voiding(msgspec.json.decode(payload) if payload else None)
            records.setdefault(record, []).append(refusals.said(change, heads, fields, state == "refused", voids))
    return of.keys() - set[uuid.UUID]().union(*map(refusals.answered, records.values()))
