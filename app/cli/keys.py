"""`fengge keys rotate|show`: headquarters changes its keys."""

import argparse
from typing import Any

from app.cli.desk import Desk
from app.errors import Refusal
from app.i18n import N_, _


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The command `keys`."""
    keys = commands.add_parser("keys", help=_("总部: 更换密钥"))
    actions = keys.add_subparsers(dest="action", required=True)
    rotate_ = actions.add_parser("rotate", parents=[shared], help=_("更换签名和收件密钥, 随下次下发传到各站点"))
    rotate_.add_argument("--recovery", action="store_true", help=_("只更换恢复密钥"))
    rotate_.add_argument(
        "--distrust", action="store_true", help=_("旧密钥已泄露: 站点得知后不再认它签的文件, 证书全部重新签发")
    )
    rotate_.set_defaults(handle=rotate)
    show_ = actions.add_parser("show", parents=[shared], help=_("总部的核对码和密钥编号"))
    show_.set_defaults(handle=show)


def rotate(desk: Desk) -> int:
    """Headquarters has new keys, and a backup that holds them."""
    from app.models import backups
    from app.sync import rotating

    _only_hq(desk)
    if desk.options.recovery and desk.options.distrust:
        raise Refusal("options", N_("--recovery 和 --distrust 不能同时用, 请分两次做。"))
    with desk.store.begin(desk.actor) as s:
        changed = (
            rotating.rotate_recovery(s) if desk.options.recovery else rotating.rotate(s, distrust=desk.options.distrust)
        )
    made = backups.make(desk.store, why="keys")
    desk.say(
        _("密钥已更换, 编号 {number}, 总部核对码 {mark}。").format(number=changed.number, mark=changed.fingerprint)
    )
    desk.say(_("已备份: {path}。更早的备份里没有新密钥, 请妥善保存这一份。").format(path=made.folder))
    desk.give({"number": changed.number, "fingerprint": changed.fingerprint, "backup": str(made.folder)})
    return 0


def show(desk: Desk) -> int:
    """Headquarters' fingerprint, to be compared by telephone."""
    from app.sync import own

    with desk.store.read(desk.actor) as s:
        known = own.hq(s)
    desk.say(_("总部「{name}」核对码 {mark}, 密钥编号 {number}。").format(
        name=known.name, mark=known.fingerprint, number=known.number))  # fmt: skip
    desk.give({"name": known.name, "fingerprint": known.fingerprint, "number": known.number})
    return 0


def _only_hq(desk: Desk) -> None:
    if desk.store.kind != "hq":
        raise Refusal("other_store", N_("这项操作要在总部的数据上做。请用 --store 指明总部的数据文件夹。"))
