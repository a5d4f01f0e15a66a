"""Steps of an issue: who may take which, what must come first, and the words of the trade for each."""

import uuid
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_
from app.models import derived
from app.models.accounts import Actor
from app.models.issues import Issue
from app.models.steps import MOVES, Fold, Step, fold
from app.models.units import Unit, within
from app.services import closing
from app.services.access import actor, may
from app.services.sealed import accuses, seen

#: Step → the right it needs; all others need `issue.step`.
_RIGHTS = {
    "decline": "issue.close",
    "close": "issue.close",
    "reopen": "issue.close",
    "archive": "issue.close",
} | dict.fromkeys(("dispatch", "forward"), "issue.dispatch")
#: What is said when a step does not fit where the issue stands: by step first, then by state.
_BEFORE_STEP = {
    "register": N_("这件事项已经登记过了。"),
    "sign": N_("这件事项没有待签收的派单。"),
    "return": N_("这件事项没有待签收的派单, 不能退单; 签收之后请用「上报」。"),
    "revisit": N_("还没有答复本人。请先答复, 再回访。"),
    "recheck": N_("请先记录整改情况 (办理), 再到现场复检。"),
    "archive": N_("这件事项还没有办结, 请先办结, 再归档。"),
}
_BEFORE = {
    "registered": N_("这件事项刚登记, 请先受理。"),
    "accepted": N_("这件事项已受理, 请先办理并答复本人。"),
    "dispatched": N_("这件事项的派单还没有签收, 请承办单位先签收或退单。"),
    "returned": N_("这件事项的派单已退回, 请重新派单或自行办理。"),
    "handling": N_("这件事项正在办理, 请先把结果答复本人。"),
    "escalated": N_("这件事项已上报, 请上级先受理。"),
    "forwarded": N_("这件事项已转送其他单位, 请先记录答复。"),
    "answered": N_("这件事项已答复, 请回访后办结; 还要办理的请用「办理」。"),
    "revisited": N_("这件事项已回访, 请办结; 还要办理的请用「办理」。"),
    "rechecked": N_("这件隐患已复检合格, 请办结。"),
    "closed": N_("这件事项已办结; 需要继续办理的, 请先「重办」。"),
    "declined": N_("这件事项已不予受理, 可以答复本人或归档。"),
    "withdrawn": N_("这件事项已撤回, 不能再办理。"),
    "archived": N_("这件事项已归档, 不能再办理; 同样的问题请新登记一件。"),
}
_PENLESS = N_("这件事项现在由「{holder}」办理。您可以添加备注; 需要改派的, 请联系上级单位。")
_NOT_ABOVE = N_("上报只能报给上级单位; 交给其他单位请用「派单」。")
_TOP = N_("这件事项已在最上级单位, 没有可以上报的单位。")
_NOT_BELOW = N_("交办只能交给本单位或下级单位; 交给其他单位请用「派单」。")
_ACCUSED = N_("被反映的单位不能承办这件事项, 请选择其他单位。")


def right_for(kind: str) -> str:
    """The right that a step of this kind needs."""
    return _RIGHTS.get(kind, "issue.step")


def standing(s: Session, issue_id: uuid.UUID) -> Fold:
    """Where the issue stands after all its steps."""
    s.flush()
    return fold(derived.facts(s.connection(), [issue_id])[issue_id])


def step(s: Session, issue_id: uuid.UUID, step: Step) -> Step:
    """The step is added to the issue in the acting person's name.

    Refused: without the pen or the right, where something else must come first, incomplete, and closing too early.
    """
    issue = seen(s, issue_id, right_for(step.kind))
    who, stand = actor(s), standing(s, issue_id)
    if issue.voided:
        raise Refusal("issue_voided", N_("这件事项已经作废, 不能再办理。"))
    _sign(s, issue, step, who)
    _check_move(s, issue, stand, step, who)
    _check_sound(step, issue)
    _check_target(s, issue, stand, step, who)
    if step.kind == "close":
        _check_close(s, issue, stand, step, who)
    s.add(step)
    s.flush()
    return step


def possible(s: Session, issue: Issue, stand: Fold, who: Actor) -> tuple[str, ...]:
    """The steps that this person may take now, in the order of an issue's life."""
    if issue.voided:
        return ()
    return tuple(
        kind
        for kind, (allowed, _after) in MOVES.items()
        if (stand.state in allowed or kind == "note")
        and may(who, right_for(kind))
        and stand.holds_pen(kind, who.path)
        and (kind != "recheck" or (issue.kind == "hazard" and not stand.did(who.account, who.name)))
    )


