"""`fengge enrol …`: a site is opened by three files without a network, or by a code; renewed; stopped."""

import argparse
import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import places
from app.cli.desk import Desk
from app.errors import Refusal
from app.i18n import N_, _

if TYPE_CHECKING:
    from app.models.accounts import Actor


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The command `enrol` and its three steps."""
    enrol = commands.add_parser("enrol", help=_("站点登记: 申请、开通、采用开通文件"))
    actions = enrol.add_subparsers(dest="action", required=True)
    request = actions.add_parser("request", parents=[shared], help=_("站点: 导出登记申请"))
    request.add_argument("--out", metavar="DIR", default=".", help=_("申请文件放到哪个文件夹"))
    request.add_argument("--name", default="", help=_("站点名称"))
    request.add_argument("--new-keys", action="store_true", help=_("已开通的站点: 换一套新密钥"))
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
    accept.add_argument("--hq-mark", default="", metavar="MARK", help=_("总部换过时: 电话里核对过的总部核对码"))
    accept.set_defaults(handle=begin)
    join_ = actions.add_parser("join", parents=[shared], help=_("站点: 凭邀请码联网开通, 不用文件"))
    join_.add_argument("--hq", required=True, metavar="URL", help=_("总部地址, 如 https://hq.example:8470"))
    join_.add_argument("--name", default="", help=_("站点名称 (总部以邀请时写的为准)"))
    join_.add_argument("--code-file", metavar="FILE", help=_("邀请码所在文件 (不写则输入, 不要写在命令行上)"))
    join_.set_defaults(handle=join)
    _add_later(actions, shared)


def _add_later(actions: Any, shared: argparse.ArgumentParser) -> None:
    renew_ = actions.add_parser("renew", parents=[shared], help=_("总部: 为站点续期, 或改管辖范围和名称"))
    renew_.add_argument("site", metavar="SITE", help=_("站点的编号、名称或标识"))
    renew_.add_argument("--scope", action="append", metavar="PATH", help=_("新的管辖单位 (不写则不变)"))
    renew_.add_argument("--name", default="", help=_("新的名称 (不写则不变)"))
    renew_.set_defaults(handle=renew)
    revoke_ = actions.add_parser("revoke", parents=[shared], help=_("总部: 停用站点 (如电脑丢失), 不能撤回"))
    revoke_.add_argument("site", metavar="SITE", help=_("站点的编号、名称或标识"))
    revoke_.add_argument("--reason", required=True, help=_("原因"))
    revoke_.set_defaults(handle=revoke)
    invite_ = actions.add_parser("invite", parents=[shared], help=_("总部: 发一个联网开通用的一次性邀请码"))
    invite_.add_argument(
        "--scope", action="append", required=True, metavar="PATH", help=_("管辖单位的路径、编码或名称")
    )
    invite_.add_argument("--name", required=True, help=_("站点名称"))
    invite_.add_argument("--kind", choices=("site", "station"), default="site", help=_("station: 可代读下级的上报包"))
    invite_.set_defaults(handle=invite)


def ask(desk: Desk) -> int:
    """The request lies in the folder; its four groups are compared with headquarters by telephone."""
    from app.sync import enrolling

    _only_at(desk, "site")
    options = desk.options
    written = enrolling.write_request(desk.store, places.folder(options.out), options.name, new_keys=options.new_keys)
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
    return _begun(
        desk, enrolling.accept_file(desk.store, Path(desk.options.file), desk.progress, mark=desk.options.hq_mark)
    )


def join(desk: Desk) -> int:
    """The site is enrolled over the network by the headquarters that gave the code."""
    from app.sync import joining

    _only_at(desk, "site")
    options = desk.options
    return _begun(desk, joining.join(desk.store, options.hq, _code(options.code_file), options.name))


def _code(file: str | None) -> str:
    if file is None:
        return getpass.getpass(_("邀请码: ")) if sys.stdin.isatty() else sys.stdin.readline().strip()
    try:
        return Path(file).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal("code_file", N_("读不到邀请码文件: {file}。请检查路径。"), file=file) from error


def _begun(desk: Desk, actor: "Actor") -> int:
    desk.say(_("已开通。{name} 用登录名 {login} 和原来的口令登录。").format(name=actor.name, login=actor.login))
    desk.give({"login": actor.login, "name": actor.name, "role": actor.role, "path": actor.path})
    return 0


def renew(desk: Desk) -> int:
    """The site has a new certificate, which goes down with the next feed."""
    from app.sync import renewing

    _only_at(desk, "hq")
    options = desk.options
    with desk.store.begin(desk.actor) as s:
        paths = [places.unit_path(s, text) for text in options.scope] if options.scope else None
        site = renewing.renew(s, places.site(s, options.site), paths=paths, name=options.name)
        told = {"site": site.name, "serial": site.serial, "valid_to": site.valid_to, "scope": list(site.paths)}
    desk.say(
        _("「{name}」的证书有效到 {until}, 随下次回执或下发传到站点。").format(
            name=told["site"], until=told["valid_to"]
        )
    )
    desk.give(told)
    return 0


def revoke(desk: Desk) -> int:
    """The site is trusted no more, for ever."""
    from app.models.sites import Site
    from app.services import sites

    _only_at(desk, "hq")
    with desk.store.begin(desk.actor) as s:
        site = places.site(s, desk.options.site)
        sites.revoke(s, site, desk.options.reason)
        name = s.get_one(Site, site).name
    desk.say(_("「{name}」已停用。它以后的上报包会被隔离, 以前的都保留。").format(name=name))
    desk.give({"site": name, "revoked": desk.options.reason})
    return 0


def invite(desk: Desk) -> int:
    """A code is shown, this once."""
    from app.sync import inviting

    _only_at(desk, "hq")
    options = desk.options
    with desk.store.begin(desk.actor) as s:
        paths = [places.unit_path(s, text) for text in options.scope]
        code = inviting.invite(s, name=options.name, paths=paths, kind=options.kind)
    desk.say(
        _("邀请码 {code}, {days} 天内用一次。请告诉站点的人, 不要发到群里。").format(
            code=code, days=inviting.GOOD_FOR.days
        )
    )
    desk.give({"code": code, "days": inviting.GOOD_FOR.days, "scope": paths})
    return 0


def _only_at(desk: Desk, kind: str) -> None:
    if desk.store.kind != kind:
        here = {
            "site": N_("这份数据是总部的, 不需要登记。请用 --store 指明站点的数据文件夹。"),
            "hq": N_("开通站点要在总部的数据上做。请用 --store 指明总部的数据文件夹。"),
        }
        raise Refusal("other_store", here[kind])
