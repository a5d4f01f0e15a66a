"""Checks 检查: templates published once for all, checks recorded with them, every failed item a hazard to be cleared."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.clock import now, today
from app.errors import Refusal
from app.i18n import N_, joined
from app.models import searching
from app.models.checks import Check, Template
from app.models.grids import Grid
from app.models.issues import Issue, IssueState
from app.models.risks import RiskPoint
from app.models.units import within
from app.services import answers, drafts, holding, issue_rows, issues, listing
from app.services.access import actor, allow
from app.services.issue_rows import IssueRow
from app.services.listing import Found, Query
from app.services.units import grid_path

#: Days to clear a hazard when the inspector sets none; a critical item is for the next day.
DEADLINE, CRITICAL_DEADLINE = 7, 1

#: The saved filters, with their labels (source language).
CHIPS = {"month": N_("本月"), "mine": N_("我检查的"), "failed": N_("有不合格项"), "voided": N_("已作废")}


@dataclass(frozen=True)
class TemplateRow:
    """One template in its newest version."""

    id: uuid.UUID
    code: str
    title: str
    version: int
    items: int
    example: bool
    published_at: datetime | None


@dataclass(frozen=True)
class CheckRow:
    """One check as lists show it; `score` is None when nothing could be judged."""

    id: uuid.UUID
    day: date
    template: str
    place: str
    grid: str
    inspectors: str
    score: int | None
    failed: int
    open_hazards: int
    voided: bool
    handed_over: bool = False


@dataclass(frozen=True)
class ItemRow:
    """One item that applied, with its answer and the hazard it became."""

    code: str
    text: str
    kind: str
    requirement: str
    verdict: str
    value: Any
    note: str
    critical: bool
    hazard: IssueRow | None


@dataclass(frozen=True)
class CheckView:
    """One check, whole; `fields` are its raw values, `version` that of its template."""

    row: CheckRow
    fields: dict[str, Any]
    version: int
    items: tuple[ItemRow, ...]
    mine: bool
    void_reason: str


def templates(s: Session) -> list[TemplateRow]:
    """The templates in force, each in its newest version."""
    query = select(Template).where(Template.voided_at.is_(None), Template.published_at.is_not(None))
    newest: dict[str, Template] = {}
    for found in s.scalars(query.order_by(Template.code, Template.version)):
        newest[found.code] = found
    in_force = [t for t in newest.values() if t.retired_at is None]
    return [TemplateRow(t.id, t.code, t.title, t.version, len(t.items), t.example, t.published_at) for t in in_force]


def template(s: Session, code: str, version: int | None = None) -> Template:
    """The template of this code, in its newest or in one version; refused when there is none."""
    query = select(Template).where(
        Template.code == code, Template.voided_at.is_(None), Template.published_at.is_not(None)
    )
    if version is not None:
        query = query.where(Template.version == version)
    found = s.scalars(query.order_by(Template.version.desc()).limit(1)).first()
    if found is None:
        raise _no_template()
    return found


def publish(s: Session, template: Template) -> Template:
    """The template is the next version of its code and never changes again; checks made with former ones stay theirs."""
    allow(s, "template.publish")
    if not template.code.strip() or not template.title.strip():
        raise Refusal("template_unsound", N_("请填写检查表的编号和名称。"))
    if wrong := answers.unsound(template.items):
        raise Refusal("template_unsound", wrong[1], item=wrong[0])
    last = s.scalar(select(func.max(Template.version)).where(Template.code == template.code))
    template.version, template.published_at, template.path = (last or 0) + 1, now(), ""
    s.add(template)
    s.flush()
    return template


def retire(s: Session, code: str) -> None:
    """The checklist is no longer offered; checks made with it stay."""
    allow(s, "template.publish")
    template(s, code).retired_at = now()
    s.flush()


def record(s: Session, check: Check, *, draft: uuid.UUID | None = None) -> tuple[Check, list[Issue]]:
    """The check stands with its score, and each failed item has become a hazard with a deadline, all or nothing.

    An answer may carry "due_on" (ISO) for its hazard. Refused when an item that applies is missing or unsound.
    """
    form = s.get(Template, check.template_id)
    if form is None or form.published_at is None:
        raise _no_template()
    _place(s, check)
    allow(s, "check.record", check.path)
    for field, sentence in check.problems().items():
        raise Refusal("check_unsound", sentence, field=field)
    result = answers.judge(form.items, check.answers)
    check.answers, check.score, check.failed = result.answers, result.score, len(result.failed)
    s.add(check)
    s.flush()
    hazards = [_hazard(s, check, item) for item in result.failed]
    drafts.drop(s, draft)
    s.flush()
    return check, hazards


def _hazard(s: Session, check: Check, item: dict[str, Any]) -> Issue:
    answer = check.answers[item["code"]]
    days = CRITICAL_DEADLINE if item.get("critical") else DEADLINE
    try:
        given = answer.get("due_on")
        due_on = date.fromisoformat(given) if given else check.day + timedelta(days=days)
    except (TypeError, ValueError) as error:
        sentence = N_("「{item}」的整改期限请写成 2025-03-31 这样的日期。")
        raise Refusal("item_unsound", sentence, item=item["text"], field=item["code"]) from error
    found = answer.get("note") or (f"{answer['value']} {item.get('unit') or ''}".strip() if "value" in answer else None)
    return issues.hazard_from_check(s, check, item, found, due_on)


def _place(s: Session, check: Check) -> None:
    if check.risk_point_id and not check.grid_id:
        check.grid_id = s.scalar(select(RiskPoint.grid_id).where(RiskPoint.id == check.risk_point_id))
    path = grid_path(s, check.grid_id)
    check.path = path or check.path or actor(s).path or "/"


def void(s: Session, check_id: uuid.UUID, reason: str) -> None:
    """The check is out of force with a reason, and so are its hazards that nobody has taken up yet."""
    check = _own(s, check_id)
    if not reason.strip():
        raise Refusal("reason_missing", N_("请写明作废的原因。"))
    if check.voided:
        raise Refusal("check_voided", N_("这次检查已经作废。"))
    check.voided_at, check.void_reason = now(), reason.strip()
    untouched = (
        select(Issue)
        .join(IssueState, IssueState.issue_id == Issue.id)
        .where(Issue.check_id == check_id, Issue.voided_at.is_(None), IssueState.state == "registered")
    )
    for hazard in s.scalars(untouched):
        hazard.voided_at, hazard.void_reason = check.voided_at, check.void_reason
    s.flush()


def restore(s: Session, check_id: uuid.UUID) -> None:
    """A voiding just made is taken back, with the hazards that went with it."""
    check = _own(s, check_id)
    for hazard in s.scalars(select(Issue).where(Issue.check_id == check_id, Issue.voided_at == check.voided_at)):
        hazard.voided_at, hazard.void_reason = None, None
    check.voided_at, check.void_reason = None, None
    s.flush()


def _own(s: Session, check_id: uuid.UUID) -> Check:
    check = _seen(s, check_id)
    who = allow(s, "check.void", check.path)
    if check.site != who.site:
        raise Refusal("check_of_another_site", N_("这次检查是在另一台电脑上记录的, 请在那台电脑上作废。"))
    return check


def _seen(s: Session, check_id: uuid.UUID) -> Check:
    check, who = s.get(Check, check_id), allow(s, "read")
    if check is None or not (
        within(check.path, who.path) or (holding.handed_over(s, check.path) and holding.sees(s, who))
    ):
        raise Refusal("check_gone", N_("没有找到这次检查, 可能已移交其他单位, 或不在您的查看范围内。"))
    return check


def find(s: Session, query: Query) -> Found:
    """The ids of checks in scope; chips as in `CHIPS`, and handed_over; filters: grid, template, risk_point."""
    who = actor(s)
    chosen = select(Check.id).where(holding.listed(s, Check, query.chip))
    chosen = chosen.where(Check.voided_at.is_not(None) if query.chip == "voided" else Check.voided_at.is_(None))
    if query.chip == "month":
        chosen = chosen.where(Check.day >= today().replace(day=1))
    elif query.chip == "mine":
        chosen = chosen.where(Check.author == who.account)
    elif query.chip == "failed":
        chosen = chosen.where(Check.failed > 0)
    for name, column in (("grid", Check.grid_id), ("template", Check.template_id), ("risk_point", Check.risk_point_id)):
        if (value := query.filters.get(name)) is not None:
            chosen = chosen.where(column == value)
    if query.text.strip():
        chosen = chosen.where(Check.id.in_(searching.matching(s.connection(), query.text, "check")))
    sorts: dict[str, Any] = {"place": Check.place, "score": Check.score, "failed": Check.failed}
    column = sorts.get(query.sort, Check.day)
    order = (column.desc(), Check.id.desc()) if query.descending else (column, Check.id)
    return listing.ids(s, chosen.order_by(*order))


def rows(s: Session, ids: list[uuid.UUID]) -> list[CheckRow]:
    """The checks of these ids in scope, in this order."""
    query = (
        select(Check, Template.title, Grid.name)
        .join(Template, Template.id == Check.template_id)
        .outerjoin(Grid, Grid.id == Check.grid_id)
        .where(Check.id.in_(ids), or_(*(holding.listed(s, Check, chip) for chip in ("", "handed_over"))))
    )
    still = (
        select(Issue.check_id, func.count())
        .join(IssueState, IssueState.issue_id == Issue.id)
        .where(Issue.check_id.in_(ids), Issue.voided_at.is_(None), IssueState.closed_on.is_(None))
        .group_by(Issue.check_id)
    )
    waiting = {check: n for check, n in s.execute(still) if check}
    found = {
        c.id: _row(c, title, grid or "", waiting.get(c.id, 0), holding.handed_over(s, c.path))
        for c, title, grid in s.execute(query)
    }
    return [found[i] for i in ids if i in found]


def _row(c: Check, title: str, grid: str, waiting: int, handed_over: bool) -> CheckRow:
    names = joined(str(who.get("name", "")) if isinstance(who, dict) else str(who) for who in c.inspectors or ())
    return CheckRow(c.id, c.day, title, c.place or "", grid, names, c.score, c.failed, waiting, c.voided, handed_over)


def one(s: Session, check_id: uuid.UUID) -> CheckView:
    """The check, whole; refused when it is not here or not for this person."""
    from app.models.changes import fields_of

    check = _seen(s, check_id)
    form = s.get_one(Template, check.template_id)
    raised = {
        item: hazard for hazard, item in s.execute(select(Issue.id, Issue.check_item).where(Issue.check_id == check_id))
    }
    shown = {row.id: row for row in issue_rows.rows(s, list(raised.values()))}
    row = rows(s, [check_id])[0]
    return CheckView(
        row=row,
        fields={name: getattr(check, name) for name in fields_of(Check)},
        version=form.version,
        items=tuple(
            _item(item, check.answers.get(item["code"]) or {}, shown.get(raised.get(item["code"], check_id)))
            for item in answers.asked(form.items, check.answers)
        ),
        mine=check.site == actor(s).site and not check.voided and not row.handed_over,
        void_reason=check.void_reason or "",
    )


def _item(item: dict[str, Any], answer: dict[str, Any], hazard: IssueRow | None) -> ItemRow:
    return ItemRow(
        item["code"], item["text"], item["kind"], item.get("requirement") or "", answer.get("verdict") or "",
        answer.get("value"), answer.get("note") or "", bool(item.get("critical")), hazard,
    )  # fmt: skip


def _no_template() -> Refusal:
    return Refusal("template_gone", N_("本机没有这份检查表, 请先同步或导入总部的更新。"))
