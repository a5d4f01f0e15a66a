"""What headquarters does beside taking: taking a package back, quarantine by decision, judging refused ones again, 催报."""

from pathlib import Path

from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.models.batches import Package
from app.models.sites import Reminder, Site
from app.models.visits import Visit
from app.services import sites
from app.sync import carrying
from app.ui.hq.page import InboxPage
from app.ui.widgets.dialogs import Question
from app.ui.widgets.fields import NotesEditor
from tests.ui.carried import NAME, Pair, heard, settled


def taken(page: InboxPage, ends: Pair, qtbot: QtBot) -> None:
    """The stick has been taken and the page knows of it."""
    carrying.read_files(ends.plant.store, ends.plant.boss, [ends.stick])
    page.refresh()
    settled(page.desk, qtbot)


def asked(page: QWidget) -> Question:
    (found,) = [one for one in page.findChildren(Question) if one.isVisible()]
    return found


def answer(page: InboxPage, text: str, qtbot: QtBot) -> str:
    """The open question is answered with these words; gives all it said."""
    question = asked(page)
    said = "\n".join(label.text() for label in question.findChildren(QLabel))
    notes = question.findChild(NotesEditor)
    assert notes is not None
    notes.text.setPlainText(text)
    question.button.click()
    settled(page.desk, qtbot)
    return said


def test_a_package_is_taken_back_after_showing_what_goes_and_what_stays(
    page: InboxPage, ends: Pair, qtbot: QtBot
) -> None:
    ends.visit()
    ends.edit(True, note="站点写的", phones=["13800000001"])
    ends.upload()
    carrying.read_files(ends.plant.store, ends.plant.boss, [ends.stick])
    ends.edit(False, note="总部后来写的")
    page.open_record("history")
    page.refresh()
    settled(page.desk, qtbot)
    page.history.undo_button.click()
    settled(page.desk, qtbot)
    notices = heard(page.desk)
    said = answer(page, "装错了数据", qtbot)
    assert "作废 1 条走访, 改回 1 条人员, 1 处保留不动" in said
    assert "人员 · 张三 · 备注: 后来又有改动, 保留" in said
    assert notices[0].text.startswith(f"已撤回「{NAME} 第 1 包」: 作废 1 条走访")
    settled(page.desk, qtbot)
    assert page.history.list.model.index(0, 1).data() == "已撤回"
    assert not page.history.undo_button.isEnabled()
    with ends.plant.store.read() as s:
        assert s.scalars(select(Visit.voided_at)).one() is not None


def test_without_a_reason_nothing_is_taken_back(page: InboxPage, ends: Pair, qtbot: QtBot) -> None:
    ends.visit()
    ends.upload()
    taken(page, ends, qtbot)
    page.history.undo_button.click()
    settled(page.desk, qtbot)
    answer(page, "", qtbot)
    assert "请写明原因" in asked(page).problem.text()
    with ends.plant.store.read() as s:
        assert s.scalars(select(Package.undone_at)).all() == [None]


def test_refused_changes_are_judged_again_once_headquarters_has_put_its_data_right(
    page: InboxPage, ends: Pair, qtbot: QtBot
) -> None:
    ends.stray()
    ends.upload()
    taken(page, ends, qtbot)
    assert page.history.retry_button.isEnabled()
    notices = heard(page.desk)
    page.history.retry_button.click()
    qtbot.waitUntil(lambda: len(notices) == 1 and page.history.retry_button.isEnabled() is True, timeout=20_000)
    assert notices[-1].text == "再试过了: 不收 1"
    with ends.plant.store.begin(ends.plant.boss) as s:
        s.scalars(select(Site).where(Site.name == NAME)).one().paths = ["/"]
    page.history.retry_button.click()
    qtbot.waitUntil(lambda: len(notices) == 2 and page.history.retry_button.isEnabled() is False, timeout=20_000)
    assert notices[-1].text == "再试过了: 收下 1"


def test_a_refused_change_that_its_site_has_corrected_is_told_apart(page: InboxPage, ends: Pair, qtbot: QtBot) -> None:
    ends.stray()
    ends.upload()
    carrying.read_files(ends.store, ends.lead, ends.answer())
    with ends.store.begin(ends.lead) as s:
        s.scalars(select(Visit).where(Visit.path == "/99/")).one().path = ends.plant.path
    ends.upload()
    ends.answer()
    page.refresh()
    page.open_record("history")
    settled(page.desk, qtbot)
    page.history.view.show_package(next(row.id for row in page.history.list.rows if row.number == 1))
    settled(page.desk, qtbot)
    told = [label.text() for label in page.history.view.findChildren(QLabel)]
    assert "未采用, 后来已更正或作废 1" in told and "未采用 1" not in told
    assert not page.history.retry_button.isEnabled()


def quarantined(page: InboxPage, ends: Pair, qtbot: QtBot) -> None:
    """A package of a site that was revoked lies in quarantine and is chosen."""
    ends.visit()
    ends.upload()
    with ends.plant.store.begin(ends.plant.boss) as s:
        sites.revoke(s, s.scalars(select(Site.id).where(Site.name == NAME)).one(), "笔记本丢失")
    taken(page, ends, qtbot)
    page.open_record("quarantine")
    settled(page.desk, qtbot)


