"""Layouts in the window: made from the keyboard beside the real paper, saved as versions, loaded from Excel."""

import io
from pathlib import Path
from typing import Any

import openpyxl
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.ledgers import layouts
from app.ledgers.preview import Preview
from app.ui.desk import Desk
from app.ui.ledgers.columns import TITLE, TOTAL, WIDTH
from app.ui.ledgers.designer import Designer
from app.ui.ledgers.layout_list import LayoutsDialog
from app.ui.ledgers.page import LedgersPage
from app.ui.widgets.dialogs import Question
from tests.factories import Plant, account
from tests.ui.ledgers.opened import settled, shown, text_of

PLAN = {"format": 1, "columns": [{"key": "met", "title": "见到谁"}, {"key": "day"}]}


def listed(page: LedgersPage, qtbot: QtBot) -> LayoutsDialog:
    dialog = page.show_layouts()
    qtbot.waitUntil(lambda: dialog.list.model.ready)
    return dialog


def designer(dialog: LayoutsDialog, qtbot: QtBot) -> Designer:
    qtbot.waitUntil(lambda: dialog.findChild(Designer) is not None)
    made = dialog.findChild(Designer)
    assert made is not None
    drawn(made, qtbot)
    return made


def drawn(made: Designer, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not made.live.busy, timeout=20_000)


def paper(made: Designer) -> str:
    assert made.live.showing.sheets is not None
    with Preview(made.live.showing.sheets._pdf) as preview:
        return "".join(preview.text(n) for n in range(len(preview)))


def titles(page: LedgersPage) -> list[str]:
    return [page.choosing.ledgers.item(n).text() for n in range(page.choosing.ledgers.count())]


def test_a_ledger_is_made_anew_with_keys_alone_and_printed(page: LedgersPage, plant: Plant, qtbot: QtBot) -> None:
    dialog = listed(page, qtbot)
    assert "还没有版式" in dialog.list.nothing._words.text() and not dialog.edit.isEnabled()
    dialog.new.click()
    made = designer(dialog, qtbot)
    table = made.columns
    assert table.current_key == "n" and "入户走访台账（本单位）" in paper(made)
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert table.current_key == "n" and table.item(0, 1).text() == "走访日期"
    qtbot.keyClick(made, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert table.item(0, 1).text() == "序号" and not made.undo.isEnabled()
    table.setCurrentCell(1, TITLE)
    qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert table.current_key == "day" and table.currentRow() == 2
    qtbot.keyClick(table, Qt.Key.Key_Return)
    editor: Any = table.viewport().focusWidget()
    editor.setText("哪一天")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: made.columns.item(2, TITLE).text() == "哪一天")
    table.item(2, WIDTH).setText("33")
    table.setCurrentCell(2, TOTAL)
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert [one.key for one in made.steps.now.plan.columns][:3] == ["n", "visitors", "day"]
    chosen = made.steps.now.chosen("day")
    assert chosen is not None and (chosen.title, chosen.width, chosen.total) == ("哪一天", 33, "count")
    made.title.line.setText("我们的走访表")
    made.signatures.line.setText("经办人、站长")
    made.group.setCurrentIndex(made.group.findData("way"))
    made.group.activated.emit(made.group.currentIndex())
    made.save()
    qtbot.waitUntil(lambda: "我们的走访表" in titles(page))
    (row,) = dialog.list.rows or [None]
    assert row is not None and (row.title, row.version, row.mine) == ("我们的走访表", 1, True)
    page.choosing.ledgers.setCurrentRow(titles(page).index("我们的走访表"))
    settled(page, qtbot)
    text = text_of(page)
    assert all(words in text for words in ("我们的走访表", "哪一天", "经办人", "站长", "安居苑3号楼", "合计"))


