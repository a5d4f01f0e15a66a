"""The board 「最近联系」: when each site and each grid was last heard of, and every reason to ask after it."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.i18n import _, joined
from app.models.batches import Height, Waiting
from app.models.grids import Grid
from app.models.sites import Reminder, Site
from app.models.units import Unit, within
from app.services import sites
from app.services.access import actor
from app.services.listing import in_scope
from app.services.sites import SiteRow
from app.sync import intake, refusals, rescoping

#: A board is read by people: so many grids at most, those that need attention first.
MOST = 2000


@dataclass(frozen=True)
class Heard(SiteRow):
    """One site on the board, with every reason to ask after it.

    `skew` is by how many seconds its clock was wrong; `packages` are numbers of packages that never came; `reminded_at` is
    when it was last asked to report without having been heard of since; `rescoped` is when its scope was last changed, and
    what was said of it.
    """

    skew: int | None = None
    waiting: int = 0
    refused: int = 0
    packages: tuple[tuple[int, int], ...] = ()
    reminded_at: datetime | None = None
    rescoped: tuple[datetime, str] | None = None


@dataclass(frozen=True)
class GridHeard:
    """One grid on the board: the site that was heard of last among those that hold it; `state` as of that site, or none."""

    id: uuid.UUID
    name: str
    unit: str
    site: str
    state: str
    reason: str
    heard_at: datetime | None


def board(s: Session) -> list[Heard]:
    """Every site but headquarters, those that need attention first."""
    waiting, refused = _kept(s, Waiting.why.not_in(refusals.REFUSED)), _kept(s, Waiting.why == "refused")
    numbers, asked = _missing_packages(s), _asked(s)
    skews = dict(s.execute(select(Site.id, Site.clock_skew).where(Site.clock_skew.is_not(None))).all())
    rescoped = rescoping.last(s)
    found = []
    for one in sites.listed(s):
        at = asked.get(one.id)
        row = Heard(
            **vars(one), skew=skews.get(one.id), waiting=waiting.get(one.id, 0), refused=refused.get(one.id, 0),
            packages=numbers.get(one.id, ()), rescoped=rescoped.get(one.id),
            reminded_at=at if at and (one.heard_at is None or one.heard_at < at) else None,
        )  # fmt: skip
        found.append(_reasoned(row))
    return sorted(found, key=lambda row: row.pressing)


def _reasoned(row: Heard) -> Heard:
    """The row with every reason beside the most pressing one."""
    more = []
    if row.packages:
        more.append(_("没有收到第 {numbers} 包。").format(numbers=_ranges(row.packages)))
    if row.skew and row.state != "clock":
        more.append(_("时钟{how}。").format(how=sites.skewed(row.skew)))
    if row.waiting:
        more.append(_("{n} 条在等资料。").format(n=f"{row.waiting:,}"))
    if row.refused:
        more.append(_("{n} 条没有采用。").format(n=f"{row.refused:,}"))
    state = row.state
    if state == "good" and more:
        state = "gap" if row.packages else "clock" if row.skew else "good"
    return replace(row, state=state, reasons=(*row.reasons, *more))


def _ranges(runs: Iterable[tuple[int, int]]) -> str:
    return joined(f"{first}" if first == last else f"{first}–{last}" for first, last in runs)


def _kept(s: Session, which: ColumnElement[bool]) -> dict[uuid.UUID, int]:
    query = select(Waiting.site_id, func.count()).where(which).group_by(Waiting.site_id)
    return dict(s.execute(query).all())


def _missing_packages(s: Session) -> dict[uuid.UUID, tuple[tuple[int, int], ...]]:
    """In which packages of each site the changes were that it lacks, as far as that can be told."""
    lacking = select(Waiting.site_id, Waiting.epoch).where(Waiting.why == "gap").distinct()
    found: dict[uuid.UUID, list[tuple[int, int]]] = {}
    for site, epoch in s.execute(lacking).all():
        if (height := s.get(Height, (site, epoch))) is not None:
            runs = [(begin, end) for _first, _last, begin, end in intake.told(s, height).asked() if begin]
            known = found.setdefault(site, [])
            known.extend(run for run in dict.fromkeys(runs) if run not in known)
    return {site: tuple(runs) for site, runs in found.items()}


def _asked(s: Session) -> dict[uuid.UUID, datetime]:
    query = select(Reminder.about, func.max(Reminder.created_at)).where(
        Reminder.voided_at.is_(None), Reminder.reason != rescoping.SCOPE
    )
    return dict(s.execute(query.group_by(Reminder.about)).all())


def grids(s: Session) -> list[GridHeard]:
    """Every grid in the acting person's part of the tree, those whose sites need attention first."""
    rows = [row for row in board(s) if row.state != "revoked"]
    query = (
        select(Grid.id, Grid.name, Grid.path, Unit.name)
        .join(Unit, Unit.id == Grid.unit_id)
        .where(Grid.voided_at.is_(None), in_scope(Grid, actor(s).path))
        .order_by(Grid.path, Grid.code)
    )
    found = []
    for grid, name, path, unit in s.execute(query):
        holders = [row for row in rows if any(within(path, one) for one in row.paths)]
        found.append(_held(grid, name, unit, holders))
    return sorted(found, key=lambda one: (one.state == "good", one.state == "none"))[:MOST]


def _held(grid: uuid.UUID, name: str, unit: str, holders: list[Heard]) -> GridHeard:
    if not holders:
        return GridHeard(grid, name, unit, "", "none", _("还没有站点管辖这个网格。"), None)
    last = max(holders, key=lambda row: (row.heard_at is not None, row.heard_at))
    return GridHeard(grid, name, unit, last.name, last.state, last.reason, last.heard_at)
