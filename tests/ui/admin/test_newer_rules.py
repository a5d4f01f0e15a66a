"""新规则 in 管理 and the duty in 今日: the program's rules beside those in force, decided with one key."""

import copy
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.models import timing
from app.services import codes
from app.ui.admin.newer_rules import RulesTab
from app.ui.desk import Desk
from app.ui.today import rules_due
from tests.factories import Plant

LATE = 10_000


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    books = copy.deepcopy(codes.shipped())
    books["clock_rule"][0]["aliases"]["length"] = 20
    books["recurrence"][0]["aliases"]["days"] = 100
    monkeypatch.setattr(codes, "shipped", lambda: books)


@pytest.fixture
def tab(desk: Desk, plant: Plant, qtbot: QtBot) -> RulesTab:
    desk.store = plant.store
    made = RulesTab(desk)
    qtbot.addWidget(made)
    made.show()
    return made


def due(plant: Plant) -> list[Any]:
    with plant.store.read(plant.boss) as s:
        return rules_due.ask(s)


def length(plant: Plant) -> int:
    with plant.store.read() as s:
        rules = timing.in_force(s, "clock_rule")["clock_rule"] or []
        return next(int(rule["aliases"]["length"]) for rule in rules if rule["code"] == "inform")


def test_nothing_to_decide_is_said(tab: RulesTab, plant: Plant, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: tab.focusProxy() is tab.nothing, timeout=LATE)
    assert not tab.cards and "不会自己换" in "".join(label.text() for label in tab.nothing.findChildren(QLabel))
    assert not due(plant)


@pytest.mark.usefixtures("newer")
def test_one_table_is_taken_and_one_is_left_with_a_key_each(tab: RulesTab, plant: Plant, qtbot: QtBot) -> None:
    (duty,) = due(plant)
    assert (duty.page, duty.record, duty.why) == (
        "admin",
        ("rules", "first"),
        "期限规则、老问题的认定与现行的不同, 对照后换上或保留",
    )
    tab.open_record("first")
    qtbot.waitUntil(lambda: len(tab.cards) == 2 and tab.cards[0].hasFocus(), timeout=LATE)
    shown = [label.text() for label in tab.cards[0].findChildren(QLabel)]
    assert shown[0] == "期限规则" and shown[-4:] == ["书面告知", "时长", "15", "20"]
    qtbot.keyClick(tab.cards[0], Qt.Key.Key_2)
    qtbot.waitUntil(lambda: length(plant) == 20 and len(tab.cards) == 1, timeout=LATE)
    assert tab.cards[0].newer.table == "recurrence"
    qtbot.waitUntil(tab.cards[0].hasFocus, timeout=LATE)
    qtbot.keyClick(tab.cards[0], Qt.Key.Key_1)
    qtbot.waitUntil(lambda: not tab.cards, timeout=LATE)
    assert not due(plant)
