"""Papers of 双向派单: the 派单 to a partner with the 答复 to be filled in below it, and our reply to what a partner sent."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_, _
from app.ledgers.page import Column, Line, Page, Section, chinese_date
from app.ledgers.scope import Scope
from app.models.issues import Issue
from app.models.steps import Step
from app.services import codes, order_codes, orders, policies, steps
from app.services.access import allow
from app.services.orders import OrderRow
from app.services.privacy import mask_name, mask_numbers
from app.services.sealed import seen

#: Empty lines for what is written by hand.
_ROOM = "\n" * 7
_NOT_ASKED = N_("这件事项不是外单位派来的, 没有来单答复单。")
_NOT_ANSWERED = N_("这件事项还没有答复。请先记录答复, 再打印来单答复单。")


def order(s: Session, step_id: uuid.UUID) -> Page:
    """The 派单 of this step: what is asked, a code for the way back, and the 答复 for the partner to fill in.

    Names and numbers of people are masked, for the paper leaves the house; what is asked stands as it was written for them.
    """
    allow(s, "ledger.print")
    step = s.get(Step, step_id)
    row = next((row for row in orders.given(s, issue=step.issue_id) if row.id == step_id), None) if step else None
    if step is None or row is None:
        raise Refusal("order_gone", N_("没有找到这份派单, 可能已移交其他单位, 或不在您的查看范围内。"))
    issue = s.get_one(Issue, step.issue_id)
    lines: tuple[Line, ...] = (
        Section(_("一、派单内容")),
        (_("派给"), row.partner),
        (_("派单单位"), _sender(s, step)),
        (_("派单日期"), chinese_date(step.day)),
        (_("请于此日前答复"), chinese_date(step.due_on) if step.due_on else ""),
        (_("派单编号"), row.number),
        (_("事项"), _("{title} ({number})").format(title=mask_numbers(issue.title), number=issue.number)),
        (_("反映人"), _reporter(issue)),
        (_("地点"), issue.place or ""),
        (_("内容"), mask_numbers(issue.text or issue.title)),
        (_("请贵单位"), step.text or ""),
        (_("派单人和电话"), step.by),
        *_to_fill_in(),
    )
    return _paper(_("派单"), lines, number=row.number, code=order_codes.code(row.number, issue.id), notes=_NOTES)


def blank() -> Page:
    """The same 派单 as an empty form for paper."""
    labels = (
        _("派给"), _("派单单位"), _("派单日期"), _("请于此日前答复"), _("派单编号"), _("事项"), _("反映人"), _("地点"),
    )  # fmt: skip
    lines: tuple[Line, ...] = (
        Section(_("一、派单内容")),
        *((label, None) for label in labels),
        (_("内容"), _ROOM),
        (_("请贵单位"), "\n\n\n"),
        (_("派单人和电话"), None),
        *_to_fill_in(),
    )
    return _paper(_("派单"), lines)


def reply(s: Session, issue_id: uuid.UUID) -> Page:
    """Our 答复 to the partner that sent this issue; refused where none did, or nothing has been answered yet."""
    issue = seen(s, issue_id, "ledger.print")
    if issue.partner_id is None:
        raise Refusal("not_from_partner", _NOT_ASKED)
    answer = _last_answer(s, issue_id)
    if answer is None:
        raise Refusal("no_answer", _NOT_ANSWERED)
    row = next(row for row in orders.received(s, issue=issue_id))
    ways, outcomes = codes.labels(s, "answer_way"), codes.labels(s, "outcome")
    lines: tuple[Line, ...] = (
        Section(_("一、来单")),
        (_("来单单位"), row.partner),
        (_("对方编号"), row.number),
        (_("收到日期"), chinese_date(issue.day)),
        (_("要求答复日期"), chinese_date(row.due_on) if row.due_on else ""),
        (_("事项"), _("{title} ({number})").format(title=mask_numbers(issue.title), number=issue.number)),
        (_("内容"), mask_numbers(issue.text or issue.title)),
        Section(_("二、答复")),
        (_("办理情况和答复"), mask_numbers(answer.text or "")),
        (_("处理意见"), codes.label(outcomes, answer.outcome)),
        *[(_("依据"), "\n".join(policies.told(one, answer.day) for one in answer.quotes or ()))] * bool(answer.quotes),
        (_("答复方式"), codes.label(ways, answer.way)),
        (_("答复日期"), chinese_date(answer.day)),
        (_("答复单位 (盖章)"), _sender(s, answer) + "\n\n\n"),
        (_("经办人和电话"), answer.by),
    )
    return _paper(_("来单答复单"), lines, number=issue.number)


def of(s: Session, row: OrderRow) -> Page:
    """The paper of this dispatch: ours to the partner, or our reply to theirs."""
    return order(s, row.id) if row.way == "out" else reply(s, row.issue)


_NOTES = (N_("编号的最后一位是校验位。答复时请写明编号; 收回后扫右上角的码, 或输入编号, 即可登记。"),)


def _to_fill_in() -> tuple[Line, ...]:
    done = _("□ 已办结　　□ 正在办理, 预计　　　　年　　月　　日办结　　□ 不属本单位职责 (请在上面写明)")
    return (
        Section(_("二、答复 (请贵单位填写后交回)")),
        (_("办理情况"), _ROOM),
        (_("办理结果"), done),
        (_("答复人和电话"), None),
        (_("答复日期"), _("　　　　年　　　月　　　日")),
        (_("单位 (盖章)"), "\n\n\n"),
    )


def _paper(title: str, lines: tuple[Line, ...], number: str = "", code: str = "", notes: tuple[str, ...] = ()) -> Page:
    columns = (Column(_("栏目"), "label", 34, "center"), Column(_("内容"), "value", 146, kind="multiline"))
    return Page(
        title, columns, lines, notes=tuple(_(note) for note in notes), signatures=(), classification="", number=number,
        code=code, row_height=8.0, bare=True,
    )  # fmt: skip


def _sender(s: Session, step: Step) -> str:
    """The unit of the one who took the step."""
    return Scope(step.from_path or "").name(s)


def _reporter(issue: Issue) -> str:
    return _("匿名") if issue.anonymous else mask_name(issue.reporter or "")


def _last_answer(s: Session, issue_id: uuid.UUID) -> Step | None:
    illegal = set(steps.standing(s, issue_id).illegal)
    query = select(Step).where(Step.issue_id == issue_id, Step.kind == "answer", Step.voided_at.is_(None))
    found = [step for step in s.scalars(query) if step.id not in illegal]
    return max(found, key=lambda step: (step.day, step.created_at), default=None)
