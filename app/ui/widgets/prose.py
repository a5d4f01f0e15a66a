"""Running text on a page (it wraps, can be copied, and is never read as markup), and the area of a pane it scrolls in."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QWidget


def prose(text: str, role: str = "", parent: QWidget | None = None) -> QLabel:
    """The text as a label in this role of the style sheet."""
    label = QLabel(text, parent)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if role:
        label.setProperty("role", role)
    return label


def reading_area(pane: QWidget, name: str) -> QScrollArea:
    """The area of a reading pane: its content takes the whole width and scrolls up and down only; read aloud by this name."""
    area = QScrollArea(pane)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setAccessibleName(name)
    return area
