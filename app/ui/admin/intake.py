"""The way in for an existing Excel ledger: choose, check everything first, take, with one undo for all."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QWidget

from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _, joined, say
from app.ui.admin.checked import Checked
from app.ui.admin.kinds import table_words
from app.ui.desk import Desk
from app.ui.icons import dress, pixmap
from app.ui.tasks import Job, Progress, Session
from app.ui.theme import mark, theme
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column
from app.ui.widgets.progress import ProgressPanel
from app.ui.widgets.where import ask_open
from app.ui.widgets.wizard import Step, Wizard

if TYPE_CHECKING:
    from app.services.imports.checking import Mappings
    from app.services.imports.findings import Outcome


def check_file(path: Path, progress: Progress, mapping: "Mappings | None" = None) -> "Outcome":
    """Work: what the file holds and what is wrong with it, against what the store knows; nothing is stored."""
    from app.services.imports import checking, stored

    context = progress.read(stored.known)
    outcome = checking.check(path, context, as_of=today(), progress=progress, mapping=mapping)
    if mapping:
        told = checking.mapped([outcome], mapping)

        def remember(s: Session) -> None:
            for fingerprint, columns in told:
                stored.remember(s, fingerprint, columns)

        progress.write(remember)
    return outcome


class FileDoor(QFrame):
    """A file can be dropped here or chosen."""

    chosen = Signal(Path)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.setAcceptDrops(True)
        self.setProperty("role", "card")
        picture = QLabel(self)
        picture.setPixmap(pixmap("import", theme().accent, 40, self.devicePixelRatio()))
        words = QLabel(
            _("把 Excel 台账拖到这里, 或选择文件。\n先全部检查一遍, 看过结果再决定收不收; 原文件不会改动。"), self
        )
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setWordWrap(True)
        self.button = QPushButton(_("选择文件…"), self)
        self.button.setProperty("kind", "primary")
        dress(self.button, "open", "accent_ink")
        self.button.clicked.connect(self.ask)
        rows = column(self, 12, (32, 32, 32, 32))
        rows.addStretch(1)
        for part in (picture, words, self.button):
            rows.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        rows.addStretch(1)
        self.setFocusProxy(self.button)

    def ask(self) -> None:
        """The system's dialog for files."""
        ask_open(
            self,
            self.desk.places,
            "import",
            _("选择要导入的台账"),
            _("表格 (*.xlsx *.xlsm *.csv *.tsv *.txt)"),
            self.chosen.emit,
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls()[:1]:
            self.chosen.emit(Path(url.toLocalFile()))


class ImportWizard(QWidget):
    """选文件 → 核对 → 收入; `undo` carries the id of the import just made."""

    left = Signal()
    undo = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.path: Path | None = None
        self.outcome: Outcome | None = None
        self.taken: Any = None
        self._job: Job | None = None
        self.door = FileDoor(desk)
        self.door.chosen.connect(self.check)
        self.progress = ProgressPanel()
        self.problem = QLabel("")
        self.problem.setProperty("role", "problem")
        self.problem.setWordWrap(True)
        self.checked = Checked(desk)
        self.checked.mapped.connect(self._again)
        self.checked.decided.connect(self._allow)
        self.result = Empty("", "done")
        self.wizard = Wizard(
            [
                Step(N_("选文件"), self._first(), leave=self._may_check),
                Step(N_("核对"), self.checked, leave=self._take, next_title=N_("收入这些记录")),
                Step(N_("完成"), self.result),
            ],
            finish=N_("完成"),
        )
        self.wizard.cancelled.connect(self._give_up)
        self.wizard.finished.connect(self.left)
        column(self, 0).addWidget(self.wizard)
        self.setFocusProxy(self.door)
        self._allow()

    # --- checking -------------------------------------------------------------------------------------------------

    def check(self, path: Path, mapping: "Mappings | None" = None) -> None:
        """The file is checked beside the window; nothing is stored."""
        self.path, self.outcome = path, None
        self.problem.setText("")
        self._allow()
        title = _("正在检查 {name}").format(name=path.name)
        if self._job is not None:
            self._job.cancel()
        job = self.desk.tasks.run(
            lambda p: check_file(path, p, mapping), self._checked, self._failed, title=title, owner=self
        )
        self._job = job
        job.ended.connect(lambda: self._ended(job))
        self.progress.follow(job)

    def _ended(self, job: Job) -> None:
        if self._job is job:
            self._job = None

    def _give_up(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self.left.emit()

    def _checked(self, outcome: "Outcome") -> None:
        assert self.path is not None
        self.outcome = outcome
        self.progress.say("")
        self.checked.show_outcome(self.path, outcome)
        self.wizard.go(1)
        self._allow()

    def _failed(self, error: Exception) -> None:
        self.progress.say("")
        self.wizard.go(0)
        words = say(error) if isinstance(error, Refusal) else _("文件没有检查完, 出错报告已保存。请换一个文件再试。")
        self.problem.setText(words)
        self._allow()

    def _again(self, mapping: "Mappings") -> None:
        if self.path is not None:
            self.check(self.path, mapping)

    def _may_check(self, go: Any) -> None:
        if self.outcome is not None:
            go()

    # --- taking -----------------------------------------------------------------------------------------------------

    def _take(self, go: Any) -> None:
        from app.services.imports import intake

        outcome, apart, choices = self.outcome, self.checked.apart, self.checked.choices
        if outcome is None:
            return
        self.wizard.next_button.setEnabled(False)
        self.wizard.say(_("正在收入…"))

        def done(summary: Any) -> None:
            self.taken = summary
            self.wizard.say("")
            go()
            self._show_result(summary)

        self.desk.tasks.write(
            lambda s: intake.take(s, outcome, apart=apart, choices=choices), done, self._not_taken, owner=self
        )

    def _not_taken(self, error: Exception) -> None:
        self._allow()
        self.wizard.say(
            say(error) if isinstance(error, Refusal) else _("没有收入, 出错报告已保存。原来的数据没有改动。")
        )

    def _show_result(self, summary: Any) -> None:
        made = sum(summary.made.values())
        words = _("已收入 {made} 条记录, 更新 {changed} 条。").format(made=f"{made:,}", changed=f"{summary.changed:,}")
        parts = joined(f"{table_words(table)} {count:,}" for table, count in summary.made.items())
        self.result.say(f"{words}\n{parts}", "done", _("撤销这次导入"), self._undo)
        mark(self.result.button, kind="")
        self.wizard.back_button.setEnabled(False)
        self.wizard.cancel_button.setEnabled(False)
        self.wizard.next_button.setEnabled(True)

    def _undo(self) -> None:
        self.undo.emit(self.taken.id)
        self.left.emit()

    # --- building ---------------------------------------------------------------------------------------------------

    def _first(self) -> QWidget:
        first = QWidget(self)
        rows = column(first, 12, (24, 8, 24, 16))
        rows.addWidget(self.door, 1)
        rows.addWidget(self.problem)
        rows.addWidget(self.progress)
        first.setFocusProxy(self.door)
        return first

    def _allow(self) -> None:
        taking = self.outcome is not None and any(sheet.records for sheet in self.outcome.sheets)
        taking = taking or bool(self.checked.choices)
        nodes = self.outcome is not None and bool(self.outcome.nodes)
        self.wizard.next_button.setEnabled(self.outcome is not None if self.wizard.here == 0 else taking or nodes)
