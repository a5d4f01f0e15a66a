"""The help that comes with the program, read beside the work."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QTextBrowser, QWidget

from app.errors import Refusal
from app.i18n import _, say
from app.ui.icons import icon
from app.ui.theme import look
from app.ui.widgets.fields import column

#: Pages of the window whose help bears another name.
_NAMES = {"registry": "people", "inbox": "intake", "hq": "intake", "statistics": "ledgers", "first_run": "start"}
_LEAF = int(Qt.ItemDataRole.UserRole)


def name_for(page: str) -> str:
    """The help page for a page of the window."""
    return _NAMES.get(page, page)


def reader() -> QTextBrowser:
    """A quiet reading pane: our margins, line height of reading text, links opened outside."""
    made = QTextBrowser()
    made.setFrameShape(QFrame.Shape.NoFrame)
    made.setOpenLinks(False)
    made.anchorClicked.connect(lambda url: QDesktopServices.openUrl(url) if url.scheme() in ("http", "https") else None)
    made.document().setDocumentMargin(24)
    return made


class HelpView(QWidget):
    """The pages at the left, the page at the right, a line to find words in it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        from app.services import help_pages

        super().__init__(parent)
        self.list = QListWidget(self)
        self.list.setAccessibleName(_("帮助目录"))
        self.list.setFixedWidth(round(190 * look().size / 11))
        for page in help_pages.pages():
            item = QListWidgetItem(icon("help", "secondary"), page.title)
            item.setData(_LEAF, page.name)
            item.setSizeHint(QSize(0, look().row))
            self.list.addItem(item)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(_("在帮助里查找, 按回车找下一处"))
        self.search.setAccessibleName(_("在帮助里查找"))
        self.search.setClearButtonEnabled(True)
        self.search.returnPressed.connect(self._find_next)
        self.text = reader()
        self.text.setAccessibleName(_("帮助内容"))
        right = QWidget(self)
        rows = column(right, 8, (0, 12, 16, 12))
        rows.addWidget(self.search)
        rows.addWidget(self.text, 1)
        line = QHBoxLayout(self)
        line.setContentsMargins(16, 0, 0, 0)
        line.setSpacing(16)
        left = QWidget(self)
        column(left, 0, (0, 12, 0, 12)).addWidget(self.list)
        line.addWidget(left)
        line.addWidget(right, 1)
        self.list.currentItemChanged.connect(lambda item, _old: self._show(item.data(_LEAF)) if item else None)
        self.list.setCurrentRow(0)
        QShortcut(QKeySequence("F3"), self, self._find_next)
        self.setFocusProxy(self.list)

    def show_page(self, name: str) -> bool:
        """This page is open (a page of the window also finds its help); False when there is none."""
        for at in range(self.list.count()):
            if self.list.item(at).data(_LEAF) == name_for(name):
                self.list.setCurrentRow(at)
                self.text.setFocus()
                return True
        return False

    def focus_search(self) -> None:
        """The line for words has the keyboard."""
        self.search.setFocus()
        self.search.selectAll()

    def _show(self, name: str) -> None:
        from app.services import help_pages

        try:
            self.text.setMarkdown(help_pages.page(name))
        except Refusal as refusal:
            self.text.setPlainText(say(refusal))
        self.text.verticalScrollBar().setValue(0)

    def _find_next(self) -> None:
        """The next place of the words on this page, else on the next page that has them."""
        words = self.search.text().strip()
        if not words or self.text.find(words):
            return
        from app.services import help_pages

        names = [self.list.item(at).data(_LEAF) for at in range(self.list.count())]
        here = self.list.currentRow()
        for name in names[here + 1 :] + names[: here + 1]:
            if words.casefold() in help_pages.page(name).casefold():
                self.show_page(name)
                self.text.moveCursor(QTextCursor.MoveOperation.Start)
                self.text.find(words)
                self.search.setFocus()
                return
