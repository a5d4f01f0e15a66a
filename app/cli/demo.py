"""`fengge demo`: a complete invented world."""

import argparse
from typing import Any

from app.cli.desk import Desk
from app.i18n import _


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The command `demo`."""
    demo = commands.add_parser("demo", parents=[shared], help=_("建立一份虚构的演示数据"))
    demo.add_argument("--size", choices=("small", "company", "oilfield"), default="small", help=_("规模"))
    demo.add_argument("--seed", type=int, default=1, help=_("同一种子得到同样的数据"))
    demo.set_defaults(handle=make)


def make(desk: Desk) -> int:
    """The invented world is in a new store; its accounts and their password are printed."""
    from app.services.demo.build import PASSWORD, build

    made = build(desk.folder, desk.options.size, desk.options.seed, progress=desk.progress)
    desk.say(_("演示数据已建立: {folder}").format(folder=made.folder))
    for login, name, role in made.logins:
        desk.say(f"  {login:8} {name}  {role}")
    desk.say(_("口令都是 {password}").format(password=PASSWORD))
    desk.give({
        "store": str(made.folder), "password": PASSWORD, "counts": made.counts,
        "accounts": [{"login": login, "name": name, "role": role} for login, name, role in made.logins],
    })  # fmt: skip
    return 0
