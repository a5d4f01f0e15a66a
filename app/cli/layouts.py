"""`fengge ledger layouts list|export|import`: the layouts of ledgers, and handing them on as files."""

from dataclasses import asdict
from pathlib import Path

from app.cli.desk import Desk
from app.errors import Refusal
from app.i18n import N_, _


def run(desk: Desk) -> int:
    """What the words after `layouts` ask for."""
    match desk.options.more:
        case [] | ["list"]:
            return show(desk)
        case ["export", name]:
            return export(desk, name)
        case ["import", name]:
            return take(desk, name)
    raise Refusal(
        "layouts_how", N_("请写 layouts list、layouts export 名称 --out 文件.json, 或 layouts import 文件.json。")
    )


def show(desk: Desk) -> int:
    """The layouts in sight, the own ones first."""
    from app.ledgers import layouts

    with desk.store.read(desk.actor) as s:
        rows = layouts.rows(s)
    states = {"": "", "newer": _("需要较新的程序"), "unknown": _("台账不认识"), "faulty": _("有错误")}
    for row in rows:
        parts = (
            row.title,
            row.ledger_title,
            row.whose,
            _("第 {n} 版").format(n=row.version),
            states[row.state],
        )
        desk.say("  ".join(part for part in parts if part))
    if not rows:
        desk.say(_("还没有版式。在窗口的「台账」里按「版式」可以做一个。"))
    desk.give([asdict(row) | {"id": row.id.hex, "made_at": row.made_at.isoformat()} for row in rows])
    return 0


def export(desk: Desk, name: str) -> int:
    """The layout lies in the file."""
    from app.ledgers import layout_files, layouts
    from app.ledgers.durable import write_bytes

    if not desk.options.out:
        raise Refusal("out_needed", N_("请用 --out 写明存成哪个文件。"))
    with desk.store.read(desk.actor) as s:
        one = layouts.named(s, name)
        if not isinstance(one, layouts.LaidOut):
            raise Refusal("layout_shipped", N_("「{name}」是程序自带的台账, 每台电脑上都有, 不用导出。"), name=name)
        content = layout_files.write(s, one.id)
    out = Path(desk.options.out)
    write_bytes(out, content)
    desk.say(_("版式「{title}」已保存: {path}").format(title=one.title, path=out))
    desk.give({"title": one.title, "code": one.code, "version": one.version, "file": str(out)})
    return 0


def take(desk: Desk, name: str) -> int:
    """The layout of the file is among the own ones."""
    from app.ledgers import layout_files
    from app.ledgers.forms import keeping

    file, options = Path(name), desk.options
    content = content_of(name)
    own = file.suffix.lower() in (".xlsx", ".xlsm")
    if own and not options.of:
        raise Refusal("layout_of_what", N_("请用 --of 写明这张表是哪种台账的版式, 如 --of visits。"))
    with desk.store.begin(desk.actor) as s:
        if own:
            made = keeping.save(s, options.of, options.title or file.stem, content, file.name)
        else:
            made = layout_files.take(s, content)
    desk.say(_("版式「{title}」已收下, 第 {n} 版。").format(title=made.title, n=made.version))
    desk.give({"title": made.title, "code": made.code, "version": made.version})
    return 0


def content_of(name: str) -> bytes:
    """What the file holds, as far as a layout can be long."""
    from app.ledgers.layout_files import LARGEST

    try:
        with Path(name).open("rb") as stream:
            return stream.read(LARGEST + 1)
    except OSError as error:
        raise Refusal("file_unreadable", N_("读不到文件: {file}。请检查路径。"), file=name) from error
