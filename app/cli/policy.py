"""`fengge policy find|load`: the library of 政策问答."""

import argparse
from pathlib import Path
from typing import Any

from app.cli.desk import Desk
from app.i18n import _


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The command `policy`."""
    policy = commands.add_parser("policy", help=_("政策问答: 查找、更换"))
    actions = policy.add_subparsers(dest="action", required=True)
    find_ = actions.add_parser("find", parents=[shared], help=_("查政策问答, 有效的排在前面"))
    find_.add_argument("words", metavar="WORDS", nargs="*", help=_("问题里的字、拼音首字母, 或答复、依据里的字"))
    find_.add_argument("--on", metavar="DATE", help=_("按哪一天算有效 (默认今天)"))
    find_.add_argument("--topic", default="", metavar="CODE", help=_("只看这个主题"))
    find_.set_defaults(handle=find)
    load_ = actions.add_parser("load", parents=[shared], help=_("总部: 用文件更换政策问答 (Excel 或 JSON)"))
    load_.add_argument("file", metavar="FILE")
    load_.set_defaults(handle=load)


def find(desk: Desk) -> int:
    """What fits, valid ones first."""
    from app.cli.clocks import day_of
    from app.cli.places import plain
    from app.clock import today
    from app.services import policies

    options = desk.options
    on = day_of(options.on) if options.on else today()
    with desk.store.read(desk.actor) as s:
        rows = policies.find(s, " ".join(options.words), on, options.topic)
    for row in rows:
        state = policies.state(row)
        desk.say(f"{row.question}" + (f" ({state})" if state else ""))
        desk.say(f"  {row.answer}")
        desk.say(f"  {policies.told({'source': row.source, 'from': str(row.first), 'to': str(row.last or '')}, on)}")
    if not rows:
        desk.say(_("没有查到。可以换个说法再试, 或请总部补充。"))
    desk.give([plain(row) for row in rows])
    return 0


def load(desk: Desk) -> int:
    """The library is that of the file from now on."""
    from app.services import policy_files

    with desk.store.begin(desk.actor) as s:
        held, gone = policy_files.load(s, Path(desk.options.file))
    desk.say(_("政策问答已更换: {n} 条, 撤下 {gone} 条。").format(n=held, gone=gone))
    desk.give({"policies": held, "retired": gone})
    return 0
