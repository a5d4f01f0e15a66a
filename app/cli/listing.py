"""`fengge list visits|issues|people|households|grids|units|checks`."""

import argparse
from dataclasses import asdict
from typing import Any

from app.cli.desk import Desk
from app.errors import Refusal
from app.i18n import N_, _


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The command `list`."""
    listing = commands.add_parser("list", parents=[shared], help=_("列出记录"))
    listing.add_argument("what", choices=("visits", "issues", "people", "households", "grids", "units", "checks"))
    listing.add_argument(
        "--where", default="", metavar="TEXT", help=_("查找的文字 (汉字、拼音、首字母); 「chip=名」选一个筛选")
    )
    listing.add_argument("--limit", type=int, default=100)
    listing.set_defaults(handle=show)


def show(desk: Desk) -> int:
    """The rows, one a line for people, whole for programs."""
    rows, more = _rows(desk)
    for row in rows:
        desk.say(
            "  ".join(
                str(value) for name, value in row.items() if name not in ("id", "path") and value not in ("", None)
            )
        )
    desk.say(_("{n} 条{more}").format(n=len(rows), more=_(", 还有更多") if more else ""))
    desk.give(rows)
    return 0


def _rows(desk: Desk) -> tuple[list[dict[str, Any]], bool]:
    from app.services import checks, issues, people, units, visits
    from app.services.listing import Query

    options = desk.options
    words = [word for word in options.where.split() if not word.startswith("chip=")]
    chip = next((word[5:] for word in options.where.split() if word.startswith("chip=")), "")
    query = Query(text=" ".join(words), chip=chip)
    if options.limit < 1:
        raise Refusal("limit", N_("--limit 至少为 1。"))
    with desk.store.read(desk.actor) as s:
        if options.what in ("grids", "units"):
            every: list[Any] = list(units.grids(s) if options.what == "grids" else units.tree(s))
            fit = [row for row in every if query.text in row.name]
            return [asdict(row) for row in fit[: options.limit]], len(fit) > options.limit
        readers: dict[str, tuple[Any, Any]] = {
            "visits": (visits.find, visits.rows),
            "issues": (issues.find, issues.rows),
            "people": (people.find, people.rows),
            "households": (people.find_homes, people.homes),
            "checks": (checks.find, checks.rows),
        }
        find, rows = readers[options.what]
        found = find(s, query)
        return [asdict(row) for row in rows(s, list(found.ids[: options.limit]))], len(found.ids) > options.limit
