"""Running text on a page: it wraps, can be copied, and is never read as markup."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget


def prose(text: str, role: str = "", parent: QWidget | None = None) -> QLabel:
    """The text as a label in this role of the style sheet."""
    label = QLabel(text, parent)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if role:
        label.setProperty("role", role)
    return label
