"""The week at a glance: a bar a day, today marked, the number above it."""

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.i18n import N_, _, joined
from app.ui.theme import look, theme

_DAYS = (N_("一"), N_("二"), N_("三"), N_("四"), N_("五"), N_("六"), N_("日"))


class WeekStrip(QWidget):
    """Seven bars, Monday first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._week: list[tuple[date, int]] = []
        self._today: date | None = None
        self.setMinimumHeight(110)

    def show_week(self, week: Sequence[tuple[date, int]], today: date) -> None:
        """The visits of each day of this week."""
        self._week, self._today = list(week), today
        told = joined((f"{_(_DAYS[at])} {n}" for at, (_day, n) in enumerate(self._week)), N_(", "))
        self.setAccessibleName(_("本周走访: {told}").format(told=told))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 118)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._week:
            return
        painter, colours = QPainter(self), theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPointSizeF(look().points(9.5))
        painter.setFont(font)
        line = painter.fontMetrics().height()
        area = self.rect().adjusted(16, line + 4, -16, -line - 8)
        step, most = area.width() / 7, max(1, *(n for _day, n in self._week))
        for at, (day, number) in enumerate(self._week):
            here = day == self._today
            x = area.x() + at * step
            tall = max(2.0, area.height() * number / most)
            bar = QRectF(x + step * 0.28, area.bottom() - tall, step * 0.44, tall)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent if here else colours.edge if number else colours.hairline))
            painter.drawRoundedRect(bar, 3, 3)
            painter.setPen(QColor(colours.ink if here else colours.secondary))
            if number:
                above = QRectF(x, bar.top() - line - 2, step, line)
                painter.drawText(above, int(Qt.AlignmentFlag.AlignCenter), str(number))
            below = QRectF(x, area.bottom() + 4, step, line)
            painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), _(_DAYS[at]))
