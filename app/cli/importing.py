"""`fengge import units|roster|visits|issues|hazards|helps|checklists FILE…`: ledgers are checked whole, taken in, and taken back."""

import argparse
import json
import uuid
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.desk import Desk
from app.errors import Refusal
from app.i18n import N_, _

if TYPE_CHECKING:
    from app.services.imports.findings import Outcome
    from app.services.imports.intake import ImportSummary

#: What the user calls it → the kinds of sheet that belong to it.
KINDS = {
    "units": {"organisation", "organisation_tree"},
    "roster": {"roster", "roster_export", "household"},
    "visits": {"visit"},
    "issues": {"issue"},
    "hazards": {"hazard", "risk_point"},
    "helps": {"help"},
    "checklists": {"check_standard"},
}


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The command `import`."""
    command = commands.add_parser("import", parents=[shared], help=_("导入已有的台账; --undo 整批撤销"))
    command.add_argument(
        "kind",
        nargs="?",
        choices=tuple(KINDS),
        help=_(
            "units 机构, roster 花名册和住户, visits 走访, issues 诉求排查表, hazards 风险点和隐患, helps 帮扶关爱, checklists 检查标准"
        ),
    )
    command.add_argument("files", nargs="*", metavar="FILE")
    command.add_argument("--dry-run", action="store_true", help=_("只检查, 不写入"))
    command.add_argument("--as-of", metavar="DATE", help=_("按哪一天检查日期 (默认今天)"))
    command.add_argument(
        "--map",
        metavar="FILE",
        help=_("列对照的 JSON 文件, 按工作表写种类 (kind)、表头行 (rows) 和每一列的栏目; 导入后记住"),
    )
    command.add_argument("--errors", metavar="OUT.xlsx", help=_("把问题标注在副本里"))
    command.add_argument("--undo", metavar="IMPORT_ID", help=_("撤销这次导入"))
    command.add_argument("--list", action="store_true", help=_("列出做过的导入"))
    command.set_defaults(handle=run)


def run(desk: Desk) -> int:
    """Takes the ledgers in, takes an import back, or lists what was imported."""
    if desk.options.list:
        return show(desk)
    if desk.options.undo:
        return take_back(desk)
    return take(desk)


def take(desk: Desk) -> int:
    """Every sound row of the files is on record, all of it or nothing; refused rows are told and the exit code is 3."""
    from app.services.imports import checking, intake, stored

    options, files = desk.options, [Path(name) for name in desk.options.files]
    if not options.kind or not files:
        raise Refusal("file_needed", N_("请写明导入什么和哪个文件, 如: fengge import roster 人员花名册.xlsx。"))
    as_of, mapping = _day(options.as_of), _mapping(options.map)
    with desk.store.read(desk.actor) as s:
        known = stored.known(s)
    outcomes = checking.check_all(
        files, known, as_of=as_of, progress=desk.progress, mapping={file.name: mapping for file in files}
    )
    _refuse_other_kinds(options.kind, outcomes)
    marked = _mark(files, outcomes, options.errors)
    done: list[ImportSummary] = []
    if not options.dry_run:
        with desk.store.begin(desk.actor) as s:
            for fingerprint, columns in checking.mapped(outcomes, mapping):
                stored.remember(s, fingerprint, columns)
            done = [intake.take(s, outcome) for outcome in outcomes]
    _tell(desk, outcomes, done, marked)
    desk.give(_document(outcomes, done, marked))
    return 3 if any(sheet.rejected for outcome in outcomes for sheet in outcome.sheets) else 0


def _day(text: str | None) -> date:
    from app.clock import today

    try:
        return date.fromisoformat(text) if text else today()
    except ValueError as error:
        raise Refusal("day_unreadable", N_("看不懂日期「{text}」, 请写成 2025-03-31。"), text=str(text)) from error


def _mapping(file: str | None) -> dict[str, dict[str, str]]:
    if not file:
        return {}
    try:
        given = json.loads(Path(file).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise Refusal("mapping_unreadable", N_("读不懂列对照文件「{file}」, 应为 JSON。"), file=file) from error
    if not isinstance(given, dict) or not all(isinstance(columns, dict) for columns in given.values()):
        raise Refusal("mapping_unreadable", N_("读不懂列对照文件「{file}」, 应为 JSON。"), file=file)
    return {str(sheet): {str(k): str(v) for k, v in columns.items()} for sheet, columns in given.items()}


def _refuse_other_kinds(kind: str, outcomes: Sequence["Outcome"]) -> None:
    for outcome in outcomes:
        found = {sheet.kind for sheet in outcome.sheets if sheet.kind}
        if found and not found & KINDS[kind]:
            raise Refusal(
                "other_ledger",
                N_("「{file}」里是别的台账, 没有导入。请核对文件, 或改用 fengge import {right}。"),
                file=outcome.file,
                right=next((name for name, kinds in KINDS.items() if found & kinds), "…"),
            )


def _mark(files: Sequence[Path], outcomes: Sequence["Outcome"], out: str | None) -> list[str]:
    from app.services.imports import marked

    if not out:
        return []
    first = Path(out)
    places = [first, *(first.with_name(f"{first.stem}-{n}{first.suffix}") for n in range(2, len(files) + 1))]
    for file, outcome, place in zip(files, outcomes, places, strict=True):
        marked.mark(file, outcome, place)
    return [str(place) for place in places]


def _tell(desk: Desk, outcomes: Sequence["Outcome"], done: Sequence["ImportSummary"], marked: Sequence[str]) -> None:
    for outcome in outcomes:
        for finding in outcome.findings:
            where = f"{finding.sheet}!{finding.column or ''}{finding.row}"
            desk.say(f"  {finding.code:22} {where}  {finding.message}")
        for sheet in outcome.sheets:
            counts = sheet.counts
            desk.say(
                _("{file}「{sheet}」: 数据 {rows} 行, 收入 {taken}, 退回 {refused}, 重复 {twice}。").format(
                    file=outcome.file, sheet=sheet.name, rows=counts["data_rows"], taken=counts["accepted"],
                    refused=counts["rejected"], twice=counts["duplicates"],
                )
            )  # fmt: skip
    for place in marked:
        desk.say(_("标注副本: {path}").format(path=place))
    for one in done:
        desk.say(_("已导入, 编号 {id}。撤销用: fengge import --undo {id}").format(id=one.id))
    if not done:
        desk.say(_("只做了检查, 没有写入。"))


def _document(outcomes: Sequence["Outcome"], done: Sequence["ImportSummary"], marked: Sequence[str]) -> dict[str, Any]:
    from app.services.imports import summary

    return {
        "imports": [{"id": str(one.id), "made": dict(one.made), "changed": one.changed} for one in done],
        "files": {outcome.file: _file(outcome) for outcome in outcomes},
        "findings": [
            {
                "file": one.file, "sheet": one.sheet, "row": one.row, "column": one.column, "code": one.code,
                "message": one.message,
            }
            for outcome in outcomes
            for one in outcome.findings
        ],
        "grids": summary.grid_totals(outcomes),
        "marked": list(marked),
    }  # fmt: skip


def _file(outcome: "Outcome") -> dict[str, Any]:
    return {
        "sheets": {sheet.name: {"kind": sheet.kind} | sheet.counts for sheet in outcome.sheets},
        "ignored": dict(outcome.ignored),
        "totals": outcome.totals,
    }


def take_back(desk: Desk) -> int:
    """What the import made is voided, except what has been worked with since."""
    from app.services.imports import undo

    try:
        wanted = uuid.UUID(desk.options.undo)
    except ValueError as error:
        raise Refusal(
            "import_unknown", N_("「{id}」不是导入编号。用 fengge import --list 查看。"), id=desk.options.undo
        ) from error
    with desk.store.begin(desk.actor) as s:
        done = undo.undo(s, wanted)
    desk.say(_("已撤销 {n} 条; {m} 条之后被改过或用到, 保留。").format(n=done.voided, m=done.kept))
    desk.give({"voided": done.voided, "kept": done.kept})
    return 0


def show(desk: Desk) -> int:
    """The imports of this store, the latest first."""
    from app.services.imports import undo

    with desk.store.read(desk.actor) as s:
        lines = undo.imports(s)
    for line in lines:
        state = _("已撤销") if line.undone else ""
        desk.say(f"{line.id}  {line.at:%Y-%m-%d %H:%M}  {line.file}  {state}")
    desk.give([
        {"id": str(one.id), "file": one.file, "kind": one.kind, "at": one.at, "undone": one.undone} for one in lines
    ])  # fmt: skip
    return 0
