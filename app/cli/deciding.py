"""`fengge package undo|quarantine|pass` and `fengge hq remind|refused`: what a person decides about packages and sites."""

import argparse
import uuid
from typing import Any

from app.cli import places
from app.cli.desk import Desk
from app.errors import Refusal
from app.i18n import N_, _

_ID = N_("「{text}」不是编号。请用列表里的编号。")


def add_to_package(actions: Any, shared: argparse.ArgumentParser) -> None:
    """The commands `package undo`, `package quarantine` and `package pass`."""
    undo_ = actions.add_parser("undo", parents=[shared], help=_("总部: 撤销整个收下的包 (作为新的变更)"))
    undo_.add_argument("package", metavar="ID", help=_("包的编号 (package quarantine 或收件记录里可查)"))
    undo_.add_argument("--reason", metavar="TEXT", default="", help=_("撤销的原因; 不写只预览"))
    undo_.set_defaults(handle=undo)
    held = actions.add_parser("quarantine", parents=[shared], help=_("总部: 隔离的包: 列出、重试、决定收下或不收"))
    held.add_argument("package", metavar="ID", nargs="?")
    held.add_argument("--do", choices=("retry", "take", "reject"), help=_("重试 / 决定收下 / 决定不收"))
    held.add_argument("--reason", metavar="TEXT", default="", help=_("决定的原因"))
    held.set_defaults(handle=quarantine)
    pass_ = actions.add_parser("pass", parents=[shared], help=_("中转站: 把代收的文件原样转交总部, 把回执转交站点"))
    pass_.add_argument("--out", metavar="DIR", help=_("放到哪个文件夹或 U 盘"))
    pass_.add_argument("--hq", metavar="URL", help=_("联网直接转交总部"))
    pass_.add_argument("--ca", metavar="FILE", help=_("总部证书的签发者 (PEM)"))
    pass_.add_argument("--down", action="store_true", help=_("写出总部给各站点的文件"))
    pass_.set_defaults(handle=pass_on)


def add_to_hq(actions: Any, shared: argparse.ArgumentParser) -> None:
    """The commands `hq remind` and `hq refused`."""
    remind_ = actions.add_parser("remind", parents=[shared], help=_("催报: 随下次下发送到站点"))
    remind_.add_argument("site", metavar="SITE", help=_("站点的编号或名称"))
    remind_.add_argument("--text", default="", help=_("催报的话 (默认说明何时起没有上报、缺哪些)"))
    remind_.set_defaults(handle=remind)
    refused_ = actions.add_parser("refused", parents=[shared], help=_("退回的变更: 列出; 资料改好后重新判断"))
    refused_.add_argument("--retry", action="store_true", help=_("重新判断, 合格的收下并通知站点"))
    refused_.set_defaults(handle=refused)


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Refusal("id_bad", _ID, text=text) from error


def undo(desk: Desk) -> int:
    """The package is undone with the reason; without one it is only told what would happen."""
    from app.sync import undoing

    package, reason = _id(desk.options.package), desk.options.reason
    with desk.store.begin(desk.actor) as s:
        done = undoing.undo(s, package, reason) if reason else undoing.preview(s, package)
    for kind, number in done.voided.items():
        desk.say(_("作废 {kind} {n} 条").format(kind=kind, n=number))
    for kind, number in done.restored.items():
        desk.say(_("改回 {kind} {n} 条").format(kind=kind, n=number))
    for row in done.kept:
        desk.say(
            _("保留 {kind} {title} {field}: {why}").format(kind=row.kind, title=row.title, field=row.field, why=row.why)
        )
    desk.say(_("已撤销, 随下次下发到站点。") if reason else _("以上是预览, 没有改动。加 --reason 写明原因后撤销。"))
    desk.give(places.plain(done))
    return 0


def quarantine(desk: Desk) -> int:
    """The packages in quarantine are listed, or one of them is decided on."""
    from app.sync import quarantine as held

    options = desk.options
    if not options.package or not options.do:
        with desk.store.read(desk.actor) as s:
            rows = held.listed(s, rejected=True)
        for row in rows:
            desk.say(f"{row.id}  {row.name} {row.file}  {row.at:%Y-%m-%d %H:%M}  {row.reason}")
        desk.give([places.plain(row) for row in rows])
        return 0
    package = _id(options.package)
    if options.do == "reject":
        held.reject(desk.store, desk.actor, package, options.reason)
        desk.say(_("已记为不收, 文件仍保留。"))
    elif options.do == "take":
        counts = held.take_anyway(desk.store, desk.actor, package, options.reason)
        desk.say(_("已按您的决定收下。"))
        desk.give(counts)
    else:
        desk.give(held.retry(desk.store, desk.actor, package))
        desk.say(_("已收下。"))
    return 0


def pass_on(desk: Desk) -> int:
    """What waits to be passed on lies in the folder, or was sent to headquarters; with --down what waits for sites."""
    from app.sync import stationing

    options = desk.options
    if options.hq:
        sent = stationing.pass_on_line(desk.store, desk.actor, options.hq, options.ca)
        desk.say(_("已转交总部 {n} 个包, 回执留在本机等站点来取。").format(n=sent))
        desk.give({"sent": sent})
        return 0
    if not options.out:
        raise Refusal("out_needed", N_("请用 --out 写明放到哪个文件夹, 或用 --hq 联网转交。"))
    write = stationing.hand_out if options.down else stationing.pass_on
    written = write(desk.store, desk.actor, places.folder(options.out))
    for path in written:
        desk.say(_("已写出并核对: {path}").format(path=path))
    desk.give({"files": [str(path) for path in written]})
    return 0


def remind(desk: Desk) -> int:
    """The site is asked to report."""
    from sqlalchemy import or_, select

    from app.models.sites import Site
    from app.sync import reminding

    text = desk.options.site
    with desk.store.begin(desk.actor) as s:
        known = s.scalars(select(Site).where(or_(Site.code == text, Site.name == text))).first()
        made = reminding.remind(s, known.id if known else _id(text), desk.options.text)
    desk.say(made.text)
    desk.give({"reminder": str(made.id), "site": str(made.about), "text": made.text})
    return 0


def refused(desk: Desk) -> int:
    """Every refused change with its reason, and whether its site has answered it; with --retry those that fit by now are taken."""
    from sqlalchemy import select

    from app.models.batches import Waiting
    from app.sync import intake, refusals

    with desk.store.begin(desk.actor) as s:
        rows = list(s.scalars(select(Waiting).where(Waiting.why.in_(refusals.REFUSED)).order_by(Waiting.id)))
        told = [
            {
                "change": str(row.change_id),
                "site": str(row.site_id),
                "why": row.reason or "",
                "answered": row.why == "answered",
            }
            for row in rows
        ]
        counts = intake.retry_refused(s, [row.change_id for row in rows]) if desk.options.retry else {}
    for one in told:
        desk.say(f"{one['change']}  {one['why']}{_('已由站点更正或作废。') if one['answered'] else ''}")
    if desk.options.retry:
        desk.say(_("重新判断: 收下 {taken}, 仍退回 {refused}。").format(
            taken=counts.get("taken", 0), refused=counts.get("refused", 0)))  # fmt: skip
    desk.give({"refused": told, "counts": counts})
    return 0
