"""What headquarters wrote, lost with a restore and has again from its sites: each change with what it did and whom it came from."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.i18n import _, joined
from app.models.batches import GivenBack
from app.models.changes import Change
from app.models.sites import Site
from app.services import wording
from app.sync import owing

#: Lists hold at most so many rows, the newest.
MOST = 500


@dataclass(frozen=True)
class Regained:
    """One change of ours that is here again: `what` it did to which record, when it was written, and by which site it came."""

    id: uuid.UUID
    at: datetime
    site: str
    kind: str
    title: str
    what: str
    written_at: datetime
    door: tuple[str, uuid.UUID] | None


@dataclass(frozen=True)
class Standing:
    """Whether headquarters was ever put back; how many changes are here again by now, and how many it could not prove its own."""

    put_back: bool
    number: int
    unproven: int


def standing(s: Session) -> Standing:
    """How it stands with what was lost."""
    number = s.scalar(select(func.count()).select_from(GivenBack)) or 0
    return Standing(bool(owing.lines(s)), number, owing.recovered(s)[1])


def listed(s: Session) -> list[Regained]:
    """The changes that came back, the latest first."""
    query = (
        select(GivenBack.at, Site.name, Change)
        .join(Change, Change.id == GivenBack.change_id)
        .outerjoin(Site, Site.id == GivenBack.site_id)
        .order_by(GivenBack.at.desc(), Change.position)
        .limit(MOST)
    )
    found = s.execute(query).all()
    titles: dict[uuid.UUID, str] = {}
    for table in {change.table for _at, _site, change in found}:
        titles |= wording.titles(s, table, [change.record for _at, _site, change in found if change.table == table])
    return [
        Regained(
            change.id, at, site or _("不认识的站点"), wording.table(change.table), titles.get(change.record, ""),
            _did(change), change.device_at, wording.door(s, change.table, change.record),
        )
        for at, site, change in found
    ]  # fmt: skip


def _did(change: Change) -> str:
    if not change.base:
        return _("新建")
    if "voided_at" in change.fields:
        return _("作废")
    return _("更改: {fields}").format(fields=joined(wording.field(name) for name in change.fields))
