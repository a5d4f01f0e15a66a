"""Charts drawn by us, the same on screen and on paper: bars with values, lines with last year's as a thin line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeySequence, QPainter, QPaintEvent, QPen, QPolygonF, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QStackedLayout,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.i18n import _
from app.ui.icons import dress
from app.ui.theme import Theme, look, mixed, theme

#: A value, or None where there is none (a month that has not ended; a group too small to show).
Value = float | None


@dataclass(frozen=True)
class Series:
    """Labels and values, last year's beside them; `title` says the finding, `unit` stands behind numbers."""

    title: str
    labels: Sequence[str]
    values: Sequence[Value]
    before: Sequence[Value] = ()
    kind: str = "bar"  # bar: lying bars, longest label in front; line: by month
    unit: str = ""
    highlight: int | None = None  # the bar in the accent; all when None


def ticks(top: float, parts: int = 4) -> list[float]:
    """Round numbers from 0 to at least `top` (1, 2, 2.5, 5 times a power of ten apart)."""
    if top <= 0:
        return [0.0, 1.0]
    raw = top / parts
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * n for n in (1, 2, 2.5, 5, 10) if power * n >= raw * (1 - 1e-9))
    return [step * n for n in range(math.ceil(top / step - 1e-9) + 1)]


def written(value: Value, unit: str = "") -> str:
    """1,234 or 12.5 with its unit; an en dash for none."""
    if value is None:
        return "-"
    return (f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}") + unit


