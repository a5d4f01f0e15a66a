"""The few questions that must be asked: a reason, a password, or a yes before something leaves the house."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.i18n import _
from app.ui.widgets.fields import NotesEditor

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Question(QDialog):
    """A sentence, something of one's own below it, and a button that names the act. Never blocks: use `open()`."""

    def __init__(self, title: str, text: str, act_title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setMinimumWidth(440)
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(24, 20, 24, 16)
        self.rows.setSpacing(12)
        words = QLabel(text, self)
        words.setWordWrap(True)
        self.rows.addWidget(words)
        self.problem = QLabel("", self)
        self.problem.setProperty("role", "problem")
        self.problem.setWordWrap(True)
        self.problem.hide()
        cancel, self.button = QPushButton(_("取消"), self), QPushButton(act_title, self)
        self.button.setProperty("kind", "primary")
        self.button.setDefault(True)
        self._cancel = cancel
        cancel.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(cancel)
        foot.addWidget(self.button)
        self.rows.addWidget(self.problem)
        self.rows.addLayout(foot)

    def put(self, widget: QWidget) -> None:
        """The widget stands between the sentence and the buttons and has the keyboard."""
        self.rows.insertWidget(self.rows.count() - 2, widget)
        QWidget.setTabOrder(widget, self.button)
        QWidget.setTabOrder(self.button, self._cancel)
        widget.setFocus()

    def say(self, problem: str) -> None:
        """Why it cannot go on."""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))


def confirm(parent: QWidget, title: str, text: str, act_title: str, act: Callable[[], None]) -> Question:
    """Asks before something that cannot be taken back (submit, import); everything else gets an undo bar."""
    dialog = Question(title, text, act_title, parent)
    dialog.button.clicked.connect(dialog.accept)
    dialog.accepted.connect(lambda: act())
    dialog.open()
    return dialog


class _Reason(NotesEditor):
    """A sentence; Enter is the end of it, Shift+Enter goes on below."""

    def _is_enter(self, event: QKeyEvent) -> bool:
        return event.key() in _ENTER and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier


def ask_reason(parent: QWidget, title: str, text: str, act_title: str, act: Callable[[str], None]) -> Question:
    """Asks for the reason of a correction or voiding; an empty one is refused."""
    dialog = Question(title, text, act_title, parent)
    notes = _Reason(_("原因"), rows=2)
    notes.text.setAccessibleName(_("原因"))
    dialog.put(notes)

    def go() -> None:
        if reason := notes.value():
            dialog.accept()
            act(reason)
        else:
            dialog.say(_("请写明原因, 一句话即可。"))
            notes.setFocus()

    notes.entered.connect(go)
    dialog.button.clicked.connect(go)
    dialog.open()
    return dialog


def ask_password(parent: QWidget, title: str, text: str, act_title: str, act: Callable[[str], None]) -> Question:
    """Asks for a password; the act gets it as typed."""
    dialog = Question(title, text, act_title, parent)
    line = QLineEdit(dialog)
    line.setEchoMode(QLineEdit.EchoMode.Password)
    line.setAccessibleName(_("口令"))
    dialog.put(line)

    def go() -> None:
        if line.text():
            dialog.accept()
            act(line.text())
        else:
            dialog.say(_("请输入口令。"))

    dialog.button.clicked.connect(go)
    dialog.open()
    return dialog
