"""补录: what was written on a blank form is typed in the order of the paper, from the keyboard alone, and nothing typed is lost."""

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _, say
from app.models.values import new_id
from app.services import drafts
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.ledgers.keying_cells import finder
from app.ui.ledgers.keying_drafts import FORM, data_of, title_of
from app.ui.ledgers.keying_table import KeyingTable
from app.ui.tasks import Session
from app.ui.theme import look
from app.ui.widgets.fields import column
from app.ui.widgets.form_head import FormHead
from app.ui.widgets.pickers import PickEditor, name_of

if TYPE_CHECKING:
    from app.ledgers.keying import Form
    from app.services.imports.context import Context
    from app.services.imports.findings import Finding, Outcome

_NOTHING = N_("没有可以收入的行: 先改好标出的地方, 或选「这一行也收入」。")


class Keying(QWidget):
    """The table of one paper; `left` when the ledgers should be seen again."""

    left = Signal()
    table: KeyingTable

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.form: Form | None = None
        self.outcome: Outcome | None = None
        self.choices: dict[int, str] = {}
        self._context: Context | None = None
        self._draft = new_id()
        self._dirty = self._taking = False
        self.take_button, self.choice_button = QPushButton(self), QPushButton(self)
        keys = _("Enter 下一格 · Ctrl+Enter 这一行完 · ↑↓ 换行 · Ctrl+Delete 删行 · Ctrl+S 收入")
        self._head = FormHead(keys, self.leave, self.discard, parent=self)
        self.grid = PickEditor(self._find_grid, free=str, describe=name_of, placeholder=_("这张表是哪个网格的"))
        self.grid.line.setAccessibleName(_("所属网格"))
        self.grid.changed.connect(self._edited)
        self.grid.entered.connect(lambda: self.table.begin_row(0))
        self._grid_words = QLabel(_("所属网格"), self)
        self._count = QLabel("", self)
        self._count.setProperty("role", "secondary")
        self.problem = QLabel("", self)
        self.problem.setWordWrap(True)
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.setMinimumHeight(2 * look().row)
        self.problem.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.table = KeyingTable(desk, self)
        self.table.edited.connect(self._edited)
        self.table.row_done.connect(self.finish_row)
        self.table.currentCellChanged.connect(lambda *_cells: self._say())
        self._build()
        self._saving = QTimer(self, singleShot=True, interval=800)
        self._saving.timeout.connect(self.keep_draft)
        self._checking = QTimer(self, singleShot=True, interval=250)
        self._checking.timeout.connect(self.check)
        for sequence, act in (
            ("Ctrl+S", self.take),
            ("Ctrl+Delete", self.remove_row),
            ("Escape", self.leave),
            ("Ctrl+Return", self.finish_row),
        ):
            shortcut = QShortcut(QKeySequence(sequence), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    # --- what the page uses -----------------------------------------------------------------------------------------

    def begin(
        self, form: "Form", rows: Sequence[Sequence[str]] = (), grid: str = "", draft: uuid.UUID | None = None
    ) -> None:
        """This paper is keyed in, from its first row or as a draft left it."""
        self.form, self.outcome, self.choices = form, None, {}
        self._draft, self._dirty = draft or new_id(), False
        self._head.say(_("补录: {title}　{code}").format(title=form.title, code=form.code))
        self._grid_words.setVisible(form.asks_grid)
        self.grid.setVisible(form.asks_grid)
        self.grid.set_value(grid or None)
        self.table.lay_out(form)
        self.table.fill(rows)
        self.learn()
        if form.asks_grid and not self.grid.value():
            self.grid.line.setFocus()
        else:
            self.table.begin_row(self.table.rowCount() - 1)

    def learn(self) -> None:
        """What is on record is asked for anew; the rows are judged against it."""
        from app.services.imports import stored

        def learnt(context: "Context") -> None:
            self._context = context
            self.check()

        self.desk.tasks.read(stored.known, learnt, owner=self)

    def leave(self) -> None:
        """What was typed is kept as a draft, and the ledgers are seen again."""
        self.keep_draft()
        self.form = None
        self.left.emit()

    def discard(self) -> None:
        """The draft is thrown away, with an undo."""
        form, rows, grid, draft = self.form, self.table.texts(), self._grid_text(), self._draft
        if form is None:
            return
        self._dirty = False
        self._saving.stop()
        self.desk.tasks.write(lambda s: drafts.drop(s, draft), owner=self)
        self.form = None
        self.left.emit()
        data, title = data_of(form, rows, grid), title_of(form, rows)
        self.desk.undo_bar(
            _("补录的草稿已丢弃"),
            lambda: self.desk.tasks.write(lambda s: drafts.keep(s, FORM, data, title=title, draft=draft)),
        )

    def keep_draft(self) -> None:
        """What has been typed goes into the drafts now."""
        self.table.commit()
        self._saving.stop()
        if self.form is None or not self._dirty or self._taking:
            return
        self._dirty = False
        rows, draft = self.table.texts(), self._draft
        data, title = data_of(self.form, rows, self._grid_text()), title_of(self.form, rows)
        if not data["rows"]:
            self.desk.tasks.write(lambda s: drafts.drop(s, draft), owner=self)
            return
        self.desk.tasks.write(
            lambda s: drafts.keep(s, FORM, data, title=title, draft=draft),
            lambda _id: self.desk.draft_saved(),
            owner=self,
        )

    # --- rows --------------------------------------------------------------------------------------------------------

    def finish_row(self) -> None:
        """The row is judged, and the next one has the keyboard."""
        row = self.table.currentRow()
        if row < 0 or self.form is None:
            return
        self.table.commit()
        if row == self.table.rowCount() - 1:
            if not self.table.filled(row):
                self.table.begin_row(row)
                return
            self.table.add_row()
        self.check()
        self.table.begin_row(row + 1)

    def remove_row(self) -> None:
        """The row is gone from the table, with an undo."""
        row = self.table.currentRow()
        if row < 0 or self.form is None:
            return
        self.table.commit()
        texts, form = self.table.take_out(row), self.form
        self._moved()
        self.table.begin_row(min(row, self.table.rowCount() - 1))
        if any(text for one, text in zip(form.columns, texts, strict=True) if one.key != "n"):
            self.desk.undo_bar(_("已删去一行"), lambda: self._put_back([texts], form))

    # --- judging ----------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """All rows are judged by the rules of the import, beside the window."""
        self._checking.stop()
        form, context = self.form, self._context
        if form is None or context is None:
            return
        rows, grid, name = self.table.texts(), self._grid_text(), self._name(form)

        def judge(_progress: object) -> "Outcome":
            from app.ledgers import keying

            return keying.judged(form, rows, grid, context, as_of=today(), name=name)

        self.desk.tasks.run(judge, lambda outcome: self._judged(outcome, rows), owner=self)

    def _judged(self, outcome: "Outcome", rows: list[list[str]]) -> None:
        if self.form is None or rows != self.table.texts():
            return  # typed on since: judged again in a moment
        self.outcome = outcome
        self._paint()

    def _paint(self) -> None:
        if self.form is None or self.outcome is None:
            return
        states = self._states()
        self.table.paint_findings(states, self._told())
        taken = sum(state in ("taken", "warning", "chosen") for state in states.values())
        left = sum(state in ("refused", "twice") for state in states.values())
        words = _("可收入 {n} 行") + (_(", 待改或重复 {left} 行") if left else "")
        self._count.setText(words.format(n=taken, left=left))
        self.take_button.setText(_("收入 {n} 行").format(n=taken) if taken else _("收入"))
        self.take_button.setEnabled(taken > 0 and not self._taking)
        self._say()

    def _told(self) -> dict[int, list["Finding"]]:
        """The findings of each row of the table."""
        found: dict[int, list[Finding]] = {}
        for one in self.outcome.findings if self.outcome else ():
            found.setdefault(one.row - 1, []).append(one)
        return found

    def _states(self) -> dict[int, str]:
        """What would become of each row that holds anything."""
        if self.outcome is None:
            return {}
        (sheet,) = self.outcome.sheets
        doubtful = {one.row for one in sheet.warnings}
        states = {one["row"] - 1: "warning" if one["row"] in doubtful else "taken" for one in sheet.records}
        states |= {one.row - 1: "refused" for one in sheet.rejected}
        return states | {one.row - 1: "chosen" if one.row in self.choices else "twice" for one in sheet.duplicates}

    def _say(self) -> None:
        """What is wrong in the cell that has the keyboard, else in its row."""
        from app.ledgers import keying

        row, at = self.table.currentRow(), self.table.currentColumn()
        told = self._told().get(row, [])
        here = [one for one in told if self.form and keying.column_of(self.form, one.field) == at]
        words = " ".join(one.message for one in (here or told))
        self.problem.setText(_("第 {row} 行: {words}").format(row=row + 1, words=words) if words else "")
        self.problem.setProperty("role", "problem" if any(one.refuses for one in told) else "secondary")
        self.problem.style().polish(self.problem)
        state = self._states().get(row)
        self.choice_button.setVisible(state in ("twice", "chosen"))
        self.choice_button.setText(_("还是不收这一行") if state == "chosen" else _("这一行也收入"))

    def choose(self) -> None:
        """The row in hand is taken although it is there already, or left out after all."""
        from app.services.imports.chosen import offered

        row = self.table.currentRow() + 1
        sheet = self.outcome.sheets[0] if self.outcome else None
        twice = next((one for one in sheet.duplicates if one.row == row), None) if sheet else None
        if sheet is None or twice is None:
            return
        offer = offered(sheet.kind, twice)
        if row in self.choices:
            del self.choices[row]
        elif offer is not None:
            self.choices[row] = offer
        self._paint()

    # --- taking -----------------------------------------------------------------------------------------------------

    def take(self) -> None:
        """The sound rows are on record with one undo for all; the others stay to be mended."""
        from app.ledgers import keying
        from app.services.imports import intake

        self.table.commit()
        form, context, grid = self.form, self._context, self._grid_text()
        if form is None or context is None or self._taking:
            return
        rows, draft, name, choices = self.table.texts(), self._draft, self._name(form), dict(self.choices)
        self._taking = True
        self._saving.stop()
        self.take_button.setEnabled(False)

        def act(s: Session) -> tuple[Any, list[int]]:
            from app.services.imports import stored

            outcome = keying.judged(form, rows, grid, stored.known(s), as_of=today(), name=name)
            sheet = outcome.sheets[0]
            told = {(sheet.name, row): choice for row, choice in choices.items()}
            done = [one["row"] - 1 for one in sheet.records] + [row - 1 for row in choices]
            if not done:
                raise Refusal("nothing_to_key", _NOTHING)
            summary = intake.take(s, outcome, choices=told)
            left = [row for at, row in enumerate(rows) if at not in done]
            if any(keying.filled(form, row) for row in left):
                drafts.keep(s, FORM, data_of(form, left, grid), title=title_of(form, left), draft=draft)
            else:
                drafts.drop(s, draft)
            return summary, done

        self.desk.tasks.write(act, lambda told: self._taken(form, rows, *told), self._not_taken, owner=self)

    def _taken(self, form: "Form", rows: list[list[str]], summary: Any, done: list[int]) -> None:
        self._taking = self._dirty = False
        gone = [rows[at] for at in done]
        self.table.fill([row for at, row in enumerate(rows) if at not in done])
        self.choices = {}
        self.learn()
        words = _("已收入 {n} 行。以后也可在「管理 → 导入」整批撤销。").format(n=len(done))
        self.desk.undo_bar(words, lambda: self._take_back(summary.id, gone, form))
        self.table.begin_row(0)

    def _not_taken(self, error: Exception) -> None:
        self._taking, self._dirty = False, True
        self.keep_draft()
        self.take_button.setEnabled(True)
        self.problem.setProperty("role", "problem")
        self.problem.setText(
            say(error) if isinstance(error, Refusal) else _("没有收入, 出错报告已保存。录入的都在草稿里。")
        )

    def _take_back(self, import_id: uuid.UUID, rows: list[list[str]], form: "Form") -> None:
        """What was taken is voided and stands in the table again."""
        from app.services.imports import undo

        def back(_done: object) -> None:
            self._put_back(rows, form)
            self.learn()

        self.desk.tasks.write(lambda s: undo.undo(s, import_id), back, owner=self)

    def _put_back(self, rows: list[list[str]], form: "Form") -> None:
        """The rows stand in the table again; where another paper or none is open by now, in a draft of their own."""
        if self.form is not None and self.form == form:
            self.table.fill([*rows, *(row for row in self.table.texts() if self.table.holds(row))])
            self._moved()
            return
        data, title = data_of(form, rows, self._grid_text()), title_of(form, rows)
        self.desk.tasks.write(lambda s: drafts.keep(s, FORM, data, title=title))

    def _moved(self) -> None:
        """Rows stand elsewhere now: choices about them are asked for anew."""
        self.choices = {}
        self._edited()

    def _edited(self) -> None:
        self._dirty = True
        self._saving.start()
        self._checking.start()

    # --- small things -----------------------------------------------------------------------------------------------

    def _grid_text(self) -> str:
        value = self.grid.value()
        return name_of(value) if value else ""

    def _find_grid(self, text: str, deliver: Any) -> None:
        find = finder(self.desk, self, "grid")
        assert find is not None
        find(text, deliver)

    def _name(self, form: "Form") -> str:
        return _("补录 {title}").format(title=form.title)

    def _build(self) -> None:
        self.take_button.setProperty("kind", "primary")
        dress(self.take_button, "done", "accent_ink")
        self.take_button.setText(_("收入"))
        self.take_button.clicked.connect(self.take)
        self.take_button.setEnabled(False)
        dress(self.choice_button, "conflict")
        self.choice_button.hide()
        self.choice_button.clicked.connect(self.choose)
        line = QHBoxLayout()
        line.addWidget(self._grid_words)
        line.addWidget(self.grid)
        line.addStretch(1)
        line.addWidget(self._count)
        line.addWidget(self.choice_button)
        line.addWidget(self.take_button)
        self.grid.setMinimumWidth(260)
        rows = column(self, 0)
        rows.addWidget(self._head)
        inside = column(QWidget(self), 8, (16, 12, 16, 12))
        inside.addLayout(line)
        inside.addWidget(self.table, 1)
        inside.addWidget(self.problem)
        rows.addWidget(inside.parentWidget(), 1)
