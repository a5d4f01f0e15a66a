"""清理旧数据: a preview with reasons, a question, and only this computer is emptied."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.clock import now, set_clock
from app.models import backups
from app.models.visits import Visit
from app.sync import carrying
from app.ui.admin.page import AdminPage
from app.ui.admin.purging import PurgeTab
from app.ui.widgets.dialogs import Question
from tests.ui.carried import Pair, heard, settled


@pytest.fixture
def ends(ends: Pair) -> Iterator[Pair]:
    """A visit of the site has been with headquarters and in its backup for 200 days, another was made today."""
    made = ends
    made.visit("两百天前")
    made.upload()
    made.answer()
    backups.make(made.plant.store)
    made.visit("后来")
    made.upload()
    carrying.read_files(made.store, made.lead, made.answer())
    later = now() + timedelta(days=200)
    set_clock(lambda: later)
    made.visit("今天")
    yield made
    set_clock(None)


def shown(ends: Pair, folder: Path, qtbot: QtBot) -> AdminPage:
    desk = ends.desk(True, folder)
    made = AdminPage(desk)
    qtbot.addWidget(made)
    made.resize(1100, 600)
    made.show()
    made.open_record("purge")
    settled(desk, qtbot)
    return made


def test_only_what_headquarters_has_backed_up_goes_after_a_question(ends: Pair, tmp_path: Path, qtbot: QtBot) -> None:
    page = shown(ends, tmp_path, qtbot)
    tab = page.parts["purge"]
    assert isinstance(tab, PurgeTab)
    rows = {row.id: row for row in tab.list.rows}
    assert rows["visit"].goes == 1 and rows["visit"].stays == 2
    assert "总部的备份里还没有 1" in rows["visit"].why or "总部还没有收到 1" in rows["visit"].why
    assert tab.button.text() == "清理 1 条…"
    tab.button.click()
    (question,) = [one for one in tab.findChildren(Question) if one.isVisible()]
    said = heard(tab.desk)
    question.button.click()
    settled(tab.desk, qtbot)
    settled(tab.desk, qtbot)
    assert said[0].text == "已清理 1 条旧记录。"
    with ends.store.read() as s:
        assert len(s.scalars(select(Visit.id)).all()) == 2
    with ends.plant.store.read() as s:
        assert len(s.scalars(select(Visit.id)).all()) == 2
    assert not tab.button.isEnabled()
    tab.desk.tasks.close()


def test_headquarters_keeps_all_and_has_no_such_page(ends: Pair, tmp_path: Path, qtbot: QtBot) -> None:
    desk = ends.desk(False, tmp_path)
    made = AdminPage(desk)
    qtbot.addWidget(made)
    assert "purge" not in made.parts
    desk.tasks.close()
