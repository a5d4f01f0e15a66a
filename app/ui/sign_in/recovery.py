"""「忘了口令」 before the sign-in: the request to a stick, the mark to compare by telephone, the answer and a new password."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.errors import Refusal
from app.i18n import _, say
from app.ui.icons import dress
from app.ui.tasks import Tasks
from app.ui.widgets.entrance import brand, words
from app.ui.widgets.fields import column

if TYPE_CHECKING:
    from app.sync.recovering import Written


class Recovery(QWidget):
    """Two steps on one card, both by file. `back` to the sign-in, `recovered` with the login that has the new password."""

    back = Signal()
    recovered = Signal(str)

    def __init__(self, tasks: Tasks, folder: Path, login: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("entrance")
        self.setWindowTitle(_("枫格 · 忘了口令"))
        self.tasks, self.folder = tasks, folder
        self.file: Path | None = None
        self.name, self.login = QLineEdit(self), QLineEdit(login, self)
        self.first, self.again = QLineEdit(self), QLineEdit(self)
        for line in (self.first, self.again):
            line.setEchoMode(QLineEdit.EchoMode.Password)
        self.save_button, self.read_button = (
            QPushButton(_("保存恢复申请…"), self),
            QPushButton(_("选择答复文件…"), self),
        )
        self.button, self.leave = QPushButton(_("设新口令"), self), QPushButton(_("返回登录"), self)
        self.mark, self.chosen, self.problem = words("", "figure"), words("", "caption"), words("", "problem")
        self._lay()
        self.save_button.clicked.connect(self.save_request)
        self.read_button.clicked.connect(self.choose_answer)
        self.button.clicked.connect(self.submit)
        self.leave.clicked.connect(self.back)
        self.save_button.setFocus()

    def save_request(self) -> None:
        """Asks for a folder and writes the request there."""
        folder = QFileDialog.getExistingDirectory(self, _("恢复申请存到哪里"), str(Path.home()))
        if folder:
            self.write_request(Path(folder))

    def write_request(self, into: Path) -> None:
        """The request lies in the folder, and its mark is shown to be compared by telephone."""
        from app.sync import recovering

        folder, name = self.folder, self.name.text().strip()

        def done(written: "Written") -> None:
            self.mark.setText(written.fingerprint)
            self.mark.setAccessibleName(_("核对码 {mark}").format(mark=written.fingerprint))
            self.mark.show()
            self._say(
                _("已保存: {path}。请交给总部, 并在电话里核对上面的核对码。").format(path=written.path), "caption"
            )

        self.tasks.run(lambda _p: recovering.write_request(folder, into, name), done, self._refused, owner=self)

    def choose_answer(self) -> None:
        """Asks for the answer of headquarters."""
        file, _kind = QFileDialog.getOpenFileName(self, _("选择答复文件"), str(Path.home()), _("恢复答复 (*.fgunlock)"))
        if file:
            self.take_answer(Path(file))

    def take_answer(self, file: Path) -> None:
        """This is the answer; now a login and a new password are wanted."""
        self.file = file
        self.chosen.setText(file.name)
        self.chosen.show()
        (self.first if self.login.text() else self.login).setFocus()

    def submit(self) -> None:
        """The login opens this store with the new password from now on."""
        from app.sync import recovering

        folder, file, login, password = self.folder, self.file, self.login.text().strip(), self.first.text()
        if file is None:
            self._say(_("请先选择总部给的答复文件 (.fgunlock)。"))
        elif not login:
            self._say(_("请填写登录名。"))
        elif password != self.again.text():
            self._say(_("两次输入的口令不一致。"))
        else:
            self.button.setEnabled(False)
            self.tasks.run(
                lambda _p: recovering.accept_file(folder, file, login, password), self.recovered.emit, self._refused,
                owner=self,
            )  # fmt: skip

    def _refused(self, error: Exception) -> None:
        self.button.setEnabled(True)
        self._say(say(error) if isinstance(error, Refusal) else _("没有完成, 数据没有改动。请再试一次。"))

    def _say(self, text: str, role: str = "problem") -> None:
        self.problem.setProperty("role", role)
        self.problem.style().unpolish(self.problem)
        self.problem.style().polish(self.problem)
        self.problem.setText(text)
        self.problem.show()

    def _lay(self) -> None:
        card = QFrame(self)
        card.setProperty("role", "card")
        card.setMaximumWidth(640)
        rows = column(card, 8, (32, 20, 32, 20))
        rows.addLayout(brand(self))
        rows.addWidget(
            words(_("所有人都忘了口令时, 由总部打开这台电脑的数据, 数据不会丢, 全部用文件完成。"), "heading")
        )
        rows.addWidget(words(_("1  把恢复申请存到 U 盘, 交给总部。不需要口令。"), ""))
        _field(rows, _("站点名称 (写进文件名, 可以不填)"), self.name)
        _line(rows, self.save_button, "export")
        rows.addWidget(self.mark)
        rows.addWidget(words(_("2  总部核对以后给您答复文件, 在这里读入, 给一个登录名设新口令。"), ""))
        _line(rows, self.read_button, "import")
        rows.addWidget(self.chosen)
        both = QHBoxLayout()
        both.setSpacing(12)
        for title, line in ((_("登录名"), self.login), (_("新口令"), self.first), (_("再输一遍新口令"), self.again)):
            one = QVBoxLayout()
            one.setSpacing(4)
            _field(one, title, line)
            both.addLayout(one, 1)
        rows.addLayout(both)
        rows.addWidget(words(_("口令至少 8 位, 字母、数字、符号至少用两种。"), "caption"))
        rows.addWidget(self.problem)
        self.button.setProperty("kind", "primary")
        dress(self.button, "key", "accent_ink")
        self.leave.setProperty("kind", "quiet")
        foot = QHBoxLayout()
        foot.addWidget(self.leave)
        foot.addStretch(1)
        foot.addWidget(self.button)
        rows.addLayout(foot)
        for hidden in (self.mark, self.chosen, self.problem):
            hidden.hide()
        self._put(card)

    def _put(self, card: QFrame) -> None:
        inside = QWidget()
        inside.setProperty("role", "clear")
        around = QHBoxLayout(inside)
        around.addStretch(1)
        around.addWidget(card, 8, Qt.AlignmentFlag.AlignVCenter)
        around.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(inside)
        column(self, 0).addWidget(area)


def _field(rows: QVBoxLayout, title: str, line: QLineEdit) -> None:
    label = words(title, "label")
    label.setBuddy(line)
    line.setAccessibleName(title)
    rows.addWidget(label)
    rows.addWidget(line)


def _line(rows: QVBoxLayout, button: QPushButton, icon: str) -> None:
    dress(button, icon)
    line = QHBoxLayout()
    line.addWidget(button)
    line.addStretch(1)
    rows.addLayout(line)
