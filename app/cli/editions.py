"""`fengge editions …` and `fengge verify …`: ledgers printed for signature, what came later, months closed, papers checked."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import ledger, places
from app.cli.desk import Desk
from app.errors import Refusal
from app.i18n import N_, _

if TYPE_CHECKING:
    from app.ledgers.page import Page


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The commands `editions` and `verify`."""
    editions = commands.add_parser("editions", help=_("印发台账、更正页、结账; 哪些月份还没有印发"))
    inner = editions.add_subparsers(metavar=_("动作"), required=True)
    issue = inner.add_parser("issue", parents=[shared], help=_("印发: 编号、冻结、带二维码"))
    _subject(issue)
    issue.add_argument("--out", metavar="FILE", help=_("同时存成 PDF 或 xlsx"))
    issue.add_argument("--reason", default="", help=_("重新打开以后再次印发的原因"))
    issue.set_defaults(handle=issue_one)
    listed = inner.add_parser("list", parents=[shared], help=_("已印发的台账"))
    listed.add_argument("--ledger", default="", metavar="NAME", help=_("只列这一种"))
    listed.add_argument("--period", default="", metavar="2025-03", help=_("统计期间"))
    listed.set_defaults(handle=show)
    print_ = inner.add_parser("print", parents=[shared], help=_("把一份已印发的台账原样存成文件"))
    print_.add_argument("number", metavar="NUMBER", help=_("台账编号"))
    print_.add_argument("--out", metavar="FILE", required=True, help=_("存成哪个文件 (.pdf 或 .xlsx)"))
    print_.set_defaults(handle=reprint)
    changes = inner.add_parser("changes", parents=[shared], help=_("印发以后的变动; --issue 出更正页"))
    changes.add_argument("number", metavar="NUMBER", help=_("台账编号"))
    changes.add_argument("--issue", action="store_true", help=_("印发更正页"))
    changes.add_argument("--note", default="", help=_("写在更正页上的说明"))
    changes.add_argument("--out", metavar="FILE", help=_("更正页存成 PDF 或 xlsx"))
    changes.set_defaults(handle=changes_of)
    for name, words, handle in (("close", _("一个月结账"), close), ("reopen", _("重新打开"), reopen)):
        month = inner.add_parser(name, parents=[shared], help=words)
        month.add_argument("month", metavar="2025-03")
        month.add_argument("--scope", default="", metavar="PATH", help=_("单位或网格"))
        if name == "reopen":
            month.add_argument("--reason", required=True, help=_("原因"))
        month.set_defaults(handle=handle)
    board = inner.add_parser("board", parents=[shared], help=_("哪些网格哪些月份已印发、没印发、迟了"))
    board.add_argument("month", metavar="2025-03")
    board.set_defaults(handle=show_board)
    verify = commands.add_parser("verify", parents=[shared], help=_("验证一份印发的台账: 文件、照片或纸上的码"))
    verify.add_argument("what", metavar="FILE|CODE", help=_("PDF、xlsx、照片, 或编号加核对码"))
    verify.set_defaults(handle=check)


def _subject(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help=_("台账名称, 见 fengge ledger list"))
    parser.add_argument("--period", required=True, metavar="2025-03|2025-Q1|2025", help=_("统计期间"))
    parser.add_argument("--scope", default="", metavar="PATH", help=_("单位或网格"))


def issue_one(desk: Desk) -> int:
    """The ledger is printed for signature."""
    from app.ledgers import editions as of
    from app.ledgers import issuing
    from app.ledgers.forms import keeping
    from app.ledgers.period import Period
    from app.sync import vouching

    options, out = desk.options, _out(desk)
    period = Period.parse(options.period)
    with desk.store.begin(desk.actor) as s:
        scope = places.ledger_scope(s, options.scope).allowed(s)
        subject = issuing.subject(s, options.name, period, scope)
        made = issuing.issue(s, subject, vouching.vouch, reason=options.reason)
        printed, form = of.printed(s, made), keeping.of_edition(s, made)
        told = {"number": made.number, "check": of.check(made.hash), "hash": made.hash, "lines": made.lines}
    desk.say(
        _("已印发: {title} {period}, 编号 {number}, 核对码 {check}。").format(
            title=printed.title, period=period.title, **told
        )
    )
    desk.give(told | _stored(desk, printed, out, *form))
    return 0


def show(desk: Desk) -> int:
    """The editions, the latest first."""
    from app.ledgers import editions as of
    from app.ledgers.period import Period

    options = desk.options
    period = Period.parse(options.period) if options.period else None
    with desk.store.read(desk.actor) as s:
        rows = of.rows(s, ledger=options.ledger, period=period)
    for row in rows:
        after = _("已由 {number} 代替").format(number=row.replaced_by) if row.replaced_by else ""
        sheets = _("更正页 {n} 份").format(n=len(row.corrections)) if row.corrections else ""
        desk.say(
            "  ".join(
                filter(None, (row.number, row.day.isoformat(), row.title, row.unit, row.period.title, after, sheets))
            )
        )
    if not rows:
        desk.say(_("还没有印发过台账。"))
    desk.give([
        {"number": row.number, "check": row.check, "ledger": row.ledger, "kind": row.kind, "unit": row.unit,
         "period": row.period.key, "day": row.day.isoformat(), "by": row.by, "lines": row.lines,
         "replaced_by": row.replaced_by, "corrections": list(row.corrections), "about": row.about, "here": row.here}
        for row in rows
    ])  # fmt: skip
    return 0


