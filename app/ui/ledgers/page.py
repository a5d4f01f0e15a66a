"""台账: what is chosen on the left lies as real paper on the right, to be printed or saved as it is."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QSplitter,
    QStackedWidget,
    QWidget,
)

from app.errors import Refusal
from app.i18n import _, say
from app.ui import report
from app.ui.desk import Desk
from app.ui.ledgers.choosing import Choosing
from app.ui.ledgers.head import Head
from app.ui.ledgers.paper import Paper
from app.ui.ledgers.sheets import Drawn, Sheets, draw
from app.ui.ledgers.turning import Turning
from app.ui.page import Page
from app.ui.tasks import Job, Progress
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column
from app.ui.widgets.paperwork import Paperwork, Printable, Write
from app.ui.widgets.progress import ProgressPanel
from app.ui.widgets.where import file_name

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter


class LedgersPage(Page):
    """The ledger that is seen is the one that is printed and saved: the same data, the same PDF."""

    #: Not drafts, which are saved while others type.
    tables = frozenset(
        {
            "check",
            "code",
            "grid",
            "help",
            "household",
            "issue",
            "issue_step",
            "person",
            "post",
            "risk_point",
            "unit",
            "visit",
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.drawn: Drawn | None = None
        self._drawing: Job | None = None
        self._sheets: Sheets | None = None
        self.choosing = Choosing(desk, self)
        self.head = Head(self)
        self.head.excel_asked.connect(self.save_excel)
        self.head.pdf_asked.connect(self.save_pdf)
        self.head.print_asked.connect(self.print)
        self.paper = Paper(self)
        self.turning = Turning(self.paper, self)
        self.nothing = Empty(_("正在准备台账…"), "ledger", parent=self)
        self.progress = ProgressPanel(self)
        self.paperwork = Paperwork(desk, self.progress, self)
        self._bar = QProgressBar(self)
        self._later = QTimer(self, singleShot=True, interval=120)
        self._later.timeout.connect(self.refresh)
        self.turning.setEnabled(False)
        self._build()
        self.choosing.changed.connect(self._later.start)
        for keys, act in (("Ctrl+P", self.print), ("Ctrl+S", self.save_pdf), ("Ctrl+E", self.save_excel)):
            QShortcut(QKeySequence(keys), self, act)

    # --- what the window asks ---------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """The chosen ledger is drawn anew; the former one stays in sight until then."""
        if self._drawing is not None:
            self._drawing.cancel()
        choice = self.choosing.choice
        self._show_busy(True)
        job = self.desk.tasks.run(lambda progress: draw(progress, choice), self._show, self._fail, owner=self)
        self._drawing = job
        job.progressed.connect(self._bar_at)
        job.ended.connect(lambda: self._ended(job))

    def open_record(self, record_id: object) -> None:
        """A ledger by name, or {"ledger": name, "period": "2025-03"}."""
        from app.ledgers.period import Period

        wanted = record_id if isinstance(record_id, dict) else {"ledger": record_id}
        self.choosing.show_ledger(str(wanted.get("ledger", "")))
        if period := wanted.get("period"):
            self.choosing.period.show_period(Period.parse(str(period)))
        self._later.start()

    def focus_search(self) -> None:
        self.choosing.ledgers.setFocus()

    def leave(self) -> None:
        if (sheets := self._sheets) is not None:
            self.desk.tasks.run(lambda _progress: sheets.rest())

    # --- drawing ----------------------------------------------------------------------------------------------------

    def _show(self, drawn: Drawn) -> None:
        if self._sheets is not None:
            former = self._sheets
            self.desk.tasks.run(lambda _progress: former.close())
        self.drawn, self._sheets = drawn, Sheets(drawn.pdf)
        self._stack.setCurrentWidget(self.paper)
        self.paper.show_sheets(drawn.sizes, self._paint)
        self.turning.show_sheets(len(drawn.sizes))
        self.head.show_drawn(drawn)
        self.turning.setEnabled(True)

    def _paint(self, sheet: int, dpi: float) -> None:
        sheets = self._sheets
        if sheets is None:
            return

        def put(shown: object) -> None:
            if sheets is self._sheets and shown is not None:
                self.paper.put(sheet, dpi, shown.image)  # type: ignore[attr-defined]
                if sheet == self.paper.front:
                    self.paper.setAccessibleDescription(shown.text[:2000])  # type: ignore[attr-defined]

        self.desk.tasks.run(lambda _progress: sheets.show(sheet, dpi), put, owner=self)

    def _fail(self, error: Exception) -> None:
        self.drawn = None
        self.head.show_drawn(None)
        self.turning.setEnabled(False)
        if isinstance(error, Refusal):
            self.nothing.say(say(error), "refuse")
        else:
            self.nothing.fail(_("台账没有画出来, 出错报告已保存。可以换一个期间再试。"), report.describe(error))
        self._stack.setCurrentWidget(self.nothing)

    def _ended(self, job: Job) -> None:
        if job is self._drawing:
            self._drawing = None
            self._show_busy(False)

    def _show_busy(self, busy: bool) -> None:
        self._bar.setRange(0, 0)
        self._bar.setVisible(busy)

    def _bar_at(self, done: int, total: int, _label: str) -> None:
        self._bar.setRange(0, total)
        self._bar.setValue(done)

    # --- printing and saving ----------------------------------------------------------------------------------------

    def print(self) -> None:
        """Qt's dialog, then the sheets go to the printer beside the window."""
        if self.drawn is not None and self.paperwork.may_print(self.save_pdf):
            self.paperwork.ask_printer(_printable(self.drawn), _("打印台账"))

    def press(self, to: "QPrinter") -> None:
        """The ledger in sight is printed there."""
        if self.drawn is not None:
            self.paperwork.press(_printable(self.drawn), to)

    def save_pdf(self) -> None:
        """The PDF in sight, where the person says."""
        if (drawn := self.drawn) is not None:
            self._ask(drawn, "pdf", _("存成 PDF"), lambda path, _progress: _write_pdf(drawn, path))

    def save_excel(self) -> None:
        """The ledger in sight as a workbook, where the person says."""
        if (drawn := self.drawn) is not None:
            self._ask(drawn, "xlsx", _("存成 Excel"), lambda path, progress: _write_excel(drawn, path, progress))

    def _ask(self, drawn: Drawn, kind: str, title: str, write: Write) -> None:
        period = _("空白表") if drawn.choice.blank else drawn.page.period
        self.paperwork.ask_file(title, file_name(drawn.page.title, drawn.whose, period), kind, write)

    # --- building ---------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        split.addWidget(self.choosing)
        split.addWidget(self._right())
        split.setStretchFactor(0, 0)
        split.setStretchFactor(1, 1)
        around = QHBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(split)

    def _right(self) -> QWidget:
        right = QWidget(self)
        rows = column(right, 0)
        rows.addWidget(self.head)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(_("正在准备台账"))
        keep = self._bar.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self._bar.setSizePolicy(keep)
        rows.addWidget(self._bar)
        self._stack = QStackedWidget(right)
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(self.paper)
        rows.addWidget(self._stack, 1)
        foot = QFrame(right)
        foot.setObjectName("status")
        line = QHBoxLayout(foot)
        line.setContentsMargins(16, 6, 12, 6)
        line.addWidget(self.turning)
        line.addWidget(self.progress, 2)
        rows.addWidget(foot)
        return right


def page(desk: Desk) -> Page:
    """The page 台账."""
    return LedgersPage(desk)


def _printable(drawn: Drawn) -> Printable:
    return Printable(drawn.pdf, drawn.page.title, len(drawn.sizes), drawn.gaps, drawn.sizes[0])


def _write_pdf(drawn: Drawn, path: Path) -> None:
    from app.ledgers.durable import write_bytes

    write_bytes(path, drawn.pdf)


def _write_excel(drawn: Drawn, path: Path, progress: Progress) -> None:
    from app.ledgers import excel

    excel.write(drawn.page, path, progress)
