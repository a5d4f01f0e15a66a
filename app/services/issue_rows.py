"""Lists of issues: found, filtered, counted and shown in rows."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, literal, not_, or_, select, union_all
from sqlalchemy.orm import Session

from app.clock import today
from app.i18n import N_, _
from app.models import searching
from app.models.accounts import Actor
from app.models.base import table_of
from app.models.grids import Grid
from app.models.issues import Issue, IssueState, entrusted, helping, leapt, pleaded, silent, still_open
from app.models.moves import OPEN_STATES, WAITING_STATES
from app.models.units import Unit
from app.services import codes, listing
from app.services.access import actor
from app.services.listing import Found, Query
from app.services.sealed import gone, left, visible

#: The saved filters, with their labels (source language).
CHIPS = {
    "open": N_("未办结"),
    "waiting": N_("待我办理"),
    "unaccepted": N_("待受理"),
    "held": N_("我承办"),
    "helping": N_("请我协办"),
    "entrusted": N_("等外单位答复"),
    "entrusted_late": N_("外单位超期"),
    "received": N_("外单位来单"),
    "asked": N_("待批延期"),
    "plea": N_("待批例外"),
    "mine": N_("我登记的"),
    "first": N_("首接跟踪"),
    "due": N_("即将到期"),
    "overdue": N_("超期"),
    "late3": N_("超期3天"),
    "late": N_("超期在办"),
    "revisit": N_("待回访"),
    "silent": N_("还没有回音"),
    "card": N_("督办"),
    "leapt": N_("越级"),
    "again": N_("重复"),
    "common": N_("共性问题"),
    "answered": N_("已答复待办结"),
    "closed": N_("已办结"),
    "leads": N_("线索"),
    "reception": N_("接待"),
    "hazards": N_("隐患"),
    "recheck": N_("待复检"),
    "hazards_late": N_("隐患超期"),
    "voided": N_("已作废"),
}
#: Counting stops here; people read 「1000+」.
MOST_COUNTED = 1000
_ENDED = ("closed", "archived")
_IN_HAND = ("accepted", "forwarded", "handling", "returned", "suspended")
#: Stages in which the person waits for a word: those still open, and those that ended without one.
_UNTOLD = (*sorted(OPEN_STATES), "declined", "merged")


@dataclass(frozen=True)
class IssueRow:
    """One issue as lists show it; `days` until the nearest day to be kept (negative: overdue), None when nothing is owed.

    `near` says that its clock is yellow or worse; `card` is the 督办 in force.
    """

    id: uuid.UUID
    number: str
    title: str
    kind: str
    kind_label: str
    state: str
    state_label: str
    holder: str
    reporter: str
    topic: str
    grid: str
    day: date
    due_on: date | None
    days: int | None
    lead: bool
    sealed: bool
    sensitive: bool
    voided: bool
    handed_over: bool = False
    near: bool = False
    card: str = ""


def find(s: Session, query: Query) -> Found:
    """The ids of the issues this person may see; chips as in `CHIPS` and handed_over; filters as in `_FILTERS`."""
    found, column = chosen(s, query), _SORTS.get(query.sort, IssueState.day)
    if column is IssueState.owed_on:
        first = column.desc() if query.descending else column.asc()
        return listing.ids(s, found.order_by(IssueState.timeless, first, IssueState.issue_id))
    key = IssueState.issue_id
    order = [column.desc(), key.desc()] if query.descending else [column, key]
    whole = found if column.class_ is IssueState or table_of(Issue) in found.get_final_froms() else _joined(found)
    return listing.ids(s, whole.order_by(*order))


def chosen(s: Session, query: Query) -> Select[uuid.UUID]:
    """The ids of these issues, in no order yet; joined with the issues where those are asked."""
    who = actor(s)
    theirs = query.chip == "handed_over"
    conditions = [left(s, who) if theirs else visible(who), _chip(query.chip, who)]
    for name, column in _FILTERS.items():
        if (value := query.filters.get(name)) is not None:
            conditions.append(column == value)
    if query.text.strip():
        conditions.append(IssueState.issue_id.in_(searching.matching(s.connection(), query.text, "issue")))
    return _asked(conditions)


_FILTERS: dict[str, Any] = {
    "grid": Issue.grid_id,
    "household": Issue.household_id,
    "reporter": Issue.reporter_id,
    "kind": IssueState.kind,
    "topic": Issue.topic,
    "visit": Issue.visit_id,
    "check": Issue.check_id,
    "state": IssueState.state,
}
_SORTS: dict[str, Any] = {
    "number": Issue.number,
    "title": Issue.title,
    "kind": Issue.kind,
    "reporter": Issue.reporter,
    "state": IssueState.state,
    "due_on": IssueState.owed_on,
    "days": IssueState.owed_on,
}


def _asked(conditions: Iterable[ColumnElement[bool]]) -> Select[uuid.UUID]:
    """The ids for which all of it holds; the issue itself is looked up only where a condition speaks of it."""
    found = select(IssueState.issue_id).where(*conditions)
    return _joined(found) if table_of(Issue) in found.get_final_froms() else found


def _joined(found: Select[uuid.UUID]) -> Select[uuid.UUID]:
    return found.where(Issue.id == IssueState.issue_id)


def _chip(chip: str, who: Actor) -> ColumnElement[bool]:
    day, in_force = today(), not_(IssueState.voided)
    if chip == "voided":
        return not_(in_force)
    conditions: dict[str, ColumnElement[bool]] = {
        "open": still_open(),
        "waiting": IssueState.state.in_(sorted(WAITING_STATES)) & (IssueState.holder == (who.path or "/")),
        "unaccepted": IssueState.state.in_(sorted(WAITING_STATES)),
        "held": still_open() & (IssueState.holder == (who.path or "/")),
        "helping": helping() & IssueState.owing.contains(f",{who.path or '/'},", autoescape=True),
        "entrusted": entrusted(),
        "entrusted_late": entrusted() & (IssueState.entrusted_due < day),
        "received": Issue.partner_id.is_not(None) & silent() & IssueState.state.in_(_UNTOLD),
        "asked": IssueState.asked_until.is_not(None) & still_open(),
        "plea": pleaded() & still_open(),
        "mine": IssueState.author == who.account,
        "first": still_open() & _first(who),
        "due": still_open() & _timed() & (IssueState.owed_on >= day) & (IssueState.amber_on <= day),
        "overdue": still_open() & _timed() & (IssueState.owed_on < day),
        "late3": still_open() & _timed() & (IssueState.owed_on <= day - timedelta(days=3)),
        "late": IssueState.state.in_(_IN_HAND) & _timed() & (IssueState.owed_on < day),
        "revisit": IssueState.state.in_(("answered", "rechecked")) & IssueState.named,
        "silent": silent() & IssueState.state.in_(_UNTOLD) & IssueState.named,
        "card": IssueState.card.is_not(None),
        "leapt": leapt(),
        "again": IssueState.former_id.is_not(None) & still_open(),
        "common": IssueState.issue_id.in_(select(IssueState.common_id).where(IssueState.common_id.is_not(None))),
        "answered": IssueState.state.in_(("answered", "revisited", "rechecked")),
        "closed": IssueState.state.in_(_ENDED),
        "leads": IssueState.lead & still_open(),
        "reception": Issue.service.is_not(None),
        "hazards": (IssueState.kind == "hazard") & still_open(),
        "hazards_late": (IssueState.kind == "hazard") & still_open() & _timed() & (IssueState.owed_on < day),
        "recheck": (IssueState.kind == "hazard")
        & (IssueState.state == "handling")
        & (IssueState.last_kind == "handle"),
    }
    return in_force & conditions[chip] if chip in conditions else in_force


def _timed() -> ColumnElement[bool]:
    """Something is owed; the index of the lists begins with it."""
    return not_(IssueState.timeless)


def _first(who: Actor) -> ColumnElement[bool]:
    """首接负责: registered in this part of the tree and in others' hands now; who heard it first follows it to its end."""
    if not who.path:
        return false()
    held = IssueState.holder.startswith(who.path, autoescape=True)
    return IssueState.path.startswith(who.path, autoescape=True) & not_(held)


