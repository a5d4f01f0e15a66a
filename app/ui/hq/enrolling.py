"""开通站点: the request file, its fingerprint compared by telephone, the scope from the tree, the approval to a folder."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QWidget,
)

from app.i18n import N_, _, joined
from app.ui.desk import Desk
from app.ui.hq.site_wizard import SiteWizard
from app.ui.hq.telling import Telling
from app.ui.tasks import Progress
from app.ui.widgets.drop_door import DropDoor
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column
from app.ui.widgets.progress import ProgressPanel
from app.ui.widgets.prose import prose
from app.ui.widgets.where import ask_folder, show_folder
from app.ui.widgets.wizard import Step

if TYPE_CHECKING:
    from app.sync.enrolment import Request


class EnrolWizard(SiteWizard):
    """Three steps and a result; `enrolled` when a site was enrolled."""

    enrolled = Signal()
    unfinished = N_("没有完成, 站点没有开通。请再试一次。")

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.file: Path | None = None
        self.request: Request | None = None
        self.put(
            [
                Step(N_("申请文件"), self._first(), leave=self._leave_first),
                Step(N_("名称和范围"), self.picker, leave=self.with_scope, enter=self.picker.load),
                Step(N_("写开通文件"), self._third(), leave=self._leave_third, enter=self.telling.refresh),
            ],
            finish=N_("完成"),
        )

    def begin(self) -> None:
        """A new enrolment starts at its first step."""
        self.file, self.request = None, None
        self.written: list[Path] = []
        self.compared.setChecked(False)
        self._show_request()
        self.picker.begin()
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
            self.picker.begin(request.name)
            self._show_request()

        self.desk.tasks.run(lambda _progress: enrolling.read_request(file), done, self.refused, owner=self)

    def _first(self) -> QWidget:
        page = QWidget()
        rows = column(page, 12, (32, 16, 32, 16))
        self.door = DropDoor(
            _("把站点交来的申请文件 (.fgreq) 拖到这里。"), self.desk.places, "enrol", _("登记申请 (*.fgreq)"), "device"
        )
        self.door.folder.hide()
        self.door.setFocusProxy(self.door.files)
        self.door.chosen.connect(lambda paths: self.choose_request(paths[0]))
        self.asked, self.mark = prose("", "heading"), prose("", "figure")
        self.hint = prose("", "secondary")
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

    # --- writing ----------------------------------------------------------------------------------------------------

    def ask_where(self) -> None:
        """The person picks where the approval goes."""
        ask_folder(self, self.desk.places, "enrol", _("开通文件写到哪里"), self.write)

    def write(self, folder: Path) -> None:
        """The site is enrolled and its approval with the first data lies in the folder."""
        from app.sync import enrolling

        store, actor, file = self.desk.store, self.desk.actor, self.file
        paths, name, kind = list(self.picker.scope), self.picker.name.text().strip(), self.picker.kind
        if file is None:
            return

        def work(progress: Progress) -> list[Path]:
            progress(0, 0, _("正在整理首批数据"))
            return enrolling.approve_file(store, actor, file, folder, paths=paths, name=name, kind=kind)

        def done(written: list[Path]) -> None:
            self.written = written
            words = _("站点「{name}」已开通, 证书三年有效。\n{files}\n请把文件带回站点, 在那台电脑上读入。").format(
                name=name, files=joined(path.name for path in written)
            )
            self.result.say(words, "done", _("打开文件夹"), lambda: show_folder(written[0]))
            self.panel.say("")
            self.enrolled.emit()

        job = self.desk.tasks.run(work, done, self.refused, _("正在写开通文件"), owner=self)
        self.panel.follow(job)

    def _third(self) -> QWidget:
        page = QWidget()
        self.written = []
        self.result, self.telling = Empty("", "usb"), Telling(self.desk)
        self.panel = ProgressPanel()
        rows = column(page, 8, (32, 12, 32, 12))
        rows.addWidget(self.result, 1)
        rows.addWidget(self.panel)
        rows.addWidget(self.telling)
        page.setFocusProxy(self.result.button)
        return page

    def _leave_third(self, go: Callable[[], None]) -> None:
        if self.written:
            go()
        else:
            self.wizard.say(_("还没有写出开通文件。不想开通可以点「取消」。"))

    def refused(self, error: Exception) -> None:
        self.panel.say("")
        super().refused(error)
