"""`fengge package write|read|show|undo|quarantine|pass`, `fengge receipt read` and `fengge sync`: by stick or over the network."""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import deciding, places
from app.cli.desk import Desk
from app.errors import Refusal
from app.i18n import N_, _

if TYPE_CHECKING:
    from app.sync.batch import Header
    from app.sync.carrying import Read


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The commands `package`, `receipt` and `sync`."""
    package = commands.add_parser("package", help=_("上报包: 写出、读入、查看"))
    actions = package.add_subparsers(dest="action", required=True)
    write_ = actions.add_parser("write", parents=[shared], help=_("站点: 把未上报的内容写成文件"))
    write_.add_argument("--out", metavar="DIR", required=True, help=_("放到哪个文件夹或 U 盘"))
    write_.set_defaults(handle=write)
    read_ = actions.add_parser("read", parents=[shared], help=_("总部: 收包并写出回执; 站点: 读入回执或下发数据"))
    read_.add_argument("files", nargs="+", metavar="FILE")
    read_.add_argument("--out", metavar="DIR", help=_("回执放到哪里 (默认放在来包旁边)"))
    read_.set_defaults(handle=read)
    deciding.add_to_package(actions, shared)
    show_ = actions.add_parser("show", parents=[shared], help=_("看文件的说明, 不读入"))
    show_.add_argument("file", metavar="FILE")
    show_.set_defaults(handle=show)
    receipt = commands.add_parser("receipt", help=_("回执"))
    receipts = receipt.add_subparsers(dest="action", required=True)
    hear_ = receipts.add_parser("read", parents=[shared], help=_("站点: 读入回执"))
    hear_.add_argument("files", nargs="+", metavar="FILE")
    hear_.set_defaults(handle=hear)
    sync_ = commands.add_parser("sync", parents=[shared], help=_("站点: 联网与总部同步"))
    sync_.add_argument("--hq", metavar="URL", help=_("总部地址 (默认用设置里的)"))
    sync_.add_argument("--ca", metavar="FILE", help=_("总部证书的签发者 (PEM)"))
    sync_.set_defaults(handle=sync)


def write(desk: Desk) -> int:
    """Everything unconfirmed lies in files, read back; it counts as sent only with the receipt."""
    from app.sync import carrying

    _only_site(desk)
    written = carrying.write_upload(desk.store, desk.actor, places.folder(desk.options.out), desk.progress)
    for path in (*written.paths, *written.files):
        desk.say(_("已写出并核对: {path}").format(path=path))
    desk.say(_("共 {n} 条。交给总部, 取回回执读入后才算上报完成。").format(n=written.changes))
    if written.left:
        desk.say(_("还有 {n} 个附件放不下, 下次再带。").format(n=written.left))
    desk.give({
        "files": [str(path) for path in written.paths], "changes": written.changes,
        "attachments": [str(path) for path in written.files], "left": written.left,
    })  # fmt: skip
    return 0


def read(desk: Desk) -> int:
    """Headquarters takes packages and writes the answers; a site hears receipts and feeds."""
    return take(desk, desk.options.files) if desk.store.kind == "hq" else hear(desk)


def take(desk: Desk, given: list[str]) -> int:
    """Every package is taken or refused with its reason; the exit code is 3 when one was refused or left out a change."""
    from app.sync import inbox

    out = places.folder(desk.options.out) if desk.options.out else None
    lines = [line for one in given for line in inbox.take(desk.store, desk.actor, Path(one), out, desk.progress)]
    tell(desk, lines)
    desk.give([places.plain(line) for line in lines])
    return 3 if any(line.state in ("refused", "quarantined") or line.counts.get("refused") for line in lines) else 0


def tell(desk: Desk, lines: Iterable[Any]) -> None:
    """What became of each file, a line each."""
    for line in lines:
        desk.say(_told(line))


def _told(line: Any) -> str:
    if line.state in ("refused", "quarantined"):
        return _("{file}: {why}").format(file=line.file.name, why=line.reason)
    if line.state == "skipped":
        return _("{file}: 不是上报包, 跳过。").format(file=line.file.name)
    text = _("{file}: {site} 第 {number} 包, {counts}").format(
        file=line.file.name, site=line.site, number=line.number, counts=outcome_words(line.counts)
    )
    if line.state == "again":
        text += _(" (以前收过, 没有变化)")
    for first, last in line.missing:
        text += _(" 缺第 {first}–{last} 号变更。").format(first=first, last=last)
    return text


#: What became of changes, in words.
OUTCOMES = {
    "taken": N_("收下"),
    "had": N_("已有"),
    "refused": N_("退回"),
    "held": N_("留存"),
    "waiting": N_("等待"),
    "conflict": N_("待核定"),
}


def outcome_words(counts: dict[str, int]) -> str:
    """收下 42, 退回 2; 没有新内容 when there is nothing."""
    words = [f"{_(OUTCOMES.get(name, name))} {number}" for name, number in counts.items() if number]
    return ", ".join(words) or _("没有新内容")


def hear(desk: Desk) -> int:
    """The site knows what headquarters took, refused and sent down; a file that is refused does not stop the others."""
    from app.sync import carrying, tally

    files = [Path(name) for name in desk.options.files]
    reads = carrying.read_files(desk.store, desk.actor, files, desk.progress)
    with desk.store.read(desk.actor) as s:
        stand, refused = tally.at_site(s), tally.refused(s)
    for one in reads:
        desk.say(f"{one.file}: {_read_words(one)}")
    desk.say(_("还有 {n} 条未上报, 总部已收下 {m} 条。").format(n=stand.waiting, m=stand.taken))
    for row in refused:
        desk.say(_("退回: {kind} {title} {why}").format(kind=row.kind, title=row.title, why=row.reason))
    desk.give({
        "files": [places.plain(one) for one in reads], "waiting": stand.waiting, "taken": stand.taken,
        "refused": [places.plain(row) for row in refused],
    })  # fmt: skip
    return 3 if any(not one.good and one.state != "skipped" for one in reads) else 0


def _read_words(read: "Read") -> str:
    if not read.good:
        return read.why
    if read.state == "ignored":
        return _("是较早的回执, 没有变化。")
    words = _("已结算") if read.state == "settled" else _("已读入")
    return _("{words}, 下发 {counts}").format(words=words, counts=outcome_words(read.counts))


def show(desk: Desk) -> int:
    """What the file says about itself; only its reader can check and open the rest."""
    from app.sync import inbox

    header = inbox.peek(Path(desk.options.file))
    desk.say(_("类别 {kind}, 第 {number} 包, 变更 {first}–{last}, 共 {n} 条").format(
        kind=header.kind, number=header.number, first=header.from_seq, last=header.to_seq, n=header.changes))  # fmt: skip
    desk.say(_("发出 {site}, 时间 {at}, 收件 {readers}").format(
        site=header.site, at=header.created, readers=", ".join(header.audience)))  # fmt: skip
    for table, number in header.counts.items():
        desk.say(f"  {table:20} {number}")
    desk.give(_described(header))
    return 0


def _described(header: "Header") -> dict[str, Any]:
    import msgspec

    described: dict[str, Any] = msgspec.to_builtins(header)
    return described


def sync(desk: Desk) -> int:
    """Everything of ours is confirmed by headquarters, and everything of headquarters' is here; said only then."""
    from app.settings import load
    from app.sync import client

    _only_site(desk)
    settings, _notes = load(desk.folder)
    done = client.exchange(
        desk.store, desk.actor, desk.options.hq or settings.hq_url, ca=desk.options.ca,
        batch=settings.sync_batch_kib << 10, progress=desk.progress,
    )  # fmt: skip
    desk.say(_("已同步: 上报 {n} 条, 下发 {down}, 附件上传 {up} 个、取回 {back} 个。").format(
        n=done.confirmed, down=outcome_words(done.taken), up=done.files_up, back=done.files_down))  # fmt: skip
    for why in done.refused:
        desk.say(_("退回: {why}").format(why=why))
    for kind in done.differs:
        desk.say(_("与总部的条数不一致: {kind}。请再同步一次, 仍不一致请联系总部。").format(kind=kind))
    desk.give(places.plain(done))
    return 3 if done.refused else 0


def _only_site(desk: Desk) -> None:
    if desk.store.kind != "site":
        raise Refusal("other_store", N_("总部不用上报。请用 --store 指明站点的数据文件夹。"))
