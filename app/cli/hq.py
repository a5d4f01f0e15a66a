"""`fengge hq serve|inbox|status|account`: headquarters' server, its inbox for sticks, its sites and accounts."""

import argparse
import os
from pathlib import Path
from typing import Any

from app.cli import deciding, package, places
from app.cli.desk import Desk
from app.errors import Refusal
from app.i18n import N_, _

#: Where the server listens when nobody says otherwise: this machine only.
LISTEN = "127.0.0.1:8470"
#: Seconds between two looks into a folder that is watched.
PAUSE = 5
#: As in `app.models.accounts`, which is not loaded to show a help page.
ROLES = ("member", "lead", "clerk", "leader", "system", "security", "audit")


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The command `hq`."""
    hq = commands.add_parser("hq", help=_("总部: 服务、收件、各站点情况"))
    actions = hq.add_subparsers(dest="action", required=True)
    serve_ = actions.add_parser("serve", parents=[shared], help=_("开启同步服务"))
    serve_.add_argument(
        "--listen", metavar="HOST:PORT", default=LISTEN, help=_("监听地址 (默认 {at})").format(at=LISTEN)
    )
    serve_.add_argument("--name", metavar="NAME", action="append", default=[], help=_(
        "各站点访问本机所用的主机名或 IP 地址, 写进总部自己签发的证书; 可多次 (默认自动查找)"))  # fmt: skip
    serve_.add_argument("--tls-cert", metavar="FILE", help=_("改用别处签发的 TLS 证书 (PEM)"))
    serve_.add_argument("--tls-key", metavar="FILE", help=_("与它成对的私钥 (PEM)"))
    serve_.add_argument("--plain", action="store_true", help=_("不用 TLS, 只限监听本机 (由 nginx 对外时)"))
    serve_.add_argument(
        "--workers", metavar="N", type=int, default=min(4, os.cpu_count() or 1), help=_("几个进程同时服务")
    )
    serve_.add_argument("--metrics-token", metavar="FILE", help=_("凭这个文件第一行的令牌可从别处读取 /metrics"))
    serve_.add_argument("--database", metavar="URL", default="", help=_("用这个 PostgreSQL 库, 不用设置里的"))
    serve_.set_defaults(handle=serve)
    certificate_ = actions.add_parser(
        "certificate", parents=[shared], help=_("给 nginx 签发服务器证书 (总部自己的机构)")
    )
    certificate_.add_argument("--out", metavar="DIR", required=True, help=_("证书、私钥和机构证书放到哪里"))
    certificate_.add_argument(
        "--name", metavar="NAME", action="append", required=True, help=_("主机名或 IP 地址, 可多次")
    )
    certificate_.set_defaults(handle=certificate)
    inbox = actions.add_parser("inbox", parents=[shared], help=_("收下文件夹或 U 盘里的全部上报包"))
    inbox.add_argument("folder", metavar="DIR")
    inbox.add_argument("--out", metavar="DIR", help=_("回执放到哪里 (默认放在来包旁边)"))
    inbox.add_argument("--watch", action="store_true", help=_("一直看着这个文件夹, 放进来的包随到随收 (Ctrl+C 结束)"))
    inbox.set_defaults(handle=take)
    deciding.add_to_hq(actions, shared)
    status = actions.add_parser("status", parents=[shared], help=_("各站点上报到哪里、最近何时联系"))
    status.set_defaults(handle=show)
    move = actions.add_parser(
        "move-database", parents=[shared], help=_("把总部的记录从文件搬进空的 PostgreSQL 库, 核对后切换")
    )
    move.add_argument("--database", metavar="URL", required=True, help=_("空库的地址, 如 postgresql:///fengge"))
    move.set_defaults(handle=move_database)
    account = actions.add_parser("account", parents=[shared], help=_("建立一个账号, 随下次下发到站点"))
    account.add_argument("account", metavar="LOGIN")
    account.add_argument("--name", required=True, help=_("姓名"))
    account.add_argument("--role", required=True, choices=ROLES, help=_("角色"))
    account.add_argument("--unit", required=True, metavar="PATH", help=_("所属单位的路径、编码或名称"))
    account.set_defaults(handle=create)


def serve(desk: Desk) -> int:
    """The server answers until it is told to stop (Ctrl+C or SIGTERM); what it began it finishes."""
    from app.hq import serve as server
    from app.services.access import allow
    from app.sync import lifting

    _only_hq(desk)
    with desk.store.read(desk.actor) as s:
        allow(s, "package.take")
    lifting.at_start(desk.store)
    options = desk.options
    wishes = server.Wishes(
        options.tls_cert, options.tls_key, tuple(options.name), options.plain, max(1, options.workers), _token(options)
    )
    server.serve(desk.store, options.listen, wishes, started=lambda address: _started(desk, address))
    desk.say(_("服务已停止。"))
    desk.give({"stopped": True})
    return 0


def _token(options: argparse.Namespace) -> str:
    if not options.metrics_token:
        return ""
    try:
        token = Path(options.metrics_token).read_text(encoding="utf-8-sig").splitlines()[0].strip()
    except (OSError, IndexError, UnicodeDecodeError):
        token = ""
    if len(token) < 16:
        raise Refusal(
            "token_file", N_("令牌文件用不了: {file}。第一行要有至少 16 个字符。"), file=options.metrics_token
        )
    return token


def _started(desk: Desk, address: str) -> None:
    from app.sync import authority, own

    desk.say(_("同步服务已开启: {address}").format(address=address))
    if desk.options.plain:
        desk.say(_("没有启用 TLS: 只有本机能连, 对外由 nginx 负责。"))
    elif not desk.options.tls_cert:
        with desk.store.read() as s:
            shown = authority.fingerprint(own.hq(s).ca)
        desk.say(_("总部证书的指纹 (SHA-256): {shown}").format(shown=shown))


def certificate(desk: Desk) -> int:
    """A server's certificate by headquarters' authority, its key and the authority's certificate lie in the folder."""
    from app.models import durable, troubles
    from app.services.access import allow
    from app.sync import authority, inviting, own

    _only_hq(desk)
    out = Path(desk.options.out)
    with desk.store.begin(desk.actor) as s:
        allow(s, "site.enrol")
        made, key = authority.issue(s, desk.options.name, b"")
        inviting.reached(s, desk.options.name)
        ca = own.hq(s).ca
    with troubles.named(out):
        durable.folder(out)
        for name, text in (("server.key", key), ("server.pem", made), ("ca.pem", ca)):
            durable.replace(out / name, text.encode())
    shown = authority.fingerprint(ca)
    desk.say(_("证书、私钥和机构证书已放到 {folder}, 一年有效。").format(folder=out))
    desk.say(_("总部证书的指纹 (SHA-256): {shown}").format(shown=shown))
    desk.give({"folder": str(out), "fingerprint": shown})
    return 0