def _sign(s: Session, issue: Issue, step: Step, who: Actor) -> None:
    step.issue_id, step.from_path, step.by = issue.id, who.path, step.by.strip() or who.name
    step.path = issue.path if within(issue.path, who.path) else who.path
    if step.to_unit is not None:
        unit = s.get(Unit, step.to_unit)
        if unit is None:
            raise Refusal("unit_gone", N_("没有找到这个单位, 请重新选择。"))
        step.to_path, step.to_name = unit.path, step.to_name or unit.name
    if step.kind == "contact":
        step.with_whom = step.with_whom or issue.reporter


def _check_move(s: Session, issue: Issue, stand: Fold, step: Step, who: Actor) -> None:
    if not stand.holds_pen(step.kind, who.path):
        holder = s.scalar(select(Unit.name).where(Unit.path == stand.holder, Unit.partner.is_(False)))
        raise Refusal("no_pen", _PENLESS, holder=holder or stand.holder)
    allowed, _after = MOVES.get(step.kind, (frozenset(), None))
    if step.kind == "recheck" and issue.kind != "hazard":
        raise Refusal("no_hazard", N_("只有隐患需要现场复检; 其他事项请用「回访」。"))
    if step.kind == "recheck" and stand.did(who.account, step.by):
        raise Refusal("own_recheck", closing.NO_RECHECK)
    if step.kind != "note" and stand.state not in allowed:
        raise _first(stand, step.kind)


def _first(stand: Fold, kind: str) -> Refusal:
    ended = stand.state in ("closed", "withdrawn", "archived")
    if kind == "close" and not ended and stand.state not in ("dispatched", "returned"):
        sentence = closing.NO_ANSWER
    elif kind in _BEFORE_STEP and (not ended or kind in ("register", "archive")):
        sentence = _BEFORE_STEP[kind]
    else:
        sentence = _BEFORE.get(stand.state, N_("这一步现在还不能做。"))
    return Refusal("step_too_early", sentence, state=stand.state, step=kind)


def _check_sound(step: Step, issue: Issue) -> None:
    if step.kind not in MOVES:
        raise Refusal("step_unknown", N_("本程序不认识「{kind}」这一步, 请先升级程序。"), kind=step.kind)
    for field, sentence in step.problems().items():
        raise Refusal("step_unsound", sentence, field=field)
    if step.day < issue.day:
        raise Refusal("step_unsound", N_("日期早于事项登记的日期, 请核对。"), field="day")


def _check_target(s: Session, issue: Issue, stand: Fold, step: Step, who: Actor) -> None:
    if step.kind == "escalate":
        step.to_path = step.to_path or _above(stand.holder)
        if stand.holder in ("", "/"):
            raise Refusal("at_the_top", _TOP)
        if step.to_path == stand.holder or not stand.holder.startswith(step.to_path):
            raise Refusal("not_above", _NOT_ABOVE)
    if step.kind == "assign" and step.to_path and not within(step.to_path, who.path):
        raise Refusal("not_below", _NOT_BELOW)
    if step.kind in ("dispatch", "assign", "forward", "escalate") and accuses(s, issue, step.to_path):
        raise Refusal("accused", _ACCUSED)


def _above(path: str) -> str:
    return path[: path.rstrip("/").rfind("/") + 1]


def _check_close(s: Session, issue: Issue, stand: Fold, step: Step, who: Actor) -> None:
    for refusal in closing.unsettled(issue, stand):
        raise refusal
    excepted = bool((step.reason or "").strip()) and may(who, "issue.except")
    for refusal in closing.uncontacted(s, issue, stand):
        if not excepted:
            raise refusal


def accept(s: Session, issue_id: uuid.UUID, *, due_on: date | None = None, text: str | None = None) -> Step:
    """The issue is taken in, to be done by that day."""
    return _take(s, issue_id, "accept", due_on=due_on, text=text)


def decline(s: Session, issue_id: uuid.UUID, reason: str, *, instead: str | None = None) -> Step:
    """The issue is not taken in, with the reason and where the person can go instead."""
    return _take(s, issue_id, "decline", reason=reason, to_name=instead)


