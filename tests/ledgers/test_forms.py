"""A unit's own workbook: judged whole, filled without touching the rest, its formulas, pictures and areas kept right."""

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.formula import ArrayFormula
from PIL import Image as Picture

from app.errors import Refusal
from app.ledgers import layout_files, layouts, marks
from app.ledgers.forms import filling, keeping, reading, references
from app.ledgers.forms.references import Repeat
from app.ledgers.page import Column, Page, Section
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from tests.factories import copy_of_headquarters

COLUMNS = (
    Column("序号", "n", kind="number", summed=False),
    Column("单位", "unit"),
    Column("件数", "count", kind="number"),
    Column("日期", "day", kind="date", group="登记"),
    Column("日期", "ended", kind="date", group="办结"),
    Column("电话", "phone", kind="code"),
)
ROWS = (
    (1, "=1+1", 10, date(2025, 3, 1), None, "014200000001"),
    (2, "甲 & <乙> _x000D_ 㛃", 20, date(2025, 3, 2), None, ""),
    (3, "长" * 200, 30, date(2025, 3, 3), date(2025, 3, 9), ""),
)
PAGE = Page(
    "月报",
    COLUMNS,
    (Section("组"), *ROWS, Section("合计：3 件")),
    unit="采油&一区",
    period="2025年3月",
    filled_on=date(2025, 4, 1),
)


def book() -> Workbook:
    """A form as an office makes one: merged title, a row to be repeated, sums, pictures, print area, rules, a chart, a second sheet."""
    made = Workbook()
    sheet: Any = made.active
    sheet.title = "月报 表"
    sheet.merge_cells("A1:F1")
    sheet["A1"], sheet["A2"], sheet["F2"] = "{{单位}}月报（{{期间}}）", "填报日期：{{填报日期}}", "{{填报日期}}"
    sheet["F2"].number_format = "yyyy-mm-dd"
    for at, text in enumerate(
        ("{{行.序号}}", "{{ 行．登记.日期 }}", "{{行.单位}}", "{{行.件数}}", "=SUM(D$5:D5)", "=D5/SUM(D$5:D$5)"), 1
    ):
        sheet.cell(5, at, text)
    sheet["B5"].number_format = 'yyyy"年"m"月"d"日"'
    sheet["C5"].alignment = Alignment(wrap_text=True)
    sheet["G5"], sheet["H5"] = "{{行.电话}}", "第{{行.n}}件"
    sheet.merge_cells("H5:I5")
    sheet.row_dimensions[5].height = 30
    sheet["A6"], sheet["D6"], sheet["E6"], sheet["F6"] = "合计", "=SUM(D5:D5)", "{{合计：件数}}", "=D6*2"
    sheet.merge_cells("A6:C6")
    sheet["A8"], sheet["A9"] = "填表人：{{填表人}}", "{{合计说明}} 共{{项数}}项"
    sheet.print_area, sheet.print_title_rows = "A1:I9", "1:4"
    sheet.oddFooter.center.text = "{{单位}} 第&P页"
    sheet.conditional_formatting.add("D5", CellIsRule(operator="greaterThan", formula=["$D$6"]))
    rule = DataValidation(type="list", formula1='"a,b"')
    rule.add("F5")
    rule.add("C8")
    sheet.add_data_validation(rule)
    for anchor in ("F1", "A11"):
        stream = io.BytesIO()
        Picture.new("RGB", (6, 4), "red").save(stream, "PNG")
        sheet.add_image(Image(stream), anchor)
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=4, min_row=5, max_row=5))
    sheet.add_chart(chart, "K12")
    other = made.create_sheet("汇总")
    other["A1"], other["A2"] = "='月报 表'!D6", "=SUM('月报 表'!D5:D5)"
    return made


def saved(made: Workbook) -> bytes:
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def filled(content: bytes, page: Page = PAGE) -> bytes:
    stream = io.BytesIO()
    filling.draw(reading.read(content, "月报.xlsx", COLUMNS), page, stream, "张三")
    return stream.getvalue()


def refused(content: bytes, name: str = "月报.xlsx") -> Refusal:
    with pytest.raises(Refusal) as refusal:
        reading.read(content, name, COLUMNS)
    return refusal.value