def draw(painter: QPainter, area: QRectF, series: Series, colours: Theme) -> None:
    """The chart fills the area; used by the widget, by pictures and by paper alike."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if series.kind == "line":
        _line(painter, area, series, colours)
    else:
        _bars(painter, area, series, colours)


def _bars(painter: QPainter, area: QRectF, series: Series, colours: Theme) -> None:
    fonts = painter.fontMetrics()
    numbers = [value or 0.0 for value in series.values]
    top = max([*numbers, *[v or 0.0 for v in series.before], 1e-9])
    wide = min(area.width() * 0.4, max([fonts.horizontalAdvance(label) for label in series.labels] or [0]) + 12)
    told = [_told(series, at) for at in range(len(numbers))]
    room = max([fonts.horizontalAdvance(words) for words in told] or [0]) + 14
    full = max(20.0, area.width() - wide - room)
    step = area.height() / max(1, len(numbers))
    thick = min(step * 0.62, 22.0)
    for at, (label, number) in enumerate(zip(series.labels, numbers, strict=True)):
        y = area.y() + at * step + (step - thick) / 2
        line = QRectF(area.x(), area.y() + at * step, wide - 10, step)
        painter.setPen(QColor(colours.ink))
        shown = fonts.elidedText(label, Qt.TextElideMode.ElideRight, int(line.width()))
        painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), shown)
        plain = series.highlight is not None and at != series.highlight
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(mixed(colours.secondary, colours.card, 0.4) if plain else colours.accent))
        bar = QRectF(area.x() + wide, y, max(2.0, full * number / top), thick)
        painter.drawRoundedRect(bar, 3, 3)
        if at < len(series.before) and (old := series.before[at]) is not None:
            x = area.x() + wide + full * old / top
            painter.setPen(QPen(QColor(colours.ink), 2))
            painter.drawLine(QPointF(x, y - 3), QPointF(x, y + thick + 3))
        painter.setPen(QColor(colours.ink))
        end = max(number, (series.before[at] or 0.0) if at < len(series.before) else 0.0)
        behind = QRectF(area.x() + wide + full * end / top + 8, area.y() + at * step, room + 60, step)
        painter.drawText(behind, int(Qt.AlignmentFlag.AlignVCenter), told[at])


def _told(series: Series, at: int) -> str:
    value = written(series.values[at], series.unit)
    if at >= len(series.before) or series.before[at] is None:
        return value
    return _("{value} · 上年 {before}").format(value=value, before=written(series.before[at]))


def _line(painter: QPainter, area: QRectF, series: Series, colours: Theme) -> None:
    fonts = painter.fontMetrics()
    marks = ticks(max([v for v in (*series.values, *series.before) if v is not None] or [0.0]))
    left = max(fonts.horizontalAdvance(written(mark)) for mark in marks) + 10
    right = fonts.horizontalAdvance(_("上年")) + 14
    plot = area.adjusted(left, fonts.height() / 2 + 14, -right, -fonts.height() - 8)
    for mark in marks:
        y = plot.bottom() - plot.height() * mark / marks[-1]
        painter.setPen(QPen(QColor(colours.hairline), 1))
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        painter.setPen(QColor(colours.secondary))
        box = QRectF(area.x(), y - fonts.height() / 2, left - 8, fonts.height())
        painter.drawText(box, int(Qt.AlignmentFlag.AlignRight), written(mark))
    step = plot.width() / max(1, len(series.labels) - 1)
    every = max(1, math.ceil((max([fonts.horizontalAdvance(x) for x in series.labels] or [1]) + 8) / max(step, 1)))
    for at, label in enumerate(series.labels):
        if at % every == 0:
            box = QRectF(plot.left() + at * step - 40, plot.bottom() + 6, 80, fonts.height())
            painter.drawText(box, int(Qt.AlignmentFlag.AlignHCenter), label)

    def points(values: Sequence[Value]) -> list[QPointF]:
        return [
            QPointF(plot.left() + at * step, plot.bottom() - plot.height() * value / marks[-1])
            for at, value in enumerate(values)
            if value is not None
        ]

    old, new = points(series.before), points(series.values)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(colours.secondary), 1))
    painter.drawPolyline(QPolygonF(old))
    painter.setPen(QPen(QColor(colours.accent), 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPolyline(QPolygonF(new))
    painter.setBrush(QColor(colours.accent))
    for point in new:
        painter.drawEllipse(point, 2.5, 2.5)
    if old:
        painter.setPen(QColor(colours.secondary))
        painter.drawText(old[-1] + QPointF(6, fonts.height() / 3), _("上年"))
    if new:
        last = next(value for value in reversed(series.values) if value is not None)
        painter.setPen(QColor(colours.legible("accent", colours.card)))
        painter.drawText(new[-1] + QPointF(-4, -9), written(last, series.unit))


class _Canvas(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.series: Series | None = None

    def sizeHint(self) -> QSize:
        rows = len(self.series.labels) if self.series is not None and self.series.kind == "bar" else 7
        return QSize(360, max(120, round(rows * look().row * 0.9)))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.series is not None:
            painter = QPainter(self)
            font = painter.font()
            font.setPointSizeF(look().points(10))
            painter.setFont(font)
            draw(painter, QRectF(self.rect()).adjusted(0, 2, 0, -2), self.series, theme())


class Chart(QWidget):
    """A chart under the sentence it proves; the button (or T) shows the same numbers as a table."""

    def __init__(self, series: Series, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel("", self)
        self._title.setProperty("role", "heading")
        self._title.setWordWrap(True)
        self._switch = QToolButton(self)
        self._switch.setCheckable(True)
        keys = QShortcut(QKeySequence("T"), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        keys.activated.connect(self._switch.toggle)
        self._switch.setToolTip(_("看数字 (T)"))
        self._switch.setAccessibleName(_("看数字"))
        dress(self._switch, "table", "secondary")
        self._canvas = _Canvas(self)
        self.numbers = QTableWidget(self)
        self.numbers.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.numbers.verticalHeader().hide()
        self.numbers.setShowGrid(False)
        self.numbers.horizontalHeader().setStretchLastSection(True)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._switch, 0, Qt.AlignmentFlag.AlignTop)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._canvas)
        self._stack.addWidget(self.numbers)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        rows.addLayout(head)
        rows.addLayout(self._stack, 1)
        self._switch.toggled.connect(lambda on: self._stack.setCurrentIndex(int(on)))
        self.setFocusProxy(self._switch)
        self.show_series(series)

    def show_series(self, series: Series) -> None:
        """These numbers are drawn and listed."""
        self._canvas.series = series
        self._title.setText(series.title)
        told = ", ".join(f"{a} {written(v, series.unit)}" for a, v in zip(series.labels, series.values, strict=True))
        self._canvas.setAccessibleName(f"{series.title}: {told}")
        heads = ["", _("本期"), _("上年同期")][: 3 if series.before else 2]
        self.numbers.setColumnCount(len(heads))
        self.numbers.setHorizontalHeaderLabels(heads)
        self.numbers.setRowCount(len(series.labels))
        for at, label in enumerate(series.labels):
            cells = [label, written(series.values[at], series.unit)]
            cells += (
                [written(series.before[at] if at < len(series.before) else None, series.unit)] if series.before else []
            )
            for column, text in enumerate(cells):
                self.numbers.setItem(at, column, QTableWidgetItem(text))
        self._canvas.updateGeometry()
        self._canvas.update()
