"""The table of 补录: the columns of the paper in their order, typed from the keyboard alone; findings lie behind its cells."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem, QWidget

from app.i18n import _
from app.ui.desk import Desk
from app.ui.ledgers.keying_cells import CellLine, Cells, finder
from app.ui.theme import look, theme
from app.ui.widgets.pickers import Find

if TYPE_CHECKING:
    from app.ledgers.keying import Form
    from app.services.imports.findings import Finding

#: How strong a tint stands behind a cell, of 255.
_SHARE = 40
_MARKS = {"taken": "✓", "warning": "✓!", "refused": "✗", "twice": "＝", "chosen": "＝✓"}
#: Fields that hold several names.
_SEVERAL = ("visitors", "helpers", "found_by", "checked_by", "duties", "tag", "reporter")
#: Columns for sentences.
_WIDE = ("content", "text", "what", "hazard", "controls", "measures")


class KeyingTable(QTableWidget):
    """`edited` when something in it changed by hand, `row_done` when Enter is pressed past the last column of a row."""

    edited = Signal()
    row_done = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.form: Form | None = None
        self._finders: list[tuple[Find | None, bool]] = []
        self._quiet = False
        self.setAccessibleName(_("补录的表, 列序同纸上"))
        self.cells = Cells(lambda at: self._finders[at], self)
        self.setItemDelegate(self.cells)
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.AnyKeyPressed | triggers.DoubleClicked | triggers.EditKeyPressed)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        self.verticalHeader().setDefaultSectionSize(look().row)
        self.cellClicked.connect(self.go)
        self.itemChanged.connect(lambda _item: None if self._quiet else self.edited.emit())
        self.cells.went.connect(self.step)
        self.cells.rowed.connect(self.move_row)
        self.cells.finished.connect(self.row_done)
        self.cells.typed.connect(self.edited)

    # --- what stands in it ------------------------------------------------------------------------------------------

    def lay_out(self, form: "Form") -> None:
        """The columns are those of this paper, and nothing stands in them."""
        self.form = form
        self.clear()
        self.setRowCount(0)
        self.setColumnCount(len(form.columns))
        self._finders = []
        for at, one in enumerate(form.columns):
            head = QTableWidgetItem(one.title + (" *" if one.required else ""))
            if one.field is None:
                head.setToolTip(_("这一栏由程序填写, 不用录"))
            self.setHorizontalHeaderItem(at, head)
            self._finders.append((finder(self.desk, self, one.finds, one.choices), one.field in _SEVERAL))
            wide = {"n": 44}.get(one.key, 96 if one.finds != "home" else 190)
            self.setColumnWidth(at, 200 if one.key in _WIDE else wide)

    def fill(self, rows: Sequence[Sequence[str]]) -> None:
        """These rows stand in it, with an empty one below."""
        self.setRowCount(0)
        for row in rows:
            self.add_row(row)
        if not self.rowCount() or self.filled(self.rowCount() - 1):
            self.add_row([])

    def add_row(self, texts: Sequence[str] = ()) -> None:
        """One more row at the end, numbered."""
        assert self.form is not None
        self._quiet = True
        row = self.rowCount()
        self.insertRow(row)
        self.setVerticalHeaderItem(row, QTableWidgetItem(str(row + 1)))
        for at, one in enumerate(self.form.columns):
            text = texts[at] if at < len(texts) else ""
            item = QTableWidgetItem(text or (str(row + 1) if one.key == "n" else ""))
            if one.field is None:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
                item.setBackground(_brush("", True))
            self.setItem(row, at, item)
        self._quiet = False

    def take_out(self, row: int) -> list[str]:
        """The row is gone, and what stood in it is given back; one row stays."""
        texts = self.texts()[row]
        self.removeRow(row)
        if not self.rowCount():
            self.add_row()
        return texts

    def texts(self) -> list[list[str]]:
        """What stands in the cells."""
        return [
            [item.text() if (item := self.item(row, at)) else "" for at in range(self.columnCount())]
            for row in range(self.rowCount())
        ]

    def holds(self, row: Sequence[str]) -> bool:
        """Something besides its number stands in a row of these texts."""
        from app.ledgers import keying

        return self.form is not None and keying.filled(self.form, row)

    def filled(self, row: int) -> bool:
        """Something besides its number stands in this row."""
        return self.holds(self.texts()[row])

    def commit(self) -> None:
        """What is being typed is in the table."""
        for line in self.findChildren(CellLine):
            if line.isVisible():
                self.cells.commitData.emit(line)

    # --- moving -----------------------------------------------------------------------------------------------------

    def go(self, row: int, at: int) -> None:
        """This cell has the keyboard and can be typed into."""
        self.setCurrentCell(row, at)
        item = self.item(row, at)
        if item is not None:
            self.scrollToItem(item)
            self.setFocus()
            self.editItem(item)

    def begin_row(self, row: int) -> None:
        """The first cell of this row that is typed into has the keyboard."""
        self.go(row, self._next(-1))

    def step(self, by: int) -> None:
        """The next cell of the paper, or the one before; past the last one the row is done."""
        row, at = self.currentRow(), self._next(self.currentColumn(), by)
        if 0 <= at < self.columnCount():
            self.go(row, at)
        elif by > 0:
            self.row_done.emit()
        elif row > 0:
            self.go(row - 1, self._next(self.columnCount(), -1))

    def move_row(self, by: int) -> None:
        """The same cell of the row below or above."""
        row = self.currentRow() + by
        if 0 <= row < self.rowCount():
            self.go(row, self.currentColumn())

    def _next(self, at: int, by: int = 1) -> int:
        """The next column that is typed into; the number in front is only passed."""
        assert self.form is not None
        columns = self.form.columns
        at += by
        while 0 <= at < len(columns) and (columns[at].field is None or columns[at].key == "n"):
            at += by
        return at

    # --- what was found ---------------------------------------------------------------------------------------------

    def paint_findings(self, states: Mapping[int, str], told: "Mapping[int, list[Finding]]") -> None:
        """Each row bears the mark of its state, each cell the tint and the words of what was found in it."""
        from app.ledgers import keying

        assert self.form is not None
        self._quiet = True
        for row in range(self.rowCount()):
            head = self.verticalHeaderItem(row) or QTableWidgetItem()
            head.setText(f"{row + 1} {_MARKS.get(states.get(row, ''), '')}".strip())
            self.setVerticalHeaderItem(row, head)
            wrong = {keying.column_of(self.form, one.field): one for one in reversed(told.get(row, []))}
            for at in range(self.columnCount()):
                item = self.item(row, at)
                if item is None:
                    continue
                finding = wrong.get(at)
                item.setToolTip(finding.message if finding else "")
                item.setData(int(Qt.ItemDataRole.AccessibleDescriptionRole), finding.message if finding else "")
                item.setBackground(_brush(finding.state if finding else "", self.form.columns[at].field is None))
        self._quiet = False


def _brush(state: str, filled_in: bool) -> QBrush:
    colour = {"refused": theme().overdue, "warning": theme().waiting, "twice": theme().conflict}.get(state)
    if colour is None:
        return QBrush(QColor(theme().ground)) if filled_in else QBrush()
    tint = QColor(colour)
    tint.setAlpha(_SHARE)
    return QBrush(tint)
