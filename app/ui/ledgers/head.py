"""The line above the paper: what lies there, and what can be done with it."""

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.i18n import _
from app.ui.icons import dress
from app.ui.ledgers.sheets import Drawn
from app.ui.widgets.fields import column


class Head(QFrame):
    """Title and note; Excel, PDF and 「打印」, which rest while there is nothing to print."""

    excel_asked = Signal()
    pdf_asked = Signal()
    print_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "sheet")
        self.title, self.note = QLabel("", self), QLabel("", self)
        self.title.setProperty("role", "heading")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setProperty("role", "caption")
        for label in (self.title, self.note):
            label.setWordWrap(True)
        words = QWidget(self)
        rows = column(words, 2)
        rows.addWidget(self.title)
        rows.addWidget(self.note)
        self.buttons = [
            self._button("Excel", _("存成 Excel"), "table", "Ctrl+E", self.excel_asked),
            self._button("PDF", _("存成 PDF"), "export", "Ctrl+S", self.pdf_asked),
            self._button(_("打印"), _("打印台账"), "print", "Ctrl+P", self.print_asked),
        ]
        self.buttons[-1].setProperty("kind", "primary")
        dress(self.buttons[-1], "print", "accent_ink")
        line = QHBoxLayout(self)
        line.setContentsMargins(16, 8, 12, 8)
        line.setSpacing(8)
        line.addWidget(words, 1)
        for button in self.buttons:
            line.addWidget(button)
        self.show_drawn(None)

    def show_drawn(self, drawn: Drawn | None) -> None:
        """This ledger lies below, or none."""
        parts = (drawn.page.title, drawn.whose, "" if drawn.choice.blank else drawn.page.period) if drawn else ()
        self.title.setText(" · ".join(part.strip() for part in parts if part.strip()))
        self.note.setText(_note(drawn) if drawn else "")
        self.note.setVisible(bool(self.note.text()))
        for button in self.buttons:
            button.setEnabled(drawn is not None)

    def _button(self, words: str, meaning: str, picture: str, keys: str, asked: SignalInstance) -> QPushButton:
        button = QPushButton(words, self)
        dress(button, picture)
        button.setToolTip(f"{meaning}  {keys}")
        button.setAccessibleName(meaning)
        button.clicked.connect(asked)
        return button


def _note(drawn: Drawn) -> str:
    parts = []
    if drawn.empty:
        parts.append(_("本期无记录, 印出来是一张写明没有记录的台账。"))
    if not drawn.choice.masked and not drawn.choice.blank:
        parts.append(_("身份证号和电话完整显示, 请妥善保管。"))
    if drawn.gaps:
        parts.append(drawn.gaps)
    return " ".join(parts)
