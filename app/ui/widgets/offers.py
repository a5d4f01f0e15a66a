"""Lines of a pop-up list: icon and name at the left, what it is at the right."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.ui.icons import pixmap
from app.ui.theme import look, theme

DETAIL_ROLE = int(Qt.ItemDataRole.UserRole) + 2
ICON_ROLE = int(Qt.ItemDataRole.UserRole) + 3
Index = QModelIndex | QPersistentModelIndex


class OfferDelegate(QStyledItemDelegate):
    """Name in ink, detail in the secondary colour."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, look().row)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colours = theme()
        rect, state = option.rect, option.state  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.selection))
            painter.drawRoundedRect(rect.adjusted(2, 1, -2, -1), 5, 5)
        left = rect.x() + 12
        if meaning := index.data(ICON_ROLE):
            scale = painter.device().devicePixelRatio()
            painter.drawPixmap(left, rect.center().y() - 9, pixmap(meaning, colours.secondary, 20, scale))
            left += 30
        name, detail = str(index.data()), str(index.data(DETAIL_ROLE) or "")
        painter.setPen(QColor(colours.ink))
        line = rect.adjusted(left - rect.x(), 0, -12, 0)
        painter.drawText(line, int(Qt.AlignmentFlag.AlignVCenter), name)
        used = painter.fontMetrics().horizontalAdvance(name) + 16
        font = QFont(painter.font())
        font.setPointSizeF(look().points(9.5))
        painter.setFont(font)
        painter.setPen(QColor(colours.secondary))
        room = line.adjusted(used, 0, 0, 0)
        shown = painter.fontMetrics().elidedText(detail, Qt.TextElideMode.ElideRight, max(0, room.width()))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), shown)
        painter.restore()


class OfferList(QListWidget):
    """A list that never takes the keyboard; the field above it moves the mark."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "popup")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setItemDelegate(OfferDelegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def put(self, title: str, detail: str = "", picture: str = "") -> None:
        """One more line."""
        item = QListWidgetItem(title)
        item.setData(DETAIL_ROLE, detail)
        item.setData(ICON_ROLE, picture)
        item.setData(int(Qt.ItemDataRole.AccessibleTextRole), f"{title}, {detail}" if detail else title)
        self.addItem(item)

    def move_by(self, step: int) -> None:
        """The mark moves up or down."""
        self.setCurrentRow(max(0, min(self.count() - 1, self.currentRow() + step)))
