"""`fengge issues clocks`, `evidence`, `rules`, `calendar`: what is due by which rule, and the rules headquarters writes."""

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from app.cli.desk import Desk
from app.errors import Refusal
from app.i18n import N_, _


def add(actions: Any, shared: argparse.ArgumentParser) -> None:
    """The actions of `issues` that are about rules."""
    clocks_ = actions.add_parser("clocks", parents=[shared], help=_("未办结事项的期限: 到期、超期几天, 依据哪条规则"))
    clocks_.add_argument("--on", metavar="DATE", help=_("按哪一天算 (默认今天)"))
    clocks_.set_defaults(handle=clocks)
    rules_ = actions.add_parser("rules", parents=[shared], help=_("总部: 用文件替换期限规则或证据规则"))
    rules_.add_argument("file", metavar="FILE.json")
    rules_.set_defaults(handle=rules)
    evidence_ = actions.add_parser("evidence", parents=[shared], help=_("办结事项的证据合规率"))
    evidence_.add_argument("--from", metavar="DATE", dest="first", required=True, help=_("从哪天办结的"))
    evidence_.add_argument("--to", metavar="DATE", dest="last", required=True, help=_("到哪天办结的"))
    evidence_.set_defaults(handle=evidence)
    calendar_ = actions.add_parser("calendar", parents=[shared], help=_("总部: 导入一年的放假安排"))
    calendar_.add_argument("file", metavar="FILE.json")
    calendar_.set_defaults(handle=calendar)


def clocks(desk: Desk) -> int:
    """Every running clock, the most pressing issue first; with --json one object a clock."""
    from app.clock import today
    from app.services import clock_rules

    on = day_of(desk.options.on) if desk.options.on else today()
    found: list[dict[str, Any]] = []
    with desk.store.read(desk.actor) as s:
        for one in clock_rules.running(s, on):
            clock = one.clock
            found.append({
                "number": one.number, "title": one.title, "kind": one.kind, "rule": clock.rule.code, "name": clock.rule.name,
                "article": clock.rule.article, "unit": clock.rule.unit, "started": clock.started.isoformat(),
                "due": clock.due.isoformat(), "left": clock.left, "colour": clock.colour, "paused": clock.paused,
                "right": clock.rule.right, "provisional": clock.provisional,
            })  # fmt: skip
            desk.say(f"{one.number}  {clock_rules.titled(clock)}: {clock_rules.left(clock)}  {one.title}")
    desk.say(_("{day}: 共 {n} 个期限, 其中超期 {late} 个。").format(
        day=on.isoformat(), n=len(found), late=sum(one["left"] < 0 and not one["right"] for one in found)))  # fmt: skip
    desk.give({"on": on.isoformat(), "clocks": found})
    return 0


def rules(desk: Desk) -> int:
    """The rules of the file hold from now on."""
    from app.services import clock_rules

    data = _read(desk.options.file)
    with desk.store.begin(desk.actor) as s:
        held, gone = clock_rules.replace_rules(s, data)
    desk.say(_("规则已更换: 现行 {n} 条, 停用 {gone} 条。").format(n=held, gone=gone))
    desk.give({"rules": held, "retired": gone})
    return 0


def evidence(desk: Desk) -> int:
    """How the issues closed in these days kept the rules of evidence."""
    from app.ledgers import counting
    from app.ledgers.scope import Scope
    from app.services import figures
    from app.services.access import actor

    first, last = day_of(desk.options.first), day_of(desk.options.last)
    with desk.store.read(desk.actor) as s:
        rate = counting.within(s, first, last, Scope(actor(s).path)).rate("compliance")
    excepted = rate.denominator - rate.numerator
    desk.say(_("合规 {kept} 件, 例外 {excepted} 件, 合规率 {rate}。").format(
        kept=rate.numerator, excepted=excepted, rate=rate))  # fmt: skip
    desk.say(figures.formula("compliance"))
    share = float(rate.share) if rate.share is not None else None
    desk.give({"kept": rate.numerator, "excepted": excepted, "rate": share})
    return 0


def calendar(desk: Desk) -> int:
    """The year of the file is known from now on."""
    from app.services import clock_rules

    data = _read(desk.options.file)
    with desk.store.begin(desk.actor) as s:
        year = clock_rules.take_calendar(s, data)
    desk.say(_("{year} 年的放假安排已导入, 期限已重新计算。").format(year=year))
    desk.give({"year": year})
    return 0


def day_of(text: str) -> date:
    """The day as typed, 2025-03-31."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refusal("day_unreadable", N_("看不懂日期「{text}」, 请写成 2025-03-31。"), text=text) from error


def _read(name: str) -> bytes:
    from app.services.clock_rules import LARGEST

    try:
        with Path(name).open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise Refusal("file_unreadable", N_("读不到文件: {file}。请检查路径。"), file=name) from error
