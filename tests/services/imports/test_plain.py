"""Tables of text in the encodings of Windows and of other programs are ledgers like any other."""

from pathlib import Path

import openpyxl
import pytest

from app.errors import Refusal
from app.services.imports.marked import mark
from app.services.imports.workbook import read
from tests.factories import Plant
from tests.services.imports.offices import checked, taken

TEXT = '姓名,身份证号,所属网格,备注\n王小明,110101199003070134,红梁第一网格,"说明, 有逗号"\n李军,110101198001010054,红梁第二网格,=1+1\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_a_roster_as_text_is_checked_taken_and_marked_like_any_other(
    encoding: str, separator: str, plant: Plant, tmp_path: Path
) -> None:
    path = tmp_path / "花名册[1].csv"
    path.write_bytes((TEXT if separator == "," else TEXT.replace(",", "\t").replace('"', "")).encode(encoding))
    outcome = checked(plant, path)
    assert [(one.kind, one.counts["accepted"]) for one in outcome.sheets] == [("roster", 1)]
    assert [one.code for one in outcome.findings] == ["E_ID_CHECKSUM"]
    mark(path, outcome, tmp_path / "标注.xlsx")
    book = openpyxl.load_workbook(tmp_path / "标注.xlsx")
    assert book.sheetnames == ["导入问题", "花名册 1"]
    assert book["花名册 1"]["B3"].comment and book["花名册 1"]["D3"].value == "=1+1"
    assert book["花名册 1"]["D3"].data_type == "s"
    if (encoding, separator) == ("utf-8", ","):
        assert taken(plant, outcome).made == {"person": 1}


def test_a_workbook_called_csv_is_read_as_the_workbook_it_is(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["姓名"])  # type: ignore[union-attr]
    book.save(tmp_path / "a.xlsx")
    (tmp_path / "a.xlsx").rename(tmp_path / "a.csv")
    assert read(tmp_path / "a.csv").sheets[0].rows == {1: {1: "姓名"}}


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02,\xff\xff\x80\x81", b"hello world", b'a,"' + b"x" * 200_000, b"\x80,\x80"]
)
def test_what_is_no_table_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(Refusal) as refusal:
        read(tmp_path / "a.csv")
    assert refusal.value.code == "damaged_file"
