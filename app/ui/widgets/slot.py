"""One field of a form: its label above, help or problem below."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.i18n import _
from app.ui.icons import pixmap
from app.ui.theme import theme
from app.ui.widgets.fields import Editor, column


@dataclass(frozen=True)
class Field:
    """One field: name of the value, label (N_), how to make its editor, and what stands below it."""

    name: str
    label: str
    make: Callable[[], Editor]
    required: bool = False
    help: str = ""
    shown_if: Callable[[Mapping[str, Any]], bool] | None = None
    repeat: bool = True  # F3 takes this value over from the last record
    spread: tuple[str, ...] = ()  # the editor's value is a dict of these names, each a value of the form


@dataclass(frozen=True)
class Group:
    """A light title above the fields that follow, there while one of them is."""

    title: str


class Slot(QWidget):
    """A field with its label above, help or problem below."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.editor = field.make()
        self.problem_text = ""
        rows = column(self, 4)
        if field.label:
            rows.addLayout(self._label(_(field.label)))
        rows.addWidget(self.editor)
        self.below = QLabel(_(field.help), self)
        self.below.setWordWrap(True)
        self.below.setTextFormat(Qt.TextFormat.PlainText)
        self._mark = QLabel(self)
        self._mark.setFixedSize(16, 16)
        self._mark.hide()
        under = QHBoxLayout()
        under.setSpacing(4)
        under.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        under.addWidget(self.below, 1)
        rows.addLayout(under)
        self.tell("")

    def _label(self, text: str) -> QHBoxLayout:
        label = QLabel(text, self)
        label.setProperty("role", "label")
        label.setBuddy(self.editor)
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(label)
        if self.field.required:
            dot = QLabel("●", self)
            dot.setProperty("role", "mark")
            dot.setAccessibleName(_("必填"))
            dot.setToolTip(_("必填"))
            line.addWidget(dot)
        line.addStretch()
        name = _("{label}, 必填").format(label=text) if self.field.required else text
        self.editor.setAccessibleName(name)
        self.editor.target().setAccessibleName(name)
        return line

    def tell(self, problem: str) -> None:
        """The problem stands under the field; an empty one brings the help back."""
        self.problem_text = problem
        self.below.setText(problem or _(self.field.help))
        self.below.setProperty("role", "problem" if problem else "caption")
        self.below.style().unpolish(self.below)
        self.below.style().polish(self.below)
        self.below.setVisible(bool(problem or self.field.help))
        self._mark.setVisible(bool(problem))
        if problem:
            self._mark.setPixmap(pixmap("error", theme().legible("overdue", theme().card), 16, self.devicePixelRatio()))
        self.editor.target().setAccessibleDescription(problem or _(self.field.help))
        self.editor.set_wrong(bool(problem))
