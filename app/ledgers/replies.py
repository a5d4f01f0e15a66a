"""答复意见书, 复查意见书 and 复核意见书: a written answer as it is handed to the person, with the rights that follow."""

import uuid
from collections.abc import Callable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_, _
from app.ledgers import case, matters
from app.ledgers.case import Case
from app.ledgers.letter import Letter, Par
from app.ledgers.page import chinese_date
from app.models import derived, timing
from app.models.clocks import Rule
from app.models.folding import parent
from app.models.steps import Step
from app.services import codes, policies

#: What answers → the title of its paper, the step that asks for the next look, and the one that answers it.
_KINDS: Mapping[str, tuple[str, str, str]] = {
    "answer": (N_("信访事项答复意见书"), "review", "review_answer"),
    "review_answer": (N_("信访事项复查意见书"), "second_review", "second_answer"),
    "second_answer": (N_("信访事项复核意见书"), "", ""),
}
_NUMERALS = (N_("一"), N_("二"), N_("三"), N_("四"))
_ANONYMOUS = N_("匿名反映的事项没有可以送达的人, 不出答复意见书。")
_NAMELESS = N_("还没有反映人的姓名。请先更正登记内容, 写明姓名。")
_NO_ANSWER = N_("还没有书面答复。请先用「答复」记录答复内容, 方式选「书面」。")
_NOT_WRITTEN = N_("最近一次答复的方式是「{way}」, 不是书面。要印答复意见书, 请先用「答复」记录一次书面答复。")
_VOIDED = N_("这件事项已经作废, 不出文书。")
_TAKEN = {
    "supported": N_("经研究，对您的诉求予以支持。"),
    "not_supported": N_("经研究，对您的诉求不予支持。"),
    "explained": N_("经研究，现将有关政策和情况向您解释说明。"),
    "upheld": N_("经审查，维持原处理意见。"),
    "changed": N_("经审查，变更原处理意见。"),
    "redo": N_("经审查，责令原办理单位重新办理。"),
}


def lacking(s: Session, issue_id: uuid.UUID) -> tuple[Refusal, ...]:
    """What the paper still lacks, each a sentence that says what to do; refused for whom may not see or print the issue."""
    return _lacking(s, case.of(s, issue_id))


def letter(s: Session, issue_id: uuid.UUID, *, masked: bool = True) -> Letter:
    """The paper for the last written answer; refused with the first thing it lacks, so that nothing is printed half.

    It names the one who reported, also of a sealed issue, which is noted as read.
    """
    told = case.of(s, issue_id)
    for refusal in _lacking(s, told):
        raise refusal
    told = case.naming(s, told, masked, _("答复意见书"))
    step = _answered(s, told)
    assert step is not None
    title, asks, answers = _KINDS[step.kind]
    path = told.stand.holder if step.from_path is None else step.from_path
    return Letter(
        unit=told.unit(path),
        title=_(title),
        number=told.issue.number,
        address=_("{name}同志：").format(name=told.reporter),
        body=(*_parts(s, told, step), Par(_rights(s, told, step, path, asks, answers)), Par(_("特此答复。"))),
        signed=(_("{unit}（盖章）").format(unit=told.unit(path)), chinese_date(step.day)),
        slips=(
            _("送达方式：□当面  □邮寄  □其他________      送达人（签字）：____________"),
            _("收件人（签字）：____________        收到日期：______年____月____日"),
        ),
    )


def _lacking(s: Session, told: Case) -> tuple[Refusal, ...]:
    issue = told.issue
    found = []
    if issue.voided:
        found.append(Refusal("issue_voided", _VOIDED))
    if issue.anonymous:
        found.append(Refusal("paper_anonymous", _ANONYMOUS))
    elif not (issue.reporter or "").strip():
        found.append(Refusal("paper_nameless", _NAMELESS))
    step = _answered(s, told)
    if step is None:
        found.append(Refusal("paper_no_answer", _NO_ANSWER))
    elif step.kind == "answer" and step.way != "written":
        way = codes.label(codes.labels(s, "answer_way"), step.way)
        found.append(Refusal("paper_not_written", _NOT_WRITTEN, way=way))
    return tuple(found)


