"""政策问答 in the window: an answer quotes it, what is no longer valid is said, and the library is read in 管理."""

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.models.accounts import Actor
from app.services import clock_rules
from app.ui.admin.policies import PoliciesTab
from app.ui.issues import finders
from app.ui.issues.page import IssuesPage
from tests.factories import Plant
from tests.ui.issues import test_page as story

LATE = story.LATE
lead, open_page, shown = story.lead, story.open_page, story.shown
VALUES = [
    {"code": "H1", "zh": "采暖费怎么补?", "aliases": {"answer": "每平方米 18 元", "source": "《补贴办法》", "from": "2025-01-01"}},
    {"code": "H0", "zh": "物业费怎么补?", "aliases": {"answer": "每月 30 元", "source": "《旧办法》", "from": "2020-01-01",
                                                "to": "2024-12-31"}},
]  # fmt: skip


@pytest.fixture
def library(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        clock_rules.replace_rules(s, json.dumps({"table": "policy", "values": VALUES}).encode())


def test_an_answer_takes_the_words_of_a_policy_and_an_old_one_is_said_so(
    shown: IssuesPage, plant: Plant, lead: Actor, library: None, qtbot: QtBot
) -> None:
    told: list[Any] = []
    shown.desk.noticed.connect(told.append)
    story.read(shown, story.registered(plant, lead), qtbot)
    shown.pane.take("answer")
    step = shown.pane.step
    assert step is not None
    with plant.store.read(lead) as s:
        new, old = finders.policies_like(s, "怎么补")
    assert (new.value["code"], old.detail) == ("H1", "《旧办法》 · 已于 2024-12-31 失效")
    editor, text = step.form.editor("quotes"), step.form.editor("text")
    text.set_value("您好。")
    editor.set_value([new])
    editor.changed.emit()
    assert text.value() == "您好。\n每平方米 18 元" and told == []
    editor.set_value([new, old])
    editor.changed.emit()
    assert text.value() == "您好。\n每平方米 18 元\n每月 30 元"
    assert "「物业费怎么补?」已于 2024-12-31 失效" in told[0].text
    step.form.fill({"way": "phone", "quotes": [new], "text": "每平方米 18 元", "day": step.form.values()["day"]})
    step.form.submit()
    qtbot.waitUntil(lambda: shown.pane.step is None, timeout=LATE)
    (view,) = story.every(plant, lead)
    assert "依据《补贴办法》 (2025-01-01 起有效)" in view.timeline[0].sentence


def test_the_library_is_read_and_replaced_in_the_window(
    shown: IssuesPage, plant: Plant, library: None, qtbot: QtBot, tmp_path: Path
) -> None:
    tab = PoliciesTab(shown.desk)
    qtbot.addWidget(tab)
    tab.show()

    def questions() -> list[str]:
        return [row.question for n in range(tab.model.rowCount()) if (row := tab.model.row(n))]

    qtbot.waitUntil(lambda: questions() == ["采暖费怎么补?"], timeout=LATE)
    tab.show_policy(tab.model.row(0))
    assert {"每平方米 18 元", "《补贴办法》", "2025-01-01 起"} <= {
        label.text() for label in tab.card.findChildren(QLabel)
    }
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"table": "policy", "values": VALUES[:1] * 2}), encoding="utf-8")
    refused: list[Any] = []
    shown.desk.noticed.connect(refused.append)
    tab.desk.tasks.actor = plant.boss
    tab._load(file)
    qtbot.waitUntil(lambda: bool(refused), timeout=LATE)
    assert "编号 H1 用了 2 次" in refused[0].text
