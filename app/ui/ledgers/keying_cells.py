"""A cell of the paper being keyed in: a line with type-ahead for people, homes, grids, units and labels."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QBrush, QFocusEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import QLineEdit, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.ui.desk import Desk
from app.ui.tasks import Session
from app.ui.widgets.pickers import Find, OfferPopup, Pick

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_PARTS = "、,，;；"
Index = QModelIndex | QPersistentModelIndex


class CellLine(QLineEdit):
    """Enter and Tab go on, Ctrl+Enter ends the row; ↓ and Enter take what is offered for the last of several names."""

    went = Signal(int)  # cells forward (or back)
    rowed = Signal(int)  # rows down (or up)
    finished = Signal()
    typed = Signal()

    def __init__(self, find: Find | None, several: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._find, self._several = find, several
        self._asked = ""
        self._popup = OfferPopup(self)
        self._popup.list.itemClicked.connect(lambda _item: self._take())
        self._later = QTimer(self, singleShot=True, interval=120)
        self._later.timeout.connect(self._ask)
        self.setFrame(False)
        self.textEdited.connect(lambda _text: self._later.start())
        self.textEdited.connect(lambda _text: self.typed.emit())

    def _last(self) -> str:
        """What is being typed: of several names the last."""
        text = self.text()
        return text[max(map(text.rfind, _PARTS)) + 1 :].strip() if self._several else text.strip()

    def _ask(self) -> None:
        self._asked = self._last()
        asked = self._asked
        if asked and self._find is not None:
            self._find(asked, lambda picks: self._offer(asked, picks))
        else:
            self._popup.hide()

    def _offer(self, asked: str, picks: Sequence[Pick]) -> None:
        if asked == self._asked and self.hasFocus():
            self._popup.offer([pick for pick in picks if pick.title != asked], self)

    def _take(self) -> bool:
        pick = self._popup.current()
        if pick is None:
            return False
        text = self.text()
        kept = text[: max(map(text.rfind, _PARTS)) + 1] if self._several else ""
        self.setText(kept + pick.title)
        self._asked = ""
        self._popup.hide()
        return True

    def event(self, event: QEvent) -> bool:
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if pressed and event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):  # type: ignore[attr-defined]
            self._take()
            self.went.emit(1 if event.key() == Qt.Key.Key_Tab else -1)  # type: ignore[attr-defined]
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, control = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        step = {int(Qt.Key.Key_Down): 1, int(Qt.Key.Key_Up): -1}.get(key)
        if key in _ENTER and control:
            self.finished.emit()
        elif key in _ENTER:
            self._take()
            self.went.emit(1)
        elif step is not None and self._popup.isVisible():
            self._popup.move_by(step)
        elif step is not None:
            self.rowed.emit(step)
        elif key == Qt.Key.Key_Escape and self._popup.isVisible():
            self._asked = ""
            self._popup.hide()
        elif key == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._popup.hide()
        super().focusOutEvent(event)


class Cells(QStyledItemDelegate):
    """Makes the line of a cell; `went`, `rowed`, `finished` and `typed` are those of the line in use."""

    went = Signal(int)
    rowed = Signal(int)
    finished = Signal()
    typed = Signal()

    def __init__(self, finds: Callable[[int], tuple[Find | None, bool]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._finds = finds

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """The tint of the cell lies behind its text, whatever the theme does with cells."""
        brush = index.data(int(Qt.ItemDataRole.BackgroundRole))
        if isinstance(brush, QBrush) and brush.style() != Qt.BrushStyle.NoBrush:
            painter.fillRect(option.rect, brush)  # type: ignore[attr-defined]
        super().paint(painter, option, index)

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: Index) -> QWidget:
        line = CellLine(*self._finds(index.column()), parent)
        later = Qt.ConnectionType.QueuedConnection  # the line is gone once another cell is in hand
        line.went.connect(self.went, later)
        line.rowed.connect(self.rowed, later)
        line.finished.connect(self.finished, later)
        line.typed.connect(self.typed)
        return line

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        if isinstance(editor, CellLine) and not editor.isModified():
            editor.setText(str(index.data() or ""))

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        if isinstance(editor, CellLine) and editor.text().strip() != str(index.data() or ""):
            model.setData(index, editor.text().strip())

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        """Keys are the line's own; only leaving it ends the editing."""
        if event.type() == QEvent.Type.KeyPress:
            return False
        return super().eventFilter(editor, event)


def found(s: Session, what: str, text: str, choices: Sequence[str]) -> list[Pick]:
    """What fits the words: people, homes, grids, units on record, or labels of the column."""
    from app.models.names import place_keys
    from app.services import people, units

    if what == "person":
        rows = people.like(s, text)
        return [Pick(row.name, row.name, " · ".join(p for p in (row.address, row.job, row.grid) if p)) for row in rows]
    if what == "home":
        return [
            Pick(row.address, row.address, " · ".join(p for p in (row.head, row.grid) if p))
            for row in people.homes_like(s, text)
        ]
    listed = [(label, "") for label in choices]
    if what == "grid":
        listed = [(row.name, row.unit) for row in units.grids(s)]
    elif what == "unit":
        listed = [(row.name, "") for row in units.tree(s)]
    said = text.lower()
    return [
        Pick(name, name, detail)
        for name, detail in listed
        if said in name.lower() or place_keys(name)[0].startswith(said)
    ][:50]


def finder(desk: Desk, owner: QObject, what: str, choices: Sequence[str] = ()) -> Find | None:
    """What the line of a column asks while it is typed into; None where nothing is offered."""
    if not what:
        return None

    def find(text: str, deliver: Callable[[Sequence[Pick]], None]) -> None:
        desk.tasks.read(lambda s: found(s, what, text, choices), deliver, owner=owner)

    return find
