"""What the screens before the window share: the mark of the product and a card in the middle."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.i18n import _
from app.ui.icons import pixmap
from app.ui.theme import theme


def brand(parent: QWidget) -> QHBoxLayout:
    """The mark and the name of the product."""
    line = QHBoxLayout()
    line.setSpacing(10)
    mark = QLabel(parent)
    mark.setPixmap(leaf(parent))
    name = QLabel(_("枫格"), parent)
    name.setProperty("role", "title")
    line.addWidget(mark)
    line.addWidget(name)
    line.addStretch(1)
    return line


def leaf(widget: QWidget) -> QPixmap:
    """The product's mark in the accent colour."""
    return pixmap("grid", theme().accent, 28, widget.devicePixelRatio())


def middle(outer: QWidget, card: QWidget) -> None:
    """The card stands in the middle of the window."""
    around = QVBoxLayout(outer)
    around.addStretch(1)
    around.addWidget(card, 0, Qt.AlignmentFlag.AlignHCenter)
    around.addStretch(1)


def words(text: str, role: str = "", width: int = 0) -> QLabel:
    """A wrapped text in this role; with a width it takes the height it needs there."""
    label = QLabel(text)
    label.setWordWrap(True)
    if role:
        label.setProperty("role", role)
    if width:
        label.setFixedWidth(width)
        label.ensurePolished()
        label.setMinimumHeight(label.heightForWidth(width))
    return label
