"""Editors only a visit needs: the people met with the family at hand, helps with their words."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QPushButton, QWidget

from app.i18n import _
from app.ui.icons import dress
from app.ui.widgets.choices import Flow, Option
from app.ui.widgets.fields import Editor, column
from app.ui.widgets.pickers import Pick, PickEditor
from app.ui.widgets.quick import KindsEditor


class MetEditor(Editor):
    """The people met: a picker, and below it those of the home, one press each."""

    def __init__(self, picker: PickEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picker = picker
        self._family = QWidget(self)
        self._flow = Flow(self._family, 6)
        self._family.hide()
        box = QWidget(self)
        rows = column(box, 6)
        rows.addWidget(picker)
        rows.addWidget(self._family)
        self._row.addWidget(box)
        self._picks: list[Pick] = []
        picker.changed.connect(self.changed)
        picker.changed.connect(self._show)
        picker.entered.connect(self.entered)
        self.setFocusProxy(picker)

    def value(self) -> Any:
        return self.picker.value()

    def set_value(self, value: Any) -> None:
        self.picker.set_value(value)
        if value is None:
            self.suggest(())
        self._show()

    def draft(self) -> Any:
        return self.picker.draft()

    def problem(self) -> str:
        return self.picker.problem()

    def target(self) -> QWidget:
        return self.picker.target()

    def suggest(self, family: Sequence[Pick]) -> None:
        """These people live there."""
        self._picks = list(family)
        self._show()

    def _show(self) -> None:
        while (item := self._flow.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        met = {entry.get("person") for entry in self.value() if isinstance(entry, dict)}
        rest = [pick for pick in self._picks if pick.value["person"] not in met]
        for pick in rest:
            chip = QPushButton(pick.title, self._family)
            chip.setProperty("kind", "chip")
            chip.setToolTip(pick.detail)
            chip.setAccessibleName(_("添加 {name}").format(name=pick.title))
            dress(chip, "add", "secondary")
            chip.clicked.connect(lambda _on, one=pick: self._add(one))
            self._flow.addWidget(chip)
        self._family.setVisible(bool(rest))

    def _add(self, pick: Pick) -> None:
        self.picker.set_value([*self.value(), pick.value])
        self._show()
        self.setFocus()
        self.changed.emit()


class HelpsEditor(Editor):
    """The helps given: kinds as chips, and for each chosen one a line for what was done."""

    def __init__(self, kinds: Sequence[Option], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels = dict(kinds)
        self._words: dict[Any, QLineEdit] = {}
        box = QWidget(self)
        rows = column(box, 8)
        self.kinds = KindsEditor(kinds)
        self._lines = QWidget(box)
        self._grid = QGridLayout(self._lines)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(8)
        self._grid.setColumnStretch(1, 1)
        rows.addWidget(self.kinds)
        rows.addWidget(self._lines)
        self._row.addWidget(box)
        self._lines.hide()
        self.kinds.changed.connect(self._changed)
        self.kinds.entered.connect(self._go_on)
        self.setFocusProxy(self.kinds)

    def value(self) -> list[dict[str, Any]]:
        chosen = self.kinds.value()
        return [{"kind": kind, "what": self._text(kind)} for kind in chosen]

    def set_value(self, value: Any) -> None:
        given = {one["kind"]: one.get("what") for one in value or []}
        self.kinds.set_value(list(given))
        for line in self._words.values():
            line.clear()
        self._show()
        for kind, what in given.items():
            if kind in self._words:
                self._words[kind].setText(what or "")

    def target(self) -> QWidget:
        return self.kinds.target()

    def _text(self, kind: Any) -> str | None:
        line = self._words.get(kind)
        return (line.text().strip() or None) if line is not None else None

    def _changed(self) -> None:
        self._show()
        self.changed.emit()

    def _go_on(self) -> None:
        line = next((self._words[k] for k in self.kinds.value() if k in self._words and not self._text(k)), None)
        if line is not None:
            line.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.entered.emit()

    def _show(self) -> None:
        chosen = self.kinds.value()
        while self._grid.count():
            if (widget := self._grid.takeAt(0).widget()) is not None:
                widget.hide()
                if isinstance(widget, QLabel):
                    widget.deleteLater()
        for row, kind in enumerate(chosen):
            label = QLabel(self._labels.get(kind, str(kind)), self._lines)
            label.setProperty("role", "label")
            line = self._words.get(kind) or self._line(kind)
            self._grid.addWidget(label, row, 0)
            self._grid.addWidget(line, row, 1)
            label.show()
            line.show()
        self._lines.setVisible(bool(chosen))

    def _line(self, kind: Any) -> QLineEdit:
        line = QLineEdit(self._lines)
        line.setPlaceholderText(_("做了什么, 可以不填"))
        line.setAccessibleName(_("{kind}: 做了什么").format(kind=self._labels.get(kind, str(kind))))
        line.textEdited.connect(lambda _text: self.changed.emit())
        line.returnPressed.connect(self._next_line)
        self._words[kind] = line
        return line

    def _next_line(self) -> None:
        shown = [self._words[kind] for kind in self.kinds.value()]
        at = next((n for n, line in enumerate(shown) if line.hasFocus()), len(shown) - 1)
        if at + 1 < len(shown):
            shown[at + 1].setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.entered.emit()
