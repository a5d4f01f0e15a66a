"""The first hour: headquarters or site, who begins, and the store that is made."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.errors import Refusal
from app.i18n import N_, _, say
from app.ui.icons import dress
from app.ui.tasks import Tasks
from app.ui.widgets.entrance import brand, middle
from app.ui.widgets.entrance import words as _words
from app.ui.widgets.wizard import Step, Wizard


class FirstRun(QWidget):
    """Asks what this machine is, who begins, and makes the store. `founded` carries the open store and the actor or None."""

    founded = Signal(object, object)
    elsewhere = Signal(object)

    def __init__(self, tasks: Tasks, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("entrance")
        self.setWindowTitle(_("枫格 · 首次使用"))
        self.tasks, self.folder = tasks, folder
        self.kind, self.who, self.secret = _Kind(folder), _Who(), _Secret()
        self.kind.other.connect(self._choose_store)
        self.wizard = Wizard(
            [
                Step(N_("这台电脑"), self.kind, enter=None),
                Step(N_("单位与姓名"), self.who, leave=self._check_who, enter=self._fit_who),
                Step(N_("口令"), self.secret, leave=self._found, next_title=N_("建立")),
            ],
            parent=self,
        )
        self.wizard.cancelled.connect(self.close)
        card = QFrame(self)
        card.setProperty("role", "card")
        card.setFixedSize(760, 520)
        rows = QVBoxLayout(card)
        rows.setContentsMargins(1, 1, 1, 1)
        rows.addWidget(self.wizard)
        middle(self, card)

    def _fit_who(self) -> None:
        self.who.show_for(self.kind.hq.isChecked())

    def _check_who(self, go: Callable[[], None]) -> None:
        problem = self.who.problem(self.kind.hq.isChecked())
        self.wizard.say(problem)
        if not problem:
            go()

    def _found(self, go: Callable[[], None]) -> None:
        problem = self.secret.problem()
        self.wizard.say(problem)
        if problem:
            return
        given = _Given(
            self.kind.hq.isChecked(), self.who.unit.text().strip(), self.who.login.text().strip(),
            self.who.person.text().strip(), self.secret.first.text(),
        )  # fmt: skip
        self.wizard.next_button.setEnabled(False)
        self.tasks.run(
            lambda _progress: _make(self.folder, given),
            lambda made: self.founded.emit(*made),
            self._refused,
            title=_("正在建立数据"),
            owner=self,
        )

    def _refused(self, error: Exception) -> None:
        self.wizard.next_button.setEnabled(True)
        self.wizard.say(say(error) if isinstance(error, Refusal) else _("没有建成。请换一个文件夹再试。"))

    def _choose_store(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, _("选择已有的数据文件夹"), str(Path.home()))
        if chosen:
            self.elsewhere.emit(Path(chosen))


@dataclass(frozen=True)
class _Given:
    hq: bool
    unit: str
    login: str
    person: str
    password: str


def _make(folder: Path, given: _Given) -> tuple[Any, Any]:
    from app.models.store import Store
    from app.services import accounts, founding, signing
    from app.sync import enrolling

    signing.check_password(given.password)
    login = given.login or "setup"
    store = Store.create(folder, kind="hq" if given.hq else "site", login=login, password=given.password)
    signing.remember_login(folder, login)
    if not given.hq:
        enrolling.make_site_keys(store, given.unit)
        return store, None
    with store.begin() as s:
        founding.found_hq(s, given.unit, login=login, person=given.person)
        enrolling.make_hq_keys(s)
    with store.read() as s:
        return store, accounts.acting(s, login)


class _Kind(QWidget):
    other = Signal()

    def __init__(self, folder: Path) -> None:
        super().__init__()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(48, 24, 48, 24)
        rows.setSpacing(14)
        rows.addLayout(brand(self))
        rows.addWidget(_words(_("第一次使用。请选择这台电脑的用途:"), "heading"))
        self.site = QRadioButton(_("站点: 井区、中心站的电脑, 记录走访和事项, 定期上报"), self)
        self.hq = QRadioButton(_("总部: 厂或油田机关的电脑, 接收上报、派单、答复"), self)
        self.site.setChecked(True)
        rows.addWidget(self.site)
        rows.addWidget(self.hq)
        rows.addWidget(_words(_("数据加密保存在: {folder}").format(folder=folder), "caption"))
        open_other = QPushButton(_("打开已有的数据…"), self)
        open_other.setProperty("kind", "quiet")
        dress(open_other, "open", "accent")
        open_other.clicked.connect(self.other)
        line = QHBoxLayout()
        line.addWidget(open_other)
        line.addStretch(1)
        rows.addLayout(line)
        rows.addStretch(1)


class _Who(QWidget):
    def __init__(self) -> None:
        super().__init__()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(48, 24, 48, 24)
        rows.setSpacing(8)
        self.unit, self.login, self.person = QLineEdit(), QLineEdit(), QLineEdit()
        self._labels = [_words("", "label") for _editor in range(3)]
        for label, editor in zip(self._labels, (self.unit, self.login, self.person), strict=True):
            label.setBuddy(editor)
            editor.setMaximumWidth(480)
            rows.addWidget(label)
            rows.addWidget(editor)
        rows.addStretch(1)

    def show_for(self, hq: bool) -> None:
        """Headquarters names its founder; a site only itself, its people come with the enrolment."""
        titles = (
            (_("总部单位名称"), _("管理员登录名 (字母或数字)"), _("管理员姓名"))
            if hq
            else (_("站点名称, 如: 采油一作业区值班室"), "", "")
        )
        for label, editor, title in zip(self._labels, (self.unit, self.login, self.person), titles, strict=True):
            label.setText(title)
            label.setVisible(bool(title))
            editor.setVisible(bool(title))
            editor.setAccessibleName(title)
        self.unit.setFocus()

    def problem(self, hq: bool) -> str:
        """What is still missing."""
        if not self.unit.text().strip():
            return _("请填写名称。")
        login = self.login.text().strip()
        if hq and (not login or any(c.isspace() for c in login)):
            return _("请填写登录名, 不能有空格。")
        if hq and not self.person.text().strip():
            return _("请填写管理员姓名。")
        return ""


class _Secret(QWidget):
    def __init__(self) -> None:
        super().__init__()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(48, 24, 48, 24)
        rows.setSpacing(8)
        rows.addWidget(_words(_("口令用来加密全部数据, 至少 8 位, 字母、数字、符号至少用两种。"), "caption"))
        self.first, self.again = QLineEdit(), QLineEdit()
        for words, editor in ((_("口令"), self.first), (_("再输一遍"), self.again)):
            editor.setEchoMode(QLineEdit.EchoMode.Password)
            editor.setMaximumWidth(480)
            editor.setAccessibleName(words)
            label = _words(words, "label")
            label.setBuddy(editor)
            rows.addWidget(label)
            rows.addWidget(editor)
        rows.addStretch(1)

    def problem(self) -> str:
        """Why these two will not do."""
        from app.services.signing import check_password

        if self.first.text() != self.again.text():
            return _("两次输入的口令不一致。")
        try:
            check_password(self.first.text())
        except Refusal as refusal:
            return say(refusal)
        return ""
