"""A few steps one after another, the names of all of them in sight."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QWidget

from app.i18n import N_, _
from app.ui.icons import pixmap
from app.ui.theme import theme
from app.ui.widgets.fields import column


@dataclass(frozen=True)
class Step:
    """One step. `leave(go)` is asked before going on: call `go()` when it may, at once or later; `enter` when shown."""

    title: str
    widget: QWidget
    leave: Callable[[Callable[[], None]], None] | None = None
    enter: Callable[[], None] | None = None
    next_title: str = ""


class Stepper(QWidget):
    """The names of the steps: done, here, to come."""

    def __init__(self, titles: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles = list(titles)
        self.here = 0

    def show_here(self, here: int) -> None:
        """This step is the present one."""
        self.here = here
        self.setAccessibleName(
            _("第 {n} 步, 共 {total} 步: {title}").format(n=here + 1, total=len(self._titles), title=self._titles[here])
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(480, self.fontMetrics().height() + 16)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.fontMetrics().height() + 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, fonts, x = theme(), QFontMetrics(self.font()), 0.0
        middle = self.height() / 2
        for number, title in enumerate(self._titles):
            done, here = number < self.here, number == self.here
            disc = QRectF(x, middle - 12, 24, 24)
            painter.setPen(QPen(QColor(colours.accent if done or here else colours.edge), 1.5))
            painter.setBrush(QColor(colours.accent if here else colours.card))
            if not done:
                painter.drawEllipse(disc)
            if done:
                shown = pixmap("done", colours.accent, 24, self.devicePixelRatio())
                painter.drawPixmap(round(x), round(middle) - 12, shown)
            else:
                painter.setPen(QColor(colours.accent_ink if here else colours.secondary))
                painter.drawText(disc, int(Qt.AlignmentFlag.AlignCenter), str(number + 1))
            font = painter.font()
            font.setBold(here)
            painter.setFont(font)
            painter.setPen(QColor(colours.ink if here else colours.secondary))
            painter.drawText(QRectF(x + 32, 0, 400, self.height()), int(Qt.AlignmentFlag.AlignVCenter), title)
            x += 32 + fonts.horizontalAdvance(title) + 20
            if number < len(self._titles) - 1:
                painter.setPen(QPen(QColor(colours.edge), 1.5))
                painter.drawLine(round(x - 6), round(middle), round(x + 14), round(middle))
                x += 26


class Wizard(QWidget):
    """Steps with 「上一步」「下一步」; `finished` after the last, `cancelled` when given up."""

    finished = Signal()
    cancelled = Signal()

    def __init__(self, steps: Sequence[Step], finish: str = N_("完成"), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps, self._finish = list(steps), finish
        self.stepper = Stepper([_(step.title) for step in steps], self)
        self._pages = QStackedWidget(self)
        for step in steps:
            self._pages.addWidget(step.widget)
        self._problem = QLabel("", self)
        self._problem.setProperty("role", "problem")
        self._problem.setWordWrap(True)
        foot = QFrame(self)
        foot.setObjectName("status")
        line = QHBoxLayout(foot)
        line.setContentsMargins(24, 8, 24, 8)
        line.setSpacing(8)
        self.cancel_button, self.back_button, self.next_button = (QPushButton(foot) for _i in range(3))
        self.cancel_button.setText(_("取消"))
        self.back_button.setText(_("上一步"))
        self.next_button.setProperty("kind", "primary")
        self.next_button.setDefault(True)
        line.addWidget(self.cancel_button)
        line.addWidget(self._problem, 1)
        line.addWidget(self.back_button)
        line.addWidget(self.next_button)
        top = QWidget(self)
        column(top, 0, (24, 16, 24, 8)).addWidget(self.stepper)
        rows = column(self, 0)
        rows.addWidget(top)
        rows.addWidget(self._pages, 1)
        rows.addWidget(foot)
        self.cancel_button.clicked.connect(self.cancelled)
        self.back_button.clicked.connect(lambda: self.go(self.here - 1))
        self.next_button.clicked.connect(self.go_on)
        self.go(0)

    @property
    def here(self) -> int:
        """The number of the present step, from 0."""
        return self._pages.currentIndex()

    def go(self, number: int) -> None:
        """This step is in front."""
        self._problem.setText("")
        self._pages.setCurrentIndex(number)
        self.stepper.show_here(number)
        self.back_button.setEnabled(number > 0)
        step = self._steps[number]
        last = number == len(self._steps) - 1
        self.next_button.setText(_(step.next_title) or (_(self._finish) if last else _("下一步")))
        step.widget.setFocus()
        if step.enter is not None:
            step.enter()

    def go_on(self) -> None:
        """The next step, if this one may be left."""
        self._problem.setText("")
        step, here = self._steps[self.here], self.here
        if step.leave is not None:
            step.leave(lambda: self._left(here))
        else:
            self._left(here)

    def say(self, problem: str) -> None:
        """Why this step cannot be left."""
        self._problem.setText(problem)

    def _left(self, number: int) -> None:
        if number != self.here:
            return
        if number == len(self._steps) - 1:
            self.finished.emit()
        else:
            self.go(number + 1)
