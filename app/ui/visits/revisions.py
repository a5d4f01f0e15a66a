"""The revisions of a visit as people tell them: who changed which field, from what to what, and why."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from app.i18n import N_, _, joined
from app.services.history import Revision
from app.ui.desk import Desk
from app.ui.widgets.text import long_day, moment_text
from app.ui.widgets.timeline import Event

#: The fields people see, with their names; those of bookkeeping are left out.
FIELDS = {
    "day": N_("走访日期"), "way": N_("方式"), "household_id": N_("住户"), "place": N_("地点"), "grid_id": N_("所在网格"),
    "met": N_("走访对象"), "visitors": N_("走访人"), "minutes": N_("时长"), "duties": N_("职责"), "saw": N_("看"),
    "heard": N_("听"), "reported": N_("报"), "prevented": N_("防"), "helped": N_("帮"), "summary": N_("小结"),
    "problem": N_("问题"), "result": N_("结果"), "next_on": N_("下次走访"), "signature": N_("签名"),
}  # fmt: skip


def events(revisions: Sequence[Revision], desk: Desk) -> list[Event]:
    """One event for each revision, newest first."""
    return [_event(one, desk) for one in revisions]


def _event(one: Revision, desk: Desk) -> Event:
    text, tone, picture = _deed(one)
    changes = "\n".join(_change(name, before, after, desk) for name, before, after in one.set if name in FIELDS)
    note = "\n".join(part for part in (_reason(one), changes) if part)
    who = " · ".join(part for part in (one.author, one.site) if part)
    return Event(moment_text(one.at), who, text, tone, picture, note)


def _deed(one: Revision) -> tuple[str, str, str]:
    names = {name for name, _before, _after in one.set}
    if not one.set:
        return _("记录了走访"), "done", "visit"
    if "voided_at" in names:
        voided = one.row.get("voided_at") is not None
        return (_("作废"), "draft", "void") if voided else (_("恢复"), "sent", "undo")
    return _("第 {n} 次修改").format(n=one.number - 1), "sent", "edit"


def _reason(one: Revision) -> str:
    return _("原因: {reason}").format(reason=one.reason) if one.set and one.reason else ""


def _change(name: str, before: Any, after: Any, desk: Desk) -> str:
    old, new = (_plain(name, value, desk) or _("空") for value in (before, after))
    if name in ("household_id", "grid_id", "signature"):
        return _("{field}: 已改").format(field=_(FIELDS[name]))
    return _("{field}: {old} → {new}").format(field=_(FIELDS[name]), old=old, new=new)


def _plain(name: str, value: Any, desk: Desk) -> str:
    if value is None:
        return ""
    if name in ("met", "visitors"):
        return joined(str(one.get("name", "")) for one in value)
    if name == "way":
        return desk.label("visit_way", value)
    if name == "duties":
        return joined(desk.label("visit_duty", one) for one in value)
    if name in ("day", "next_on"):
        return long_day(date.fromisoformat(value))
    return str(value)
