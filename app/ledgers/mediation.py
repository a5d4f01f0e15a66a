"""调解协议书: what the two sides of a dispute agreed upon, to be signed by both and by who mediated."""

import re
import uuid

from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_, _, joined
from app.ledgers import case, replies
from app.ledgers.case import Case
from app.ledgers.letter import Letter, Par
from app.ledgers.page import chinese_date
from app.models.steps import Step

_NAMES = re.compile(r"[、,，;；/\s]+")
_NO_DISPUTE = N_("调解协议书只用于矛盾纠纷。这件事项的类别不是矛盾纠纷; 登记错了的请先更正。")
_ANONYMOUS = N_("匿名反映的纠纷没有当事人, 不能出调解协议书。")
_NAMELESS = N_("还没有甲方当事人 (反映人) 的姓名。请先更正登记内容。")
_ONE_SIDE = N_("还没有写明另一方当事人。请用「沟通见面」记录与对方的见面, 或在六要素的「人」里写明。")
_NO_MEETING = N_("还没有与当事人见面调解的记录。请先用「沟通见面」记录。")
_NO_AGREEMENT = N_("还没有写下双方的协议。请用「答复」把双方达成的协议写在答复内容里。")
_VOIDED = N_("这件事项已经作废, 不出文书。")


def lacking(s: Session, issue_id: uuid.UUID) -> tuple[Refusal, ...]:
    """What the paper still lacks, each a sentence that says what to do; refused for whom may not see or print the issue."""
    told = case.of(s, issue_id)
    return _lacking(told, replies.in_force(s, told))


def letter(s: Session, issue_id: uuid.UUID, *, masked: bool = True) -> Letter:
    """The agreement: the parties, the facts, how it was mediated and what was agreed (人民调解法 art. 29); refused while anything lacks."""
    told = case.of(s, issue_id)
    steps = replies.in_force(s, told)
    for refusal in _lacking(told, steps):
        raise refusal
    told = case.naming(s, told, masked, _("调解协议书"))
    meetings, agreed = _meetings(steps), _agreed(steps)
    assert agreed is not None
    issue, unit = told.issue, told.unit(told.stand.holder if agreed.from_path is None else agreed.from_path)
    mediators = joined(dict.fromkeys(step.by for step in meetings if step.by))
    return Letter(
        unit="",
        title=_("调解协议书"),
        number=issue.number,
        address="",
        lead=(
            _("甲方（当事人）：{name}    联系电话：{phone}").format(name=told.reporter, phone=told.phone or "__________"),
            _("乙方（当事人）：{name}    联系电话：__________").format(name=_other(told, steps)),
            _("调解单位：{unit}    调解员：{names}").format(unit=unit, names=mediators),
        ),
        body=(
            Par(_("一、纠纷的主要事实和争议事项"), heading=True),
            Par(replies.ended(told.words(issue.text) or told.words(issue.title))),
            Par(_("二、调解经过"), heading=True),
            *(Par(_met(told, step)) for step in meetings),
            Par(_("三、双方自愿达成的协议"), heading=True),
            Par(replies.ended(told.words(agreed.text))),
            Par(_("四、履行的方式和期限"), heading=True),
            Par(_("协议内容里已写明的按约定履行；需要补充的：____________")),
            Par(_(
                "本协议一式三份，双方当事人各执一份，调解单位留存一份，自双方签名、盖章或者按指印，调解员签名并加盖调解单位印章之日起生效。双方应当按照约定履行。"
                "经人民调解委员会调解的，双方认为有必要时，可以自协议生效之日起30日内共同向人民法院申请司法确认"
                "（《人民调解法》第三十三条）。"
            )),
        ),
        signed=(_("{unit}（盖章）").format(unit=unit), chinese_date(agreed.day)),
        slips=(
            _("甲方（签字或指印）：____________      乙方（签字或指印）：____________"),
            _("调解员（签字）：____________        签订日期：______年____月____日"),
        ),
    )  # fmt: skip


def _lacking(told: Case, steps: list[Step]) -> tuple[Refusal, ...]:
    issue, found = told.issue, []
    if issue.voided:
        found.append(Refusal("issue_voided", _VOIDED))
    if issue.kind != "dispute":
        return (*found, Refusal("paper_no_dispute", _NO_DISPUTE))
    if issue.anonymous:
        found.append(Refusal("paper_anonymous", _ANONYMOUS))
    elif not (issue.reporter or "").strip():
        found.append(Refusal("paper_nameless", _NAMELESS))
    if not _other(told, steps):
        found.append(Refusal("paper_one_side", _ONE_SIDE))
    if not _meetings(steps):
        found.append(Refusal("paper_no_meeting", _NO_MEETING))
    if _agreed(steps) is None:
        found.append(Refusal("paper_no_agreement", _NO_AGREEMENT))
    return tuple(found)


def _meetings(steps: list[Step]) -> list[Step]:
    return [step for step in steps if step.kind == "contact" and step.way == "meet"]


def _agreed(steps: list[Step]) -> Step | None:
    """The answer that holds the agreement: the last one since the dispute was last taken up anew."""
    found: Step | None = None
    for step in steps:
        found = (
            step if step.kind == "answer" and (step.text or "").strip() else None if step.kind == "reopen" else found
        )
    return found


def _other(told: Case, steps: list[Step]) -> str:
    """Who else was met, else who is named among the six elements."""
    reporter = (told.issue.reporter or "").strip()
    met = (name for step in steps if step.kind == "contact" for name in _NAMES.split(step.with_whom or ""))
    others = [name for name in dict.fromkeys(met) if name and name != reporter]
    named = str((told.issue.elements or {}).get("who") or "").strip()
    return joined(others) or ("" if named == reporter else named)


def _met(told: Case, step: Step) -> str:
    place = _("在{place}").format(place=told.words(step.place)) if step.place else ""
    head = _("{day}{place}与{whom}见面调解").format(
        day=chinese_date(step.day), place=place, whom=told.words(step.with_whom)
    )
    text = told.words(step.text)
    return f"{head}：{replies.ended(text)}" if text else f"{head}。"
