"""`fengge issues orders|entrust|order|partner-answer|take-back|reply`: 双向派单 with partners that have no account."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.desk import Desk
from app.errors import Refusal
from app.i18n import N_, _

if TYPE_CHECKING:
    from app.ledgers.page import Page
    from app.services.orders import OrderRow


def add(actions: Any, shared: argparse.ArgumentParser) -> None:
    """The actions of `issues` that are about partners."""
    orders_ = actions.add_parser(
        "orders", parents=[shared], help=_("双向派单: 派给外单位的和外单位派来的, 各有多少, 哪些没有答复")
    )
    orders_.add_argument("--way", choices=("out", "in"), help=_("只看派出的 (out) 或派来的 (in)"))
    orders_.add_argument("--open", action="store_true", help=_("只列没有答复的"))
    orders_.add_argument("--overdue", action="store_true", help=_("只列超期没有答复的"))
    orders_.add_argument("--from", metavar="DATE", dest="first", help=_("从哪天派的"))
    orders_.add_argument("--to", metavar="DATE", dest="last", help=_("到哪天派的"))
    orders_.set_defaults(handle=show)
    entrust_ = actions.add_parser("entrust", parents=[shared], help=_("把事项派给外单位, 得到派单编号"))
    entrust_.add_argument("number", metavar="NUMBER", help=_("事项编号"))
    entrust_.add_argument("--partner", required=True, metavar="NAME", help=_("外单位名称"))
    entrust_.add_argument("--text", help=_("请外单位做什么"))
    entrust_.add_argument("--due", metavar="DATE", help=_("请在哪天前答复"))
    entrust_.set_defaults(handle=entrust)
    order_ = actions.add_parser("order", parents=[shared], help=_("派单存成 PDF; blank 是空白派单"))
    order_.add_argument("code", metavar="CODE|blank", help=_("派单编号或派单上的码"))
    order_.add_argument("--out", required=True, metavar="FILE.pdf", help=_("存成哪个文件"))
    order_.set_defaults(handle=order)
    answer_ = actions.add_parser("partner-answer", parents=[shared], help=_("登记外单位的答复, 按派单编号或派单上的码"))
    answer_.add_argument("code", metavar="CODE", help=_("派单编号或派单上的码"))
    answer_.add_argument("--text", required=True, help=_("答复了什么"))
    answer_.add_argument("--who", help=_("对方答复人"))
    answer_.add_argument("--by", dest="way", metavar="oral|phone|written|face", help=_("怎么答复的"))
    answer_.add_argument("--on", metavar="DATE", help=_("答复日期 (默认今天)"))
    answer_.set_defaults(handle=answer)
    back_ = actions.add_parser("take-back", parents=[shared], help=_("撤回派给外单位的派单"))
    back_.add_argument("code", metavar="CODE", help=_("派单编号或派单上的码"))
    back_.add_argument("--reason", required=True, help=_("撤回的理由"))
    back_.set_defaults(handle=take_back)
    reply_ = actions.add_parser("reply", parents=[shared], help=_("外单位来单的答复单存成 PDF"))
    reply_.add_argument("number", metavar="NUMBER", help=_("事项编号"))
    reply_.add_argument("--out", required=True, metavar="FILE.pdf", help=_("存成哪个文件"))
    reply_.set_defaults(handle=reply)


def show(desk: Desk) -> int:
    """Both directions counted, then each dispatch, the newest first; with --json one object a dispatch."""
    from app.cli.clocks import day_of
    from app.services import orders

    options = desk.options
    first, last = (day_of(text) if text else None for text in (options.first, options.last))
    with desk.store.read(desk.actor) as s:
        found = {"out": orders.given(s, first=first, last=last), "in": orders.received(s, first=first, last=last)}
    ways = [options.way] if options.way else ["out", "in"]
    tallies = {way: orders.tally(found[way]) for way in ways}
    rows = [row for way in ways for row in found[way] if _wanted(row, options)]
    for row in rows:
        desk.say(_line(row))
    for way, tally in tallies.items():
        words = _("派给外单位") if way == "out" else _("外单位派来")
        desk.say(_("{way}: {given} 份, 已答复 {answered}, 已撤回 {withdrawn}, 未答复 {open}, 其中超期 {overdue}。").format(
            way=words, **asdict(tally)))  # fmt: skip
    desk.give(
        {"counts": {way: asdict(tally) for way, tally in tallies.items()}, "orders": [_plain(row) for row in rows]}
    )
    return 0


def entrust(desk: Desk) -> int:
    """The partner is asked under a number."""
    from app.cli import places
    from app.cli.clocks import day_of
    from app.services import issues

    options = desk.options
    with desk.store.begin(desk.actor) as s:
        to = places.partner(s, options.partner)
        due = day_of(options.due) if options.due else None
        step = issues.entrust(s, places.issue(s, options.number), to, text=options.text, due_on=due)
    desk.say(_("已派给「{partner}」, 派单编号 {number}。").format(partner=step.to_name, number=step.number))
    desk.give({"number": step.number, "partner": step.to_name, "step": str(step.id)})
    return 0


def order(desk: Desk) -> int:
    """The 派单 lies in the file."""
    from app.ledgers import order_forms
    from app.services import orders

    if desk.options.code == "blank":
        return _write(desk, order_forms.blank())
    with desk.store.read(desk.actor) as s:
        page = order_forms.order(s, orders.find(s, desk.options.code).id)
    return _write(desk, page)


def answer(desk: Desk) -> int:
    """What the partner answered stands in its issue."""
    from app.cli.clocks import day_of
    from app.services import orders

    options = desk.options
    if options.way and options.way not in ("oral", "phone", "written", "face"):
        raise Refusal("way_unknown", N_("答复方式应为 oral、phone、written 或 face。"))
    day = day_of(options.on) if options.on else None
    with desk.store.begin(desk.actor) as s:
        step = orders.answer(s, options.code, options.text, with_whom=options.who, way=options.way, day=day)
        row = orders.find(s, options.code)
    desk.say(_("派单 {number} 的答复已记入事项 {issue}。").format(number=row.number, issue=row.issue_number))
    desk.give({"number": row.number, "issue": row.issue_number, "step": str(step.id)})
    return 0


def take_back(desk: Desk) -> int:
    """The dispatch waits no more."""
    from app.services import orders

    with desk.store.begin(desk.actor) as s:
        step = orders.withdraw(s, desk.options.code, desk.options.reason)
    desk.say(_("派单已撤回。"))
    desk.give({"step": str(step.id)})
    return 0


def reply(desk: Desk) -> int:
    """Our reply to a partner lies in the file."""
    from app.cli import places
    from app.ledgers import order_forms

    with desk.store.read(desk.actor) as s:
        page = order_forms.reply(s, places.issue(s, desk.options.number))
    return _write(desk, page)


def _write(desk: Desk, page: "Page") -> int:
    from app.ledgers import pdf

    out = Path(desk.options.out)
    pdf.write(page, out, desk.progress)
    desk.say(_("{title}已保存: {path}").format(title=page.title, path=out))
    desk.give({"title": page.title, "number": page.number, "code": page.code, "file": str(out)})
    return 0


def _wanted(row: "OrderRow", options: argparse.Namespace) -> bool:
    return (not options.open or not row.end) and (not options.overdue or row.overdue)


def _line(row: "OrderRow") -> str:
    ends = {"answered": _("已答复"), "withdrawn": _("已撤回"), "lost": _("未生效"), "": _("未答复")}
    late = _("超期 {n} 天").format(n=-(row.days or 0)) if row.overdue else ""
    due = _("限 {day} 前").format(day=row.due_on) if row.due_on else ""
    way = "→" if row.way == "out" else "←"
    parts = (
        row.number or "—",
        way,
        row.partner,
        str(row.given_on),
        due,
        ends[row.end],
        late,
        row.issue_number,
        row.title,
    )
    return "  ".join(part for part in parts if part)


def _plain(row: "OrderRow") -> dict[str, Any]:
    from app.cli.places import plain

    return plain(row) | {"days": row.days, "overdue": row.overdue}
