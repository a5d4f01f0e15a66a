"""Which rows a layout lists: a column, how it compares, and with what."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from app.i18n import _
from app.ui.ledgers.design import Begun


class ConditionLine(QWidget):
    """Column, how it compares, with what; nothing chosen means no condition."""

    changed = Signal()

    def __init__(self, begun: Begun, parent: QWidget | None = None) -> None:
        from app.ledgers.layout_plan import HOWS

        super().__init__(parent)
        self.key, self.how, self.value = QComboBox(self), QComboBox(self), QLineEdit(self)
        self.key.addItem(_("全部"), "")
        for column in begun.known:
            if column.key != "n":
                self.key.addItem(column.title, column.key)
        for how, words in HOWS.items():
            self.how.addItem(_(words), how)
        for box, words in ((self.key, _("筛选的列")), (self.how, _("怎样比较")), (self.value, _("和什么比较"))):
            box.setAccessibleName(words)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        line.addWidget(self.key, 3)
        line.addWidget(self.how, 2)
        line.addWidget(self.value, 3)
        self.key.activated.connect(lambda _at: self._told())
        self.how.activated.connect(lambda _at: self._told())
        self.value.editingFinished.connect(self.changed)
        self._rest()

    def condition(self) -> Any:
        """What is set here; None for nothing."""
        from app.ledgers.layout_plan import Condition

        bare = self.how.currentData() in ("empty", "filled")
        value = "" if bare else self.value.text().strip()
        if not self.key.currentData() or not (bare or value):
            return None
        return Condition(self.key.currentData(), self.how.currentData(), value)

    def show_condition(self, condition: Any) -> None:
        """This condition stands here, or none."""
        if condition is None:
            if self.condition() is not None:
                self.key.setCurrentIndex(0)
                self.value.clear()
        else:
            self.key.setCurrentIndex(max(0, self.key.findData(condition.key)))
            self.how.setCurrentIndex(max(0, self.how.findData(condition.how)))
            self.value.setText(condition.value)
        self._rest()

    def _told(self) -> None:
        self._rest()
        self.changed.emit()

    def _rest(self) -> None:
        chosen = bool(self.key.currentData())
        self.how.setEnabled(chosen)
        self.value.setEnabled(chosen and self.how.currentData() not in ("empty", "filled"))
