"""A sheet of paper that shows what is being made, drawn anew a moment after each change."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from app.ui.desk import Desk
from app.ui.ledgers.sheets import Sizes, drawn
from app.ui.ledgers.showing import Showing
from app.ui.tasks import Job, Progress, Session
from app.ui.widgets.fields import column

if TYPE_CHECKING:
    from app.ledgers.page import Page


class LivePaper(QWidget):
    """`show_page(ask)`: what `ask(session)` gives lies here as the real PDF; a refusal stands in its place as a sentence."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.showing = Showing(desk, self)
        self.paper, self.nothing = self.showing.paper, self.showing.nothing
        self._ask: Callable[[Session], Page] | None = None
        self._drawing: Job | None = None
        rows = column(self, 4)
        rows.addWidget(self.showing, 1)
        rows.addWidget(self.showing.turning)
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
        self.showing.let_go()

    def _draw(self) -> None:
        ask = self._ask
        if ask is None:
            return
        if self._drawing is not None:
            self._drawing.cancel()
        job = self.desk.tasks.run(
            lambda progress: _drawn(progress, ask),
            lambda drawn: self.showing.show_pdf(*drawn),
            self.showing.fail,
            owner=self,
        )
        self._drawing = job
        job.ended.connect(lambda: self._ended(job))

    def _ended(self, job: Job) -> None:
        if job is self._drawing:
            self._drawing = None


def _drawn(progress: Progress, ask: "Callable[[Session], Page]") -> tuple[bytes, Sizes]:
    pdf, sizes, _gaps = drawn(progress.read(ask), progress)
    return pdf, sizes
