"""单位 in 管理: units are added, ended with a successor, and stand again."""

from datetime import date

import pytest
from pytestqt.qtbot import QtBot

from app.services import codes
from app.ui.admin.units import UnitDialog, UnitsTab
from app.ui.desk import Desk, Notice
from tests.factories import Plant, account


@pytest.fixture
def office(desk: Desk, plant: Plant) -> Desk:
    """The founder's desk with the store and its labels."""
    desk.store = plant.store
    with plant.store.read(plant.boss) as s:
        desk.codes = codes.all_choices(s)
    return desk


def opened(office: Desk, qtbot: QtBot) -> UnitsTab:
    tab = UnitsTab(office)
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitUntil(lambda: tab.model.count.total == 2)
    return tab


def names(tab: UnitsTab) -> list[str]:
    return [row.name for row in map(tab.model.row, range(tab.model.rowCount())) if row is not None]


def press(tab: UnitsTab, qtbot: QtBot, unit: str, words: str) -> None:
    qtbot.waitUntil(lambda: unit in names(tab))
    tab.table.view.selectRow(names(tab).index(unit))
    next(button for button in tab.card.buttons if button.text() == words).click()


def dialog(tab: UnitsTab, qtbot: QtBot) -> UnitDialog:
    qtbot.waitUntil(lambda: tab.findChild(UnitDialog) is not None)
    return tab.findChild(UnitDialog)


def add(tab: UnitsTab, qtbot: QtBot, under: str, words: str, **values: str) -> None:
    press(tab, qtbot, under, words)
    form = dialog(tab, qtbot).form
    form.fill(values)
    form.submit()
    qtbot.waitUntil(lambda: tab.findChild(UnitDialog) is None)


def test_a_unit_ends_and_another_goes_on_with_its_duties(office: Desk, qtbot: QtBot) -> None:
    notices: list[Notice] = []
    office.noticed.connect(notices.append)
    tab = opened(office, qtbot)
    for name in ("一号站", "二号站"):
        add(tab, qtbot, "采油一作业区", "加下级单位", name=name, kind="station")
        qtbot.waitUntil(lambda name=name: name in names(tab))
    press(tab, qtbot, "采油一作业区", "撤销单位")
    refused = dialog(tab, qtbot)
    refused.form.submit()
    qtbot.waitUntil(lambda: "一号站" in refused.form._slots["on"].problem_text)
    refused.reject()
    qtbot.waitUntil(lambda: tab.findChild(UnitDialog) is None)
    press(tab, qtbot, "一号站", "撤销单位")
    form = dialog(tab, qtbot).form
    heir = next(row for row in map(tab.model.row, range(4)) if row and row.name == "二号站")
    form.fill({"on": date(2025, 3, 12), "successor": heir.id})
    form.submit()
    qtbot.waitUntil(lambda: bool(notices))
    assert "自 2025-03-12 起撤销" in notices[-1].text and notices[-1].act is not None
    tab.filters.choose("gone")
    qtbot.waitUntil(lambda: names(tab) == ["一号站"])
    row = tab.model.row(0)
    assert row is not None and row.successor == "二号站"
    press(tab, qtbot, "一号站", "恢复")
    qtbot.waitUntil(lambda: tab.model.count.total == 0)


def test_who_may_not_change_units_only_reads_them(office: Desk, plant: Plant, qtbot: QtBot) -> None:
    office.actor = account(plant, "lead1", "lead")
    tab = UnitsTab(office)
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitUntil(lambda: "采油一作业区" in names(tab))
    tab.table.view.selectRow(0)
    assert tab.card.buttons == []
