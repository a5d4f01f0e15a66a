"""The page 台账: what is chosen lies as paper on the screen and is what is printed and saved."""

from pathlib import Path

import openpyxl
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.ledgers.preview import Preview
from app.services import visits
from app.ui.desk import Desk, Notice
from app.ui.ledgers import paper
from app.ui.ledgers.page import LedgersPage
from app.ui.ledgers.scoping import ScopeDialog
from tests.factories import Plant, account
from tests.ui.ledgers.opened import settled, shown, text_of


def heard(desk: Desk) -> list[Notice]:
    notices: list[Notice] = []
    desk.noticed.connect(notices.append)
    return notices


def test_the_visits_of_the_month_lie_on_the_screen_as_the_paper_that_will_be_printed(page: LedgersPage) -> None:
    assert page.drawn is not None
    assert "安居苑3号楼" in text_of(page)
    assert "入户走访台账" in page.head.title.text() and "2025年3月" in page.head.title.text()
    assert page.paper._pictures  # drawn from the same PDF
    assert "第 1 页" in page.paper.accessibleName()
    assert "入户走访台账" in page.paper.accessibleDescription()


def test_the_page_fits_a_low_screen_enlarged(page: LedgersPage) -> None:
    assert page.minimumSizeHint().height() <= 452  # 540 px less the frame's top and status line


def test_a_month_without_records_is_a_real_ledger_that_says_so(page: LedgersPage, qtbot: QtBot) -> None:
    page.choosing.period.step(-1)
    settled(page, qtbot)
    assert page.drawn is not None and page.drawn.empty
    assert "没有记录" in text_of(page)
    assert "本期无记录" in page.head.note.text()
    assert all(button.isEnabled() for button in page.head.buttons)


def test_the_period_goes_by_the_ledgers_custom_and_steps_by_its_length(page: LedgersPage, qtbot: QtBot) -> None:
    page.choosing.show_ledger("unstable")
    settled(page, qtbot)
    assert page.choosing.choice.period.key == "2025-Q1"
    page.choosing.period.step(-1)
    assert page.choosing.choice.period.key == "2024-Q4"
    page.choosing.period.show_span("year", tell=True)
    assert page.choosing.choice.period.key == "2024"
    settled(page, qtbot)


def test_a_ledger_and_month_can_be_asked_for_by_another_page(page: LedgersPage, qtbot: QtBot) -> None:
    page.open_record({"ledger": "members", "period": "2025-01"})
    settled(page, qtbot)
    assert page.drawn is not None and page.drawn.page.title == "网格成员花名册"


def test_the_scope_is_picked_from_the_tree_of_units_and_grids(page: LedgersPage, plant: Plant, qtbot: QtBot) -> None:
    page.choosing._ask_scope()
    dialog = page.findChild(ScopeDialog)
    tree = dialog.tree
    qtbot.waitUntil(lambda: tree.model.rowCount() == 1)
    root = tree.model.index(0, 0)
    qtbot.waitUntil(lambda: tree.model.rowCount(root) == 1)
    area = tree.model.index(0, 0, root)
    tree.view.expand(area)
    qtbot.waitUntil(lambda: tree.model.rowCount(area) == 2)
    tree.view.setCurrentIndex(tree.model.index(1, 0, area))
    dialog.button.click()
    settled(page, qtbot)
    assert page.choosing.choice.whose.grid == plant.second
    assert page.drawn is not None and page.drawn.page.unit == "红梁第二网格" and page.drawn.empty


def test_numbers_are_masked_and_full_ones_need_the_right(
    page: LedgersPage, plant: Plant, desk: Desk, qtbot: QtBot
) -> None:
    assert page.choosing.choice.masked
    page.choosing.full.click()
    settled(page, qtbot)
    assert not page.choosing.choice.masked and "完整显示" in page.head.note.text()
    desk.actor = account(plant, "zhangwei", "lead")
    other = shown(desk, qtbot)
    assert not other.choosing.full.isVisible() and other.choosing.choice.masked
    other.leave()


def test_what_the_person_may_not_print_is_said_and_the_buttons_rest(plant: Plant, desk: Desk, qtbot: QtBot) -> None:
    desk.tasks.actor = account(plant, "audit", "audit")
    page = shown(desk, qtbot)
    assert page.drawn is None
    assert "没有这项权限" in page.nothing._words.text()
    assert not any(button.isEnabled() for button in page.head.buttons)


