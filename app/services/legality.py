"""Why a step cannot be taken: without the right or the pen, out of turn, unsound, to the wrong unit; each a clear sentence."""

import uuid
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_
from app.models import timing
from app.models.accounts import Actor
from app.models.folding import Fold, StepFact, parent
from app.models.issues import Issue
from app.models.moves import BY_STEP, STEPS, chosen, legal
from app.models.steps import Step
from app.models.units import Unit, within
from app.services import closing, units
from app.services.access import may
from app.services.sealed import accuses, seen

#: Step → the right it needs; all others need `issue.step`. What the head of a unit decides needs `issue.close`, or
#: `issue.approve`, which leaders have who do not work on issues themselves.
_RIGHTS = dict.fromkeys(
    ("decline", "close", "reopen", "archive", "merge", "assist_cancel", "entrust", "entrust_cancel", "review_answer",
     "second_answer"),
    "issue.close",
) | dict.fromkeys(("dispatch", "forward"), "issue.dispatch") | dict.fromkeys(
    ("approve", "refuse", "exception_approve", "exception_refuse", "urge", "calm"), "issue.approve"
)  # fmt: skip
#: What is said when a step does not fit where the issue stands: by step first, then by state.
_BEFORE_STEP = {
    "approve": N_("这件事项没有待批的延期申请。"),
    "refuse": N_("这件事项没有待批的延期申请。"),
    "exception": N_("这件事项还没有受理, 或已经结束, 不用申请证据例外。"),
    "exception_approve": N_("这件事项没有待批的证据例外申请。"),
    "exception_refuse": N_("这件事项没有待批的证据例外申请。"),
    "resume": N_("这件事项没有挂起。"),
    "review": N_("还没有答复或办结, 不能申请复查。"),
    "review_answer": N_("这件事项没有待答复的复查申请。"),
    "second_review": N_("还没有复查意见, 不能申请复核。"),
    "second_answer": N_("这件事项没有待答复的复核申请。"),
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
    "suspended": N_("这件事项已挂起, 请先恢复办理。"),
    "reviewing": N_("这件事项正在复查, 请先答复复查申请。"),
    "reviewed": N_("这件事项已有复查意见; 本人不服的可以申请复核, 没有异议的请归档。"),
    "rereviewing": N_("这件事项正在复核, 请先答复复核申请。"),
    "ended": N_("这件事项已经复核终结, 不再受理; 可以归档。"),
    "merged": N_("这件事项已并入另一件, 请在那一件上办理; 答复本人之后可以归档。"),
    "withdrawn": N_("这件事项已撤回, 不能再办理。"),
    "archived": N_("这件事项已归档, 不能再办理; 同样的问题请新登记一件。"),
}
_PENLESS = N_("这件事项现在由「{holder}」办理。您可以添加备注; 需要改派的, 请联系上级单位。")
_NOT_ABOVE = N_("上报只能报给上级单位; 交给其他单位请用「派单」。")
_TOP = N_("这件事项已在最上级单位, 没有可以上报的单位。")
_NOT_BELOW = N_("交办只能交给本单位或下级单位; 交给其他单位请用「派单」。")
_ACCUSED = N_("被反映的单位不能承办这件事项, 请选择其他单位。")


#: What the table asks for besides stage and pen → what is said when it is not so.
_NEEDS = {
    "asked": N_("没有待批的延期申请, 或申请人就是您本人。延期由申请人以外的单位负责人批准。"),
    "unasked": N_("已有一份延期申请在等批准, 请先批准或不同意。"),
    "pleaded": N_("没有待批的证据例外申请, 或申请人就是您本人。例外由申请人以外的单位负责人批准。"),
    "unpleaded": N_("已有一份证据例外申请在等批准, 或已经同意了例外。"),
    "task": N_("没有等您单位答复的协办。"),
    "settled": closing.HELPING,
    "order": N_("这份派单已经答复或撤回, 或没有等答复的外单位派单。"),
    "card": N_("这件事项没有在督办。"),
    "other": closing.NO_RECHECK,
}
_NOT_YOURS = N_("督办只能由上级单位发出。")
_ASIDE = N_("「{name}」已对这件事项回避, 不能办理。")
_UNHEARD = N_("日期早于第一次反映的日期 ({day}), 请核对。")
_DISSOLVED = N_("「{unit}」已于 {day} 撤销, 不能再派给它。请改派给承接单位「{successor}」。")
_GONE = N_("「{unit}」已于 {day} 撤销, 没有登记承接单位, 不能再派给它。请选择其他单位。")
_ONE_UP = N_("越级上报要报给上一级以上的单位; 报给上一级请用「上报」。")
_NO_PARTNER = N_("「{unit}」不是外单位, 请用「派单」派给它。")
_SEALED = N_("密封的事项不能派给外单位; 需要时请用「转送」交给有权处理的机关。")
_TOO_LATE = N_("对派单有异议的, 应在 {day} 前退单 ({article}), 现在已过期。请签收后用「上报」说明。")
_TOO_FAR = N_("延期最多 {days} 日, 不能晚于 {day} ({article})。")
_ITSELF = N_("不能与自己合并或关联, 请选择另一件事项。")
_PASSING = ("dispatch", "assign", "forward", "escalate", "leap", "assist", "entrust", "review", "second_review")


