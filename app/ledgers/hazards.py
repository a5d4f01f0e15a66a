"""检查与隐患整改台账: every check of the period with the hazards it found, and every hazard on its way to being cleared."""

import uuid
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.i18n import _
from app.ledgers import arranging, items, visits
from app.ledgers.arranging import GROUP, ID, PART, Rows
from app.ledgers.items import Item
from app.ledgers.page import Column
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.checks import Check, Template
from app.models.issues import Issue
from app.services import figures
from app.services.figures import Ratio

#: The group of the hazards open before, of the checks with what they found, and of the hazards found otherwise.
_GROUPS = ("former", "checks", "others")


def columns(_s: Session, _period: Period) -> tuple[Column, ...]:
    """The columns of the paper, in its order."""
    check, hazard, clearing, recheck = _("检查"), _("隐患"), _("整改"), _("现场复检")
    return (
        Column(_("序号"), "n", 8, "center", "number"),
        Column(_("日期"), "day", 18, kind="date", group=check),
        Column(_("检查表"), "template", 20, "center", group=check),
        Column(_("地点或设备"), "place", 20, "center", group=check),
        Column(_("检查人"), "inspectors", 14, "center", group=check),
        Column(_("结果"), "result", 22, "center", "multiline", group=check),
        Column(_("编号"), "number", 30, kind="code", group=hazard),
        Column(_("内容"), "text", 36, kind="multiline", group=hazard),
        Column(_("等级"), "level", 12, "center", group=hazard),
        Column(_("责任单位和责任人"), "doer", 21, "center", "multiline", group=clearing),
        Column(_("期限"), "due_on", 18, kind="date", group=clearing),
        Column(_("措施"), "measures", 30, kind="multiline", group=clearing),
        Column(_("完成日期"), "done_on", 18, kind="date", group=clearing),
        Column(_("复检人"), "rechecker", 14, "center", group=recheck),
        Column(_("日期"), "rechecked_on", 18, kind="date", group=recheck),
        Column(_("结论"), "verdict", 13, "center", group=recheck),
        Column(_("状态"), "state", 14, "center"),
    )


def rows(s: Session, period: Period, scope: Scope, _masked: bool) -> Rows:
    """The hazards open before the period, its checks with what they found, and the hazards found otherwise; as on its last day."""
    found = [item for item in items.of(s, period, scope, Issue.kind == "hazard") if item.task is None]
    checks = list(_checks(s, period, scope))
    return Rows(
        _rows(checks, found),
        lambda group, count: _heading(period, group, count),
        _GROUPS,
        restart=True,
        closing=lambda: _sum(period, checks, found) if checks or found else "",
        notes=(
            _(
                "接转＝期初未销号的隐患；新增＝期间内登记的隐患；销号＝经另一人现场复检合格并办结，情况截至期末最后一天。"
            ),
            _("{rectified}。超期＝未销号且期末（或今天）已过整改期限。不含已作废的检查和隐患。").format(
                rectified=figures.formula("rectified")
            ),
        ),
    )


def _checks(s: Session, period: Period, scope: Scope) -> Iterator[Row[Any]]:
    query = (
        select(
            Check.id, Check.day, Check.place, Check.inspectors, Check.score, Check.failed, Check.answers, Template.title
        )
        .join(Template, Template.id == Check.template_id)
        .where(scope.holds(Check), Check.day.between(period.first, period.last), Check.voided_at.is_(None))
        .order_by(Check.day, Check.created_at, Check.id)
    )
    yield from s.execute(query.execution_options(yield_per=1000))


def _heading(period: Period, group: str, count: int) -> str:
    if group == "checks":
        return _("二、{this}检查（{n} 次）").format(this=period.this, n=count)
    if not count:
        return ""
    if group == "former":
        return _("一、期初未销号的隐患（{n} 项）").format(n=count)
    return _("三、{this}其他途径发现的隐患（{n} 项）").format(this=period.this, n=count)


def _rows(checks: list[Row[Any]], found: list[Item]) -> Iterator[arranging.Row]:
    of_check: dict[uuid.UUID, list[Item]] = {}
    known = {check.id for check in checks}
    for item in found:
        if item.carried or item.check is None or item.check not in known:
            yield _alone(item, "former" if item.carried else "others")
        else:
            of_check.setdefault(item.check, []).append(item)
    for check in checks:
        yield from _check(check, of_check.get(check.id, []))


def _check(check: Row[Any], hazards: list[Item]) -> Iterator[arranging.Row]:
    """The check, with the first hazard it found beside it and the others below."""
    yield {
        ID: f"check:{check.id.hex}",
        GROUP: "checks",
        "day": check.day,
        "template": check.title,
        "place": check.place or "",
        "inspectors": visits.names(check.inspectors),
        "result": _result(check),
        **(_hazard(hazards[0]) if hazards else {}),
    }
    for hazard in hazards[1:]:
        yield {ID: _id(hazard), GROUP: "checks", PART: True, **_hazard(hazard)}


def _alone(item: Item, group: str) -> arranging.Row:
    own: arranging.Row = {ID: _id(item), GROUP: group, "day": item.day, "template": item.source, "place": item.place}
    return own | _hazard(item)


def _id(item: Item) -> str:
    return f"issue:{item.issue.hex}"


def _hazard(item: Item) -> arranging.Row:
    return {
        "number": item.number,
        "text": item.text if item.text == item.title else f"{item.title}\n{item.text}",
        "level": item.level,
        "doer": "\n".join(part for part in (item.doer_unit, item.doer) if part),
        "due_on": item.due_on,
        "measures": item.measures,
        "done_on": item.done_on,
        "rechecker": item.rechecker,
        "rechecked_on": item.rechecked_on,
        "verdict": item.verdict,
        "state": item.state,
    }


def _result(check: Row[Any]) -> str:
    passed = sum((answer or {}).get("verdict") == "pass" for answer in check.answers.values())
    words = _("合格 {passed} 项\n不合格 {failed} 项") if check.failed else _("合格 {passed} 项\n未发现隐患")
    score = "" if check.score is None else "\n" + _("得分 {score}").format(score=check.score)
    return words.format(passed=passed, failed=check.failed) + score


def _sum(period: Period, checks: list[Row[Any]], found: list[Item]) -> str:
    cleared = sum(item.ended_on is not None for item in found)
    late = sum(item.ended_on is None and item.days is not None and item.days < 0 for item in found)
    former = sum(item.carried for item in found)
    words = _(
        "合计：{this}检查 {checks} 次，其中有不合格项的 {failed} 次；隐患接转 {former} 项、新增 {new} 项，"
        "已销号 {cleared} 项，未销号 {open} 项，其中超期 {late} 项；整改率 {rate}。"
    )
    return words.format(
        this=period.this, checks=len(checks), failed=sum(check.failed > 0 for check in checks), former=former,
        new=len(found) - former, cleared=cleared, open=len(found) - cleared, late=late,
        rate=Ratio(cleared, len(found)),
    )  # fmt: skip