def changed(content: bytes, parts: dict[str, bytes]) -> bytes:
    """The workbook with these parts added or put in place of others."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in [*old.namelist(), *(name for name in parts if name not in old.namelist())]:
            new.writestr(name, parts[name] if name in parts else old.read(name))
    return stream.getvalue()


def test_a_filled_form_holds_the_values_and_everything_else_is_where_it_belongs() -> None:
    content = saved(book())
    out = filled(content)
    made = load_workbook(io.BytesIO(out))
    sheet: Any = made["月报 表"]
    assert sheet["A1"].value == "采油&一区月报（2025年3月）" and sheet["A2"].value == "填报日期：2025年4月1日"
    assert sheet["F2"].value.date() == date(2025, 4, 1)
    assert [[sheet.cell(row, at).value for at in (1, 3, 4, 7, 8)] for row in (5, 6, 7)] == [
        [1, "=1+1", 10, "014200000001", "第1件"], [2, "甲 & <乙> _x005F_x000D_ 㛃", 20, None, "第2件"], [3, ROWS[2][1], 30, None, "第3件"],
    ]  # fmt: skip
    assert sheet["C5"].data_type != "f" and sheet["C5"].quotePrefix and not sheet["C6"].quotePrefix
    assert sheet["B7"].value.date() == date(2025, 3, 3) and sheet["B7"].number_format == sheet["B5"].number_format
    assert [sheet[f"E{row}"].value for row in (5, 6, 7)] == ["=SUM(D$5:D5)", "=SUM(D$5:D6)", "=SUM(D$5:D7)"]
    assert [sheet[f"F{row}"].value for row in (6, 8)] == ["=D6/SUM(D$5:D$7)", "=D8*2"]
    assert (sheet["D8"].value, sheet["E8"].value) == ("=SUM(D5:D7)", 60)
    assert (sheet["A10"].value, sheet["A11"].value) == ("填表人：张三", "合计：3 件 共3项")
    assert {str(area) for area in sheet.merged_cells.ranges} == {"A1:F1", "H5:I5", "H6:I6", "H7:I7", "A8:C8"}
    assert sheet.print_area == "'月报 表'!$A$1:$I$11" and sheet.print_title_rows == "$1:$4"
    assert [str(one.sqref) for one in sheet.data_validations.dataValidation] == ["C10 F5:F7"]
    (rules,) = sheet.conditional_formatting
    assert str(rules.sqref) == "D5:D7" and rules.rules[0].formula == ["$D$8"]
    assert (
        sorted(image.anchor._from.row for image in sheet._images) == [0, 12] and sheet._charts[0].anchor._from.row == 13
    )
    assert sheet._charts[0].ser[0].val.numRef.f == "'月报 表'!$D$5:$D$7"
    assert sheet.row_dimensions[5].height == 30 and sheet.row_dimensions[7].height > 200
    assert sheet.oddFooter.center.text == "采油&&一区 第&P页"
    assert [made["汇总"][at].value for at in ("A1", "A2")] == ["='月报 表'!D8", "=SUM('月报 表'!D5:D7)"]
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(io.BytesIO(out)) as after:
        touched = {name for name in before.namelist() if before.read(name) != after.read(name)}
        assert before.namelist() == after.namelist() and b'fullCalcOnLoad="1"' in after.read("xl/workbook.xml")
    assert touched == {
        "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/drawings/drawing1.xml", "xl/charts/chart1.xml", "xl/styles.xml",
        "xl/workbook.xml",
    }  # fmt: skip
    assert filled(content) == out


def test_a_text_of_several_fonts_keeps_them() -> None:
    made = Workbook()
    sheet: Any = made.active
    red, plain = InlineFont(color="FFFF0000"), InlineFont(b=True)
    sheet["A1"] = CellRichText(TextBlock(red, "{{单位}} "), TextBlock(plain, "月报（{{期间}}）"))
    sheet["A2"] = CellRichText(TextBlock(red, "{{单"), TextBlock(plain, "位}}的"))
    sheet["A3"] = CellRichText(TextBlock(red, "{{项数}}"))
    out = load_workbook(io.BytesIO(filled(saved(made))), rich_text=True).active
    assert [(block.text, bool(block.font.b)) for block in out["A1"].value] == [
        ("采油&一区 ", False),
        ("月报（2025年3月）", True),
    ]  # type: ignore[index]
    assert str(out["A2"].value) == "采油&一区的" and out["A3"].value == 3  # type: ignore[index]


def test_a_month_without_rows_and_a_blank_form_keep_one_row() -> None:
    for page in (Page("月报", COLUMNS, ()), PAGE.blank(1)):
        sheet: Any = load_workbook(io.BytesIO(filled(saved(book()), page)))["月报 表"]
        assert (sheet["A5"].value, sheet["D6"].value, sheet["E6"].value) == (None, "=SUM(D5:D5)", 0)


def test_what_other_programs_write_is_read_shared_formulas_prefixes_and_chains() -> None:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f"""<?xml version="1.0" encoding="UTF-8"?><x:worksheet xmlns:x="{main}"><x:sheetData><x:row r="1" ht="20">
    <x:c r="A1" t="inlineStr"><x:is><x:r><x:t>{{{{行.</x:t></x:r><x:r><x:t>件数}}}}</x:t></x:r></x:is></x:c>
    <x:c r="B1" t="str"><x:f t="shared" ref="B1:B3" si="0">A1*2</x:f><x:v>7</x:v></x:c></x:row>
    <x:row r='2'><x:c r='B2'><x:f t="shared" si="0"/><x:v>9</x:v></x:c></x:row>
    <x:row r="3"><x:c r="B3"><x:f t="shared" si="0"/></x:c><x:c r="C3" t="b"><x:v>1</x:v></x:c></x:row>
    </x:sheetData></x:worksheet>""".encode()
    plain = Workbook()
    plain.active["A1"] = "{{单位}}"  # type: ignore[index]
    types = zipfile.ZipFile(io.BytesIO(saved(plain))).read("[Content_Types].xml")
    chain = b'<Override PartName="/xl/calcChain.xml" ContentType="application/x"/></Types>'
    content = changed(saved(plain), {
        "xl/worksheets/sheet1.xml": sheet, "xl/calcChain.xml": b"<calcChain/>", "[Content_Types].xml": types.replace(b"</Types>", chain),
    })  # fmt: skip
    out = filled(content)
    sheet_: Any = load_workbook(io.BytesIO(out)).active
    assert [sheet_[f"A{row}"].value for row in (1, 2, 3)] == [10, 20, 30]
    assert [sheet_[f"B{row}"].value for row in (1, 2, 3, 4, 5)] == ["=A1*2", "=A2*2", "=A3*2", "=A4*2", "=A5*2"]
    assert sheet_["C5"].value is True
    with zipfile.ZipFile(io.BytesIO(out)) as archive:
        assert "xl/calcChain.xml" not in archive.namelist() and b"calcChain" not in archive.read("[Content_Types].xml")


def test_all_faults_are_told_at_once_with_their_cells() -> None:
    made = book()
    sheet: Any = made["月报 表"]
    sheet["B2"], sheet["C2"], sheet["D2"], sheet["E2"] = "{{单 位名称}}", "{{行.件树}}", "{{行.日期}}", "{{合计:单位}}"
    sheet["A3"], sheet["B3"], sheet["C3"], sheet["D3"] = '="{{单位}}"&A1', "{{单位", "=[1]Sheet1!A1", '=WEBSERVICE("x")'
    sheet["A7"], sheet["B7"] = "{{行.单位}}", ArrayFormula("B7:B7", "=SUM(D5:D5*2)")
    sheet["A6"].comment = Comment("批", "我")
    sheet.merge_cells("J5:J6")
    sheet.oddHeader.center.text = "{{行.单位}}"
    made["汇总"]["A3"] = "=A1+#"
    told = str(refused(saved(made)))
    for words in (
        "月报 表!B2: 不认识的占位符 {{单 位名称}}。是不是「单位」", "月报 表!C2: 不认识的占位符 {{行.件树}}。是不是「行.件数」",
        "叫「日期」的不止一列",
        "登记.日期、办结.日期", "E2: 「合计:单位」不是数量", "A3: 占位符写在公式里", "B3: 占位符没有写完整", "C3: 公式引用其他文件",
        "D3: 公式引用",
        "只能都写在同一行, 现在在 A5、A7", "B7: 数组公式", "A6: 批注", "J5:J6: 合并的单元格", "页眉页脚里不能写", "汇总!A3: 公式看不懂",
    ):  # fmt: skip
        assert words in told, words


def test_what_would_be_lost_or_is_not_safe_is_named() -> None:
    content = saved(book())
    outside = b'<Relationship Id="a" Type="http://x/image" Target="http://x/a.png" TargetMode="External"/>'
    link = b'<Relationships xmlns="x">' + outside + b"</Relationships>"
    parts = {
        "xl/vbaProject.bin": b"x", "xl/externalLinks/externalLink1.xml": b"<a/>", "xl/pivotTables/pivotTable1.xml": b"<a/>",
        "xl/embeddings/oleObject1.bin": b"x", "xl/drawings/_rels/drawing9.xml.rels": link,
    }  # fmt: skip
    told = str(refused(changed(content, parts)))
    assert all(words in told for words in ("宏", "到其他工作簿的链接", "数据透视表", "嵌入的文件"))
    box = b'<a xmlns:a="x"><a:t>{{\xe5\x8d\x95</a:t><a:t>\xe4\xbd\x8d}}</a:t></a>'
    assert "文本框" in str(refused(changed(content, {"xl/drawings/drawing7.xml": box})))
    assert "没有找到占位符" in str(refused(saved(Workbook())))
    assert refused(content, "月报.xlsm").code == "form_other_file"


def test_hostile_files_are_refused_calmly_and_quickly() -> None:
    content = saved(book())
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    rows = b"".join(b'<row r="%d"/>' % n for n in range(1, 5_002))
    many = b"".join(b'<row r="%d"/>' % n for n in range(1, 100_001))
    long = b'<row r="1"><c r="A1" t="inlineStr"><is><t>' + b"x" * 1_000_000 + b"</t></is></c></row>"
    bomb = b'<!DOCTYPE a [<!ENTITY b "cccc">]>' + head + b"</sheetData></worksheet>"
    part = "xl/worksheets/sheet1.xml"
    cases = {
        "protected_file": b"\xd0\xcf\x11\xe0" + content, "damaged_file": content[: len(content) // 2],
        "form_too_large": changed(content, {part: head + rows + b"</sheetData></worksheet>"}),
    }  # fmt: skip
    for code, bad in cases.items():
        assert refused(bad).code == code
    assert refused(changed(content, {part: head + many + b"</sheetData></worksheet>"})).code == "form_too_large"
    assert "单元格 A1 里内容太长" in str(refused(changed(content, {part: head + long + b"</sheetData></worksheet>"})))
    assert refused(changed(content, {part: head + b" " * 30_000_000 + b"</sheetData></worksheet>"})).code == "too_large"
    chart = changed(content, {"xl/charts/chart1.xml": b"<a>"})
    with pytest.raises(Refusal, match="不是完整的"):
        filled(chart)
    for bad in (bomb, bomb[:-9], b"\xff\xfe<\x00", head + b'<row r="x"><c r="1A"/></row></sheetData></worksheet>', b""):
        assert refused(changed(content, {part: bad})).code == "damaged_file"


@pytest.mark.parametrize(
    ("text", "outside", "copy"),
    [
        ("SUM(D5:D5)", "SUM(D5:D7)", "SUM(D6:D6)"), ("SUM(D4:D6)", "SUM(D4:D8)", "SUM(D4:D8)"), ("D6+D4+D5", "D8+D4+D5", "D8+D5+D6"),
        ("$D$5*$D5", "$D$5*$D5", "$D$5*$D6"),
        ("SUM(D:D)+SUM(5:5)", "SUM(D:D)+SUM(5:7)", "SUM(D:D)+SUM(5:7)"),
        ("S!D6+'S'!D5:D5+T!D6", "S!D8+'S'!D5:D7+T!D6", "S!D8+'S'!D6:D6+T!D6"),
        ('IF(D6="D6",LOG10(D6),D_6)', 'IF(D8="D6",LOG10(D8),D_6)', None),
    ],
)  # fmt: skip
def test_references_follow_the_row_that_stands_three_times(text: str, outside: str, copy: str | None) -> None:
    repeats = (Repeat("S", 5, 3),)
    assert references.formula(text, "S", repeats) == outside
    assert references.formula(text, "S", repeats, 1) == (copy or outside)
    assert references.formula(text, "T", ()) == text


def test_a_form_is_kept_as_a_layout_printed_and_handed_on(tmp_path: Path) -> None:
    plant = copy_of_headquarters(tmp_path / "hq")
    made = Workbook()
    made.active["A1"], made.active["A2"], made.active["B2"] = "{{单位}}", "{{行.走访对象}}", "{{行.住址}}"  # type: ignore[index]
    with plant.store.begin(plant.boss) as s:
        with pytest.raises(Refusal, match="不认识的占位符"):
            made.active["C2"] = "{{行.走访对像}}"  # type: ignore[index]
            keeping.save(s, "visits", "本单位走访表", saved(made), "走访表.xlsx")
        assert layouts.rows(s) == []
        made.active["C2"] = None  # type: ignore[index]
        layout = keeping.save(s, "visits", "本单位走访表", saved(made), "走访表.xlsx")
        s.add(plant.visit(path=plant.path))
    with plant.store.read(plant.boss) as s:
        printed = layouts.named(s, "本单位走访表")
        page = printed.page(s, Period.parse("2025-03"), Scope())
        assert [column.title for column in page.columns] == ["走访对象", "住址"]
        form = keeping.content(s, printed)
        handed = layout_files.write(s, layout.id)
    keeping.write(page, tmp_path / "out.xlsx", form, "周立")
    sheet: Any = load_workbook(tmp_path / "out.xlsx").active
    assert [cell.value for cell in sheet[2]][:2] == ["张三", "安居苑3号楼2单元401"]
    assert marks.marks_of(tmp_path / "out.xlsx") == {}
    with plant.store.begin(plant.boss) as s:
        again = layout_files.take(s, handed)
        assert (again.version, again.plan) == (2, layout.plan)
        assert keeping.content(s, layouts.laid_out(s, again)) == form
    plant.store.close()