def reprint(desk: Desk) -> int:
    """The edition lies in the file as it was printed."""
    from app.ledgers import editions as of
    from app.ledgers.forms import keeping

    out = _out(desk)
    with desk.store.read(desk.actor) as s:
        made = of.found(s, desk.options.number)
        printed, form = of.printed(s, made), keeping.of_edition(s, made)
    desk.give(_stored(desk, printed, out, *form))
    return 0


def changes_of(desk: Desk) -> int:
    """What has changed since the edition, on the screen or on a 更正页."""
    from app.ledgers import corrections, issuing
    from app.ledgers import editions as of
    from app.sync import vouching

    options, out = desk.options, _out(desk)
    with (desk.store.begin if options.issue else desk.store.read)(desk.actor) as s:
        made = of.found(s, options.number)
        now = issuing.anew(s, made)
        if now is None or made.kind != of.WHOLE:
            raise Refusal("edition_not_compared", N_("编号 {number} 不能与现在的数据比较。"), number=options.number)
        found = corrections.pending(s, made, now)
        for sentence in corrections.sentences(s, made, found):
            desk.say(sentence)
        if not found:
            desk.say(_("印发以后没有变动。"))
        told: dict[str, Any] = {"changes": [
            {"key": one.key, "kind": one.kind, "old": _plain(one.old), "new": _plain(one.new), "why": one.why} for one in found
        ]}  # fmt: skip
        printed = None
        if options.issue:
            sheet = issuing.correct(s, made, vouching.vouch, note=options.note)
            printed = of.printed(s, sheet)
            told |= {"number": sheet.number, "check": of.check(sheet.hash)}
    if printed is not None:
        desk.say(_("已印发更正页, 编号 {number}, 核对码 {check}。").format(**told))
        told |= _stored(desk, printed, out)
    desk.give(told)
    return 0


def close(desk: Desk) -> int:
    """The month is closed."""
    from app.ledgers import closings
    from app.ledgers.period import Period

    month = Period.parse(desk.options.month)
    with desk.store.begin(desk.actor) as s:
        closings.close(s, month, places.ledger_scope(s, desk.options.scope))
    desk.say(_("{month} 已结账。").format(month=month.title))
    desk.give({"month": month.key, "closed": True})
    return 0


def reopen(desk: Desk) -> int:
    """The month is open again."""
    from app.ledgers import closings
    from app.ledgers.period import Period

    month = Period.parse(desk.options.month)
    with desk.store.begin(desk.actor) as s:
        closings.reopen(s, month, places.ledger_scope(s, desk.options.scope), desk.options.reason)
    desk.say(_("{month} 已重新打开。").format(month=month.title))
    desk.give({"month": month.key, "closed": False})
    return 0


def show_board(desk: Desk) -> int:
    """The grids and what of the month is printed."""
    from app.ledgers import board
    from app.ledgers.period import Period

    with desk.store.read(desk.actor) as s:
        made = board.of(s, Period.parse(desk.options.month))
    for row in made.rows:
        cells = "  ".join(
            f"{title}: {cell.words}" for (_name, title), cell in zip(made.ledgers, row.cells, strict=True)
        )
        desk.say(f"{row.unit} {row.name}  {cells}" + (_("  已结账") if row.closed else ""))
    desk.give([
        {"grid": row.name, "unit": row.unit, "closed": row.closed,
         "ledgers": {name: {"state": cell.state, "days": cell.days, "number": cell.number}
                     for (name, _title), cell in zip(made.ledgers, row.cells, strict=True)}}
        for row in made.rows
    ])  # fmt: skip
    return 0


def check(desk: Desk) -> int:
    """Whether the paper or file is genuine and current; exit code 3 when it is not genuine."""
    from app.ledgers import issuing, verifying
    from app.sync import vouching

    what = desk.options.what
    with desk.store.read(desk.actor) as s:
        if Path(what).suffix and Path(what).is_file():
            found = verifying.of_file(s, Path(what), vouching.vouched, issuing.anew)
        else:
            found = verifying.of_code(s, what, vouching.vouched, issuing.anew)
    for sentence in found.sentences():
        desk.say(sentence)
    desk.give({
        "state": found.state, "number": found.number, "signed": found.signed, "current": found.current,
        "replaced_by": found.replaced_by, "corrections": list(found.corrections), "changed": found.changed,
        "altered": list(found.altered), "since": list(found.since),
    })  # fmt: skip
    return 3 if found.state in (verifying.ALTERED, verifying.FORGED) else 0


def _out(desk: Desk) -> Path | None:
    """The file to be saved, if one is; refused before anything is done where its name does not say how."""
    if not desk.options.out:
        return None
    out = Path(desk.options.out)
    if out.suffix.lower().lstrip(".") not in ledger.FORMATS:
        raise Refusal("format_needed", N_("请让文件名以 .xlsx 或 .pdf 结尾。"))
    return out


def _stored(desk: Desk, page: "Page", out: Path | None, form: bytes | None = None, by: str = "") -> dict[str, str]:
    if out is None:
        return {}
    ledger.store(desk, page, out, out.suffix.lower().lstrip("."), form, by)
    return {"file": str(out)}


def _plain(values: dict[str, Any]) -> dict[str, str]:
    return {key: "" if value is None else str(value) for key, value in values.items()}
