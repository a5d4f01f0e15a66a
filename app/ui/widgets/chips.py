"""State chips: icon, word and colour together, as a label and as a table cell."""

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.ui.icons import pixmap
from app.ui.theme import look, theme

CHIP_ROLE = int(Qt.ItemDataRole.UserRole) + 1


@dataclass(frozen=True)
class Chip:
    """A state as people see it; tone is one of draft, waiting, due, overdue, done, sent, conflict."""

    text: str
    tone: str = "draft"
    icon: str = ""

    @property
    def picture(self) -> str:
        return self.icon or self.tone


def paint_chip(painter: QPainter, rect: QRect, chip: Chip, scale: float = 1.0) -> int:
    """Draws the chip left and vertically centred in the rectangle; returns its width in px."""
    colours = theme()
    ink = colours.legible(chip.tone)
    words = painter.fontMetrics().horizontalAdvance(chip.text)
    height = min(rect.height(), painter.fontMetrics().height() + 4)
    width = min(rect.width(), 7 + 14 + 5 + words + 9)
    box = QRectF(rect.x(), rect.y() + (rect.height() - height) / 2, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(ink), 1.5) if colours.tint == 0 else Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.soft(chip.tone)))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), height / 2, height / 2)
    painter.drawPixmap(round(box.x() + 7), round(box.y() + (height - 14) / 2), pixmap(chip.picture, ink, 14, scale))
    painter.setPen(QColor(ink))
    text = QRectF(box.x() + 26, box.y(), box.width() - 32, height)
    shown = painter.fontMetrics().elidedText(chip.text, Qt.TextElideMode.ElideRight, int(text.width()) + 2)
    painter.drawText(text, int(Qt.AlignmentFlag.AlignVCenter), shown)
    return int(width)


class ChipLabel(QWidget):
    """A chip as a widget."""

    def __init__(self, chip: Chip, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.set_chip(chip)

    def set_chip(self, chip: Chip) -> None:
        """Another state is shown."""
        self.chip = chip
        self.setAccessibleName(chip.text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        font = self._font_metrics()
        return QSize(font.horizontalAdvance(self.chip.text) + 36, font.height() + 6)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = painter.font()
        font.setPointSizeF(look().points(10))
        painter.setFont(font)
        paint_chip(painter, self.rect(), self.chip, self.devicePixelRatio())

    def _font_metrics(self) -> QFontMetrics:
        font = self.font()
        font.setPointSizeF(look().points(10))
        return QFontMetrics(font)


class ChipDelegate(QStyledItemDelegate):
    """Draws the chip an index holds under CHIP_ROLE."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        chip = index.data(CHIP_ROLE)
        if not isinstance(chip, Chip):
            super().paint(painter, option, index)
            return
        bare = QStyleOptionViewItem(option)
        self.initStyleOption(bare, index)
        bare.text = ""  # type: ignore[attr-defined]
        widget = bare.widget  # type: ignore[attr-defined]
        widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, bare, painter, widget)
        rect = option.rect  # type: ignore[attr-defined]
        painter.save()
        font = painter.font()
        font.setPointSizeF(look().points(10))
        painter.setFont(font)
        paint_chip(painter, rect.adjusted(8, 2, -4, -2), chip, painter.device().devicePixelRatio())
        painter.restore()
