"""The rows as they would be on record, before anything is taken: a table for each sheet."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QAbstractItemView, QComboBox, QLabel, QTableWidget, QTableWidgetItem, QWidget

from app.i18n import _
from app.ui.admin.kinds import field_words
from app.ui.widgets.fields import column

if TYPE_CHECKING:
    from app.services.imports.findings import Outcome, SheetOutcome

#: So many rows of a sheet are shown: enough to see whether the columns were understood.
MOST = 200
#: Says a value of a field of a kind in words.
Words = Callable[[str, str, Any], str]


class Preview(QWidget):
    """Which sheet, and its first rows as they would be taken."""

    def __init__(self, words: Words, inner: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words, self._inner = words, inner
        self._outcome: Outcome | None = None
        self.sheet = QComboBox(self)
        self.sheet.setAccessibleName(_("工作表"))
        self.sheet.currentIndexChanged.connect(lambda _at: self._show())
        self.note = QLabel("", self)
        self.note.setProperty("role", "caption")
        self.table = QTableWidget(self)
        self.table.setAccessibleName(_("收入以后是这样"))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setAlternatingRowColors(True)
        self.table.verticalHeader().setVisible(False)
        rows = column(self, 8, (16, 4, 16, 8))
        rows.addWidget(self.sheet)
        rows.addWidget(self.note)
        rows.addWidget(self.table, 1)

    def show_outcome(self, outcome: "Outcome") -> None:
        """The sheets of this file can be looked at."""
        self._outcome = outcome
        self.sheet.clear()
        for sheet in outcome.sheets:
            if sheet.records:
                self.sheet.addItem(sheet.name, sheet.name)
        self.sheet.setVisible(self.sheet.count() > 1)
        self._show()

    def _show(self) -> None:
        sheet = self._chosen()
        self.table.clear()
        self.table.setRowCount(0)
        self.table.setColumnCount(0)
        if sheet is None or sheet.kind is None:
            self.note.setText(_("没有可以收入的行。"))
            return
        records = sheet.records[:MOST]
        words = _("收入以后是这样, 共 {all} 行, 这里是前 {n} 行。行号是原表的行号。")
        self.note.setText(words.format(all=f"{len(sheet.records):,}", n=len(records)))
        fields = self._fields(records)
        self.table.setColumnCount(len(fields) + 1)
        self.table.setHorizontalHeaderLabels([_("行"), *(field_words(sheet.kind, field) for field in fields)])
        self.table.setRowCount(len(records))
        for at, record in enumerate(records):
            told = [str(record["row"]), *(self._words(sheet.kind, field, record.get(field)) for field in fields)]
            for place, text in enumerate(told):
                self.table.setItem(at, place, QTableWidgetItem(text[:200].replace("\n", " ")))
        self.table.resizeColumnsToContents()
        for place in range(self.table.columnCount()):
            self.table.setColumnWidth(place, min(self.table.columnWidth(place) + 12, 260))

    def _chosen(self) -> "SheetOutcome | None":
        name = self.sheet.currentData()
        return next((one for one in self._outcome.sheets if one.name == name), None) if self._outcome else None

    def _fields(self, records: tuple[Mapping[str, Any], ...]) -> list[str]:
        """The fields that hold something, in their order."""
        fields = dict.fromkeys(field for record in records for field in record if field not in self._inner)
        return [field for field in fields if any(record.get(field) not in (None, "", []) for record in records)]
