"""Another scope for a site, looked at before it is changed; and what is read out on the telephone when a site is enrolled."""

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.models.accounts import Account
from app.models.grids import Grid
from app.models.sites import Site
from app.models.units import Unit
from app.services import accounts, units
from app.sync import authority, carrying, inviting, own
from app.ui.hq.page import InboxPage
from app.ui.sync.page import SyncPage
from tests.ui.carried import NAME, Pair, heard, settled


def second_area(ends: Pair) -> str:
    """The path of another area of the plant, with a grid and a team lead of its own."""
    with ends.plant.store.begin(ends.plant.boss) as s:
        root = s.get_one(Unit, s.get_one(Unit, ends.plant.area).parent_id)
        area = units.add(s, Unit(name="采油二作业区", kind="area", parent_id=root.id, code="PS6-02"))
        s.add(Grid(name="沙湾网格", kind="grid", unit_id=area.id, path=area.path, code="PS6-02-G01"))
        accounts.create(s, Account(login="lead2", name="钱组长", role="lead", unit_id=area.id))
        return area.path


def words(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


def test_a_scope_is_changed_after_showing_what_enters_and_leaves_and_the_site_is_told_why(
    page: InboxPage, ends: Pair, tmp_path: Path, qtbot: QtBot
) -> None:
    there = second_area(ends)
    page.open_record("sites")
    page.refresh()
    settled(page.desk, qtbot)
    tab = page.sites_tab
    tab.rescope_button.click()
    settled(page.desk, qtbot)
    wizard, picker = tab.rescoping.wizard, tab.rescoping.picker
    assert picker.scope == {ends.plant.path: "采油一作业区"} and not picker.name.isVisible()
    wizard.go_on()
    settled(page.desk, qtbot)
    assert "没有改动" in wizard._problem.text() and wizard.here == 0
    picker.add(there, "采油二作业区")
    picker.add(ends.plant.path, "")
    wizard.go_on()
    settled(page.desk, qtbot)
    said = words(tab.rescoping.area)
    assert "新进入: 采油二作业区" in said and "移出管辖: 采油一作业区" in said and "已移交" in said
    assert "这 2 个网格将没有站点管辖: 红梁第一网格、红梁第二网格。" in said
    shown = said.split("\n")
    at = shown.index("人员")
    assert shown[at + 1 : at + 3] == ["–", "2"]
    wizard.go_on()
    assert "请写明原因" in wizard._problem.text()
    tab.rescoping.reason.set_value("人员调往二区")
    notices = heard(page.desk)
    wizard.go_on()
    settled(page.desk, qtbot)
    assert "管辖已改" in notices[0].text and tab.list.isVisible()
    assert tab.list.current().scope == "采油二作业区"
    assert "原因: 人员调往二区" in words(tab.pane) and "已催报" not in words(tab.pane)
    ends.upload()
    desk = ends.desk(True, tmp_path)
    carrying.read_files(ends.store, ends.lead, ends.answer())
    with ends.store.read() as s:
        assert own.identity(s).paths == [there]
    below = SyncPage(desk)
    qtbot.addWidget(below)
    below.show()
    settled(desk, qtbot)
    assert "总部通知: 本站管辖改为「采油二作业区」。原因: 人员调往二区" in words(below.notes)
    desk.tasks.close()


def test_a_scope_where_nobody_has_an_account_is_refused_before_anything_is_changed(
    page: InboxPage, ends: Pair, qtbot: QtBot
) -> None:
    with ends.plant.store.begin(ends.plant.boss) as s:
        root = s.get_one(Unit, ends.plant.area).parent_id
        there = units.add(s, Unit(name="采油三作业区", kind="area", parent_id=root, code="PS6-03")).path
    page.open_record("sites")
    page.sites_tab.rescope()
    settled(page.desk, qtbot)
    page.sites_tab.rescoping.picker.scope = {there: "采油三作业区"}
    page.sites_tab.rescoping.wizard.go_on()
    settled(page.desk, qtbot)
    assert "还没有账号" in page.sites_tab.rescoping.wizard._problem.text()
    with ends.plant.store.read() as s:
        assert s.scalars(select(Site.paths).where(Site.name == NAME)).one() == [ends.plant.path]


@pytest.mark.parametrize("where", ["list", "code", "approval"])
def test_address_and_marks_are_shown_to_be_read_out_and_copied(
    page: InboxPage, ends: Pair, where: str, qtbot: QtBot
) -> None:
    with ends.plant.store.begin() as s:
        authority.equip(s)
        mark, certificate = own.hq(s).fingerprint, authority.fingerprint(own.hq(s).ca)
    page.open_record("sites")
    tab = page.sites_tab
    tab.show_invitations()
    settled(page.desk, qtbot)
    assert "还没有开启过" in words(tab.invitations.telling)
    with ends.plant.store.begin() as s:
        inviting.reached(s, ["localhost", "::1", "hq.example", "2001:db8::7"], 8470)
    if where == "list":
        tab.invitations.refresh()
        shown = tab.invitations.telling
    elif where == "code":
        tab.invitations.wizard._show("二号值班室", "2345")
        shown = tab.invitations.wizard.telling
    else:
        tab.wizard.wizard.go(2)
        shown = tab.wizard.telling
    settled(page.desk, qtbot)
    said = words(shown).replace("\n", " ").replace(": ", ":")
    assert "https://hq.example:8470" in said and "https://[2001:db8::7]:8470" in said and "localhost" not in said
    assert mark in said and certificate in said
    copies = {button.accessibleName(): button for button in shown.findChildren(QPushButton)}
    copies["复制总部证书的指纹"].click()
    assert QGuiApplication.clipboard().text() == certificate
    copies["复制总部核对码"].click()
    assert QGuiApplication.clipboard().text() == mark
