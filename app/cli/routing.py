"""`fengge issues route`: who usually handles which topic, by the rules in force."""

import argparse
from typing import Any

from app.cli.desk import Desk
from app.i18n import _, joined


def add(actions: Any, shared: argparse.ArgumentParser) -> None:
    """The action of `issues` that is about routing."""
    route_ = actions.add_parser(
        "route", parents=[shared], help=_("派单规则: 哪个主题一般由谁办; 规则由总部用 rules 更换")
    )
    route_.add_argument("--topic", metavar="CODE", help=_("只看这个主题的建议"))
    route_.add_argument("--kind", default="", metavar="KIND", help=_("事项类别代码"))
    route_.add_argument("--under", default="/", metavar="UNIT", help=_("哪个单位的事项 (路径、编码或名称)"))
    route_.set_defaults(handle=route)


def route(desk: Desk) -> int:
    """The proposal for one topic, or all rules."""
    from app.cli import places
    from app.services import codes, routing

    options = desk.options
    with desk.store.read(desk.actor) as s:
        if options.topic:
            found = routing.propose(s, options.topic, options.kind, places.unit_path(s, options.under))
            told = (
                _("建议「{name}」 ({rule})").format(name=found.name, rule=found.rule)
                if found
                else _("没有规则说到这个主题。")
            )
            desk.say(told)
            desk.give({"topic": options.topic, "proposed": found.name if found else None, "path": found.path if found else None,
                       "rule": found.rule if found else None})  # fmt: skip
            return 0
        topics, departments = codes.labels(s, "topic"), codes.labels(s, "department")
        rules = routing.routes(s)
    for one in rules:
        named = joined(codes.label(topics, topic) for topic in one.topics)
        desk.say(f"{one.name}: {named} → {codes.label(departments, one.department) or one.unit}")
    desk.give([{"code": one.code, "name": one.name, "topics": list(one.topics), "kinds": sorted(one.kinds), "under": one.under,
                "department": one.department, "unit": one.unit} for one in rules])  # fmt: skip
    return 0
