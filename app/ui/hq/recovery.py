"""「打开忘了口令的数据…」: a laptop's request, its fingerprint compared by telephone, the reason, and the answer to a folder."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QWidget

from app.i18n import _
from app.ui.desk import Desk
from app.ui.tasks import Progress
from app.ui.widgets.dialogs import Question
from app.ui.widgets.drop_door import ask_files
from app.ui.widgets.fields import NotesEditor, column
from app.ui.widgets.prose import prose
from app.ui.widgets.where import ask_folder, show_folder

if TYPE_CHECKING:
    from app.sync.recovering import Shown, Written


def ask(parent: QWidget, desk: Desk) -> None:
    """The person picks the request; then it is shown."""
    title = _("选择站点交来的恢复申请")
    ask_files(
        parent, desk.places, "enrol", title, _("恢复申请 (*.fgrecover)"), lambda paths: show(parent, desk, paths[0])
    )


def show(parent: QWidget, desk: Desk, file: Path) -> None:
    """The request is read and shown with what must be compared before it is answered."""
    from app.sync import recovering

    def done(found: "Shown") -> None:
        RecoveryDialog(parent, desk, file, found).open()

    desk.tasks.read(lambda s: recovering.read_request(s, file), done, owner=parent)


class RecoveryDialog(Question):
    """Whose request it is, the four groups, a tick that they were compared, and the reason; then the folder is asked for."""

    def __init__(self, parent: QWidget, desk: Desk, file: Path, found: "Shown") -> None:
        words = _(
            "站点「{name}」({code}) 申请打开忘了口令的数据。请打电话给站点的负责人, 确认是他本人申请, "
            "让他念出那台电脑屏幕上的核对码:"
        ).format(name=found.name, code=found.code)
        super().__init__(_("打开忘了口令的数据"), words, _("写答复文件…"), parent)
        self.desk, self._file, self._found = desk, file, found
        mark = prose(found.fingerprint, "figure")
        mark.setAccessibleName(_("核对码 {mark}").format(mark=found.fingerprint))
        self.compared = QCheckBox(_("已和站点的负责人在电话里核对, 核对码一字不差"))
        self.notes = NotesEditor(_("例如: 网格长调离, 接任的人没有口令"), rows=2)
        self.notes.text.setAccessibleName(_("原因"))
        box = QWidget(self)
        rows = column(box, 8)
        rows.addWidget(mark)
        rows.addWidget(self.compared)
        rows.addWidget(prose(_("原因 (记在站点的记录上):"), "label"))
        rows.addWidget(self.notes)
        rows.addWidget(prose(_("答复只有那台电脑打得开, 只能用一次。站点的记录会写明何时、为什么打开过。"), "caption"))
        box.setFocusProxy(self.compared)
        self.put(box)
        self.button.clicked.connect(self._go)

    def _go(self) -> None:
        if not self.compared.isChecked():
            self.say(_("请核对以后勾选「已核对」。核对码不同, 说明文件不是那台电脑的。"))
        elif not self.notes.value():
            self.say(_("请写明原因, 一句话即可。"))
            self.notes.setFocus()
        else:
            ask_folder(self, self.desk.places, "enrol", _("答复文件写到哪里"), self.write)

    def write(self, folder: Path) -> None:
        """The answer lies in the folder; that the store was opened stands in the site's record."""
        from app.sync import recovering

        store, actor, file, reason = self.desk.store, self.desk.actor, self._file, str(self.notes.value() or "")

        def work(_progress: Progress) -> "Written":
            return recovering.answer_file(store, actor, file, reason, folder)

        def done(written: "Written") -> None:
            words = _("答复文件已写好: {file}。请带回站点「{name}」, 在登录页点「忘了口令…」读入。")
            text = words.format(file=written.path.name, name=written.site)
            self.desk.banner(text, "done", action=_("打开文件夹"), act=partial(show_folder, written.path), stays=True)

        self.accept()
        self.desk.tasks.run(work, done, title=_("正在写答复文件"), owner=self.parentWidget())
