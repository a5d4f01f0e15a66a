"""A list shows any number of rows, holds few, and never acts on other rows than the ones chosen."""

import gc
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.errors import Refusal
from app.services import visits
from app.ui.desk import Desk
from app.ui.widgets.chips import CHIP_ROLE, Chip
from app.ui.widgets.list_page import Action, Filter, ListPage, ListSpec
from app.ui.widgets.table import Ask, Column, Count, Listed, Rows, Source, TableModel
from app.ui.widgets.text import short_day
from tests.factories import Plant

MANY = 100_000
STATES = {"draft": Chip("草稿", "draft"), "done": Chip("已办结", "done")}
COLUMNS = [
    Column("住户", "household", 200),
    Column("状态", "state", 100, chip=STATES.get),
    Column("日期", "day", 110, short_day),
]


@dataclass(frozen=True)
class Row:
    id: int
    household: str
    state: str
    day: date


@dataclass(frozen=True)
class Found:
    ids: Sequence[int]
    capped: bool = False


class World:
    """Rows made on request, and what was asked of them."""

    def __init__(self, size: int = MANY) -> None:
        self.size = size
        self.fetched: list[int] = []
        self.asks: list[Any] = []

    def row(self, number: int) -> Row:
        return Row(number, f"{number} 号", "done" if number % 2 else "draft", date(2025, 3, 5) - timedelta(number))

    def find(self, session: Any, query: Any) -> Found:
        self.asks.append(query)
        numbers = range(self.size) if not query.text else [n for n in range(self.size) if query.text in f"{n} 号"]
        return Found(numbers[::-1] if query.descending and query.sort == "household" else numbers)

    def rows(self, session: Any, ids: list[int]) -> list[Row]:
        self.fetched.extend(ids)
        return [self.row(number) for number in ids]

    @property
    def listed(self) -> Listed:
        return Listed(self.find, self.rows)