def in_force(s: Session, told: Case) -> list[Step]:
    """The steps in force in their order, without those that were overtaken."""
    order = sorted(derived.facts(s.connection(), [told.issue.id])[told.issue.id], key=lambda fact: fact.order)
    known = {step.id: step for step in s.scalars(select(Step).where(Step.issue_id == told.issue.id))}
    return [known[fact.id] for fact in order if fact.id not in told.stand.illegal]


def ended(text: str) -> str:
    """The text as a sentence: with a full stop where it has none."""
    return text if not text or text[-1] in "。！？；…”」』）.!?;" else f"{text}。"


def _answered(s: Session, told: Case) -> Step | None:
    """The last written answer since the issue was last done anew; where there is none in writing, the last answer."""
    answers: list[Step] = []
    for step in in_force(s, told):
        if step.kind == "reopen":
            answers = []
        elif step.kind in _KINDS:
            answers.append(step)
    written = [step for step in answers if step.kind != "answer" or step.way == "written"]
    found = written or answers
    return found[-1] if found else None


def _parts(s: Session, told: Case, step: Step) -> list[Par]:
    issue, done = told.issue, [one for one in in_force(s, told) if one.kind == "handle" and one.text]
    accepted = next((event.day for event in told.stand.events if event.kind == "accept"), None)
    channel = codes.labels(s, "channel").get(issue.channel or "")
    heard = chinese_date(issue.heard_on or issue.day)
    came = (
        _("您于{day}通过{channel}反映的").format(day=heard, channel=channel)
        if channel
        else _("您于{day}反映的").format(day=heard)
    )
    taken = _("，{day}受理").format(day=chinese_date(accepted)) if accepted else ""
    opening = _("{came}“{title}”事项（编号：{number}）收悉{taken}。经办理，现答复如下：").format(
        came=came, title=told.words(issue.title), number=issue.number, taken=taken
    )
    sections: list[tuple[str, list[str]]] = [
        (_("反映的事项"), [ended(told.words(issue.text) or told.words(issue.title))])
    ]
    if done:
        told_so = [f"{chinese_date(one.day)}，{ended(told.words(one.text))}" for one in done]
        sections.append((_("办理情况"), matters.numbered(told_so)))
    opinion = [_(_TAKEN[step.outcome])] if step.outcome in _TAKEN else []
    sections.append((_("处理意见"), [*opinion, ended(told.words(step.text))]))
    if step.quotes:
        sections.append((_("依据"), [ended(policies.told(quote, step.day)) for quote in step.quotes]))
    found = [Par(opening)]
    for numeral, (title, texts) in zip(_NUMERALS, sections, strict=False):
        found.append(Par(_("{n}、{title}").format(n=_(numeral), title=title), heading=True))
        found += [Par(text) for text in texts]
    return found


def _rights(s: Session, told: Case, step: Step, path: str, asks: str, answers: str) -> str:
    """What the person may do when not content: whom to ask, within how many days, by which article of the rules in force."""
    rules = [rule for rule in timing.of(s.connection()).rules if rule.speaks_of(told.issue.kind, "")]
    right = _found(rules, lambda rule: rule.right and step.kind in rule.start and asks in rule.stop) if asks else None
    if right is None:
        return (
            _("本意见为终结意见。")
            if step.kind == "second_answer"
            else _("如您对本答复有不同意见，可以向本单位或上级单位反映。")
        )
    above = told.units.get(parent(path)) if path not in ("", "/") else None
    words = _("如您对本意见不服，可以自收到本意见书之日起{n}{unit}内，向{above}提出{asks}请求（{article}）。")
    told_right = words.format(
        n=right.length, unit=_unit(right), above=above or _("本单位的上一级机关、单位"),
        asks=_("复查") if asks == "review" else _("复核"), article=right.article or right.name,
    )  # fmt: skip
    duty = _found(rules, lambda rule: not rule.right and asks in rule.start and answers in rule.stop)
    if duty is None:
        return told_right
    due = (
        _("收到请求的单位自收到之日起{n}{unit}内提出意见，并书面答复您（{article}）。")
        if asks == "review"
        else _("收到请求的单位自收到之日起{n}{unit}内提出复核意见（{article}）。")
    )
    return told_right + due.format(n=duty.length, unit=_unit(duty), article=duty.article or duty.name)


def _found(rules: list[Rule], fits: Callable[[Rule], bool]) -> Rule | None:
    return next((rule for rule in rules if fits(rule)), None)


def _unit(rule: Rule) -> str:
    return _("个工作日") if rule.unit == "workdays" else _("日")
