"""The sign-in: who, with which password; wrong ones are said calmly, locked stores too."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.i18n import _
from app.ui.icons import dress
from app.ui.theme import mark
from app.ui.widgets.entrance import brand, middle, words


class SignIn(QWidget):
    """A card in the middle: name of the store, login, password. `entered` carries login and password."""

    entered = Signal(str, str)
    other_store = Signal()
    forgotten = Signal()

    def __init__(self, place: str, login: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("entrance")
        self.setWindowTitle(_("枫格 · 登录"))
        self.login, self.password = QLineEdit(login, self), QLineEdit(self)
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.problem = QLabel("", self)
        self.button = QPushButton(_("登录"), self)
        self.forgot = QPushButton(_("忘了口令…"), self)
        self.bar = QProgressBar(self)
        self._build(place)
        (self.password if login else self.login).setFocus()

    def _build(self, place: str) -> None:
        card = QFrame(self)
        card.setProperty("role", "card")
        card.setFixedWidth(400)
        rows = QVBoxLayout(card)
        rows.setContentsMargins(32, 28, 32, 28)
        rows.setSpacing(10)
        rows.addLayout(brand(self))
        where = QLabel(place, card)
        where.setProperty("role", "caption")
        where.setWordWrap(True)
        rows.addWidget(where)
        rows.addSpacing(8)
        for title, editor in ((_("登录名"), self.login), (_("口令"), self.password)):
            label = QLabel(title, card)
            label.setProperty("role", "label")
            label.setBuddy(editor)
            editor.setAccessibleName(title)
            rows.addWidget(label)
            rows.addWidget(editor)
        self.problem.setProperty("role", "problem")
        self.problem.setWordWrap(True)
        self.problem.hide()
        rows.addWidget(self.problem)
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.hide()
        rows.addWidget(self.bar)
        self.button.setProperty("kind", "primary")
        dress(self.button, "open", "accent_ink")
        self.button.setDefault(True)
        rows.addWidget(self.button)
        rows.addWidget(words(_("忘记口令请找网格长重设; 都忘了由总部打开, 数据不会丢。"), "caption", 334))
        self.forgot.setProperty("kind", "quiet")
        self.forgot.setStyleSheet("padding: 0;")
        line = QHBoxLayout()
        line.addWidget(self.forgot)
        line.addStretch(1)
        rows.addLayout(line)
        middle(self, card)
        self.button.clicked.connect(self.submit)
        self.forgot.clicked.connect(self.forgotten)
        self.login.returnPressed.connect(self.password.setFocus)
        self.password.returnPressed.connect(self.submit)

    def submit(self) -> None:
        """The login and password go out; nothing can be typed until the answer comes."""
        login, password = self.login.text().strip(), self.password.text()
        if not login or not password:
            self.say(_("请填写登录名和口令。"))
            return
        self.wait(True)
        self.entered.emit(login, password)

    def wait(self, on: bool) -> None:
        """While the store is being opened."""
        self.bar.setVisible(on)
        for widget in (self.login, self.password, self.button, self.forgot):
            widget.setEnabled(not on)

    def tell(self, text: str) -> None:
        """Good news stands where problems stand."""
        self.problem.setProperty("role", "caption")
        self.problem.setText(text)
        self.problem.show()

    def say(self, problem: str) -> None:
        """Why it did not open; the password is to be typed again."""
        self.wait(False)
        mark(self.problem, role="problem")
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.password.clear()
        self.password.setFocus()