def right_for(kind: str) -> str:
    """The right that a step of this kind needs."""
    return _RIGHTS.get(kind, "issue.step")


def check(s: Session, issue: Issue, stand: Fold, step: Step, who: Actor) -> None:
    """Nothing keeps this person from this step; the step's target is settled. Refused otherwise, with the first reason."""
    if step.kind not in STEPS:
        raise Refusal("step_unknown", N_("本程序不认识「{kind}」这一步, 请先升级程序。"), kind=step.kind)
    _check_move(s, issue, stand, step, who)
    _check_sound(step, issue)
    _check_target(s, issue, stand, step, who)
    if step.kind in ("return", "extend", "approve"):
        _check_time(s, issue, stand, step)
    if step.kind == "exception":
        closing.check_exception(s, issue, stand)
    if step.kind == "close":
        _check_close(s, issue, stand, step, who)


def unmet(stand: Fold, step: Step, who: Actor) -> str | None:
    """What the table asks for besides stage and pen and is not so for this step; None when all is well."""
    move = chosen(step.kind, stand.state, step.outcome)
    return move.needs if move is not None and stand.lacks(move.needs, fact(step, who)) else None


def fact(step: Step, who: Actor) -> StepFact:
    """A step not yet taken as the fold would see it."""
    return StepFact(
        id=step.id, kind=step.kind, order=(0, "", ""), path="", day=step.day, author=who.account, by=step.by,
        from_path=step.from_path, about=step.about,
    )  # fmt: skip


def may_take(s: Session, issue: Issue, stand: Fold, step: Step, who: Actor) -> None:
    """Right, pen and stage allow this person this step now, whatever it will say. Refused otherwise."""
    step.by, step.from_path = step.by or who.name, who.path
    _check_move(s, issue, stand, step, who)


def _check_move(s: Session, issue: Issue, stand: Fold, step: Step, who: Actor) -> None:
    if step.kind not in ("note", "recuse") and step.by in stand.recused:
        raise Refusal("recused", _ASIDE, name=step.by)
    if not stand.holds_pen(step.kind, who.path):
        raise _penless(s, stand, step.kind)
    if step.kind == "recheck" and issue.kind != "hazard":
        raise Refusal("no_hazard", N_("只有隐患需要现场复检; 其他事项请用「回访」。"))
    needs = unmet(stand, step, who)
    if needs == "other":
        raise Refusal("own_recheck", closing.NO_RECHECK)
    if not legal(step.kind, stand.state):
        raise _first(stand, step.kind)
    if needs is not None:
        raise Refusal(f"not_{needs}", _NEEDS[needs], n=stand.unsettled)


def _penless(s: Session, stand: Fold, kind: str) -> Refusal:
    pen = BY_STEP[kind][0].pen
    if pen == "above":
        return Refusal("not_from_above", _NOT_YOURS)
    if pen == "helper":
        return Refusal("not_task", _NEEDS["task"])
    holder = s.scalar(select(Unit.name).where(Unit.path == stand.holder, Unit.partner.is_(False)))
    return Refusal("no_pen", _PENLESS, holder=holder or stand.holder)


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
    for field, sentence in step.problems().items():
        raise Refusal("step_unsound", sentence, field=field)
    heard = min(issue.heard_on or issue.day, issue.day)
    if step.day < heard:
        raise Refusal("step_unsound", _UNHEARD, field="day", day=heard)
    if step.due_on and step.due_on < step.day:
        raise Refusal("step_unsound", N_("期限早于这一步的日期, 请核对。"), field="due_on")


