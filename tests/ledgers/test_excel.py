"""Ledgers as workbooks."""

import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from app.ledgers import excel
from app.ledgers.marks import marks_of
from app.ledgers.page import Column, Line, Page, Section, Value
from app.ledgers.sums import subtotals
from tests.bench import ledgers as bench
from tests.ledgers import golden, specimen

INJECTIONS = (
    "=1+1", "+8613800010001", "-1", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(\"http://x\",\"点我\")", "'=1", "=cmd|' /C calc'!A0",
)  # fmt: skip


def cell_texts(tmp_path: Path, texts: list[Value], column: Column | None = None) -> list[object]:
    column = column or Column("文字", "t", 40)
    path = tmp_path / "a.xlsx"
    excel.write(Page("试", (column,), tuple((text,) for text in texts)), path)
    sheet = load_workbook(path).worksheets[0]
    return [sheet.cell(4 + n, 1).value for n in range(len(texts))]


def test_the_cells_of_a_ledger_are_as_they_were(tmp_path: Path, golden_write: bool) -> None:
    excel.write(specimen.page(), tmp_path / "a.xlsx")
    golden.same("specimen.xlsx.txt", golden.cells_text(tmp_path / "a.xlsx"), golden_write)


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_text_becomes_a_formula(tmp_path: Path, text: str) -> None:
    page = Page(
        text,
        (Column(text, "t", 40, group=text), Column("b", "b")),
        ((text, 1), Section(text)),
        text,
        text,
        notes=(text,),
    )
    excel.write(page, tmp_path / "a.xlsx")
    cells = [cell for row in load_workbook(tmp_path / "a.xlsx").worksheets[0].iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    body = next(cell for cell in cells if cell.coordinate == "A5")
    assert body.value == text and body.data_type == "s" and body.quotePrefix
    assert CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_index(0).to_python()[4][0] == text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=30))
def test_any_text_comes_back_without_what_xml_cannot_hold(tmp_path: Path, texts: list[str]) -> None:
    legal = [text.replace("\x0b", "\n").replace("\x0c", "\n") for text in texts]
    legal = ["".join(ch for ch in text if ch in "\t\n\r" or (ch >= " " and ch not in "\ufffe\uffff")) for text in legal]
    assert cell_texts(tmp_path, list(texts)) == legal


def test_half_a_character_is_marked(tmp_path: Path) -> None:
    assert cell_texts(tmp_path, ["甲\ud800乙"]) == ["甲\ufffd乙"]


def test_text_that_looks_like_an_escape_is_escaped(tmp_path: Path) -> None:
    assert cell_texts(tmp_path, ["a_x0041_b"]) == ["a_x005F_x0041_b"]


def test_numbers_dates_and_codes_are_what_they_are(tmp_path: Path) -> None:
    number, day = Column("n", "n", kind="number"), Column("d", "d", kind="date")
    assert cell_texts(tmp_path, [3, -2, Decimal("1.25"), 0.5, 10**16], number) == [
        3,
        -2,
        1.25,
        0.5,
        "10000000000000000",
    ]
    assert cell_texts(tmp_path, [date(2025, 3, 5), date(1899, 1, 1)], day) == [datetime(2025, 3, 5), "1899-01-01"]
    code = Column("c", "c", kind="code")
    assert cell_texts(tmp_path, ["410901196001011234", 13800010001], code) == ["410901196001011234", "13800010001"]
    assert cell_texts(tmp_path, [float("nan"), True, None], number) == ["nan", "是", None]


def test_the_sheet_is_ready_for_the_printer(tmp_path: Path) -> None:
    excel.write(specimen.page(), tmp_path / "a.xlsx")
    sheet = load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert sheet.freeze_panes == "A5"
    assert sheet.print_title_rows == "$1:$4"
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert "&P" in sheet.oddFooter.center.text and "内部资料" in sheet.oddFooter.left.text
    assert sheet.auto_filter.ref == "A4:K18"
    assert all(sheet.row_dimensions[row].height for row in range(1, sheet.max_row + 1))
    assert "A5:K5" in {str(each) for each in sheet.merged_cells.ranges}
    assert sheet["B6"].number_format == "@" and sheet["J6"].number_format == "0.0%"


def test_columns_with_choices_offer_them(tmp_path: Path) -> None:
    many = tuple(f"很长的选项,{n}" for n in range(60))
    columns = (Column("方式", "w", choices=("入户", "电话")), Column("类别", "k", choices=many))
    excel.write(Page("表", columns, (("入户", None),)).blank(5), tmp_path / "a.xlsx")
    book = load_workbook(tmp_path / "a.xlsx")
    rules = {str(rule.sqref): rule.formula1 for rule in book.worksheets[0].data_validations.dataValidation}
    assert rules == {"A4:A8": "'选项'!$A$1:$A$2", "B4:B8": "'选项'!$B$1:$B$60"}
    assert book["选项"].sheet_state == "hidden" and book["选项"]["B60"].value == many[59]


