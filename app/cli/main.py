"""The door of the command line: finds the command, runs it, says refusals calmly, gives the exit code."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

from app import __version__
from app.cli import mouth
from app.cli.desk import Desk
from app.errors import Refusal, StoreRefusal
from app.i18n import _, say, use

#: Command module → the words that call it; each module has `add(commands)` and its handlers take a `Desk`.
MODULES = (
    "found",
    "demo",
    "enrol",
    "importing",
    "record",
    "listing",
    "ledger",
    "editions",
    "package",
    "store",
    "hq",
    "grids",
    "units",
    "keys",
    "recover",
    "issues",
    "policy",
    "manual",
)


def run(given: Sequence[str]) -> int:
    """Runs one command; the exit code is that of cli.md."""
    mouth.prepare()
    use(_language(given))
    try:
        return _run(given)
    finally:
        mouth.finish()


def _run(given: Sequence[str]) -> int:
    parser = build()
    try:
        options = parser.parse_args(list(given))
    except SystemExit as leaving:
        return int(leaving.code or 0)
    if not hasattr(options, "handle"):
        parser.print_help()
        return 2
    desk = Desk(options)
    try:
        desk.listen()
        handle: Callable[[Desk], int | None] = options.handle
        return handle(desk) or 0
    except StoreRefusal as refusal:
        desk.refuse(refusal.code, say(refusal))
        return 4
    except Refusal as refusal:
        desk.refuse(refusal.code, say(refusal))
        return 3
    except KeyboardInterrupt:
        desk.say(_("已中断, 没有留下做了一半的东西。"))
        return 3
    except Exception as error:  # noqa: BLE001 - said calmly and reported; a traceback would show what people typed
        desk.fail(error)
        return 1
    finally:
        desk.close()


def _language(given: Sequence[str]) -> str:
    words = list(given)
    return words[words.index("--lang") + 1] if "--lang" in words[:-1] else "zh"


class _Parser(argparse.ArgumentParser):
    """Options are written out: a shortened `--password` would take a password for the name of a file."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"allow_abbrev": False} | given)


def build() -> argparse.ArgumentParser:
    """The parser of all commands."""
    from importlib import import_module

    parser = _Parser(prog="fengge", description=_("枫格: 网格工作离线记录、台账与上报。不带命令时打开窗口。"))
    parser.add_argument(
        "--lang", choices=("zh", "en"), dest="language", help=_("语言")
    )  # read before the commands are built
    parser.add_argument("--version", action="version", version=f"fengge {__version__}")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--lang", choices=("zh", "en"), default="zh", help=_("语言"))
    shared.add_argument("--json", action="store_true", help=_("标准输出只有一个 JSON 文档"))
    shared.add_argument("--store", metavar="DIR", help=_("数据文件夹 (默认为用户数据目录)"))
    shared.add_argument("--password-file", metavar="FILE", help=_("口令所在文件; 「-」表示标准输入"))
    shared.add_argument("--login", help=_("登录名 (多人共用一份数据时)"))
    commands = parser.add_subparsers(metavar=_("命令"), dest="command")
    for name in MODULES:
        import_module(f"app.cli.{name}").add(commands, shared)
    return parser


def main() -> None:
    """For the installed script."""
    sys.exit(run(sys.argv[1:]))
