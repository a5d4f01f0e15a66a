"""`fengge recover request|answer|accept`: a store whose password was lost is opened by headquarters, by two files."""

import argparse
from pathlib import Path
from typing import Any

from app.cli import places
from app.cli.desk import Desk
from app.i18n import _


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The command `recover` and its three steps."""
    recover = commands.add_parser("recover", help=_("口令全部忘记时, 请总部恢复"))
    actions = recover.add_subparsers(dest="action", required=True)
    request = actions.add_parser("request", parents=[shared], help=_("站点: 导出恢复申请, 不需要口令"))
    request.add_argument("--out", metavar="DIR", default=".", help=_("申请文件放到哪个文件夹"))
    request.add_argument("--name", default="", help=_("站点名称, 写进文件名"))
    request.set_defaults(handle=ask)
    answer = actions.add_parser("answer", parents=[shared], help=_("总部: 核对后答复恢复申请"))
    answer.add_argument("file", metavar="FILE.fgrecover")
    answer.add_argument("--reason", required=True, help=_("原因, 记入站点的记录"))
    answer.add_argument("--out", metavar="DIR", default=".", help=_("答复文件放到哪个文件夹"))
    answer.set_defaults(handle=grant)
    accept = actions.add_parser("accept", parents=[shared], help=_("站点: 用答复文件给 --login 设新口令"))
    accept.add_argument("file", metavar="FILE.fgunlock")
    accept.set_defaults(handle=begin)


def ask(desk: Desk) -> int:
    """The request lies in the folder; its four groups are compared with headquarters by telephone."""
    from app.sync import recovering

    written = recovering.write_request(desk.folder, places.folder(desk.options.out), desk.options.name)
    desk.say(_("恢复申请已保存: {path}").format(path=written.path))
    desk.say(_("核对码 {mark}, 请在电话里与总部核对。").format(mark=written.fingerprint))
    desk.give({"request": str(written.path), "fingerprint": written.fingerprint})
    return 0


def grant(desk: Desk) -> int:
    """The answer for that laptop alone lies in the folder, and the opening stands in the site's record."""
    from app.sync import recovering

    options = desk.options
    written = recovering.answer_file(
        desk.store, desk.actor, Path(options.file), options.reason, places.folder(options.out)
    )
    desk.say(_("站点「{name}」申请的核对码 {mark}, 请在电话里核对无误后再交出。").format(
        name=written.site, mark=written.fingerprint))  # fmt: skip
    desk.say(_("恢复答复已保存: {path}").format(path=written.path))
    desk.give({"answer": str(written.path), "site": written.site, "fingerprint": written.fingerprint})
    return 0


def begin(desk: Desk) -> int:
    """The login has the new password."""
    from app.services import signing
    from app.sync import recovering

    login = desk.options.login or signing.last_login(desk.folder)
    login = recovering.accept_file(desk.folder, Path(desk.options.file), login, desk.password(_("新口令: ")))
    desk.say(_("已恢复。请用登录名 {login} 和新口令登录。").format(login=login))
    desk.give({"login": login})
    return 0
