"""Reception halls 接待: a row a minute; what is answered on the spot is answered, and closed where the rules allow it at once."""

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _, say
from app.models.issues import Issue, IssueState
from app.models.steps import Step
from app.models.units import Unit
from app.services import codes, issues
from app.services.access import actor, may
from app.services.issue_rows import IssueRow, rows
from app.services.sealed import visible
from app.services.steps import step

#: What was done for the person → the kind of issue it is.
KINDS = {"handled": "help", "explained": "question", "mediated": "dispute"}
#: Kind of unit → the level at which it closes.
_LEVELS = {
    "group": "above",
    "oilfield": "above",
    "factory": "plant",
    "headquarters": "plant",
    "department": "plant",
    "area": "area",
}
#: A title is no longer than this; the whole is kept as the text.
TITLE = 40
#: So many rows of a day are shown.
SHOWN = 200


@dataclass(frozen=True)
class Entry:
    """One row: who came (nobody: anonymous), about what, what was done for how many minutes, and the answer given on the spot."""

    text: str
    service: str
    reporter: str | None = None
    reporter_id: uuid.UUID | None = None
    topic: str | None = None
    minutes: int | None = None
    answer: str | None = None
    satisfaction: str | None = None
    channel: str = "in_person"
    day: date | None = None
    receiver: str = ""
    level: str = "grid"


@dataclass(frozen=True)
class Received:
    """What came of a row: the issue, whether it is closed, and what it still needs, in sentences."""

    issue: Issue
    closed: bool
    missing: str


@dataclass(frozen=True)
class Line:
    """A row of the day as it is listed."""

    row: IssueRow
    service: str
    minutes: int | None


@dataclass(frozen=True)
class Day:
    """The rows of a day, the latest first, with their number, those closed, and the minutes they took."""

    lines: tuple[Line, ...]
    count: int
    closed: int
    minutes: int


def record(s: Session, entry: Entry, *, draft: uuid.UUID | None = None) -> Received:
    """The row is an issue; with an answer it is answered, and closed if nothing more is due. Refused when unsound: nothing is stored."""
    if not isinstance(entry.text, str) or not isinstance(entry.answer, str | None):
        raise Refusal("text_missing", N_("请用一句话写明反映什么。"), field="text")
    if entry.service not in KINDS:
        raise Refusal("service_missing", N_("请选择做了什么: 办理、解释或调解。"), field="service")
    if entry.satisfaction and not (entry.answer or "").strip():
        raise Refusal("answer_missing", N_("有满意度就要写明当场怎样答复的。"), field="answer")
    issue = issues.register(s, _issue(entry), by=entry.receiver, draft=draft)
    if not (entry.answer or "").strip():
        return Received(issue, False, "")
    facts = {"satisfaction": entry.satisfaction} if entry.satisfaction else {}
    if KINDS[entry.service] != "question" and not issue.anonymous:
        issues.contact(
            s, issue.id, "meet", with_whom=issue.reporter, place=_("接待处"), reason=_("接待时当场答复"), day=issue.day
        )
    issues.answer(s, issue.id, str(entry.answer), "face", with_whom=issue.reporter or _("本人"), day=issue.day, **facts)
    return _closed(s, issue, entry)


def level(s: Session) -> str:
    """The level at which this person's unit closes what it closes on the spot; the grid where the unit says nothing of it."""
    path = actor(s).path or "/"
    kind = s.scalar(select(Unit.kind).where(Unit.path == path, Unit.partner.is_(False), Unit.voided_at.is_(None)))
    return _LEVELS.get(kind or "", "grid")


def _issue(entry: Entry) -> Issue:
    text = entry.text.strip()
    return Issue(
        title=text if len(text) <= TITLE else text[: TITLE - 1] + "…", text=text if len(text) > TITLE else None,
        kind=KINDS[entry.service], day=entry.day or today(), heard_on=entry.day, channel=entry.channel, topic=entry.topic,
        reporter=(entry.reporter or "").strip() or None, reporter_id=entry.reporter_id,
        anonymous=not (entry.reporter or "").strip(), service=entry.service, minutes=entry.minutes,
    )  # fmt: skip


def _closed(s: Session, issue: Issue, entry: Entry) -> Received:
    """Closed where answer, satisfaction and evidence suffice; else it stays answered, with what is missing told."""
    if not may(actor(s), "issue.close"):
        return Received(issue, False, _("已答复, 由网格长办结。"))
    try:
        step(s, issue.id, Step(issue_id=issue.id, kind="close", level=entry.level, day=issue.day))
    except Refusal as refusal:
        return Received(issue, False, say(refusal))
    return Received(issue, True, "")


def on(s: Session, day: date) -> Day:
    """What was received on this day, as far as this person may see it."""
    mine = (
        select(Issue.id, Issue.service, Issue.minutes, IssueState.closed_on)
        .join(IssueState, IssueState.issue_id == Issue.id)
        .where(visible(actor(s)), Issue.day == day, Issue.service.is_not(None), Issue.voided_at.is_(None))
    )
    whole = mine.subquery()
    sums = select(func.count(), func.count(whole.c.closed_on), func.coalesce(func.sum(whole.c.minutes), 0))
    count, closed, minutes = s.execute(sums.select_from(whole)).one()
    found = {row.id: row for row in s.execute(mine.order_by(Issue.created_at.desc(), Issue.id.desc()).limit(SHOWN))}
    labels = codes.labels(s, "service")
    lines = tuple(
        Line(row, codes.label(labels, found[row.id].service), found[row.id].minutes) for row in rows(s, list(found))
    )
    return Day(lines, count, closed, int(minutes))
