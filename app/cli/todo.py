"""`fengge issues todo`: what the person has to do next with issues, and why; the same lines as on the page of the day."""

import argparse
from typing import Any

from app.cli.desk import Desk
from app.i18n import _


def add(actions: Any, shared: argparse.ArgumentParser) -> None:
    """The action `todo` of `issues`."""
    todo = actions.add_parser("todo", parents=[shared], help=_("要我办、要我批、要我催的事项和原因"))
    todo.set_defaults(handle=run)


def run(desk: Desk) -> int:
    """Each duty, the most pressing first; with --json one object a duty."""
    from app.cli.places import plain
    from app.services import codes, duties

    with desk.store.read(desk.actor) as s:
        found = duties.due(s)
        labels = codes.labels(s, "step_kind")
    for duty in found:
        term = "" if duty.due_on is None else f"  {duty.due_on.isoformat()} ({duty.days:+d})"
        why = _("{step}: {why} · {number}").format(
            step=codes.label(labels, duty.step), why=duty.why, number=duty.number
        )
        desk.say(f"{duty.title}  {why}{term}")
    desk.say(_("共 {n} 项。").format(n=len(found)))
    desk.give({"duties": [plain(duty) for duty in found]})
    return 0
