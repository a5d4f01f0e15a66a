"""Files are read as people left them; those that are damaged, protected or built to burst are refused."""

import io
import tracemalloc
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook as Book
from openpyxl.styles import Alignment, Font

from app.errors import Refusal
from app.services.imports import package
from app.services.imports.looks import shows_date
from app.services.imports.workbook import ExcelError, Formula, column_letter, column_number, read

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def raw_file(path: Path, sheet: str, strings: str = "", book: str = "", styles: str = "") -> Path:
    """A workbook of one sheet, written part by part."""
    parts = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">{book}<sheets><sheet name="表" sheetId="1" r:id="a"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="a" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": f"<sst>{strings}</sst>",
        "xl/styles.xml": f"<styleSheet>{styles}</styleSheet>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


def refused(path: Path) -> str:
    with pytest.raises(Refusal) as refusal:
        read(path)
    assert path.name in str(refusal.value) or "表" in str(refusal.value)
    return refusal.value.code


def test_values_formulas_dates_errors_and_merged_cells_are_told_apart(tmp_path: Path) -> None:
    book = Book()
    sheet = book.active
    sheet.append(["文字", 3, 3.15, datetime(2025, 3, 5), "#REF!", "=1+1", True])
    sheet["F1"].data_type = "s"
    sheet["A2"], sheet["B2"] = "=A1", "划去"
    sheet["B2"].font = Font(strike=True)
    sheet["C2"] = "缩进"
    sheet["C2"].alignment = Alignment(indent=2)
    sheet["A3"] = "合并"
    sheet.merge_cells("A3:B5")
    book.save(tmp_path / "a.xlsx")
    found = read(tmp_path / "a.xlsx").sheets[0]
    assert list(found.rows[1].values()) == ["文字", 3, 3.15, datetime(2025, 3, 5), "#REF!", "=1+1", True]
    assert isinstance(found.at(1, 5), ExcelError)
    assert (found.at(2, 1), found.raw(2, 1)) == (Formula.NO_RESULT, "=A1")
    assert found.struck == {2: 1}
    assert found.indents == {(2, 3): 2}
    assert (found.at(3, 2), found.width(3, 1)) == ("合并", 2)


def test_rich_text_inline_text_and_prefixed_parts_are_read(tmp_path: Path) -> None:
    sheet = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row><x:c t="s"><x:v>0</x:v></x:c>'
        '<x:c t="inlineStr"><x:is><x:r><x:t>行</x:t></x:r><x:r><x:t>内</x:t></x:r></x:is></x:c>'
        '<x:c t="str"><x:f>A1</x:f><x:v>甲_x000D_乙</x:v></x:c><x:c t="d"><x:v>2025-03-05</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    strings = "<si><r><t>走</t></r><r><t>访</t></r><rPh><t>zoufang</t></rPh></si>"
    found = read(raw_file(tmp_path / "a.xlsx", sheet, strings)).sheets[0]
    assert found.rows == {1: {1: "走访", 2: "行内", 3: "甲\r乙", 4: datetime(2025, 3, 5)}}


def test_files_that_count_days_from_1904_give_the_same_days(tmp_path: Path) -> None:
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    sheet = '<worksheet><sheetData><row r="1"><c r="A1" s="1"><v>44259</v></c></row></sheetData></worksheet>'
    found = read(raw_file(tmp_path / "a.xlsx", sheet, book='<workbookPr date1904="1"/>', styles=styles)).sheets[0]
    assert found.rows[1][1] == datetime(2025, 3, 5)


def test_a_used_range_down_to_row_65536_costs_no_memory(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{row}"><c r="A{row}" s="1"/><c r="B{row}" s="1"/></row>' for row in range(2, 65_537))
    sheet = f'<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row>{rows}</sheetData><mergeCells>'
    sheet += '<mergeCell ref="A1:IV65536"/></mergeCells></worksheet>'
    path = raw_file(tmp_path / "a.xlsx", sheet)
    tracemalloc.start()
    found = read(path).sheets[0]
    assert found.last_row == 1
    assert found.at(1, 1) == 1
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    for name, content in [("text.xlsx", b"no workbook"), ("empty.xlsx", b""), ("zip.xlsx", _zipped({"a.txt": b"a"}))]:
        (tmp_path / name).write_bytes(content)
        assert refused(tmp_path / name) == "damaged_file"


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.xlsx") == "unreadable_file"
    (tmp_path / "folder.xlsx").mkdir()
    assert refused(tmp_path / "folder.xlsx") == "unreadable_file"


def test_a_file_with_a_password_or_of_the_old_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512)
    assert refused(tmp_path / "a.xlsx") == "protected_file"


