"""`fengge units add|dissolve|restore`: headquarters adds units and partners, and says who goes on with the work of one that ends."""

import argparse
from datetime import date
from typing import Any

from app.cli import places
from app.cli.desk import Desk
from app.i18n import _


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The command `units`."""
    units = commands.add_parser("units", help=_("总部: 增加、撤销单位"))
    actions = units.add_subparsers(dest="action", required=True)
    add_ = actions.add_parser("add", parents=[shared], help=_("在一个单位下面增加单位或外单位"))
    add_.add_argument("name", metavar="NAME", help=_("单位名称"))
    add_.add_argument("--under", required=True, metavar="UNIT", help=_("上级单位 (编码或名称)"))
    add_.add_argument("--kind", default="", help=_("单位类别的代码"))
    add_.add_argument("--code", help=_("单位编码"))
    add_.add_argument("--partner", action="store_true", help=_("外单位 (街道、物业等, 在本系统没有账号)"))
    add_.set_defaults(handle=new)
    dissolve_ = actions.add_parser("dissolve", parents=[shared], help=_("撤销一个单位, 写明由谁承接"))
    dissolve_.add_argument("unit", metavar="UNIT", help=_("要撤销的单位 (编码或名称)"))
    dissolve_.add_argument("--on", required=True, type=date.fromisoformat, metavar="DATE", help=_("自哪一天起撤销"))
    dissolve_.add_argument("--into", metavar="UNIT", help=_("承接单位; 不写则由上级承接"))
    dissolve_.set_defaults(handle=dissolve)
    restore_ = actions.add_parser("restore", parents=[shared], help=_("取消撤销"))
    restore_.add_argument("unit", metavar="UNIT", help=_("单位 (编码或名称)"))
    restore_.set_defaults(handle=restore)


def new(desk: Desk) -> int:
    """The unit or partner stands in the tree."""
    from app.models.units import Unit
    from app.services import units

    options = desk.options
    with desk.store.begin(desk.actor) as s:
        parent = places.unit(s, options.under)
        kind = options.kind or ("partner" if options.partner else "area")
        made = units.add(
            s, Unit(name=options.name.strip(), kind=kind, code=options.code, parent_id=parent, partner=options.partner)
        )
        found = {"id": made.id.hex, "name": made.name, "path": made.path}
    desk.say(_("「{name}」已加入, 随下次下发传到各站点。").format(name=found["name"]))
    desk.give(found)
    return 0


def dissolve(desk: Desk) -> int:
    """The unit stands no more from that day on."""
    from app.services import dissolving

    options = desk.options
    with desk.store.begin(desk.actor) as s:
        unit = places.any_unit(s, options.unit)
        held = dissolving.dissolve(s, unit, options.on, places.any_unit(s, options.into) if options.into else None)
    desk.say(_("「{unit}」自 {day} 起撤销。").format(unit=options.unit, day=options.on.isoformat()))
    if held:
        desk.say(_("它手上还有 {n} 件未办结的事项, 请上级单位改派。").format(n=held))
    desk.give({"done": True, "open": held})
    return 0


def restore(desk: Desk) -> int:
    """The unit stands again."""
    from app.services import dissolving

    with desk.store.begin(desk.actor) as s:
        dissolving.restore(s, places.any_unit(s, desk.options.unit))
    desk.say(_("「{unit}」已恢复。").format(unit=desk.options.unit))
    desk.give({"done": True})
    return 0
