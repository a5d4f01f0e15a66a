"""`fengge grids merge|split`: headquarters puts grids together or takes them apart; first what would move, then with --yes."""

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app.cli import places
from app.cli.desk import Desk
from app.i18n import _

if TYPE_CHECKING:
    from app.services.grids import Moved


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The command `grids`."""
    grids = commands.add_parser("grids", help=_("总部: 合并、拆分网格"))
    actions = grids.add_subparsers(dest="action", required=True)
    merge_ = actions.add_parser("merge", parents=[shared], help=_("把一个网格并入另一个, 原网格停用"))
    merge_.add_argument("source", metavar="GRID", help=_("要停用的网格 (编码或名称)"))
    merge_.add_argument("target", metavar="INTO", help=_("并入的网格 (编码或名称)"))
    merge_.set_defaults(handle=merge)
    split_ = actions.add_parser("split", parents=[shared], help=_("按住址从一个网格分出新网格"))
    split_.add_argument("source", metavar="GRID", help=_("原网格 (编码或名称)"))
    split_.add_argument("--name", required=True, help=_("新网格的名称"))
    split_.add_argument("--code", help=_("新网格的编码"))
    split_.add_argument("--unit", help=_("新网格所属单位; 不写则与原网格相同"))
    split_.add_argument(
        "--address", action="append", required=True, metavar="TEXT", help=_("住址或部位以此开头的划过去, 可写多次")
    )
    split_.set_defaults(handle=split)
    for one in (merge_, split_):
        one.add_argument("--reason", default="", metavar="TEXT", help=_("原因 (办理时必填)"))
        one.add_argument("--yes", action="store_true", help=_("确认办理; 不写则只列出会移动什么"))


def merge(desk: Desk) -> int:
    """What would move is listed; with --yes the first grid is retired and the second has all of it."""
    from app.services import grids

    options = desk.options
    with desk.store.begin(desk.actor) as s:
        source, target = places.grid(s, options.source), places.grid(s, options.target)
        found = (
            grids.merge(s, source, target, options.reason) if options.yes else grids.preview_merge(s, source, target)
        )
    return _tell(desk, found)


def split(desk: Desk) -> int:
    """What would move is listed; with --yes the new grid has it."""
    from app.models.grids import Grid
    from app.services import grids

    options = desk.options
    with desk.store.begin(desk.actor) as s:
        source = places.grid(s, options.source)
        former = s.get_one(Grid, source)
        unit = places.unit(s, options.unit) if options.unit else former.unit_id
        made = Grid(name=options.name.strip(), kind=former.kind, code=options.code, unit_id=unit)
        made.parent_id, made.basis = former.parent_id, former.basis
        if options.yes:
            found = grids.split(s, source, made, options.address, options.reason)
        else:
            found = grids.preview_split(s, source, made, options.address)
    return _tell(desk, found)


def _tell(desk: Desk, found: "Moved") -> int:
    done = bool(desk.options.yes)
    sentence = _(
        "「{source}」→「{target}」: 住户 {homes}、人员 {people}、风险点 {places}、任职到期 {posts}、下级网格 {grids}、账号 {accounts}。"
    )
    desk.say(sentence.format(**asdict(found)))
    if found.accounts_left:
        desk.say(_("账号 {n} 个看不到新网格的单位, 请另行调整。").format(n=found.accounts_left))
    desk.say(
        _("已办理, 随下次下发传到各站点。") if done else _("以上还没有办理。确认后加 --reason 和 --yes 再运行一次。")
    )
    desk.give({"done": done} | asdict(found))
    return 0