def _check_time(s: Session, issue: Issue, stand: Fold, step: Step) -> None:
    """A dispatch is objected to in time, and no law's term is extended by more than the law allows, by the rules in force."""
    clocks = [c for c in timing.clocks_of(s.connection(), stand, issue, step.day) if c.running]
    if step.kind == "return":
        late = next((c for c in clocks if c.rule.right and "return" in c.rule.stop and c.left < 0), None)
        if late is not None:
            raise Refusal(
                "return_too_late", _TOO_LATE, day=late.due.isoformat(), article=late.rule.article or late.rule.name
            )
        return
    until = step.due_on or (stand.asked.due_on if stand.asked else None)
    for clock in clocks:
        most = clock.due + timedelta(days=clock.rule.extension - clock.extended)
        if (
            clock.rule.statutory
            and clock.rule.extension
            and clock.rule.unit == "days"
            and until is not None
            and until > most
        ):
            raise Refusal(
                "extended_too_far", _TOO_FAR, field="due_on", days=clock.rule.extension, day=most.isoformat(),
                article=clock.rule.article,
            )  # fmt: skip


def _check_target(s: Session, issue: Issue, stand: Fold, step: Step, who: Actor) -> None:
    if step.kind in ("escalate", "leap", "review", "second_review"):
        _send_up(stand, step)
    if step.kind == "assign" and step.to_path and not within(step.to_path, who.path):
        raise Refusal("not_below", _NOT_BELOW)
    if step.kind == "entrust":
        _check_partner(s, issue, step)
    elif step.kind in _PASSING and accuses(s, issue, step.to_path):
        raise Refusal("accused", _ACCUSED)
    if step.to_unit is not None and step.kind in _PASSING:
        _check_standing(s, step)
    if step.other_id is not None and step.kind in ("merge", "link"):
        _check_other(s, issue, step.other_id)


def _check_partner(s: Session, issue: Issue, step: Step) -> None:
    unit = s.get_one(Unit, step.to_unit)
    if not unit.partner:
        raise Refusal("no_partner", _NO_PARTNER, field="to_unit", unit=unit.name)
    if issue.secrecy == "sealed":
        raise Refusal("sealed_outside", _SEALED)
    if issue.against == unit.id:
        raise Refusal("accused", _ACCUSED)


def _send_up(stand: Fold, step: Step) -> None:
    if stand.holder in ("", "/"):
        if step.kind in ("review", "second_review"):  # there is nobody above: headquarters itself reviews
            step.to_path = stand.holder
            return
        raise Refusal("at_the_top", _TOP)
    above = parent(stand.holder)
    step.to_path = step.to_path or (parent(above) if step.kind == "leap" else above) or above
    if step.to_path == stand.holder or not stand.holder.startswith(step.to_path):
        raise Refusal("not_above", _NOT_ABOVE)
    if step.kind == "leap" and step.to_path == above:
        raise Refusal("only_one_up", _ONE_UP)


def _check_standing(s: Session, step: Step) -> None:
    unit = s.get_one(Unit, step.to_unit)
    if unit.to_on is None or unit.to_on > step.day:
        return
    after = units.successor(s, unit, step.day)
    named = {"successor": after.name} if after else {}
    sentence = _DISSOLVED if after else _GONE
    raise Refusal("unit_dissolved", sentence, field="to_unit", unit=unit.name, day=unit.to_on, **named)


def _check_other(s: Session, issue: Issue, other: uuid.UUID) -> None:
    if other == issue.id:
        raise Refusal("itself", _ITSELF, field="other_id")
    seen(s, other)


def _check_close(s: Session, issue: Issue, stand: Fold, step: Step, who: Actor) -> None:
    for refusal in closing.unsettled(issue, stand):
        raise refusal
    reasoned = bool((step.reason or "").strip()) and may(who, "issue.except")
    excepted = reasoned and closing.evidence(s, issue.kind).exception
    for refusal in closing.uncontacted(s, issue, stand):
        if not excepted:
            raise refusal
