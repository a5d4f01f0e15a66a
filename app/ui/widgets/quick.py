"""Editors for quick fingers: a choice that goes on with its digit, a picker that does not lose an early Enter."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

from app.ui.widgets.choices import ChipsEditor, ChoiceEditor, Option
from app.ui.widgets.pickers import Pick, PickEditor

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_DIGITS = tuple(Qt.Key(Qt.Key.Key_1 + n) for n in range(9))


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


class KindsEditor(ChipsEditor):
    """Any of a list; Enter goes on."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if _pressed(event, _ENTER):
            self.entered.emit()
            return True
        return super().eventFilter(watched, event)


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
        if self._hurried and self.line.hasFocus():  # who has gone on meanwhile is not called back
            self._hurried = False
            took = self._take_current()
            if not self._several and (took or self._free is not None):
                self.entered.emit()

    def _edited(self, text: str) -> None:
        self._hurried = False
        super()._edited(text)
