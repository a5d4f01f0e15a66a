"""What each step of an issue asks for, its key, its icon, and which one is the natural next."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject

from app.clock import today
from app.i18n import N_, _
from app.services.issues import IssueView
from app.ui.desk import Desk
from app.ui.issues import finders
from app.ui.widgets.dates import DateEditor
from app.ui.widgets.fields import NotesEditor, TextEditor
from app.ui.widgets.form import Field
from app.ui.widgets.quick import DigitEditor, QuickPick
from app.ui.widgets.signature import SignatureEditor


@dataclass(frozen=True)
class Move:
    """A step as the pane offers it: its one key, its icon, what its button of saving says."""

    key: str
    icon: str
    save: str


MOVES = {
    "accept": Move("S", "approve", N_("受理")),
    "decline": Move("B", "refuse", N_("不予受理")),
    "forward": Move("Z", "send", N_("转送")),
    "assign": Move("J", "person", N_("交办")),
    "dispatch": Move("P", "dispatch", N_("派单")),
    "sign": Move("Q", "signature", N_("签收")),
    "return": Move("T", "undo", N_("退单")),
    "handle": Move("L", "edit", N_("记录办理")),
    "contact": Move("G", "phone", N_("记录沟通见面")),
    "answer": Move("D", "reply", N_("记录答复")),
    "recheck": Move("X", "check", N_("记录复检")),
    "revisit": Move("H", "heard", N_("记录回访")),
    "close": Move("W", "done", N_("办结")),
    "escalate": Move("U", "up", N_("上报")),
    "reopen": Move("C", "rotate", N_("重办")),
    "withdraw": Move("K", "void", N_("撤回")),
    "archive": Move("F", "inbox", N_("归档")),
    "note": Move("N", "draft", N_("添加备注")),
}
#: State → the step that comes next when all goes well.
_NATURAL = {
    "registered": ("accept",),
    "escalated": ("accept",),
    "accepted": ("handle",),
    "dispatched": ("sign",),
    "returned": ("handle", "dispatch"),
    "handling": ("recheck", "answer"),
    "forwarded": ("answer",),
    "answered": ("recheck", "revisit"),
    "revisited": ("close", "contact"),
    "rechecked": ("close",),
    "declined": ("answer",),
    "closed": ("archive",),
    "withdrawn": ("archive",),
}


def in_order(view: IssueView) -> list[str]:
    """The legal steps, the natural next one first; steps this program has no words for are left out."""
    legal = [kind for kind in view.next_steps if kind in MOVES]
    wanted = list(_NATURAL.get(view.row.state, ()))
    if view.row.state == "answered" and not _answers_to_somebody(view):
        wanted = ["close"]
    if view.row.state == "revisited" and not view.missing:
        wanted = ["close"]
    elif view.row.state == "revisited":
        wanted = ["contact", "close"]
    first = [kind for kind in wanted if kind in legal]
    return first + [kind for kind in legal if kind not in first]


def _answers_to_somebody(view: IssueView) -> bool:
    return view.row.kind == "hazard" or not view.fields["anonymous"]


@dataclass(frozen=True)
class Asked:
    """Who asks: the desk, the owner of pickers, and the issue as it stands."""

    desk: Desk
    owner: QObject
    view: IssueView


def fields(asked: Asked, kind: str) -> list[Field]:
    """The fields of this step."""
    return _FIELDS[kind](asked)


def started(asked: Asked, kind: str) -> dict[str, Any]:
    """What the fields hold before anything is typed."""
    reporter = asked.view.fields["reporter"]
    with_reporter = {"with_whom": reporter} if reporter and kind in ("contact", "answer") else {}
    place = {"place": asked.view.fields["place"]} if kind == "recheck" else {}
    return {"day": today(), **with_reporter, **place}


def facts(values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a Step that these values mean; the signature's picture is stored apart."""
    given = {name: value for name, value in values.items() if value not in (None, "") and name != "signature"}
    if (unit := given.pop("to_unit", None)) is not None:
        if unit.get("unit"):
            given["to_unit"] = finders.unit_id(unit)
        given["to_name"] = unit["name"]
    return given


def _text(title: str, hint: str, *, required: bool = False, name: str = "text") -> Field:
    return Field(name, title, lambda: NotesEditor(_(hint), rows=3), required=required)


def _date() -> DateEditor:
    made = DateEditor()
    made.line.setMinimumWidth(made.line.fontMetrics().horizontalAdvance("2025年12月25日 周三") + 28)
    return made


def _day(title: str = N_("日期")) -> Field:
    return Field("day", title, _date, required=True)


def _due(title: str = N_("办理期限")) -> Field:
    return Field("due_on", title, _date, help=N_("可以写 +10、下周五; 不写就不改原来的期限"))


def _choice(asked: Asked, name: str, title: str, table: str, *, required: bool = True) -> Field:
    options = asked.desk.choices(table)
    return Field(name, title, lambda: DigitEditor(options, optional=not required), required=required)


def _unit(asked: Asked, title: str, hint: str, *, required: bool, free: bool = False) -> Field:
    find = finders.finder(asked.desk, asked.owner, finders.own_units)
    make = (lambda words: {"unit": None, "name": words}) if free else None
    return Field("to_unit", title, lambda: QuickPick(find, free=make, placeholder=_(hint)), required=required)


