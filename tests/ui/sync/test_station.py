"""「中转」: a station reads its sites' sticks first, hands the originals on, and headquarters' answers back, by stick and by line."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.models.store import Store
from app.models.visits import Visit
from app.services import attachments, visits
from app.sync import carrying, enrolling, own, tally
from app.ui.sync.page import SyncPage
from tests.factories import CHEAP, PASSWORD
from tests.hq.serving import running
from tests.ui.carried import NAME, Pair, heard, settled


@pytest.fixture
def middle(ends: Pair, tmp_path: Path) -> Iterator[Pair]:
    """A station over the site, which has heard of it: both ends of the stick between station and headquarters."""
    store = Store.create(tmp_path / "station", kind="site", login=enrolling.SETUP, password=PASSWORD, cost=CHEAP)
    request = enrolling.write_request(store, tmp_path, "红梁中转站")
    (approval,) = enrolling.approve_file(
        ends.plant.store, ends.plant.boss, request.path, tmp_path, paths=[ends.plant.path], kind="station"
    )
    lead = enrolling.accept_file(store, approval)
    ends.upload()
    carrying.read_files(ends.store, ends.lead, ends.answer())
    for file in ends.stick.iterdir():
        file.unlink()
    stick = tmp_path / "转交"
    stick.mkdir()
    yield replace(ends, store=store, lead=lead, stick=stick)
    store.close()


@pytest.fixture
def page(middle: Pair, tmp_path: Path, qtbot: QtBot) -> Iterator[SyncPage]:
    desk = middle.desk(True, tmp_path)
    made = SyncPage(desk)
    qtbot.addWidget(made)
    made.resize(1240, 660)
    made.show()
    settled(desk, qtbot)
    made.open_record("station")
    yield made
    desk.tasks.close()


def brought(page: SyncPage, ends: Pair, qtbot: QtBot) -> None:
    """The site's stick with one visit is read in at the station."""
    ends.visit()
    ends.upload()
    page.read([ends.stick])
    settled(page.desk, qtbot)
    settled(page.desk, qtbot)


def rows(page: SyncPage) -> list[tuple[str, ...]]:
    model = page.station.list.model
    return [tuple(str(model.index(row, at).data()) for at in (0, 1, 2, 4, 6)) for row in range(model.rowCount())]


def able(page: SyncPage) -> tuple[bool, bool, bool]:
    """Up by stick, up by line, down."""
    part = page.station
    return part.up_button.isEnabled(), part.line_button.isEnabled(), part.down_button.isEnabled()


def settle_site(ends: Pair, folder: Path) -> int:
    """The site reads the folder; gives how many of its changes still wait."""
    carrying.read_files(ends.store, ends.lead, [folder])
    with ends.store.read(ends.lead) as s:
        return tally.at_site(s).waiting


def test_only_a_station_has_the_tab_and_it_says_what_it_is_for(
    page: SyncPage, ends: Pair, tmp_path: Path, qtbot: QtBot
) -> None:
    assert page.tabs.currentWidget() is page.station and page.station.list.nothing.isVisible()
    assert able(page) == (False, False, False)
    desk = ends.desk(True, tmp_path)
    plain = SyncPage(desk)
    qtbot.addWidget(plain)
    plain.show()
    settled(desk, qtbot)
    plain.open_record("station")
    assert plain.tabs.indexOf(plain.station) < 0 and plain.tabs.currentWidget() is plain.packages
    desk.tasks.close()


