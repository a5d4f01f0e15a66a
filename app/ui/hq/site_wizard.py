"""What the wizards about a site share: steps in the place of the board, a scope that must be chosen, a refusal at the foot."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.errors import Refusal
from app.i18n import _, say
from app.ui.desk import Desk
from app.ui.hq.scope_picker import ScopePicker
from app.ui.widgets.fields import column
from app.ui.widgets.wizard import Step, Wizard


class SiteWizard(QWidget):
    """`left` when it is over, either way; `unfinished` is what is said of a bug: what has not happened."""

    left = Signal()
    unfinished = ""

    def __init__(self, desk: Desk, parent: QWidget | None = None, *, named: bool = True) -> None:
        super().__init__(parent)
        self.desk = desk
        self.picker = ScopePicker(desk, named=named)

    def put(self, steps: Sequence[Step], finish: str) -> None:
        """These are its steps, and this the word for its end."""
        self.wizard = Wizard(steps, finish=finish, parent=self)
        self.wizard.cancelled.connect(self.left)
        self.wizard.finished.connect(self.left)
        column(self, 0).addWidget(self.wizard)
        self.setFocusProxy(self.wizard)

    def with_scope(self, go: Callable[[], None]) -> None:
        """Goes on once name and scope are there; says what is missing otherwise."""
        if problem := self.picker.problem():
            self.wizard.say(problem)
        else:
            go()

    def refused(self, error: Exception) -> None:
        """Why it cannot go on stands at the foot."""
        self.wizard.say(say(error) if isinstance(error, Refusal) else _(self.unfinished))
