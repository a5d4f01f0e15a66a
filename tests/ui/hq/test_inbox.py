"""收件 at headquarters: look before taking, take, answer in one go, quarantine, and the sites."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.models.sites import Site
from app.models.store import Store
from app.models.vault import Cost
from app.models.visits import Visit
from app.services import attachments, sites, visits
from app.sync import carrying, enrolling
from app.ui.hq.page import InboxPage
from app.ui.widgets.dialogs import Question
from tests.factories import PASSWORD
from tests.ui.carried import NAME, Pair, heard, settled


def look(page: InboxPage, qtbot: QtBot, *paths: Path) -> None:
    page.show_files(list(paths))
    settled(page.desk, qtbot)


def take(page: InboxPage, qtbot: QtBot) -> None:
    page.intake.take_button.click()
    settled(page.desk, qtbot)


def visits_here(ends: Pair) -> int:
    with ends.plant.store.read() as s:
        return len(s.scalars(select(Visit.id)).all())


def words_of(page: InboxPage) -> str:
    return "\n".join(label.text() for label in page.intake.view.findChildren(QLabel))


def singles(ends: Pair, number: int, name: Callable[[int], str] = str) -> None:
    """So many packages of one visit each lie on the stick."""
    from app.sync import exchange

    for at in range(1, number + 1):
        ends.visit(f"第 {at} 次")
        with ends.store.begin(ends.lead) as s:
            (ends.stick / f"{name(at)}.fgpkg").write_bytes(exchange.pack(s, after=at - 1)[1])


def cell(page: InboxPage, row: int, column: int) -> str:
    return str(page.intake.list.model.index(row, column).data())


def test_a_package_is_looked_at_before_it_is_taken(page: InboxPage, ends: Pair, qtbot: QtBot) -> None:
    ends.visit()
    ends.stray()
    ends.edit(True, note="改")
    ends.upload()
    look(page, qtbot, ends.stick)
    assert [cell(page, 0, at) for at in range(5)] == [NAME, "可收", "1", "第 1–3 号", "新增 1, 更改 1, 不收 1"]
    assert "1 条: 这条记录不在该站点的管辖范围内。" in words_of(page)
    assert visits_here(ends) == 0
    take(page, qtbot)
    assert (cell(page, 0, 1), cell(page, 0, 4)) == ("已收下", "收下 2, 不收 1")
    assert visits_here(ends) == 1
    assert not page.intake.take_button.isEnabled()


def test_receipts_and_feeds_go_back_in_one_go_and_the_site_is_settled(
    page: InboxPage, ends: Pair, qtbot: QtBot
) -> None:
    from app.sync import tally

    ends.visit()
    ends.upload()
    assert not page.intake.answer_button.isEnabled()
    look(page, qtbot, ends.stick)
    take(page, qtbot)
    assert page.intake.answer_button.text() == "写回执和下发到 U 盘 (1 个站点)"
    ends.edit(False, note="总部补记")
    said = heard(page.desk)
    page.intake.answer(ends.stick)
    settled(page.desk, qtbot)
    assert "已给 1 个站点写好 1 个" in said[0].text
    assert not page.intake.answer_button.isEnabled()
    assert page.history.list.model.index(0, 1).data() == "回执已写"
    carrying.read_files(ends.store, ends.lead, [ends.stick])
    with ends.store.read(ends.lead) as s:
        standing = tally.at_site(s)
    assert (standing.waiting, standing.taken, standing.unanswered) == (0, 1, 0)


def test_the_same_package_again_says_so_and_changes_nothing(page: InboxPage, ends: Pair, qtbot: QtBot) -> None:
    ends.visit()
    file = ends.upload()
    look(page, qtbot, file)
    take(page, qtbot)
    page.intake.clear()
    look(page, qtbot, file)
    assert cell(page, 0, 1) == "收过"
    take(page, qtbot)
    assert visits_here(ends) == 1
    assert page.history.list.model.rowCount() == 1


def test_bad_and_foreign_files_are_told_and_the_good_one_is_taken(page: InboxPage, ends: Pair, qtbot: QtBot) -> None:
    ends.visit()
    data = ends.upload().read_bytes()
    (ends.stick / "断.fgpkg").write_bytes(data[:-30])
    (ends.stick / "改.fgpkg").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    (ends.stick / "文.fgpkg").write_text("这不是数据包")
    look(page, qtbot, ends.stick, ends.stick / "没有.fgpkg")
    states = [cell(page, row, 1) for row in range(page.intake.list.model.rowCount())]
    assert states == ["可收"] + ["不能收"] * 4
    take(page, qtbot)
    assert visits_here(ends) == 1


def test_a_stick_full_of_packages_is_grouped_by_site_in_their_order_and_lacks_nothing_it_brings(
    page: InboxPage, ends: Pair, qtbot: QtBot
) -> None:
    singles(ends, 12, lambda number: f"{(number * 7) % 12:02d}")
    look(page, qtbot, ends.stick)
    assert [cell(page, row, 2) for row in range(12)] == [str(number) for number in range(1, 13)]
    assert "1 个站点, 12 个文件: 可收 12。" in page.intake.panel._words.text()
    assert all(one.preview.gap is None for one in page.intake.shown)
    page.intake.clear()
    look(page, qtbot, *(one for one in ends.stick.iterdir() if one.name != "07.fgpkg"))  # the first of the twelve
    assert {one.preview.gap for one in page.intake.shown} == {(1, 1)}


def attached(ends: Pair) -> None:
    """A visit with a file; both lie on the stick."""
    with ends.store.begin(ends.lead) as s:
        visit = visits.record(s, ends.plant.visit())
        attachments.attach(s, "visit", visit.id, "现场记录".encode() * 50, "记录.txt")
    carrying.write_upload(ends.store, ends.lead, ends.stick)


def test_a_file_of_attachments_is_looked_at_like_a_package_and_taken_behind_its_records(
    page: InboxPage, ends: Pair, qtbot: QtBot
) -> None:
    attached(ends)
    look(page, qtbot, ends.stick)
    shown = {Path(one.file).suffix: one for one in page.intake.shown}
    assert set(shown) == {".fgpkg", ".fgfile"}
    package, files = shown[".fgpkg"], shown[".fgfile"]
    assert (files.site, files.state, files.effect) == (NAME, "ready", "新增 1") and package.effect == "新增 2"
    page.intake.list.table.view.selectRow([one.file for one in page.intake.shown].index(files.file))
    settled(page.desk, qtbot)
    assert "附件" in words_of(page)
    take(page, qtbot)
    told = {Path(one.file).suffix: (one.state, one.effect) for one in page.intake.shown}
    assert told[".fgfile"] == ("taken", "附件: 1 个已齐。") and told[".fgpkg"][0] == "taken"
    with ends.plant.store.read(ends.plant.boss) as s:
        (known,) = s.scalars(select(attachments.Attachment))
        assert [row.here for row in attachments.of(s, known.of_id)] == [True]


def test_attachments_of_a_revoked_site_go_into_quarantine_with_its_packages_as_the_preview_says(
    page: InboxPage, ends: Pair, qtbot: QtBot
) -> None:
    attached(ends)
    with ends.plant.store.begin(ends.plant.boss) as s:
        sites.revoke(s, s.scalars(select(Site.id).where(Site.name == NAME)).one(), "电脑丢失")
    look(page, qtbot, ends.stick)
    before = {Path(one.file).suffix: one.state for one in page.intake.shown}
    assert before == {".fgpkg": "quarantine", ".fgfile": "quarantine"}
    take(page, qtbot)
    assert {one.state for one in page.intake.shown} == {"quarantined"}
    assert page.tabs.tabText(page.tabs.indexOf(page.quarantine)) == "隔离 2"


def test_tab_reaches_every_button_of_the_tabs(page: InboxPage, ends: Pair, qtbot: QtBot) -> None:
    ends.visit()
    ends.upload()
    look(page, qtbot, ends.stick)
    take(page, qtbot)
    page.activateWindow()
    for tab in (page.intake, page.history, page.sites_tab):
        page.tabs.setCurrentWidget(tab)
        page.tabs.tabBar().setFocus()
        reached = set()
        for _turn in range(24):
            qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)  # type: ignore[no-untyped-call]
            reached.add(QApplication.focusWidget())
        wanted = {
            one
            for one in tab.findChildren(QPushButton)
            if one.isVisible() and one.isEnabled() and not one.isCheckable()
        }
        assert [one.text() for one in wanted - reached] == []


def test_a_stop_keeps_what_was_taken_until_then_and_the_rest_can_follow(
    page: InboxPage, ends: Pair, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.sync import inbox

    singles(ends, 4)
    monkeypatch.setattr(inbox, "GROUP", 2)
    look(page, qtbot, ends.stick)
    group = inbox._group

    def stopped(*given: object) -> object:
        found = group(*given)  # type: ignore[arg-type]
        (job,) = page.desk.tasks._jobs
        job.cancel()
        return found

    monkeypatch.setattr(inbox, "_group", stopped)
    take(page, qtbot)
    assert visits_here(ends) == 2
    assert "收下 2 个包, 还有 2 个没收" in page.intake.panel._words.text()
    assert page.intake.take_button.text() == "收下 2 个包" and page.intake.take_button.isEnabled()
    monkeypatch.setattr(inbox, "_group", group)
    take(page, qtbot)
    assert visits_here(ends) == 4


def test_a_stick_of_many_is_taken_in_groups_each_file_with_its_own_outcome(
    page: InboxPage, ends: Pair, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.sync import inbox

    singles(ends, 5)
    monkeypatch.setattr(inbox, "GROUP", 3)
    look(page, qtbot, ends.stick)
    (ends.stick / "2.fgpkg").write_bytes((ends.stick / "2.fgpkg").read_bytes()[:-40])  # the stick was pulled meanwhile
    (ends.stick / "4.fgpkg").unlink()
    commits = 0
    begin = ends.plant.store.begin

    def counted(*given: object) -> object:
        nonlocal commits
        commits += 1
        return begin(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(ends.plant.store, "begin", counted)
    take(page, qtbot)
    assert commits == 2
    shown = {one.file: (one.state, one.effect) for one in page.intake.shown}
    assert shown["1.fgpkg"] == ("taken", "收下 1")
    assert shown["2.fgpkg"][0] == "refused" and "不完整" in shown["2.fgpkg"][1]
    assert shown["3.fgpkg"] == shown["5.fgpkg"] == ("taken", "等资料 1")
    assert shown["4.fgpkg"][0] == "refused"
    assert "收下 3 个包, 2 个不能收" in page.intake.panel._words.text()
    assert page.intake.answer_button.text() == "写回执和下发到 U 盘 (1 个站点)"


def test_an_empty_stick_is_said_to_be_empty(page: InboxPage, ends: Pair, qtbot: QtBot) -> None:
    look(page, qtbot, ends.stick)
    assert "这里没有上报包" in page.intake.panel._words.text()
    assert page.intake.list.nothing.isVisible()


def test_a_revoked_sites_package_is_quarantined_with_its_reason(page: InboxPage, ends: Pair, qtbot: QtBot) -> None:
    ends.visit()
    ends.upload()
    page.open_record("sites")
    assert page.sites_tab.list.model.index(0, 1).data() == "没有上报过"
    page.sites_tab.revoke_button.click()
    question = page.sites_tab.findChild(Question)
    assert question is not None
    question.button.click()
    assert question.problem.text()
    editor = question.focusWidget()
    qtbot.keyClicks(editor, "lost")  # type: ignore[no-untyped-call]
    question.button.click()
    settled(page.desk, qtbot)
    assert page.sites_tab.list.model.index(0, 1).data() == "已停用"
    look(page, qtbot, ends.stick)
    assert cell(page, 0, 1) == "将隔离"
    take(page, qtbot)
    assert page.tabs.tabText(page.tabs.indexOf(page.quarantine)) == "隔离 1"
    assert "lost" in page.quarantine.list.model.index(0, 5).data()
    assert visits_here(ends) == 0
    with ends.plant.store.begin(ends.plant.boss) as s:
        s.scalars(select(Site).where(Site.name == NAME)).one().revoked_at = None
    page.open_record("quarantine")
    page.quarantine.button.click()
    settled(page.desk, qtbot)
    settled(page.desk, qtbot)
    assert visits_here(ends) == 1
    assert page.tabs.tabText(page.tabs.indexOf(page.quarantine)) == "隔离"


def test_a_site_is_enrolled_from_its_request_after_the_marks_were_compared(
    page: InboxPage, ends: Pair, tmp_path: Path, qtbot: QtBot
) -> None:
    store = Store.create(tmp_path / "two", kind="site", login=enrolling.SETUP, password=PASSWORD, cost=Cost(8, 1, 1))
    request = enrolling.write_request(store, tmp_path, "二号值班室")
    page.open_record("sites")
    page.sites_tab.enrol()
    wizard = page.sites_tab.wizard
    wizard.wizard.go_on()
    assert "请先选择" in wizard.wizard._problem.text()
    wizard.choose_request(request.path)
    settled(page.desk, qtbot)
    assert wizard.mark.text() == request.fingerprint and "二号值班室" in wizard.asked.text()
    wizard.wizard.go_on()
    assert wizard.wizard.here == 0
    wizard.compared.setChecked(True)
    wizard.wizard.go_on()
    settled(page.desk, qtbot)
    wizard.wizard.go_on()
    assert "请从左边选择" in wizard.wizard._problem.text()
    tree = wizard.picker.tree
    root = tree.model.index(0, 0)
    tree.model.fetchMore(root)
    settled(page.desk, qtbot)
    tree.view.setCurrentIndex(tree.model.index(0, 0, root))
    wizard.picker.put.click()
    assert wizard.picker.scope == {ends.plant.path: "采油一作业区"}
    wizard.wizard.go_on()
    wizard.write(ends.stick)
    settled(page.desk, qtbot)
    assert "已开通" in wizard.result._words.text()
    (approval,) = ends.stick.glob("*.fgenrol")
    wizard.wizard.go_on()
    assert page.sites_tab.list.isVisible()
    assert page.tabs.tabText(page.tabs.indexOf(page.sites_tab)) == "站点 2"
    assert enrolling.accept_file(store, approval).path == ends.plant.path
    store.close()


def test_a_file_that_is_no_request_is_refused_in_the_wizard(page: InboxPage, ends: Pair, qtbot: QtBot) -> None:
    page.open_record("sites")
    page.sites_tab.enrol()
    (ends.stick / "x.fgreq").write_text("{}")
    page.sites_tab.wizard.choose_request(ends.stick / "x.fgreq")
    settled(page.desk, qtbot)
    assert "不是枫格的登记申请" in page.sites_tab.wizard.wizard._problem.text()


def test_a_read_only_stick_for_answers_is_a_sentence_and_the_answers_stay_to_be_written(
    page: InboxPage, ends: Pair, qtbot: QtBot
) -> None:
    ends.visit()
    ends.upload()
    look(page, qtbot, ends.stick)
    take(page, qtbot)
    said = heard(page.desk)
    page.intake.answer(ends.stick / "gone")
    settled(page.desk, qtbot)
    assert "写入" in said[0].text and said[0].tone == "error"
    assert page.intake.answer_button.isEnabled()


def test_a_clerk_may_take_but_not_enrol(ends: Pair, tmp_path: Path, qtbot: QtBot) -> None:
    from dataclasses import replace

    desk = ends.desk(False, tmp_path)
    desk.actor = desk.tasks.actor = replace(ends.plant.boss, role="clerk")
    page = InboxPage(desk)
    qtbot.addWidget(page)
    page.show()
    settled(desk, qtbot)
    assert not page.sites_tab.enrol_button.isEnabled() and "系统管理员" in page.sites_tab.reason.text()
    ends.visit()
    ends.upload()
    look(page, qtbot, ends.stick)
    take(page, qtbot)
    assert visits_here(ends) == 1
    desk.tasks.close()


def test_a_silent_site_says_since_when(page: InboxPage, ends: Pair, qtbot: QtBot) -> None:
    from app.clock import now, set_clock

    ends.visit()
    ends.upload()
    look(page, qtbot, ends.stick)
    take(page, qtbot)
    later = now() + sites.SILENT * 2
    set_clock(lambda: later)
    try:
        page.refresh()
        settled(page.desk, qtbot)
        assert page.sites_tab.list.model.index(0, 1).data() == "很久没上报"
        assert page.sites_tab.list.model.index(0, 5).data() == "已 14 天没有上报。"
    finally:
        set_clock(None)


def pane(view: QWidget) -> str:
    return "\n".join(part.text() for part in view.findChildren(QLabel) + view.findChildren(QPushButton))


def test_the_history_shows_each_package_with_its_receipt(page: InboxPage, ends: Pair, qtbot: QtBot) -> None:
    ends.visit()
    ends.stray()
    ends.edit(False, phones=["13900000002"])
    ends.edit(True, phones=["13800000001"])
    ends.upload()
    look(page, qtbot, ends.stick)
    take(page, qtbot)
    page.open_record("history")
    settled(page.desk, qtbot)
    told = pane(page.history.view)
    assert f"{NAME} 第 1 包" in told and "第 1–3 号" in told
    assert "走访 · 邻区住户\n" in told + "\n" and "这条记录不在该站点的管辖范围内。" in told
    opened: list[tuple[str, object]] = []
    page.desk.opened.connect(lambda key, record: opened.append((key, record)))
    (link,) = [button for button in page.history.view.findChildren(QPushButton) if "张三" in button.text()]
    link.click()
    assert opened == [("registry", ends.plant.zhang)]


def test_the_board_tells_of_sites_and_grids(page: InboxPage, ends: Pair, qtbot: QtBot) -> None:
    with ends.plant.store.begin(ends.plant.boss) as s:
        s.scalars(select(Site).where(Site.name == NAME)).one().clock_skew = 7200
    page.open_record("sites")
    page.refresh()
    settled(page.desk, qtbot)
    told = pane(page.sites_tab.pane)
    assert "开通后还没有上报过。" in told and "时钟快了 2 小时。" in told and "从未" in told
    page.sites_tab._show(1)
    rows = page.sites_tab.grids.model
    assert {rows.index(row, 0).data() for row in range(rows.rowCount())} == {"红梁第一网格", "红梁第二网格"}
    assert {rows.index(row, 4).data() for row in range(rows.rowCount())} == {NAME}
