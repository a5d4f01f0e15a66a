"""接待登记统计表: the reception hall in figures: by day, week or month, by service, by who received; results and minutes."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.i18n import N_, _
from app.ledgers import arranging
from app.ledgers.arranging import GROUP, ID, Rows
from app.ledgers.page import Column
from app.ledgers.period import Period, Span
from app.ledgers.scope import Scope
from app.models import derived
from app.models.folding import Fold, fold
from app.models.issues import Issue
from app.models.moves import OPEN_STATES
from app.models.parts import in_parts
from app.models.steps import Step
from app.services import codes
from app.services.figures import NONE, SMALLEST, Ratio

#: What the receptions of a period are shown by, shortest first.
_TIMES: dict[Span, tuple[str, ...]] = {"month": ("day", "week"), "quarter": ("week", "month"), "year": ("month",)}
_RESULTS = ("at_once", "later", "answered", "open")
#: Before who received was the name of the step, it stood in its words.
_FORMERLY = N_("接待人 {name}")


@dataclass(frozen=True, slots=True)
class Reception:
    """One row of the hall, and what had come of it by the last day of the period."""

    day: date
    service: str
    receiver: str
    minutes: int | None
    result: str


def columns(_s: Session, _period: Period) -> tuple[Column, ...]:
    """How many, how they ended, and how long they took."""
    result, minutes = _("结果"), _("用时")
    return (
        Column(_("项目"), "item", 52),
        Column(_("件数"), "count", 16, "center", "number"),
        Column(_("占比"), "share", 16, "center", "percent"),
        Column(_("当场办结"), "at_once", 18, "center", "number", group=result),
        Column(_("后来办结"), "later", 18, "center", "number", group=result),
        Column(_("已答复"), "answered", 16, "center", "number", group=result),
        Column(_("还在办"), "open", 16, "center", "number", group=result),
        Column(_("当场办结率"), "at_once_rate", 20, "center", "percent", group=result),
        Column(_("接待办结率"), "rate", 20, "center", "percent", group=result),
        Column(_("记时件数"), "timed", 18, "center", "number", group=minutes),
        Column(_("合计（分钟）"), "minutes", 22, "center", "number", group=minutes),
        Column(_("平均（分钟）"), "average", 22, "center", "number", summed=False, group=minutes),
    )


def rows(s: Session, period: Period, scope: Scope, _masked: bool) -> Rows:
    """The receptions of the period by time, by service and by who received, with the sums and the formula of every figure."""
    found = list(_receptions(s, period, scope))
    small = 0 < len(found) < SMALLEST
    heads = {
        "day": _("按日"), "week": _("按周"), "month": _("按月"), "service": _("按接待服务"), "receiver": _("按接待人"),
        "whole": "",
    }  # fmt: skip
    words = _("不足 {n} 件，不分项列出。").format(n=SMALLEST)
    return Rows(
        [] if small or not found else _rows(s, period, found),
        lambda group, count: _("{by}（{count} 项）").format(by=heads[group], count=count),
        restart=True,
        closing=lambda: words if small else "",
        totals=lambda: (_row(_("合计"), found, len(found)),) if found else (),
        notes=_formulas(period),
    )


def _rows(s: Session, period: Period, found: list[Reception]) -> Iterator[arranging.Row]:
    services = codes.labels(s, "service")
    named: dict[str, tuple[Callable[[Reception], str], Callable[[str], str]]] = {
        "day": (lambda one: one.day.isoformat(), lambda key: key),
        "week": (lambda one: _monday(one.day).isoformat(), lambda key: _week(date.fromisoformat(key), period)),
        "month": (lambda one: f"{one.day:%Y-%m}", lambda key: Period.parse(key).title),
        "service": (lambda one: one.service, lambda key: codes.label(services, key)),
        "receiver": (lambda one: one.receiver, lambda key: key or _("没有写明")),
    }
    for group in (*_TIMES[period.span], "service", "receiver"):
        key_of, word = named[group]
        parts: dict[str, list[Reception]] = defaultdict(list)
        for one in found:
            parts[key_of(one)].append(one)
        order = sorted(parts, key=lambda key: (-len(parts[key]), key)) if group == "receiver" else sorted(parts)
        if group == "service":
            order = sorted(parts, key=list(services).index)
        for key in order:
            yield _row(word(key), parts[key], len(found)) | {GROUP: group, ID: f"{group}:{key}"}


def _row(item: str, part: list[Reception], whole: int) -> arranging.Row:
    results = [one.result for one in part]
    counts = {result: results.count(result) for result in _RESULTS}
    timed = [one.minutes for one in part if one.minutes is not None]
    return {
        "item": item,
        "count": len(part),
        "share": Ratio(len(part), whole).cell,
        **counts,
        "at_once_rate": Ratio(counts["at_once"], len(part)).cell,
        "rate": Ratio(counts["at_once"] + counts["later"], len(part)).cell,
        "timed": len(timed),
        "minutes": sum(timed),
        "average": round(sum(timed) / len(timed), 1) if timed else NONE,
    }


def _receptions(s: Session, period: Period, scope: Scope) -> Iterator[Reception]:
    """The rows of the hall in these days; how each stood when the last day was over."""
    query = (
        select(Issue.id, Issue.day, Issue.service, Issue.minutes)
        .where(scope.holds(Issue), Issue.day.between(period.first, period.last), Issue.service.is_not(None))
        .where(Issue.voided_at.is_(None), Issue.kind != "accusation")
        .order_by(Issue.day, Issue.id)
    )
    found = {row.id: row for row in s.execute(query)}
    for part in in_parts(list(found)):
        registered = select(Step.issue_id, Step.by, Step.text).where(Step.issue_id.in_(part), Step.kind == "register")
        received = {row.issue_id: _receiver(row.by, row.text) for row in s.execute(registered)}
        facts = derived.facts(s.connection(), part)
        for issue in part:
            row, stand = found[issue], fold(step for step in facts[issue] if step.day <= period.last)
            yield Reception(row.day, row.service, received.get(issue, ""), row.minutes, _result(row.day, stand))


def _result(day: date, stand: Fold) -> str:
    if stand.state in OPEN_STATES or stand.state == "new":
        return "answered" if stand.answered else "open"
    ended = stand.closed_on or stand.last_on
    return "at_once" if ended is not None and ended <= day else "later"


def _receiver(by: str, text: str | None) -> str:
    for words in (_FORMERLY, _(_FORMERLY)):
        before = words.partition("{")[0]
        if text and before and text.startswith(before):
            return text.removeprefix(before).strip()
    return by


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _week(monday: date, period: Period) -> str:
    """第 12 周 with its days, as far as they lie in the period."""
    first, last = max(monday, period.first), min(monday + timedelta(days=6), period.last)
    return _("第 {n} 周（{first} 至 {last}）").format(
        n=monday.isocalendar().week, first=f"{first:%m-%d}", last=f"{last:%m-%d}"
    )


def _formulas(period: Period) -> tuple[str, ...]:
    return (
        _("件数＝期间内接待登记、未作废的件数；占比＝本项件数÷合计件数。"),
        _(
            "当场办结＝接待当天办结；后来办结＝以后到期末最后一天办结；已答复＝答复了还没有办结；还在办＝其余。四项之和为件数；办结含撤回和不予受理。"
        ),
        _("当场办结率＝当场办结÷件数；接待办结率＝（当场办结＋后来办结）÷件数。"),
        _(
            "平均用时＝用时合计÷记时件数，没有记用时的不计；一周从周一到周日，按国际标准编号，跨期的只算{this}的几天。"
        ).format(this=period.this),
    )
