"""站点开通: a site that has a store and no certificate asks headquarters for one, by file or with a code over the network."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.errors import Refusal
from app.i18n import _, say
from app.ui.icons import dress
from app.ui.tasks import Tasks
from app.ui.widgets.entrance import brand
from app.ui.widgets.entrance import words as _words


class Enrolment(QWidget):
    """A site that has a store and no certificate yet: save the request, take the approval. `enrolled` carries store and actor."""

    enrolled = Signal(object, object)

    def __init__(self, tasks: Tasks, store: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("entrance")
        self.setWindowTitle(_("枫格 · 站点开通"))
        self.tasks, self.store = tasks, store
        card = QFrame(self)
        card.setProperty("role", "card")
        card.setFixedWidth(680)
        rows = QVBoxLayout(card)
        rows.setContentsMargins(32, 28, 32, 28)
        rows.setSpacing(12)
        rows.addLayout(brand(self))
        rows.addWidget(_words(_("站点数据已建立, 还差总部开通。用文件开通不需要网络:"), "heading"))
        rows.addWidget(_words(_("1  把申请文件存到 U 盘, 交给总部。"), ""))
        self.save_button = _button(rows, _("保存申请文件…"), "export", self.save_request)
        self.mark = _words("", "caption")
        rows.addWidget(self.mark)
        rows.addWidget(_words(_("2  总部开通后, 读入开通文件 (.fgenrol)。"), ""))
        self.read_button = _button(rows, _("读入开通文件…"), "import", self.choose_approval, primary=True)
        rows.addWidget(_words(_("或者: 能连上总部、总部给了邀请码时, 联网开通:"), "heading"))
        rows.addLayout(self._online())
        self.told = _words("", "problem")
        rows.addWidget(self.told)
        around = QVBoxLayout(self)
        around.addStretch(1)
        around.addWidget(card, 0, Qt.AlignmentFlag.AlignHCenter)
        around.addStretch(1)

    def _online(self) -> QHBoxLayout:
        self.address, self.code = QLineEdit(), QLineEdit()
        line = QHBoxLayout()
        line.setSpacing(8)
        for editor, title, hint in (
            (self.address, _("总部地址"), "https://10.1.2.3:8470"), (self.code, _("邀请码"), "K7XP-4QHD-…"),
        ):  # fmt: skip
            label = _words(title, "label")
            label.setWordWrap(False)
            label.setBuddy(editor)
            editor.setAccessibleName(title)
            editor.setPlaceholderText(hint)
            line.addWidget(label)
            line.addWidget(editor, 1)
        self.join_button = QPushButton(_("联网开通"))
        dress(self.join_button, "online")
        self.join_button.clicked.connect(self.join)
        self.code.returnPressed.connect(self.join)
        line.addWidget(self.join_button)
        return line

    def join(self) -> None:
        """The site is enrolled over the network with its one-time code; its setup login becomes the first account's."""
        from app.sync import joining

        store, address, code = self.store, self.address.text().strip(), self.code.text().strip()
        if not address or not code:
            self.told.setText(_("请填写总部地址和邀请码。"))
            (self.code if address else self.address).setFocus()
            return
        self._wait(True)
        self.told.setText(_("正在连接总部并写入首批数据, 请稍候…"))

        def done(actor: Any) -> None:
            _remember_address(store, address)
            self.enrolled.emit(store, actor)

        self.tasks.run(
            lambda _p: joining.join(store, address, code), done, self._refused, _("正在联网开通"), owner=self
        )

    def _wait(self, on: bool) -> None:
        for button in (self.save_button, self.read_button, self.join_button):
            button.setEnabled(not on)

    def save_request(self) -> None:
        """Asks for a folder and writes the request there."""
        folder = QFileDialog.getExistingDirectory(self, _("申请文件存到哪里"), str(Path.home()))
        if folder:
            self.write_request(Path(folder))

    def write_request(self, folder: Path) -> None:
        """The request lies in the folder, and its fingerprint is shown to be compared by telephone."""
        from app.sync import enrolling

        store = self.store

        def told(written: Any) -> None:
            self.mark.setText(_("已保存: {path}    核对码 {mark}").format(path=written.path, mark=written.fingerprint))
            self.told.setText("")

        self.tasks.run(lambda _p: enrolling.write_request(store, folder), told, self._refused, owner=self)

    def choose_approval(self) -> None:
        """Asks for the approval file and takes it."""
        file, _kind = QFileDialog.getOpenFileName(self, _("选择开通文件"), str(Path.home()), _("开通文件 (*.fgenrol)"))
        if file:
            self.take(Path(file))

    def take(self, file: Path) -> None:
        """The site is enrolled with the first data from this file, and its setup login becomes the first account's."""
        from app.sync import enrolling

        store = self.store
        self._wait(True)
        job = self.tasks.run(
            lambda progress: enrolling.accept_file(store, file, progress),
            lambda actor: self.enrolled.emit(store, actor),
            self._refused,
            title=_("正在读入开通文件"),
            owner=self,
        )
        job.progressed.connect(lambda _done, _total, label: self.told.setText(label))

    def _refused(self, error: Exception) -> None:
        self._wait(False)
        self.told.setText(say(error) if isinstance(error, Refusal) else _("没有完成, 数据没有改动。请再试一次。"))


def _remember_address(store: Any, address: str) -> None:
    """The address that worked is the one to sync with from now on."""
    from app.settings import changed, load, save

    settings, _notes = load(store.folder)
    save(store.folder, changed(settings, hq_url=address))


def _button(rows: QVBoxLayout, text: str, icon: str, act: Callable[[], None], *, primary: bool = False) -> QPushButton:
    button = QPushButton(text)
    if primary:
        button.setProperty("kind", "primary")
    dress(button, icon, "accent_ink" if primary else "ink")
    button.clicked.connect(lambda: act())
    line = QHBoxLayout()
    line.addWidget(button)
    line.addStretch(1)
    rows.addLayout(line)
    return button
