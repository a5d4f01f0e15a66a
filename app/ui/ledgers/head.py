"""The line above the paper: what lies there, and what can be done with it."""

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.i18n import _
from app.ui.icons import dress
from app.ui.ledgers.sheets import Drawn
from app.ui.ledgers.standing import Issued
from app.ui.widgets.fields import column


class Head(QFrame):
    """Title and note; Excel, PDF and 「打印」, which rest while there is nothing to print."""

    excel_asked = Signal()
    pdf_asked = Signal()
    print_asked = Signal()
    issue_asked = Signal()
    correct_asked = Signal()

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
        self.issue = self._button(
            _("印发…"), _("印发: 编号、冻结、带二维码"), "edition", "Ctrl+Shift+P", self.issue_asked
        )
        self.correct = self._button(_("更正页…"), _("把印发以后的变动印成更正页"), "edit", "", self.correct_asked)
        line = QHBoxLayout(self)
        line.setContentsMargins(16, 8, 12, 8)
        line.setSpacing(8)
        line.addWidget(words, 1)
        line.addWidget(self.correct)
        line.addWidget(self.issue)
        for button in self.buttons:
            line.addWidget(button)
        self.show_drawn(None)

    def show_drawn(self, drawn: Drawn | None, may_issue: bool = False) -> None:
        """This ledger lies below, or none; what is issued can be corrected, what is not can be issued, by whoever may."""
        plain = drawn is not None and drawn.choice.masked and not drawn.choice.blank
        stands = drawn.standing if drawn is not None else None
        looked_at = drawn is not None and isinstance(drawn.choice, Issued)
        self.issue.setVisible(may_issue and plain and not looked_at and stands is not None and stands.may_issue)
        self.correct.setVisible(may_issue and plain and bool(stands and stands.changed and not stands.reopened))
        parts = (drawn.page.title, drawn.whose, "" if drawn.choice.blank else drawn.page.period) if drawn else ()
        self.title.setText(" · ".join(part.strip() for part in parts if part.strip()))
        self.note.setText(_note(drawn) if drawn else "")
        self.note.setVisible(bool(self.note.text()))
        for button in self.buttons:
            button.setEnabled(drawn is not None)

    def _button(self, words: str, meaning: str, picture: str, keys: str, asked: SignalInstance) -> QPushButton:
        button = QPushButton(words, self)
        dress(button, picture)
        button.setToolTip(f"{meaning}  {keys}".rstrip())
        button.setAccessibleName(meaning)
        button.clicked.connect(asked)
        return button


def _note(drawn: Drawn) -> str:
    parts = [drawn.standing.sentence] if drawn.standing.sentence else []
    if drawn.empty:
        parts.append(_("本期无记录, 印出来是一张写明没有记录的台账。"))
    if not drawn.choice.masked and not drawn.choice.blank:
        parts.append(_("身份证号和电话完整显示, 请妥善保管。"))
    if drawn.gaps:
        parts.append(drawn.gaps)
    return " ".join(parts)
