"""The page: one place of the left rail, made at its first visit and reloaded when what it shows has changed."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from app.ui.desk import Desk


class Page(QWidget):
    """Base of all pages: override `refresh`, and where it makes sense `open_record` and `focus_search`.

    `tables` names the tables the page shows; empty means it reloads after any change. Hidden pages only mark
    themselves stale and refresh when they are next shown.
    """

    tables: frozenset[str] = frozenset()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.desk = desk
        self._stale = True
        desk.tasks.changed.connect(self._hear)

    def refresh(self) -> None:
        """The page asks the store again and shows the answer; old content stays until then."""

    def open_record(self, record_id: object) -> None:
        """The page shows this record."""

    def focus_search(self) -> None:
        """Ctrl+F: the page's search has the keyboard."""

    def leave(self) -> None:
        """The page is about to be hidden or the window closed: save drafts now."""

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._stale = False
            self.refresh()

    def _hear(self, tables: frozenset[str]) -> None:
        if self.tables and not self.tables & tables:
            return
        if self.isVisible():
            self.refresh()
        else:
            self._stale = True


@dataclass(frozen=True)
class PageSpec:
    """How the window knows a page: key for `desk.open`, title (marked with N_), icon, and how to make it."""

    key: str
    title: str
    icon: str
    factory: Callable[[Desk], Page]
    on_rail: bool = True
    group: str = ""
