"""The pad on which the visited person signs."""

from itertools import pairwise
from typing import Any

from PySide6.QtCore import QBuffer, QIODevice, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.i18n import _
from app.ui.icons import dress
from app.ui.theme import theme
from app.ui.widgets.fields import Editor


class Pad(QWidget):
    """Strokes of a mouse, pen or finger."""

    drawn = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strokes: list[list[QPointF]] = []
        self.picture: QImage | None = None
        self.setMinimumSize(200, 96)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(_("签名"))

    def sizeHint(self) -> QSize:
        return QSize(320, 120)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.picture = None
        self.strokes.append([event.position()])
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.strokes and event.buttons():
            self.strokes[-1].append(event.position())
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.drawn.emit()

    def draw_strokes(self, painter: QPainter, ink: QColor) -> None:
        """The strokes as smooth lines."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(ink, 2.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for stroke in self.strokes:
            path = QPainterPath(stroke[0])
            for one, other in pairwise(stroke):
                path.quadTo(one, (one + other) * 0.5)
            path.lineTo(stroke[-1] + QPointF(0.1, 0.1))
            painter.drawPath(path)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focused = self.hasFocus()
        painter.setPen(QPen(QColor(theme().accent if focused else theme().edge), 2 if focused else theme().line))
        painter.setBrush(QColor("#FFFFFF"))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 6, 6)
        if self.picture is not None:
            fitted = self.picture.size().scaled(self.size() - QSize(16, 16), Qt.AspectRatioMode.KeepAspectRatio)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QPointF(8, 8), self.picture.scaled(fitted))
        elif self.strokes:
            self.draw_strokes(painter, QColor("#10161E"))
        else:
            painter.setPen(QColor("#5A6675"))
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), _("在此签名"))


class SignatureEditor(Editor):
    """A signature; the value is a PNG (bytes, white ground, twice the size) or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pad = Pad(self)
        again = QPushButton(_("重签"), self)
        again.setProperty("kind", "quiet")
        dress(again, "undo", "accent")
        again.clicked.connect(self._again)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(again)
        rows = QVBoxLayout()
        rows.setSpacing(4)
        rows.addWidget(self.pad)
        rows.addLayout(foot)
        self._row.addLayout(rows)
        self.pad.drawn.connect(self.changed)
        self._bytes: bytes | None = None
        self.setFocusProxy(self.pad)

    def value(self) -> Any:
        if not self.pad.strokes:
            return self._bytes
        image = QImage(self.pad.size() * 2, QImage.Format.Format_Grayscale8)
        image.fill(QColor("white"))
        painter = QPainter(image)
        painter.scale(2, 2)
        self.pad.draw_strokes(painter, QColor("black"))
        painter.end()
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        image.save(buffer, "PNG")  # type: ignore[call-overload]
        return bytes(buffer.data().data())

    def set_value(self, value: Any) -> None:
        self._bytes = bytes(value) if value else None
        self.pad.strokes = []
        self.pad.picture = QImage.fromData(self._bytes) if self._bytes else None
        self.pad.update()

    def target(self) -> QWidget:
        return self.pad

    def _again(self) -> None:
        self.set_value(None)
        self.changed.emit()
