"""How every site stands with headquarters: what was taken of it, what waits, when it was last heard of."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.clock import today
from app.i18n import _
from app.models.batches import Height, Package, Waiting
from app.models.changes import Change
from app.models.sites import Site
from app.services.sites import ENDING, skewed
from app.sync import clocks, owing, own, refusals, reminding, revoking


@dataclass(frozen=True)
class Standing:
    """One site as headquarters knows it; `revoked` is the reason, "" while it is trusted; `reminded_at` is when it was last
    asked to report and has not done so since; `skew` by how many seconds its clock runs ahead (negative: behind) where that
    is worth telling."""

    id: uuid.UUID
    code: str
    name: str
    kind: str
    paths: tuple[str, ...]
    changes: int
    waiting: int
    refused: int
    quarantined: int
    forked: bool
    heard_at: datetime | None
    revoked: str
    reminded_at: datetime | None = None
    valid_to: date | None = None
    skew: int = 0


def warnings(s: Session) -> list[str]:
    """What the people of this site must know of its standing, in sentences: stopped by headquarters, ending, clock wrong."""
    if own.line(s).kind == "hq" or own.identity(s).certificate is None:
        return []
    told, until = [], own.certificate(s).valid_to
    if reason := revoking.here(s):
        told.append(
            _("本站点已被总部停用 (原因: {reason}), 不能再上报。数据仍在本机, 请联系总部。").format(reason=reason)
        )
    elif until - today() < ENDING:
        told.append(_("本站点的登记 {until} 到期。请尽快上报一次, 总部会随回执续期。").format(until=until))
    if number := owing.left(s):
        told.append(_("总部从备份恢复过。本机还有 {n} 条总部当时发出的记录, 下次上报时一并送回总部。").format(n=number))
    if skew := clocks.here(s):
        told.append(_("本机时钟比总部{how}, 请对时。数据不受影响, 但先后次序可能记错。").format(how=skewed(skew)))
    return told


def sites(s: Session) -> list[Standing]:
    """All enrolled sites but this one, those longest silent first."""
    here = own.line(s).site_id
    known = s.scalars(select(Site).where(Site.id != here, Site.voided_at.is_(None)))
    changes = _numbers(s.execute(select(Change.site, func.count()).group_by(Change.site)).all())
    refused = _numbers(_waiting(s, Waiting.why == "refused"))
    waiting = _numbers(_waiting(s, Waiting.why.not_in(refusals.REFUSED)))
    quarantined = _numbers(
        s.execute(
            select(Package.site_id, func.count()).where(Package.state == "quarantined").group_by(Package.site_id)
        ).all()
    )
    heard, asked = _heard(s), reminding.reminded(s)
    listed = [
        Standing(
            one.id, one.code, one.name, one.kind, tuple(str(path) for path in one.paths), changes.get(one.id, 0),
            waiting.get(one.id, 0), refused.get(one.id, 0), quarantined.get(one.id, 0), *heard.get(one.id, (False, None)),
            (one.revoke_reason or "—") if one.revoked_at else "", asked.get(one.id), one.valid_to, one.clock_skew or 0,
        )
        for one in known
    ]  # fmt: skip
    return sorted(listed, key=lambda one: (one.heard_at is not None, one.heard_at, one.code))


def _waiting(s: Session, which: ColumnElement[bool]) -> Iterable[Any]:
    return s.execute(select(Waiting.site_id, func.count()).where(which).group_by(Waiting.site_id)).all()


def _numbers(rows: Iterable[Any]) -> dict[uuid.UUID, int]:
    return {site: number for site, number in rows if site is not None}


def _heard(s: Session) -> dict[uuid.UUID, tuple[bool, datetime | None]]:
    found: dict[uuid.UUID, tuple[bool, datetime | None]] = {}
    for one in s.scalars(select(Height).order_by(Height.heard_at)):
        forked, at = found.get(one.site_id, (False, None))
        found[one.site_id] = (forked or one.forked, one.heard_at or at)
    return found
