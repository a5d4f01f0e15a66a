"""`fengge ledger list|layouts`, `fengge ledger NAME …` and `fengge ledger all …`: ledgers as Excel or PDF files, and their layouts."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import layouts, places
from app.cli.desk import Desk
from app.errors import Refusal
from app.i18n import N_, _

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.ledgers.gaps import Gap
    from app.ledgers.layouts import Printed
    from app.ledgers.page import Page

FORMATS = ("xlsx", "pdf")


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The command `ledger`."""
    ledger = commands.add_parser(
        "ledger", parents=[shared], help=_("出台账; list 列出有哪些台账和版式, layouts 管版式, all 全部出")
    )
    ledger.add_argument("name", metavar="list|layouts|all|NAME")
    ledger.add_argument(
        "more", nargs="*", metavar="…", help=_("layouts 之后: list, export 名称, import 文件 (.json 或 .xlsx)")
    )
    ledger.add_argument("--period", metavar="2025-03|2025-Q1|2025", help=_("统计期间"))
    ledger.add_argument(
        "--scope", default="", metavar="PATH", help=_("单位路径、编码或名称, 或网格名称; 默认为可见的全部")
    )
    ledger.add_argument("--format", choices=FORMATS, help=_("文件格式 (默认看文件名)"))
    ledger.add_argument("--out", metavar="FILE|DIR", help=_("存成哪个文件; all 存到哪个文件夹"))
    ledger.add_argument("--blank", action="store_true", help=_("空白表, 手工填写用"))
    ledger.add_argument("--unmasked", action="store_true", help=_("身份证号、电话不遮盖 (需要权限, 会留痕)"))
    ledger.add_argument("--layout", metavar="FILE.json", help=_("用这个文件里的版式出一次, 不收下它"))
    ledger.add_argument("--of", metavar="LEDGER", help=_("本单位的 .xlsx 作哪种台账的版式"))
    ledger.add_argument("--title", metavar="TEXT", help=_("版式的名称 (默认为文件名)"))
    ledger.set_defaults(handle=run)


def run(desk: Desk) -> int:
    """The list of ledgers, their layouts, one of them in a file, or all ledgers in a folder."""
    name = desk.options.name
    if name == "layouts":
        return layouts.run(desk)
    if desk.options.more:
        raise Refusal(
            "words_too_many", N_("看不懂「{words}」。名称里有空格时请加引号。"), words=" ".join(desk.options.more)
        )
    if name == "list":
        return show(desk)
    return draw_all(desk) if name == "all" else draw(desk)


def show(desk: Desk) -> int:
    """The ledgers that come with the program, then the layouts in sight."""
    from app.ledgers.layouts import LaidOut, offered

    with desk.store.read(desk.actor) as s:
        listed = [
            {"name": one.name, "title": one.title if isinstance(one, LaidOut) else _(one.title), "span": one.span}
            | ({"layout": one.id.hex, "version": one.version} if isinstance(one, LaidOut) else {})
            for one in offered(s)
        ]
    for one in listed:
        desk.say(f"{one['name']:16} {one['title']}")
    desk.give(listed)
    return 0


def draw(desk: Desk) -> int:
    """The ledger lies in the file; characters that no font has are named."""
    options = desk.options
    if not options.out:
        raise Refusal("out_needed", N_("请用 --out 写明存成哪个文件。"))
    out = Path(options.out)
    desk.give(_write(desk, options.name, out, _format(options.format, out)))
    return 0


def draw_all(desk: Desk) -> int:
    """Every ledger lies in the folder under its title, in the format asked for, else as PDF."""
    from app.ledgers.catalogue import LEDGERS

    options = desk.options
    folder = Path(options.out) if options.out else None
    if folder is None or not folder.is_dir():
        raise Refusal("folder_needed", N_("请用 --out 写明存到哪个文件夹, 文件夹要先建好。"))
    format_ = options.format or "pdf"
    named = ((one.name, folder / f"{_(one.title).replace('/', '_')}.{format_}") for one in LEDGERS)
    desk.give([_write(desk, name, file, format_) for name, file in named])
    return 0


def _write(desk: Desk, name: str, out: Path, format_: str) -> dict[str, Any]:
    ledger, page, form, by = _page(desk, name)
    gaps = store(desk, page, out, format_, form, by)
    return {
        "ledger": ledger.name, "title": page.title, "period": page.period, "unit": page.unit, "rows": len(page.rows),
        "file": str(out), "format": format_, "missing": sorted({gap.char for gap in gaps}),
    }  # fmt: skip


def store(
    desk: Desk, page: "Page", out: Path, format_: str, form: bytes | None = None, by: str = ""
) -> tuple["Gap", ...]:
    """The page lies in the file, in the unit's own form where there is one and Excel is wanted; says so, and what no font has."""
    from app.ledgers import pdf
    from app.ledgers.forms import keeping
    from app.ledgers.gaps import sentence

    gaps: tuple[Gap, ...] = ()
    if format_ == "pdf":
        gaps = pdf.write(page, out, desk.progress).gaps
    else:
        keeping.write(page, out, form, by, desk.progress)
    desk.say(_("{title}已保存: {path}").format(title=page.title, path=out))
    if gaps:
        desk.say(sentence(gaps))
    return gaps


def _format(given: str | None, out: Path) -> str:
    chosen = given or out.suffix.lstrip(".").lower()
    if chosen not in FORMATS:
        raise Refusal("format_needed", N_("请用 --format 写明 xlsx 或 pdf, 或让文件名以 .xlsx、.pdf 结尾。"))
    return chosen


def _page(desk: Desk, name: str) -> tuple["Printed", "Page", bytes | None, str]:
    from app.ledgers.forms import keeping
    from app.ledgers.layouts import named
    from app.ledgers.period import Period

    options = desk.options
    revealing = options.unmasked and not options.blank  # leaves a note in the store
    with (desk.store.begin if revealing else desk.store.read)(desk.actor) as s:
        ledger = _in_layout(s, name, options.layout) if options.layout else named(s, name)
        scope = places.ledger_scope(s, options.scope)
        form, by = keeping.content(s, ledger), keeping.filler(s)
        if options.blank:
            return ledger, ledger.blank(s, scope), form, by
        if not options.period:
            raise Refusal("period_needed", N_("请用 --period 写明统计期间, 如 2025-03、2025-Q1 或 2025。"))
        return ledger, ledger.page(s, Period.parse(options.period), scope, masked=not options.unmasked), form, by


def _in_layout(s: "Session", name: str, file: str) -> "Printed":
    """The layout of a file, for the ledger it is of."""
    from app.ledgers.catalogue import named
    from app.ledgers.layout_files import unkept

    kind, made = named(name), unkept(s, layouts.content_of(file))
    if made.kind is not kind:
        sentence = N_("这个版式是「{title}」的, 不能用来出「{name}」。")
        raise Refusal("layout_of_other", sentence, title=_(made.kind.title), name=_(kind.title))
    return made
