"""`fengge enrol request|approve|accept`: a site is opened by three files, without a network."""

import argparse
from pathlib import Path
from typing import Any

from app.cli import places
from app.cli.desk import Desk
from app.errors import Refusal
from app.i18n import N_, _


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The command `enrol` and its three steps."""
    enrol = commands.add_parser("enrol", help=_("站点登记: 申请、开通、采用开通文件"))
    actions = enrol.add_subparsers(dest="action", required=True)
    request = actions.add_parser("request", parents=[shared], help=_("站点: 导出登记申请"))
    request.add_argument("--out", metavar="DIR", default=".", help=_("申请文件放到哪个文件夹"))
    request.add_argument("--name", default="", help=_("站点名称"))
    request.set_defaults(handle=ask)
    approve = actions.add_parser("approve", parents=[shared], help=_("总部: 开通一个站点"))
    approve.add_argument("file", metavar="FILE.fgreq")
    approve.add_argument(
        "--scope", action="append", required=True, metavar="PATH", help=_("管辖单位的路径、编码或名称")
    )
    approve.add_argument("--out", metavar="DIR", default=".", help=_("开通文件放到哪个文件夹"))
    approve.add_argument("--name", default="", help=_("站点名称 (默认用申请里的)"))
    approve.add_argument("--kind", choices=("site", "station"), default="site", help=_("station: 可代读下级的上报包"))
    approve.set_defaults(handle=grant)
    accept = actions.add_parser("accept", parents=[shared], help=_("站点: 采用总部的开通文件"))
    accept.add_argument("file", metavar="FILE.fgenrol")
    accept.set_defaults(handle=begin)


def ask(desk: Desk) -> int:
    """The request lies in the folder; its four groups are compared with headquarters by telephone."""
    from app.sync import enrolling

    _only_at(desk, "site")
    written = enrolling.write_request(desk.store, places.folder(desk.options.out), desk.options.name)
    desk.say(_("登记申请已保存: {path}").format(path=written.path))
    desk.say(_("核对码 {mark}, 请在电话里与总部核对。").format(mark=written.fingerprint))
    desk.give({"request": str(written.path), "fingerprint": written.fingerprint})
    return 0


def grant(desk: Desk) -> int:
    """The site is enrolled for its scope, and the approval with its first data lies in the folder."""
    from app.sync import enrolling

    _only_at(desk, "hq")
    options, file = desk.options, Path(desk.options.file)
    request = enrolling.read_request(file)
    with desk.store.read(desk.actor) as s:
        paths = [places.unit_path(s, text) for text in options.scope]
    written = enrolling.approve_file(
        desk.store, desk.actor, file, places.folder(options.out), paths=paths, name=options.name, kind=options.kind
    )
    desk.say(_("申请的核对码 {mark}, 请与站点屏幕上的核对。").format(mark=request.fingerprint))
    for path in written:
        desk.say(_("开通文件已保存: {path}").format(path=path))
    desk.give({
        "site": request.site, "fingerprint": request.fingerprint, "scope": paths, "files": [str(p) for p in written],
    })  # fmt: skip
    return 0


def begin(desk: Desk) -> int:
    """The site is enrolled with its first data, and its setup login is now the first account's."""
    from app.sync import enrolling

    _only_at(desk, "site")
    actor = enrolling.accept_file(desk.store, Path(desk.options.file), desk.progress)
    desk.say(_("已开通。{name} 用登录名 {login} 和原来的口令登录。").format(name=actor.name, login=actor.login))
    desk.give({"login": actor.login, "name": actor.name, "role": actor.role, "path": actor.path})
    return 0


def _only_at(desk: Desk, kind: str) -> None:
    if desk.store.kind != kind:
        here = {
            "site": N_("这份数据是总部的, 不需要登记。请用 --store 指明站点的数据文件夹。"),
            "hq": N_("开通站点要在总部的数据上做。请用 --store 指明总部的数据文件夹。"),
        }
        raise Refusal("other_store", here[kind])
