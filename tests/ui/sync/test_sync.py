"""同步 at a site: the sentence that never lies, carrying by stick, and what headquarters says back."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.models.visits import Visit
from app.ui.desk import Desk
from app.ui.sync.page import SyncPage
from app.ui.sync.results import told_of
from tests.hq.serving import running
from tests.ui.carried import Pair, heard, settled


@pytest.fixture
def page(site_desk: Desk, qtbot: QtBot) -> SyncPage:
    made = SyncPage(site_desk)
    qtbot.addWidget(made)
    made.resize(1180, 660)
    made.show()
    settled(site_desk, qtbot)
    return made


def reload(page: SyncPage, qtbot: QtBot) -> None:
    page.refresh()
    settled(page.desk, qtbot)


def test_the_sentence_tells_what_waits_and_what_to_do(page: SyncPage, ends: Pair, qtbot: QtBot) -> None:
    assert "没有待上报的内容" in page.top.sentence.text()
    ends.visit()
    reload(page, qtbot)
    assert page.top.sentence.text().startswith("待上报 1 条 · 总部已收 0 条")
    assert "写一个上报包" in page.top.advice.text()
    assert page.desk.status.unsent == 1


def test_the_package_is_written_and_waits_for_its_receipt(page: SyncPage, ends: Pair, qtbot: QtBot) -> None:
    ends.visit()
    said = heard(page.desk)
    page.write(ends.stick)
    settled(page.desk, qtbot)
    (file,) = ends.stick.iterdir()
    assert file.name in said[0].text and "1 条变更" in said[0].text
    assert page.top.sentence.text().startswith("待上报 1 条")
    assert "没有收到回执" in page.top.advice.text()
    assert page.packages.list.model.index(0, 1).data() == "等回执"
    assert page.top.write_button.isEnabled()


def test_receipt_and_feed_are_read_from_the_whole_stick(page: SyncPage, ends: Pair, qtbot: QtBot) -> None:
    ends.visit()
    ends.upload()
    ends.edit(False, note="总部补记")
    ends.answer()
    (ends.stick / "别的.fgpkg").write_bytes(b"abc")
    page.read([ends.stick])
    settled(page.desk, qtbot)
    assert page.results.head.text() == "读入 1 个文件, 1 个没有读入, 1 个是别的单位的, 没有动。"
    assert "没有待上报的内容 · 总部已收 1 条 · 上次联系" in page.top.sentence.text()
    assert "都已收妥" in page.top.advice.text()
    page.open_record("comparing")
    reload(page, qtbot)
    assert "校验值一致" in page.comparing.words.text()
    assert page.comparing.list.model.index(0, 1).data() == "一致"


def test_tab_goes_as_the_eye_reads(page: SyncPage, ends: Pair, qtbot: QtBot) -> None:
    ends.visit()
    ends.upload()
    reload(page, qtbot)
    page.activateWindow()
    page.tabs.tabBar().setFocus()
    stops = []
    for _turn in range(5):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)  # type: ignore[no-untyped-call]
        stops.append(QApplication.focusWidget())
    assert stops[0] is page.packages.list.table.view and stops[4] is page.packages.button
    assert stops[1:3] == page.packages.list.foot.buttons, "export and print of the list stand below it"
    assert page.packages.view.isAncestorOf(stops[3])


def test_files_dropped_onto_the_page_are_read(page: SyncPage, ends: Pair, qtbot: QtBot) -> None:
    ends.visit()
    ends.upload()
    (answer,) = ends.answer()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(answer))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    page.dropEvent(QDropEvent(QPoint(5, 5), copy, mime, left, none))
    settled(page.desk, qtbot)
    assert page.results.head.text() == "读入 1 个文件。"
    assert "没有待上报" in page.top.sentence.text()


def test_a_refused_change_stands_with_its_reason_and_leads_to_its_record(
    page: SyncPage, ends: Pair, qtbot: QtBot
) -> None:
    ends.stray()
    ends.upload()
    page.read(ends.answer())
    settled(page.desk, qtbot)
    assert "未采用 1 条" in page.top.sentence.text()
    assert page.tabs.tabText(page.tabs.indexOf(page.refused)) == "未采用 1"
    opened: list[tuple[str, object]] = []
    page.desk.opened.connect(lambda key, record: opened.append((key, record)))
    page.open_record("refused")
    row = page.refused.list.current()
    assert row is not None and row.reason == "这条记录不在该站点的管辖范围内。"
    page.refused.button.click()
    assert opened == [("visits", row.record)]
    with ends.store.begin(ends.lead) as s:
        s.get_one(Visit, row.record).path = ends.plant.path
    page.refresh()
    settled(page.desk, qtbot)
    assert "未采用" not in page.top.sentence.text()
    assert page.tabs.tabText(page.tabs.indexOf(page.refused)) == "未采用"


def test_a_conflict_is_decided_by_one_button(page: SyncPage, ends: Pair, qtbot: QtBot) -> None:
    ends.edit(True, phones=["13800000001"])
    ends.edit(False, phones=["13900000002"])
    ends.upload()
    page.read(ends.answer())
    settled(page.desk, qtbot)
    page.open_record("conflicts")
    (row,) = page.conflicts.rows
    assert "待核定 1 处" in page.top.sentence.text()
    buttons = [b for b in page.conflicts.area.widget().findChildren(QPushButton) if b.text() == "用这个"]
    assert buttons[0].accessibleName() == f"电话用你的: {row.loser.text}" or row.winner.mine
    said = heard(page.desk)
    buttons[0].click()
    settled(page.desk, qtbot)
    assert said[0].text.startswith(
        f"已核定: 张三 的电话用「{row.loser.text}」, 「{row.winner.text}」仍留在记录的历史里。"
    )
    assert page.conflicts.rows == []
    assert "待上报 1 条" in page.top.sentence.text() and "待核定" not in page.top.sentence.text()


def mount(*options: str) -> None:
    if os.name == "nt" or subprocess.run(["mount", *options], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount")


@pytest.fixture
def small_stick(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 64 kB, where the machine lets us mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mount("-t", "tmpfs", "-o", "size=64k", "none", str(place))
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_stick_that_is_gone_is_told_and_nothing_counts_as_written(page: SyncPage, ends: Pair, qtbot: QtBot) -> None:
    ends.visit()
    said = heard(page.desk)
    page.write(ends.stick / "gone")
    settled(page.desk, qtbot)
    assert "写入" in said[0].text and said[0].tone == "error"
    assert page.packages.list.model.rowCount() == 1  # the first feed, from the enrolment
    page.write(ends.stick)
    settled(page.desk, qtbot)
    (file,) = ends.stick.iterdir()
    assert file.stem.endswith("0001")


def test_a_full_and_a_read_only_stick_are_told_and_the_next_one_holds_everything(
    page: SyncPage, ends: Pair, small_stick: Path, qtbot: QtBot
) -> None:
    ends.visit()
    said = heard(page.desk)
    with pytest.raises(OSError), (small_stick / "film").open("wb", buffering=0) as film:
        while True:
            film.write(bytes(4096))
    page.write(small_stick)
    settled(page.desk, qtbot)
    (small_stick / "film").unlink()
    mount("-o", "remount,ro", str(small_stick))
    page.write(small_stick)
    settled(page.desk, qtbot)
    assert "写满" in said[0].text and "写保护" in said[1].text
    assert list(small_stick.iterdir()) == []
    page.write(ends.stick)
    settled(page.desk, qtbot)
    assert "1 条变更" in said[2].text


def test_every_bad_file_is_a_calm_sentence_and_the_page_goes_on(page: SyncPage, ends: Pair, qtbot: QtBot) -> None:
    ends.visit()
    upload = ends.upload()
    (answer,) = ends.answer()
    data = answer.read_bytes()
    bad = {"断.fgpkg": data[:-9], "改.fgpkg": data[:-1] + bytes([data[-1] ^ 1]), "空.fgpkg": b""}
    for name, content in bad.items():
        (ends.stick / name).write_bytes(content)
    page.read([*(ends.stick / name for name in bad), upload, ends.stick / "没有.fgpkg"])
    settled(page.desk, qtbot)
    assert page.results.head.text() == "5 个没有读入。"
    assert "待上报 1 条" in page.top.sentence.text()
    page.read([answer])
    settled(page.desk, qtbot)
    assert "没有待上报的内容" in page.top.sentence.text()


def test_reading_can_be_cancelled(page: SyncPage, ends: Pair, qtbot: QtBot) -> None:
    ends.visit()
    ends.upload()
    ends.answer()
    page.read([ends.stick])
    page.top.panel._stop.click()
    settled(page.desk, qtbot)
    assert page.top.write_button.isEnabled() and page.top.read_button.isEnabled()


def test_without_an_address_the_network_button_says_why(page: SyncPage) -> None:
    assert not page.top.connect_button.isEnabled()
    assert "还没有填写总部地址" in page.top.reason.text()


def test_over_the_network_everything_goes_up_and_the_answer_comes_down(
    ends: Pair, tmp_path: Path, qtbot: QtBot
) -> None:
    ends.visit()
    ends.edit(False, note="总部补记")
    with running(ends.plant.store) as address:
        desk = ends.desk(True, tmp_path, hq_url=address)
        page = SyncPage(desk)
        qtbot.addWidget(page)
        page.show()
        settled(desk, qtbot)
        page.top.connect_button.click()
        settled(desk, qtbot)
        desk.tasks.close()
    assert page.top.panel._words.text() == "同步完成: 总部已确认 1 条, 下发 1 条。"
    assert page.top.sentence.text().startswith("没有待上报的内容 · 总部已收 1 条")
    assert desk.status.online is True and desk.status.unsent == 0


def test_headquarters_that_does_not_answer_is_a_sentence(ends: Pair, tmp_path: Path, qtbot: QtBot) -> None:
    desk = ends.desk(True, tmp_path, hq_url="http://127.0.0.1:9")
    page = SyncPage(desk)
    qtbot.addWidget(page)
    page.show()
    settled(desk, qtbot)
    assert page.top.connect_button.isEnabled()
    said = heard(desk)
    page.top.connect_button.click()
    settled(desk, qtbot)
    assert said and "总部" in said[0].text
    assert desk.status.online is False
    assert page.top.connect_button.isEnabled()
    desk.tasks.close()


def test_the_keys_ask_where_to_write_and_what_to_read(page: SyncPage, qtbot: QtBot) -> None:
    def asking() -> list[str]:
        return [dialog.windowTitle() for dialog in page.findChildren(QFileDialog) if dialog.isVisible()]

    for key, title in ((Qt.Key.Key_F6, "上报包写到哪里"), (Qt.Key.Key_F7, "读入哪个 U 盘或文件夹")):
        page.activateWindow()
        page.top.write_button.setFocus()
        qtbot.keyClick(page.top.write_button, key)  # type: ignore[no-untyped-call]
        qtbot.waitUntil(lambda title=title: asking() == [title])  # type: ignore[misc]
        page.findChildren(QFileDialog)[-1].reject()
        qtbot.waitUntil(lambda: not asking())


def test_an_older_or_unknown_file_is_told_in_words(page: SyncPage, ends: Pair, qtbot: QtBot) -> None:
    from app.sync.carrying import Read

    assert told_of(Read("a", "ignored", "receipt")) == "这份回执比已读的旧, 没有改动。"
    assert told_of(Read("a", "refused", why="不行")) == "不行"


def test_a_person_who_moved_away_is_marked_as_handed_over_and_cannot_be_changed(
    ends: Pair, tmp_path: Path, qtbot: QtBot
) -> None:
    from app.models.units import Unit
    from app.services import codes
    from app.sync import carrying
    from app.ui.registry.page import RegistryPage

    with ends.plant.store.begin(ends.plant.boss) as s:
        s.add(Unit(name="采油二作业区", kind="area", parent_id=s.get_one(Unit, ends.plant.area).parent_id, path="/77/"))
    ends.edit(False, path="/77/")
    ends.visit()
    ends.upload()
    carrying.read_files(ends.store, ends.lead, ends.answer())
    desk = ends.desk(True, tmp_path)
    with ends.store.read(ends.lead) as s:
        desk.codes = codes.all_choices(s)
    page = RegistryPage(desk)
    qtbot.addWidget(page)
    page.resize(1240, 640)
    page.show()
    settled(desk, qtbot)
    page.here.open_record("handed_over")
    settled(desk, qtbot)
    assert [page.here.model.row(n).name for n in range(page.here.model.rowCount())] == ["张三"]
    page.here.table.view.selectRow(0)
    settled(desk, qtbot)
    sheet = page.here.spec.detail
    assert sheet is not None
    assert any("已移交其他单位" in label.text() for label in sheet.findChildren(QLabel))
    assert "修改" not in [button.text() for button in sheet.findChildren(QPushButton)]
    desk.tasks.close()


def test_both_sides_are_compared_record_by_record_when_asked(page: SyncPage, ends: Pair, qtbot: QtBot) -> None:
    said = heard(page.desk)
    page.comparing.button.click()
    settled(page.desk, qtbot)
    assert "逐条核对" in said[0].text
    ends.visit()
    ends.upload()
    page.read(ends.answer())
    settled(page.desk, qtbot)
    page.open_record("comparing")
    reload(page, qtbot)
    rows = {row.id: row for row in page.comparing.records.rows}
    assert rows["visit"].same and (rows["visit"].here, rows["visit"].there) == (1, 1)
