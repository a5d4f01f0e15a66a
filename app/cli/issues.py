"""`fengge issues show NUMBER`: one issue with its timeline."""

import argparse
from typing import Any

from app.cli import clocks, gathering, orders, papers, routing, todo
from app.cli.desk import Desk
from app.i18n import _


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The command `issues`."""
    issues = commands.add_parser("issues", help=_("查看事项"))
    actions = issues.add_subparsers(dest="action", required=True)
    show_ = actions.add_parser("show", parents=[shared], help=_("一件事项和它的办理过程"))
    show_.add_argument("number", metavar="NUMBER", help=_("事项编号"))
    show_.set_defaults(handle=show)
    papers.add(actions, shared)
    todo.add(actions, shared)
    clocks.add(actions, shared)
    orders.add(actions, shared)
    gathering.add(actions, shared)
    routing.add(actions, shared)


def show(desk: Desk) -> int:
    """The issue, what is still missing for closing, and every step, the oldest first."""
    from app.cli.places import issue, plain
    from app.services import timelines

    with desk.store.read(desk.actor) as s:
        found = issue(s, desk.options.number)
        view = timelines.one(s, found)
    row = view.row
    desk.say(f"{row.number}  {row.title}")
    due = _(", 限 {day} 前").format(day=row.due_on) if row.due_on else ""
    desk.say(_("{kind} · {state} · 现由 {holder} 办理{due}").format(
        kind=row.kind_label, state=row.state_label, holder=row.holder or "—", due=due))  # fmt: skip
    for step in reversed(view.timeline):
        flag = _(" (未生效)") if step.illegal else ""
        desk.say(f"  {step.day}  {step.label}{flag}  {step.by}  {step.sentence}")
    if view.former is not None:
        desk.say(_("老问题, 第 {n} 次出现, 上一次是 {number}").format(n=view.times, number=view.former.number))
    for one in view.proposed:
        desk.say(_("像是老问题: {number} ({why})").format(number=one.row.number, why=one.why))
    if view.grouped.rows:
        words = _("共性问题: 归入 {n} 件, 涉及 {people} 人")
        desk.say(words.format(n=len(view.grouped.rows), people=view.grouped.people))
    for sentence in view.missing:
        desk.say(_("待补: {what}").format(what=sentence))
    desk.give(plain(row) | {
        "timeline": [plain(step) for step in reversed(view.timeline)], "missing": list(view.missing),
        "next_steps": list(view.next_steps), "times": view.times,
        "proposed": [one.row.number for one in view.proposed], "grouped": [row.number for row in view.grouped.rows],
        "people": view.grouped.people, "merged": [row.number for row in view.merged.rows],
    })  # fmt: skip
    return 0