def test_the_pdf_saved_is_the_one_in_sight_byte_for_byte(
    page: LedgersPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    notices = heard(desk)
    page.save_pdf()
    dialog = page.findChild(QFileDialog)
    folder = tmp_path / "台账"
    folder.mkdir()
    dialog.setDirectory(str(folder))
    dialog.fileSelected.emit(str(folder / "三月.pdf"))
    qtbot.waitUntil(lambda: bool(notices), timeout=10_000)
    assert page.drawn is not None and (folder / "三月.pdf").read_bytes() == page.drawn.pdf
    assert notices[0].tone == "done" and "三月.pdf" in notices[0].text
    assert desk.places.get("folder/ledgers") == str(folder)
    dialog.reject()


def test_the_workbook_holds_the_rows_in_sight(page: LedgersPage, desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    notices = heard(desk)
    page.save_excel()
    dialog = page.findChild(QFileDialog)
    assert dialog.selectedFiles()[0].endswith(".xlsx")
    dialog.fileSelected.emit(str(tmp_path / "三月.xlsx"))
    qtbot.waitUntil(lambda: bool(notices), timeout=20_000)
    sheet = openpyxl.load_workbook(tmp_path / "三月.xlsx").active
    assert sheet is not None
    assert any("安居苑3号楼2单元401" in str(cell) for row in sheet.iter_rows(values_only=True) for cell in row)
    dialog.reject()


def test_a_folder_that_takes_no_file_is_a_calm_sentence(
    page: LedgersPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    from app.ui.ledgers.page import _write_pdf

    notices = heard(desk)
    drawn = page.drawn
    assert drawn is not None
    page.paperwork.save(tmp_path / "拔掉的U盘" / "三月.pdf", lambda path, _progress: _write_pdf(drawn, path))
    qtbot.waitUntil(lambda: bool(notices), timeout=10_000)
    assert notices[0].tone == "warning" and "U 盘" in notices[0].text


def test_printing_puts_every_sheet_on_paper_the_right_way_round(
    page: LedgersPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    from app.ui.widgets import press

    notices = heard(desk)
    to = press.printer()
    to.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    to.setOutputFileName(str(tmp_path / "printed.pdf"))
    page.press(to)
    qtbot.waitUntil(lambda: bool(notices), timeout=60_000)
    assert notices[0].tone == "done"
    with Preview(tmp_path / "printed.pdf") as printed:
        assert page.drawn is not None and len(printed) == len(page.drawn.sizes)
        width, height = printed.size(0)
        assert (round(width), round(height)) == (842, 595)
        pixels = printed.picture(0, 50).pixels
        assert 0 < sum(value < 128 for value in pixels) < len(pixels) / 2  # ink on white


def test_characters_no_font_has_are_told_before_printing(plant: Plant, desk: Desk, qtbot: QtBot) -> None:
    with plant.store.begin(plant.boss) as s:
        visits.record(s, plant.visit(problem="找王𰻝明核实"))
    page = shown(desk, qtbot)
    assert page.drawn is not None and "王𰻝明核实（U+30EDD）" in page.drawn.gaps
    assert page.drawn.gaps in page.head.note.text() and "第 1 行「反映问题」" in page.drawn.gaps
    page.leave()


def test_without_a_printer_the_way_out_is_a_pdf(page: LedgersPage, desk: Desk, qtbot: QtBot) -> None:
    notices = heard(desk)
    page.print()
    assert notices and notices[0].action == "存成 PDF"


def test_sheets_turn_and_zoom_by_the_keyboard(page: LedgersPage, qtbot: QtBot) -> None:
    paper = page.paper
    paper.setFocus()
    before = paper.zoom
    qtbot.keyClick(paper, Qt.Key.Key_Minus, Qt.KeyboardModifier.ControlModifier)
    assert paper.zoom < before and not paper.fits
    qtbot.keyClick(paper, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert paper.fits and paper.zoom == before
    qtbot.keyClick(paper, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert paper.zoom > before
    settled(page, qtbot)


def test_pictures_of_large_sheets_are_let_go_sooner(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "KEPT_BYTES", 3 * 100 * 100 * 4)
    made = paper.Paper()
    qtbot.addWidget(made)
    for sheet in range(6):
        made.put(sheet, 96.0, QImage(100, 100, QImage.Format.Format_RGB32))
    assert list(made._pictures) == [3, 4, 5]
    for sheet in range(3):
        made.put(sheet, 96.0, QImage(400, 400, QImage.Format.Format_RGB32))
    assert list(made._pictures) == [1, 2]


def test_a_blank_form_carries_no_records(page: LedgersPage, qtbot: QtBot) -> None:
    page.choosing.blank.click()
    settled(page, qtbot)
    assert "安居苑3号楼" not in text_of(page) and "填报单位" in text_of(page)


def test_printing_that_is_cancelled_says_so_and_sends_nothing(
    page: LedgersPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    from app.ui.widgets import press

    notices, jobs = heard(desk), []
    desk.tasks.started.connect(jobs.append)
    to = press.printer()
    to.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    to.setOutputFileName(str(tmp_path / "printed.pdf"))
    page.press(to)
    jobs[-1].cancel()
    qtbot.waitUntil(lambda: "已取消" in page.progress._words.text(), timeout=20_000)
    assert not notices
