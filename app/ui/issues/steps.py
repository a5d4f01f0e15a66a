"""The steps of an issue as the window offers them: key, icon, words, and which one is the natural next."""

import uuid
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject

from app.clock import today
from app.i18n import N_
from app.services.issues import IssueView
from app.services.orders import OrderRow
from app.ui.desk import Desk
from app.ui.issues import finders


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
    "leap": Move("Shift+U", "up", N_("越级上报")),
    "assist": Move("A", "people", N_("请求协办")),
    "assist_answer": Move("Shift+A", "helped", N_("答复协办")),
    "assist_cancel": Move("Shift+K", "void", N_("撤销协办")),
    "entrust": Move("Shift+P", "dispatch", N_("派给外单位")),
    "entrust_answer": Move("Shift+D", "reply", N_("记录外单位答复")),
    "entrust_cancel": Move("Shift+T", "void", N_("撤回派单")),
    "extend": Move("Y", "time", N_("申请延期")),
    "approve": Move("Shift+Y", "approve", N_("同意延期")),
    "refuse": Move("Shift+B", "refuse", N_("不同意延期")),
    "exception": Move("Shift+W", "info", N_("申请证据例外")),
    "exception_approve": Move("Shift+S", "approve", N_("同意例外")),
    "exception_refuse": Move("Shift+Z", "refuse", N_("不同意例外")),
    "urge": Move("R", "supervise", N_("督办")),
    "calm": Move("Shift+R", "supervise", N_("取消督办")),
    "suspend": Move("I", "waiting", N_("挂起")),
    "resume": Move("Shift+I", "right", N_("恢复办理")),
    "review": Move("V", "search", N_("申请复查")),
    "review_answer": Move("Shift+V", "reply", N_("答复复查")),
    "second_review": Move("M", "search", N_("申请复核")),
    "second_answer": Move("Shift+M", "reply", N_("答复复核")),
    "recuse": Move("O", "person", N_("回避")),
    "merge": Move("Shift+H", "merge", N_("合并")),
    "link": Move("Shift+G", "history", N_("关联")),
    "reopen": Move("C", "rotate", N_("重办")),
    "withdraw": Move("K", "void", N_("撤回")),
    "archive": Move("F", "inbox", N_("归档")),
    "note": Move("N", "draft", N_("添加备注")),
}
#: What others wait for comes before the natural next step.
_PRESSING = ("assist_answer", "approve", "exception_approve")
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
    "suspended": ("resume",),
    "reviewing": ("review_answer",),
    "reviewed": ("archive", "second_review"),
    "rereviewing": ("second_answer",),
    "ended": ("archive",),
    "merged": ("answer", "archive"),
}


#: Steps that are seldom meant: behind all others.
_RARE = frozenset({"merge", "leap", "withdraw", "recuse", "link", "note"})


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
    first = [kind for kind in (*_PRESSING, *wanted) if kind in legal]
    rest = [kind for kind in legal if kind not in first]
    return first + sorted(rest, key=lambda kind: kind in _RARE)


def waiting(view: IssueView) -> list[OrderRow]:
    """The dispatches to partners that wait for an answer, the oldest first."""
    return [one for one in view.orders[::-1] if one.way == "out" and not one.end]


def _answers_to_somebody(view: IssueView) -> bool:
    return view.row.kind == "hazard" or not view.fields["anonymous"]


@dataclass(frozen=True)
class Asked:
    """Who asks: the desk, the owner of pickers, and the issue as it stands."""

    desk: Desk
    owner: QObject
    view: IssueView


def started(asked: Asked, kind: str) -> dict[str, Any]:
    """What the fields hold before anything is typed."""
    reporter = asked.view.fields["reporter"]
    with_reporter = {"with_whom": reporter} if reporter and kind in ("contact", "answer") else {}
    if kind in ("entrust_answer", "entrust_cancel"):
        return {"day": today(), "about": next((one.id.hex for one in waiting(asked.view)), None)}
    place = {"place": asked.view.fields["place"]} if kind == "recheck" else {}
    usual = asked.view.usual
    if kind == "dispatch" and usual is not None and usual.unit is not None and usual.name != asked.view.row.holder:
        return {"day": today(), "to_unit": {"unit": usual.unit.hex, "name": usual.name}}
    return {"day": today(), **with_reporter, **place}


def facts(values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a Step that these values mean; the signature's picture is stored apart."""
    given = {name: value for name, value in values.items() if value not in (None, "") and name != "signature"}
    if (unit := given.pop("to_unit", None)) is not None:
        if unit.get("unit"):
            given["to_unit"] = finders.unit_id(unit)
        given["to_name"] = unit["name"]
    if (other := given.pop("other_id", None)) is not None:
        given["other_id"] = uuid.UUID(hex=other["issue"])
    if quotes := given.pop("quotes", None):
        given["quotes"] = [quote["code"] for quote in quotes]
    if (about := given.pop("about", None)) is not None:
        given["about"] = uuid.UUID(hex=about)
    return given