def chips(s: Session) -> dict[str, int]:
    """How many issues each chip would show; counting stops at one more than `MOST_COUNTED`."""
    who = actor(s)
    counts = []
    for chip in CHIPS:
        some = _asked([visible(who), _chip(chip, who)]).limit(MOST_COUNTED + 1).subquery()
        counts.append(select(literal(chip), func.count()).select_from(some))
    return dict(s.execute(union_all(*counts)).all())  # one statement: asking each by itself costs more than counting


def rows(s: Session, ids: list[uuid.UUID]) -> list[IssueRow]:
    """The issues of these ids that this person may see, in this order."""
    if not ids:  # most issues have no kin: their labels need not be read
        return []
    query = (
        select(Issue, IssueState, Grid.name)
        .join(IssueState, IssueState.issue_id == Issue.id)
        .outerjoin(Grid, Grid.id == Issue.grid_id)
        .where(or_(visible(actor(s)), left(s, actor(s))), Issue.id.in_(ids))
    )
    made = _Maker(s)
    found = {issue.id: made(issue, state, grid) for issue, state, grid in s.execute(query)}
    return [found[i] for i in ids if i in found]


def due(s: Session, on: date, days: int = 7) -> list[IssueRow]:
    """The open issues due by so many days after `on`, overdue ones included, the most pressing first; 200 at most."""
    chosen = _asked(
        [
            visible(actor(s)),
            not_(IssueState.voided),
            still_open(),
            _timed(),
            IssueState.owed_on <= on + timedelta(days=days),
        ]
    )
    return rows(s, list(s.scalars(chosen.order_by(IssueState.owed_on, IssueState.issue_id).limit(200))))


