"""Who may see an issue: the unit path and where the pen is, and for 检举控告 never the unit complained of."""

import uuid

from sqlalchemy import ColumnElement, and_, exists, false, func, literal, not_, or_, select, true
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_
from app.models.accounts import Actor
from app.models.issues import Issue, IssueState
from app.models.units import Unit, within
from app.services import holding
from app.services.access import allow, sees_sealed


def visible(who: Actor) -> ColumnElement[bool]:
    """The issues this person may see, for queries over `IssueState`: in scope or held in scope, sealed ones by right."""
    return and_(_near(who), _open_to(who))


def _near(who: Actor) -> ColumnElement[bool]:
    if not who.path:
        return true()
    above = who.path[:-1] + "0"
    own = (IssueState.path >= who.path) & (IssueState.path < above)
    held = (IssueState.holder >= who.path) & (IssueState.holder < above)
    return or_(IssueState.path == "", own, held, _helped(who.path))


def _helped(path: str) -> ColumnElement[bool]:
    """Units of this part of the tree were asked to help with it (协办)."""
    return IssueState.helpers.contains(f",{path}", autoescape=True)


def _open_to(who: Actor) -> ColumnElement[bool]:
    plain = not_(IssueState.sealed)
    if not sees_sealed(who):
        return plain
    if not who.path:
        return true()
    accused = exists().where(
        Issue.id == IssueState.issue_id, Unit.id == Issue.against, literal(who.path).startswith(Unit.path)
    )
    return or_(plain, ~accused.correlate(IssueState))


def left(s: Session, who: Actor) -> ColumnElement[bool]:
    """The issues that were handed over together with the pen and that this person may still read; as `visible` otherwise."""
    if not holding.sees(s, who):
        return false()
    held = [
        IssueState.holder.startswith(path, autoescape=True) for path in holding.paths(s)
    ]  # a unit above is not ours
    pen = or_(IssueState.holder.is_(None), not_(or_(false(), *held)))
    helped = [func.coalesce(IssueState.helpers, "").contains(f",{path}", autoescape=True) for path in holding.paths(s)]
    return and_(holding.elsewhere(s, IssueState.path), pen, not_(or_(false(), *helped)), _open_to(who))


def gone(s: Session, path: str, state: IssueState) -> bool:
    """The issue was handed over together with the pen: this site neither registered nor holds it, nor was asked to help."""
    ours = holding.paths(s)
    helping = any(f",{held}" in (state.helpers or "") for held in ours)
    holds = any((state.holder or path).startswith(held) for held in ours)
    return holding.handed_over(s, path) and not holds and not helping


def sees(s: Session, who: Actor, issue: Issue) -> bool:
    """This person may see the issue."""
    query = select(IssueState.holder, IssueState.helpers).where(IssueState.issue_id == issue.id)
    holder, helpers = s.execute(query).one_or_none() or ("", None)
    near = not issue.path or within(issue.path, who.path) or (holder != "" and within(holder, who.path))
    near = near or f",{who.path}" in (helpers or "")
    if issue.secrecy != "sealed":
        return near
    return near and sees_sealed(who) and not accuses(s, issue, who.path)


def accuses(s: Session, issue: Issue, path: str | None) -> bool:
    """The issue complains of the unit at this path or of one above it; headquarters ("") is nobody's subordinate."""
    if not path or issue.against is None:
        return False
    accused = s.scalar(select(Unit.path).where(Unit.id == issue.against))
    return accused is not None and within(path, accused)


def seen(s: Session, issue_id: uuid.UUID, verb: str = "read") -> Issue:
    """The issue, for a person who may see it and do this; whatever they may not see is said not to be here."""
    who = allow(s, verb)
    issue = s.get(Issue, issue_id)
    if issue is None or not (sees(s, who, issue) or (verb == "read" and _left(s, who, issue_id))):
        raise Refusal("issue_gone", N_("没有找到这件事项, 可能已移交其他单位, 或不在您的查看范围内。"))
    return issue


def _left(s: Session, who: Actor, issue: uuid.UUID) -> bool:
    query = select(Issue.id).join(IssueState, IssueState.issue_id == Issue.id).where(Issue.id == issue, left(s, who))
    return s.scalar(query) is not None
