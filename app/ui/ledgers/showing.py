"""A drawn PDF on the screen: its sheets, the line that turns them, and a sentence where there is none."""

from collections.abc import Sequence

from PySide6.QtWidgets import QStackedWidget, QWidget

from app.errors import Refusal
from app.i18n import _, say
from app.ui import report
from app.ui.desk import Desk
from app.ui.ledgers.paper import Paper
from app.ui.ledgers.sheets import Sheets, Shown
from app.ui.ledgers.turning import Turning
from app.ui.widgets.empty import Empty


class Showing(QStackedWidget):
    """`show_pdf` lays a PDF here, `say` and `fail` a sentence in its place; `turning` stands wherever its owner puts it."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.paper = Paper(self)
        self.turning = Turning(self.paper, parent)
        self.turning.setEnabled(False)
        self.nothing = Empty(_("正在准备台账…"), "ledger", parent=self)
        self.sheets: Sheets | None = None
        self.addWidget(self.nothing)
        self.addWidget(self.paper)

    def show_pdf(self, pdf: bytes, sizes: Sequence[tuple[float, float]]) -> None:
        """The sheets lie here, each drawn as it comes into sight; the former PDF is let go."""
        self.let_go()
        self.sheets = Sheets(pdf)
        self.setCurrentWidget(self.paper)
        self.paper.show_sheets(sizes, self._paint)
        self.turning.show_sheets(len(sizes))
        self.turning.setEnabled(True)

    def say(self, words: str, icon: str) -> None:
        """The sentence stands here."""
        self.turning.setEnabled(False)
        self.nothing.say(words, icon)
        self.setCurrentWidget(self.nothing)

    def fail(self, error: Exception) -> None:
        """Why there is no paper."""
        if isinstance(error, Refusal):
            self.say(say(error), "refuse")
            return
        self.turning.setEnabled(False)
        self.nothing.fail(_("台账没有画出来, 出错报告已保存。可以换一个期间再试。"), report.describe(error))
        self.setCurrentWidget(self.nothing)

    def rest(self) -> None:
        """The PDF is let go until it is looked at again."""
        if (sheets := self.sheets) is not None:
            self.desk.tasks.run(lambda _progress: sheets.rest())

    def let_go(self) -> None:
        """The PDF is let go for good."""
        if (sheets := self.sheets) is not None:
            self.sheets = None
            self.desk.tasks.run(lambda _progress: sheets.close())

    def _paint(self, sheet: int, dpi: float) -> None:
        if (sheets := self.sheets) is None:
            return

        def put(shown: Shown | None) -> None:
            if sheets is self.sheets and shown is not None:
                self.paper.put(sheet, dpi, shown.image)
                if sheet == self.paper.front:
                    self.paper.setAccessibleDescription(shown.text[:2000])

        self.desk.tasks.run(lambda _progress: sheets.show(sheet, dpi), put, owner=self)
