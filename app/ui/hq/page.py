"""收件: the page of headquarters' exchange with its sites."""

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QTabWidget, QWidget

from app.i18n import _
from app.ui.desk import Desk
from app.ui.hq.histories import History
from app.ui.hq.intake import Intake
from app.ui.hq.quarantine import Quarantine
from app.ui.hq.regained import Regained
from app.ui.hq.sites import Sites
from app.ui.page import Page
from app.ui.tasks import Session
from app.ui.widgets.conflict_cards import ConflictCards
from app.ui.widgets.fields import column
from app.ui.widgets.where import ask_folder

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance


def page(desk: Desk) -> Page:
    """The page 「收件」."""
    return InboxPage(desk)


class InboxPage(Page):
    """收件, 历史, 隔离, 待核定, 站点 and 找回 as tabs. `open_record` takes a tab's name: intake, history, quarantine, conflicts,
    sites, regained."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.intake, self.history, self.quarantine = Intake(desk), History(desk), Quarantine(desk)
        self.conflicts, self.sites_tab, self.regained = ConflictCards(desk), Sites(desk), Regained(desk)
        self._titles: dict[QWidget, str] = {
            self.intake: _("收件"), self.history: _("历史"), self.quarantine: _("隔离"), self.conflicts: _("待核定"),
            self.sites_tab: _("站点"), self.regained: _("找回"),
        }  # fmt: skip
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        for widget, title in self._titles.items():
            self.tabs.addTab(widget, title)
        column(self, 0, (16, 8, 16, 12)).addWidget(self.tabs)
        self.setFocusProxy(self.tabs)
        self._listen()

    def refresh(self) -> None:
        """Every tab is asked for again."""
        for part in (self.intake, self.history, self.quarantine, self.conflicts, self.sites_tab, self.regained):
            part.refresh()
        self.desk.tasks.read(self._awaiting, self.intake.show_awaiting)

    def open_record(self, record_id: object) -> None:
        names = {"sites": "sites_tab"}
        found = getattr(self, names.get(str(record_id), str(record_id)), None)
        if isinstance(found, QWidget) and self.tabs.indexOf(found) >= 0:
            self.tabs.setCurrentWidget(found)

    def show_files(self, paths: list[Path]) -> None:
        """These files are looked at in the first tab."""
        self.tabs.setCurrentWidget(self.intake)
        self.intake.show_files(paths)

    def take(self) -> None:
        """What is shown is taken."""
        self.intake.take()

    def _awaiting(self, s: Session) -> frozenset[uuid.UUID]:
        from app.sync import answering

        return answering.sites_to_answer(s, self.desk.store)

    def _changed(self) -> None:
        from app.models.base import record_classes

        self.desk.tasks.changed.emit(frozenset(record_classes()) | {"package", "conflict", "change"})

    def _answer(self, site: uuid.UUID) -> None:
        self.tabs.setCurrentWidget(self.intake)
        ask_folder(
            self, self.desk.places, "inbox", _("回执和下发写到哪里"), lambda path: self.intake.answer(path, [site])
        )

    def _listen(self) -> None:
        self.intake.carried.connect(self._changed)
        self.sites_tab.wizard.enrolled.connect(self._changed)
        self.history.again.connect(self._answer)
        self.sites_tab.answer.connect(self._answer)
        self.quarantine.changed.connect(self._changed)
        counted: dict[Any, SignalInstance] = {
            self.quarantine: self.quarantine.counted,
            self.conflicts: self.conflicts.counted,
            self.sites_tab: self.sites_tab.counted,
            self.regained: self.regained.counted,
        }
        for widget, signal in counted.items():
            signal.connect(lambda number, widget=widget: self._count(widget, number))

    def _count(self, widget: QWidget, number: int) -> None:
        title = self._titles[widget]
        self.tabs.setTabText(self.tabs.indexOf(widget), f"{title} {number:,}" if number else title)
