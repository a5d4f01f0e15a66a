"""`fengge help`: the manual pages, as the window shows them."""

import argparse
from typing import Any

from app.cli.desk import Desk
from app.i18n import _


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The command `help`."""
    manual = commands.add_parser("help", parents=[shared], help=_("看手册 (不写页名则看命令行一页)"))
    manual.add_argument("page", nargs="?", default="command_line", metavar=_("页名"))
    manual.set_defaults(handle=show)


def show(desk: Desk) -> int:
    """The page is printed; the names of all pages follow."""
    from app.services import help_pages

    text = help_pages.page(desk.options.page)
    desk.say(text)
    desk.say(_("其他页: {names}").format(names=" ".join(one.name for one in help_pages.pages())))
    desk.give({"page": desk.options.page, "text": text})
    return 0
