"""Ctrl+K: one field that finds people, households, issues and commands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.i18n import _
from app.ui.icons import icon
from app.ui.widgets.offers import OfferList


@dataclass(frozen=True)
class Hit:
    """Something found: its name, what it is, and what choosing it does."""

    title: str
    detail: str
    icon: str
    act: Callable[[], None]


#: Given the words and where to deliver; delivers later, on the window's thread (use `desk.tasks.read`).
Finder = Callable[[str, Callable[[Sequence[Hit]], None]], None]


class Palette(QDialog):
    """Commands at once, records as the finder delivers them; Enter goes there, Esc goes back."""

    def __init__(self, commands: Sequence[Hit], finder: Finder | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.FramelessWindowHint | Qt.WindowType.Dialog)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("查找"))
        self._commands, self._finder = list(commands), finder
        self._hits: list[Hit] = []
        self._asked = ""
        self.line = QLineEdit(self)
        self.line.setPlaceholderText(_("查找人员、住户、事项, 或输入命令"))
        self.line.setAccessibleName(_("查找"))
        self.line.addAction(icon("search", "secondary"), QLineEdit.ActionPosition.LeadingPosition)
        self.setObjectName("palette")
        self.list = OfferList(self)
        self.list.setAccessibleName(_("找到的内容"))
        self._hint = QLabel(self)
        self._hint.setProperty("role", "caption")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 12, 12, 8)
        rows.setSpacing(8)
        for part in (self.line, self.list, self._hint):
            rows.addWidget(part)
        self.resize(560, 420)
        self._later = QTimer(self, singleShot=True, interval=120)
        self._later.timeout.connect(self._find)
        self.line.textChanged.connect(self._typed)
        self.line.installEventFilter(self)
        self.list.itemActivated.connect(lambda _item: self._go())
        self.list.itemClicked.connect(lambda _item: self._go())
        self._typed("")

    def _typed(self, text: str) -> None:
        said = text.strip().lower()
        self._hint.setText(_("↑ ↓ 选择 · Enter 打开 · Esc 返回"))
        self._show([hit for hit in self._commands if said in hit.title.lower() or said in hit.detail.lower()])
        self._later.start()

    def _find(self) -> None:
        said = self.line.text().strip()
        self._asked = said
        if said and self._finder is not None:
            self._finder(said, lambda hits: self._take(said, hits))

    def _take(self, said: str, hits: Sequence[Hit]) -> None:
        if said == self._asked:
            commands = [hit for hit in self._commands if said.lower() in hit.title.lower()]
            self._show([*hits, *commands])
            if not self._hits:
                self._hint.setText(
                    _("没有找到「{words}」。可以换个写法、拼音首字母或电话尾号再试。").format(words=said)
                )

    def _show(self, hits: Sequence[Hit]) -> None:
        self._hits = list(hits)
        self.list.clear()
        for hit in self._hits:
            self.list.put(hit.title, hit.detail, hit.icon)
        if self._hits:
            self.list.setCurrentRow(0)

    def _go(self) -> None:
        at = self.list.currentRow()
        if 0 <= at < len(self._hits):
            hit = self._hits[at]
            self.accept()
            hit.act()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                self.list.move_by(step)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._go()
                return True
        return super().eventFilter(watched, event)
