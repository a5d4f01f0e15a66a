"""Ledgers on paper."""

import re
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from pypdfium2 import PdfDocument

from app.ledgers import pdf
from app.ledgers.gaps import Place, sentence
from app.ledgers.page import Column, Page, Section, Total
from app.ledgers.preview import Preview
from tests.bench import ledgers as bench
from tests.ledgers import golden, specimen

_LABEL = "𰻝合计"


def text_of(page: Page) -> str:
    return golden.sheets_text(pdf.document(page))


def test_the_text_of_a_ledger_is_as_it_was(golden_write: bool) -> None:
    golden.same("specimen.pdf.txt", text_of(specimen.page()), golden_write)


def test_rare_names_are_copied_right_from_the_paper() -> None:
    text = text_of(specimen.page())
    assert all(name in text for name in ("张㛃", "欧阳䶮", "陈𠅤"))


def test_another_reader_finds_the_same_names(tmp_path: Path) -> None:
    if not shutil.which("pdftotext"):
        pytest.skip("poppler is not installed")
    pdf.write(specimen.page(), tmp_path / "a.pdf")
    run = subprocess.run(["pdftotext", tmp_path / "a.pdf", "-"], capture_output=True, check=True)
    assert all(name in run.stdout.decode() for name in ("张㛃", "欧阳䶮", "陈𠅤"))


def test_every_font_is_embedded(tmp_path: Path) -> None:
    content = pdf.document(specimen.page())
    fonts = set(re.findall(rb"/BaseFont /([^\s/]+)", content))
    assert fonts and all(re.fullmatch(rb"[A-Z]{6}\+NotoSerifSC-(Regular|Bold)", name) for name in fonts)
    assert content.count(b"/FontFile2") >= len(fonts)


def test_the_header_is_on_every_sheet_and_sheets_are_counted() -> None:
    document = pdf.document(specimen.page(60))
    with Preview(document) as preview:
        count = len(preview)
        texts = [preview.text(index) for index in range(count)]
    assert count > 3
    assert all("了解的情况" in text and "走访内容" in text for text in texts)
    assert all(f"第 {n} 页" in text and f"共 {count} 页" in text for n, text in enumerate(texts, 1))
    assert all("（续）" in text for text in texts[1:])


@pytest.mark.parametrize("rows", range(1, 40, 3))
def test_signatures_never_stand_on_a_sheet_without_a_row(rows: int) -> None:
    with Preview(pdf.document(specimen.page(rows, totals=()))) as preview:
        last = preview.text(len(preview) - 1)
    assert "负责人（签字）" in last
    assert f"C03-017-{rows:04d}" in last


@pytest.mark.parametrize("rows", range(10, 30))
def test_a_section_stands_with_its_first_row(rows: int) -> None:
    page = Page("表", (Column("a", "a"),), (*((n,) for n in range(rows)), Section("某网格"), ("末行",)), signatures=())
    with Preview(pdf.document(page)) as preview:
        texts = [preview.text(index) for index in range(len(preview))]
    assert all(("某网格" in text) == ("末行" in text) for text in texts)


def test_nothing_of_a_row_taller_than_a_sheet_is_lost() -> None:
    words = "".join(f"第{n}句。" for n in range(2500))
    page = Page("长文", (Column("序号", "n", 12), Column("内容", "t", 80, kind="multiline")), ((1, words),))
    document = pdf.document(page)
    text = re.sub(r"\s", "", golden.sheets_text(document))
    for part in ("第0句。", "第1234句。", "第2499句。"):
        assert part in text
    with Preview(document) as preview:
        assert len(preview) > 3


def test_unknown_characters_are_marked_and_listed() -> None:
    page = Page("花名册", (Column("姓名", "name", 60),), (("王𰻝明",), ("李建国",)))
    written = pdf.draw(page, BytesIO())
    assert written.missing == ("𰻝",)
    text = text_of(page)
    assert "王〓明" in text and "缺字清单" in text and "U+30EDD" in text


def test_a_rare_name_in_the_title_falls_back_to_the_regular_weight() -> None:
    assert "䶮㛃𠅤卷宗" in text_of(Page("䶮㛃𠅤卷宗", (Column("a", "a"),), (("b",),)))