def forward(s: Session, issue_id: uuid.UUID, to: str, *, text: str | None = None) -> Step:
    """The issue has been passed to an authority outside (转送); what they answer is still recorded here."""
    return _take(s, issue_id, "forward", to_name=to, text=text)


def dispatch(
    s: Session, issue_id: uuid.UUID, to_unit: uuid.UUID, *, due_on: date | None = None, text: str | None = None
) -> Step:
    """The unit holds the pen and is asked to sign for the issue."""
    return _take(s, issue_id, "dispatch", to_unit=to_unit, due_on=due_on, text=text)


def assign(
    s: Session, issue_id: uuid.UUID, *, to_unit: uuid.UUID | None = None, to_name: str | None = None,
    due_on: date | None = None, text: str | None = None,
) -> Step:  # fmt: skip
    """A unit below or a person of one's own unit is to do it (交办)."""
    return _take(s, issue_id, "assign", to_unit=to_unit, to_name=to_name, due_on=due_on, text=text)


def sign(s: Session, issue_id: uuid.UUID, *, due_on: date | None = None) -> Step:
    """The unit that got the issue has taken it over (签收)."""
    return _take(s, issue_id, "sign", due_on=due_on)


def return_(s: Session, issue_id: uuid.UUID, reason: str) -> Step:
    """The dispatch goes back to the unit that sent it, with the reason (退单)."""
    return _take(s, issue_id, "return", reason=reason)


def handle(s: Session, issue_id: uuid.UUID, text: str, *, day: date | None = None) -> Step:
    """What was done is on record."""
    return _take(s, issue_id, "handle", text=text, day=day)


def contact(s: Session, issue_id: uuid.UUID, way: str, **facts: Any) -> Step:
    """A contact (`way` talk or meet) is on record: with_whom, place, day, text, signature or the reason for none."""
    return _take(s, issue_id, "contact", way=way, **facts)


def answer(s: Session, issue_id: uuid.UUID, text: str, way: str, **facts: Any) -> Step:
    """The person has been answered (`way` oral, phone, written, face); facts: outcome, with_whom, day, satisfaction."""
    return _take(s, issue_id, "answer", text=text, way=way, **facts)


def revisit(s: Session, issue_id: uuid.UUID, satisfaction: str, **facts: Any) -> Step:
    """The person's satisfaction is on record, or that they were not reached."""
    return _take(s, issue_id, "revisit", satisfaction=satisfaction, **facts)


def recheck(s: Session, issue_id: uuid.UUID, outcome: str, **facts: Any) -> Step:
    """Somebody else has looked at the hazard on site: pass, or fail and it is handled again."""
    return _take(s, issue_id, "recheck", outcome=outcome, **facts)


def escalate(s: Session, issue_id: uuid.UUID, reason: str, *, to_unit: uuid.UUID | None = None) -> Step:
    """A unit above holds the pen: the next one, or the one named."""
    return _take(s, issue_id, "escalate", reason=reason, to_unit=to_unit)


def close(s: Session, issue_id: uuid.UUID, level: str, *, text: str | None = None, reason: str | None = None) -> Step:
    """The issue is closed at this level; a reason stands in for contacts that could not be made."""
    return _take(s, issue_id, "close", level=level, text=text, reason=reason)


def reopen(s: Session, issue_id: uuid.UUID, reason: str, *, due_on: date | None = None) -> Step:
    """The issue is handled again (重办)."""
    return _take(s, issue_id, "reopen", reason=reason, due_on=due_on)


def withdraw(s: Session, issue_id: uuid.UUID, reason: str) -> Step:
    """The person has taken the issue back."""
    return _take(s, issue_id, "withdraw", reason=reason)


def archive(s: Session, issue_id: uuid.UUID) -> Step:
    """The issue is put away; nothing can be added but notes."""
    return _take(s, issue_id, "archive")


def note(s: Session, issue_id: uuid.UUID, text: str) -> Step:
    """A note stands in the timeline; it moves nothing."""
    return _take(s, issue_id, "note", text=text)


def _take(s: Session, issue_id: uuid.UUID, kind: str, **facts: Any) -> Step:
    given = {name: value for name, value in facts.items() if value is not None}
    return step(s, issue_id, Step(issue_id=issue_id, kind=kind, **given))
