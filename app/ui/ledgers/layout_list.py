"""「版式…」: the layouts there are; made, changed, handed on as files, taken out of use."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.errors import Refusal
from app.i18n import N_, _, say
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.ledgers import design as designs
from app.ui.ledgers.designer import Designer
from app.ui.ledgers.scoping import Whose
from app.ui.tasks import Progress, Session
from app.ui.widgets.chips import Chip
from app.ui.widgets.dialogs import ask_reason
from app.ui.widgets.small_list import SmallList
from app.ui.widgets.table import Column
from app.ui.widgets.where import ask_open, ask_save, file_name

if TYPE_CHECKING:
    from app.ledgers.layouts import LayoutRow
    from app.ledgers.period import Period

_STATES = {
    "": Chip(N_("可用"), "done"), "newer": Chip(N_("需要较新的程序"), "waiting"), "unknown": Chip(N_("台账不认识"), "waiting"),
    "faulty": Chip(N_("有错误"), "overdue"),
}  # fmt: skip


def _version(number: int) -> str:
    return _("第 {n} 版").format(n=number)


def _state(state: str) -> Chip:
    chip = _STATES[state]
    return Chip(_(chip.text), chip.tone)


class LayoutsDialog(QDialog):
    """The own layouts first, then those of headquarters; Enter changes the one chosen. `kind` is what a new one is made from."""

    def __init__(
        self, desk: Desk, kind: str, title: str, period: "Period", whose: Whose, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("台账版式"))
        self.resize(820, 480)
        self.desk, self.kind, self.period, self.whose = desk, kind, period, whose
        self.list = SmallList(
            desk,
            "ledgers/layouts",
            [
                Column(N_("版式"), "title", 240),
                Column(N_("状态"), "state", 120, chip=_state),
                Column(N_("台账"), "ledger_title", 180),
                Column(N_("谁的"), "whose", 80),
                Column(N_("版本"), "version", 80, format=_version),
            ],
            _read,
            N_("还没有版式。按「新建」从左边选中的台账做一个, 或装入本单位自己的 Excel 表。"),
            "template",
            self,
        )
        self.list.chosen.connect(lambda _row: self._offer())
        self.list.opened.connect(lambda _row: self.change())
        self.problem = QLabel("", self)
        self.problem.setProperty("role", "problem")
        self.problem.setWordWrap(True)
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problem.hide()
        self.new = self._button(_("新建「{title}」的版式").format(title=title), "add", self.make, primary=True)
        self.own = self._button(_("装入 Excel 表…"), "table", self.ask_form)
        self.words = self._button(_("复制占位符"), "copy", self.copy_words)
        self.words.setToolTip(_("这种台账的全部占位符, 贴到 Excel 里照着写"))
        self.edit = self._button(_("修改"), "edit", self.change)
        self.give = self._button(_("存成文件…"), "export", self.ask_export)
        self.take = self._button(_("从文件收下…"), "import", self.ask_import)
        self.stop = self._button(_("停用…"), "void", self.retire)
        done = QPushButton(_("关闭"), self)
        done.setAutoDefault(False)
        done.clicked.connect(self.accept)
        self._lay_out(done)
        self._offer()
        self.list.refresh()

    # --- making and changing ------------------------------------------------------------------------------------------

    def make(self) -> None:
        """The designer begins with the ledger as the program prints it."""
        self._design(self.kind, None)

    def change(self) -> None:
        """The designer shows the layout chosen; a workbook is changed in Excel and loaded again."""
        if (row := self.list.current()) is None or row.state:
            return
        if row.form:
            self.ask_form(row)
        else:
            self._design(row.ledger, row.id)

    def _design(self, kind: str, layout: Any) -> None:
        def show(begun: designs.Begun) -> None:
            dialog = Designer(self.desk, begun, self.period, self.whose, self)
            dialog.saved.connect(lambda _code: self._changed())
            dialog.open()

        self._say("")
        self.desk.tasks.read(lambda s: designs.begin(s, kind, layout), show, self._refused, owner=self)

    def retire(self) -> None:
        """The layout is no longer offered, with a reason."""
        if (row := self.list.current()) is None:
            return
        text = _("「{title}」不再出现在台账清单里。已印发的台账不受影响; 再保存一次可以重新启用。").format(
            title=row.title
        )
        ask_reason(self, _("停用版式"), text, _("停用"), lambda why: self._write(lambda s: _retire(s, row.id, why)))

    # --- files --------------------------------------------------------------------------------------------------------

    def ask_form(self, row: Any = None) -> None:
        """The person picks the unit's own workbook, for the ledger on the left or as the next version of this layout."""
        row = row if hasattr(row, "ledger") else None
        title = _("选择写有 {{单位}}、{{行.列名}} 等占位符的 Excel 表")
        ask_open(self, self.desk.places, "layouts", title, "Excel (*.xlsx)", lambda path: self.load_form(path, row))

    def copy_words(self) -> None:
        """The placeholders of the ledger on the left are in the clipboard, as a table for Excel."""

        def copy(found: list[tuple[str, str]]) -> None:
            QGuiApplication.clipboard().setText("\n".join("\t".join(pair) for pair in found))
            self.desk.banner(_("{n} 个占位符已复制, 可以贴到 Excel 里。").format(n=len(found)), "done")

        self.desk.tasks.read(lambda s: _placeholders(s, self.kind), copy, self._refused, owner=self)

    def load_form(self, path: Path, row: "LayoutRow | None" = None) -> None:
        """The workbook is a layout; refused with all its faults at once."""
        kind, own = (row.ledger, row.mine) if row is not None else (self.kind, False)
        title, code = (row.title, row.code) if row is not None and own else (path.stem, "")
        self._work(
            lambda progress: _form(progress, path, kind, title, code), _("版式「{title}」已装入。").format(title=title)
        )

    def ask_export(self) -> None:
        """The layout chosen goes into a file."""
        if (row := self.list.current()) is None:
            return

        def write(path: Path) -> None:
            self._work(lambda progress: _export(progress, path, row.id), _("已保存「{name}」。").format(name=path.name))

        ask_save(self, self.desk.places, "layouts", _("版式存成文件"), file_name(row.title), "json", write)

    def ask_import(self) -> None:
        """The person picks the file of a layout."""
        ask_open(self, self.desk.places, "layouts", _("从文件收下版式"), _("版式文件") + " (*.json)", self.take_file)

    def take_file(self, path: Path) -> None:
        """The layout of the file is among the own ones."""
        self._work(lambda progress: _import(progress, path), _("版式已收下。"))

    # --- inside -------------------------------------------------------------------------------------------------------

    def _work(self, work: Callable[[Progress], None], words: str) -> None:
        def done(_done: None) -> None:
            self.desk.banner(words, "done")
            self._changed()

        self._say("")
        self.desk.tasks.run(work, done, self._refused, owner=self)

    def _write(self, act: Callable[[Session], None]) -> None:
        self._say("")
        self.desk.tasks.write(act, lambda _done: self._changed(), self._refused, owner=self)

    def _changed(self) -> None:
        self.list.refresh()

    def _refused(self, error: Exception) -> None:
        if isinstance(error, Refusal):
            self._say(say(error))
        else:
            self._say(_("没有办成, 出错报告已保存。可以再试一次。"))

    def _say(self, words: str) -> None:
        self.problem.setText(words)
        self.problem.setVisible(bool(words))

    def _offer(self) -> None:
        from app.services.access import may

        row, edits = self.list.current(), self.desk.actor is not None and may(self.desk.actor, "layout.edit")
        for button in (self.new, self.own, self.take):
            button.setEnabled(edits)
        self.edit.setText(_("修改") if row is None or row.mine else _("另存一份再改"))
        self.edit.setEnabled(edits and row is not None and not row.state)
        self.stop.setEnabled(edits and row is not None and row.mine)
        self.give.setEnabled(row is not None)

    def _button(self, words: str, picture: str, act: Callable[[], None], *, primary: bool = False) -> QPushButton:
        button = QPushButton(words, self)
        dress(button, picture, *(("accent_ink",) if primary else ()))
        if primary:
            button.setProperty("kind", "primary")
        button.setAutoDefault(False)
        button.clicked.connect(lambda: act())
        return button

    def _lay_out(self, done: QPushButton) -> None:
        top, foot = QHBoxLayout(), QHBoxLayout()
        for button in (self.new, self.own, self.words, self.take):
            top.addWidget(button)
        top.addStretch(1)
        for button in (self.edit, self.give, self.stop):
            foot.addWidget(button)
        foot.addStretch(1)
        foot.addWidget(done)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(20, 16, 20, 12)
        rows.setSpacing(12)
        rows.addLayout(top)
        rows.addWidget(self.list, 1)
        rows.addWidget(self.problem)
        rows.addLayout(foot)


def _read(s: Session) -> Sequence[Any]:
    from app.ledgers import layouts

    return layouts.rows(s)


def _retire(s: Session, layout: Any, reason: str) -> None:
    from app.ledgers import layouts

    layouts.retire(s, layout, reason)


def _placeholders(s: Session, kind: str) -> list[tuple[str, str]]:
    from app.ledgers.forms import keeping

    return keeping.placeholders(s, kind)


def _content(path: Path) -> bytes:
    from app.ledgers.layout_files import LARGEST

    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise Refusal("file_unreadable", N_("读不到文件: {file}。请检查路径。"), file=path.name) from error


def _form(progress: Progress, path: Path, kind: str, title: str, code: str) -> None:
    from app.ledgers.forms import keeping

    content = _content(path)
    progress.write(lambda s: keeping.save(s, kind, title, content, path.name, code=code).code)


def _import(progress: Progress, path: Path) -> None:
    from app.ledgers import layout_files

    content = _content(path)
    progress.write(lambda s: layout_files.take(s, content).code)


def _export(progress: Progress, path: Path, layout: Any) -> None:
    from app.ledgers import layout_files
    from app.ledgers.durable import write_bytes

    write_bytes(path, progress.read(lambda s: layout_files.write(s, layout)))