class Pane(QWidget):
    """A reading pane that remembers what it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[Row | None] = []

    def show_row(self, row: Row | None) -> None:
        self.shown.append(row)


def page_of(qtbot: QtBot, desk: Desk, source: Source, **parts: Any) -> ListPage:
    """A list page on the screen with its rows in."""
    given: dict[str, Any] = {"key": "visits", "columns": COLUMNS, "source": source, "sort": "day", "descending": True}
    page = ListPage(desk, ListSpec(**(given | parts)))
    qtbot.addWidget(page)
    page.resize(1200, 600)
    with qtbot.waitSignal(page.model.loaded):
        page.show()
    return page


def texts(page: QWidget) -> list[str]:
    return [label.text() for label in page.findChildren(QLabel) if label.isVisible()]


def test_the_model_keeps_qts_rules_while_pages_come_in(desk: Desk, qtbot: QtBot) -> None:
    model = TableModel(desk.tasks, COLUMNS, World(1000).listed)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    with qtbot.waitSignal(model.loaded):
        model.reload()
    with qtbot.waitSignal(model.dataChanged):
        assert model.index(950, 0).data() == "…"
    assert model.index(950, 0).data() == "950 号"
    assert model.index(951, 1).data(CHIP_ROLE) == STATES["done"]
    assert model.index(951, 1).data() == "已办结"
    with qtbot.waitSignal(model.loaded):
        model.reload(Ask(text="99"))
    assert model.rowCount() == 19
    del tester


def test_a_hundred_thousand_rows_scroll_without_all_being_held(desk: Desk, qtbot: QtBot) -> None:
    world = World()
    page = page_of(qtbot, desk, world.listed)
    bar = page.table.view.verticalScrollBar()
    began = time.monotonic()
    for step in range(1, 101):
        bar.setValue(bar.maximum() * step // 100)
        page.table.view.viewport().repaint()
    assert time.monotonic() - began < 10
    qtbot.waitUntil(lambda: page.model.index(MANY - 1, 0).data() == f"{MANY - 1} 号")
    assert page.model.rowCount() == MANY
    assert page.model.held <= 60 * 100
    assert "共 100,000 条" in texts(page)


def test_old_rows_stay_until_the_new_ones_come(desk: Desk, qtbot: QtBot) -> None:
    page = page_of(qtbot, desk, World(500).listed)
    page.ask_for(text="49")
    assert page.model.index(0, 0).data() == "0 号"
    qtbot.waitUntil(lambda: page.model.index(0, 0).data() == "49 号")


def test_only_the_last_of_several_quick_asks_is_shown(desk: Desk, qtbot: QtBot) -> None:
    page = page_of(qtbot, desk, World(500).listed)
    shown: list[str] = []
    page.model.loaded.connect(lambda: shown.append(page.model.ask.text))
    for text in ("1", "12", "123"):
        page.ask_for(text=text)
    qtbot.waitUntil(lambda: bool(shown))
    desk.tasks.wait(lambda s: None, writing=False)
    assert shown == ["123"]
    assert page.model.rowCount() == 1


def test_typing_in_search_asks_and_nothing_found_says_so_with_a_way_back(desk: Desk, qtbot: QtBot) -> None:
    page = page_of(qtbot, desk, World(50).listed)
    page.focus_search()
    qtbot.keyClicks(page.search, "zzz")
    qtbot.waitUntil(lambda: "没有找到「zzz」。" in texts(page))
    qtbot.mouseClick(page.nothing.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.model.rowCount() == 50)
    assert page.table.isVisible()


def test_an_empty_list_says_what_belongs_here_and_starts_it(desk: Desk, qtbot: QtBot) -> None:
    started: list[int] = []
    page = page_of(
        qtbot, desk, World(0).listed, empty="这里会列出走访记录。", new=("记走访", lambda: started.append(1))
    )
    assert "这里会列出走访记录。" in texts(page)
    qtbot.mouseClick(page.nothing.button, Qt.MouseButton.LeftButton)
    qtbot.keyClick(page, Qt.Key.Key_F2)
    assert started == [1, 1]


def test_a_header_click_sorts_and_a_second_turns_it_round(desk: Desk, qtbot: QtBot) -> None:
    page = page_of(qtbot, desk, World(50).listed)
    head = page.table.view.horizontalHeader()
    for _ in range(2):
        with qtbot.waitSignal(page.model.loaded):
            qtbot.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=head.rect().topLeft() + _inside(head, 0))
    assert (page.model.ask.sort, page.model.ask.descending) == ("household", True)
    assert page.model.index(0, 0).data() == "49 号"


def _inside(head: Any, section: int) -> Any:
    return QPoint(head.sectionPosition(section) + 20, 12)


def test_a_reload_keeps_the_place_the_current_row_and_the_selection(desk: Desk, qtbot: QtBot) -> None:
    page = page_of(qtbot, desk, World(5000).listed)
    assert page.table.show_record(3210)
    qtbot.waitUntil(lambda: page.table.current() is not None)
    place = page.table.seen
    with qtbot.waitSignal(page.model.loaded):
        page.refresh()
    assert page.table.current().id == 3210
    assert page.table.selected() == [3210]
    assert page.table.seen == place


def test_everything_selected_is_everything_acted_on_without_reading_it(desk: Desk, qtbot: QtBot) -> None:
    world, got = World(), []
    page = page_of(qtbot, desk, world.listed, actions=[Action("作废", "void", got.extend)])
    page.table.view.selectAll()
    assert "已选 100,000 条" in texts(page)
    button = next(b for b in page.findChildren(QPushButton) if b.text() == "作废")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert got == list(range(MANY))
    assert len(world.fetched) < 1000


def test_chosen_ids_are_those_on_the_screen_even_while_another_list_is_read(desk: Desk, qtbot: QtBot) -> None:
    page = page_of(qtbot, desk, World(500).listed)
    page.table.view.selectRow(3)
    page.ask_for(text="77")
    desk.tasks.wait(lambda s: None, writing=False)  # the store has answered, the window has not heard yet
    assert page.table.selected() == [3]


def test_a_list_that_stops_counting_says_so_and_grows_while_scrolling(desk: Desk, qtbot: QtBot) -> None:
    world = World(1350)

    def fetch(session: Any, ask: Ask) -> list[Row]:
        return [world.row(n) for n in range(ask.offset, min(world.size, ask.offset + ask.limit))]

    page = page_of(qtbot, desk, Rows(fetch, lambda s, ask: Count(1000, more=True)))
    assert "共 1,000+ 条" in texts(page)
    bar = page.table.view.verticalScrollBar()

    def at_the_end() -> bool:
        bar.setValue(bar.maximum())
        page.table.view.viewport().repaint()
        return page.model.rowCount() == 1350

    qtbot.waitUntil(at_the_end)
    assert "共 1,350 条" in texts(page)


def test_filters_show_their_counts_and_the_foot_says_how_many_of_all(desk: Desk, qtbot: QtBot) -> None:
    world = World(60)
    page = page_of(
        qtbot, desk, world.listed, filters=[Filter("", "全部"), Filter("month", "本月")],
        filter_counts=lambda s: {"": 12406, "month": 60},
    )  # fmt: skip
    qtbot.waitUntil(lambda: "共 60 / 12,406 条" in texts(page))
    page.open_record("month")
    qtbot.waitUntil(lambda: page.model.ask.filter == "month")
    assert world.asks[-1].chip in ("", "month")


def test_the_reading_pane_follows_the_keyboard(desk: Desk, qtbot: QtBot) -> None:
    pane = Pane()
    page = page_of(qtbot, desk, World(50).listed, detail=pane)
    page.table.setFocus()
    qtbot.keyClick(page.table.view, Qt.Key.Key_Down)
    qtbot.keyClick(page.table.view, Qt.Key.Key_Down)
    last = pane.shown[-1]
    assert last is not None
    assert last.id == page.table.current().id


def test_a_narrow_page_keeps_the_pane_as_a_drawer(desk: Desk, qtbot: QtBot) -> None:
    pane = Pane()
    page = page_of(qtbot, desk, World(50).listed, detail=pane)
    page.resize(900, 600)
    qtbot.waitUntil(lambda: not pane.isVisible())
    page.table.view.selectRow(2)
    page.table.setFocus()
    qtbot.keyClick(page.table.view, Qt.Key.Key_Return)
    assert pane.isVisible()


def test_a_refused_list_says_why_and_offers_the_details(desk: Desk, qtbot: QtBot) -> None:
    def find(session: Any, query: Any) -> Any:
        raise Refusal("not_allowed", "没有查看走访的权限, 请联系网格长。")

    page = ListPage(desk, ListSpec(key="v", columns=COLUMNS, source=Listed(find, lambda s, ids: [])))
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: "没有查看走访的权限, 请联系网格长。" in texts(page))
    assert page.nothing.button.text() == "复制详情"


def test_widths_are_remembered_for_the_next_time(desk: Desk, qtbot: QtBot) -> None:
    page = page_of(qtbot, desk, World(5).listed)
    page.table.view.setColumnWidth(0, 321)
    qtbot.waitUntil(lambda: desk.places.get("widths/visits/11") is not None)
    again = page_of(qtbot, desk, World(5).listed)
    assert again.table.view.columnWidth(0) == 321


def test_visits_of_the_real_store_appear_when_they_are_recorded(desk: Desk, plant: Plant, qtbot: QtBot) -> None:
    columns = [Column("住户", "address", 200), Column("日期", "day", 110, short_day)]
    page = page_of(qtbot, desk, Listed(visits.find, visits.rows), columns=columns, empty="还没有走访。")
    assert "还没有走访。" in texts(page)
    desk.tasks.write(lambda s: visits.record(s, plant.visit()))
    qtbot.waitUntil(lambda: page.model.rowCount() == 1)
    assert page.model.index(0, 0).data() == "安居苑3号楼2单元401"


@pytest.mark.parametrize("rows", [0, 1, 10_000])
def test_a_closed_page_leaves_no_garbage(desk: Desk, qtbot: QtBot, rows: int) -> None:
    filters = [Filter("", "全部"), Filter("month", "本月")]
    source = World(rows).listed
    page = ListPage(desk, ListSpec("v", COLUMNS, source, filters, title="走访记录", detail=Pane()))
    with qtbot.waitSignal(page.model.loaded):
        page.show()
    page.close()
    page.deleteLater()
    gone = weakref.ref(page)
    qtbot.waitUntil(lambda: not desk.tasks.busy)
    pages = [page]
    del page
    qtbot.waitUntil(lambda: not shiboken6.isValid(pages[0]))
    pages.clear()
    gc.collect()
    assert gone() is None


def test_an_empty_filter_says_which_one_it_is_and_leads_back(desk: Desk, qtbot: QtBot) -> None:
    def find(session: Any, query: Any) -> Found:
        return Found(() if query.chip == "month" else range(3))

    filters = [Filter("", "全部"), Filter("month", "本月")]
    page = page_of(qtbot, desk, Listed(find, World().rows), filters=filters, empty="还没有走访。")
    page.open_record("month")
    qtbot.waitUntil(lambda: "「本月」里现在没有内容。" in texts(page))
    qtbot.mouseClick(page.nothing.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.model.count.total == 3)


@pytest.mark.parametrize(("how_many", "lines"), [(3, 1), (9, 2)])
def test_many_filters_stand_below_the_search_and_wrap(desk: Desk, qtbot: QtBot, how_many: int, lines: int) -> None:
    filters = [Filter(f"{number}", f"筛选第{number}种情况") for number in range(how_many)]
    page = page_of(qtbot, desk, World(5).listed, filters=filters, detail=Pane())
    chips = [chip for chip in page.filters.findChildren(QPushButton) if not chip.isHidden()]
    assert len({chip.y() for chip in chips}) == lines
    assert all(chip.width() >= chip.sizeHint().width() for chip in chips)
