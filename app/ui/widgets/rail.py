"""The left rail: icons and words, Alt+1…9 and 0, folded to icons in a narrow window."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QButtonGroup, QFrame, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.i18n import _
from app.ui.icons import dress
from app.ui.page import PageSpec
from app.ui.theme import look


class Rail(QFrame):
    """One button a page; `chosen` carries the key."""

    chosen = Signal(str)

    def __init__(self, pages: Sequence[PageSpec], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setAccessibleName(_("页面"))
        self._buttons: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(8, 12, 8, 8)
        rows.setSpacing(2)
        self._brand = QLabel(_("枫格"), self)
        self._brand.setProperty("role", "brand")
        self._brand.setContentsMargins(10, 0, 0, 8)
        rows.addWidget(self._brand)
        for number, page in enumerate((p for p in pages if p.on_rail), 1):
            rows.addWidget(self._button(page, number), 100)  # full height where there is room, thinner where not
        rows.addStretch(1)
        self.fold(False)

    def _button(self, page: PageSpec, number: int) -> QToolButton:
        button = QToolButton(self)
        button.setText(f" {_(page.title)}")
        button.setCheckable(True)
        button.setAccessibleName(_(page.title))
        dress(button, page.icon, "rail_ink", 20)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        button.setMinimumHeight(28)
        button.setMaximumHeight(look().target + 4)
        button.clicked.connect(lambda: self.chosen.emit(page.key))
        button.toggled.connect(lambda on: self._tint(button, page.icon, on))
        if number <= 10:
            keys = f"Alt+{number % 10}"
            button.setToolTip(f"{_(page.title)}  {keys}")
            QShortcut(QKeySequence(keys), self.window(), lambda: self.chosen.emit(page.key))
        else:
            button.setToolTip(_(page.title))
        self._group.addButton(button)
        self._buttons[page.key] = button
        return button

    @staticmethod
    def _tint(button: QToolButton, meaning: str, on: bool) -> None:
        dress(button, meaning, "rail_here_ink" if on else "rail_ink", 20)

    def show_here(self, key: str) -> None:
        """The page's button is marked."""
        if key in self._buttons:
            self._buttons[key].setChecked(True)

    def fold(self, folded: bool) -> None:
        """Icons alone, or icons and words."""
        style = Qt.ToolButtonStyle.ToolButtonIconOnly if folded else Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        for button in self._buttons.values():
            button.setToolButtonStyle(style)
        self._brand.setText(_("枫") if folded else _("枫格"))
        self.setFixedWidth(round(60 * look().size / 11) if folded else round(148 * look().size / 11))
