"""A unit's own workbook, judged whole before it is kept: every fault by its cell, and nothing kept of a faulty one."""

import posixpath
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import Refusal
from app.i18n import N_, _, joined
from app.ledgers.forms import packing, references, spans, words
from app.ledgers.forms.spans import Element, TooLong, TooMany, Unsound
from app.ledgers.forms.words import Word
from app.ledgers.layout_plan import faulty
from app.ledgers.page import Column
from app.services.imports import package
from app.services.imports.workbook import column_number

#: A form has some pages of cells; a sheet larger than this is a ledger that somebody has filled.
MOST_ROWS, MOST_ELEMENTS = 5_000, 100_000
BOOK, RELATIONS, TYPES, STRINGS, STYLES = (
    "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml", "xl/sharedStrings.xml", "xl/styles.xml",
)  # fmt: skip
SHEET_TAGS = frozenset({
    "row", "c", "f", "v", "is", "t", "rPh", "mergeCell",
        "mergeCells", "dimension", "autoFilter", "conditionalFormatting", "formula", "formula1",
    "formula2", "dataValidation", "hyperlink", "brk", "rowBreaks", "protectedRange", "ignoredError", "sqref", "col", "sheetFormatPr",
    "oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter", "sheetData",
})  # fmt: skip
_PLACE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_CALLING = re.compile(r"\b(WEBSERVICE|FILTERXML|RTD|CALL|REGISTER(?:\.ID)?|EXEC|DDE)\s*\(|\[\d+\]|\|'", re.IGNORECASE)


#: What a workbook that is no sound one makes of those who read it.
BROKEN = (Unsound, ValueError, IndexError, KeyError, OverflowError, RecursionError, AssertionError)


@dataclass
class Sheet:
    """One sheet: its part, its elements, the formulas of its cells (without =), and the texts that hold placeholders.

    `runs` has the XML of those texts whose pieces differ in font or colour.
    """

    name: str
    part: str
    data: bytes
    tree: Element
    formulas: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    runs: dict[str, bytes] = field(default_factory=dict)
    row: int = 0

    def rows(self) -> Iterator[Element]:
        """Its rows, from the top."""
        for sheet_data in self.tree.all("sheetData"):
            yield from (child for child in sheet_data.children if child.name == "row")


@dataclass
class Form:
    """A workbook that was judged to be sound: its sheets, the texts and looks they refer to, and all placeholders by what they mean."""

    parts: dict[str, bytes]
    infos: list[zipfile.ZipInfo]
    sheets: list[Sheet]
    book: bytes
    words: dict[str, Word]
    relations: dict[str, dict[str, str]]

    @property
    def keys(self) -> list[str]:
        """The columns its placeholders name, in their order."""
        return words.columns_in(self.words.values())


def read(content: bytes, name: str, columns: Sequence[Column]) -> Form:
    """The workbook as a form for a ledger with these columns; refused with all its faults at once, by sheet and cell.

    Also refused: damaged, protected, macro workbooks, and what is far too large inside; none of it is unpacked then.
    """
    path = Path(name)
    if path.suffix.lower() in (".xlsm", ".xltm", ".xlam", ".xls", ".et"):
        raise Refusal(
            "form_other_file", N_("{name} 不能作版式。请在 Excel 或 WPS 中另存为不带宏的 .xlsx 再用。"), name=name
        )
    try:
        with package.opened(path, content) as archive:
            packing.weigh(archive, path)
            return _Reader(archive, path, columns).read()
    except TooLong as error:
        sentence = N_("{name} 的单元格 {cell} 里内容太长, 不像一张表。请删去后再用。")
        raise Refusal("form_too_large", sentence, name=name, cell=str(error) or "?") from error
    except TooMany as error:
        sentence = N_("{name} 里的行或单元格太多 (多半是一直铺到底的空行), 不像一张表。请删去空行, 只留版式。")
        raise Refusal("form_too_large", sentence, name=name) from error
    except BROKEN as error:
        raise package.damaged(path) from error


