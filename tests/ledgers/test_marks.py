"""What a file says of itself."""

import random
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pypdfium2 import PdfDocument

from app.errors import Refusal
from app.ledgers import excel, marks, pdf
from app.ledgers.marks import marks_of
from app.ledgers.page import Page
from tests.ledgers import specimen

MARKS = (("Edition", "PS3-0102-2025-03-001"), ("Hash", "9f8a" * 16), ("Unit", '濮东网格 <&> "陈𠅤"'), ("Empty", ""))
WRITERS = {"pdf": pdf.write, "xlsx": excel.write}


def written(folder: Path, ending: str, page: Page) -> Path:
    path = folder / f"a.{ending}"
    WRITERS[ending](page, path)  # type: ignore[operator]
    return path


@pytest.mark.parametrize("ending", WRITERS)
def test_the_marks_of_a_page_are_read_back_from_its_file(tmp_path: Path, ending: str) -> None:
    assert marks_of(written(tmp_path, ending, specimen.page(2, marks=MARKS))) == dict(MARKS)


@pytest.mark.parametrize("ending", WRITERS)
def test_a_file_without_marks_says_nothing_of_itself(tmp_path: Path, ending: str) -> None:
    assert marks_of(written(tmp_path, ending, specimen.page(2))) == {}
    assert specimen.page(2, marks=MARKS).blank().marks == ()


def test_the_files_tell_title_unit_and_period(tmp_path: Path) -> None:
    with PdfDocument(written(tmp_path, "pdf", specimen.page(2))) as document:
        facts = document.get_metadata_dict()
    assert (facts["Title"], facts["Author"], facts["Subject"]) == ("入户走访台账", specimen.page().unit, "2025年3月")
    book = load_workbook(written(tmp_path, "xlsx", specimen.page(2))).properties
    assert (book.title, book.creator, book.subject, book.language) == (
        "入户走访台账", specimen.page().unit, "2025年3月", "zh-CN",
    )  # fmt: skip


@pytest.mark.parametrize("bad", [("名", "x"), ("Names", "x"), ("a b", "x"), ("A", "x\n"), ("A", "x" * 9_000)])
def test_what_is_no_mark_is_not_written(bad: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="mark"):
        pdf.document(specimen.page(1, marks=(bad,)))
    with pytest.raises(ValueError, match="mark"):
        marks.sound((("A", "1"), ("A", "2")))


def custom(path: Path, xml: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("docProps/custom.xml", xml)
    return path


_BOMB = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><P><property name="Fengge.A"><l>&c;</l></property></P>'
_TWICE = '<P><property name="Fengge.A"><l>1</l></property><property name="Fengge.A"><l>2</l></property></P>'


@pytest.mark.parametrize("xml", [_BOMB, _TWICE, "<P>", "<P>" + " " * 5_000_000 + "</P>"])
def test_a_workbook_built_to_harm_is_refused(tmp_path: Path, xml: str) -> None:
    with pytest.raises(Refusal) as refused:
        marks_of(custom(tmp_path / "a.xlsx", xml))
    assert refused.value.code == "marks_damaged"


def test_marks_of_other_programs_are_left_aside(tmp_path: Path) -> None:
    xml = '<P><property name="Company"><l>x</l></property><property name="Fengge.A"><l>1</l></property><property/></P>'
    assert marks_of(custom(tmp_path / "a.xlsx", xml)) == {"A": "1"}


def test_files_that_are_none_of_ours_are_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.pdf").write_bytes(b"hello")
    (tmp_path / "torn.pdf").write_bytes(b"%PDF-1.4\n" + b"\0" * 100)
    (tmp_path / "torn.xlsx").write_bytes(b"PK\x03\x04" + b"\0" * 100)
    long = written(tmp_path, "pdf", specimen.page(1, marks=(("A", "x" * 8_000),))).read_bytes()
    (tmp_path / "long.pdf").write_bytes(
        long.replace(b"/Fengge.Names (A)", b"/Fengge.Names %s" % (b"(" + b"A " * 8_000 + b")"))
    )
    said = {}
    for path in tmp_path.glob("*"):
        try:
            marks_of(path)
        except Refusal as refused:
            said[path.name] = refused.code
    assert said == {
        "text.pdf": "marks_other_file", "torn.pdf": "marks_damaged", "torn.xlsx": "marks_damaged", "long.pdf": "marks_damaged",
    }  # fmt: skip
    with pytest.raises(Refusal, match="打不开"):
        marks_of(tmp_path / "gone.pdf")


@pytest.mark.parametrize("ending", WRITERS)
def test_a_file_with_bytes_changed_is_read_or_refused(tmp_path: Path, ending: str) -> None:
    dice = random.Random(3)
    sound = written(tmp_path, ending, specimen.page(1, marks=MARKS)).read_bytes()
    for n in range(80):
        changed = bytearray(sound[: dice.randrange(len(sound))] if n % 8 == 0 else sound)
        for _change in range(dice.choice((1, 5, 40))):
            changed[dice.randrange(max(0, len(changed) - (3_000 if n % 2 else len(changed))), len(changed))] = (
                dice.randrange(256)
            )
        path = tmp_path / f"b.{ending}"
        path.write_bytes(changed)
        with suppress(Refusal):
            marks_of(path)
