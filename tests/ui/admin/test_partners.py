"""外单位 in 管理: headquarters registers and retires partners; others read the list."""

from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.models.store import Store
from app.services import units
from app.ui.admin.partners import PartnerDialog, PartnersTab
from app.ui.desk import Desk
from tests.factories import Plant

LATE = 10_000


def opened(desk: Desk, store: Store, qtbot: QtBot) -> PartnersTab:
    desk.store = store
    tab = PartnersTab(desk)
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitUntil(lambda: tab.model.ready, timeout=LATE)
    return tab


def test_a_partner_is_registered_and_retired_at_headquarters(desk: Desk, plant: Plant, qtbot: QtBot) -> None:
    tab = opened(desk, plant.store, qtbot)
    tab.add()
    qtbot.waitUntil(lambda: tab.findChild(PartnerDialog) is not None, timeout=LATE)
    dialog = tab.findChild(PartnerDialog)
    assert isinstance(dialog, PartnerDialog)
    dialog.form.fill({"name": "红梁街道办事处", "unit": plant.area})
    dialog.form.submit()

    def held() -> list[tuple[str, bool]]:
        with plant.store.read(plant.boss) as s:
            return [(row.name, row.retired) for row in units.partners(s)]

    qtbot.waitUntil(lambda: held() == [("红梁街道办事处", False)], timeout=LATE)
    with plant.store.read(plant.boss) as s:
        (row,) = units.partners(s)
    tab.show_partner(row)
    (button,) = [one for one in tab.card.findChildren(QPushButton) if one.text() == "停用"]
    button.click()
    qtbot.waitUntil(lambda: held() == [("红梁街道办事处", True)], timeout=LATE)
    tab.restore(row)
    qtbot.waitUntil(lambda: held() == [("红梁街道办事处", False)], timeout=LATE)
