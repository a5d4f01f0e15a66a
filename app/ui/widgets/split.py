"""A list at the left and its reading pane at the right, parted by a handle that nobody sees."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget


def beside(
    left: QWidget, right: QWidget, sizes: tuple[int, int] = (860, 320), parent: QWidget | None = None
) -> QSplitter:
    """Both side by side; the left one takes most of the room."""
    split = QSplitter(Qt.Orientation.Horizontal, parent)
    split.setChildrenCollapsible(False)
    split.setHandleWidth(12)
    split.setStyleSheet("QSplitter::handle { background: transparent; }")
    split.addWidget(left)
    split.addWidget(right)
    split.setStretchFactor(0, 3)
    split.setStretchFactor(1, 1)
    split.setSizes(list(sizes))
    return split