def take(desk: Desk) -> int:
    """All packages of the folder are taken, and the receipts lie beside them."""
    _only_hq(desk)
    folder = places.folder(desk.options.folder)
    return watch(desk, folder) if desk.options.watch else package.take(desk, [str(folder)])


def watch(desk: Desk, folder: Path) -> int:
    """Whatever comes into the folder is taken, until somebody ends it; then every answer is written."""
    import time

    from app.sync import inbox

    def pause() -> bool:
        time.sleep(PAUSE)
        return True

    out = places.folder(desk.options.out) if desk.options.out else folder
    desk.say(_("正在看着 {folder}, 按 Ctrl+C 结束。").format(folder=folder))
    try:
        inbox.watch(desk.store, desk.actor, folder, out, lambda lines: package.tell(desk, lines), pause)
    except KeyboardInterrupt:
        desk.say(_("已停止。"))
    return 0


def show(desk: Desk) -> int:
    """Every site with what was taken of it, what waits, when it was last heard of, until when it is trusted, and its clock."""
    from app.services.sites import skewed
    from app.sync import owing, standing

    _only_hq(desk)
    with desk.store.read(desk.actor) as s:
        sites, back = standing.sites(s), owing.recovered(s)
    for one in sites:
        heard = f"{one.heard_at:%Y-%m-%d %H:%M}" if one.heard_at else _("还没有联系过")
        desk.say(_("{code}  {name}  已收 {n} 条, 等待 {waiting}, 退回 {refused}, 最近 {heard}").format(
            code=one.code, name=one.name, n=one.changes, waiting=one.waiting, refused=one.refused, heard=heard))  # fmt: skip
        if one.revoked:
            desk.say(_("  已停用: {why}").format(why=one.revoked))
        elif one.valid_to is not None:
            desk.say(_("  证书有效到 {until}").format(until=one.valid_to))
        if one.skew:
            desk.say(_("  电脑时钟{how}").format(how=skewed(one.skew)))
        if one.quarantined:
            desk.say(_("  隔离的上报包 {n} 个").format(n=one.quarantined))
    if any(back):
        desk.say(
            _("总部恢复以后, 从各站点收回总部自己发出的记录 {n} 条; 另有 {m} 条证明不了是总部的, 没有采用。").format(
                n=back[0], m=back[1]
            )
        )
    desk.give([places.plain(one) for one in sites])
    return 0


def move_database(desk: Desk) -> int:
    """Headquarters' records lie in the database, compared, and the settings name it; the file stays as it was."""
    from app.models import moving
    from app.services import signing

    options = desk.options
    login = options.login or signing.last_login(desk.folder)
    rows = moving.to_database(
        desk.folder, options.database, login=login, password=desk.password(), progress=desk.progress
    )
    desk.say(_("已搬进数据库并逐表核对: {n} 行。以后都用它; 原来的数据文件没有改动, 仍在原处。").format(n=rows))
    desk.say(_("请马上做一次备份 (fengge store backup), 以前的备份恢复不进数据库。"))
    desk.give({"moved": rows, "database": options.database})
    return 0


def create(desk: Desk) -> int:
    """The account exists; whoever has it chooses a password where it is switched on."""
    from sqlalchemy import select

    from app.models.accounts import Account
    from app.models.units import Unit
    from app.services import accounts

    _only_hq(desk)
    options = desk.options
    with desk.store.begin(desk.actor) as s:
        path = places.unit_path(s, options.unit)
        unit = s.scalar(select(Unit.id).where(Unit.path == path, Unit.partner.is_(False)))
        made = accounts.create(s, Account(login=options.account, name=options.name, role=options.role, unit_id=unit))
    desk.say(_("账号「{login}」已建立, 管辖 {path}。").format(login=made.login, path=made.path or "/"))
    desk.give({"account": str(made.id), "login": made.login, "role": made.role, "path": made.path})
    return 0


def _only_hq(desk: Desk) -> None:
    if desk.store.kind != "hq":
        raise Refusal("other_store", N_("这项操作要在总部的数据上做。请用 --store 指明总部的数据文件夹。"))
