"""`fengge store check|backup|restore|upgrade|purge|digest`."""

import argparse
from pathlib import Path
from typing import Any

from app.cli.desk import Desk
from app.i18n import N_, _, joined


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The command `store` and what can be done with it."""
    store = commands.add_parser("store", help=_("检查、备份、恢复、升级、核对数据"))
    actions = store.add_subparsers(dest="action", required=True)
    actions.add_parser("check", parents=[shared], help=_("检查数据是否完好")).set_defaults(handle=check)
    backup = actions.add_parser("backup", parents=[shared], help=_("立即备份"))
    backup.add_argument("--into", metavar="DIR", help=_("备份放到哪个文件夹"))
    backup.set_defaults(handle=make_backup)
    restore = actions.add_parser("restore", parents=[shared], help=_("从备份恢复; 现有数据另存, 不删除"))
    restore.add_argument("backup", nargs="?", help=_("备份文件夹; 不写则列出现有备份"))
    restore.add_argument("--database", metavar="URL", default="", help=_("数据库的备份恢复到这个 PostgreSQL 库"))
    restore.set_defaults(handle=restore_backup)
    actions.add_parser("upgrade", parents=[shared], help=_("升级到本程序的数据结构")).set_defaults(handle=upgrade)
    purge = actions.add_parser(
        "purge", parents=[shared], help=_("清理本机已办结的旧资料 (总部已收到并已备份的); 先列出, 再确认")
    )
    purge.add_argument("--before", metavar="DATE", help=_("清理这一天以前的, 例如 2026-01-01; 至少保留 180 天"))
    purge.add_argument("--yes", action="store_true", help=_("确认清理; 不写则只列出"))
    purge.set_defaults(handle=purge_records)
    digest = actions.add_parser("digest", parents=[shared], help=_("每张表一个摘要, 用来核对两台机器的数据"))
    digest.add_argument("--scope", action="append", metavar="PATH", help=_("只核对这个单位路径下的记录"))
    digest.set_defaults(handle=show_digest)


def check(desk: Desk) -> int:
    """Says what is wrong with the store; exit code 3 when something is."""
    from app.models import backups
    from app.services import chaining

    found = backups.check(desk.store, chaining.findings)
    for line in found:
        desk.say(line)
    if not found:
        desk.say(_("数据完好: {folder}").format(folder=desk.folder))
    desk.give({"sound": not found, "findings": found})
    return 3 if found else 0


def make_backup(desk: Desk) -> int:
    """A backup, opened and checked."""
    from app.models import backups

    options = desk.options
    made = backups.make(desk.store, why="manual", into=Path(options.into) if options.into else None)
    desk.say(_("已备份并核对: {path}").format(path=made.folder))
    desk.give({"backup": str(made.folder), "rows": made.rows})
    return 0


def restore_backup(desk: Desk) -> int:
    """The store is as it was in the backup; the former one is kept aside and the line of history starts a new epoch."""
    from app.models import backups
    from app.sync import epochs

    root = desk.folder / "backups"
    if not desk.options.backup:
        found = backups.listed(root)
        for one in found:
            desk.say(f"{one.made_at:%Y-%m-%d %H:%M}  {one.folder}")
        desk.give([str(one.folder) for one in found])
        return 0
    login = desk.options.login or _last(desk)
    aside = backups.restore(
        desk.folder, Path(desk.options.backup), login=login, password=desk.password(),
        database=desk.options.database, on_restored=epochs.after_restore,
    )  # fmt: skip
    desk.say(_("已恢复。原来的数据保存在: {path}").format(path=aside))
    desk.give({"restored": desk.options.backup, "aside": str(aside)})
    return 0


def _last(desk: Desk) -> str:
    from app.services import signing

    return signing.last_login(desk.folder)


def upgrade(desk: Desk) -> int:
    """The store is of this program's schema (opening it does it, with a copy before)."""
    from app.models.upgrade import SCHEMA

    assert desk.store
    desk.say(_("数据结构为第 {number} 版。").format(number=SCHEMA))
    desk.give({"schema": SCHEMA})
    return 0


def purge_records(desk: Desk) -> int:
    """What may leave this machine is listed, with what stays and why; with --yes it has left."""
    from datetime import date

    from app.errors import Refusal
    from app.sync import purging

    assert desk.store
    try:
        before = date.fromisoformat(desk.options.before) if desk.options.before else None
    except ValueError as error:
        raise Refusal("date_bad", N_("日期请写成 2026-01-01 的样子。")) from error
    with desk.store.read(desk.actor) as s:
        found = purging.preview(s, before)
    desk.say(_("{day} 以前:").format(day=found.before))
    for kind in found.kinds:
        stays = joined(f"{_(purging.REASONS[why])} {number}" for why, number in kind.stays.items())
        desk.say(_("{kind}: 可清理 {goes}; 保留: {stays}").format(kind=kind.name, goes=kind.goes, stays=stays or "0"))
    done = purging.purge(desk.store, desk.actor, before) if desk.options.yes else 0
    if desk.options.yes:
        desk.say(_("已从本机清理 {number} 件。总部保存着全部资料。").format(number=done))
    kinds = {kind.table: {"goes": kind.goes, "stays": kind.stays} for kind in found.kinds}
    desk.give({"before": str(found.before), "kinds": kinds, "files": found.files, "purged": done})
    return 0


def show_digest(desk: Desk) -> int:
    """One hash per table over the canonical rows in scope, equal on every machine that has taken the same changes."""
    from app.models import applying
    from app.services import overview

    with desk.store.read(desk.actor) as s:
        scopes = desk.options.scope or list(overview.place(s).paths)
        found = applying.digest(s, scopes)
    for table, value in found.items():
        desk.say(f"{table:16} {value}")
    desk.give({"scope": scopes, "tables": found})
    return 0
