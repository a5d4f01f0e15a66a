"""The columns of a layout as a table worked from the keyboard: which are printed, in what order, how called, how wide."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from app.i18n import _
from app.ui.ledgers.design import Design, in_order
from app.ui.theme import look

if TYPE_CHECKING:
    from app.ledgers.page import Column

PRINTED, NAME, TITLE, WIDTH, TOTAL = range(5)
_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_MOVES = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class ColumnsTable(QTableWidget):
    """Space prints a column or not (on 合计: none, sum, count), Alt+↑ ↓ moves it, Enter or typing changes title and width.

    `changed` carries the design as the person has just changed it.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 5, parent)
        self.setAccessibleName(_("列: 空格印或不印, Alt 加上下键移动, 回车改标题和宽度"))
        self.setHorizontalHeaderLabels([_("印"), _("内容"), _("标题"), _("宽 (毫米)"), _("合计")])
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
        )
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(look().row)
        head = self.horizontalHeader()
        for at, width in ((PRINTED, 40), (NAME, 120), (WIDTH, 84), (TOTAL, 64)):
            self.setColumnWidth(at, round(width * look().size / 11))
        head.setSectionResizeMode(TITLE, QHeaderView.ResizeMode.Stretch)
        self._design: Design | None = None
        self._known: Sequence[Column] = ()
        self._rows: list[Column] = []
        self.itemChanged.connect(self._edited)
        self.cellClicked.connect(self._clicked)

    def show_design(self, design: Design, known: "Sequence[Column]", key: str = "") -> None:
        """These columns stand here; the cursor stays on the column it was on, or goes to the one with this key."""
        at = self.currentColumn()
        key = key or self.current_key
        self._design, self._known, self._rows = design, known, in_order(design, known)
        self.blockSignals(True)
        self.setRowCount(len(self._rows))
        for row, column in enumerate(self._rows):
            for place, text in enumerate(self._texts(column)):
                self._put(row, place, text, column)
        self.blockSignals(False)
        row = next((n for n, column in enumerate(self._rows) if column.key == key), 0)
        self.setCurrentCell(row, max(at, NAME))

    @property
    def current_key(self) -> str:
        """The key of the column under the cursor; "" before there is one."""
        return self._rows[self.currentRow()].key if 0 <= self.currentRow() < len(self._rows) else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.state() == QAbstractItemView.State.EditingState:  # the line that is typed in has had the key already
            return
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if alt and (by := _MOVES.get(Qt.Key(event.key()))) is not None:
            self.move_column(by)
        elif event.key() == Qt.Key.Key_Space:
            self.act(self.currentColumn())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self.currentItem()
            if item is not None and item.flags() & Qt.ItemFlag.ItemIsEditable:
                self.editItem(item)
        else:
            super().keyPressEvent(event)

    def move_column(self, by: int) -> None:
        """The column under the cursor stands further left (-1) or right (+1) on the paper."""
        if self._design is not None:
            self._tell(self._design.moved(self.current_key, by))

    def act(self, place: int) -> None:
        """What Space does: on 合计 the next way to sum, elsewhere the column is printed or not."""
        design, key = self._design, self.current_key
        if design is None or not key:
            return
        chosen = design.chosen(key)
        if place != TOTAL:
            self._tell(design.toggled(key))
        elif chosen is not None:
            ways = ["", "sum", "count"] if self._sums(self._rows[self.currentRow()]) else ["", "count"]
            self._tell(design.changed(key, total=ways[(ways.index(chosen.total) + 1) % len(ways)]))

    # --- inside -----------------------------------------------------------------------------------------------------

    def _texts(self, column: "Column") -> tuple[str, ...]:
        assert self._design is not None
        name = f"{column.group} · {column.title}" if column.group else column.title
        chosen = self._design.chosen(column.key)
        if chosen is None:
            return "", name, "", "", ""
        total = {"": "—", "sum": _("求和"), "count": _("计数")}[chosen.total]
        return "✓", name, chosen.title or column.title, str(chosen.width or round(column.width)), total

    def _put(self, row: int, place: int, text: str, column: "Column") -> None:
        assert self._design is not None
        item = QTableWidgetItem(text)
        printed = self._design.chosen(column.key) is not None
        editable = printed and place in (TITLE, WIDTH)
        item.setFlags(_FLAGS | Qt.ItemFlag.ItemIsEditable if editable else _FLAGS)
        if place == PRINTED:
            item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
            item.setData(int(Qt.ItemDataRole.AccessibleTextRole), _("印") if printed else _("不印"))
        if place == NAME:
            item.setToolTip(text)
        self.setItem(row, place, item)

    def _edited(self, item: QTableWidgetItem) -> None:
        design, column = self._design, self._rows[item.row()]
        if design is None or item.column() not in (TITLE, WIDTH):
            return
        text = item.text().strip()
        if item.column() == TITLE:
            self._tell(design.changed(column.key, title="" if text == column.title else text))
        elif text.isdecimal():
            self._tell(design.changed(column.key, width=0 if int(text) == round(column.width) else int(text[:4])))
        else:
            self.show_design(design, self._known)

    def _clicked(self, _row: int, place: int) -> None:
        if place in (PRINTED, TOTAL):
            self.act(place)

    def _tell(self, design: Design) -> None:
        if self._design is not None:
            self.show_design(design, self._known)
            self.changed.emit(design)

    @staticmethod
    def _sums(column: "Column") -> bool:
        return column.kind == "number" and column.summed
