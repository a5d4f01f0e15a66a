"""An issue told: its clocks as bands, what is still missing as hollow marks, its steps as events, its facts in order."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.clock import local, today
from app.i18n import _
from app.models.clocks import Clock
from app.services import clock_rules
from app.services.issues import IssueView, StepRow
from app.services.privacy import mask_phone
from app.ui.desk import Desk
from app.ui.issues.editors import ELEMENTS
from app.ui.issues.lines import NEAR
from app.ui.issues.steps import MOVES
from app.ui.widgets.text import long_day, short_day
from app.ui.widgets.timeline import Band, Event, Side

_ENDED = ("closed", "archived", "withdrawn", "declined", "merged", "ended")
#: The colour of a clock → the tone of its band.
_COLOURS = {"green": "sent", "yellow": "due", "red": "overdue"}
_TONES = {
    "close": "done",
    "archive": "done",
    "return": "waiting",
    "decline": "draft",
    "withdraw": "draft",
    "note": "draft",
}


def events(view: IssueView) -> list[Event]:
    """What is missing on top, then the steps, newest first."""
    lacking = [Event("", _("还差"), sentence, "waiting", hollow=True) for sentence in view.missing]
    return lacking + [_event(step) for step in view.timeline]


def _event(step: StepRow) -> Event:
    at = local(step.at)
    when = f"{short_day(step.day)} {at:%H:%M}" if at.date() == step.day else short_day(step.day)
    notes = []
    if at.date() != step.day:
        notes.append(_("{moment} 补记").format(moment=f"{at:%Y-%m-%d %H:%M}"))
    if step.illegal:
        notes.append(_("这一步与别处的步骤相撞, 没有生效, 只作记录。"))
    if step.clash is not None:
        notes.append(step.clash.next)
    if step.signature:
        notes.append(_("有本人签字"))
    picture = MOVES[step.kind].icon if step.kind in MOVES else "issue"
    tone = "conflict" if step.illegal else _TONES.get(step.kind, "sent")
    return Event(when, step.by, step.sentence, tone, picture, " · ".join(notes), step.days, sides=_sides(step))


def _sides(step: StepRow) -> tuple[Side, ...]:
    """Of an overtaken step: what its author saw when taking it, and beside it what was done elsewhere and counts."""
    if step.clash is None or not step.clash.counts:
        return ()
    mine = _("{who} 看到的: {saw}").format(who=step.by or step.site, saw=step.clash.saw)
    return (Side(mine, step.sentence), Side(_("同时在别处"), "\n".join(step.clash.counts), valid=True))


def bands(view: IssueView) -> list[Band]:
    """The clock of the term, and the contacts due under the rule of evidence."""
    found = []
    row = view.row
    if (
        row.due_on is not None
        and row.days is not None
        and not any(_is_term(clock, row.due_on) for clock in view.clocks)
        and row.due_on not in [task.due_on for task in view.tasks]
    ):
        found.append(_until(_("办理期限 {day}").format(day=long_day(row.due_on)), row.day, row.due_on, row.days))
    for task in view.tasks:
        if task.due_on is not None and task.days is not None:
            title = _("协办 {unit}, 限 {day}").format(unit=task.unit, day=long_day(task.due_on))
            found.append(_until(title, task.asked_on, task.due_on, task.days))
    found += [_clock(clock) for clock in view.clocks if clock.running or clock.left < 0]
    if row.state not in _ENDED:
        found += [Band(clock_rules.lawful(rule), 0, clock_rules.waived(), "draft") for rule in view.waived]
    if due := sum(many for _label, _made, many in view.needs):
        done = sum(min(made, many) for _label, made, many in view.needs)
        words = " · ".join(f"{label} {made}/{many}" for label, made, many in view.needs)
        over = row.state in _ENDED
        if view.excepted:
            words = _("{done} · 已同意例外").format(done=words)
        tone = "done" if done == due else "draft" if over or view.excepted else "waiting"
        found.append(Band(view.rule, done / due, words, tone))
    return found


def _is_term(clock: Clock, due_on: date) -> bool:
    return clock.running and clock.due == due_on


def _until(title: str, since: date, due_on: date, days: int) -> Band:
    """The band of a day that was set, with what is left of it."""
    share = (today() - since).days / max((due_on - since).days, 1)
    words = _("超期 {n} 天").format(n=-days) if days < 0 else _("剩余 {n} 天").format(n=days)
    tone = "overdue" if days < 0 else "due" if days <= NEAR else "sent"
    return Band(title, share, words if days else _("今天到期"), tone)


def _clock(clock: Clock) -> Band:
    """The band of a clock: its article, the day and what is left, in words beside the colour."""
    whole = max((clock.due - clock.started).days, 1)
    share = ((clock.stopped or today()) - clock.started).days / whole
    tone = _COLOURS[clock.colour] if clock.running and not clock.rule.right else "draft"
    return Band(clock_rules.titled(clock), share, clock_rules.left(clock), "overdue" if clock.stopped else tone)


def facts(desk: Desk, view: IssueView) -> list[tuple[str, str]]:
    """What was registered, label and value, only what is filled."""
    raw, row = view.fields, view.row
    heard = raw["heard_on"]
    level = desk.label("closing_level", raw["level"])
    pairs = [
        (_("反映人"), row.reporter),
        (_("电话"), mask_phone(raw["phone"]) if raw["phone"] else ""),
        (_("人数"), _("{n} 人").format(n=raw["people"]) if raw["people"] > 1 else ""),
        (_("来源"), desk.label("channel", raw["channel"])),
        *_sender(view),
        (_("反映日期"), long_day(heard) if heard and heard != row.day else ""),
        (_("登记日期"), long_day(row.day)),
        (_("接待"), _received(desk, raw)),
        (_("主题"), row.topic),
        (_("地点"), raw["place"]),
        (_("网格"), row.grid),
        (_("隐患等级"), desk.label("hazard_level", raw["level"]) if row.kind == "hazard" else ""),
        (_("整改责任人"), raw["responsible"]),
        (_("承办单位"), row.holder),
        (_("一般由谁办"), view.usual.name if view.usual and view.usual.name != row.holder else ""),
        (_("证据材料"), raw["evidence"]),
        (_("办结层级"), level),
        *_elements(raw["elements"] or {}),
        (_("更正说明"), raw["correction"]),
    ]
    return [(label, str(text)) for label, text in pairs if text]


def _received(desk: Desk, raw: Mapping[str, Any]) -> str:
    minutes = _("{n} 分钟").format(n=raw["minutes"]) if raw["minutes"] else ""
    return " · ".join(part for part in (desk.label("service", raw["service"]), minutes) if part)


def _sender(view: IssueView) -> Sequence[tuple[str, str]]:
    """The partner that sent it, and its number there."""
    sent = next((order for order in view.orders if order.way == "in"), None)
    return [(_("派来的外单位"), sent.partner), (_("对方编号"), sent.number)] if sent else []


def _elements(given: dict[str, str]) -> Sequence[tuple[str, str]]:
    return [(_(title), given.get(name, "")) for name, title, _hint in ELEMENTS]