class _Reader:
    def __init__(self, archive: zipfile.ZipFile, path: Path, columns: Sequence[Column]) -> None:
        self.archive, self.path = archive, path
        self.known, self.columns = words.names(columns), {column.key: column for column in columns}
        self.faults: list[str] = []
        self.arrays: list[tuple[str, str, str]] = []
        self.words: dict[str, Word] = {}
        self.names = set(archive.namelist())
        self.rich: bytes | None = None
        self.rich_list: list[Element] = []

    def read(self) -> Form:
        self.faults += packing.faults(self.archive)
        if self.faults:  # what is no form at all is not looked at further
            raise faulty(self.faults)
        strings = package.shared_strings(self.archive)
        sheets = [self._sheet(name, part, strings) for name, part in self._listed()]
        relations = {sheet.part: self._relations(sheet.part) for sheet in sheets}
        for sheet in sheets:
            self._words(sheet)
            self._around(sheet, relations[sheet.part])
        self._elsewhere()
        if not self.words and not self.faults:
            self.faults.append(_("没有找到占位符, 如 {{单位}} 或 {{行.列名}}。"))
        if self.faults:
            raise faulty(self.faults)
        infos = self.archive.infolist()
        parts = {info.filename: self.archive.read(info) for info in infos}
        return Form(parts, infos, sheets, parts[BOOK], self.words, relations)

    def _listed(self) -> Iterator[tuple[str, str]]:
        targets = package.relations(self.archive, BOOK)
        for one in spans.tree(packing.xml(self.archive, BOOK), {"sheet"}, 1000).all("sheet"):
            relation = next(
                value for name, value in one.attrs.items() if name.rpartition(":")[2] == "id" and ":" in name
            )
            if "/worksheets/" in f"/{targets.get(relation, '')}":
                yield one.attrs["name"], targets[relation]

    def _relations(self, part: str) -> dict[str, str]:
        folder, name = posixpath.split(part)
        return package.relations(self.archive, part) if f"{folder}/_rels/{name}.rels" in self.names else {}

    # -- the sheets

    def _sheet(self, name: str, part: str, strings: list[str]) -> Sheet:
        data = packing.xml(self.archive, part)
        sheet = Sheet(name, part, data, spans.tree(data, SHEET_TAGS, MOST_ELEMENTS))
        masters: dict[str, tuple[str, str]] = {}
        rows = list(sheet.rows())
        if len(rows) > MOST_ROWS:
            words_ = N_("{name} 的工作表「{sheet}」有 {n} 行 (多半是空行), 超过 {most} 行。请删去空行, 只留版式。")
            raise Refusal("form_too_large", words_, name=self.path.name, sheet=name, n=len(rows), most=MOST_ROWS)
        for row in rows:
            for cell in row.children:
                if cell.name == "c":
                    self._cell(sheet, cell, row, strings, masters)
        return sheet

    def _cell(
        self, sheet: Sheet, cell: Element, row: Element, strings: list[str], masters: dict[str, tuple[str, str]]
    ) -> None:
        at = cell.attrs["r"]
        place = _PLACE.fullmatch(at)
        if place is None or place[2] != row.attrs["r"]:
            raise Unsound("a cell outside its row")
        if (found := cell.child("f")) is not None:
            self._formula(sheet, at, found, masters)
            return
        text = _text(cell, strings)
        if "{{" in text or "｛｛" in text or "}}" in text or "｝｝" in text:
            sheet.texts[at] = text
            if (runs := self._runs(sheet, cell)) is not None:
                sheet.runs[at] = runs
        if len(text) > spans.MOST_CHARS:
            raise TooLong(f"{sheet.name}!{at}")

    def _runs(self, sheet: Sheet, cell: Element) -> bytes | None:
        """The XML of a text of several fonts, as it can stand in the sheet; None for one that is all alike."""
        data, held = sheet.data, cell.child("is")
        if cell.attrs.get("t") == "s" and (value := cell.child("v")) is not None:
            if self.rich is None:
                self.rich = packing.xml(self.archive, STRINGS)
                self.rich_list = list(spans.tree(self.rich, {"si"}).all("si"))
            data, held = self.rich, self.rich_list[int(value.text)]
        if held is None or b"<" + spans.prefix(data, held).encode() + b"r>" not in data[held.inner : held.close]:
            return None
        return data[held.inner : held.close] if spans.prefix(data, held) == spans.prefix(sheet.data, cell) else None

    def _formula(self, sheet: Sheet, at: str, found: Element, masters: dict[str, tuple[str, str]]) -> None:
        from openpyxl.formula.translate import Translator

        kind, text, where = found.attrs.get("t", "normal"), found.text, f"{sheet.name}!{at}"
        if kind == "shared":
            if text:
                masters[found.attrs["si"]] = (text, at)
            else:
                text, origin = masters[found.attrs["si"]]
                text = str(Translator("=" + text, origin=origin).translate_formula(at))[1:]
        if words.PLACEHOLDER.search(text):
            self.faults.append(_("{where}: 占位符写在公式里。请单独放一格, 公式引用那一格。").format(where=where))
        elif _CALLING.search(text):
            self.faults.append(_("{where}: 公式引用其他文件或网络。请去掉。").format(where=where))
        try:
            references.formula(text, sheet.name, ())
        except references.Untold:
            self.faults.append(_("{where}: 公式看不懂, 不能保证填写后还对。请改写这个公式。").format(where=where))
        sheet.formulas[at] = text
        if kind in ("array", "dataTable"):
            self.arrays.append((sheet.name, at, found.attrs.get("ref", at)))

    def _words(self, sheet: Sheet) -> None:
        """The placeholders of the sheet, in cells and in the header and footer of its paper."""
        rows: dict[int, str] = {}
        for at, text in sheet.texts.items():
            for word in self._understood(text, f"{sheet.name}!{at}"):
                if word.kind == "row":
                    rows.setdefault(int(_row(at)), at)
        if len(rows) > 1:
            cells = joined(rows.values())
            self.faults.append(
                _("{sheet}: {{{{行.…}}}} 只能都写在同一行, 现在在 {cells}。").format(sheet=sheet.name, cells=cells)
            )
        sheet.row = min(rows, default=0)
        for one in sheet.tree.all(*(tag for tag in SHEET_TAGS if tag.endswith(("Header", "Footer")))):
            for word in self._understood(one.text, _("{sheet} 的页眉页脚").format(sheet=sheet.name)):
                if word.kind == "row":
                    self.faults.append(_("{sheet} 的页眉页脚里不能写 {{{{行.…}}}}。").format(sheet=sheet.name))
        if words.PLACEHOLDER.search(sheet.name):
            self.faults.append(_("工作表的名称「{sheet}」里不能写占位符。").format(sheet=sheet.name))

    def _understood(self, text: str, where: str) -> Iterator[Word]:
        for word, _start, _end in words.words(text):
            found = words.understood(word, self.known)
            if found is None:
                told = _("{where}: 不认识的占位符 {{{{{word}}}}}。{hint}")
                self.faults.append(told.format(where=where, word=word[:40], hint=words.hint(word, self.known)))
            elif found.kind == "sum" and (
                self.columns[found.name].kind != "number" or not self.columns[found.name].summed
            ):
                self.faults.append(
                    _("{where}: 「{word}」不是数量, 不能求和, 可以写 {{{{计数:…}}}}。").format(where=where, word=word)
                )
            else:
                self.words[words.plain(word)] = found
                yield found
        if words.broken(text):
            self.faults.append(_("{where}: 占位符没有写完整, 要写成 {{{{…}}}}。").format(where=where))

    # -- what moves when the row is repeated

    def _around(self, sheet: Sheet, relations: dict[str, str]) -> None:
        row = sheet.row
        if not row:
            return
        for one in sheet.tree.all("mergeCell"):
            _left, top, _right, bottom = area(one.attrs["ref"])
            if top == row < bottom:
                self._crosses(sheet, one.attrs["ref"], _("合并的单元格"))
        for name, at, ref in self.arrays:
            if name == sheet.name and area(ref)[3] >= row:
                self._crosses(sheet, at, _("数组公式或模拟运算表"))
        for target in relations.values():
            if target.startswith("xl/tables/"):
                for table in spans.tree(packing.xml(self.archive, target), {"table"}).children:
                    if area(table.attrs["ref"])[3] >= row:
                        self._crosses(sheet, table.attrs["ref"], _("套用的表格 (请转换为区域)"))
            if re.search(r"/(comments|threadedComments)(/|\d*\.xml$)", target):
                for note in spans.tree(packing.xml(self.archive, target), {"comment", "threadedComment"}).all(
                    "comment", "threadedComment"
                ):
                    if area(note.attrs["ref"])[3] >= row:
                        self._crosses(sheet, note.attrs["ref"], _("批注"))

    def _crosses(self, sheet: Sheet, place: str, what: str) -> None:
        told = _("{sheet}!{place}: {what}在第 {row} 行 (要重复的行) 或它下面, 不能跟着移动。请去掉或移到上面。")
        self.faults.append(told.format(sheet=sheet.name, place=place, what=what, row=sheet.row))

    def _elsewhere(self) -> None:
        """Placeholders in text boxes and charts, which are not filled."""
        for name in sorted(self.names):
            if re.match(r"xl/(drawings|charts|diagrams)/[^/]+\.xml$", name):
                text = "".join(
                    one.text for one in spans.tree(packing.xml(self.archive, name), {"t"}, MOST_ELEMENTS).all("t")
                )
                if words.PLACEHOLDER.search(text):
                    self.faults.append(_("占位符写在文本框或图表里, 不会填写。请写在单元格里。"))


def area(text: str) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of an area such as B2:C5 or B2."""
    first, _mark, last = text.replace("$", "").partition(":")
    start, end = _PLACE.fullmatch(first), _PLACE.fullmatch(last or first)
    if start is None or end is None:
        raise Unsound("no area")
    return column_number(start[1]), int(start[2]), column_number(end[1]), int(end[2])


def _row(at: str) -> str:
    found = _PLACE.fullmatch(at)
    assert found is not None
    return found[2]


def _text(cell: Element, strings: list[str]) -> str:
    kind, value = cell.attrs.get("t", "n"), cell.child("v")
    if kind == "s" and value is not None:
        return strings[int(value.text)]
    if kind == "inlineStr" and (inline := cell.child("is")) is not None:
        spoken = {id(one) for rph in inline.all("rPh") for one in rph.all("t")}
        return package.unescaped("".join(one.text for one in inline.all("t") if id(one) not in spoken))
    return value.text if kind == "str" and value is not None else ""
