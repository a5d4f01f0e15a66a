"""今日: what the person signed in has to do, in order of due time, and what came from headquarters."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import now, today
from app.models.accounts import Account, Actor
from app.models.batches import Waiting
from app.models.changes import Change, others_step, unsettled
from app.models.conflicts import Conflict
from app.models.grids import Grid
from app.models.issues import Issue, IssueState
from app.models.sites import Identity, Line, Site
from app.models.steps import Step
from app.models.units import Unit
from app.models.visits import Visit
from app.services import drafts, duties, visits
from app.services.access import actor
from app.services.drafts import DraftRow
from app.services.duties import IssueDuty
from app.services.listing import in_scope
from app.services.refused import unanswered
from app.services.sealed import visible
from app.services.visits import VisitRow


@dataclass(frozen=True)
class News:
    """One thing that came from elsewhere: the step of another site or of headquarters on an issue of ours."""

    issue: uuid.UUID
    number: str
    title: str
    kind: str
    by: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Counts:
    """The figures of the status line: unsent changes of our own, refused ones that need somebody, open conflicts, drafts."""

    unsent: int
    refused: int
    conflicts: int
    drafts: int


@dataclass(frozen=True)
class Today:
    """Everything the page 今日 shows."""

    day: date
    visits: tuple[VisitRow, ...]
    issues: tuple[IssueDuty, ...]
    news: tuple[News, ...]
    drafts: tuple[DraftRow, ...]
    week: tuple[tuple[date, int], ...]
    counts: Counts


def counts(s: Session) -> Counts:
    """The figures of the status line, from the log itself; they never lie."""
    by_state = dict(s.execute(select(Change.state, func.count()).where(unsettled()).group_by(Change.state)).all())
    refused = len(unanswered(s)) if by_state.get("refused") else 0
    waiting = s.scalar(select(func.count()).select_from(Waiting).where(Waiting.seq > 0)) or 0
    conflicts = s.scalar(select(func.count()).select_from(Conflict)) or 0
    kind = s.scalar(select(Line.kind))
    open_changes = by_state.get("open", 0) if kind == "site" else 0
    return Counts(open_changes, refused or (waiting if kind == "hq" else 0), conflicts, len(drafts.mine(s)))


def today_for(s: Session) -> Today:
    """The day of the person signed in."""
    day = today()
    return Today(
        day=day,
        visits=tuple(visits.due(s, day)),
        issues=duties.due(s, day),
        news=tuple(_news(s)),
        drafts=tuple(drafts.mine(s)),
        week=tuple(_week(s, day)),
        counts=counts(s),
    )


def _news(s: Session) -> list[News]:
    own = s.scalars(select(Line.site_id)).one()
    since = int((now() - timedelta(days=14)).timestamp() * 1000) << 16
    query = (
        select(Issue.id, Issue.number, Issue.title, Step.kind, Step.by, Step.text, Change.device_at)
        .join(IssueState, IssueState.issue_id == Issue.id)
        .join(Step, Step.issue_id == Issue.id)
        .join(Change, Change.record == Step.id)
        .where(
            Step.site != own,
            others_step(),
            Change.at > since,
            Step.day > today() - timedelta(days=14),
            visible(actor(s)),
        )
        .order_by(Change.at.desc())
        .limit(50)
    )
    return [
        News(i, number, title, kind, by, text or "", at) for i, number, title, kind, by, text, at in s.execute(query)
    ]


def _week(s: Session, day: date) -> list[tuple[date, int]]:
    monday = day - timedelta(days=day.weekday())
    query = (
        select(Visit.day, func.count())
        .where(
            in_scope(Visit, actor(s).path), Visit.voided_at.is_(None), Visit.day.between(monday, monday + timedelta(6))
        )
        .group_by(Visit.day)
    )
    made = dict(s.execute(query).all())
    return [(monday + timedelta(n), made.get(monday + timedelta(n), 0)) for n in range(7)]


@dataclass(frozen=True)
class Place:
    """What this store is: kind (hq or site), its name, code and scope, enrolled or not, and when it last heard of headquarters."""

    kind: str
    name: str
    code: str
    paths: tuple[str, ...]
    enrolled: bool
    contact_at: datetime | None


def place(s: Session) -> Place:
    """What this store is."""
    line, identity = s.scalars(select(Line)).one(), s.scalars(select(Identity)).one()
    name = identity.name or s.scalar(select(Site.name).where(Site.id == line.site_id)) or ""
    enrolled = line.kind == "hq" or identity.certificate is not None
    return Place(line.kind, name, identity.code, tuple(identity.paths), enrolled, identity.contact_at)


@dataclass(frozen=True)
class Standing:
    """Where a person works: the names of unit and grid, "" where there is none."""

    unit: str
    grid: str


def standing_of(s: Session, who: Actor) -> Standing:
    """The unit and grid of the person's account; the whole store's name for an account without a unit."""
    account = s.get(Account, who.account)
    unit = s.get(Unit, account.unit_id) if account and account.unit_id else None
    grid = s.get(Grid, account.grid_id) if account and account.grid_id else None
    return Standing(unit.name if unit else place(s).name, grid.name if grid else "")
