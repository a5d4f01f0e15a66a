"""The band above the form of an issue: what deserves a word, and closed issues it may bring back, each with a box to tick."""

import uuid
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFrame, QLabel, QWidget

from app.i18n import _
from app.services.recurrence import Proposal
from app.ui.issues import lines
from app.ui.widgets.fields import column
from app.ui.widgets.text import short_day


class Caution(QFrame):
    """Hidden while there is nothing to say; what was ticked stays ticked when the proposals are asked for again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner")
        self.setProperty("tone", "warning")
        self.words = QLabel("", self)
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setAccessibleName(_("提醒"))
        self.boxes: dict[uuid.UUID, QCheckBox] = {}
        self._ticked: uuid.UUID | None = None
        self._rows = column(self, 4, (12, 6, 12, 6))
        self._rows.addWidget(self.words)
        self.hide()

    @property
    def former(self) -> uuid.UUID | None:
        """The closed issue that the person says is back."""
        return self._ticked if self._ticked in self.boxes else None

    def clear(self) -> None:
        """Another issue is being written."""
        self._ticked = None
        self.tell((), ())

    def tell(self, cautions: Sequence[str], proposed: Sequence[Proposal]) -> None:
        """These sentences and proposals are in sight."""
        focus = next((one for one, box in self.boxes.items() if box.hasFocus()), None)
        for box in self.boxes.values():
            self._rows.removeWidget(box)
            box.hide()
            box.deleteLater()
        self.boxes = {one.row.id: self._box(one) for one in proposed}
        if focus in self.boxes:
            self.boxes[focus].setFocus()
        told = [*cautions, *([_("像是老问题又出现了, 是同一件的请勾选, 保存后关联:")] if proposed else [])]
        self.words.setText("\n".join(told))
        self.setVisible(bool(told))

    def _box(self, one: Proposal) -> QCheckBox:
        words = _("老问题: {title} ({number}, {day} 办结, {why})").format(
            title=lines.title_of(one.row), number=one.row.number, day=short_day(one.closed_on), why=one.why
        )
        box = QCheckBox(words, self)
        box.setChecked(one.row.id == self._ticked)
        box.clicked.connect(lambda on, former=one.row.id: self._tick(former, on))
        self._rows.addWidget(box)
        return box

    def _tick(self, former: uuid.UUID, on: bool) -> None:
        self._ticked = former if on else None
        for one, box in self.boxes.items():
            box.setChecked(one == self._ticked)
