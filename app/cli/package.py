"""`fengge package write|read|show`, `fengge receipt read` and `fengge sync`: by stick or over the network."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import places
from app.cli.desk import Desk
from app.errors import Refusal, StoreRefusal
from app.i18n import N_, _, say

if TYPE_CHECKING:
    from app.sync.batch import Header
    from app.sync.exchange import Heard


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
    from app.sync import exchange

    written = exchange.write(desk.store, places.folder(desk.options.out), desk.actor)
    for one in written:
        desk.say(_("已写出并核对: {path} ({size} 字节)").format(path=one.path, size=one.size))
    desk.say(_("交给总部, 取回回执后读入, 才算上报完成。"))
    desk.give([{"file": str(one.path), "size": one.size, "sha256": one.sha256} for one in written])
    return 0


def read(desk: Desk) -> int:
    """Headquarters takes packages and writes the answers; a site hears receipts and feeds."""
    return take(desk, desk.options.files) if desk.store.kind == "hq" else hear(desk)


def take(desk: Desk, given: list[str]) -> int:
    """Every package is taken or refused with its reason; the exit code is 3 when one was refused or left out a change."""
    from app.sync import inbox

    out = places.folder(desk.options.out) if desk.options.out else None
    lines = [line for one in given for line in inbox.take(desk.store, desk.actor, Path(one), out, desk.progress)]
    for line in lines:
        desk.say(_told(line))
    desk.give([places.plain(line) for line in lines])
    return 3 if any(line.state == "refused" or line.counts.get("refused") for line in lines) else 0


def _told(line: Any) -> str:
    if line.state == "refused":
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
    from app.sync import exchange, package

    heard, refused = [], []
    for name in desk.options.files:
        try:
            heard.append((name, exchange.hear(desk.store, package.read(Path(name)), desk.actor)))
        except StoreRefusal:
            raise
        except Refusal as refusal:
            refused.append({"file": name, "refused": refusal.code, "message": say(refusal)})
            desk.say(_("{file}: {why}").format(file=name, why=say(refusal)))
    done = [{"file": name} | _heard(desk, name, one) for name, one in heard]
    left = waiting(desk)
    desk.say(_("还有 {n} 条未上报。").format(n=left))
    desk.give({"heard": done, "refused": refused, "waiting": left})
    return 3 if refused or any(one["refused"] for one in done) else 0


def _heard(desk: Desk, name: str, heard: "Heard") -> dict[str, Any]:
    reasons = []
    for receipt, verdict in heard.receipts:
        desk.say(_("{file}: 回执, {counts}").format(file=name, counts=outcome_words(receipt.counts)))
        if verdict.value == "renew":
            desk.say(_("总部掌握的是另一段记录, 已另起一段, 未确认的内容会重新上报, 不会重复。"))
        reasons += [outcome.why for outcome in receipt.with_why("refused")]
    for why in reasons:
        desk.say(_("  退回: {why}").format(why=why))
    if heard.taken:
        desk.say(_("{file}: 总部下发, {counts}").format(file=name, counts=outcome_words(heard.taken)))
    return {
        "receipts": [receipt.counts for receipt, _verdict in heard.receipts],
        "verdicts": [verdict.value for _receipt, verdict in heard.receipts],
        "down": heard.taken,
        "refused": reasons,
    }


def waiting(desk: Desk) -> int:
    """How many changes headquarters has not confirmed."""
    from app.sync import collect

    with desk.store.read(desk.actor) as s:
        return collect.unconfirmed(s)


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

    settings, _notes = load(desk.folder)
    done = client.exchange(
        desk.store, desk.actor, desk.options.hq or settings.hq_url, ca=desk.options.ca,
        batch=settings.sync_batch_kib << 10, progress=desk.progress,
    )  # fmt: skip
    desk.say(_("已同步: 上报 {n} 条, 下发 {down}, 附件上传 {up} 个、取回 {back} 个。").format(
        n=done.confirmed, down=outcome_words(done.taken), up=done.files_up, back=done.files_down))  # fmt: skip
    for why in done.refused:
        desk.say(_("  退回: {why}").format(why=why))
    desk.give(places.plain(done))
    return 3 if done.refused else 0
