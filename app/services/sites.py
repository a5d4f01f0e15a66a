"""The sites of headquarters: who was heard of when, what is the matter with each, and taking a site's trust away."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import now, today
from app.errors import Refusal
from app.i18n import N_, _, joined
from app.models.batches import Height, Package, Waiting
from app.models.sites import Line, Site
from app.models.units import Unit
from app.services.access import allow

#: A site not heard of for so long is asked after.
SILENT = timedelta(days=7)
#: A certificate that ends within this time is to be renewed.
ENDING = timedelta(days=90)
#: A clock that is further off than this is told; nothing is refused for it.
SKEWED = timedelta(hours=1)
#: A certificate is good for this long, then it is renewed.
VALID = timedelta(days=3 * 365)


@dataclass(frozen=True)
class SiteRow:
    """One site. `state`: good, never, silent, gap, clock, ending, expired, revoked; `reasons` say it in words, most pressing
    first; `units` are the names of its `paths`.
    """

    id: uuid.UUID
    name: str
    code: str
    kind: str
    paths: tuple[str, ...]
    units: tuple[str, ...]
    heard_at: datetime | None
    valid_to: date | None
    state: str
    reasons: tuple[str, ...]

    @property
    def scope(self) -> str:
        """The units in one line."""
        return joined(self.units)

    @property
    def reason(self) -> str:
        """All reasons in one line."""
        return " ".join(self.reasons)

    @property
    def pressing(self) -> tuple[bool, bool, str]:
        """Where it stands in a list: what needs attention first, what is revoked last."""
        return self.state == "revoked", self.state == "good", self.code


def listed(s: Session) -> list[SiteRow]:
    """Every site but headquarters itself, those that need attention first."""
    here = s.scalars(select(Line.site_id)).one()
    sites = list(s.scalars(select(Site).where(Site.id != here, Site.voided_at.is_(None)).order_by(Site.code)))
    names = dict(s.execute(select(Unit.path, Unit.name).where(Unit.voided_at.is_(None), ~Unit.partner)).all())
    heard = dict(s.execute(select(Height.site_id, func.max(Height.heard_at)).group_by(Height.site_id)).all())
    gaps, held = _gaps(s), _quarantined(s)
    rows = []
    for one in sites:
        state, reason = _standing(one, heard.get(one.id), gaps.get(one.id), held.get(one.id, 0))
        paths = tuple(str(path) for path in one.paths)
        units = tuple(names.get(path, path) for path in paths)
        reasons = (reason,) if reason else ()
        rows.append(
            SiteRow(one.id, one.name, one.code, one.kind, paths, units, heard.get(one.id), one.valid_to, state, reasons)
        )
    return sorted(rows, key=lambda row: row.pressing)


def _gaps(s: Session) -> dict[uuid.UUID, tuple[int, int]]:
    """The first missing run of each site whose later changes wait behind it."""
    waiting = (
        select(Waiting.site_id, Waiting.epoch, func.min(Waiting.seq).label("first"))
        .where(Waiting.why == "gap")
        .group_by(Waiting.site_id, Waiting.epoch)
        .subquery()
    )
    query = select(waiting.c.site_id, Height.seq, waiting.c.first).join(
        Height, (Height.site_id == waiting.c.site_id) & (Height.epoch == waiting.c.epoch)
    )
    return {site: (seq + 1, first - 1) for site, seq, first in s.execute(query) if first > seq + 1}


def _quarantined(s: Session) -> dict[uuid.UUID, int]:
    query = select(Package.site_id, func.count()).where(Package.state == "quarantined").group_by(Package.site_id)
    return {site: number for site, number in s.execute(query) if site is not None}


def _standing(site: Site, heard: datetime | None, gap: tuple[int, int] | None, held: int) -> tuple[str, str]:
    if site.revoked_at is not None:
        return "revoked", _("已停用: {reason}").format(reason=site.revoke_reason or "")
    if site.valid_to is not None and site.valid_to < today():
        return "expired", _("证书已过期, 新的上报会先隔离。请重新开通。")
    if gap is not None:
        return "gap", _("缺第 {first}–{last} 号变更, 请该站再写一次上报包。").format(first=gap[0], last=gap[1])
    if held:
        return "gap", _("有 {n} 个包在隔离中。").format(n=held)
    if heard is None:
        return "never", _("开通后还没有上报过。")
    if now() - heard > SILENT:
        return "silent", _("已 {n} 天没有上报。").format(n=(now() - heard).days)
    if site.clock_skew:
        return "clock", _("时钟{how}。").format(how=skewed(site.clock_skew))
    if site.valid_to is not None and site.valid_to - today() < ENDING:
        return "ending", _("证书还有 {n} 天到期。").format(n=(site.valid_to - today()).days)
    return "good", ""


def skewed(seconds: int) -> str:
    """快了 2 小时, 慢了 3 天: how far a clock is off, in the largest unit that fits; `seconds` are negative for a slow one."""
    size = abs(seconds)
    units = ((365 * 86400, _("{n} 年")), (86400, _("{n} 天")), (3600, _("{n} 小时")), (60, _("{n} 分钟")))
    span = next((words.format(n=size // unit) for unit, words in units if size >= unit), _("不到 1 分钟"))
    return (_("快了 {span}") if seconds > 0 else _("慢了 {span}")).format(span=span)


def revoke(s: Session, site: uuid.UUID, reason: str) -> None:
    """The site is trusted no more: its later packages are quarantined, what it sent before stays. Refused without a reason."""
    allow(s, "site.revoke")
    if not reason.strip():
        raise Refusal("reason_missing", N_("请写明原因, 一句话即可。"))
    known = s.get_one(Site, site)
    if known.revoked_at is not None:
        raise Refusal("site_revoked", N_("站点「{name}」已经停用了。"), name=known.name)
    known.revoked_at, known.revoke_reason = now(), reason.strip()
