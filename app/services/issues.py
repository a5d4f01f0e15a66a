"""Issues 事项: registered with a number people see, raised from visits and checks, corrected and voided with a reason."""

import uuid
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Refusal
from app.i18n import N_, _
from app.models.checks import Check
from app.models.codes import Code
from app.models.issues import Issue, IssueState
from app.models.moves import OPEN_STATES
from app.models.people import Household
from app.models.risks import RiskPoint
from app.models.steps import Step
from app.models.units import Unit
from app.models.visits import Visit
from app.services import drafts, numbers, routing
from app.services.access import actor, allow
from app.services.issue_rows import CHIPS, MOST_COUNTED, IssueRow, chips, due, find, rows
from app.services.sealed import seen, visible
from app.services.steps import (
    accept,
    answer,
    archive,
    assign,
    close,
    contact,
    decline,
    dispatch,
    entrust,
    escalate,
    forward,
    handle,
    note,
    recheck,
    reopen,
    return_,
    revisit,
    sign,
    standing,
    step,
    withdraw,
)  # fmt: skip
from app.services.timelines import IssueView, StepRow, one
from app.services.units import grid_path

__all__ = [
    "CHIPS", "MOST_COUNTED", "IssueRow", "IssueView", "StepRow", "accept", "answer", "archive", "assign", "chips", "close",
    "contact", "correct", "decline", "dispatch", "due", "entrust", "escalate", "find", "forward", "handle",
    "hazard_from_check", "note", "one", "raise_from_visit", "recheck", "register", "reopen", "restore", "return_",
    "revisit", "rows", "sign", "standing", "step", "void", "warnings", "withdraw",
]  # fmt: skip

#: A joint visit sends at most so many people (信访工作条例 art. 20).
MOST_REPRESENTATIVES = 5
#: What a correction may not touch: where the issue comes from, and what follows from the rest.
_FIXED = frozenset({"id", "number", "site", "author", "revision", "created_at", "check_id", "check_item", "correction"})


def register(
    s: Session, issue: Issue, *, note: str | None = None, due_on: date | None = None, draft: uuid.UUID | None = None,
    by: str = "",
) -> Issue:  # fmt: skip
    """The issue has its number and its first step 登记, by the person acting or a colleague of this name; 检举控告 is sealed.

    Its draft is gone. Refused when unsound or out of the person's scope. What deserves a word of caution is told by `warnings`.
    """
    who = actor(s)
    _place(s, issue)
    allow(s, "issue.register", issue.path)
    issue.due_on = due_on or issue.due_on
    _mark(s, issue)
    _sound(issue)
    issue.number = numbers.following(s, issue.path, issue.day)[0]
    s.add(issue)
    s.flush()
    s.add(
        Step(
            issue_id=issue.id, kind="register", day=issue.day, by=by.strip() or who.name, path=issue.path, from_path=who.path,
            text=note, due_on=issue.due_on,
        )
    )  # fmt: skip
    drafts.drop(s, draft)
    s.flush()
    return issue


def raise_from_visit(
    s: Session, visit_id: uuid.UUID, issue: Issue, *, note: str | None = None, due_on: date | None = None
) -> Issue:
    """The issue is registered as raised on the visit: its grid, home, first-heard day and, if none is named, the one met."""
    visit = s.get(Visit, visit_id)
    if visit is None or visit.voided:
        raise Refusal("visit_gone", N_("没有找到这条走访记录, 可能已作废或已移交其他单位。"))
    issue.visit_id, issue.channel = visit.id, issue.channel or "visit"
    issue.grid_id, issue.household_id = issue.grid_id or visit.grid_id, issue.household_id or visit.household_id
    issue.path, issue.heard_on = issue.path or visit.path, issue.heard_on or visit.day
    if visit.met and not issue.anonymous and not issue.reporter and issue.kind != "hazard":
        met = visit.met[0]
        issue.reporter = met.get("name")
        issue.reporter_id = issue.reporter_id or (uuid.UUID(met["person"]) if met.get("person") else None)
    return register(s, issue, note=note, due_on=due_on)


def hazard_from_check(s: Session, check: Check, item: dict[str, Any], found: str | None, due_on: date | None) -> Issue:
    """A failed item of the check has become a hazard with a deadline."""
    return register(
        s,
        Issue(
            title=_("{item}: 不合格").format(item=item["text"]), kind="hazard", day=check.day, heard_on=check.day,
            text=found or item.get("requirement"), channel="check", grid_id=check.grid_id, path=check.path,
            place=check.place, check_id=check.id, check_item=item["code"],
        ),
        due_on=due_on,
    )  # fmt: skip


def correct(s: Session, issue_id: uuid.UUID, *, reason: str = "", **fields: Any) -> Issue:
    """The issue as registered has a new revision with its reason; a one-line 线索 is completed without one.

    Refused for another site's issue, a voided one, and for fields that follow from others.
    """
    issue = _own(s, issue_id)
    if not reason.strip() and not issue.lead:
        raise Refusal("reason_missing", N_("请写明更正的原因。"))
    for name, value in fields.items():
        if name in _FIXED or not hasattr(Issue, name):
            raise ValueError(f"{name} of an issue is not corrected")
        setattr(issue, name, value)
    issue.correction = reason.strip() or issue.correction
    _place(s, issue)
    allow(s, "issue.register", issue.path)
    _mark(s, issue)
    _sound(issue)
    s.flush()
    return issue


