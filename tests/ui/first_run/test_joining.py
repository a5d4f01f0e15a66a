"""联网开通: a new site enters the address and the code it was told, and is enrolled without a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.models.accounts import Actor
from app.models.store import Store
from app.models.vault import Cost
from app.settings import load
from app.sync import enrolling, inviting
from app.ui.first_run.enrolment import Enrolment
from app.ui.tasks import NoStore, Tasks
from tests.factories import PASSWORD, Plant, account
from tests.hq.serving import running


@pytest.fixture
def entry(qtbot: QtBot) -> Iterator[Tasks]:
    made = Tasks(NoStore())
    yield made
    made.close()


def test_a_site_enrols_with_its_code_and_remembers_the_address(
    plant: Plant, entry: Tasks, tmp_path: Path, qtbot: QtBot
) -> None:
    account(plant, "lead1", "lead", "孙组长")
    with plant.store.begin() as s:
        enrolling.make_hq_keys(s)
    with plant.store.begin(plant.boss) as s:
        code = inviting.invite(s, name="二号值班室", paths=[plant.path])
    store = Store.create(tmp_path / "new", kind="site", login=enrolling.SETUP, password=PASSWORD, cost=Cost(8, 1, 1))
    enrolling.make_site_keys(store, "二号值班室")
    page = Enrolment(entry, store)
    qtbot.addWidget(page)
    page.show()
    done: list[Actor] = []
    page.enrolled.connect(lambda _store, actor: done.append(actor))
    page.join()
    assert page.told.text() == "请填写总部地址和邀请码。"
    with running(plant.store) as address:
        page.address.setText(address)
        page.code.setText("2345-2345-2345-2345")
        page.join()
        qtbot.waitUntil(page.join_button.isEnabled, timeout=20_000)
        assert "邀请码输错了" in page.told.text()
        page.code.setText(code.lower())
        page.join()
        qtbot.waitUntil(lambda: bool(done), timeout=30_000)
    assert done[0].path == plant.path
    assert load(store.folder)[0].hq_url == address
    store.close()