def _reason(title: str, hint: str, *, required: bool = True, **more: Any) -> Field:
    return Field("reason", title, lambda: NotesEditor(_(hint), rows=2), required=required, **more)


def _accept(_asked: Asked) -> list[Field]:
    return [_due(), _text(N_("说明"), N_("可以不写"))]


def _decline(_asked: Asked) -> list[Field]:
    where = Field("to_name", N_("可以去哪里"), lambda: TextEditor(_("例如 社区居委会、劳动仲裁")))
    return [_reason(N_("不予受理的理由"), N_("为什么不属于受理范围")), where]


def _forward(_asked: Asked) -> list[Field]:
    to = Field("to_name", N_("转送给"), lambda: TextEditor(_("外部机关的名称, 例如 ××市信访局")), required=True)
    return [to, _text(N_("说明"), N_("随件说明"))]


def _assign(asked: Asked) -> list[Field]:
    to = _unit(asked, N_("交办给"), N_("下级单位名称, 或本单位人员姓名"), required=True, free=True)
    return [to, _due(), _text(N_("要求"), N_("请对方做什么"))]


def _dispatch(asked: Asked) -> list[Field]:
    to = _unit(asked, N_("承办单位"), N_("单位名称或拼音首字母"), required=True)
    return [to, _due(), _text(N_("要求"), N_("请对方做什么"))]


def _sign(_asked: Asked) -> list[Field]:
    return [_due()]


def _return(_asked: Asked) -> list[Field]:
    return [_reason(N_("退单理由"), N_("为什么不由本单位办理, 该由谁办"))]


def _handle(_asked: Asked) -> list[Field]:
    return [_text(N_("做了什么"), N_("何时何地, 做了什么, 结果怎样"), required=True), _day()]


def _contact(asked: Asked) -> list[Field]:
    meets = lambda values: values.get("way") == "meet"  # noqa: E731
    return [
        _choice(asked, "way", N_("方式"), "contact_way"),
        Field("with_whom", N_("和谁"), lambda: TextEditor(_("姓名")), required=True),
        _day(),
        Field("place", N_("地点"), lambda: TextEditor(_("在哪里见面")), shown_if=meets),
        _text(N_("谈了什么"), N_("对方的意见和态度")),
        Field("signature", N_("本人签字"), SignatureEditor, shown_if=meets),
        _reason(N_("没有签字的原因"), N_("签了字就不用写"), required=False, shown_if=meets),
    ]


def _answer(asked: Asked) -> list[Field]:
    return [
        _choice(asked, "way", N_("答复方式"), "answer_way"),
        _text(N_("答复内容"), N_("怎样答复本人"), required=True),
        _choice(asked, "outcome", N_("处理意见"), "outcome", required=False),
        Field("with_whom", N_("答复给谁"), TextEditor),
        _choice(asked, "satisfaction", N_("当场满意度"), "satisfaction", required=False),
        _day(),
    ]


def _recheck(asked: Asked) -> list[Field]:
    options = [(code, label) for code, label in asked.desk.choices("verdict") if code != "na"]
    verdict = Field("outcome", N_("复检结论"), lambda: DigitEditor(options, optional=False), required=True)
    return [verdict, Field("place", N_("地点"), TextEditor), _text(N_("现场情况"), N_("看到了什么")), _day()]


def _revisit(asked: Asked) -> list[Field]:
    return [
        _choice(asked, "satisfaction", N_("满意度"), "satisfaction"),
        _text(N_("本人怎么说"), N_("可以不写")),
        _day(),
    ]


def _close(asked: Asked) -> list[Field]:
    found = [_choice(asked, "level", N_("办结层级"), "closing_level"), _text(N_("结果"), N_("一句话说清结果"))]
    (talks, talks_due), (meetings, meetings_due) = asked.view.talks, asked.view.meetings
    if talks < talks_due or meetings < meetings_due:
        help_ = N_("沟通见面还没有做够。确有特殊情况的, 由网格长写明理由, 这一条会记入统计")
        found.append(_reason(N_("特殊情况的理由"), N_("为什么没有做够"), required=False, help=help_))
    return found


def _escalate(asked: Asked) -> list[Field]:
    to = _unit(asked, N_("报给"), N_("不填就报给上一级"), required=False)
    return [_reason(N_("上报的理由"), N_("为什么本级解决不了")), to]


def _reopen(_asked: Asked) -> list[Field]:
    return [_reason(N_("重办的理由"), N_("哪里没有办好")), _due(N_("新的期限"))]


def _withdraw(_asked: Asked) -> list[Field]:
    return [_reason(N_("撤回的理由"), N_("本人为什么撤回"))]


def _archive(_asked: Asked) -> list[Field]:
    return [_text(N_("说明"), N_("可以不写"))]


def _note(_asked: Asked) -> list[Field]:
    return [_text(N_("备注"), N_("只留在经过里, 不改变状态"), required=True)]


_FIELDS: dict[str, Callable[[Asked], list[Field]]] = {
    "accept": _accept, "decline": _decline, "forward": _forward, "assign": _assign, "dispatch": _dispatch, "sign": _sign,
    "return": _return, "handle": _handle, "contact": _contact, "answer": _answer, "recheck": _recheck,
    "revisit": _revisit, "close": _close, "escalate": _escalate, "reopen": _reopen, "withdraw": _withdraw,
    "archive": _archive, "note": _note,
}  # fmt: skip
