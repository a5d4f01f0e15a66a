"""What stands where there is nothing yet, or where something went wrong: a sentence and the one button."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from app.i18n import _
from app.ui.icons import pixmap
from app.ui.theme import theme


class Empty(QWidget):
    """An icon, a sentence that says what belongs here, and the button that starts it."""

    def __init__(
        self, text: str, picture: str = "inbox", action: str = "", act: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._icon = QLabel(self)
        self._icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words = QLabel(self)
        self._words.setWordWrap(True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setProperty("role", "secondary")
        self.button = QPushButton(self)
        self.button.setProperty("kind", "primary")
        self.button.clicked.connect(lambda: self._act() if self._act else None)
        self._act: Callable[[], object] | None = None
        rows = QVBoxLayout(self)
        rows.setSpacing(12)
        rows.addStretch(2)
        for part in (self._icon, self._words, self.button):
            rows.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        rows.addStretch(3)
        self.say(text, picture, action, act)

    def say(self, text: str, picture: str = "inbox", action: str = "", act: Callable[[], object] | None = None) -> None:
        """Another sentence and button."""
        self._icon.setPixmap(pixmap(picture, theme().edge, 40, self.devicePixelRatio()))
        self._words.setText(text)
        wide = min(420, self._words.fontMetrics().horizontalAdvance(text) + 8)
        self._words.setFixedSize(wide, max(1, self._words.heightForWidth(wide)))
        self._act = act
        self.button.setText(action)
        self.button.setVisible(bool(action))

    def fail(self, text: str, detail: str) -> None:
        """The sentence of an error and 「复制详情」."""
        self.say(text, "error", _("复制详情"), lambda: QGuiApplication.clipboard().setText(f"{text}\n{detail}"))
