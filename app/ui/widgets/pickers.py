"""Type-ahead: people, households, codes, found while typing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.i18n import _
from app.ui.icons import dress
from app.ui.widgets.choices import Flow, Option
from app.ui.widgets.fields import Editor
from app.ui.widgets.offers import OfferList


@dataclass(frozen=True)
class Pick:
    """Something that can be picked: its value, its name, and what tells it from its namesakes."""

    value: Any
    title: str
    detail: str = ""


#: Given the words and where to deliver; delivers later on the window's thread, e.g.
#: `lambda text, deliver: desk.tasks.read(lambda s: people.picks(s, text), deliver, owner=self)`.
Find = Callable[[str, Callable[[Sequence[Pick]], None]], None]


def among(options: Sequence[Option]) -> Find:
    """Finds among a fixed list of (value, label)."""

    def find(text: str, deliver: Callable[[Sequence[Pick]], None]) -> None:
        deliver([Pick(value, label) for value, label in options if text.lower() in label.lower()][:50])

    return find


def name_of(value: Any) -> str:
    """A Pick's title, a mapping's name, else the value as text."""
    if isinstance(value, Pick):
        return value.title
    return str(value.get("name", "")) if isinstance(value, dict) else str(value)


class PickEditor(Editor):
    """Type, ↓, Enter. One value, or with `several` a list shown as chips; `free` makes a value of unknown words.

    `set_value` takes values or Picks; `describe` gives the name of a bare value.
    """

    def __init__(
        self,
        find: Find,
        several: bool = False,
        free: Callable[[str], Any] | None = None,
        describe: Callable[[Any], str] = name_of,
        placeholder: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._find, self._several, self._free, self._describe = find, several, free, describe
        self._chosen: list[Pick] = []
        self._asked: str | None = None
        self._box = QWidget(self)
        rows = QVBoxLayout(self._box)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        self._chips = QWidget(self._box)
        self._flow = Flow(self._chips, 6)
        self._chips.hide()
        self.line = QLineEdit(self._box)
        self.line.setPlaceholderText(placeholder or _("输入汉字、拼音首字母或编号"))
        rows.addWidget(self._chips)
        rows.addWidget(self.line)
        self._row.addWidget(self._box)
        self._popup = OfferPopup(self)
        self._popup.list.itemClicked.connect(lambda _item: self._take_current())
        self._later = QTimer(self, singleShot=True, interval=120)
        self._later.timeout.connect(self._ask)
        self.line.textEdited.connect(self._edited)
        self._watch(self.line)

    def value(self) -> Any:
        values = [pick.value for pick in self._chosen]
        words = self.line.text().strip()
        if words and self._free is not None and (self._several or not values):
            values.append(self._free(words))
        if self._several:
            return values
        return values[0] if values else None

    def set_value(self, value: Any) -> None:
        values = [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]
        words = [v for v in values if isinstance(v, dict) and "$typed" in v]
        self._chosen = [self._pick(v) for v in values if v not in words]
        self.line.setText(words[0]["$typed"] if words else "")
        self._show()

    def draft(self) -> Any:
        picks = [{"$pick": [pick.value, pick.title, pick.detail]} for pick in self._chosen]
        words = self.line.text().strip()
        return picks + ([{"$typed": words}] if words and (self._several or not picks) else [])

    def _pick(self, value: Any) -> Pick:
        if isinstance(value, dict) and "$pick" in value:
            return Pick(*value["$pick"])
        return value if isinstance(value, Pick) else Pick(value, self._describe(value))

    def problem(self) -> str:
        if self.line.text().strip() and self._free is None and (self._several or not self._chosen):
            return _("请从列表中选择, 或清空。")
        return ""

    def target(self) -> QWidget:
        return self.line

    # --- typing and choosing ----------------------------------------------------------------------------------------

    def _edited(self, _text: str) -> None:
        if not self._several and self._chosen:
            self._chosen = []
        self._later.start()
        self.changed.emit()

    def _ask(self) -> None:
        self._asked = self.line.text().strip()
        asked = self._asked
        if asked:
            self._find(asked, lambda picks: self._offer(asked, picks))
        else:
            self._popup.hide()

    def _offer(self, asked: str, picks: Sequence[Pick]) -> None:
        if asked == self._asked and self.line.hasFocus():
            self._popup.offer([p for p in picks if p.value not in [c.value for c in self._chosen]], self.line)

    def _take_current(self) -> bool:
        pick = self._popup.current()
        if pick is None:
            words = self.line.text().strip()
            if not (words and self._free is not None and self._several):
                return False
            pick = Pick(self._free(words), words)
        self._chosen = [*self._chosen, pick] if self._several else [pick]
        self._asked = None
        self._popup.hide()
        self.line.clear()
        self._show()
        self.changed.emit()
        return True

    def _drop(self, pick: Pick) -> None:
        self._chosen = [one for one in self._chosen if one is not pick]
        self._show()
        self.line.setFocus()
        self.changed.emit()

    def _show(self) -> None:
        if not self._several:
            self.line.setText(self._chosen[0].title if self._chosen else self.line.text())
            return
        while (item := self._flow.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for pick in self._chosen:
            chip = QPushButton(pick.title, self._chips)
            chip.setProperty("kind", "chip")
            chip.setToolTip(pick.detail)
            chip.setAccessibleName(_("移除 {name}").format(name=pick.title))
            dress(chip, "close", "secondary")
            chip.clicked.connect(lambda _on, p=pick: self._drop(p))
            self._flow.addWidget(chip)
        self._chips.setVisible(bool(self._chosen))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and not self.composing():
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self._popup.isVisible():
                self._popup.move_by(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
            if event.key() == Qt.Key.Key_Escape and self._popup.isVisible():
                self._popup.hide()
                return True
            if event.key() == Qt.Key.Key_Backspace and self._several and not self.line.text() and self._chosen:
                self._drop(self._chosen[-1])
                return True
            if self._is_enter(event) and self.line.text().strip() and (self._several or not self._chosen):
                took = self._take_current()
                if not self._several and (took or self._free is not None):  # words of one's own stay as written
                    self.entered.emit()
                return True
        if isinstance(event, QFocusEvent) and event.lostFocus():
            self._popup.hide()
        return super().eventFilter(watched, event)


class OfferPopup(QFrame):
    """The offers under the line; never takes the keyboard, so that an input method keeps composing."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.ToolTip)  # the one kind of window that is never activated
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setProperty("role", "float")
        self.list = OfferList(self)
        self.list.setAccessibleName(_("找到的内容"))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(1, 1, 1, 1)
        rows.addWidget(self.list)
        self._picks: list[Pick] = []

    def offer(self, picks: Sequence[Pick], under: QWidget) -> None:
        """These are offered, the first is current; nothing found hides the list."""
        self._picks = list(picks)
        self.list.clear()
        for pick in self._picks:
            self.list.put(pick.title, pick.detail)
        if not self._picks:
            self.hide()
            return
        self.list.setCurrentRow(0)
        height = self.list.sizeHintForRow(0) * min(8, len(self._picks)) + 14
        self.setGeometry(0, 0, max(280, under.width()), height)
        self.move(under.mapToGlobal(QPoint(0, under.height() + 2)))
        self.show()

    def current(self) -> Pick | None:
        """The marked offer while the list is seen."""
        at = self.list.currentRow()
        return self._picks[at] if self.isVisible() and 0 <= at < len(self._picks) else None

    def move_by(self, step: int) -> None:
        """The mark moves."""
        self.list.move_by(step)
