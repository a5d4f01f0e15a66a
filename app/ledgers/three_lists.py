"""任务清单, 责任清单, 反馈清单: three prints of one truth; what is to be done, who and by when, what was answered."""

from sqlalchemy.orm import Session

from app.clock import today
from app.i18n import _
from app.ledgers import arranging, items
from app.ledgers.arranging import ID, Rows
from app.ledgers.items import Item
from app.ledgers.page import Column
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.services import codes

#: What the lists show of an item as it is.
_SHOWN = (
    "number", "day", "source", "kind", "topic", "unit", "reporter", "title", "text", "asked", "doer_unit", "doer", "helpers",
    "due_on", "ended_on", "card", "measures", "answered_on", "way", "answer", "satisfaction", "state",
)  # fmt: skip


def task_columns(_s: Session, _period: Period) -> tuple[Column, ...]:
    """The columns of 任务清单."""
    return (
        Column(_("序号"), "n", 9, "center", "number"),
        Column(_("编号"), "number", 34, kind="code"),
        Column(_("日期"), "day", 18, kind="date"),
        Column(_("来源"), "source", 18, "center"),
        Column(_("类别"), "kind", 17, "center"),
        Column(_("主题"), "topic", 18, "center"),
        Column(_("单位（网格）"), "unit", 24, "center"),
        Column(_("反映人"), "reporter", 18, "center"),
        Column(_("任务内容"), "text", 62, kind="multiline"),
        Column(_("办理要求"), "asked", 42, kind="multiline"),
        Column(_("备注"), "note", 13, "center"),
    )


def tasks(s: Session, period: Period, scope: Scope, _masked: bool) -> Rows:
    """任务清单: what is to be done."""
    return _rows(s, period, scope)


def duty_columns(_s: Session, _period: Period) -> tuple[Column, ...]:
    """The columns of 责任清单."""
    return (
        Column(_("序号"), "n", 9, "center", "number"),
        Column(_("编号"), "number", 34, kind="code"),
        Column(_("任务"), "title", 58, kind="multiline"),
        Column(_("责任单位"), "doer_unit", 30, "center"),
        Column(_("责任人"), "doer", 18, "center"),
        Column(_("协办单位"), "helpers", 36, "center"),
        Column(_("办理期限"), "due_on", 19, kind="date"),
        Column(_("办结日期"), "ended_on", 19, kind="date"),
        Column(_("期限情况"), "term", 24, "center"),
        Column(_("督办"), "card", 16, "center"),
        Column(_("责任人签字"), "signature", 22),
    )


def duties(s: Session, period: Period, scope: Scope, _masked: bool) -> Rows:
    """责任清单: who owes it, and by when."""
    on = min(period.last, today())
    return _rows(s, period, scope, _("期限情况按 {day} 计算。").format(day=on.isoformat()))


def answer_columns(s: Session, _period: Period) -> tuple[Column, ...]:
    """The columns of 反馈清单."""
    satisfaction = tuple(choice.label for choice in codes.choices(s, "satisfaction"))
    answer = _("答复")
    return (
        Column(_("序号"), "n", 9, "center", "number"),
        Column(_("编号"), "number", 34, kind="code"),
        Column(_("任务"), "title", 44, kind="multiline"),
        Column(_("责任单位"), "doer_unit", 26, "center"),
        Column(_("办理情况"), "measures", 56, kind="multiline"),
        Column(_("日期"), "answered_on", 18, kind="date", group=answer),
        Column(_("方式"), "way", 14, "center", group=answer),
        Column(_("内容"), "answer", 52, kind="multiline", group=answer),
        Column(_("满意度"), "satisfaction", 15, "center", choices=satisfaction),
        Column(_("状态"), "state", 16, "center"),
    )


def answers(s: Session, period: Period, scope: Scope, _masked: bool) -> Rows:
    """反馈清单: what was done and answered."""
    return _rows(s, period, scope)


def every(s: Session, period: Period) -> tuple[Column, ...]:
    """The columns of all three lists, each once: the rows of each list hold the values of all."""
    listed = (*task_columns(s, period), *duty_columns(s, period), *answer_columns(s, period))
    return tuple({column.key: column for column in listed}.values())


def check_line(found: tuple[Item, ...]) -> str:
    """The line that all three lists bear: how many items, how many ended, and the mark of what they were printed from."""
    ended = sum(item.ended_on is not None for item in found)
    words = _(
        "合计：{all} 项，其中主办 {main} 项、协办和外单位 {helping} 项，接转 {carried} 项、新增 {new} 项；"
        "已办结 {ended} 项，未办结 {open} 项。"
        "三张清单核对码：{mark}。"
    )
    main, carried = sum(item.task is None for item in found), sum(item.carried for item in found)
    return words.format(
        all=len(found), main=main, helping=len(found) - main, carried=carried, new=len(found) - carried, ended=ended,
        open=len(found) - ended, mark=items.check_mark(found),
    )  # fmt: skip


def _rows(s: Session, period: Period, scope: Scope, *notes: str) -> Rows:
    """What each of the three lists shows a part of: everything about every item."""
    found = items.of(s, period, scope)
    return Rows(
        map(_row, found),
        closing=lambda: check_line(found) if found else "",
        notes=(
            _(
                "任务清单、责任清单、反馈清单由同一份数据印出，序号和编号逐项一致；核对码相同，说明三张清单印自同样的内容。"
            ),
            _(
                "列入期间内新登记、期初未办结和期间内重办、由本范围登记、承办或协办的事项，每一次请求协办、派给外单位另列一项，情况截至期末最后一天；"
                "检举控告、线索和已作废的不列入。"
            ),
            *notes,
        ),
    )


def _row(item: Item) -> arranging.Row:
    shown = {name: getattr(item, name) for name in _SHOWN}
    known = f"issue_step:{item.task.hex}" if item.task else f"issue:{item.issue.hex}"
    return {ID: known, **shown, "note": _("接转") if item.carried else _("新增"), "term": _term(item), "signature": ""}


def _term(item: Item) -> str:
    """按期 or 超期 in days for what has ended, 剩余 or 超期 for what is open."""
    if item.days is None or item.due_on is None:
        return _("未定期限")
    if item.ended_on is not None:
        return _("按期") if item.days >= 0 else _("超期 {n} 天").format(n=-item.days)
    if item.days == 0:
        return _("当天到期")
    return _("剩余 {n} 天").format(n=item.days) if item.days > 0 else _("超期 {n} 天").format(n=-item.days)
