"""What a PDF tells those who have it read aloud, and those who look for a place in it."""

import ctypes
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest
from pypdfium2 import PdfDocument, raw

from app.ledgers import letter, pdf
from app.ledgers.letter import Letter, Par
from app.ledgers.page import Column, Page, Section
from app.ledgers.sums import subtotals
from tests.ledgers import specimen

COLUMNS = (Column("序号", "n", 14), Column("内容", "t", 60, kind="multiline"), Column("数", "c", 20, kind="number"))


@dataclass
class Tag:
    """A tag with what is in it, as another program reads it."""

    kind: str
    kids: "list[Tag]" = field(default_factory=list)

    def all(self, kind: str) -> "Iterator[Tag]":
        """Every tag of this kind below."""
        for kid in self.kids:
            if kid.kind == kind:
                yield kid
            yield from kid.all(kind)


def tag(element: object) -> Tag:
    buffer = ctypes.create_string_buffer(100)
    size = raw.FPDF_StructElement_GetType(element, buffer, 100)
    made = Tag(buffer.raw[: size - 2].decode("utf-16-le"))
    for n in range(raw.FPDF_StructElement_CountChildren(element)):
        if kid := raw.FPDF_StructElement_GetChildAtIndex(element, n):
            made.kids.append(tag(kid))
    return made


def tree(document: bytes, sheet: int) -> Tag:
    with PdfDocument(document) as paper:
        page = paper[sheet]
        root = raw.FPDF_StructTree_GetForPage(page)
        tags = [
            tag(raw.FPDF_StructTree_GetChildAtIndex(root, n)) for n in range(raw.FPDF_StructTree_CountChildren(root))
        ]
        raw.FPDF_StructTree_Close(root)
        page.close()
    return Tag("", tags)


def page(rows: tuple[tuple[object, ...], ...], **more: object) -> Page:
    return Page("台账", COLUMNS, rows, **more)  # type: ignore[arg-type]


def test_the_table_is_told_row_by_row_and_cell_by_cell() -> None:
    made = tree(pdf.document(page(((1, "甲", 2), Section("某网格"), (2, "乙", 3)))), 0)
    assert [kid.kind for kid in made.kids] == ["Document"]
    assert len(list(made.all("H1"))) == 1
    table = next(made.all("Table"))
    assert [kid.kind for kid in table.kids] == ["THead", "TBody"]
    assert [[cell.kind for cell in row.kids] for row in table.all("TR")] == [["TH"] * 3, ["TD"] * 3, ["TD"], ["TD"] * 3]


def test_a_form_without_a_header_has_rows_only() -> None:
    table = next(tree(pdf.document(page((("姓名", "甲", None),), bare=True)), 0).all("Table"))
    assert [kid.kind for kid in table.kids] == ["TBody"]


def test_a_cell_over_two_sheets_is_one_cell_and_the_header_is_told_once() -> None:
    document = pdf.document(page(((1, "句\n" * 80, 2), (2, "末", 3)), carried=True))
    first, second = tree(document, 0), tree(document, 1)
    assert len(list(first.all("TH"))) == 3
    assert [len(row.kids) for row in next(second.all("TBody")).kids][-1] == 3
    cells = [kid for row in next(second.all("TBody")).kids for kid in row.kids if kid.all("P")]
    assert any(list(cell.all("P")) for cell in cells)


def test_the_code_on_paper_is_a_picture_with_words() -> None:
    assert len(list(tree(pdf.document(page(((1, "甲", 2),), code="FG1:1")), 0).all("Figure"))) == 1


def test_a_letter_is_told_in_paragraphs() -> None:
    made = Letter("某厂", "答复意见书", "1", "某某同志", tuple(Par(f"第{n}段。") for n in range(60)))
    assert len(list(tree(letter.drawn(made)[0], 0).all("P"))) > 10


def test_the_outline_leads_to_every_ledger_and_section() -> None:
    lines = tuple(subtotals(COLUMNS, [Section("甲\n网格"), (1, "一", 2), Section("乙网格"), *(((2, "二", 3),) * 60)]))
    with PdfDocument(pdf.document([page(lines), page(()), page(((1, "句\n" * 90, 2),))])) as paper:
        entries = [(entry.get_title(), entry.level, entry.get_dest().get_index()) for entry in paper.get_toc()]
    assert entries == [("台账", 0, 0), ("甲网格", 1, 0), ("乙网格", 1, 0), ("台账", 0, 2), ("台账", 0, 3)]


def test_the_document_says_its_language_and_shows_its_title() -> None:
    document = pdf.document(specimen.page(2))
    assert b"/Lang (zh-CN)" in document and b"/DisplayDocTitle true" in document and b"/Marked true" in document
    with PdfDocument(document) as paper:
        assert paper.get_metadata_value("CreationDate") == "D:20250402120000+08'00'"


@pytest.mark.skipif(not shutil.which("qpdf"), reason="qpdf is not installed")
def test_qpdf_finds_nothing_wrong(tmp_path: Path) -> None:
    pages = [specimen.page(40, carried=True, paper="A3", code="FG1:1"), page(((1, "句\n" * 200, 2),)), page(())]
    pdf.write(pages, tmp_path / "a.pdf")
    run = subprocess.run(["qpdf", "--check", tmp_path / "a.pdf"], capture_output=True, text=True)
    assert run.returncode == 0 and "No syntax or stream encoding errors" in run.stdout, run.stdout + run.stderr


@pytest.mark.skipif(not shutil.which("pdffonts"), reason="poppler-utils is not installed")
def test_poppler_finds_embedded_subsets_and_tags(tmp_path: Path) -> None:
    pdf.write(specimen.page(12), tmp_path / "a.pdf")
    told = subprocess.run(["pdffonts", tmp_path / "a.pdf"], capture_output=True, text=True, check=True).stdout
    fonts = [line.split() for line in told.splitlines()[2:]]
    assert fonts and all(font[-5:-2] == ["yes", "yes", "yes"] for font in fonts)
    told = subprocess.run(["pdfinfo", tmp_path / "a.pdf"], capture_output=True, text=True, check=True).stdout
    assert re.search(r"Tagged:\s+yes", told)
    pdf.write(page(((1, "", None), (2, "乙", 3))), tmp_path / "a.pdf")
    told = subprocess.run(["pdfinfo", "-struct", tmp_path / "a.pdf"], capture_output=True, text=True, check=True).stdout
    assert told.count("TD") == 6  # also those without text


def test_many_rows_make_a_sound_file() -> None:
    stream = BytesIO()
    written = pdf.draw(page(tuple((n, "甲", n) for n in range(1500))), stream)
    with PdfDocument(stream.getvalue()) as paper:
        assert len(paper) == written.sheets
    last = tree(stream.getvalue(), written.sheets - 1)
    assert all(len(row.kids) == 3 for row in next(last.all("TBody")).all("TR"))
