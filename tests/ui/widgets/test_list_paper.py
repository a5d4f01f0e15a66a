"""Export and print of a list hold exactly what is shown: its rows, its columns, its filter, its words."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from PySide6.QtCore import Qt
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.ledgers.preview import Preview
from app.services import people
from app.ui.desk import Desk, Notice
from app.ui.tasks import Cancelled, Progress
from app.ui.widgets import press
from app.ui.widgets.chips import Chip
from app.ui.widgets.list_page import Filter, ListPage, ListSpec
from app.ui.widgets.list_paper import MOST, Gathered, gather
from app.ui.widgets.paperwork import Printable
from app.ui.widgets.small_list import SmallList
from app.ui.widgets.table import Ask, Column, Count, Listed, Rows
from app.ui.widgets.text import short_day
from tests.factories import Plant, account
from tests.ui.widgets.test_list_page import COLUMNS, World

WAIT = 30_000


def page_of(qtbot: QtBot, desk: Desk, source: Any, **parts: Any) -> ListPage:
    given: dict[str, Any] = {"key": "homes", "title": "住户名单", "columns": COLUMNS, "source": source}
    page = ListPage(desk, ListSpec(**(given | parts)))
    qtbot.addWidget(page)
    page.resize(1000, 600)
    with qtbot.waitSignal(page.model.loaded):
        page.show()
    return page


def gathered(desk: Desk, page: ListPage, qtbot: QtBot) -> Gathered:
    """What goes on paper, made beside the window as the page does it."""
    found: list[Gathered] = []
    listing = page.listing()
    desk.tasks.run(lambda p: gather(p, listing, desk.actor.path), found.append, owner=page)
    qtbot.waitUntil(lambda: bool(found), timeout=WAIT)
    return found[0]


def heard(desk: Desk) -> list[Notice]:
    notices: list[Notice] = []
    desk.noticed.connect(notices.append)
    return notices


def test_all_rows_of_the_search_are_on_the_paper_and_no_others(desk: Desk, qtbot: QtBot) -> None:
    world = World(3000)
    page = page_of(qtbot, desk, world.listed, filters=[Filter("", "全部"), Filter("month", "本月")])
    page.filters.choose("month")
    page.search.setText("99")
    wanted = [number for number in range(3000) if "99" in str(number)]
    qtbot.waitUntil(lambda: page.model.ask.text == "99" and page.model.count.total == len(wanted))
    made = gathered(desk, page, qtbot).page
    assert made.title == "住户名单 · 本月 · 「99」"
    assert [column.title for column in made.columns] == ["住户", "状态", "日期"]
    assert len(made.rows) == len(wanted)
    first = next(iter(made.rows))
    assert first == ("99 号", "已办结", date(2024, 11, 26))
    assert made.columns[2].kind == "date" and made.unit == "平沙油田第六采油厂"


def test_more_rows_than_paper_takes_are_cut_and_the_paper_says_so(desk: Desk, qtbot: QtBot) -> None:
    made = gathered(desk, page_of(qtbot, desk, World(MOST + 1).listed), qtbot)
    assert len(made.page.rows) == MOST
    assert "20,000" in made.rest and "20,001" in made.rest and made.page.notes == (made.rest,)


def test_exactly_as_many_as_fit_need_no_word(desk: Desk, qtbot: QtBot) -> None:
    made = gathered(desk, page_of(qtbot, desk, World(MOST).listed), qtbot)
    assert len(made.page.rows) == MOST and made.rest == ""


def test_a_list_that_stops_counting_is_read_to_its_end(desk: Desk, qtbot: QtBot) -> None:
    world = World(1350)

    def fetch(session: Any, ask: Ask) -> Sequence[Any]:
        return [world.row(n) for n in range(ask.offset, min(world.size, ask.offset + ask.limit))]

    page = page_of(qtbot, desk, Rows(fetch, lambda s, ask: Count(1000, more=True)))
    assert len(gathered(desk, page, qtbot).page.rows) == 1350


def test_reading_for_paper_does_not_disturb_the_list(desk: Desk, qtbot: QtBot) -> None:
    world = World(5000)
    page = page_of(qtbot, desk, world.listed)
    listing = page.listing()
    page.ask_for(text="77")
    desk.tasks.run(lambda p: gather(p, listing, ""), owner=page)
    qtbot.waitUntil(lambda: page.model.count.total == len([n for n in range(5000) if "77" in str(n)]))
    qtbot.waitUntil(lambda: not desk.tasks.busy, timeout=WAIT)
    page.table.view.selectAll()
    assert all("77" in f"{number}" for number in page.table.selected())


def test_the_workbook_has_dates_as_dates_and_chips_as_words(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    notices = heard(desk)
    page = page_of(qtbot, desk, World(3).listed)
    page.foot.asked.emit("xlsx")
    dialog = page.findChild(QFileDialog)
    assert "住户名单" in dialog.selectedFiles()[0]
    dialog.fileSelected.emit(str(tmp_path / "名单.xlsx"))
    qtbot.waitUntil(lambda: bool(notices), timeout=WAIT)
    dialog.reject()
    assert notices[0].tone == "done"
    sheet = load_workbook(tmp_path / "名单.xlsx").active
    assert sheet is not None
    rows = [row[:3] for row in sheet.iter_rows(values_only=True)]
    assert ("0 号", "草稿", datetime(2025, 3, 5)) in rows


def test_the_pdf_and_the_print_hold_the_same_rows(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    notices = heard(desk)
    page = page_of(qtbot, desk, World(3).listed)
    page.foot.asked.emit("pdf")
    dialog = page.findChild(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "名单.pdf"))
    qtbot.waitUntil(lambda: bool(notices), timeout=WAIT)
    dialog.reject()
    with Preview(tmp_path / "名单.pdf") as preview:
        assert "2 号" in preview.text(0) and len(preview) == 1
    to = press.printer()
    to.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    to.setOutputFileName(str(tmp_path / "printed.pdf"))
    page.foot.paperwork.press(Printable((tmp_path / "名单.pdf").read_bytes(), "住户名单", 1), to)
    qtbot.waitUntil(lambda: len(notices) == 2, timeout=WAIT)
    assert "1 页已送到打印机" in notices[1].text


def test_without_a_printer_the_way_out_is_a_pdf(desk: Desk, qtbot: QtBot) -> None:
    notices = heard(desk)
    page = page_of(qtbot, desk, World(3).listed)
    page.foot.buttons[1].click()
    assert notices[0].action == "存成 PDF" and notices[0].act is not None
    notices[0].act()
    dialog = page.findChild(QFileDialog)
    assert dialog.selectedFiles()[0].endswith(".pdf")
    dialog.reject()


def test_the_menu_of_export_and_the_keys_ask_for_a_place(desk: Desk, qtbot: QtBot) -> None:
    page = page_of(qtbot, desk, World(3).listed)
    asked: list[str] = []
    page.foot.asked.connect(asked.append)
    for action in page.foot.buttons[0].menu().actions():
        action.trigger()
        page.findChild(QFileDialog).deleteLater()
        qtbot.waitUntil(lambda: page.findChild(QFileDialog) is None)
    assert asked == ["xlsx", "pdf"]
    page.activateWindow()
    page.table.setFocus()
    qtbot.waitUntil(page.isActiveWindow)
    qtbot.keyClick(page.table.view, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert asked[-1] == "paper"


def test_an_export_that_is_cancelled_leaves_no_file(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    jobs: list[Any] = []
    desk.tasks.started.connect(jobs.append)
    page = page_of(qtbot, desk, World(15_000).listed)
    page.foot.asked.emit("xlsx")
    dialog = page.findChild(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "名单.xlsx"))
    jobs[0].cancel()
    qtbot.waitUntil(lambda: not desk.tasks.busy, timeout=WAIT)
    dialog.reject()
    assert list(tmp_path.glob("*.xlsx")) == []


def test_an_empty_list_and_a_person_without_the_right_take_nothing_away(desk: Desk, plant: Plant, qtbot: QtBot) -> None:
    def buttons(page: ListPage) -> list[bool]:
        return [button.isEnabled() for button in page.foot.buttons]

    assert buttons(page_of(qtbot, desk, World(0).listed)) == [False, False]
    desk.actor = account(plant, "audit", "audit")
    assert buttons(page_of(qtbot, desk, World(3).listed)) == []


def test_who_looks_after_the_program_takes_its_lists_away(desk: Desk, plant: Plant, qtbot: QtBot) -> None:
    desk.actor = account(plant, "audit", "audit")
    assert page_of(qtbot, desk, World(3).listed, takers=("ledger.print", "read.log")).foot.buttons
    desk.actor = account(plant, "system", "system")
    assert SmallList(desk, "sites", COLUMNS, lambda _s: (), "没有", title="站点").foot is not None
    desk.actor = account(plant, "audit2", "audit")
    assert SmallList(desk, "sites", COLUMNS, lambda _s: (), "没有", title="站点").foot is None
    assert SmallList(desk, "sites", COLUMNS, lambda _s: (), "没有").foot is None


def test_a_short_list_is_taken_away_as_it_is(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    world = World(3)
    small = SmallList(desk, "sites", COLUMNS, lambda _s: [world.row(n) for n in range(3)], "没有", title="站点上报情况")
    qtbot.addWidget(small)
    with qtbot.waitSignal(small.model.loaded):
        small.show()
        small.refresh()
    assert small.foot is not None and small.foot.total.text() == "共 3 条"
    small.foot.asked.emit("xlsx")
    dialog = small.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(tmp_path / "a.xlsx"))
    qtbot.waitUntil(lambda: (tmp_path / "a.xlsx").exists() and not desk.tasks.busy, timeout=WAIT)
    cells = [cell.value for row in load_workbook(tmp_path / "a.xlsx").active.iter_rows() for cell in row]
    assert cells[0] == "站点上报情况" and "0 号" in cells and "2 号" in cells
    dialog.reject()


def test_people_leave_the_house_with_masked_numbers(desk: Desk, qtbot: QtBot) -> None:
    columns = [
        Column("姓名", "name", 76), Column("类别", "kind", 84, chip=lambda code: Chip(code)),
        Column("电话", "phone", 108), Column("登记", "day", 90, short_day),
    ]  # fmt: skip
    page = page_of(qtbot, desk, Listed(people.find, people.rows), columns=columns[:3])
    rows = list(gathered(desk, page, qtbot).page.rows)
    assert ("张三", "staff", "142****0001") in rows


@pytest.mark.parametrize("after", [1, 2])
def test_a_stop_between_two_pieces_reads_no_further(desk: Desk, qtbot: QtBot, after: int) -> None:
    world = World(5000)
    page = page_of(qtbot, desk, world.listed)
    listing, before = page.listing(), len(world.fetched)

    def work(progress: Progress) -> None:
        class Stopping(Progress):
            told = 0

            def __call__(self, done: int, total: int = 0, label: str = "") -> None:
                self.told += 1
                if self.told == after:
                    raise Cancelled

        gather(Stopping(desk.tasks, progress._job), listing, "")

    desk.tasks.run(work, owner=page)
    qtbot.waitUntil(lambda: not desk.tasks.busy, timeout=WAIT)
    assert len(world.fetched) - before == after * 500
