"""开通站点: the request file, its fingerprint compared by telephone, the scope from the tree, the approval to a folder."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from app.errors import Refusal
from app.i18n import N_, _, say
from app.ui.desk import Desk
from app.ui.icons import dress, icon
from app.ui.tasks import Progress, Session
from app.ui.widgets.drop_door import DropDoor
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column
from app.ui.widgets.progress import ProgressPanel
from app.ui.widgets.tree import Leaf, Tree
from app.ui.widgets.where import ask_folder, show_folder
from app.ui.widgets.wizard import Step, Wizard

if TYPE_CHECKING:
    from app.sync.enrolment import Request


def branches(s: Session, path: str | None) -> Sequence[Leaf]:
    """The units below this path; the roots for None."""
    from app.services import units

    tree = [unit for unit in units.tree(s) if not unit.partner]
    by_id = {unit.id: unit for unit in tree}
    above = next((unit.id for unit in tree if unit.path == path), None) if path is not None else None
    found = [unit for unit in tree if (unit.parent == above if path is not None else unit.parent not in by_id)]
    parents = {unit.parent for unit in tree}
    return [Leaf((unit.path, unit.name), unit.name, unit.code, "unit", inner=unit.id in parents) for unit in found]


def _children(s: Session, leaf: Any) -> Sequence[Leaf]:
    return branches(s, leaf[0] if leaf is not None else None)


class EnrolWizard(QWidget):
    """Three steps and a result; `left` when it is over, `enrolled` when a site was enrolled."""

    left = Signal()
    enrolled = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.file: Path | None = None
        self.request: Request | None = None
        self.scope: dict[str, str] = {}
        self.wizard = Wizard(
            [
                Step(N_("申请文件"), self._first(), leave=self._leave_first),
                Step(N_("名称和范围"), self._second(), leave=self._leave_second, enter=self._enter_second),
                Step(N_("写开通文件"), self._third(), leave=self._leave_third),
            ],
            finish=N_("完成"),
            parent=self,
        )
        self.wizard.cancelled.connect(self.left)
        self.wizard.finished.connect(self.left)
        column(self, 0).addWidget(self.wizard)
        self.setFocusProxy(self.wizard)

    def begin(self) -> None:
        """A new enrolment starts at its first step."""
        self.file, self.request, self.scope = None, None, {}
        self.written: list[Path] = []
        self.compared.setChecked(False)
        self._show_request()
        self._show_scope()
        self.result.say(
            _("选一个文件夹或 U 盘, 写出开通文件和首批数据, 带回站点读入。"),
            "usb",
            _("选择位置并写出…"),
            self.ask_where,
        )
        self.panel.say("")
        self.wizard.go(0)

    # --- the request ------------------------------------------------------------------------------------------------

    def choose_request(self, file: Path) -> None:
        """The request is read and shown."""
        from app.sync import enrolling

        def done(request: "Request") -> None:
            self.file, self.request = file, request
            self.wizard.say("")
            self.compared.setChecked(False)
            self.name.setText(request.name)
            self._show_request()

        self.desk.tasks.run(lambda _progress: enrolling.read_request(file), done, self._refused, owner=self)

    def _first(self) -> QWidget:
        page = QWidget()
        rows = column(page, 12, (32, 16, 32, 16))
        self.door = DropDoor(
            _("把站点交来的申请文件 (.fgreq) 拖到这里。"), self.desk.places, "enrol", _("登记申请 (*.fgreq)"), "device"
        )
        self.door.folder.hide()
        self.door.setFocusProxy(self.door.files)
        self.door.chosen.connect(lambda paths: self.choose_request(paths[0]))
        self.asked, self.mark = _words("heading"), _words("figure")
        self.mark.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hint = _words("secondary")
        self.compared = QCheckBox(_("已和站点的人在电话里核对, 核对码一字不差"), page)
        for part in (self.door, self.asked, self.mark, self.hint, self.compared):
            rows.addWidget(part)
        rows.addStretch(1)
        page.setFocusProxy(self.door)
        return page

    def _show_request(self) -> None:
        request = self.request
        self.asked.setText(_("站点「{name}」申请开通").format(name=request.name) if request else "")
        self.mark.setText(request.fingerprint if request else "")
        self.mark.setAccessibleName(_("核对码 {mark}").format(mark=request.fingerprint) if request else "")
        self.hint.setText(_("请打电话让站点念出屏幕上的核对码, 与上面一致才继续。") if request else "")
        self.compared.setVisible(request is not None)

    def _leave_first(self, go: Callable[[], None]) -> None:
        if self.request is None:
            self.wizard.say(_("请先选择站点交来的申请文件。"))
        elif not self.compared.isChecked():
            self.wizard.say(_("请核对以后勾选「已核对」。核对码不同, 说明文件不是那台电脑的。"))
        else:
            go()

    # --- name and scope ---------------------------------------------------------------------------------------------

    def add(self, path: str, name: str) -> None:
        """The unit belongs to the scope, or no longer if it did."""
        if path in self.scope:
            del self.scope[path]
        else:
            self.scope[path] = name
        self._show_scope()

    def _second(self) -> QWidget:
        page = QWidget()
        self.name = QLineEdit(page)
        self.name.setAccessibleName(_("站点名称"))
        self.name.setMaximumWidth(440)
        self.tree = Tree(self.desk.tasks, _children, page)
        self.tree.opened.connect(lambda leaf: self.add(*leaf.id))
        self.tree.chosen.connect(lambda leaf: self._mark_leaf(leaf))
        self.tree.model.rowsInserted.connect(self._open_root)
        self.put = QPushButton(_("加入范围"), page)
        dress(self.put, "right")
        self.put.setEnabled(False)
        self.put.clicked.connect(self._put_marked)
        self.chosen = QListWidget(page)
        self.chosen.setAccessibleName(_("站点管辖的单位"))
        self.take_out = QPushButton(_("移出"), page)
        dress(self.take_out, "close")
        self.take_out.clicked.connect(self._take_out)
        left, right = QWidget(page), QWidget(page)
        one = column(left, 6)
        one.addWidget(_words("label", _("单位 (回车加入; 包括它下面的全部单位和网格)")))
        one.addWidget(self.tree, 1)
        one.addWidget(self.put, 0, Qt.AlignmentFlag.AlignRight)
        two = column(right, 6)
        two.addWidget(_words("label", _("站点管辖")))
        two.addWidget(self.chosen, 1)
        two.addWidget(self.take_out, 0, Qt.AlignmentFlag.AlignRight)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(left, 3)
        both.addWidget(right, 2)
        rows = column(page, 6, (32, 12, 32, 12))
        rows.addWidget(_words("label", _("站点名称")))
        rows.addWidget(self.name)
        rows.addSpacing(6)
        rows.addLayout(both, 1)
        page.setFocusProxy(self.tree)
        return page

    def _enter_second(self) -> None:
        if not self.tree.model.rowCount():
            self.tree.refresh()

    def _open_root(self, parent: Any, *_rest: object) -> None:
        if not parent.isValid() and self.tree.model.rowCount() == 1:
            self.tree.view.expand(self.tree.model.index(0, 0))
            self.tree.view.setCurrentIndex(self.tree.model.index(0, 0))

    def _mark_leaf(self, leaf: Leaf) -> None:
        self._marked: Any = leaf.id
        self.put.setEnabled(True)

    def _put_marked(self) -> None:
        if self._marked[0] not in self.scope:
            self.add(*self._marked)

    def _take_out(self) -> None:
        item = self.chosen.currentItem()
        if item is not None:
            self.add(item.data(Qt.ItemDataRole.UserRole), "")

    def _show_scope(self) -> None:
        self.chosen.clear()
        for path, name in self.scope.items():
            item = QListWidgetItem(icon("unit", "accent"), name)
            item.setData(Qt.ItemDataRole.UserRole, path)
            self.chosen.addItem(item)
        self.take_out.setEnabled(bool(self.scope))

    def _leave_second(self, go: Callable[[], None]) -> None:
        if not self.name.text().strip():
            self.wizard.say(_("请填写站点名称。"))
        elif not self.scope:
            self.wizard.say(_("请从左边选择站点管辖的单位, 按回车加入。"))
        else:
            go()

    # --- writing ----------------------------------------------------------------------------------------------------

    def ask_where(self) -> None:
        """The person picks where the approval goes."""
        ask_folder(self, self.desk.places, "enrol", _("开通文件写到哪里"), self.write)

    def write(self, folder: Path) -> None:
        """The site is enrolled and its approval with the first data lies in the folder."""
        from app.sync import enrolling

        store, actor, file = self.desk.store, self.desk.actor, self.file
        paths, name = list(self.scope), self.name.text().strip()
        if file is None:
            return

        def work(progress: Progress) -> list[Path]:
            progress(0, 0, _("正在整理首批数据"))
            return enrolling.approve_file(store, actor, file, folder, paths=paths, name=name)

        def done(written: list[Path]) -> None:
            self.written = written
            words = _("站点「{name}」已开通, 证书三年有效。\n{files}\n请把文件带回站点, 在那台电脑上读入。").format(
                name=name, files="、".join(path.name for path in written)
            )
            self.result.say(words, "done", _("打开文件夹"), lambda: show_folder(written[0]))
            self.panel.say("")
            self.enrolled.emit()

        job = self.desk.tasks.run(work, done, self._refused, _("正在写开通文件"), owner=self)
        self.panel.follow(job)

    def _third(self) -> QWidget:
        page = QWidget()
        self.written = []
        self.result = Empty("", "usb")
        self.panel = ProgressPanel()
        rows = column(page, 8, (32, 12, 32, 12))
        rows.addWidget(self.result, 1)
        rows.addWidget(self.panel)
        page.setFocusProxy(self.result.button)
        return page

    def _leave_third(self, go: Callable[[], None]) -> None:
        if self.written:
            go()
        else:
            self.wizard.say(_("还没有写出开通文件。不想开通可以点「取消」。"))

    def _refused(self, error: Exception) -> None:
        self.panel.say("")
        self.wizard.say(say(error) if isinstance(error, Refusal) else _("没有完成, 站点没有开通。请再试一次。"))


def _words(role: str, text: str = "") -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label
