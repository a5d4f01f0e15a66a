"""`fengge init hq|site`: a new store."""

import argparse
from typing import Any

from app.cli.desk import Desk
from app.i18n import _


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The command `init` with its two kinds."""
    init = commands.add_parser("init", help=_("建立新的数据 (总部或站点)"))
    kinds = init.add_subparsers(dest="kind", required=True)
    hq = kinds.add_parser("hq", parents=[shared], help=_("总部: 带第一个管理员"))
    hq.add_argument("--name", required=True, help=_("总部单位名称"))
    hq.add_argument("--admin", required=True, metavar="LOGIN", help=_("第一个管理员的登录名"))
    hq.add_argument("--admin-name", metavar="NAME", help=_("管理员姓名"))
    hq.add_argument("--database", metavar="URL", default="", help=_("记录存入 PostgreSQL, 如 postgresql:///fengge"))
    hq.set_defaults(handle=init_hq)
    site = kinds.add_parser("site", parents=[shared], help=_("站点: 之后由总部开通"))
    site.add_argument("--name", default="", help=_("站点名称"))
    site.set_defaults(handle=init_site)


def init_hq(desk: Desk) -> int:
    """A new headquarters store with its first administrator."""
    from app.models.store import Store
    from app.services import founding, signing
    from app.sync import enrolling

    options = desk.options
    password, database = desk.password(_("新口令: ")), options.database
    store = Store.create(desk.folder, kind="hq", login=options.admin, password=password, database=database)
    try:
        with store.begin() as s:
            signing.remember_login(desk.folder, options.admin)
            founding.found_hq(s, options.name, login=options.admin, person=options.admin_name or options.admin)
            enrolling.make_hq_keys(s)
    finally:
        store.close()
    desk.say(_("已建立总部数据: {folder}, 管理员 {login}。").format(folder=desk.folder, login=options.admin))
    desk.give({"store": str(desk.folder), "kind": "hq", "admin": options.admin})
    return 0


def init_site(desk: Desk) -> int:
    """A new site store, to be enrolled; its first login is `setup` until the enrolment names the accounts."""
    from app.models.store import Store
    from app.services import signing

    login = desk.options.login or "setup"
    store = Store.create(desk.folder, kind="site", login=login, password=desk.password(_("新口令: ")))
    store.close()
    signing.remember_login(desk.folder, login)
    desk.say(_("已建立站点数据: {folder}。下一步: fengge enrol request。").format(folder=desk.folder))
    desk.give({"store": str(desk.folder), "kind": "site", "login": login})
    return 0