def test_a_saved_layout_is_changed_as_the_next_version_and_a_wrong_one_says_why(
    page: LedgersPage, plant: Plant, qtbot: QtBot
) -> None:
    with plant.store.begin(plant.boss) as s:
        first = layouts.save(s, "visits", "一号表", PLAN | {"columns": [{"key": "address"}]})
        layouts.save(s, "visits", "一号表", PLAN, code=first.code)
        layouts.save(s, "visits", "二号表", PLAN)
    dialog = listed(page, qtbot)
    qtbot.keyClick(dialog.list.table.view, Qt.Key.Key_Return)
    made = designer(dialog, qtbot)
    assert "第 3 版" in made.save_button.text() and made.columns.item(0, TITLE).text() == "见到谁"
    made.former.activated.emit(1)
    assert made.columns.item(0, TITLE).text() == "住址" and made.former.currentIndex() == 0
    made.take_back()
    assert made.columns.item(0, TITLE).text() == "见到谁"
    made.title.line.setText(next(row.title for row in dialog.list.rows if row.title != made.steps.now.title))
    made.save()
    qtbot.waitUntil(lambda: not made.problem.isHidden())
    assert "已经有叫" in made.problem.text() and made.save_button.isEnabled()
    for key in ("met", "day"):
        made._go(made.steps.now.toggled(key))
    drawn(made, qtbot)
    assert "至少要有一列" in made.live.nothing._words.text()
    made.take_back()
    drawn(made, qtbot)
    assert made.live.showing.sheets is not None
    made.conditions[0].key.setCurrentIndex(made.conditions[0].key.findData("met"))
    made.conditions[0].value.setText("查无此人")
    made.conditions[0].changed.emit()
    drawn(made, qtbot)
    assert "只列符合条件的" in paper(made) and made.steps.now.plan.where[0].value == "查无此人"
    made.reject()
    dialog.retire()
    question = dialog.findChild(Question)
    assert question is not None
    reason: Any = question.focusWidget()
    reason.setPlainText("不用了")
    question.button.click()
    qtbot.waitUntil(lambda: len(dialog.list.rows) == 1)


def test_a_workbook_of_the_unit_is_loaded_checked_and_filled_when_it_is_saved(
    page: LedgersPage, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = listed(page, qtbot)
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet["A1"], sheet["A2"] = "{{单位}}的走访", "{{行.走访对向}}"
    book.save(tmp_path / "我们的表.xlsx")
    dialog.copy_words()
    qtbot.waitUntil(lambda: "{{行.走访对象}}\t走访对象" in QGuiApplication.clipboard().text())
    dialog.load_form(tmp_path / "我们的表.xlsx")
    qtbot.waitUntil(lambda: not dialog.problem.isHidden())
    assert "A2" in dialog.problem.text() and "走访对象" in dialog.problem.text() and dialog.list.rows == ()
    sheet["A2"], sheet["B2"] = "{{行.走访对象}}", "{{填表人}}"
    book.save(tmp_path / "我们的表.xlsx")
    dialog.load_form(tmp_path / "我们的表.xlsx")
    qtbot.waitUntil(lambda: "我们的表" in titles(page))
    qtbot.waitUntil(lambda: len(dialog.list.rows) == 1)
    page.choosing.ledgers.setCurrentRow(titles(page).index("我们的表"))
    settled(page, qtbot)
    page.save_excel()
    chooser = page.findChild(QFileDialog)
    assert chooser is not None
    chooser.fileSelected.emit(str(tmp_path / "填好.xlsx"))
    qtbot.waitUntil((tmp_path / "填好.xlsx").exists, timeout=20_000)
    made: Any = openpyxl.load_workbook(io.BytesIO((tmp_path / "填好.xlsx").read_bytes())).active
    assert (made["A1"].value, made["A2"].value, made["B2"].value) == ("平沙油田第六采油厂的走访", "张三", "周立")
    dialog.list.table.view.selectRow(0)
    dialog.take_file(tmp_path / "填好.xlsx")
    qtbot.waitUntil(lambda: "版式文件" in dialog.problem.text())


def test_who_may_not_edit_layouts_sees_them_and_prints_with_them(desk: Desk, plant: Plant, qtbot: QtBot) -> None:
    with plant.store.begin(plant.boss) as s:
        layouts.save(s, "visits", "见面登记", PLAN)
    desk.actor = desk.tasks.actor = account(plant, "member", "member")
    page = shown(desk, qtbot)
    qtbot.waitUntil(lambda: "见面登记" in titles(page))
    dialog = listed(page, qtbot)
    assert not dialog.new.isEnabled() and not dialog.edit.isEnabled() and dialog.give.isEnabled()
    page.leave()