def test_a_package_in_quarantine_is_taken_anyway_by_those_who_may_with_their_reason(
    page: InboxPage, ends: Pair, qtbot: QtBot
) -> None:
    from dataclasses import replace

    quarantined(page, ends, qtbot)
    assert not page.quarantine.take_button.isEnabled(), "the founder has no such right"
    allowed = replace(ends.plant.boss, rights=ends.plant.boss.rights | {"package.release"})
    page.desk.actor = page.desk.tasks.actor = allowed
    page.refresh()
    settled(page.desk, qtbot)
    page.quarantine.take_button.click()
    said = answer(page, "电脑已找回", qtbot)
    assert "笔记本丢失" in said
    settled(page.desk, qtbot)
    assert page.quarantine.list.nothing.isVisible()
    with ends.plant.store.read() as s:
        assert len(s.scalars(select(Visit.id)).all()) == 1
        assert "电脑已找回" in (s.scalars(select(Package.reason)).one() or "")


def test_a_site_is_asked_to_report_and_sees_it_until_it_has(
    page: InboxPage, ends: Pair, tmp_path: Path, qtbot: QtBot
) -> None:
    from app.ui.sync.page import SyncPage
    from app.ui.today.page import TodayPage

    page.open_record("sites")
    settled(page.desk, qtbot)
    page.sites_tab.remind_button.click()
    settled(page.desk, qtbot)
    answer(page, "请今天下班前上报本周走访。", qtbot)
    with ends.plant.store.read() as s:
        assert s.scalars(select(Reminder.text)).all() == ["请今天下班前上报本周走访。"]
    assert any("已催报" in label.text() for label in page.sites_tab.pane.findChildren(QLabel))
    ends.visit()
    ends.upload()
    carrying.write_answers(ends.plant.store, ends.plant.boss, ends.stick, [page.sites_tab.list.current().id])
    carrying.read_files(ends.store, ends.lead, [ends.stick])
    desk = ends.desk(True, tmp_path)
    for made, strip in ((SyncPage(desk), "notes"), (TodayPage(desk), "asked")):
        qtbot.addWidget(made)
        made.show()
        settled(desk, qtbot)
        shown = getattr(made, strip)
        assert shown.isVisible() and "总部催报: 请今天下班前上报本周走访。" in shown.accessibleName()
    ends.answer()
    carrying.read_files(ends.store, ends.lead, [ends.stick])
    for made, strip in ((SyncPage(desk), "notes"), (TodayPage(desk), "asked")):
        qtbot.addWidget(made)
        made.show()
        settled(desk, qtbot)
        assert not getattr(made, strip).isVisible()
    desk.tasks.close()


def test_a_certificate_is_renewed_and_keys_are_changed_after_a_question(
    page: InboxPage, ends: Pair, qtbot: QtBot
) -> None:
    from datetime import timedelta

    from app.clock import today
    from app.sync import own

    with ends.plant.store.begin(ends.plant.boss) as s:
        s.scalars(select(Site).where(Site.name == NAME)).one().valid_to = today() + timedelta(days=20)
        before = own.hq(s).sign
    page.open_record("sites")
    page.refresh()
    settled(page.desk, qtbot)
    notices = heard(page.desk)
    page.sites_tab.renew_button.click()
    asked(page).button.click()
    settled(page.desk, qtbot)
    assert "的证书已续到" in notices[0].text
    with ends.plant.store.read() as s:
        until = s.scalars(select(Site.valid_to).where(Site.name == NAME)).one()
        assert until is not None and until > today() + timedelta(days=900)
    page.sites_tab.rotate_button.click()
    asked(page).button.click()
    settled(page.desk, qtbot)
    assert "总部密钥已轮换" in notices[-1].text
    with ends.plant.store.read() as s:
        assert own.hq(s).sign[0] != before[0]


def test_a_code_is_shown_once_and_can_be_withdrawn(page: InboxPage, ends: Pair, qtbot: QtBot) -> None:
    page.open_record("sites")
    page.sites_tab.invite_button.click()
    settled(page.desk, qtbot)
    codes = page.sites_tab.invitations
    assert codes.list.nothing.isVisible()
    codes.invite()
    settled(page.desk, qtbot)
    wizard = codes.wizard
    wizard.wizard.go_on()
    assert "请填写站点名称" in wizard.wizard._problem.text()
    wizard.picker.name.setText("二号值班室")
    wizard.picker.add(ends.plant.path, "采油一作业区")
    wizard.wizard.go_on()
    settled(page.desk, qtbot)
    assert len(wizard.code.text().replace("-", "")) == 16
    wizard.wizard.go_on()
    settled(page.desk, qtbot)
    assert codes.list.model.index(0, 1).data() == "等使用"
    codes.withdraw_button.click()
    settled(page.desk, qtbot)
    settled(page.desk, qtbot)
    assert codes.list.model.index(0, 1).data() == "已作废"