def test_a_stick_is_taken_early_passed_on_unchanged_and_its_receipt_handed_back(
    page: SyncPage, middle: Pair, ends: Pair, tmp_path: Path, qtbot: QtBot
) -> None:
    brought(page, ends, qtbot)
    assert rows(page) == [(NAME, "已早收, 待转交", "上报包", "第 1 号", "收下 1")]
    assert page.tabs.tabText(page.tabs.indexOf(page.station)) == "中转 1" and able(page) == (True, False, False)
    with middle.store.read(middle.lead) as s:
        assert s.query(Visit).count() == 1
    said = heard(page.desk)
    page.station.pass_on(middle.stick)
    settled(page.desk, qtbot)
    assert "已写出 1 个转交文件" in said[-1].text and rows(page)[0][1] == "已早收, 待转交"
    (original,), (passed,) = ends.stick.iterdir(), middle.stick.iterdir()
    assert passed.read_bytes() == original.read_bytes()
    (read,) = carrying.read_files(middle.plant.store, middle.plant.boss, [passed])
    assert read.state == "taken" and read.name == NAME
    with ends.store.read() as s:
        site = own.line(s).site_id
    answers = carrying.write_answers(middle.plant.store, middle.plant.boss, middle.stick, [site])
    page.read(answers)
    settled(page.desk, qtbot)
    settled(page.desk, qtbot)
    assert [row[1:3] for row in rows(page)] == [("待取走", "回执")] and able(page) == (False, False, True)
    assert page.tabs.tabText(page.tabs.indexOf(page.station)) == "中转"
    back = tmp_path / "带回"
    back.mkdir()
    page.station.hand_out(back)
    settled(page.desk, qtbot)
    assert "已写出 1 个文件" in said[-1].text
    assert settle_site(ends, back) == 0


def test_over_the_line_everything_goes_up_and_the_answer_waits_for_its_site(
    page: SyncPage, middle: Pair, ends: Pair, tmp_path: Path, qtbot: QtBot
) -> None:
    with ends.store.begin(ends.lead) as s:
        visit = visits.record(s, ends.plant.visit())
        attachments.attach(s, "visit", visit.id, "现场记录".encode() * 50, "记录.txt")
    brought(page, ends, qtbot)
    assert sorted(row[1:3] for row in rows(page)) == [("已早收, 待转交", "上报包"), ("待转交", "附件")]
    with running(middle.plant.store) as address:
        page.desk.settings = replace(page.desk.settings, hq_url=address)
        page.refresh()
        settled(page.desk, qtbot)
        settled(page.desk, qtbot)
        assert able(page) == (True, True, False)
        said = heard(page.desk)
        page.station.line_button.click()
        assert not any(able(page)), "nothing else is begun while it runs"
        settled(page.desk, qtbot)
        settled(page.desk, qtbot)
    assert "已联网转交 2 个" in said[-1].text
    assert {row[1] for row in rows(page)} == {"待取走"} and able(page) == (False, False, True)
    with middle.plant.store.read() as s:
        assert s.query(Visit).count() == 2
    back = tmp_path / "带回"
    back.mkdir()
    page.station.hand_out(back)
    settled(page.desk, qtbot)
    assert settle_site(ends, back) == 0


def test_a_stick_that_cannot_be_written_is_a_sentence_and_the_file_stays(
    page: SyncPage, middle: Pair, ends: Pair, qtbot: QtBot
) -> None:
    brought(page, ends, qtbot)
    said = heard(page.desk)
    page.station.pass_on(middle.stick / "gone")
    settled(page.desk, qtbot)
    assert said[-1].tone == "error" and "写入" in said[-1].text
    assert len(rows(page)) == 1 and able(page) == (True, False, False)


def test_headquarters_that_does_not_answer_leaves_everything_to_be_passed_on(
    page: SyncPage, ends: Pair, qtbot: QtBot
) -> None:
    brought(page, ends, qtbot)
    page.desk.settings = replace(page.desk.settings, hq_url="http://127.0.0.1:9")
    page.refresh()
    settled(page.desk, qtbot)
    settled(page.desk, qtbot)
    said = heard(page.desk)
    page.station.line_button.click()
    settled(page.desk, qtbot)
    assert said[-1].tone == "error" and "总部" in said[-1].text
    assert able(page) == (True, True, False) and len(rows(page)) == 1
