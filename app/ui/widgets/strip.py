"""Calm notes that stand on a page until what they say is over: an icon and a sentence each, nothing to close."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from app.i18n import _
from app.ui.icons import pixmap
from app.ui.theme import theme
from app.ui.widgets.fields import column
from app.ui.widgets.prose import prose
from app.ui.widgets.text import moment_text


@dataclass(frozen=True)
class Standing:
    """One note: what it says, its icon and tone, and when it was said."""

    text: str
    icon: str = "info"
    tone: str = "due"
    when: str = ""


def of_headquarters(text: str, at: datetime, scope: bool) -> Standing:
    """A note that came down from headquarters: it asks this site to report, or tells of a new scope."""
    words = _("总部通知: {text}") if scope else _("总部催报: {text}")
    return Standing(words.format(text=text), "bell", "sent" if scope else "due", moment_text(at))


class Strip(QFrame):
    """The notes of a page, one below the other; not there while there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner")
        self.setProperty("tone", "warning")
        self._rows = column(self, 6, (12, 8, 12, 8))
        self._inside: QWidget | None = None
        self.hide()

    def show_notes(self, notes: Sequence[Standing]) -> None:
        """These notes stand here now."""
        if self._inside is not None:
            self._rows.removeWidget(self._inside)
            self._inside.deleteLater()
        self._inside = QWidget(self)
        self._inside.setProperty("role", "clear")
        lines = column(self._inside, 6)
        for note in notes:
            lines.addLayout(self._line(note))
        self._rows.addWidget(self._inside)
        self.setAccessibleName(" ".join(note.text for note in notes))
        self.setVisible(bool(notes))

    def _line(self, note: Standing) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        picture = QLabel()
        picture.setPixmap(pixmap(note.icon, theme().legible(note.tone), 20, self.devicePixelRatio()))
        line.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(prose(note.text), 1)
        if note.when:
            when = prose(note.when, "caption")
            when.setWordWrap(False)
            line.addWidget(when, 0, Qt.AlignmentFlag.AlignTop)
        return line
