"""Collapsible notes, and the five of a visit: 看 听 报 防 帮."""

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from app.i18n import N_, _
from app.ui.icons import dress, pixmap
from app.ui.theme import theme
from app.ui.widgets.fields import Editor, NotesEditor, column

#: name, icon, title, what to write
STEPS = (
    ("saw", "saw", N_("看"), N_("看到的: 家庭状况、居住环境、安全隐患")),
    ("heard", "heard", N_("听"), N_("听到的: 想法、意见、诉求")),
    ("reported", "reported", N_("报"), N_("上报的: 需要别人解决的事")),
    ("prevented", "prevented", N_("防"), N_("防范的: 提醒、劝导、排查")),
    ("helped", "helped", N_("帮"), N_("帮助的: 当场做了什么")),
)
FIVE = tuple(step[0] for step in STEPS)


class Fold(QFrame):
    """A title that opens and closes what is below it; the first line of it is read beside the title when closed."""

    opened = Signal()

    def __init__(
        self, title: str, picture: str, inside: QWidget, hint: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._hint = hint
        self.setProperty("role", "note")
        self._title = title
        self.head = QToolButton(self)
        self.head.setText(f" {title}")
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.head.setCheckable(True)
        self.head.setProperty("role", "fold")
        dress(self.head, picture, "accent")
        self.line = QLabel("", self)
        self.line.setProperty("role", "caption")
        self.inside = inside
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.head)
        top.addWidget(self.line)
        top.addStretch(1)
        self._arrow = QLabel(self)
        top.addWidget(self._arrow)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(8, 4, 8, 6)
        rows.setSpacing(4)
        rows.addLayout(top)
        rows.addWidget(inside)
        self.head.toggled.connect(self._toggle)
        self._toggle(False)

    def open(self, on: bool = True) -> None:
        """Opened or closed."""
        self.head.setChecked(on)

    def summary(self, text: str) -> None:
        """Beside the title while closed."""
        self.line.setText(text.split("\n")[0][:60] or self._hint)

    def _toggle(self, on: bool) -> None:
        self.inside.setVisible(on)
        self.line.setVisible(not on)
        self._arrow.setPixmap(pixmap("down" if on else "right", theme().secondary, 16, self.devicePixelRatio()))
        self.head.setAccessibleName(self._title)
        self.head.setAccessibleDescription(_("已展开") if on else _("已收起"))
        if on:
            self.opened.emit()


class FiveNotes(Editor):
    """看听报防帮 as five notes, the first open; the value is a dict of the five names (use `spread=FIVE`)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        box = QWidget(self)
        rows = column(box, 6)
        self._row.addWidget(box)
        self.notes: dict[str, NotesEditor] = {}
        self.folds: dict[str, Fold] = {}
        for name, picture, title, hint in STEPS:
            note = NotesEditor(_(hint), rows=3)
            note.text.setAccessibleName(f"{_(title)}: {_(hint)}")
            note.changed.connect(self.changed)
            fold = Fold(_(title), picture, note, _(hint), self)
            note.text.textChanged.connect(lambda f=fold, n=note: f.summary(n.value() or ""))
            fold.head.clicked.connect(lambda on, n=note: n.setFocus() if on else None)
            fold.summary("")
            fold.head.installEventFilter(self)
            note.text.installEventFilter(self)
            rows.addWidget(fold)
            self.notes[name], self.folds[name] = note, fold
        self.folds[FIVE[0]].open()
        self.setFocusProxy(self.notes[FIVE[0]].text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent):
            self._walked(watched, event)
        return super().eventFilter(watched, event)

    def _walked(self, watched: QObject, event: QFocusEvent) -> None:
        """Tab opens the note it comes to, so that nothing typed there is lost; one left empty closes again."""
        onward = event.reason() == Qt.FocusReason.TabFocusReason
        for name, fold in self.folds.items():
            note = self.notes[name]
            if watched is fold.head and event.gotFocus() and onward:
                fold.open()
                note.setFocus()
            elif watched is note.text and event.lostFocus() and onward and not note.value():
                fold.open(name == FIVE[0])

    def value(self) -> dict[str, Any]:
        return {name: note.value() for name, note in self.notes.items()}

    def set_value(self, value: Any) -> None:
        for name, note in self.notes.items():
            note.set_value((value or {}).get(name))
            self.folds[name].open(name == FIVE[0] or bool(note.value()))

    def target(self) -> QWidget:
        return self.notes[FIVE[0]].text
