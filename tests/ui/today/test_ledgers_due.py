"""Ledgers that are due are duties of the team lead, with the door to print them."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.ledgers import issuing
from app.ledgers.editions import Subject
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.sync import vouching
from app.ui.desk import Desk
from app.ui.places import Places
from app.ui.tasks import Tasks
from app.ui.today.page import TodayPage
from tests.conftest import Clock
from tests.factories import Plant, account

MARCH = Period.parse("2025-03")


def test_what_a_grid_has_not_printed_is_a_duty_until_it_is(
    plant: Plant, clock: Clock, qtbot: QtBot, tmp_path: Path
) -> None:
    lead = account(plant, "lead", "lead", "周芳")
    clock.set(2025, 4, 4, 9)
    tasks = Tasks(plant.store, lead)
    page = TodayPage(Desk(tasks, lead, places=Places(tmp_path / "window.json")))
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: len(page._ledgers) == 3, timeout=10_000)
    duty = page._ledgers[0]
    assert (duty.title, duty.why) == ("印发入户走访台账", "2025年3月 还有 2 个网格没有印发")
    assert duty.chip is not None and duty.chip.text == "剩余 1 天"
    assert (duty.page, duty.record) == ("ledgers", {"ledger": "visits", "period": "2025-03"})
    assert page.duties.count() == 3
    for grid in (plant.first, plant.second):
        with plant.store.begin(lead) as s:
            issuing.issue(s, Subject("visits", MARCH, Scope(plant.path, grid)), vouching.vouch)
    clock.set(2025, 4, 9, 9)
    page.refresh()
    qtbot.waitUntil(lambda: len(page._ledgers) == 2, timeout=10_000)
    assert {one.chip.text for one in page._ledgers if one.chip} == {"超期 4 天"}
    tasks.close()


def test_whoever_prints_nothing_or_sees_everything_has_no_such_duty(
    plant: Plant, clock: Clock, desk: Desk, qtbot: QtBot
) -> None:
    from app.ui.today import ledgers_due

    clock.set(2025, 4, 9, 9)
    member = account(plant, "member", "member")
    for who in (member, plant.boss):
        with plant.store.read(who) as s:
            assert ledgers_due.ask(s, who) == []
