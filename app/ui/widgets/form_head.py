"""The line above a form: back to the list, what is being written, its keys, its tools, and throwing the draft away."""

from collections.abc import Callable, Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.i18n import _
from app.ui.icons import dress


class FormHead(QFrame):
    """The keys are told only where there is room for them; `tools` stand left of 「丢弃草稿」, if there is one."""

    def __init__(
        self, keys: str, back: Callable[[], None], discard: Callable[[], None] | None = None, tools: Sequence[QWidget] = (),
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setObjectName("top")
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 6, 16, 6)
        line.setSpacing(8)
        self._back = _quiet(_("返回列表"), "left", back)
        self._back.setToolTip(_("草稿会保留  Esc"))
        self.title = QLabel("", self)
        self.title.setProperty("role", "heading")
        self._keys = QLabel(keys, self)
        self._keys.setProperty("role", "caption")
        for part in (self._back, self.title, self._keys):
            line.addWidget(part)
        line.addStretch(1)
        self._tools = [*tools, *([_quiet(_("丢弃草稿"), "delete", discard)] if discard else ())]
        for tool in self._tools:
            line.addWidget(tool)
        self._working = True

    def say(self, title: str, working: bool = True) -> None:
        """What is being written; nothing to throw away before the work begins."""
        self.title.setText(title)
        self._working = working
        for tool in self._tools:
            tool.setVisible(working)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        parts = [self._back, self.title, self._keys, *self._tools]
        needed = sum(part.sizeHint().width() + 8 for part in parts) + 48
        self._keys.setVisible(self._working and self.width() >= needed)


def _quiet(words: str, picture: str, act: Callable[[], None]) -> QPushButton:
    button = QPushButton(words)
    button.setProperty("kind", "quiet")
    dress(button, picture, "accent")
    button.clicked.connect(lambda: act())
    return button