class _Maker:
    """Makes rows with the labels of the day."""

    def __init__(self, s: Session) -> None:
        self.s = s
        self.kinds = codes.labels(s, "issue_kind")
        self.states = codes.labels(s, "issue_state")
        self.topics = codes.labels(s, "topic")
        self.holders = unit_names(s)
        self.day = today()

    def __call__(self, issue: Issue, state: IssueState, grid: str | None) -> IssueRow:
        owed = state.owed_on if state.state in OPEN_STATES else None
        return IssueRow(
            id=issue.id,
            number=issue.number,
            title=issue.title,
            kind=issue.kind,
            kind_label=codes.label(self.kinds, issue.kind),
            state=state.state,
            state_label=codes.label(self.states, state.state),
            holder=self.holders.get(state.holder, ""),
            reporter=reporter(issue),
            topic=codes.label(self.topics, issue.topic),
            grid=grid or "",
            day=issue.day,
            due_on=owed or state.due_on,
            days=(owed - self.day).days if owed else None,
            near=owed is not None and state.amber_on is not None and state.amber_on <= self.day,
            card=state.card or "",
            lead=issue.lead,
            sealed=issue.secrecy == "sealed",
            sensitive=issue.sensitive,
            voided=issue.voided,
            handed_over=gone(self.s, issue.path, state),
        )


def reporter(issue: Issue) -> str:
    """The one who reported, as lists and papers may name them."""
    if issue.anonymous:
        return _("{n} 人").format(n=issue.people) if issue.people > 1 else _("匿名")
    return _("保密") if issue.secrecy == "sealed" else issue.reporter or ""


def unit_names(s: Session) -> dict[str, str]:
    """Path → name of our own units; partners have no path of their own."""
    query = select(Unit.path, Unit.name).where(Unit.partner.is_(False), Unit.voided_at.is_(None))
    return {row.path: row.name for row in s.execute(query)}
