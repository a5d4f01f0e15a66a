"""`fengge issues group|merge|answer-all`: several issues at once; what becomes of each is told, `--dry-run` does nothing more."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.cli.desk import Desk
from app.i18n import _

if TYPE_CHECKING:
    from app.services.gathering import Fate


def add(actions: Any, shared: argparse.ArgumentParser) -> None:
    """The actions of `issues` that take several."""
    group_ = actions.add_parser("group", parents=[shared], help=_("把几件事项归为一件共性问题"))
    group_.add_argument("numbers", nargs="+", metavar="NUMBER", help=_("事项编号"))
    group_.add_argument("--title", help=_("共性问题, 一句话"))
    group_.add_argument("--into", metavar="NUMBER", help=_("归到这一件下面, 不另立"))
    group_.add_argument("--dry-run", action="store_true", help=_("只说明各件会怎样, 不写入"))
    group_.set_defaults(handle=group)
    merge_ = actions.add_parser("merge", parents=[shared], help=_("同一件事从几个渠道来的, 并到一件"))
    merge_.add_argument("keep", metavar="KEEP", help=_("保留的一件的编号"))
    merge_.add_argument("numbers", nargs="+", metavar="NUMBER", help=_("并入的事项的编号"))
    merge_.add_argument("--reason", default="", help=_("合并的理由"))
    merge_.add_argument("--dry-run", action="store_true", help=_("只说明各件会怎样, 不写入"))
    merge_.set_defaults(handle=merge)
    answer_ = actions.add_parser("answer-all", parents=[shared], help=_("把一件的答复记录到归入、并入它的各件"))
    answer_.add_argument("number", metavar="NUMBER", help=_("共性问题或保留的一件的编号"))
    answer_.add_argument("--dry-run", action="store_true", help=_("只说明各件会怎样, 不写入"))
    answer_.set_defaults(handle=answer_all)


def group(desk: Desk) -> int:
    """The issues stand under one 共性问题."""
    from app.cli.places import issue
    from app.services import gathering

    options = desk.options
    with desk.store.read(desk.actor) as s:
        ids = [issue(s, number) for number in options.numbers]
        into = issue(s, options.into) if options.into else None
        fates = gathering.grouping(s, ids)
    made = ""
    if not options.dry_run:
        with desk.store.begin(desk.actor) as s:
            made = gathering.group(s, ids, options.title or "", into=into).number
        desk.say(_("已归为共性问题 {number}。").format(number=made))
    return _tell(desk, fates, common=made)


def merge(desk: Desk) -> int:
    """The other issues are merged into the one kept."""
    from app.cli.places import issue
    from app.services import gathering

    options = desk.options
    with desk.store.read(desk.actor) as s:
        keep, ids = issue(s, options.keep), [issue(s, number) for number in options.numbers]
        fates = gathering.merging(s, keep, ids)
    if not options.dry_run:
        with desk.store.begin(desk.actor) as s:
            gathering.merge(s, keep, ids, options.reason)
        desk.say(_("已合并。"))
    return _tell(desk, fates, kept=options.keep)


def answer_all(desk: Desk) -> int:
    """The last answer of the issue is on record for every one under it that can be answered now."""
    from app.cli.places import issue
    from app.services import gathering

    with desk.store.read(desk.actor) as s:
        found = issue(s, desk.options.number)
        fates, (text, way) = gathering.answerable(s, found), gathering.answered(s, found)
    ids = [fate.row.id for fate in fates if not fate.refused]
    if not desk.options.dry_run and ids:
        with desk.store.begin(desk.actor) as s:
            gathering.answer(s, ids, text, way)
        desk.say(_("已把答复记录到 {n} 件事项。").format(n=len(ids)))
    return _tell(desk, fates)


def _tell(desk: Desk, fates: "Sequence[Fate]", **more: str) -> int:
    for fate in fates:
        desk.say(f"  {fate.row.number}  {fate.told}")
    told = [{"number": fate.row.number, "told": fate.told, "refused": fate.refused} for fate in fates]
    desk.give({"issues": told} | more)
    return 0
