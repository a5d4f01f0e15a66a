"""Editors only an issue needs: the six elements."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QWidget

from app.i18n import N_, _
from app.ui.widgets.fields import Editor, column
from app.ui.widgets.notes import Fold

#: name, title, what to write
ELEMENTS = (
    ("who", N_("人"), N_("涉及哪些人")),
    ("matter", N_("事"), N_("什么事, 要什么结果")),
    ("things", N_("物"), N_("涉及的物品、设备、款项")),
    ("duty", N_("责"), N_("该由谁负责")),
    ("when", N_("时间"), N_("从什么时候起, 多久一次")),
    ("where", N_("空间"), N_("在哪里")),
)


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