def void(s: Session, issue_id: uuid.UUID, reason: str) -> None:
    """The issue is out of force with a reason: it leaves lists and figures, and stays readable."""
    issue = _own(s, issue_id)
    if not reason.strip():
        raise Refusal("reason_missing", N_("请写明作废的原因。"))
    issue.voided_at, issue.void_reason = now(), reason.strip()
    s.flush()


def restore(s: Session, issue_id: uuid.UUID) -> None:
    """A voiding just made is taken back."""
    issue = seen(s, issue_id, "issue.step")
    if issue.site != actor(s).site:
        raise _of_another_site()
    issue.voided_at, issue.void_reason = None, None
    s.flush()


def warnings(s: Session, issue: Issue) -> tuple[str, ...]:
    """What deserves a word before saving: too many representatives, the same person's open issue, a sensitive topic."""
    found = []
    if issue.people > MOST_REPRESENTATIVES:
        sentence = _(
            "多人反映同一事项的, 代表不超过 {most} 人, 现登记 {n} 人。请他们推选代表, 其余人员的意见写在内容里。"
        )
        found.append(sentence.format(most=MOST_REPRESENTATIVES, n=issue.people))
    if number := _same_order(s, issue):
        sentence = _("这个单位的「{theirs}」已经登记为 {number}, 请先看看是不是同一份。")
        found.append(sentence.format(theirs=issue.partner_number, number=number))
    for number in _same_person(s, issue):
        found.append(_("同一反映人还有未办结的同类事项 {number}, 请先看看是不是同一件。").format(number=number))
    if (usual := routing.propose(s, issue.topic, issue.kind, issue.path or actor(s).path or "/")) is not None:
        found.append(_("按派单规则, 这个主题一般由「{name}」办理。").format(name=usual.name))
    if issue.topic and _sensitive(s, issue.topic):
        found.append(_("这是敏感主题, 请及时报告网格长。"))
    return tuple(found)


def _same_order(s: Session, issue: Issue) -> str | None:
    if issue.partner_id is None or not issue.partner_number:
        return None
    query = select(Issue.number).join(IssueState, IssueState.issue_id == Issue.id)
    query = query.where(visible(actor(s)), Issue.partner_id == issue.partner_id, Issue.id != issue.id)
    same = Issue.partner_number == issue.partner_number
    return s.scalar(query.where(same, Issue.voided_at.is_(None)).limit(1))


def _same_person(s: Session, issue: Issue) -> list[str]:
    if issue.reporter_id is None:
        return []
    query = (
        select(Issue.number)
        .join(IssueState, IssueState.issue_id == Issue.id)
        .where(visible(actor(s)), Issue.reporter_id == issue.reporter_id, Issue.id != issue.id)
        .where(Issue.kind == issue.kind, Issue.topic == issue.topic)
        .where(Issue.voided_at.is_(None), IssueState.state.in_(sorted(OPEN_STATES)))
    )
    return list(s.scalars(query.order_by(Issue.day.desc()).limit(3)))


def _place(s: Session, issue: Issue) -> None:
    point = s.get(RiskPoint, issue.risk_point_id) if issue.risk_point_id else None
    if point is not None:
        issue.grid_id = issue.grid_id or point.grid_id
        issue.place = (issue.place or "").strip() or point.place
    if issue.household_id and not issue.grid_id:
        issue.grid_id = s.scalar(select(Household.grid_id).where(Household.id == issue.household_id))
    path = grid_path(s, issue.grid_id)
    issue.path = path or issue.path or actor(s).path or "/"


def _mark(s: Session, issue: Issue) -> None:
    issue.title = issue.title.strip()
    _from_partner(s, issue)
    issue.sensitive = issue.sensitive or _sensitive(s, issue.topic)
    if issue.kind == "accusation":
        issue.secrecy = "sealed"


def _sensitive(s: Session, topic: str | None) -> bool:
    query = select(Code.id).where(Code.kind == "topic", Code.code == topic, Code.sensitive, Code.voided_at.is_(None))
    return bool(topic) and s.scalar(query.limit(1)) is not None


def _from_partner(s: Session, issue: Issue) -> None:
    """What a partner sent names the partner; its channel is 地方派单 where none is chosen."""
    issue.partner_number = (issue.partner_number or "").strip() or None
    if issue.partner_id is None and issue.partner_number:
        raise Refusal("partner_missing", N_("写了对方编号的, 请选择是哪个外单位派来的。"), field="partner_id")
    if issue.partner_id is None:
        return
    unit = s.get(Unit, issue.partner_id)
    if unit is None or not unit.partner:
        raise Refusal("no_partner", N_("请选择派来的外单位; 本系统内的单位请用「派单」。"), field="partner_id")
    issue.channel = issue.channel or "partner"


def _sound(issue: Issue) -> None:
    for field, sentence in issue.problems().items():
        raise Refusal("issue_unsound", sentence, field=field)
    if issue.due_on and issue.due_on < issue.day:
        raise Refusal("issue_unsound", N_("办理期限早于登记日期, 请核对。"), field="due_on")


def _own(s: Session, issue_id: uuid.UUID) -> Issue:
    issue = seen(s, issue_id, "issue.register")
    if issue.site != actor(s).site:
        raise _of_another_site()
    if issue.voided:
        raise Refusal("issue_voided", N_("这件事项已经作废, 不能再更正。"))
    return issue


def _of_another_site() -> Refusal:
    return Refusal("issue_of_another_site", N_("这件事项是在另一台电脑上登记的, 请在那台电脑上更正。"))
