"""A form filled with a page: only the cells with placeholders, what moves with the repeated row, and stored results are written anew."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

from app.ledgers.cells import height_of
from app.ledgers.durable import replacing
from app.ledgers.forms import marking, references, spans, values
from app.ledgers.forms.looks import Formats
from app.ledgers.forms.reading import BOOK, BROKEN, RELATIONS, STYLES, TYPES, Form, Sheet, area
from app.ledgers.forms.references import Repeat
from app.ledgers.forms.spans import Edit, Element
from app.ledgers.forms.values import Values
from app.ledgers.page import Page, Progress
from app.services.imports import package
from app.services.imports.workbook import column_letter, column_number

_CHAIN = "xl/calcChain.xml"
_CELL = re.compile(r"([A-Z]{1,3})(\d+)")
_STEP = 200


def write(form: Form, page: Page, path: Path, by: str, progress: Progress | None = None) -> None:
    """The form filled with the page lies in the file; refuses a full or read-only disk and then leaves nothing behind."""
    with replacing(path) as stream:
        draw(form, page, stream, by, progress)


def draw(form: Form, page: Page, stream: BinaryIO, by: str, progress: Progress | None = None) -> None:
    """The filled form goes into the open stream; the same page gives the same bytes."""
    parts = filled(form, page, by, progress)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for info in [*form.infos, *(zipfile.ZipInfo(name) for name in parts if name not in form.parts)]:
            if info.filename in parts:
                entry = zipfile.ZipInfo(info.filename, info.date_time)
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, info.external_attr
                archive.writestr(entry, parts[info.filename])


def filled(form: Form, page: Page, by: str, progress: Progress | None = None) -> dict[str, bytes]:
    """All parts of the filled workbook by name; what is not concerned is the same to the byte. Refused: a damaged workbook."""
    try:
        return _parts(form, page, by, progress)
    except BROKEN as error:
        raise package.damaged(Path(page.title + ".xlsx")) from error


def _parts(form: Form, page: Page, by: str, progress: Progress | None) -> dict[str, bytes]:
    told, formats = Values(page, by, form.words), Formats(form)
    repeats = [Repeat(sheet.name, sheet.row, max(1, len(told.lines))) for sheet in form.sheets if sheet.row]
    parts = dict(form.parts)
    from_1904 = re.search(rb"date1904\s*=\s*[\"'](1|true)", form.book) is not None
    for sheet in form.sheets:
        parts[sheet.part] = _Filling(form, sheet, told, formats, repeats, from_1904, progress).part()
        for target in form.relations[sheet.part].values():
            if target.startswith("xl/drawings/") and target.endswith(".xml"):
                parts[target] = _drawing(parts[target], sheet, repeats)
    for name in form.parts:
        if re.match(r"xl/charts/[^/]+\.xml$", name):
            parts[name] = _chart(parts[name], repeats)
    parts[BOOK] = _book(form.book, repeats)
    parts.pop(_CHAIN, None)
    parts[TYPES] = _without(parts[TYPES], "Override", "PartName", "/" + _CHAIN)
    parts[RELATIONS] = _without(parts[RELATIONS], "Relationship", "Type", "/calcChain")
    if STYLES in parts:
        parts[STYLES] = formats.part()
    return parts | marking.marked(parts, page.marks)


class _Filling:
    """One sheet on its way: its rows, then what refers to them."""

    def __init__(
        self, form: Form, sheet: Sheet, told: Values, formats: Formats, repeats: Sequence[Repeat], from_1904: bool,
        progress: Progress | None,
    ) -> None:  # fmt: skip
        self.sheet, self.data, self.told, self.formats = sheet, sheet.data, told, formats
        self.repeats, self.from_1904, self.progress = repeats, from_1904, progress
        self.repeat = next((one for one in repeats if one.sheet == sheet.name), None)
        self._widths: dict[str, float] = {}

    def part(self) -> bytes:
        """The sheet as it stands in the filled workbook."""
        edits: list[Edit] = []
        for row in self.sheet.rows():
            if self.repeat is not None and int(row.attrs["r"]) == self.repeat.row:
                edits.append((row.start, row.end, self._copies(row, self.repeat)))
            else:
                edits += self._row(row)
        edits += self._merged()
        edits += self._around()
        return spans.spliced(self.data, edits)

    # -- rows that stand once

    def _row(self, row: Element) -> Iterator[Edit]:
        old = int(row.attrs["r"])
        new = self.repeat.moved(old) if self.repeat else old
        yield from spans.attribute(self.data, row, "r", lambda _old: str(new))
        for cell in row.children:
            if cell.name != "c":
                continue
            at = cell.attrs["r"]
            if at in self.sheet.texts or at in self.sheet.formulas:
                yield cell.start, cell.end, self._cell(cell, new, None)
            else:
                yield from spans.attribute(self.data, cell, "r", lambda place: _moved(place, new))

    def _cell(self, cell: Element, row: int, copy: int | None) -> bytes:
        """The cell at its new row: with its placeholders filled, its formula moved and without stored result, or as it was."""
        at, prefix = cell.attrs["r"], spans.prefix(self.data, cell)
        place = _moved(at, row)
        if (text := self.sheet.texts.get(at)) is not None:
            return self._value(cell, place, text, copy)
        if (formula := self.sheet.formulas.get(at)) is not None:
            found = cell.child("f")
            assert found is not None
            new = references.formula(formula, self.sheet.name, self.repeats, copy)
            change = {name: None for name in ("t", "ref", "si") if found.attrs.get("t") == "shared"}
            opening = spans.tag(self.data, found, change)
            if found.attrs.get("t") not in (None, "normal", "shared"):
                ref = references.areas(found.attrs.get("ref", at), self.sheet.name, self.repeats)
                opening = spans.tag(self.data, found, {"ref": ref})
            inside = opening + spans.escaped(new).encode() + f"</{prefix}f></{prefix}c>".encode()
            return spans.tag(self.data, cell, {"r": place, "t": None}) + inside
        return spans.tag(self.data, cell, {"r": place}) + self.data[cell.inner : cell.close] + f"</{prefix}c>".encode()

    def _value(self, cell: Element, place: str, text: str, copy: int | None) -> bytes:
        at, prefix, style = cell.attrs["r"], spans.prefix(self.data, cell), int(cell.attrs.get("s", "0"))
        opening = spans.tag(self.data, cell, {"r": place, "s": None, "t": None})
        found = self.told.alone(text, copy)
        made = None if found is None else values.cell(opening, prefix, *found, style, self.formats, self.from_1904)
        if made is not None and (at not in self.sheet.runs or b"inlineStr" not in made[: made.index(b">")]):
            return made
        whole = self.told.filled(text, copy)
        if at in self.sheet.runs:
            told = partial(self.told.filled, row=copy)
            return values.rich_cell(opening, prefix, self.sheet.runs[at], whole, told, style, self.formats)
        return values.text_cell(opening, prefix, whole, style, self.formats)

    # -- the row that stands once for every line

    def _copies(self, row: Element, repeat: Repeat) -> bytes:
        made: list[bytes] = []
        close = f"</{spans.prefix(self.data, row)}row>".encode()
        cells = [cell for cell in row.children if cell.name == "c"]
        for copy in range(repeat.times):
            new = repeat.row + copy
            made.append(spans.tag(self.data, row, self._height(row, cells, copy) | {"r": str(new)}))
            made += [self._cell(cell, new, copy) for cell in cells]
            made.append(close)
            if self.progress and copy % _STEP == 0:
                self.progress(copy, repeat.times, self.told.page.title)
        return b"".join(made)

    def _height(self, row: Element, cells: Sequence[Element], copy: int) -> dict[str, str | None]:
        """The height of the template, or what its longest text needs where the cells break their lines."""
        texts, widths = [], []
        for cell in cells:
            at = cell.attrs["r"]
            text = self.sheet.texts.get(at)
            if text is not None and self.formats.wraps(int(cell.attrs.get("s", "0"))):
                texts.append(self.told.filled(text, copy))
                widths.append(self._widths.get(at) or self._widths.setdefault(at, self._width(at)))
        given = float(row.attrs.get("ht", "0"))
        need = height_of(texts, widths) if texts else 0.0
        if given and need > max(given, 21.0):
            return {"ht": f"{need:g}", "customHeight": "1"}
        return {}

    def _width(self, at: str) -> float:
        """Characters that the cell is wide, with the cells it is merged with."""
        left = right = column_number(_letters(at))
        for one in self.sheet.tree.all("mergeCell"):
            first, top, last, _bottom = area(one.attrs["ref"])
            if (first, top) == (left, int(at[len(_letters(at)) :])):
                right = last
        return max(1.0, sum(self._column(number) for number in range(left, min(right, left + 200) + 1)))

    def _column(self, number: int) -> float:
        for one in self.sheet.tree.all("col"):
            if int(one.attrs["min"]) <= number <= int(one.attrs["max"]) and "width" in one.attrs:
                return float(one.attrs["width"])
        return next(
            (float(one.attrs.get("defaultColWidth", "8.43")) for one in self.sheet.tree.all("sheetFormatPr")), 8.43
        )

    # -- what refers to the rows

    def _merged(self) -> Iterator[Edit]:
        repeat = self.repeat
        for one in self.sheet.tree.all("mergeCell") if repeat else ():
            left, top, right, bottom = area(one.attrs["ref"])
            assert repeat is not None
            if top == bottom == repeat.row:
                prefix = spans.prefix(self.data, one)
                rows = range(repeat.row, repeat.row + repeat.times)
                a, b = column_letter(left), column_letter(right)
                yield one.start, one.end, "".join(f'<{prefix}mergeCell ref="{a}{n}:{b}{n}"/>' for n in rows).encode()
            else:
                yield from spans.attribute(self.data, one, "ref", self._areas)
        for one in self.sheet.tree.all("mergeCells"):
            alone = (
                sum(area(each.attrs["ref"])[1::2] == (repeat.row, repeat.row) for each in one.children) if repeat else 0
            )
            count = len(one.children) + alone * (repeat.more if repeat else 0)
            yield from spans.attribute(self.data, one, "count", lambda _old, count=count: str(count))  # type: ignore[misc]

    def _around(self) -> Iterator[Edit]:
        tree = self.sheet.tree
        for one in tree.all("dimension", "autoFilter", "hyperlink"):
            yield from spans.attribute(self.data, one, "ref", self._areas)
            yield from spans.attribute(self.data, one, "location", self._formula)
        for one in tree.all("conditionalFormatting", "dataValidation", "protectedRange", "ignoredError"):
            yield from spans.attribute(self.data, one, "sqref", self._areas)
        cells = {id(found) for cell in tree.all("c") for found in cell.children}
        for one in tree.all("formula", "formula1", "formula2", "f", "sqref"):
            if id(one) not in cells and not one.children:
                yield from spans.content(self.data, one, self._areas if one.name == "sqref" else self._formula)
        for breaks in tree.all("rowBreaks"):
            for one in breaks.all("brk"):
                yield from spans.attribute(self.data, one, "id", self._break)
        for one in tree.all("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"):
            yield from spans.content(self.data, one, self._margin)

    def _areas(self, text: str) -> str:
        return references.areas(text, self.sheet.name, self.repeats)

    def _formula(self, text: str) -> str:
        return _safely(text, self.sheet.name, self.repeats)

    def _break(self, text: str) -> str:
        return str(self.repeat.last(int(text))) if self.repeat else text

    def _margin(self, text: str) -> str:
        """A header or footer of the paper: & is a sign of Excel's there, 255 characters are all it takes."""
        if "{{" not in text and "｛｛" not in text:
            return text
        return self.told.filled(text, clean=lambda value: " ".join(value.replace("&", "&&").split()))[:255]


