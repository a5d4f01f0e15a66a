"""The way in for existing Excel ledgers: checked first, taken whole, taken back whole."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pytestqt.qtbot import QtBot

from app.models.people import Person
from app.services import codes
from app.ui.admin.import_list import ImportsTab
from app.ui.admin.intake import ImportWizard
from app.ui.admin.mapping import MappingDialog
from app.ui.desk import Desk, Notice
from app.ui.widgets.dialogs import Question
from tests.factories import Plant

HEAD = ["序号", "姓名", "性别", "身份证号", "所属网格", "联系电话"]
ROWS: list[list[Any]] = [
    [1, "王小明", "男", "110101199003070134", "红梁第一网格", "14200000002"],
    [2, "李军", "男", "110101198001010053", "红梁第二网格", "14200000003"],
    [3, "赵强", "男", "110101199003070135", "红梁第一网格", "14200000004"],  # check digit wrong
    [4, "王小明", "男", "110101199003070134", "红梁第一网格", "14200000002"],  # the first once more
]


def ledger(path: Path, head: list[str] = HEAD) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "花名册"
    for row in [head, *ROWS]:
        sheet.append(row)
    book.save(path)
    return path


@pytest.fixture
def tab(desk: Desk, plant: Plant, qtbot: QtBot) -> ImportsTab:
    """The imports, with the wizard in front."""
    desk.store = plant.store
    with plant.store.read(plant.boss) as s:
        desk.codes = codes.all_choices(s)
    made = ImportsTab(desk)
    qtbot.addWidget(made)
    made.resize(1180, 660)
    made.show()
    made.open_record("new")
    return made


def checked(tab: ImportsTab, path: Path, qtbot: QtBot) -> ImportWizard:
    wizard = tab.wizard
    assert wizard is not None
    wizard.check(path)
    qtbot.waitUntil(lambda: wizard.outcome is not None and wizard.wizard.here == 1, timeout=30_000)
    qtbot.waitUntil(lambda: wizard.checked.list.model.ready)
    return wizard


def people(plant: Plant) -> set[str]:
    with plant.store.read(plant.boss) as s:
        return {one.name for one in s.query(Person).where(Person.voided_at.is_(None))}


def heard(desk: Desk) -> list[Notice]:
    notices: list[Notice] = []
    desk.noticed.connect(notices.append)
    return notices


def test_all_findings_stand_in_a_table_before_anything_is_taken(
    tab: ImportsTab, plant: Plant, tmp_path: Path, qtbot: QtBot
) -> None:
    wizard = checked(tab, ledger(tmp_path / "花名册.xlsx"), qtbot)
    assert [(row.row, row.state) for row in wizard.checked.list.rows] == [(4, "refused"), (5, "twice")]
    assert "可收入 2 行, 不收 1 行" in wizard.checked._head.text()
    assert people(plant) == {"张三", "单雄信"}  # nothing yet


def test_a_duplicate_is_shown_beside_the_row_it_repeats(tab: ImportsTab, tmp_path: Path, qtbot: QtBot) -> None:
    from PySide6.QtWidgets import QLabel

    wizard = checked(tab, ledger(tmp_path / "花名册.xlsx"), qtbot)
    qtbot.waitUntil(lambda: wizard.checked.list.model.rowCount() == 2)
    wizard.checked.list.table.view.selectRow(1)
    words = [label.text() for label in wizard.checked.list.compared.card.findChildren(QLabel)]
    assert "这一行" in words and "先出现的" in words and words.count("王小明") == 2


def test_what_is_taken_can_be_taken_back_with_one_undo(
    tab: ImportsTab, desk: Desk, plant: Plant, tmp_path: Path, qtbot: QtBot
) -> None:
    notices = heard(desk)
    wizard = checked(tab, ledger(tmp_path / "花名册.xlsx"), qtbot)
    wizard.wizard.next_button.click()
    qtbot.waitUntil(lambda: wizard.wizard.here == 2, timeout=20_000)
    assert people(plant) == {"张三", "单雄信", "王小明", "李军"}
    assert "已收入" in wizard.result._words.text()
    wizard.wizard.next_button.click()
    qtbot.waitUntil(lambda: tab.list.model.count.total == 1)
    tab.list.table.view.selectRow(0)
    tab.list.card.buttons[0].click()
    tab.list.findChild(Question).button.click()
    qtbot.waitUntil(lambda: any("已撤销" in one.text for one in notices), timeout=20_000)
    assert people(plant) == {"张三", "单雄信"}
    qtbot.waitUntil(lambda: tab.list.model.row(0) is not None and tab.list.model.row(0).undone)  # type: ignore[union-attr]


def test_the_marked_copy_holds_the_findings_and_leaves_the_original(
    tab: ImportsTab, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    notices = heard(desk)
    path = ledger(tmp_path / "花名册.xlsx")
    before = path.read_bytes()
    wizard = checked(tab, path, qtbot)
    wizard.checked.write_copy(tmp_path / "花名册-标注.xlsx")
    qtbot.waitUntil(lambda: bool(notices), timeout=20_000)
    assert notices[0].tone == "done" and path.read_bytes() == before
    assert openpyxl.load_workbook(tmp_path / "花名册-标注.xlsx").sheetnames[0] == "导入问题"


def test_a_file_that_is_no_workbook_is_refused_in_a_sentence(tab: ImportsTab, tmp_path: Path, qtbot: QtBot) -> None:
    wizard = tab.wizard
    assert wizard is not None
    (tmp_path / "假的.xlsx").write_text("hello")
    wizard.check(tmp_path / "假的.xlsx")
    qtbot.waitUntil(lambda: "不是完整的 .xlsx" in wizard.problem.text(), timeout=20_000)
    assert wizard.wizard.here == 0 and not wizard.wizard.next_button.isEnabled()


def test_the_rows_are_seen_as_they_would_be_before_anything_is_taken(
    tab: ImportsTab, plant: Plant, tmp_path: Path, qtbot: QtBot
) -> None:
    wizard = checked(tab, ledger(tmp_path / "花名册.xlsx"), qtbot)
    wizard.checked.tabs.setCurrentIndex(1)
    table = wizard.checked.preview.table
    heads = [table.horizontalHeaderItem(at).text() for at in range(table.columnCount())]  # type: ignore[union-attr]
    assert table.rowCount() == 2 and {"行", "姓名", "性别", "所属网格"} <= set(heads)
    row = [table.item(0, at).text() for at in range(table.columnCount())]  # type: ignore[union-attr]
    assert {"王小明", "男", "红梁第一网格", "14200000002"} <= set(row)
    assert people(plant) == {"张三", "单雄信"}


def test_a_duplicate_may_stand_for_the_row_before_and_the_choice_is_seen(
    tab: ImportsTab, plant: Plant, tmp_path: Path, qtbot: QtBot
) -> None:
    wizard = checked(tab, ledger(tmp_path / "花名册.xlsx"), qtbot)
    pane = wizard.checked.list.compared
    pane.show_row(wizard.checked.list.rows[1])
    (button,) = pane.card.buttons
    assert button.text() == "用这一行的内容"
    button.click()
    assert wizard.checked.list.rows[1].state == "chosen" and "按您选的收 1 行" in wizard.checked._head.text()
    wizard.wizard.next_button.click()
    qtbot.waitUntil(lambda: wizard.wizard.here == 2, timeout=20_000)
    assert people(plant) == {"张三", "单雄信", "王小明", "李军"}


def test_a_header_that_was_matched_is_shown_and_can_be_matched_otherwise(
    tab: ImportsTab, tmp_path: Path, qtbot: QtBot
) -> None:
    wizard = checked(tab, ledger(tmp_path / "花名册.xlsx"), qtbot)
    wizard.checked.map_headers()
    dialog = wizard.checked.findChild(MappingDialog)
    sheet = dialog.sheets[0]
    assert sheet.value() == {
        "kind": "roster", "A": "seq", "B": "name", "C": "sex", "D": "id_number", "E": "grid", "F": "phones"
    }  # fmt: skip
    sheet.columns["F"].setCurrentIndex(0)
    dialog.button.click()
    qtbot.waitUntil(
        lambda: wizard.outcome is not None and not wizard.outcome.sheets[0].records[0]["phones"], timeout=30_000
    )
    again = checked(tab, ledger(tmp_path / "又一份.xlsx"), qtbot)
    assert again.outcome is not None and again.outcome.sheets[0].remembered
    assert "表头按以前的对应读" in again.checked._head.text()


def test_another_row_can_be_told_to_be_the_header(tab: ImportsTab, tmp_path: Path, qtbot: QtBot) -> None:
    wizard = checked(tab, ledger(tmp_path / "名单.xlsx", ["甲", "乙", "丙", "丁", "戊", "己"]), qtbot)
    wizard.checked.map_headers()
    sheet = wizard.checked.findChild(MappingDialog).sheets[0]
    sheet.kind.setCurrentIndex(sheet.kind.findData("roster"))
    sheet.rows.setCurrentIndex(sheet.rows.findData("1-2"))
    assert sheet.columns["B"].property("header") == "乙 / 王小明" and sheet.value()["rows"] == "1-2"


def test_headers_not_understood_are_matched_once_and_remembered(tab: ImportsTab, tmp_path: Path, qtbot: QtBot) -> None:
    strange = ["号", "称呼", "男女", "证件", "片区", "手机"]
    wizard = checked(tab, ledger(tmp_path / "名单.xlsx", strange), qtbot)
    assert wizard.checked.map_button.isVisible() and not wizard.wizard.next_button.isEnabled()
    wizard.checked.map_headers()
    dialog = wizard.checked.findChild(MappingDialog)
    sheet = dialog.sheets[0]
    sheet.kind.setCurrentIndex(sheet.kind.findData("roster"))
    dialog.button.click()
    assert dialog.problem.text()  # something is still lacking
    for letter, field in {"B": "name", "C": "sex", "D": "id_number", "E": "grid", "F": "phones"}.items():
        box = sheet.columns[letter]
        box.setCurrentIndex(box.findData(field))
    box = sheet.columns["A"]
    box.setCurrentIndex(0)
    dialog.button.click()
    qtbot.waitUntil(lambda: wizard.outcome is not None and wizard.outcome.sheets[0].kind == "roster", timeout=30_000)
    again = checked(tab, ledger(tmp_path / "名单二.xlsx", strange), qtbot)
    assert again.outcome is not None and again.outcome.sheets[0].kind == "roster"
    assert len(again.outcome.sheets[0].records) == 2
