"""账号 in 管理: made, switched on with a first password, reset, retired; each only with the right."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QTabWidget
from pytestqt.qtbot import QtBot

from app.errors import StoreRefusal
from app.models.store import Store
from app.services import codes
from app.ui.admin.accounts import AccountsTab, NewAccount
from app.ui.admin.page import AdminPage
from app.ui.desk import Desk, Notice
from app.ui.widgets.dialogs import Question
from app.ui.widgets.new_password import NewPassword
from tests.factories import PASSWORD, Plant, account


@pytest.fixture
def office(desk: Desk, plant: Plant) -> Desk:
    """The founder's desk with the store and its labels."""
    desk.store = plant.store
    with plant.store.read(plant.boss) as s:
        desk.codes = codes.all_choices(s)
    return desk


@pytest.fixture
def tab(office: Desk, plant: Plant, qtbot: QtBot) -> Iterator[AccountsTab]:
    """The accounts with one that is not switched on yet."""
    account(plant, "zhangwei", "lead", "张伟")
    made = AccountsTab(office)
    qtbot.addWidget(made)
    made.resize(1180, 660)
    made.show()
    qtbot.waitUntil(lambda: made.model.count.total == 2)
    yield made


def choose(tab: AccountsTab, login: str, qtbot: QtBot) -> list[str]:
    """The account is in the pane; the words of its buttons."""
    at = next(n for n in range(tab.model.rowCount()) if tab.model.row(n).login == login)  # type: ignore[union-attr]
    tab.table.view.clearSelection()
    tab.table.view.selectRow(at)
    return [button.text() for button in tab.card.buttons]


def press(tab: AccountsTab, words: str) -> None:
    next(button for button in tab.card.buttons if button.text() == words).click()


def type_password(tab: AccountsTab, new: str, old: str = "") -> NewPassword:
    dialog = tab.findChild(NewPassword)
    dialog.old.setText(old)
    dialog.new.setText(new)
    dialog.again.setText(new)
    dialog.button.click()
    return dialog


def heard(desk: Desk) -> list[Notice]:
    notices: list[Notice] = []
    desk.noticed.connect(notices.append)
    return notices


def test_an_account_is_switched_on_here_with_a_first_password(tab: AccountsTab, office: Desk, qtbot: QtBot) -> None:
    notices = heard(office)
    assert "在本机开通" in choose(tab, "zhangwei", qtbot)
    press(tab, "在本机开通")
    type_password(tab, "Shou-Ci-2025")
    qtbot.waitUntil(lambda: bool(notices), timeout=20_000)
    assert "可以在这台电脑上登录" in notices[0].text
    office.store.vault.unlock("zhangwei", "Shou-Ci-2025")


def test_a_forgotten_password_is_reset_and_the_old_one_opens_no_more(
    tab: AccountsTab, office: Desk, plant: Plant, qtbot: QtBot
) -> None:
    plant.store.add_login("zhangwei", "Yi-Qian-2025")
    tab.refresh()
    qtbot.waitUntil(lambda: tab.model.row(1) is not None and tab.model.row(1).state == "on")  # type: ignore[union-attr]
    notices = heard(office)
    choose(tab, "zhangwei", qtbot)
    press(tab, "重设口令")
    type_password(tab, "Xin-De-2026")
    qtbot.waitUntil(lambda: bool(notices), timeout=20_000)
    plant.store.vault.unlock("zhangwei", "Xin-De-2026")
    with pytest.raises(StoreRefusal):
        plant.store.vault.unlock("zhangwei", "Yi-Qian-2025")


def test_a_weak_password_and_two_different_ones_are_said_in_the_dialog(tab: AccountsTab, qtbot: QtBot) -> None:
    choose(tab, "zhangwei", qtbot)
    press(tab, "在本机开通")
    dialog = type_password(tab, "1234567")
    assert "至少 8 位" in dialog.problem.text() and dialog.isVisible()
    dialog.again.setText("another")
    dialog.button.click()
    assert "不一样" in dialog.problem.text()
    dialog.reject()


def test_ones_own_password_asks_for_the_present_one(tab: AccountsTab, office: Desk, qtbot: QtBot) -> None:
    notices = heard(office)
    assert choose(tab, "boss", qtbot) == ["改我的口令"]  # nobody retires himself
    press(tab, "改我的口令")
    type_password(tab, "Geng-Hao-2026", old="wrong")
    qtbot.waitUntil(lambda: len(notices) == 1, timeout=20_000)
    assert notices[0].tone == "warning"
    press(tab, "改我的口令")
    for dialog in tab.findChildren(NewPassword):
        if dialog.isVisible():
            dialog.old.setText(PASSWORD)
            dialog.new.setText("Geng-Hao-2026")
            dialog.again.setText("Geng-Hao-2026")
            dialog.button.click()
    qtbot.waitUntil(lambda: len(notices) == 2, timeout=20_000)
    assert notices[1].tone == "done"
    office.store.vault.unlock("boss", "Geng-Hao-2026")


def test_a_retired_account_stays_in_the_list_and_can_do_nothing(tab: AccountsTab, qtbot: QtBot) -> None:
    choose(tab, "zhangwei", qtbot)
    press(tab, "停用账号")
    tab.findChild(Question).button.click()
    qtbot.waitUntil(
        lambda: any(row is not None and row.state == "retired" for row in map(tab.model.row, range(2))), timeout=10_000
    )
    assert choose(tab, "zhangwei", qtbot) == []


def test_a_new_account_is_made_and_a_login_in_use_is_said_at_the_field(
    tab: AccountsTab, office: Desk, plant: Plant, qtbot: QtBot
) -> None:
    dialog = NewAccount(office, [(plant.area, "采油一作业区")], tab)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.form.fill({"login": "zhangwei", "name": "李梅", "role": "member", "unit_id": plant.area})
    dialog.form.submit()
    slot = dialog.form._slots["login"]
    qtbot.waitUntil(lambda: "已有人使用" in slot.problem_text)
    dialog.form.fill({"login": "limei"})
    dialog.form.submit(again=True)
    qtbot.waitUntil(lambda: tab.model.count.total == 3)


def test_tabs_follow_the_rights_of_the_person(office: Desk, plant: Plant, qtbot: QtBot) -> None:
    office.actor = account(plant, "member1", "member")
    page = AdminPage(office)
    qtbot.addWidget(page)
    page.show()
    assert set(page.parts) == {"codes", "partners", "policies", "templates", "backups", "machine"}
    page.open_record("backups")
    assert page.findChild(QTabWidget).currentWidget() is page.parts["backups"]


def test_a_lead_may_not_reset_the_password_of_somebody_above(office: Desk, plant: Plant, qtbot: QtBot) -> None:
    from app.ui.admin import passwords

    office.tasks.actor = account(plant, "lead1", "lead")
    notices = heard(office)
    store: Store = plant.store
    office.tasks.run(passwords.reset(store, office.tasks.actor, "boss", "Bu-Gai-2026"))
    qtbot.waitUntil(lambda: bool(notices), timeout=10_000)
    assert notices[0].tone == "warning"
    store.vault.unlock("boss", PASSWORD)


def test_a_lead_sees_the_accounts_of_his_own_units_only(office: Desk, plant: Plant, qtbot: QtBot) -> None:
    office.actor = office.tasks.actor = account(plant, "lead1", "lead")
    tab = AccountsTab(office)
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitUntil(lambda: tab.model.ready)
    assert [tab.model.row(n).login for n in range(tab.model.rowCount())] == ["lead1"]  # type: ignore[union-attr]
