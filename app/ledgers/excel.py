"""A page of a ledger as a workbook: frozen header, A4 ready to print, real numbers and dates, text that stays text."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from app.clock import today
from app.i18n import _
from app.ledgers.cells import Body, Styles, columns_of, height_of, plain
from app.ledgers.durable import replacing
from app.ledgers.marks import PREFIX, sound
from app.ledgers.page import Column, Page, Progress, Section, Total, pages
from app.ledgers.workbook import save

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

#: Excel's numbers of the sizes of paper.
_PAPERS = {"A4": 9, "A3": 8}
_BAD_NAME = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


def write(page: Page | Sequence[Page], path: Path, progress: Progress | None = None) -> None:
    """The page or pages lie in the file as one workbook, one sheet each.

    Refuses a full or read-only disk and then leaves nothing behind. Memory does not grow with the number of rows.
    """
    with replacing(path) as stream:
        draw(page, stream, progress)


def draw(page: Page | Sequence[Page], stream: BinaryIO, progress: Progress | None = None) -> None:
    """The workbook goes into the open stream."""
    from openpyxl import Workbook

    parts = pages(page)
    book = Workbook()
    book.remove(book.worksheets[0])
    styles = Styles(book)
    total = sum(len(part.rows) for part in parts)
    bodies: dict[str, Body] = {}
    done = 0
    for part in parts:
        sheet = book.create_sheet(_sheet_name(book, part.title))
        first = _head(sheet, part, styles)
        bodies[sheet.title] = Body(part, first, styles, done, total, progress)
        _tail(sheet, part, styles, first + len(part.body))
        _merge_sections(sheet, part, first)
        _print_setup(sheet, part, first)
        done += len(part.rows)
    _choices(book, [(book[name], body) for name, body in bodies.items()])
    _properties(book, parts[0])
    save(book, stream, bodies)


def _sheet_name(book: "Workbook", title: str) -> str:
    base = " ".join(plain(title).translate(_BAD_NAME).split())[:28].strip() or _("台账")
    name, n = base, 1
    while name.lower() in (taken.lower() for taken in book.sheetnames):
        n += 1
        name = f"{base} {n}"
    return name


def _head(sheet: "Worksheet", page: Page, styles: Styles) -> int:
    """Title, 填报单位 line and header stand at the top; returns the row where the body begins."""
    last = len(page.columns)
    for index, width in enumerate(columns_of(page), 1):
        sheet.column_dimensions[_letter(index)].width = width
    _across(sheet, 1, 1, last, page.title, styles.title)
    sheet.row_dimensions[1].height = 36
    _spread(sheet, 2, page, page.meta(), (styles.left, styles.middle, styles.right))
    sheet.row_dimensions[2].height = 22
    row = 3
    if page.grouped:
        for text, first, count in page.head():
            if page.columns[first].group:
                _across(sheet, 3, first + 1, first + count, text, styles.header)
            else:
                _put(sheet, 3, first + 1, text, styles.header)
                sheet.merge_cells(start_row=3, end_row=4, start_column=first + 1, end_column=first + 1)
        sheet.row_dimensions[3].height = 20
        row = 4
    for index, column in enumerate(page.columns, 1):
        if column.group or not page.grouped:
            _put(sheet, row, index, column.title, styles.header)
        else:
            _look(sheet, row, index, styles.header)
    titles = [column.title if column.group or not page.grouped else "" for column in page.columns]
    sheet.row_dimensions[row].height = max(24.0, height_of(titles, columns_of(page)))
    return row + 1


def _tail(sheet: "Worksheet", page: Page, styles: Styles, row: int) -> None:
    """Totals, notes and signatures stand below the body, from this row on."""
    last = len(page.columns)
    for total in page.totals:
        _total(sheet, row, page, total, styles)
        row += 1
    for n, note in enumerate(page.notes, 1):
        mark = (_("说明：") if n == 1 else "") + (f"{n}. " if len(page.notes) > 1 else "")
        _across(sheet, row, 1, last, mark + note, styles.note)
        sheet.row_dimensions[row].height = height_of([mark + note], [sum(columns_of(page))])
        row += 1
    if page.signatures:
        signers = [_("{who}（签字）：").format(who=_(signer)) for signer in page.signatures]
        _spread(sheet, row, page, signers, [styles.left] * len(signers))
        sheet.row_dimensions[row].height = 40


def _total(sheet: "Worksheet", row: int, page: Page, total: Total, styles: Styles) -> None:
    for index, (column, value) in enumerate(zip(page.columns, total.cells, strict=True), 1):
        cell = _look(sheet, row, index, styles.total(column))
        if isinstance(value, str):
            _text(cell, value)
        elif value is not None:
            cell.value = value
    sheet.row_dimensions[row].height = 22


def _merge_sections(sheet: "Worksheet", page: Page, first: int) -> None:
    """Section rows span the table; in a ledger fed row by row they are only known later and stay unmerged."""
    if isinstance(page.body, tuple | list):
        last = _letter(len(page.columns))
        for row, line in enumerate(page.body, first):
            if isinstance(line, Section):
                sheet.merged_cells.add(f"A{row}:{last}{row}")


def _print_setup(sheet: Any, page: Page, first: int) -> None:
    last = _letter(len(page.columns))
    rows = first + len(page.body) + len(page.totals) + len(page.notes) + (1 if page.signatures else 0) - 1
    sheet.freeze_panes = f"A{first}"
    sheet.print_title_rows = f"1:{first - 1}"
    sheet.print_area = f"A1:{last}{rows}"
    if page.rows:
        sheet.auto_filter.ref = f"A{first - 1}:{last}{first + len(page.body) - 1}"
    setup = sheet.page_setup
    setup.paperSize = _PAPERS[page.paper]
    setup.orientation = "landscape" if page.landscape else "portrait"
    setup.fitToWidth, setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.horizontalCentered = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.5
    margins.top, margins.bottom, margins.footer = 0.6, 0.75, 0.3
    sheet.oddFooter.left.text = _amp(_(page.classification))
    sheet.oddFooter.center.text = _("第 &P 页  共 &N 页")
    sheet.oddFooter.right.text = _amp(page.number)


def _choices(book: "Workbook", sheets: list[tuple["Worksheet", Body]]) -> None:
    """Columns with choices get a drop-down; the lists stand in a hidden sheet, where no length limits them."""
    from openpyxl.worksheet.datavalidation import DataValidation

    lists: dict[tuple[str, ...], str] = {}
    name = _("选项")
    for sheet, body in sheets:
        for index, column in enumerate(body.page.columns, 1):
            if not column.choices:
                continue
            if column.choices not in lists:
                lists[column.choices] = _list(book, name, len(lists) + 1, column)
            rule = DataValidation(type="list", formula1=lists[column.choices], allow_blank=True)
            rule.errorTitle = _("请从列表中选择")
            rule.error = _("这一列只能填下拉列表里的内容。")
            rule.showErrorMessage = True
            letter = _letter(index)
            rule.add(f"{letter}{body.first}:{letter}{body.first + len(body.page.body) - 1}")
            sheet.add_data_validation(rule)


def _list(book: "Workbook", name: str, index: int, column: Column) -> str:
    sheet = book[name] if name in book.sheetnames else book.create_sheet(name)
    sheet.sheet_state = "hidden"
    for row, choice in enumerate(column.choices, 1):
        _text(sheet.cell(row, index), choice)
    letter = _letter(index)
    return f"'{name}'!${letter}$1:${letter}${len(column.choices)}"


def _properties(book: Any, page: Page) -> None:
    from datetime import datetime, time

    from openpyxl.packaging.custom import StringProperty

    facts = book.properties
    facts.creator, facts.title = plain(page.unit) or "枫格 Fengge", plain(page.title)
    facts.subject, facts.language = plain(page.period) or None, "zh-CN"
    for name, value in sound(page.marks):
        book.custom_doc_props.append(StringProperty(name=PREFIX + name, value=value))
    facts.created = facts.modified = datetime.combine(page.filled_on or today(), time(12))


def _across(sheet: "Worksheet", row: int, first: int, last: int, text: str, style: Any) -> None:
    for column in range(first, last + 1):
        _look(sheet, row, column, style)
    _text(sheet.cell(row, first), text)
    if last > first:
        sheet.merge_cells(start_row=row, end_row=row, start_column=first, end_column=last)


def _spread(sheet: "Worksheet", row: int, page: Page, texts: Sequence[str], looks: Sequence[Any]) -> None:
    """The texts share the width of the table; with too few columns they stand one after the other in one cell."""
    last = len(page.columns)
    if last < len(texts):
        _across(sheet, row, 1, last, "      ".join(filter(None, texts)), looks[0])
        return
    ends = _shares(columns_of(page), len(texts))
    for text, look, first, end in zip(texts, looks, [0, *ends], ends, strict=False):
        _across(sheet, row, first + 1, end, text, look)


def _shares(widths: Sequence[float], parts: int) -> list[int]:
    """Where each of so many parts ends, so that they are about equally wide and none is empty."""
    ends: list[int] = []
    for part in range(1, parts):
        goal = sum(widths) * part / parts
        least, most = (ends[-1] if ends else 0) + 1, len(widths) - (parts - part)
        ends.append(min(range(least, most + 1), key=lambda end: abs(sum(widths[:end]) - goal)))
    return [*ends, len(widths)]


def _put(sheet: "Worksheet", row: int, column: int, text: str, style: Any) -> None:
    _text(_look(sheet, row, column, style), text)


def _look(sheet: "Worksheet", row: int, column: int, style: Any) -> Any:
    cell: Any = sheet.cell(row, column)
    cell._style = style
    return cell


def _text(cell: Any, text: str) -> None:
    """The text stands in the cell as text, whatever it begins with."""
    cell.value = plain(text)
    cell.data_type = "s"


def _amp(text: str) -> str:
    """A word for the foot of a sheet, which Excel wants short and where & gives orders."""
    return text[:80].replace("&", "&&")


def _letter(index: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(index))
