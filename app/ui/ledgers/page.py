"""台账: what is chosen on the left lies as real paper on the right, to be printed or saved as it is."""

from collections.abc import Sequence
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
    QTabWidget,
    QWidget,
)

from app.errors import Refusal
from app.i18n import _, joined, say
from app.ui.desk import Desk
from app.ui.ledgers import keying_door, standing
from app.ui.ledgers.board import BoardDialog
from app.ui.ledgers.choosing import Choice, Choosing, called
from app.ui.ledgers.editions_pane import EditionsPane
from app.ui.ledgers.head import Head
from app.ui.ledgers.keying import Keying
from app.ui.ledgers.layout_list import LayoutsDialog
from app.ui.ledgers.sheets import Drawn, draw
from app.ui.ledgers.showing import Showing
from app.ui.ledgers.standing import Issued
from app.ui.ledgers.verifying import VerifyDialog
from app.ui.page import Page
from app.ui.tasks import Job, Progress
from app.ui.widgets.dialogs import Question, ask_reason, confirm
from app.ui.widgets.fields import column
from app.ui.widgets.paperwork import Paperwork, Printable, Write
from app.ui.widgets.progress import ProgressPanel
from app.ui.widgets.where import file_name

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter

    from app.ledgers.editions import EditionRow
    from app.ledgers.keying import Form
    from app.ledgers.period import Period
    from app.services.drafts import DraftRow


