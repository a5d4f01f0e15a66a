"""忘了口令: from the sign-in of a laptop over headquarters and back, with two files and one telephone call."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.models.sites import Site
from app.models.store import Store
from app.ui.hq import recovery
from app.ui.hq.recovery import RecoveryDialog
from app.ui.sign_in.page import SignIn
from app.ui.sign_in.recovery import Recovery
from app.ui.tasks import NoStore, Tasks
from tests.ui.carried import NAME, Pair, heard, settled

NEW = "Xin-kouling-8"


@pytest.fixture
def entry(qtbot: QtBot) -> Iterator[Tasks]:
    made = Tasks(NoStore())
    yield made
    made.close()


def test_a_forgotten_password_is_set_anew_with_headquarters_help(
    ends: Pair, entry: Tasks, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = ends.store.folder
    ends.store.close()
    laptop = Recovery(entry, folder, ends.lead.login)
    qtbot.addWidget(laptop)
    laptop.show()
    laptop.name.setText(NAME)
    laptop.write_request(ends.stick)
    qtbot.waitUntil(lambda: bool(laptop.mark.text()), timeout=20_000)
    (request,) = ends.stick.glob("*.fgrecover")

    desk = ends.desk(False, tmp_path)
    page = QWidget()
    qtbot.addWidget(page)
    recovery.show(page, desk, request)
    settled(desk, qtbot)
    (dialog,) = page.findChildren(RecoveryDialog)
    assert any(label.text() == laptop.mark.text() for label in dialog.findChildren(QLabel)), "both see the same mark"
    dialog._go()
    assert "核对" in dialog.problem.text()
    dialog.compared.setChecked(True)
    dialog._go()
    assert "请写明原因" in dialog.problem.text()
    dialog.notes.set_value("接任的网格长没有口令")
    said = heard(desk)
    dialog.write(ends.stick)
    settled(desk, qtbot)
    assert "答复文件已写好" in said[0].text
    with ends.plant.store.read() as s:
        site = s.scalars(select(Site).where(Site.name == NAME)).one()
        assert site.recovered_at is not None and site.recover_reason == "接任的网格长没有口令"
    desk.tasks.close()

    (answer,) = ends.stick.glob("*.fgunlock")
    done: list[str] = []
    laptop.recovered.connect(done.append)
    laptop.submit()
    assert "请先选择" in laptop.problem.text()
    laptop.take_answer(answer)
    laptop.first.setText(NEW)
    laptop.submit()
    assert "不一致" in laptop.problem.text()
    laptop.again.setText(NEW)
    laptop.submit()
    qtbot.waitUntil(lambda: bool(done), timeout=20_000)
    with Store.open(folder, login=ends.lead.login, password=NEW) as store, store.read() as s:
        assert s.scalars(select(Site.name)).first() is not None


def test_a_file_that_is_no_answer_is_refused_in_words(ends: Pair, entry: Tasks, qtbot: QtBot) -> None:
    laptop = Recovery(entry, ends.store.folder, ends.lead.login)
    qtbot.addWidget(laptop)
    laptop.show()
    (ends.stick / "x.fgunlock").write_text("{}")
    laptop.take_answer(ends.stick / "x.fgunlock")
    laptop.first.setText(NEW)
    laptop.again.setText(NEW)
    laptop.submit()
    qtbot.waitUntil(lambda: bool(laptop.problem.text()), timeout=20_000)
    assert laptop.button.isEnabled()


def test_the_sign_in_leads_there_and_tells_good_news(qtbot: QtBot) -> None:
    page = SignIn("数据")
    qtbot.addWidget(page)
    page.show()
    asked: list[bool] = []
    page.forgotten.connect(lambda: asked.append(True))
    page.forgot.click()
    assert asked == [True]
    page.tell("新口令已设好, 请登录。")
    assert page.problem.isVisible()