def test_a_ledger_fed_row_by_row_is_the_same_as_one_in_memory(tmp_path: Path) -> None:
    class Fed:
        def __init__(self, rows: tuple[Line, ...]) -> None:
            self._rows = rows

        def __len__(self) -> int:
            return len(self._rows)

        def __contains__(self, row: object) -> bool:
            return row in self._rows

        def __iter__(self) -> Iterator[Line]:
            return iter(self._rows)

    rows = tuple(specimen.row(n) for n in range(1, 30))
    excel.write(specimen.page(0, totals=()).__class__("a", specimen.COLUMNS, rows), tmp_path / "a.xlsx")
    excel.write(specimen.page(0, totals=()).__class__("a", specimen.COLUMNS, Fed(rows)), tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_several_pages_are_several_sheets_with_legal_names(tmp_path: Path) -> None:
    pages = [
        specimen.page(2).__class__(title, (Column("a", "a"),), ((1,),)) for title in ("甲/乙", "甲 乙", "", "长" * 50)
    ]
    excel.write(pages, tmp_path / "a.xlsx")
    assert load_workbook(tmp_path / "a.xlsx").sheetnames == ["甲 乙", "甲 乙 2", "台账", "长" * 28]


def test_the_same_page_gives_the_same_bytes_and_every_part_is_sound(tmp_path: Path) -> None:
    for name in "ab":
        excel.write(specimen.page(), tmp_path / f"{name}.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert zipfile.ZipFile(tmp_path / "a.xlsx").testzip() is None


def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    excel.write(specimen.page(), tmp_path / "a.xlsx")
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]


def test_progress_ends_at_all_rows_and_cancelling_leaves_the_old_file(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    excel.write(specimen.page(1200), tmp_path / "a.xlsx", lambda done, total, _label: told.append((done, total)))
    assert told == [(500, 1202), (1000, 1202), (1202, 1202)]
    before = (tmp_path / "a.xlsx").read_bytes()

    def cancel(done: int, total: int, label: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        excel.write(specimen.page(1200), tmp_path / "a.xlsx", cancel)
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]
    assert (tmp_path / "a.xlsx").read_bytes() == before


def test_memory_does_not_grow_with_the_rows() -> None:
    figure = bench.workbook_memory(30_000)
    assert figure.ours < 60
    assert figure.base is not None and figure.ours - figure.base < 15


def test_a_text_too_long_for_a_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    for text in ("字" * 40_000, "𠅤" * 20_000):
        kept = str(cell_texts(tmp_path, [text])[0])
        assert len(kept.encode("utf-16-le")) // 2 <= 32_767 and kept.endswith("全文见 PDF）") and kept[:9] == text[:9]
    assert cell_texts(tmp_path, ["字" * 32_767]) == ["字" * 32_767]
    excel.write(Page("长", (Column("a", "a"),), (), notes=("字" * 40_000,)), tmp_path / "a.xlsx")
    assert len(str(load_workbook(tmp_path / "a.xlsx").worksheets[0]["A5"].value)) <= 32_767


def test_wide_ledgers_print_on_large_paper(tmp_path: Path) -> None:
    excel.write(specimen.page(2, paper="A3"), tmp_path / "a.xlsx")
    setup = load_workbook(tmp_path / "a.xlsx").worksheets[0].page_setup
    assert (setup.paperSize, setup.orientation) == (8, "landscape")


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_keeps_what_a_workbook_holds(tmp_path: Path) -> None:
    page = specimen.page(8, marks=(("Edition", "PS3"),))
    lines = (*subtotals(page.columns, page.rows), (*specimen.row(9)[:3], "=1+1", "", *specimen.row(9)[5:]))  # type: ignore[index]
    excel.write([replace(page, rows=lines), replace(page.blank(4), title="空白", paper="A3")], tmp_path / "a.xlsx")
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    command = [
        "soffice",
        "--headless",
        "--norestore",
        home,
        "--convert-to",
        "xlsx",
        "--outdir",
        tmp_path / "b",
        tmp_path / "a.xlsx",
    ]
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    ours, theirs = load_workbook(tmp_path / "a.xlsx"), load_workbook(tmp_path / "b" / "a.xlsx")
    assert ours.sheetnames == theirs.sheetnames and marks_of(tmp_path / "b" / "a.xlsx") == {"Edition": "PS3"}
    for sheet, kept in zip(ours.worksheets, theirs.worksheets, strict=True):
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
            assert (kept[cell.coordinate].value, kept[cell.coordinate].data_type) == (cell.value, cell.data_type)
        assert kept.print_title_rows == sheet.print_title_rows or not sheet.print_title_rows
        assert len(kept.data_validations.dataValidation) == len(sheet.data_validations.dataValidation)