def _drawing(data: bytes, sheet: Sheet, repeats: Sequence[Repeat]) -> bytes:
    """Pictures and shapes that begin below the repeated row go down with it, in their size; all others stay."""
    repeat = next((one for one in repeats if one.sheet == sheet.name), None)
    if repeat is None or not repeat.more:
        return data
    tree = spans.tree(data, {"twoCellAnchor", "oneCellAnchor", "from", "to", "row"})
    edits: list[Edit] = []
    for anchor in tree.all("twoCellAnchor", "oneCellAnchor"):
        start = anchor.child("from")
        rows = [row for end in anchor.children if end.name in ("from", "to") for row in end.all("row")]
        if start is not None and rows and int(rows[0].text) + 1 > repeat.row:
            for row in rows:
                edits += spans.content(data, row, lambda text: str(int(text) + repeat.more))
    return spans.spliced(data, edits)


def _chart(data: bytes, repeats: Sequence[Repeat]) -> bytes:
    """The areas that a chart draws hold all copies of the repeated row."""
    edits: list[Edit] = []
    for one in spans.tree(data, {"f"}).all("f"):
        edits += spans.content(data, one, lambda text: _safely(text, "", repeats, grows=True))
    return spans.spliced(data, edits)


def _book(data: bytes, repeats: Sequence[Repeat]) -> bytes:
    """Print areas, titles and other names hold what they held; everything is computed when the workbook is opened."""
    tree = spans.tree(data, {"sheets", "functionGroups", "definedNames", "definedName", "calcPr"})
    edits: list[Edit] = []
    for one in tree.all("definedName"):
        edits += spans.content(data, one, lambda text: _safely(text, "", repeats))
    found = next(iter(tree.all("calcPr")), None)
    if found is not None:
        change: dict[str, str | None] = {"fullCalcOnLoad": "1"}
        close = f"</{spans.prefix(data, found)}calcPr>".encode()
        edits.append((found.start, found.end, spans.tag(data, found, change) + data[found.inner : found.close] + close))
    else:
        last = [one for one in tree.children if one.name in ("sheets", "functionGroups", "definedNames")][-1]
        edits.append((last.end, last.end, f'<{spans.prefix(data, last)}calcPr fullCalcOnLoad="1"/>'.encode()))
    return spans.spliced(data, edits)


def _without(data: bytes, name: str, attribute: str, ending: str) -> bytes:
    found = [one for one in spans.tree(data, {name}).all(name) if one.attrs.get(attribute, "").endswith(ending)]
    return spans.spliced(data, [(one.start, one.end, b"") for one in found])


def _safely(text: str, home: str, repeats: Sequence[Repeat], *, grows: bool = False) -> str:
    """A formula outside the cells: one that cannot be read is left as it is."""
    try:
        return references.formula(text, home, repeats, grows=grows)
    except references.Untold:
        return text


def _letters(at: str) -> str:
    found = _CELL.fullmatch(at)
    assert found is not None
    return found[1]


def _moved(at: str, row: int) -> str:
    return f"{_letters(at)}{row}"