def test_the_same_page_gives_the_same_bytes() -> None:
    assert pdf.document(specimen.page()) == pdf.document(specimen.page())


def test_several_pages_are_one_document_numbered_through() -> None:
    with Preview(pdf.document([specimen.page(3), specimen.page(3, landscape=False)])) as preview:
        assert len(preview) == 2
        assert preview.size(0)[0] > preview.size(0)[1]
        assert preview.size(1)[0] < preview.size(1)[1]
        assert "第 2 页" in preview.text(1)


def test_an_empty_ledger_and_a_blank_form_print() -> None:
    assert "本期没有记录" in text_of(specimen.page(0).__class__("台账", specimen.COLUMNS, ()))
    assert "填报日期：" in text_of(specimen.page().blank())


def test_the_number_and_its_code_stand_on_the_paper() -> None:
    page = specimen.page(3, code="FG1:PS3-0102-2025-03-001:9f8a7c")
    with Preview(pdf.document(page)) as preview:
        assert "PS3-0102-2025-03-001" in preview.text(0)
        picture = preview.picture(0, 72)
    corner = [picture.pixels[y * picture.stride + x * 3] for y in range(45, 95) for x in range(745, 795)]
    assert sum(value < 80 for value in corner) > len(corner) / 5


def test_progress_ends_at_all_rows_and_cancelling_leaves_no_file(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    pdf.write(specimen.page(60), tmp_path / "a.pdf", lambda done, total, _label: told.append((done, total)))
    assert told[-1] == (62, 62) and len(told) > 2 and told == sorted(told)

    class Cancelled(Exception):
        pass

    def cancel(done: int, total: int, label: str) -> None:
        raise Cancelled

    (tmp_path / "a.pdf").unlink()
    with pytest.raises(Cancelled):
        pdf.write(specimen.page(60), tmp_path / "a.pdf", cancel)
    assert list(tmp_path.iterdir()) == []


def test_ten_thousand_rows_take_little_memory() -> None:
    assert bench.paper_memory(10_000).ours < 200


def test_pictures_are_plain_pixels() -> None:
    with Preview(pdf.document(specimen.page(2))) as preview:
        small, large = preview.picture(0, 48), preview.picture(0, 96)
    assert len(small.pixels) == small.stride * small.height
    assert abs(large.width - 2 * small.width) <= 2
    assert min(small.pixels) < 100 and max(small.pixels) == 255


def test_the_file_can_be_read_back(tmp_path: Path) -> None:
    written = pdf.write(specimen.page(), tmp_path / "台账.pdf")
    assert len(PdfDocument(tmp_path / "台账.pdf")) == written.sheets


def test_a_character_no_font_has_is_told_with_its_place() -> None:
    columns = (Column("序号", "n", 12), Column("姓名", "name", 30), Column("情况", "text", 30, kind="multiline"))
    rows = (Section("甲网格"), (1, "李建国", "好"), (2, "王𰻝明", "一\n" * 40 + "住𰻝家"), Total((_LABEL, None, None)))
    written = pdf.draw([Page("花名册", columns, rows, "𰻝中心站"), Page("走访", columns, rows[:2])], BytesIO())
    assert [(gap.place, gap.text[:4], gap.sheet) for gap in written.gaps] == [
        (Place("花名册", 0, "填报单位和期间"), "填报单位", 1),
        (Place("花名册", 2, "姓名"), "王𰻝明", 1),
        (Place("花名册", 2, "情况"), "一\n一\n", 1),
        (Place("花名册"), _LABEL, 1),
    ]  # fmt: skip
    told = sentence(written.gaps)
    assert (
        "有 4 处" in told and "第 2 行「姓名」王𰻝明（U+30EDD）" in told and "一 住𰻝家" in told and "最后一页" in told
    )
    assert sentence(()) == "" and "最后一页" not in sentence(written.gaps[:2])


def test_a_number_in_a_narrow_column_is_smaller_and_not_torn() -> None:
    columns = (Column("a", "a", 8, kind="number"), Column("b", "b", 8, kind="percent"), Column("c", "c", 170))
    text = text_of(Page("台账", columns, ((123456, "+100%", None),)))
    assert "123456" in text and "+100%" in text
