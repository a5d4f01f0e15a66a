"""Running text on a page (it wraps, can be copied, and is never read as markup), and the area of a pane it scrolls in."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QWidget


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


def figures(heads: Sequence[str], lines: Sequence[tuple[str, Sequence[int]]]) -> QGridLayout:
    """A small table: the words of each line at the left, its numbers below their heads at the right; none is a dash."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(4)
    for place, head in enumerate(heads):
        grid.addWidget(prose(head, "caption") if place == 0 else _number(head, "caption"), 0, place)
    for number, (words, counts) in enumerate(lines, 1):
        grid.addWidget(prose(words), number, 0)
        for place, count in enumerate(counts, 1):
            grid.addWidget(_number(f"{count:,}" if count else "–"), number, place)
    grid.setColumnStretch(0, 1)
    return grid


def _number(text: str, role: str = "") -> QLabel:
    label = QLabel(text)
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    label.setProperty("role", role)
    return label
