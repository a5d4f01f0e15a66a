"""Editors only an issue needs: a choice that goes on with its digit, a quick picker, the six elements."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QWidget

from app.i18n import N_, _
from app.ui.widgets.choices import ChoiceEditor, Option
from app.ui.widgets.fields import Editor, column
from app.ui.widgets.notes import Fold
from app.ui.widgets.pickers import Pick, PickEditor

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_DIGITS = tuple(Qt.Key(Qt.Key.Key_1 + n) for n in range(9))
#: name, title, what to write
ELEMENTS = (
    ("who", N_("人"), N_("涉及哪些人")),
    ("matter", N_("事"), N_("什么事, 要什么结果")),
    ("things", N_("物"), N_("涉及的物品、设备、款项")),
    ("duty", N_("责"), N_("该由谁负责")),
    ("when", N_("时间"), N_("从什么时候起, 多久一次")),
    ("where", N_("空间"), N_("在哪里")),
)


def _pressed(event: QEvent, keys: Sequence[Qt.Key]) -> bool:
    if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress or event.key() not in keys:
        return False
    return event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)


class DigitEditor(ChoiceEditor):
    """One of a few: a digit chooses and goes on, Enter goes on, Tab passes the group in one step."""

    def set_options(self, options: Sequence[Option]) -> None:
        super().set_options(options)
        self._one_stop()

    def set_value(self, value: Any) -> None:
        super().set_value(value)
        self._one_stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if _pressed(event, _ENTER):
            self.entered.emit()
            return True
        done = super().eventFilter(watched, event)
        if done and _pressed(event, _DIGITS):
            self._one_stop()
            self.entered.emit()
        return done

    def _one_stop(self) -> None:
        chosen = next((button for _value, button in self._buttons if button.isChecked()), None)
        stop = chosen or (self._buttons[0][1] if self._buttons else None)
        for _value, button in self._buttons:
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if button is stop else Qt.FocusPolicy.ClickFocus)
        if stop is not None:
            self.setFocusProxy(stop)


class QuickPick(PickEditor):
    """A picker for quick fingers: Enter pressed before the offers have come takes the first of them when they come."""

    _hurried = False
    _answered: str | None = ""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if _pressed(event, _ENTER) and not self.composing() and self._waits():
            self._hurried = True
            if self._later.isActive():
                self._later.stop()
                self._ask()
            return True
        return super().eventFilter(watched, event)

    def _waits(self) -> bool:
        typed = bool(self.line.text().strip()) and (self._several or not self._chosen)
        return typed and (self._later.isActive() or (self._asked is not None and self._asked != self._answered))

    def _offer(self, asked: str, picks: Sequence[Pick]) -> None:
        super()._offer(asked, picks)
        if asked != self._asked:
            return
        self._answered = asked
        if self._hurried:
            self._hurried = False
            took = self._take_current()
            if not self._several and (took or self._free is not None):
                self.entered.emit()

    def _edited(self, text: str) -> None:
        self._hurried = False
        super()._edited(text)


class SixElements(Editor):
    """六要素 behind one title: 人 事 物 责 时间 空间; the value is a dict of those that are filled, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        inside = QWidget(self)
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 4, 0, 4)
        grid.setSpacing(8)
        grid.setColumnStretch(1, 1)
        self.lines: dict[str, QLineEdit] = {}
        for row, (name, title, hint) in enumerate(ELEMENTS):
            label = QLabel(_(title), inside)
            label.setProperty("role", "label")
            line = QLineEdit(inside)
            line.setPlaceholderText(_(hint))
            line.setAccessibleName(f"{_(title)}: {_(hint)}")
            line.textEdited.connect(lambda _text: self._edited())
            line.returnPressed.connect(lambda n=row: self._next(n))
            grid.addWidget(label, row, 0)
            grid.addWidget(line, row, 1)
            self.lines[name] = line
        self.fold = Fold(_("六要素"), "template", inside, _("人、事、物、责、时间、空间"), self)
        self.fold.summary("")
        self.fold.head.clicked.connect(lambda on: self.lines["who"].setFocus() if on else None)
        box = QWidget(self)
        column(box).addWidget(self.fold)
        self._row.addWidget(box)
        self._watch(self.fold.head)

    def value(self) -> dict[str, str] | None:
        found = {name: line.text().strip() for name, line in self.lines.items() if line.text().strip()}
        return found or None

    def set_value(self, value: Any) -> None:
        for name, line in self.lines.items():
            line.setText(str((value or {}).get(name) or ""))
        self.fold.open(bool(value))
        self._tell()

    def target(self) -> QWidget:
        return self.fold.head

    def _edited(self) -> None:
        self._tell()
        self.changed.emit()

    def _tell(self) -> None:
        self.fold.summary("; ".join((self.value() or {}).values()))

    def _next(self, row: int) -> None:
        if row + 1 < len(ELEMENTS):
            self.lines[ELEMENTS[row + 1][0]].setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.entered.emit()
