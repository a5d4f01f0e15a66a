"""Headquarters notes which of the changes it refused their site has said again since: those need nobody any more."""

import uuid

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from app.models import refusals
from app.models.base import table_of
from app.models.batches import Waiting
from app.models.changes import Change
from app.models.parts import in_parts
from app.models.refusals import Said
from app.sync import wire

#: Why a refused change is kept: it still needs somebody, or its site has answered it (see `Waiting`).
REFUSED = ("refused", "answered")
_WAITING = table_of(Waiting).c
_OF = select(_WAITING.change_id, _WAITING.why, _WAITING.wire).where(
    _WAITING.site_id == bindparam("site"), _WAITING.why.in_(REFUSED)
)


def note(s: Session, site: uuid.UUID) -> None:
    """The refused changes of the site that a later one of its own says again whole are marked as answered."""
    kept = [(row.change_id, row.why, row.wire) for row in s.execute(_OF, {"site": site})]
    if all(why == "answered" for _change, why, _wire in kept):
        return
    records: dict[uuid.UUID, list[Said]] = {}
    for change, _why, data in kept:
        one = wire.kept(data)
        said = refusals.said(change, one.heads, one.fields, True, refusals.voiding(one.row))
        records.setdefault(wire.as_id(one.record), []).append(said)
    for part in in_parts(list(records)):
        query = select(Change.id, Change.record, Change.heads, Change.fields).where(Change.record.in_(part))
        for change, record, heads, fields in s.execute(query):
            records[record].append(refusals.said(change, heads, fields, False))
    answered = set[uuid.UUID]().union(*map(refusals.answered, records.values()))
    for part in in_parts([change for change, why, _wire in kept if why == "refused" and change in answered]):
        s.execute(update(Waiting).where(Waiting.change_id.in_(part)).values(why="answered", seq=0))
