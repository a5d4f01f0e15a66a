"""卷宗: one case as one file of papers; all steps, clocks, help, answers, evidence and attachments listed."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import today
from app.i18n import N_, _, joined
from app.ledgers import case, enclosures
from app.ledgers.case import Case
from app.ledgers.page import Column, Line, Page, Section
from app.ledgers.plates import Plates
from app.models import timing
from app.models.clocks import Clock
from app.models.issues import SIX_ELEMENTS
from app.models.steps import Step
from app.services import clock_rules, closing, codes, timelines
from app.services.timelines import StepRow

#: Who signs a 卷宗.
_SIGNERS = (N_("立卷人"), N_("审核人"), N_("归档人"))
_ELEMENTS = dict(zip(SIX_ELEMENTS, (N_("人"), N_("事"), N_("物"), N_("责"), N_("时间"), N_("空间")), strict=True))
_ANSWERS = ("answer", "decline", "entrust_answer", "review_answer", "second_answer", "revisit")


@dataclass(frozen=True)
class Dossier:
    """The papers of a case, and the photos that stand after them."""

    pages: tuple[Page, ...]
    photos: Plates


def bind(s: Session, issue_id: uuid.UUID, *, masked: bool = True) -> Dossier:
    """The papers of the case: what was registered with the table of contents, each list, the photos; refused as `case.of`."""
    told = case.of(s, issue_id, masked=masked, paper=_("事项卷宗"))
    timeline = timelines.timeline(s, issue_id, told.stand)[::-1]
    steps = {
        step.id: step for step in s.scalars(select(Step).where(Step.issue_id == issue_id, Step.voided_at.is_(None)))
    }
    papers = [
        _steps(told, timeline),
        _clocks(s, told),
        _help(told, timeline, steps),
        _answers(s, told, timeline, steps),
        _evidence(s, told, timeline, steps),
    ]
    enclosed = enclosures.of(s, told, timeline)
    papers.append(_page(told, _("附件目录"), enclosed.columns, enclosed.rows, enclosed.notes, landscape=True))
    front = _front(s, told, papers)
    photos = Plates(_("附件照片"), front.classification, front.number, enclosed.plates)
    return Dossier((front, *(replace(paper, signatures=()) for paper in papers)), photos)


def _front(s: Session, told: Case, papers: Sequence[Page]) -> Page:
    columns = (Column(_("项目"), "label", 34, "center"), Column(_("内容"), "text", 146, kind="multiline"))
    rows: list[Line] = [Section(_("一、登记内容和现在的情况"))]
    rows += [(label, text) for label, text in _facts(s, told) if text]
    rows.append(Section(_("二、卷内目录")))
    rows += [
        (str(n), _("{title}（{count} 项）").format(title=paper.title, count=_count(paper)))
        for n, paper in enumerate(papers, 1)
    ]
    notes = [_("未生效的步骤（与别处的步骤相撞）照列并注明。没有的项目也列出，写明没有。")]
    if told.masked:
        notes.append(_("身份证号、电话默认遮盖；要求保密的和检举控告的反映人不印姓名。"))
    return _page(told, _("事项卷宗"), columns, rows, tuple(notes), _SIGNERS)


def _facts(s: Session, told: Case) -> list[tuple[str, str]]:
    issue, stand = told.issue, told.stand
    word: Callable[[str, str | None], str] = lambda table, code: codes.label(codes.labels(s, table), code)  # noqa: E731
    elements = issue.elements or {}
    closed = stand.closed_on.isoformat() if stand.closed_on else ""
    people = _("等 {n} 人").format(n=issue.people) if issue.people > 1 else ""
    return [
        (_("编号"), issue.number),
        (_("事项"), told.words(issue.title)),
        (_("类别"), word("issue_kind", issue.kind)),
        (_("主题"), word("topic", issue.topic)),
        (_("反映人"), told.reporter + people),
        (_("联系电话"), told.phone),
        (_("反映渠道"), word("channel", issue.channel)),
        (_("反映日期"), (issue.heard_on or issue.day).isoformat()),
        (_("登记日期"), issue.day.isoformat()),
        (_("登记单位"), told.unit(stand.home or issue.path)),
        (_("地点"), told.words(issue.place)),
        (_("反映内容"), told.words(issue.text)),
        *((_("六要素：{name}").format(name=_(name)), told.words(str(elements.get(key) or ""))) for key, name in _ELEMENTS.items()),
        (_("证据材料"), told.words(issue.evidence)),
        (_("密级"), word("secrecy", issue.secrecy)),
        (_("现在的状态"), word("issue_state", stand.state)),
        (_("承办单位"), told.unit(stand.holder)),
        (_("承办过的单位"), joined(told.unit(path) for path in stand.handlers) if len(stand.handlers) > 1 else ""),
        (_("协办单位"), joined(told.unit(path) for path in stand.helpers)),
        (_("督办"), word("urging", stand.worst)),
        (_("重办次数"), str(stand.reopened) if stand.reopened else ""),
        (_("回避"), joined(sorted(stand.recused))),
        (_("办结日期"), closed),
        (_("办结层级"), word("closing_level", stand.level)),
        (_("满意度"), word("satisfaction", stand.satisfaction)),
        (_("更正说明"), told.words(issue.correction)),
        (_("作废原因"), told.words(issue.void_reason)),
    ]  # fmt: skip


def _steps(told: Case, timeline: Sequence[StepRow]) -> Page:
    columns = (
        Column(_("序号"), "n", 10, "center", "number"),
        Column(_("日期"), "day", 20, kind="date"),
        Column(_("步骤"), "label", 20, "center"),
        Column(_("经办人"), "by", 18, "center"),
        Column(_("记录地点"), "site", 28, "center"),
        Column(_("内容"), "text", 84, kind="multiline"),
        Column(_("记录时间"), "at", 28, kind="moment"),
        Column(_("备注"), "note", 22, "center"),
    )
    rows = [
        (n, step.day, step.label, step.by, step.site, told.words(step.sentence), step.at, _remark(step))
        for n, step in enumerate(timeline, 1)
    ]
    return _page(told, _("办理过程"), columns, rows, landscape=True)


def _remark(step: StepRow) -> str:
    return "\n".join(
        part for part in (_("未生效") if step.illegal else "", _("有签字") if step.signature else "") if part
    )


def _clocks(s: Session, told: Case) -> Page:
    columns = (
        Column(_("序号"), "n", 10, "center", "number"),
        Column(_("期限"), "name", 50),
        Column(_("依据"), "article", 58),
        Column(_("起算"), "started", 20, kind="date"),
        Column(_("应于"), "due", 20, kind="date"),
        Column(_("完成"), "stopped", 20, kind="date"),
        Column(_("情况"), "left", 32, "center"),
    )

    def line(n: int, clock: Clock) -> Line:
        rule = clock.rule
        return (n, rule.name, rule.article, clock.started, clock.due, clock.stopped, clock_rules.left(clock))

    found = timing.clocks_of(s.connection(), told.stand, told.issue, today())
    rows = [line(n, clock) for n, clock in enumerate(sorted(found, key=lambda clock: clock.started), 1)]
    for n, rule in enumerate(timing.waived(s.connection(), told.stand, told.issue), len(rows) + 1):
        rows.append((n, rule.name, rule.article, None, None, None, clock_rules.waived()))
    return _page(told, _("期限"), columns, rows, landscape=True)


def _help(told: Case, timeline: Sequence[StepRow], steps: dict[uuid.UUID, Step]) -> Page:
    columns = (
        Column(_("序号"), "n", 10, "center", "number"),
        Column(_("协办单位或外单位"), "unit", 40, "center"),
        Column(_("派单编号"), "number", 30, kind="code"),
        Column(_("请求日期"), "asked_on", 20, kind="date"),
        Column(_("请求内容"), "asked", 56, kind="multiline"),
        Column(_("期限"), "due_on", 20, kind="date"),
        Column(_("答复日期"), "done_on", 20, kind="date"),
        Column(_("答复内容"), "answer", 56, kind="multiline"),
        Column(_("情况"), "state", 22, "center"),
    )
    rows: list[Line] = []

    def add(asked: uuid.UUID, unit: str, due_on: date | None, done_by: uuid.UUID | None, state: str) -> None:
        ask, done = steps[asked], steps.get(done_by) if done_by else None
        answer = told.words((done.text or done.reason) if done else "")
        rows.append((
            len(rows) + 1, ask.to_name or unit, ask.number or "", ask.day, told.words(ask.text), due_on,
            done.day if done else None, answer, state,
        ))  # fmt: skip

    for asked, task in told.stand.tasks.items():
        state = _("协办中") if task.done_on is None else _("协办已答复") if task.answered else _("协办已撤销")
        add(asked, told.unit(task.path), task.due_on, task.done_by, state)
    for given, order in told.stand.orders.items():
        state = {"": _("等外单位答复"), "answered": _("外单位已答复")}.get(order.end, _("派单已撤回"))
        add(given, "", order.due_on, order.done_by, state)
    return _page(told, _("协办和外单位"), columns, rows, landscape=True)


def _answers(s: Session, told: Case, timeline: Sequence[StepRow], steps: dict[uuid.UUID, Step]) -> Page:
    columns = (
        Column(_("序号"), "n", 10, "center", "number"),
        Column(_("日期"), "day", 20, kind="date"),
        Column(_("步骤"), "label", 22, "center"),
        Column(_("方式"), "way", 16, "center"),
        Column(_("经办人"), "by", 18, "center"),
        Column(_("答复给谁"), "whom", 20, "center"),
        Column(_("内容"), "text", 106, kind="multiline"),
        Column(_("结论"), "outcome", 22, "center"),
        Column(_("满意度"), "satisfaction", 18, "center"),
    )
    words = {table: codes.labels(s, table) for table in ("answer_way", "satisfaction", "outcome", "review_outcome")}
    rows: list[Line] = []
    for row in timeline:
        if row.kind not in _ANSWERS or row.illegal:
            continue
        step = steps[row.id]
        verdicts = words["outcome" if step.kind == "answer" else "review_outcome"]
        rows.append((
            len(rows) + 1, row.day, row.label, codes.label(words["answer_way"], step.way), row.by, told.words(step.with_whom),
            told.words(step.text or step.reason), codes.label(verdicts, step.outcome),
            codes.label(words["satisfaction"], step.satisfaction),
        ))  # fmt: skip
    return _page(told, _("答复和回访"), columns, rows, landscape=True)


def _evidence(s: Session, told: Case, timeline: Sequence[StepRow], steps: dict[uuid.UUID, Step]) -> Page:
    columns = (
        Column(_("序号"), "n", 10, "center", "number"),
        Column(_("日期"), "day", 20, kind="date"),
        Column(_("步骤"), "way", 22, "center"),
        Column(_("和谁"), "whom", 22, "center"),
        Column(_("地点"), "place", 30, "center"),
        Column(_("经办人"), "by", 20, "center"),
        Column(_("内容"), "text", 84, kind="multiline"),
        Column(_("签字或没有签字的原因"), "proof", 44, kind="multiline"),
    )
    ways, verdicts = codes.labels(s, "contact_way"), codes.labels(s, "verdict")
    rows: list[Line] = []
    for row in timeline:
        if row.kind not in ("contact", "recheck") or row.illegal:
            continue
        step = steps[row.id]
        way = (
            codes.label(ways, step.way)
            if row.kind == "contact"
            else f"{row.label}：{codes.label(verdicts, step.outcome)}"
        )
        proof = _("有本人签字") if step.signature else told.words(step.reason)
        rows.append((
            len(rows) + 1, row.day, way, told.words(step.with_whom), told.words(step.place), row.by, told.words(step.text), proof,
        ))  # fmt: skip
    rule = closing.evidence(s, told.issue.kind)
    needs = closing.needs(s, rule, told.stand)
    notes = [
        _("按「{rule}」：{needs}。").format(
            rule=rule.name, needs=joined(f"{label} {made}/{due}" for label, made, due in needs)
        )
    ] if needs else []  # fmt: skip
    return _page(told, _("沟通见面和现场复检"), columns, rows, tuple(notes), landscape=True)


def _count(paper: Page) -> int:
    return sum(isinstance(row, tuple) for row in paper.rows)


def _page(
    told: Case, title: str, columns: tuple[Column, ...], rows: Sequence[Line], notes: tuple[str, ...] = (),
    signatures: tuple[str, ...] = (), landscape: bool = False,
) -> Page:  # fmt: skip
    return Page(
        title=title,
        columns=columns,
        rows=tuple(rows) or (Section(_("（没有）")),),
        unit=told.unit(told.stand.holder or told.issue.path),
        filled_on=today(),
        notes=notes,
        signatures=signatures,
        landscape=landscape,
        number=told.issue.number,
    )
