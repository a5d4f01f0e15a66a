"""The reading pane of the administration lists: what the row says, and what can be done with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QScrollArea, QWidget

from app.ui.icons import dress
from app.ui.widgets.fields import column


@dataclass(frozen=True)
class Deed:
    """One button: its words, its icon, what it does; `tone` "danger" for what takes away, "primary" for the usual."""

    words: str
    icon: str
    act: Callable[[], None]
    tone: str = ""


class Card(QScrollArea):
    """Title, pairs of label and value, buttons; the sentence `nothing` while no row is chosen."""

    def __init__(self, nothing: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self._nothing = nothing
        self.buttons: list[QPushButton] = []
        self.clear()

    def clear(self) -> None:
        """Nothing is chosen."""
        self.buttons = []
        body = _body()
        words = QLabel(self._nothing, body)
        words.setWordWrap(True)
        words.setProperty("role", "secondary")
        column(body, 12, (20, 20, 20, 16)).addWidget(words, 0, Qt.AlignmentFlag.AlignTop)
        self.setWidget(body)

    def show_parts(
        self, title: str, facts: Sequence[tuple[str, str]], deeds: Sequence[Deed], extra: QWidget | None = None
    ) -> None:
        """The row as it is now."""
        body = _body()
        rows = column(body, 12, (20, 16, 20, 16))
        head = QLabel(title, body)
        head.setProperty("role", "heading")
        head.setWordWrap(True)
        head.setTextFormat(Qt.TextFormat.PlainText)
        rows.addWidget(head)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for at, (label, value) in enumerate((label, value) for label, value in facts if value):
            grid.addWidget(_label(label, "secondary"), at, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(_label(value), at, 1)
        rows.addLayout(grid)
        self.buttons = [self._button(deed, body) for deed in deeds]
        for button in self.buttons:
            rows.addWidget(button)
        if extra is not None:
            rows.addWidget(extra)
        rows.addStretch(1)
        self.setWidget(body)

    def _button(self, deed: Deed, parent: QWidget) -> QPushButton:
        button = QPushButton(deed.words, parent)
        button.setProperty("kind", deed.tone)
        tones = {"danger": "overdue", "primary": "accent_ink"}
        dress(button, deed.icon, tones.get(deed.tone, "ink"))
        button.clicked.connect(lambda: deed.act())
        return button


class CardPane(QWidget):
    """The reading pane of a list with a card: the row goes to whoever fills the card."""

    def __init__(self, card: Card, show: Callable[[Any | None], None]) -> None:
        super().__init__()
        self._show = show
        column(self, 0).addWidget(card)

    def show_row(self, row: Any | None) -> None:
        self._show(row)


def _body() -> QWidget:
    body = QWidget()
    body.setProperty("role", "clear")
    return body


def _label(text: str, role: str = "") -> QLabel:
    label = QLabel(text)
    label.setWordWrap(not role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("role", role)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
