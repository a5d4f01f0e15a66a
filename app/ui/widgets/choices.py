"""Choosing one or several of a few: buttons that answer to digits."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QLayout, QLayoutItem, QPushButton, QSizePolicy, QWidget

from app.ui.theme import mark
from app.ui.widgets.fields import Editor

#: (value, label) as code tables give them.
Option = tuple[Any, str]


class Flow(QLayout):
    """Left to right, wrapping to the next line."""

    def __init__(self, parent: QWidget | None = None, gap: int = 8) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, move=True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _place(self, rect: QRect, *, move: bool) -> int:
        x, y, line = rect.x(), rect.y(), 0
        for item in self._items:
            if (widget := item.widget()) is not None and widget.isHidden():
                continue
            hint = item.sizeHint()
            if x > rect.x() and x + hint.width() > rect.right() + 1:
                x, y, line = rect.x(), y + line + self._gap, 0
            if move:
                item.setGeometry(QRect(QPoint(x, y), hint))
            x, line = x + hint.width() + self._gap, max(line, hint.height())
        return y + line - rect.y()


class Toggle(QPushButton):
    """A button that is bold while it is down, and wide enough for that from the start."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setCheckable(True)

    def sizeHint(self) -> QSize:
        hint, bold = super().sizeHint(), self.font()
        bold.setBold(True)
        wider = QFontMetrics(bold).horizontalAdvance(self.text()) - self.fontMetrics().horizontalAdvance(self.text())
        return QSize(hint.width() + max(0, wider), hint.height())


class ChoiceEditor(Editor):
    """One of at most about six, as buttons: digits 1 to 9 choose, ← → move, a second press on an optional one clears."""

    several = False

    def __init__(self, options: Sequence[Option] = (), optional: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._optional = optional
        self._buttons: list[tuple[Any, QPushButton]] = []
        self._unknown: list[Any] = []
        self._box = QWidget(self)
        self._flow = Flow(self._box)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self._box.setSizePolicy(policy)
        self.setSizePolicy(policy)  # a second line of buttons needs its height
        self._row.addWidget(self._box)
        self.set_options(options)

    def set_options(self, options: Sequence[Option]) -> None:
        """The choices are these from now on; what was chosen stays chosen where it still exists."""
        kept = self._chosen()
        for _value, button in self._buttons:
            self._flow.removeWidget(button)
            button.deleteLater()
        self._buttons = []
        for number, (value, label) in enumerate(options, 1):
            button = Toggle(f"{number} {label}" if number <= 9 and not self.several else label, self._box)
            button.setProperty("kind", "chip" if self.several else "choice")
            button.setAccessibleName(label)
            button.clicked.connect(lambda on, v=value: self._press(v, on))
            button.installEventFilter(self)
            self._flow.addWidget(button)
            self._buttons.append((value, button))
        if self._buttons:
            self.setFocusProxy(self._buttons[0][1])
        self._choose(kept)

    def value(self) -> Any:
        chosen = self._chosen()
        return chosen[0] if chosen else None

    def set_value(self, value: Any) -> None:
        self._choose([] if value is None else [value])

    def target(self) -> QWidget:
        return self._buttons[0][1] if self._buttons else self

    def stops(self) -> list[QWidget]:
        return [button for _value, button in self._buttons] or [self]

    def set_wrong(self, wrong: bool) -> None:
        for _value, button in self._buttons:
            mark(button, wrong=wrong)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            number = event.key() - Qt.Key.Key_1
            plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
            if plain and 0 <= number < min(9, len(self._buttons)):
                value, button = self._buttons[number]
                button.setFocus()
                self._press(value, not button.isChecked() if self.several else True)
                return True
            step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}.get(
                Qt.Key(event.key()), 0
            )
            if step and plain:
                at = next((i for i, (_v, b) in enumerate(self._buttons) if b is watched), 0)
                self._buttons[(at + step) % len(self._buttons)][1].setFocus()
                return True
        return super().eventFilter(watched, event)

    def _press(self, value: Any, on: bool) -> None:
        self._choose([value] if on or not self._optional else [])
        self.changed.emit()

    def _choose(self, values: Sequence[Any]) -> None:
        known = [value for value, _button in self._buttons]
        self._unknown = [value for value in values if value not in known]
        for value, button in self._buttons:
            button.setChecked(value in values)

    def _chosen(self) -> list[Any]:
        """A value that is no longer offered (a retired code) is kept, never dropped by opening a form."""
        return [value for value, button in self._buttons if button.isChecked()] + self._unknown


class ChipsEditor(ChoiceEditor):
    """Any number of a list, as chips; the value is a list."""

    several = True

    def value(self) -> list[Any]:
        return self._chosen()

    def set_value(self, value: Any) -> None:
        self._choose(list(value or []))

    def _press(self, value: Any, on: bool) -> None:
        chosen = [one for one in self._chosen() if one != value]
        self._choose([*chosen, value] if on else chosen)
        self.changed.emit()
