"""Code lists, templates, backups and this machine in 管理."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.models import backups
from app.services import codes, people
from app.ui.admin.backup_list import BackupsTab
from app.ui.admin.code_lists import CodeDialog, CodesTab
from app.ui.admin.machine import MachineTab
from app.ui.admin.page import AdminPage
from app.ui.admin.reading_list import ReadingsTab
from app.ui.admin.templates import TemplatesTab
from app.ui.desk import Desk, Notice
from tests.factories import Plant, account


@pytest.fixture
def office(desk: Desk, plant: Plant) -> Desk:
    """The founder's desk with the store and its labels."""
    desk.store = plant.store
    with plant.store.read(plant.boss) as s:
        desk.codes = codes.all_choices(s)
    return desk


def heard(desk: Desk) -> list[Notice]:
    notices: list[Notice] = []
    desk.noticed.connect(notices.append)
    return notices


def shown_codes(office: Desk, qtbot: QtBot) -> CodesTab:
    tab = CodesTab(office)
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitUntil(lambda: tab.model.count.total == 8)  # 走访方式
    return tab


def rows(tab: CodesTab) -> list[str]:
    return [row.zh for row in map(tab.model.row, range(tab.model.rowCount())) if row is not None]


def test_a_label_is_renamed_and_records_keep_the_code(office: Desk, plant: Plant, qtbot: QtBot) -> None:
    tab = shown_codes(office, qtbot)
    tab.table.view.selectRow(0)
    assert [button.text() for button in tab.card.buttons] == ["改名", "停用"]
    tab.card.buttons[0].click()
    dialog = tab.findChild(CodeDialog)
    dialog.form.fill({"zh": "上门"})
    dialog.form.submit()
    qtbot.waitUntil(lambda: "上门" in rows(tab))
    with plant.store.read(plant.boss) as s:
        assert codes.labels(s, "visit_way")["home"] == "上门"


def test_a_value_is_added_once_and_retired_for_good(office: Desk, qtbot: QtBot) -> None:
    tab = shown_codes(office, qtbot)
    tab.add()
    dialog = tab.findChild(CodeDialog)
    dialog.form.fill({"zh": "微信", "code": "home"})
    dialog.form.submit()
    qtbot.waitUntil(lambda: "已存在" in dialog.form._slots["code"].problem_text)
    dialog.form.fill({"code": "wechat"})
    dialog.form.submit()
    qtbot.waitUntil(lambda: tab.model.count.total == 9)
    assert tab.table.show_record(next(r.id for r in map(tab.model.row, range(9)) if r and r.zh == "微信"))
    tab.card.buttons[1].click()
    qtbot.waitUntil(lambda: tab.model.count.total == 8)  # the list shows what is in use
    tab.filters.choose("retired")
    qtbot.waitUntil(lambda: rows(tab) == ["微信"])


def test_without_the_right_labels_are_only_read(office: Desk, plant: Plant, qtbot: QtBot) -> None:
    office.actor = account(plant, "lead1", "lead")
    tab = shown_codes(office, qtbot)
    tab.table.view.selectRow(0)
    assert tab.card.buttons == [] and tab.spec.new is None


def test_a_template_shows_its_items(office: Desk, qtbot: QtBot) -> None:
    from PySide6.QtWidgets import QLabel

    tab = TemplatesTab(office)
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitUntil(lambda: tab.model.count.total > 0)
    tab.table.view.selectRow(0)
    qtbot.waitUntil(lambda: any(label.text().startswith("1. ") for label in tab.findChildren(QLabel)))


def test_a_backup_made_now_is_listed_and_found_whole_until_it_is_damaged(
    office: Desk, plant: Plant, qtbot: QtBot
) -> None:
    notices = heard(office)
    tab = BackupsTab(office)
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitUntil(lambda: tab.model.ready)
    tab.back_up()
    qtbot.waitUntil(lambda: tab.model.count.total == 1, timeout=30_000)
    assert notices[0].tone == "done" and office.status.backup_at is not None
    row = tab.model.row(0)
    assert row is not None and row.why == "manual"
    tab.check_backup(row)
    qtbot.waitUntil(lambda: len(notices) == 2, timeout=20_000)
    assert "完好" in notices[1].text
    copy = next(Path(row.folder).glob("store*"))
    damaged = bytearray(copy.read_bytes())
    damaged[5000] ^= 255
    copy.write_bytes(bytes(damaged))
    tab.check_backup(row)
    qtbot.waitUntil(lambda: len(notices) == 3, timeout=20_000)
    assert notices[2].tone == "warning" and "损坏" in notices[2].text
    assert len(backups.listed(tab.root)) == 1


def test_the_store_in_use_is_checked_from_end_to_end(office: Desk, qtbot: QtBot) -> None:
    notices = heard(office)
    tab = BackupsTab(office)
    qtbot.addWidget(tab)
    tab.check_store()
    qtbot.waitUntil(lambda: bool(notices), timeout=30_000)
    assert "数据完好" in notices[0].text


def test_the_machine_tells_of_fonts_printer_and_disk_and_its_report_names_nobody(
    office: Desk, plant: Plant, tmp_path: Path, qtbot: QtBot
) -> None:
    notices = heard(office)
    tab = MachineTab(office)
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitUntil(lambda: len(tab.facts) > 5)
    assert {"中文字体", "输入法", "打印机", "磁盘剩余"} <= {what for what, _how, _fine in tab.facts}
    tab.write(tmp_path / "诊断.txt")
    qtbot.waitUntil(lambda: bool(notices), timeout=10_000)
    text = (tmp_path / "诊断.txt").read_text("utf-8")
    assert "Qt" in text and str(plant.store.folder) not in text


def test_who_looked_at_full_numbers_is_listed_for_those_who_audit(office: Desk, plant: Plant, qtbot: QtBot) -> None:
    with plant.store.begin(plant.boss) as s:
        people.one(s, plant.zhang, reveal=True)
    page = AdminPage(office)
    qtbot.addWidget(page)
    page.show()
    page.open_record("readings")
    tab = page.parts["readings"]
    assert isinstance(tab, ReadingsTab)
    qtbot.waitUntil(lambda: tab.model.count.total == 1)
    assert [tab.model.index(0, n).data() for n in range(5)] == [
        "周立", "个人档案", "今天 09:00", "张三", "身份证号、电话"
    ]  # fmt: skip
    page.leave()


def test_the_notes_are_not_there_for_others(office: Desk, plant: Plant, qtbot: QtBot) -> None:
    office.actor = office.tasks.actor = account(plant, "lead", "lead")
    page = AdminPage(office)
    qtbot.addWidget(page)
    assert "readings" not in page.parts
