"""What headquarters has again from its sites after it was put back, as the window shows it."""

import uuid

from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.models.batches import GivenBack
from app.models.changes import Change
from app.models.people import Person
from app.models.sites import Site
from app.sync import own
from app.ui.hq.page import InboxPage
from tests.ui.carried import NAME, Pair, settled


def given_back(ends: Pair) -> None:
    """As if 张三's note, written here, had come back from the site."""
    ends.edit(False, note="总部核定的")
    with ends.plant.store.begin(ends.plant.boss) as s:
        site = s.scalars(select(Site.id).where(Site.name == NAME)).one()
        change = s.scalars(
            select(Change.id).where(Change.record == ends.plant.zhang).order_by(Change.position.desc())
        ).first()
        s.add(GivenBack(change_id=change, site_id=site, package_id=uuid.UUID(int=1)))
        own.note(s, own_lines=[["ab" * 16, 3]], recovered=[own.identity(s).incarnation, 1, 2])


def test_what_came_back_is_listed_with_its_site_and_opens_its_record(page: InboxPage, ends: Pair, qtbot: QtBot) -> None:
    assert page.regained.told.isHidden() and "没有找回的变更" in page.regained.list.nothing._words.text()
    given_back(ends)
    page.open_record("regained")
    page.refresh()
    settled(page.desk, qtbot)
    (row,) = page.regained.list.rows
    assert (row.site, row.kind, row.title, row.what) == (NAME, "人员", "张三", "更改: 备注")
    assert page.tabs.tabText(page.tabs.indexOf(page.regained)) == "找回 1"
    assert "已从各站点找回 1 条" in page.regained.told.text() and "另有 2 条不能证明" in page.regained.told.text()
    opened = []
    page.desk.opened.connect(lambda key, record: opened.append((key, record)))
    page.regained.list.opened.emit(row)
    assert opened == [("registry", ends.plant.zhang)]
    with ends.plant.store.read() as s:
        assert s.get_one(Person, ends.plant.zhang).note == "总部核定的"


def test_a_list_that_cannot_be_read_says_so(page: InboxPage, qtbot: QtBot, monkeypatch: object) -> None:
    from app.errors import StoreRefusal
    from app.sync import regained

    def refuse(_s: object) -> None:
        raise StoreRefusal("store_damaged", "数据读不出来: {folder}。请恢复备份。", folder="D 盘")

    monkeypatch.setattr(regained, "listed", refuse)  # type: ignore[attr-defined]
    page.refresh()
    settled(page.desk, qtbot)
    assert "数据读不出来" in page.regained.list.nothing._words.text()
