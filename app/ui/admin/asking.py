"""The small dialogs of administration: a few fields, one deed, and its refusal at the field that it is about."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget

from app.errors import Refusal
from app.i18n import say
from app.ui.widgets.fields import column
from app.ui.widgets.form import Field, Form


class Asking(QDialog):
    """Asks for the fields and hands them to `act`; a refusal stands at the field that `at` names by its code, else at `first`."""

    def __init__(
        self, title: str, fields: Sequence[Field], act: Callable[[Self, dict[str, Any]], None], values: Mapping[str, Any],
        first: str, at: Mapping[str, str] | None = None, height: int = 400, parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.resize(520, height)
        self._first, self._at = first, at or {}
        self.form = Form(fields, save=lambda given, _again: act(self, given), cancel=self.reject, again=False)
        self.form.fill(dict(values))
        column(self, 0).addWidget(self.form)
        self.form.focus_first()

    def done_with(self, _result: object) -> None:
        """It is in the store."""
        self.accept()

    def refused(self, error: Exception) -> None:
        """The sentence stands at its field."""
        if isinstance(error, Refusal):
            self.form.show_problems({self._at.get(error.code, self._first): say(error)})
