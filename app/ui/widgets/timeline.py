"""The life of a record as people tell it: newest on top, who, when, what, and the clock that runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.i18n import _
from app.ui.icons import pixmap
from app.ui.theme import theme
from app.ui.widgets.fields import column
from app.ui.widgets.prose import prose


@dataclass(frozen=True)
class Side:
    """One side of a conflict: who set what, and the act of choosing it; without one only `valid` is told."""

    who: str
    text: str
    choose: Callable[[], None] | None = None
    valid: bool = False


@dataclass(frozen=True)
class Event:
    """One step. `when` is ready to read (device time, HQ's too if they differ); `hollow` marks missing evidence."""

    when: str
    who: str
    text: str
    tone: str = "draft"
    icon: str = ""
    note: str = ""
    days_since: int | None = None  # days from the step before
    hollow: bool = False
    sides: Sequence[Side] = field(default_factory=tuple)


@dataclass(frozen=True)
class Band:
    """A clock as a band that fills: its rule in words, share used (0 to 1 and above), and what is left."""

    title: str
    share: float
    left: str
    tone: str = "sent"


class BandBar(QWidget):
    """The band of one clock."""

    def __init__(self, band: Band, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.band = band
        rows = column(self, 3)
        words = QHBoxLayout()
        title, left = prose(band.title, "caption", self), QLabel(band.left, self)
        left.setProperty("role", "caption")
        left.setStyleSheet(f"color: {theme().legible(band.tone, theme().card)}; font-weight: 700;")
        words.addWidget(title, 1)
        words.addWidget(left)
        rows.addLayout(words)
        rows.addSpacing(7)
        self.setAccessibleName(f"{band.title}, {band.left}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        track = QRectF(0, self.height() - 6, self.width(), 6)
        painter.setBrush(QColor(theme().hairline))
        painter.drawRoundedRect(track, 3, 3)
        painter.setBrush(QColor(theme().state(self.band.tone)))
        track.setWidth(max(6.0, track.width() * min(1.0, max(0.0, self.band.share))))
        painter.drawRoundedRect(track, 3, 3)


class _Mark(QWidget):
    """The line at the left with this step's mark."""

    def __init__(self, event: Event, last: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self._event, self._last = event, last
        self.setFixedWidth(28)

    def sizeHint(self) -> QSize:
        return QSize(28, 40)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme()
        ink = QColor(colours.legible(self._event.tone, colours.card))
        painter.setPen(
            QPen(QColor(colours.edge), 1.5, Qt.PenStyle.DashLine if self._event.hollow else Qt.PenStyle.SolidLine)
        )
        if not self._last:
            painter.drawLine(14, 28, 14, self.height())
        box = QRectF(2, 2, 24, 24)
        painter.setPen(QPen(ink, 1.5, Qt.PenStyle.DashLine if self._event.hollow else Qt.PenStyle.SolidLine))
        painter.setBrush(QColor(colours.card if self._event.hollow else colours.soft(self._event.tone)))
        painter.drawEllipse(box)
        picture = self._event.icon or ("hollow" if self._event.hollow else self._event.tone)
        painter.drawPixmap(7, 7, pixmap(picture, ink.name(), 14, self.devicePixelRatio()))


class Timeline(QScrollArea):
    """Clock bands on top, then the steps, newest first (in the order given)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(_("经过"))
        self.show_events(())

    def show_events(self, events: Sequence[Event], bands: Sequence[Band] = ()) -> None:
        """These steps and clocks are seen."""
        inside = QWidget()
        inside.setProperty("role", "clear")
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(16, 12, 16, 16)
        rows.setSpacing(0)
        for band in bands:
            rows.addWidget(BandBar(band, inside))
            rows.addSpacing(10)
        for number, event in enumerate(events):
            rows.addWidget(self._step(event, number == len(events) - 1, inside))
        rows.addStretch(1)
        self.setWidget(inside)

    def _step(self, event: Event, last: bool, parent: QWidget) -> QWidget:
        step = QWidget(parent)
        line = QHBoxLayout(step)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(_Mark(event, last, step))
        words = QVBoxLayout()
        words.setContentsMargins(0, 2, 0, 14)
        words.setSpacing(2)
        away = _(" · 距上一步 {n} 天").format(n=event.days_since) if event.days_since else ""
        texts = (
            (" · ".join(p for p in (event.who, event.when) if p) + away, "caption"),
            (event.text, ""),
            (event.note, "secondary"),
        )
        for text, role in texts:
            if text:
                words.addWidget(prose(text, role, step))
        if event.sides:
            words.addLayout(self._sides(event, step))
        line.addLayout(words, 1)
        step.setAccessibleName(f"{event.when} {event.who} {event.text}")
        return step

    def _sides(self, event: Event, parent: QWidget) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        for side in event.sides:
            card = QFrame(parent)
            card.setProperty("role", "note")
            rows = column(card, 4, (10, 8, 10, 8))
            rows.addWidget(prose(side.who, "caption", card))
            rows.addWidget(prose(side.text, "", card))
            line.addWidget(card, 1)
            if (choose := side.choose) is None:
                rows.addWidget(prose(_("算数") if side.valid else _("没有生效"), "label", card))
                continue
            button = QPushButton(_("现用这个") if side.valid else _("用这个"), card)
            button.setAccessibleName(_("用 {who} 的").format(who=side.who))
            button.clicked.connect(lambda _on, act=choose: act())
            rows.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        return line
