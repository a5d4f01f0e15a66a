"""A copy of the user's file with every finding written in: coloured cells, comments, a list on the first sheet."""

import re
import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import Refusal
from app.i18n import N_, _
from app.services.imports.findings import PROBLEMS, Finding, Outcome
from app.services.imports.plain import is_plain, rows, sheet_name

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_COLOURS = {"refused": "FFC7CE", "warning": "FFEB9C", "matched": "E2EFDA", "twice": "DDEBF7"}
_STATES = {"refused": N_("不导入"), "warning": N_("请核对"), "matched": N_("对应"), "twice": N_("重复")}
_HEADS = (N_("工作表"), N_("行"), N_("列"), N_("栏目"), N_("处理"), N_("问题"), N_("怎么办"))
_WIDTHS = (18, 7, 6, 14, 10, 60, 50)
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def mark(path: Path, outcome: Outcome, out: Path) -> None:
    """The copy is written; the original stays as it is. Refuses to write over the original or where it cannot write."""
    if out.resolve() == path.resolve():
        raise Refusal("would_overwrite", N_("标注副本不能覆盖原文件 {name}, 请换一个文件名。"), name=path.name)
    findings = outcome.findings
    book = _copy(path)
    for finding in findings:
        if finding.sheet in book.sheetnames:
            _mark_cell(book[finding.sheet], finding)
    _list(book, outcome, findings)
    _save(book, out)


def _copy(path: Path) -> "Workbook":
    """The workbook as openpyxl understands it; an empty one where it does not, so that the list is still written."""
    from openpyxl import Workbook, load_workbook

    if is_plain(path):
        return _as_workbook(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load_workbook(path, rich_text=True)
    except (KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile):
        return Workbook()


def _as_workbook(path: Path) -> "Workbook":
    """A table of text as a workbook of one sheet, as the import understands it."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet(sheet_name(path.stem))
    for number, cells in enumerate(rows(path), 1):
        for at, text in enumerate(cells, 1):
            if text.strip():
                _put(sheet.cell(number, at), text)
    return book


def _colour(finding: Finding) -> str:
    return _COLOURS[finding.state]


def _mark_cell(sheet: "Worksheet", finding: Finding) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    cell: Any = sheet[f"{finding.column or _first_column(sheet, finding.row)}{finding.row}"]
    for area in sheet.merged_cells.ranges:
        if cell.coordinate in area:
            cell = sheet.cell(area.min_row, area.min_col)
    before = f"{cell.comment.text}\n" if cell.comment else ""
    text = before + finding.message
    if cell.fill.fgColor.rgb != f"00{_COLOURS['refused']}":
        cell.fill = PatternFill("solid", fgColor=_colour(finding))
    cell.comment = Comment(
        _clean(text), _("枫格"), width=320, height=40 + 18 * (len(text) // 22 + text.count("\n") + 1)
    )


def _first_column(sheet: "Worksheet", row: int) -> str:
    return next((cell.column_letter for cell in sheet[row] if cell.value is not None), "A")


def _list(book: "Workbook", outcome: Outcome, findings: Iterable[Finding]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    sheet = book.create_sheet(PROBLEMS if PROBLEMS not in book.sheetnames else None, 0)
    book.active = 0
    refused = sum(counts["rejected"] for counts in outcome.totals.values())
    taken = sum(counts["accepted"] for counts in outcome.totals.values())
    words = _("{file} 的检查结果: 可导入 {taken} 行, 不能导入 {refused} 行。")
    _put(sheet["A1"], words.format(file=outcome.file, taken=taken, refused=refused))
    sheet.append(
        [
            _(
                "红色的行改好后才能导入, 黄色的已导入但请核对, 蓝色的与已有人员重复。改好后重新导入本文件即可, 本页会自动略过。"
            )
        ]
    )
    sheet.append([_(head) for head in _HEADS])
    for finding in findings:
        _append(sheet, finding, outcome)
    for number, width in enumerate(_WIDTHS):
        sheet.column_dimensions["ABCDEFG"[number]].width = width
    for cell in sheet[3]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="F2F2F2")
    sheet["A1"].font = Font(bold=True, size=14)
    for row in sheet.iter_rows(min_row=3, min_col=6, max_col=7):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A4"
    sheet.print_title_rows = "3:3"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _append(sheet: "Worksheet", finding: Finding, outcome: Outcome) -> None:
    from openpyxl.styles import PatternFill
    from openpyxl.worksheet.hyperlink import Hyperlink

    columns = next((one.columns for one in outcome.sheets if one.name == finding.sheet), {})
    header = columns[finding.field].header if finding.field and finding.field in columns else ""
    state = _(_STATES[finding.state])
    row = sheet.max_row + 1
    words: tuple[str | int, ...] = (
        finding.sheet,
        finding.row,
        finding.column or "",
        header,
        state,
        finding.reason,
        finding.advice,
    )
    for column, word in enumerate(words, 1):
        cell = sheet.cell(row, column)
        _put(cell, word)
    quoted = finding.sheet.replace("'", "''")
    target = f"'{quoted}'!{finding.column or 'A'}{finding.row}"
    sheet.cell(row, 2).hyperlink = Hyperlink(ref=f"B{row}", location=target)
    sheet.cell(row, 5).fill = PatternFill("solid", fgColor=_colour(finding))


def _put(cell: Any, word: str | int) -> None:
    """Text that only looks like a formula stays text."""
    if isinstance(word, int):
        cell.value = word
        return
    cell.value = _clean(word)
    if word.startswith(_RISKY):
        cell.data_type = "s"
        cell.quotePrefix = True


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("", text)[:32_000]


def _save(book: "Workbook", out: Path) -> None:
    part = out.with_name(f".{out.name}.part")
    try:
        book.save(part)
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Refusal(
            "cannot_write",
            N_("写不出标注副本 {name}: {reason}。请换一个文件夹, 或先关闭已打开的同名文件。"),
            name=out.name,
            reason=error.strerror or str(error),
        ) from error
