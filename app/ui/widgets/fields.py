"""Editors of one value each, all alike: `value()`, `set_value(v)`, `changed`, `entered`, `set_wrong(bool)`."""

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.i18n import _
from app.ui.theme import look, mark


class Editor(QWidget):
    """Base of every field editor. `changed` after each change by the person, `entered` when Enter leaves the field."""

    changed = Signal()
    entered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def value(self) -> Any:
        """What is entered: None when empty."""
        raise TypeError(f"{type(self).__name__} has no value()")

    def set_value(self, value: Any) -> None:
        """The field shows this value; `changed` is not emitted."""
        raise TypeError(f"{type(self).__name__} has no set_value()")

    def draft(self) -> Any:
        """What a draft keeps so that `set_value` shows the same again."""
        return self.value()

    def problem(self) -> str:
        """Why what is typed cannot be read; empty when it can."""
        return ""

    def target(self) -> QWidget:
        """The widget that takes the keyboard."""
        return self

    def stops(self) -> list[QWidget]:
        """Where Tab stops within it, in their order."""
        return [self.target()]

    def set_wrong(self, wrong: bool) -> None:
        """The field is marked as wrong or right again."""
        mark(self.target(), wrong=wrong)

    def composing(self) -> bool:
        """An input method has an unfinished word here: Enter belongs to it."""
        return bool(self.property("composing"))

    def _watch(self, widget: QWidget) -> None:
        widget.installEventFilter(self)
        self.setFocusProxy(widget)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QInputMethodEvent):
            self.setProperty("composing", bool(event.preeditString()))
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._is_enter(event):
            if self.composing():
                return False
            self.entered.emit()
            return True
        return super().eventFilter(watched, event)

    def _is_enter(self, event: QKeyEvent) -> bool:
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        return event.key() in keys and plain


class TextEditor(Editor):
    """One line of text."""

    def __init__(self, placeholder: str = "", limit: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = QLineEdit(self)
        self.line.setPlaceholderText(placeholder)
        self._limit = limit
        if limit:
            self.line.setMaxLength(limit * 2)  # Qt counts UTF-16 units, rare names take two
        self.line.textEdited.connect(lambda: self.changed.emit())
        self._row.addWidget(self.line)
        self._watch(self.line)

    def value(self) -> Any:
        return self.line.text().strip() or None

    def set_value(self, value: Any) -> None:
        self.line.setText("" if value is None else str(value))
        self.line.setCursorPosition(0)

    def problem(self) -> str:
        if self._limit and len(self.line.text()) > self._limit:
            return _("最多 {n} 个字, 请精简。").format(n=self._limit)
        return ""

    def target(self) -> QWidget:
        return self.line


class NumberEditor(TextEditor):
    """A number within bounds; `unit` stands behind it. Full-width digits are read too."""

    def __init__(
        self, unit: str = "", low: float | None = None, high: float | None = None, decimals: int = 0,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent=parent)
        self._low, self._high, self._decimals = low, high, decimals
        self.line.setMaximumWidth(round(140 * look().size / 11))
        self._row.addWidget(QLabel(unit))
        self._row.addStretch()

    def _read(self) -> float | None:
        try:
            return float(self.line.text().strip().replace(",", "").replace("，", "").replace("。", "."))
        except ValueError:
            return None

    def value(self) -> Any:
        number = self._read()
        if number is None:
            return None
        return round(number, self._decimals) if self._decimals else int(number)

    def draft(self) -> Any:
        return self.line.text() if self.problem() else self.value()

    def problem(self) -> str:
        if not self.line.text().strip():
            return ""
        number = self._read()
        if number is None or (not self._decimals and number != int(number)):
            return _("请填写数字, 例如 30。")
        if (self._low is not None and number < self._low) or (self._high is not None and number > self._high):
            return _("请填写 {low} 到 {high} 之间的数。").format(low=_bound(self._low), high=_bound(self._high))
        return ""


def _bound(number: float | None) -> str:
    return "…" if number is None else f"{number:g}"


class NotesEditor(Editor):
    """Several lines; grows with the text from `rows` to `most` lines. Enter is a new line, Tab goes on."""

    def __init__(self, placeholder: str = "", rows: int = 3, most: int = 10, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QPlainTextEdit(self)
        self.text.setPlaceholderText(placeholder)
        self.text.setTabChangesFocus(True)
        self._rows, self._most = rows, most
        self.text.textChanged.connect(self._edited)
        self._row.addWidget(self.text)
        self._watch(self.text)
        self._quiet = False
        self._fit()

    def value(self) -> str | None:
        return self.text.toPlainText().strip() or None

    def set_value(self, value: Any) -> None:
        self._quiet = True
        self.text.setPlainText("" if value is None else str(value))
        self._quiet = False

    def target(self) -> QWidget:
        return self.text

    def _is_enter(self, event: QKeyEvent) -> bool:
        return False

    def _edited(self) -> None:
        self._fit()
        if not self._quiet:
            self.changed.emit()

    def _fit(self) -> None:
        lines = min(self._most, max(self._rows, round(self.text.document().size().height())))
        self.text.setFixedHeight(lines * self.text.fontMetrics().lineSpacing() + 18)


class CheckEditor(Editor):
    """Yes or no: a box with its words."""

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = QCheckBox(words, self)
        self.box.clicked.connect(lambda: self.changed.emit())
        self._row.addWidget(self.box)
        self._row.addStretch()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)  # its words are never cut
        self._watch(self.box)

    def value(self) -> bool:
        return self.box.isChecked()

    def set_value(self, value: Any) -> None:
        self.box.setChecked(bool(value))

    def target(self) -> QWidget:
        return self.box


def column(parent: QWidget, spacing: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QVBoxLayout:
    """A vertical layout in steps of 4 px."""
    made = QVBoxLayout(parent)
    made.setContentsMargins(*margins)
    made.setSpacing(spacing)
    return made
