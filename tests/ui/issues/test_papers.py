"""Papers of an issue in the window: seen as they will be printed, saved as they are seen; what lacks is said before."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog, QLabel, QMenu
from pytestqt.qtbot import QtBot

from app.ledgers.preview import Preview
from app.models.issues import Issue
from app.services import codes, issues
from app.ui.desk import Desk, Notice
from app.ui.issues.page import IssuesPage
from app.ui.issues.papers import PaperView
from tests.factories import Plant

LATE = 10_000


@pytest.fixture
def shown(desk: Desk, plant: Plant, qtbot: QtBot) -> IssuesPage:
    with plant.store.read(plant.boss) as s:
        desk.codes = codes.all_choices(s)
    made = IssuesPage(desk)
    qtbot.addWidget(made)
    made.resize(1200, 660)
    made.show()
    qtbot.waitUntil(lambda: made.list.model.ready, timeout=LATE)
    return made


def read(shown: IssuesPage, plant: Plant, qtbot: QtBot, *, answered: bool, **fields: Any) -> None:
    with plant.store.begin(plant.boss) as s:
        given: dict[str, Any] = {"title": "暖气不热", "kind": "appeal", "reporter": "张三", "grid_id": plant.first}
        issue = issues.register(s, Issue(**(given | fields)))
        issues.accept(s, issue.id)
        if answered:
            issues.handle(s, issue.id, "修好了")
            issues.answer(s, issue.id, "已经修好", "written")
    shown.open_record(issue.id)
    qtbot.waitUntil(lambda: shown.pane.view is not None and shown.pane.view.row.id == issue.id, timeout=LATE)


def papers_in(shown: IssuesPage) -> list[str]:
    return [
        act.text() for menu in shown.pane.head.findChildren(QMenu) for act in menu.actions() if act.text()[-1:] == "…"
    ]


def view_of(shown: IssuesPage, qtbot: QtBot, name: str) -> PaperView:
    assert shown.pane.view is not None
    shown.paper(shown.pane.view, name)
    qtbot.waitUntil(lambda: shown.findChild(PaperView) is not None, timeout=LATE)
    found = shown.findChild(PaperView)
    assert isinstance(found, PaperView)
    return found


def test_a_paper_is_seen_and_saved_as_it_is_seen(shown: IssuesPage, plant: Plant, qtbot: QtBot, tmp_path: Path) -> None:
    read(shown, plant, qtbot, answered=True)
    seen = view_of(shown, qtbot, "reply")
    assert "答复意见书" in seen.windowTitle() and seen.found.sheets == 1
    assert [label for label in seen.findChildren(QLabel) if not label.pixmap().isNull()]
    seen.save("pdf")
    qtbot.waitUntil(lambda: shown.findChild(QFileDialog) is not None, timeout=LATE)
    dialog = shown.findChild(QFileDialog)
    assert dialog is not None
    told: list[Notice] = []
    shown.desk.noticed.connect(told.append)
    dialog.fileSelected.emit(str(tmp_path / "答复.pdf"))
    qtbot.waitUntil(lambda: bool(told), timeout=LATE)
    dialog.close()
    with Preview(tmp_path / "答复.pdf") as preview:
        assert "张三同志" in preview.text(0)


def test_what_lacks_is_said_and_no_paper_is_shown(shown: IssuesPage, plant: Plant, qtbot: QtBot) -> None:
    read(shown, plant, qtbot, answered=False)
    told: list[Notice] = []
    shown.desk.noticed.connect(told.append)
    assert shown.pane.view is not None
    shown.paper(shown.pane.view, "reply")
    qtbot.waitUntil(lambda: bool(told), timeout=LATE)
    assert "还没有书面答复" in told[0].text and shown.findChild(PaperView) is None


def test_only_papers_that_fit_are_offered(shown: IssuesPage, plant: Plant, qtbot: QtBot) -> None:
    read(shown, plant, qtbot, answered=False)
    assert [one for one in papers_in(shown) if "书" in one or "卷宗" in one] == ["答复意见书…", "事项卷宗…"]
    read(shown, plant, qtbot, answered=False, kind="dispute")
    qtbot.waitUntil(lambda: "调解协议书…" in papers_in(shown), timeout=LATE)
