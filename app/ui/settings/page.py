"""设置: what this machine does for the people who use it; every choice applies at once and is kept."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListWidget, QListWidgetItem, QStackedWidget, QWidget

from app.errors import Refusal
from app.i18n import N_, _
from app.settings import Settings, changed, fits, save
from app.ui.desk import Desk
from app.ui.icons import icon
from app.ui.page import Page
from app.ui.settings import sections
from app.ui.settings.about import AboutView
from app.ui.settings.help import HelpView
from app.ui.theme import look
from app.ui.widgets.fields import column
from app.ui.widgets.new_password import change_own


class SettingsPage(Page):
    """`settings_changed` and the desk's signal of the same name carry the new Settings.

    `open_record` takes a section ("display", "safety", "backup", "reporting", "help", "about") or {"help": page}.
    """

    tables = frozenset({"settings"})
    settings_changed = Signal(object)  # Settings

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.list = QListWidget(self)
        self.list.setAccessibleName(_("设置的内容"))
        self.list.setFixedWidth(round(180 * look().size / 11))
        self._stack = QStackedWidget(self)
        self._keys: list[str] = []
        self.display = sections.display(self.change)
        self.safety = sections.safety(self.change, self.change_password)
        self.backup = sections.backup(desk, self.change)
        self.reporting = sections.reporting(self.change)
        self.help = HelpView()
        for key, title, picture, widget in (
            ("display", _("显示"), "preview", self.display),
            ("safety", _("安全"), "lock", self.safety),
            ("backup", _("备份"), "backup", self.backup),
            ("reporting", _("上报"), "send", self.reporting),
            ("help", _("帮助"), "help", self.help),
            ("about", _("关于"), "info", AboutView()),
        ):
            self._add(key, title, picture, widget)
        side = QFrame(self)
        side.setProperty("role", "sheet")
        column(side, 0, (8, 12, 8, 12)).addWidget(self.list)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(side)
        line.addWidget(self._stack, 1)
        self.list.currentRowChanged.connect(self._stack.setCurrentIndex)
        self.list.setCurrentRow(0)
        self.setFocusProxy(self.list)

    # --- what the window asks ---------------------------------------------------------------------------------------

    def refresh(self) -> None:
        for part in (self.display, self.safety, self.backup, self.reporting):
            part.show_settings(self.desk.settings)

    def open_record(self, record_id: object) -> None:
        key = "help" if isinstance(record_id, dict) else str(record_id)
        if key in self._keys:
            self.list.setCurrentRow(self._keys.index(key))
        if isinstance(record_id, dict):
            self.help.show_page(str(record_id.get("help", "")))

    def focus_search(self) -> None:
        self.open_record("help")
        self.help.focus_search()

    # --- changing ---------------------------------------------------------------------------------------------------

    def change(self, name: str, value: Any) -> None:
        """The setting has this value from here on; a disk that refuses costs only the memory of it."""
        if not fits(name, value) or getattr(self.desk.settings, name) == value:
            return
        settings = changed(self.desk.settings, **{name: value})
        self.desk.settings = settings
        folder = Path(self.desk.store.folder)
        self.desk.tasks.run(lambda _progress: _keep(folder, settings), owner=self)
        self.settings_changed.emit(settings)
        self.desk.settings_changed.emit(settings)

    def change_password(self) -> None:
        """The password of the person at the keyboard."""
        change_own(self.desk, self)

    def _add(self, key: str, title: str, picture: str, widget: QWidget) -> None:
        item = QListWidgetItem(icon(picture, "secondary"), title)
        item.setData(int(Qt.ItemDataRole.UserRole), key)
        item.setSizeHint(QSize(0, look().row))
        self.list.addItem(item)
        self._stack.addWidget(widget)
        self._keys.append(key)


def page(desk: Desk) -> Page:
    """The page 设置."""
    return SettingsPage(desk)


def _keep(folder: Path, settings: Settings) -> None:
    try:
        save(folder, settings)
    except OSError as error:
        words = N_("设置已生效, 但没有存下来 (磁盘满或不能写), 下次打开会恢复原样。")
        raise Refusal("settings_not_kept", words) from error
