"""The frame: rail, top line, pages, banners, undo and status line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.i18n import _
from app.ui import icons, theme
from app.ui.desk import Desk
from app.ui.page import Page, PageSpec
from app.ui.report import Reporter
from app.ui.widgets.banner import Banners, UndoBar, fade_in
from app.ui.widgets.palette import Finder, Hit, Palette
from app.ui.widgets.rail import Rail
from app.ui.widgets.status_line import StatusLine

FOLDS_BELOW = 1280
#: Which page each part of the status line opens.
DOORS = {"online": "sync", "unsent": "sync", "draft": "today", "backup": "settings"}

#: Which help page belongs to which page.
HELP = {
    "today": "today", "visits": "visits", "issues": "issues", "checks": "checks", "registry": "people", "ledgers": "ledgers",
    "sync": "sync", "inbox": "intake", "admin": "admin", "settings": "settings",
}  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """Who works here, as shown at the top right."""

    unit: str = ""
    grid: str = ""
    person: str = ""


class MainWindow(QMainWindow):
    """The window of a signed-in person. Pages are made at their first visit; `locked` and `closing` tell the application."""

    locked = Signal()
    closing = Signal()

    def __init__(
        self, desk: Desk, pages: Sequence[PageSpec], identity: Identity | None = None, finder: Finder | None = None,
        commands: Sequence[Hit] = (), doors: Mapping[str, str] | None = None, version: str = "",
    ) -> None:  # fmt: skip
        super().__init__()
        self.desk, self.finder = desk, finder
        self._specs = {page.key: page for page in pages}
        self._made: dict[str, Page] = {}
        self._commands = list(commands)
        self._doors = {**DOORS, **(doors or {})}
        self.here = ""
        self.reporter = Reporter(self, version)
        self.setWindowTitle(_("枫格"))
        self.setMinimumSize(900, 520)  # 1366 × 768 at 125 % less title and task bar
        self._build(pages)
        self.show_identity(identity or Identity())
        self._listen()
        self.resize(self._fitting(QSize(*desk.places.get("window/size", (1366, 720)))))
        if pages:
            self.open(pages[0].key)

    def _fitting(self, size: QSize) -> QSize:
        """No larger than the screen leaves: the size may be of another screen, or of another scale."""
        frame = QSize(8, 32)  # title bar and borders are known only once the window is seen
        return size.boundedTo(self.screen().availableSize() - frame).expandedTo(self.minimumSize())

    # --- what the application uses ------------------------------------------------------------------------------

    def open(self, key: str, record_id: object = None) -> None:
        """The page is in front (made now if this is its first visit) and shows the record."""
        if key not in self._specs:
            return
        if self.here and self.here != key:
            self._made[self.here].leave()
        page = self.page(key)
        fresh = self.here != key
        self.here = key
        self._pages.setCurrentWidget(page)
        self._title.setText(_(self._specs[key].title))
        self.rail.show_here(key)
        if fresh:
            page.setFocus()
        if record_id is not None:
            page.open_record(record_id)

    def specs(self) -> list[PageSpec]:
        """The pages of this window, in the order of the rail."""
        return list(self._specs.values())

    def page(self, key: str) -> Page:
        """The page, made if need be."""
        if key not in self._made:
            self._made[key] = self._specs[key].factory(self.desk)
            self._pages.addWidget(self._made[key])
        return self._made[key]

    def show_identity(self, identity: Identity) -> None:
        """Unit, grid and person at the top right."""
        self._whole_place = " · ".join(part for part in (identity.unit, identity.grid) if part)
        self._place.setToolTip(self._whole_place)
        self._fit_place()
        self._person.setText(f" {identity.person}")
        self._person.setAccessibleName(_("{person}, 锁定或换人").format(person=identity.person))

    def lock(self) -> None:
        """Drafts are saved and the application shows the sign-in."""
        self.leave_pages()
        self.locked.emit()

    def leave_pages(self) -> None:
        """Every page saves what is being typed."""
        for page in self._made.values():
            page.leave()

    def help(self) -> None:
        """F1: the help of the page in front."""
        self.open("settings", {"help": HELP.get(self.here, "start")})

    def find_anything(self) -> Palette:
        """Ctrl+K."""
        pages = [
            Hit(_(p.title), _("打开页面"), p.icon, lambda key=p.key: self.open(key))  # type: ignore[misc]
            for p in self._specs.values()
        ]
        palette = Palette([*self._commands, *pages], self.finder, self)
        corner = self.mapToGlobal(self.rect().topLeft())
        palette.move(corner.x() + (self.width() - palette.width()) // 2, corner.y() + 72)
        palette.open()
        fade_in(palette)
        return palette

    # --- building -----------------------------------------------------------------------------------------------

    def _build(self, pages: Sequence[PageSpec]) -> None:
        whole = QWidget(self)
        self.setCentralWidget(whole)
        self.rail = Rail(pages, self)
        self.rail.chosen.connect(self.open)
        self._pages = QStackedWidget(self)
        self.banners = Banners(self)
        self.status = StatusLine(self)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self._top())
        right.addWidget(self.banners)
        right.addWidget(self._pages, 1)
        right.addWidget(self.status)
        around = QHBoxLayout(whole)
        around.setContentsMargins(0, 0, 0, 0)
        around.setSpacing(0)
        around.addWidget(self.rail)
        around.addLayout(right, 1)
        self.undo = UndoBar(whole)

    def _top(self) -> QFrame:
        top = QFrame(self)
        top.setObjectName("top")
        line = QHBoxLayout(top)
        line.setContentsMargins(16, 8, 12, 8)
        line.setSpacing(12)
        self._title = QLabel("", top)
        self._title.setProperty("role", "title")
        line.addWidget(self._title)
        line.addStretch(1)
        door = QPushButton(_("查找人员、住户、事项、命令   Ctrl+K"), top)
        door.setObjectName("palette_door")
        icons.dress(door, "search", "secondary")
        door.setMinimumWidth(280)
        door.clicked.connect(self.find_anything)
        line.addWidget(door)
        line.addStretch(1)
        self._place = QLabel("", top)
        self._place.setProperty("role", "secondary")
        line.addWidget(self._place)
        self._person = QToolButton(top)
        self._person.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        icons.dress(self._person, "person")
        self._person.setToolTip(_("锁定  Ctrl+L"))
        self._person.clicked.connect(self.lock)
        line.addWidget(self._person)
        return top

    def _listen(self) -> None:
        desk = self.desk
        desk.opened.connect(self.open)
        desk.noticed.connect(self.banners.show_notice)
        desk.undoable.connect(self.undo.offer)
        desk.status_changed.connect(self.status.show_status)
        desk.tasks.started.connect(self.status.show_job)
        desk.tasks.broke.connect(self.reporter.report)
        self.status.show_status(desk.status)
        self.status.door.connect(lambda key: self.open(self._doors.get(key, "")))
        keys: dict[str, Any] = {
            "Ctrl+K": self.find_anything,
            "Ctrl+L": self.lock,
            "Ctrl+F": self._search,
            "F5": self._refresh,
            "F1": self.help,
        }
        for sequence, act in keys.items():
            QShortcut(QKeySequence(sequence), self, act)

    def _search(self) -> None:
        if self.here:
            self._made[self.here].focus_search()

    def _refresh(self) -> None:
        if self.here:
            self._made[self.here].refresh()

    # --- events -------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.rail.fold(self.width() < FOLDS_BELOW)
        self._fit_place()
        if not self.undo.isHidden():
            self.undo.place()

    def _fit_place(self) -> None:
        """Unit and grid take what the width leaves; the whole of them is in the tool tip."""
        room = round(self.width() * 0.3) if self.width() >= 1000 * theme.look().size / 11 else 0
        shown = self._place.fontMetrics().elidedText(self._whole_place, Qt.TextElideMode.ElideMiddle, room)
        self._place.setText(shown if room else "")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and theme.theme():
            icons.redress(self)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing never asks: drafts are saved, then the application drains the lanes."""
        for page in self._made.values():
            page.leave()
        self.desk.places.put("window/size", [self.width(), self.height()])
        self.desk.places.save()
        self.closing.emit()
        super().closeEvent(event)