def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    book = Book()
    book.active.append(["姓名"] * 50)
    book.save(tmp_path / "whole.xlsx")
    whole = (tmp_path / "whole.xlsx").read_bytes()
    for size in range(0, len(whole) - 1, 97):
        (tmp_path / "cut.xlsx").write_bytes(whole[:size])
        assert refused(tmp_path / "cut.xlsx") == "damaged_file"


def test_flipped_bytes_are_refused_or_read_but_never_break_the_program(tmp_path: Path) -> None:
    book = Book()
    book.active.append(["姓名", "身份证号"])
    book.save(tmp_path / "whole.xlsx")
    whole = (tmp_path / "whole.xlsx").read_bytes()
    for place in range(0, len(whole), 23):
        (tmp_path / "bad.xlsx").write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            read(tmp_path / "bad.xlsx")
        except Refusal as refusal:
            assert refusal.code in ("damaged_file", "protected_file", "too_large")


def test_a_file_built_to_burst_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(_zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b" " * (20 * 1024 * 1024)}))
    assert refused(path) == "too_large"
    path.write_bytes(_zipped({f"part{n}": b"" for n in range(package.MOST_PARTS + 1)}))
    assert refused(path) == "too_large"


def test_entities_and_document_types_are_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><worksheet>&b;</worksheet>'
    assert refused(raw_file(tmp_path / "a.xlsx", bomb)) == "damaged_file"


def test_strings_and_cells_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    for cell in ('<c r="A1" t="s"><v>7</v></c>', '<c r="A1"><v>zahl</v></c>', '<c r="A1" s="x"><v>1</v></c>'):
        sheet = f'<worksheet><sheetData><row r="1">{cell}</row></sheetData></worksheet>'
        assert refused(raw_file(tmp_path / "a.xlsx", sheet)) == "damaged_file"


@pytest.mark.parametrize(
    ("code", "is_date"),
    [
        ("yyyy-mm-dd", True),
        ('m"月"d"日"', True),
        ("[$-804]yyyy/m/d;@", True),
        ('yyyy"年"m"月"', True),
        ("General", False),
        ("0.00%", False),
        ('0"days"', False),
        ("#,##0", False),
        ("[Red]0", False),
        ("@", False),
        ("0_ ", False),
        ("[h]:mm", True),
    ],
)
def test_number_formats_tell_whether_a_number_is_a_day(code: str, is_date: bool) -> None:
    assert shows_date(code) is is_date


def test_columns_have_letters() -> None:
    assert [column_letter(number) for number in (1, 26, 27, 702, 703)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert all(column_number(column_letter(number)) == number for number in range(1, 1000))


def _zipped(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_merged_areas_beyond_all_bounds_are_refused_and_not_walked_through(tmp_path: Path) -> None:
    cell = '<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    areas = '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    sheet = read(raw_file(tmp_path / "a.xlsx", f"<worksheet>{cell}{areas}</worksheet>")).sheets[0]
    with pytest.raises(Refusal) as refusal:
        sheet.at(5, 5)
    assert refusal.value.code == "too_many_cells"


@pytest.mark.parametrize("row", ["0", "-3", "1048577", "99999999999999"])
def test_a_row_that_no_sheet_has_is_a_damaged_file(tmp_path: Path, row: str) -> None:
    text = f'<worksheet><sheetData><row r="{row}"><c><v>1</v></c></row></sheetData></worksheet>'
    assert refused(raw_file(tmp_path / "a.xlsx", text)) == "damaged_file"


def test_half_a_character_becomes_a_mark_and_two_halves_one_character(tmp_path: Path) -> None:
    cells = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in ("张_xD800_", "_xD840__xDC05_"))
    text = f'<worksheet><sheetData><row r="1">{cells}</row></sheetData></worksheet>'
    found = read(raw_file(tmp_path / "a.xlsx", text)).sheets[0]
    assert list(found.rows[1].values()) == ["张\ufffd", "\U00020005"]
