"""A sheet of paper that shows what is being made, drawn anew a moment after each change."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.errors import Refusal
from app.i18n import _, say
from app.ui import report
from app.ui.desk import Desk
from app.ui.ledgers.paper import Paper
from app.ui.ledgers.sheets import Sheets
from app.ui.ledgers.turning import Turning
from app.ui.tasks import Job, Progress, Session
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column

if TYPE_CHECKING:
    from app.ledgers.page import Page


class LivePaper(QWidget):
    """`show_page(ask)`: what `ask(session)` gives lies here as the real PDF; a refusal stands in its place as a sentence."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.paper = Paper(self)
        self.turning = Turning(self.paper, self)
        self.nothing = Empty(_("正在准备台账…"), "ledger", parent=self)
        self._ask: Callable[[Session], Page] | None = None
        self._sheets: Sheets | None = None
        self._drawing: Job | None = None
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(self.paper)
        rows = column(self, 4)
        rows.addWidget(self._stack, 1)
        rows.addWidget(self.turning)
        self._later = QTimer(self, singleShot=True, interval=250)
        self._later.timeout.connect(self._draw)

    def show_page(self, ask: "Callable[[Session], Page]") -> None:
        """This page lies here soon; the former one stays in sight until then."""
        self._ask = ask
        self._later.start()

    @property
    def busy(self) -> bool:
        """What was asked for last does not lie here yet."""
        return self._later.isActive() or self._drawing is not None

    def rest(self) -> None:
        """The PDF is let go."""
        if (sheets := self._sheets) is not None:
            self._sheets = None
            self.desk.tasks.run(lambda _progress: sheets.close())

    def _draw(self) -> None:
        ask = self._ask
        if ask is None:
            return
        if self._drawing is not None:
            self._drawing.cancel()
        job = self.desk.tasks.run(lambda progress: _drawn(progress, ask), self._show, self._fail, owner=self)
        self._drawing = job
        job.ended.connect(lambda: self._ended(job))

    def _show(self, drawn: tuple[bytes, tuple[tuple[float, float], ...]]) -> None:
        self.rest()
        pdf, sizes = drawn
        self._sheets = Sheets(pdf)
        self._stack.setCurrentWidget(self.paper)
        self.paper.show_sheets(sizes, self._paint)
        self.turning.show_sheets(len(sizes))

    def _paint(self, sheet: int, dpi: float) -> None:
        if (sheets := self._sheets) is None:
            return

        def put(shown: Any) -> None:
            if sheets is self._sheets and shown is not None:
                self.paper.put(sheet, dpi, shown.image)
                self.paper.setAccessibleDescription(shown.text[:2000])

        self.desk.tasks.run(lambda _progress: sheets.show(sheet, dpi), put, owner=self)

    def _fail(self, error: Exception) -> None:
        if isinstance(error, Refusal):
            self.nothing.say(say(error), "refuse")
        else:
            self.nothing.fail(_("台账没有画出来, 出错报告已保存。可以换一个期间再试。"), report.describe(error))
        self._stack.setCurrentWidget(self.nothing)

    def _ended(self, job: Job) -> None:
        if job is self._drawing:
            self._drawing = None


def _drawn(progress: Progress, ask: "Callable[[Session], Page]") -> tuple[bytes, tuple[tuple[float, float], ...]]:
    from app.ledgers.pdf import document
    from app.ledgers.preview import Preview

    pdf = document(progress.read(ask), progress)
    with Preview(pdf) as preview:
        return pdf, tuple(preview.size(index) for index in range(len(preview)))