class LedgersPage(Page):
    """The ledger that is seen is the one that is printed and saved: the same data, the same PDF."""

    #: Not drafts, which are saved while others type.
    tables = frozenset(
        {
            "check",
            "closing",
            "code",
            "edition",
            "grid",
            "help",
            "household",
            "issue",
            "issue_step",
            "layout",
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
        self._offered = False
        self.choosing = Choosing(desk, self)
        self.editions = EditionsPane(desk, self)
        self.leaves = QTabWidget(self)
        self.head = Head(self)
        self.head.issue_asked.connect(self.ask_issue)
        self.head.correct_asked.connect(self.ask_correction)
        self.head.excel_asked.connect(self.save_excel)
        self.head.pdf_asked.connect(self.save_pdf)
        self.head.print_asked.connect(self.print)
        self.keying = Keying(desk, self)
        self.keying.left.connect(lambda: self._whole.setCurrentIndex(0))
        self.showing = Showing(desk, self)
        self.paper, self.turning, self.nothing = self.showing.paper, self.showing.turning, self.showing.nothing
        self.progress = ProgressPanel(self)
        self.paperwork = Paperwork(desk, self.progress, self)
        self._bar = QProgressBar(self)
        self._later = QTimer(self, singleShot=True, interval=120)
        self._later.timeout.connect(self.refresh)
        self._build()
        self._offer_month()
        self.choosing.changed.connect(self._later.start)
        self.choosing.layouts.clicked.connect(lambda: self.show_layouts())
        self.choosing.key.clicked.connect(lambda: self.ask_keying())
        self.desk.tasks.changed.connect(self._hear_layouts)
        self.choosing.reload()
        self.editions.changed.connect(self._later.start)
        self.editions.verify_asked.connect(lambda: self.verify())
        self.editions.board_asked.connect(lambda: self.show_board())
        self.leaves.currentChanged.connect(self._turned)
        for keys, act in (
            ("Ctrl+P", self.print),
            ("Ctrl+S", self.save_pdf),
            ("Ctrl+E", self.save_excel),
            ("Ctrl+Shift+P", self.ask_issue),
            ("Ctrl+Shift+L", self.show_layouts),
            ("Ctrl+B", self.ask_keying),
        ):
            QShortcut(QKeySequence(keys), self, act)

    # --- what the window asks ---------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """The chosen ledger is drawn anew; the former one stays in sight until then."""
        if self._drawing is not None:
            self._drawing.cancel()
        choice = self._choice()
        if choice is None:
            self.drawn = None
            self.head.show_drawn(None)
            self.showing.say(_("在左边选一份已印发的台账, 这里就是当时印的那张纸。"), "ledger")
            return
        self._show_busy(True)
        job = self.desk.tasks.run(lambda progress: draw(progress, choice), self._show, self._fail, owner=self)
        self._drawing = job
        job.progressed.connect(self._bar_at)
        job.ended.connect(lambda: self._ended(job))

    def open_record(self, record_id: object) -> None:
        """A ledger by name, or {"ledger": name, "period": "2025-03"}; {"key": True} asks for a paper, {"draft": id} goes on with one."""
        from app.ledgers.period import Period

        wanted = record_id if isinstance(record_id, dict) else {"ledger": record_id}
        if "key" in wanted:
            self.ask_keying()
            return
        if "draft" in wanted:
            self.resume_keying(wanted["draft"])
            return
        self.choosing.show_ledger(str(wanted.get("ledger", "")))
        if period := wanted.get("period"):
            self.choosing.period.show_period(Period.parse(str(period)))
        self._later.start()

    def focus_search(self) -> None:
        (self.choosing.ledgers if self.leaves.currentIndex() == 0 else self.editions).setFocus()

    # --- keying in what was written on paper ------------------------------------------------------------------------

    def ask_keying(self) -> Question | None:
        """Asks which paper is to be keyed in; nothing without the right to import."""
        if not self.choosing.may_key or self.keying.form is not None:
            return None
        return keying_door.ask(self.desk, self, self.start_keying, self.choosing.choice.ledger.name)

    def start_keying(self, form: "Form", draft: "DraftRow | None" = None) -> None:
        """The table of this paper is in front, with what the draft holds."""
        self._whole.setCurrentWidget(self.keying)
        data = draft.data if draft else {}
        self.keying.begin(form, data.get("rows", ()), str(data.get("grid", "")), draft.id if draft else None)

    def resume_keying(self, draft: object) -> None:
        """The draft is gone on with."""
        if self.keying.form is not None:
            self.keying.leave()
        self.desk.tasks.read(
            lambda s: keying_door.resumed(s, draft), lambda found: self.start_keying(*found), self._no_draft, owner=self
        )

    def _no_draft(self, error: Exception) -> None:
        if isinstance(error, Refusal):
            self.desk.banner(say(error), "error")

    # --- printed for signature ----------------------------------------------------------------------------------------

    def show_edition(self, number: str) -> None:
        """The edition of this number lies there as it was printed."""
        self.leaves.setCurrentIndex(1)
        self.editions.show_number(number)

    def ask_issue(self) -> None:
        """The ledger in sight is printed for signature, once the person has said yes."""
        drawn = self.drawn
        if drawn is None or not isinstance(drawn.choice, Choice) or self.head.issue.isHidden():
            return
        subject, stands = drawn.choice.subject, drawn.standing
        parts = [
            _("《{title}》{period}（{unit}）将编号、冻结并带上二维码。以后的变动不会改动它, 只出更正页。").format(
                title=drawn.page.title, period=drawn.page.period, unit=drawn.page.unit
            )
        ]
        if stands.running:
            parts.append(_("注意: 本期还没有结束, 以后补录的都要出更正页。"))
        if stands.missing:
            parts.append(_("注意: {periods} 还没有印发。").format(periods=joined(one.title for one in stands.missing)))
        text, act = "\n".join(parts), _("印发")

        def go(reason: str = "") -> None:
            self.desk.tasks.write(lambda s: standing.issue(s, subject, reason), self._issued, owner=self)

        if stands.reopened:
            ask_reason(self, _("再次印发"), text, act, go)
        else:
            confirm(self, _("印发台账"), text, act, go)

    def ask_correction(self) -> None:
        """What has changed since is printed on a 更正页, once the person has said yes."""
        drawn = self.drawn
        made = drawn.standing.edition if drawn is not None else None
        if drawn is None or made is None:
            return
        edition = made.id
        text = _(
            "编号 {number} 印发以后的 {n} 处变动将列在一张更正页上, 写明原内容、现内容和原因, 编号并冻结。"
        ).format(number=made.number, n=drawn.standing.changed)
        confirm(
            self, _("出更正页"), text, _("印发更正页"),
            lambda: self.desk.tasks.write(lambda s: standing.correct(s, edition, ""), self._issued, owner=self),
        )  # fmt: skip

    def verify(self) -> VerifyDialog:
        """A paper or file is checked."""
        dialog = VerifyDialog(self.desk, self)
        dialog.open()
        return dialog

    def show_board(self) -> BoardDialog:
        """Which grids have printed the month, and closing it."""
        dialog = BoardDialog(self.desk, self)
        dialog.open()
        return dialog

    def show_layouts(self) -> LayoutsDialog:
        """The layouts, and making one from the ledger chosen."""
        from app.ledgers.layouts import LaidOut

        choice = self.choosing.choice
        kind = choice.ledger.kind if isinstance(choice.ledger, LaidOut) else choice.ledger
        dialog = LayoutsDialog(self.desk, kind.name, called(kind), choice.period, choice.whose, self)
        dialog.open()
        return dialog

    def _hear_layouts(self, tables: frozenset[str]) -> None:
        if "layout" in tables:
            self.choosing.reload()

    def _issued(self, row: "EditionRow") -> None:
        self.desk.banner(
            _("已印发, 编号 {number}, 核对码 {check}。").format(number=row.number, check=row.check), "done"
        )
        self.show_edition(row.number)

    def _turned(self, leaf: int) -> None:
        if leaf == 1:
            self.editions.refresh()
        self._later.start()

    def _offer_month(self) -> None:
        """The oldest month not yet printed for signature is offered to whoever prints them, as long as nobody chose another."""
        choice = self.choosing.choice
        if not self._may_issue() or choice.ledger.span != "month" or choice.period != self._now(choice):
            return

        def offer(missing: "Sequence[Period]") -> None:
            if missing and self.choosing.choice == choice and not self._offered:
                self._offered = True
                self.choosing.period.show_period(missing[0])
                self._later.start()

        self.desk.tasks.read(lambda s: standing.missing(s, choice.subject), offer, owner=self)

    @staticmethod
    def _now(choice: Choice) -> "Period":
        from app.clock import today
        from app.ledgers.period import Period

        return Period.around(today(), choice.period.span)

    def _choice(self) -> Choice | Issued | None:
        return self.choosing.choice if self.leaves.currentIndex() == 0 else self.editions.choice

    def leave(self) -> None:
        self.keying.keep_draft()
        self.showing.rest()

    # --- drawing ----------------------------------------------------------------------------------------------------

    def _show(self, drawn: Drawn) -> None:
        self.drawn = drawn
        self.showing.show_pdf(drawn.pdf, drawn.sizes)
        self.head.show_drawn(drawn, self._may_issue())

    def _may_issue(self) -> bool:
        from app.services.access import may

        return self.desk.actor is not None and may(self.desk.actor, "ledger.issue")

    def _fail(self, error: Exception) -> None:
        self.drawn = None
        self.head.show_drawn(None)
        self.showing.fail(error)

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
        self.leaves.addTab(self.choosing, _("出台账"))
        self.leaves.addTab(self.editions, _("已印发"))
        self.leaves.setDocumentMode(True)
        split.addWidget(self.leaves)
        split.addWidget(self._right())
        split.setStretchFactor(0, 0)
        split.setStretchFactor(1, 1)
        self._whole = QStackedWidget(self)
        self._whole.addWidget(split)
        self._whole.addWidget(self.keying)
        around = QHBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self._whole)

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
        rows.addWidget(self.showing, 1)
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
    from app.ledgers.forms import keeping

    keeping.write(drawn.page, path, drawn.form, drawn.by, progress)
