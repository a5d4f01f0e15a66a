"""催报: headquarters asks a silent site to report; the note goes down with the next feed and counts until the site is heard."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import local, now
from app.errors import Refusal
from app.i18n import N_, _
from app.models.batches import Height
from app.models.sites import Reminder, Site
from app.services.access import allow
from app.sync import intake, own, rescoping

#: A new scope is told to the people of the site for so long.
TOLD = timedelta(days=14)


@dataclass(frozen=True)
class Asked:
    """One note of headquarters to this site: what it says and when it was written; `scope`: it tells of a new scope."""

    id: uuid.UUID
    text: str
    at: datetime
    scope: bool = False


def remind(s: Session, site_id: uuid.UUID, text: str = "") -> Reminder:
    """The site is asked to report, in these words or in those that say what is missing. Refused for a revoked or unknown site."""
    allow(s, "package.take")
    site = s.get(Site, site_id)
    if site is None or site.voided or site.revoked_at is not None or site.kind == "hq":
        raise Refusal("site_unknown", N_("没有这个站点, 或已经停用, 不能催报。"))
    path = str(site.paths[0]) if site.paths else ""
    made = Reminder(about=site.id, path=path, text=text.strip() or wording(s, site), reason="")
    s.add(made)
    s.flush()
    return made


def wording(s: Session, site: Site) -> str:
    """Since when nothing was heard of the site, and which of its packages are missing."""
    heights = list(s.scalars(select(Height).where(Height.site_id == site.id).order_by(Height.heard_at.desc())))
    heard = heights[0].heard_at if heights else None
    if heard is None:
        said = _("「{name}」开通后还没有上报过。").format(name=site.name)
    else:
        said = _("「{name}」{at:%Y年%m月%d日} 之后没有上报。").format(name=site.name, at=local(heard))
    gaps = [gap_words(*gap) for gap in intake.told(s, heights[0]).asked()] if heights else []
    return " ".join([said, *gaps[:5], _("请尽快联网同步, 或用 U 盘上报。")])


def gap_words(first: int, last: int, begin: int = 0, end: int = 0) -> str:
    """缺第 41–43 号变更, 在第 7 包。"""
    words = (
        _("缺第 {first}–{last} 号变更").format(first=first, last=last)
        if last > first
        else _("缺第 {first} 号变更").format(first=first)
    )
    if not begin:
        return words + "。"
    packages = _("在第 {a}–{b} 包").format(a=begin, b=end) if end > begin else _("在第 {a} 包").format(a=begin)
    return f"{words}, {packages}。"


def open_reminders(s: Session) -> list[Asked]:
    """What headquarters asked this site and has not been answered by a report since, and what it told of the last fortnight
    about the site's scope; newest first."""
    heard = str((own.identity(s).hq or {}).get("heard_at", ""))
    since = datetime.fromisoformat(heard) if heard else None
    query = select(Reminder).where(Reminder.about == own.line(s).site_id, Reminder.voided_at.is_(None))
    return [
        Asked(one.id, one.text, one.created_at, one.reason == rescoping.SCOPE)
        for one in s.scalars(query.order_by(Reminder.created_at.desc()))
        if (now() - one.created_at < TOLD if one.reason == rescoping.SCOPE else since is None or one.created_at > since)
    ]


def reminded(s: Session) -> dict[uuid.UUID, datetime]:
    """When each site was last asked to report and has not been heard since, by site, at headquarters."""
    asked: dict[uuid.UUID, datetime] = {}
    for about, at in s.execute(
        select(Reminder.about, Reminder.created_at)
        .where(Reminder.voided_at.is_(None), Reminder.reason != rescoping.SCOPE)
        .order_by(Reminder.created_at)
    ):
        asked[about] = at
    heard: dict[uuid.UUID, datetime] = {}
    for site, moment in s.execute(select(Height.site_id, Height.heard_at).where(Height.site_id.in_(list(asked)))):
        if moment is not None:
            heard[site] = max(moment, heard.get(site, moment))
    return {site: at for site, at in asked.items() if site not in heard or heard[site] < at}
