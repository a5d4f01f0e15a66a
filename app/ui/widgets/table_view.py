"""The table as it is seen: fixed widths that are remembered, sort marks, chips, keys."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QVBoxLayout, QWidget

from app.i18n import _
from app.ui.places import Places
from app.ui.theme import look, mark
from app.ui.widgets.chips import ChipDelegate
from app.ui.widgets.table import TableModel


class TableView(QFrame):
    """A framed table over a TableModel. Enter or a double click opens, Space selects, a header click sorts."""

    opened = Signal(object)  # row
    current_changed = Signal(object)  # row or None
    selection_changed = Signal(int)  # how many rows
    sorted = Signal(str, bool)  # sort key, descending

    def __init__(
        self, model: TableModel, places: Places | None = None, key: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "table")
        self.model = model
        self._places, self._key = places, key
        self._kept: tuple[Any, list[Any], int] = (None, [], 0)
        self.view = QTableView(self)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(1, 1, 1, 1)
        rows.addWidget(self.view)
        self._dress()
        self.view.setModel(model)
        self._columns()
        self.setFocusProxy(self.view)
        self.view.installEventFilter(self)
        self.view.doubleClicked.connect(self._open)
        selection = self.view.selectionModel()
        selection.currentRowChanged.connect(self._moved)
        selection.selectionChanged.connect(lambda *_: self.selection_changed.emit(self.selected_count))
        model.dataChanged.connect(self._arrived)
        model.modelAboutToBeReset.connect(self._keep)
        model.modelReset.connect(self._bring_back)

    def current(self) -> Any | None:
        """The row with the keyboard."""
        index = self.view.currentIndex()
        return self.model.row(index.row()) if index.isValid() else None

    @property
    def selected_count(self) -> int:
        """How many rows are selected."""
        return len(self._numbers())

    def selected(self) -> list[Any]:
        """The ids of the selected rows, top first."""
        return self.model.ids(sorted(self._numbers()))

    def _numbers(self) -> set[int]:
        ranges = self.view.selectionModel().selection()
        return {number for part in ranges for number in range(part.top(), part.bottom() + 1)}  # type: ignore[attr-defined]

    def show_record(self, record_id: Any) -> bool:
        """The row with this id has the keyboard; False when the list does not know it."""
        number = self.model.find(record_id).get(record_id)
        if number is not None:
            self.view.selectRow(number)
            self.view.scrollTo(self.model.index(number, 0))
        return number is not None

    @property
    def seen(self) -> tuple[int, int]:
        """The numbers of the first and last row on the screen."""
        first, last = self.view.rowAt(0), self.view.rowAt(self.view.viewport().height() - 1)
        first = max(0, first)
        return first, min(last if last >= 0 else self.model.rowCount() - 1, first + 200)

    def _dress(self) -> None:
        view = self.view
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.setAccessibleName(_("列表"))
        numbers = view.verticalHeader()
        numbers.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        numbers.setDefaultSectionSize(look().row)
        numbers.hide()
        head = view.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setHighlightSections(False)
        head.setSectionsClickable(True)
        head.setSortIndicatorShown(False)
        head.setStretchLastSection(True)
        head.setMinimumSectionSize(48)
        head.setFixedHeight(look().row)
        head.sectionClicked.connect(self._sort)

    def _columns(self) -> None:
        remembered = (self._places.get(f"widths/{self._key}/{look().size}") if self._places else None) or {}
        head = self.view.horizontalHeader()
        for number, column in enumerate(self.model.columns):
            width = max(round(column.width * look().size / 11), head.sectionSizeHint(number))  # the title is read
            self.view.setColumnWidth(number, remembered.get(column.attribute) or width)
            if column.chip is not None:
                self.view.setItemDelegateForColumn(number, ChipDelegate(self.view))
        later = QTimer(self, singleShot=True, interval=300)
        later.timeout.connect(self._remember)
        self.view.horizontalHeader().sectionResized.connect(lambda *_: later.start())

    def _remember(self) -> None:
        if self._places and self._key:
            widths = {c.attribute: self.view.columnWidth(n) for n, c in enumerate(self.model.columns[:-1])}
            self._places.put(f"widths/{self._key}/{look().size}", widths)

    def _sort(self, section: int) -> None:
        key = self.model.columns[section].key
        if not key:
            return
        descending = not self.model.ask.descending if self.model.ask.sort == key else False
        self.show_sort(key, descending)
        self.sorted.emit(key, descending)

    def show_sort(self, key: str, descending: bool) -> None:
        """The header marks this column as the sorted one."""
        head = self.view.horizontalHeader()
        section = next((n for n, c in enumerate(self.model.columns) if c.key == key), -1)
        head.setSortIndicatorShown(section >= 0)
        head.setSortIndicator(section, Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder)

    def _open(self, index: QModelIndex) -> None:
        if (row := self.model.row(index.row())) is not None:
            self.opened.emit(row)

    def _moved(self, current: QModelIndex, _previous: QModelIndex) -> None:
        self.current_changed.emit(self.model.row(current.row()) if current.isValid() else None)

    def _arrived(self, first: QModelIndex, last: QModelIndex) -> None:
        index = self.view.currentIndex()
        if index.isValid() and first.row() <= index.row() <= last.row():
            self.current_changed.emit(self.model.row(index.row()))

    def _keep(self) -> None:
        index = self.view.currentIndex()
        current = self.model.ids([index.row()]) if index.isValid() else []
        self._kept = (current[0] if current else None, self.selected()[:1000], self.view.verticalScrollBar().value())

    def _bring_back(self) -> None:
        """After a reload the same records are current and selected again, as far as they are held."""
        current, chosen, scroll = self._kept
        places = self.model.find(*chosen, *([] if current is None else [current]))
        selection = QItemSelection()
        for number in (places[record_id] for record_id in chosen if record_id in places):
            selection.select(self.model.index(number, 0), self.model.index(number, len(self.model.columns) - 1))
        flags = QItemSelectionModel.SelectionFlag
        if (at := places.get(current)) is not None:
            self.view.selectionModel().setCurrentIndex(self.model.index(at, 0), flags.NoUpdate)
            self.view.verticalScrollBar().setValue(scroll)
        self.view.selectionModel().select(selection, flags.ClearAndSelect | flags.Rows)
        if current is not None and at is None:
            self.current_changed.emit(None)

    def eventFilter(self, watched: Any, event: Any) -> bool:
        pressed = isinstance(event, QKeyEvent) and event.type() == QKeyEvent.Type.KeyPress
        if pressed and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self._open(self.view.currentIndex())
            return True
        if isinstance(event, QFocusEvent):
            mark(self, here=event.gotFocus())
        return super().eventFilter(watched, event)


def titles(columns: Sequence[Any]) -> list[str]:
    """The column titles in the user's language."""
    return [_(column.title) for column in columns]
