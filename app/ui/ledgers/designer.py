"""「版式」: a ledger's columns, groups, sums, header and signatures changed beside the real paper, and saved as a version."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.errors import Refusal
from app.i18n import _, joined, say
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.ledgers import design as designs
from app.ui.ledgers.columns import ColumnsTable
from app.ui.ledgers.conditions import ConditionLine
from app.ui.ledgers.design import Begun, Design, Steps
from app.ui.ledgers.live import LivePaper
from app.ui.ledgers.scoping import Whose
from app.ui.theme import look
from app.ui.widgets.choices import ChoiceEditor
from app.ui.widgets.fields import CheckEditor, NotesEditor, TextEditor

if TYPE_CHECKING:
    from app.ledgers.layout_plan import Plan
    from app.ledgers.period import Period

#: So many conditions can be set here; a plan may hold more, which stay.
CONDITIONS = 2


class Designer(QDialog):
    """Every change is on the paper a moment later; Ctrl+Z takes back the last one, Ctrl+S saves a version. `saved` carries its code."""

    saved = Signal(str)

    def __init__(self, desk: Desk, begun: Begun, period: "Period", whose: Whose, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("版式"))
        frame = QSize(16, 48)  # borders and title
        self.resize(QSize(1240, 680).boundedTo(self.screen().availableSize() - frame))
        self.desk, self.begun, self.period, self.whose = desk, begun, period, whose
        self.steps = Steps(begun.design)
        self.live = LivePaper(desk, self)
        self.columns = ColumnsTable(self)
        self.columns.changed.connect(self._go)
        self.title = TextEditor(limit=60)
        self.group, self.paper = QComboBox(self), ChoiceEditor(
            [("A4-", _("A4 竖")), ("A4", _("A4 横")), ("A3", _("A3 横"))], optional=False
        )  # fmt: skip
        self.subtotals, self.totals = CheckEditor(_("每组小计")), CheckEditor(_("末尾合计"))
        self.carried = CheckEditor(_("承前页、过次页"))
        self.classification, self.signatures = TextEditor(limit=60), TextEditor(_("用顿号隔开"))
        self.notes, self.kind_notes = NotesEditor(_("一行一条"), rows=2, most=4), CheckEditor(_("印台账原有的说明"))
        self.conditions = [ConditionLine(begun, self) for _n in range(CONDITIONS)]
        self.problem = QLabel("", self)
        self.problem.setProperty("role", "problem")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.undo, self.save_button = QPushButton(_("撤销上一步"), self), QPushButton(self)
        self.former = QComboBox(self)
        self._typing = QTimer(self, singleShot=True, interval=800)
        self._typing.timeout.connect(self._take_typed)
        self._build()
        self._show()
        for keys, act in (("Ctrl+Z", self.take_back), ("Ctrl+S", self.save)):
            QShortcut(QKeySequence(keys), self, act)
        self.columns.setFocus()

    # --- what the person does ---------------------------------------------------------------------------------------

    def take_back(self) -> None:
        """The last change is undone; where none is left, nothing happens."""
        if self.steps.back():
            self._show()

    def save(self) -> None:
        """The design is a version of its layout; refused ones stay here with the reason."""
        self._take_typed()
        design = self.steps.now
        self.problem.hide()
        self.save_button.setEnabled(False)
        self.desk.tasks.write(lambda s: designs.save(s, design), self._saved, self._refused, owner=self)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.live.rest()
        super().closeEvent(event)

    def done(self, result: int) -> None:
        self.live.rest()
        super().done(result)

    # --- changes ------------------------------------------------------------------------------------------------------

    def _go(self, design: Design) -> None:
        if self.steps.go(design):
            self._tell()

    def _plan(self, **facts: Any) -> None:
        self._go(self.steps.now.planned(**facts))

    def _take_typed(self) -> None:
        """What stands in the lines counts, also when the line still has the keyboard."""
        now, plan = self.steps.now, self.steps.now.plan
        signers, classification = self.signatures.value() or "", self.classification.value() or ""
        facts: dict[str, Any] = {"where": self._where()}
        facts["notes"] = tuple(filter(None, (line.strip() for line in (self.notes.value() or "").splitlines())))
        if signers != _signers(plan):  # what the program says in another language is no word of the unit
            parts = signers.replace("，", "、").replace(",", "、").split("、")
            facts["signatures"] = tuple(filter(None, (part.strip() for part in parts)))
        if classification != _(plan.classification):
            facts["classification"] = classification
        self._go(replace(now, title=self.title.value() or "").planned(**facts))

    def _where(self) -> tuple[Any, ...]:
        made = tuple(one for line in self.conditions if (one := line.condition()) is not None)
        return made + self.steps.now.plan.where[CONDITIONS:]

    # --- showing ------------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        """Every field shows the design."""
        now = self.steps.now
        plan = now.plan
        self.title.set_value(now.title)
        self.columns.show_design(now, self.begun.known)
        self.group.setCurrentIndex(max(0, self.group.findData(plan.group)))
        self.subtotals.set_value(plan.subtotals)
        self.totals.set_value(plan.totals)
        self.carried.set_value(plan.carried)
        self.paper.set_value("A3" if plan.paper == "A3" else "A4" if plan.landscape else "A4-")
        self.classification.set_value(_(plan.classification))
        self.signatures.set_value(_signers(plan))
        self.notes.set_value("\n".join(plan.notes))
        self.kind_notes.set_value(plan.kind_notes)
        for at, line in enumerate(self.conditions):
            line.show_condition(plan.where[at] if at < len(plan.where) else None)
        self._tell()

    def _tell(self) -> None:
        from app.ledgers.scope import Scope

        now, period, scope = self.steps.now, self.period, Scope(self.whose.path, self.whose.grid)
        self.undo.setEnabled(bool(self.steps.former))
        self.live.show_page(lambda s: designs.page(s, now, scope, period))

    def _saved(self, code: str) -> None:
        self.desk.banner(_("版式「{title}」已保存。").format(title=self.steps.now.title), "done")
        self.saved.emit(code)
        self.accept()

    def _refused(self, error: Exception) -> None:
        self.save_button.setEnabled(True)
        if isinstance(error, Refusal):
            self.problem.setText(say(error))
            self.problem.show()

    # --- building -----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        form = QWidget(self)
        lines = QFormLayout(form)
        lines.setContentsMargins(0, 0, 8, 0)
        lines.setVerticalSpacing(8)
        lines.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self.group.addItem(_("同原台账"), None)
        self.group.addItem(_("不分组"), "")
        for column in self.begun.known:
            if column.key != "n":
                self.group.addItem(_("按{name}").format(name=column.title), column.key)
        sums = QHBoxLayout()
        sums.addWidget(self.subtotals)
        sums.addWidget(self.totals)
        sums.addWidget(self.carried)
        filters = QVBoxLayout()
        for line in self.conditions:
            filters.addWidget(line)
        rows: list[tuple[str, Any]] = [
            (_("名称"), self.title), (_("分组"), self.group), ("", sums), (_("纸张"), self.paper), (_("只列"), filters),
            (_("签名栏"), self.signatures), (_("密级"), self.classification), (_("说明"), self.notes), ("", self.kind_notes),
        ]  # fmt: skip
        for words, field in rows:
            lines.addRow(words, field)
            if words and isinstance(field, QWidget):
                getattr(field, "target", lambda field=field: field)().setAccessibleName(words)
        area = QScrollArea(self)
        area.setWidget(form)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        left = QWidget(self)
        around = QVBoxLayout(left)
        around.setContentsMargins(0, 0, 0, 0)
        hint = QLabel(_("空格: 印或不印 · Alt+↑↓: 移动 · 回车: 改标题、宽度 · Ctrl+Z: 撤销"), left)
        hint.setProperty("role", "caption")
        hint.setWordWrap(True)
        around.addWidget(self.columns, 3)
        around.addWidget(hint)
        around.addWidget(area, 2)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(self.live)
        split.setSizes([round(460 * look().size / 11), 700])
        rows_ = QVBoxLayout(self)
        rows_.setContentsMargins(16, 12, 16, 12)
        rows_.addWidget(split, 1)
        rows_.addWidget(self.problem)
        rows_.addLayout(self._foot())
        self._order()
        self._listen()

    def _order(self) -> None:
        """Tab goes down the left side, then to the paper and the buttons."""
        filters = [part for one in self.conditions for part in (one.key, one.how, one.value)]
        stops = (
            self.columns, self.title, self.group, self.subtotals, self.totals, self.paper, *filters, self.signatures,
            self.classification, self.notes, self.kind_notes, self.live.paper, self.undo, self._cancel, self.save_button,
        )  # fmt: skip
        for one, other in pairwise(stops):
            QWidget.setTabOrder(one, other)

    def _foot(self) -> QHBoxLayout:
        version = self.begun.versions + 1
        self.save_button.setText(_("保存为第 {n} 版").format(n=version) if version > 1 else _("保存版式"))
        self.save_button.setProperty("kind", "primary")
        self.save_button.setToolTip("Ctrl+S")
        self.undo.setToolTip("Ctrl+Z")
        dress(self.undo, "undo")
        cancel = self._cancel = QPushButton(_("取消"), self)
        cancel.clicked.connect(self.reject)
        self.undo.clicked.connect(self.take_back)
        self.save_button.clicked.connect(self.save)
        foot = QHBoxLayout()
        foot.addWidget(self.undo)
        foot.addWidget(self.former)
        foot.addStretch(1)
        foot.addWidget(cancel)
        foot.addWidget(self.save_button)
        for button in (self.undo, cancel, self.save_button):
            button.setAutoDefault(False)  # Enter belongs to the table
        return foot

    def _listen(self) -> None:
        self.group.activated.connect(lambda _at: self._plan(group=self.group.currentData()))
        self.paper.changed.connect(
            lambda: self._plan(
                paper="A3" if self.paper.value() == "A3" else "A4", landscape=self.paper.value() != "A4-"
            )
        )
        boxes = (
            (self.subtotals, "subtotals"),
            (self.totals, "totals"),
            (self.carried, "carried"),
            (self.kind_notes, "kind_notes"),
        )
        for box, name in boxes:
            box.changed.connect(self._flag(box, name))
        for line in (self.title, self.classification, self.signatures):
            line.line.editingFinished.connect(self._take_typed)
        self.notes.changed.connect(self._typing.start)  # a sentence is one step, not each of its letters
        for condition in self.conditions:
            condition.changed.connect(self._take_typed)

        self.former.addItem(_("回到以前的版本…"))
        for number, _plan in self.begun.former:
            self.former.addItem(_("第 {n} 版").format(n=number))
        self.former.setAccessibleName(_("以前的版本"))
        self.former.setVisible(bool(self.begun.former))
        self.former.activated.connect(self._go_back_to)

    def _go_back_to(self, at: int) -> None:
        """The design is that of a former version; one step, which can be taken back."""
        self.former.setCurrentIndex(0)
        if at > 0 and self.steps.go(replace(self.steps.now, plan=self.begun.former[at - 1][1])):
            self._show()

    def _flag(self, box: CheckEditor, name: str) -> Callable[[], None]:
        return lambda: self._plan(**{name: box.value()})


def _signers(plan: "Plan") -> str:
    return joined(_(one) for one in plan.signatures)
