"""The list of issues with its reading pane, and the board in the place of its table."""

import uuid

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QPushButton

from app.i18n import _
from app.ui.desk import Desk
from app.ui.issues.board import Board
from app.ui.issues.pane import IssuePane
from app.ui.widgets.list_page import ListPage, ListSpec


class IssueList(ListPage):
    """The list with its reading pane; in the place of its table the board, for the same filter and words."""

    tables = frozenset({"issue", "issue_step", "draft", "attachment"})

    def __init__(self, desk: Desk, spec: ListSpec, board: QPushButton) -> None:
        super().__init__(desk, spec)
        self.board: Board | None = None
        self._switch, self._opened_card = board, False
        board.toggled.connect(self._turn)
        QShortcut(QKeySequence("Ctrl+B"), self, board.toggle, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        if desk.places.get("issues/board", "") == "on":
            board.setChecked(True)

    def refresh(self) -> None:
        super().refresh()
        pane = self.spec.detail
        if isinstance(pane, IssuePane) and pane.view is not None:
            pane.read(pane.view.row.id)

    def show_board(self, on: bool) -> None:
        """The board is in front, or the table."""
        self._switch.setChecked(on)

    def focus_rows(self) -> None:
        """The keyboard is at the table, or at the cards."""
        if self.board is not None and self._switch.isChecked():
            self.board.focus_cards()
        else:
            self.table.setFocus()

    def _turn(self, on: bool) -> None:
        self.desk.places.put("issues/board", "on" if on else "")
        if on and self.board is None:
            self.board = Board(self.desk, self)
            self.board.chosen.connect(self._read)
            self.board.opened.connect(self._open_card)
            self._stack.addWidget(self.board)
        self._opened_card = False
        self._switch.setText(_("清单") if on else _("看板"))
        self._lay()
        if self.model.ready:
            self._show_loaded()
        self.focus_rows()

    def _show_loaded(self) -> None:
        super()._show_loaded()
        if self.board is not None and self._switch.isChecked() and self.model.count.total:
            self.board.ask(self.model.ask)
            self._stack.setCurrentWidget(self.board)

    def _read(self, issue: uuid.UUID) -> None:
        if isinstance(self.spec.detail, IssuePane):
            self.spec.detail.read(issue)

    def show_pane(self) -> None:
        """The reading pane is seen, also beside the board or over a narrow table."""
        self._opened_card = True
        self._lay()
        self.pane.show()

    def _open_card(self, issue: uuid.UUID) -> None:
        self._read(issue)
        self.show_pane()
        if isinstance(self.spec.detail, IssuePane):
            self.spec.detail.head.focus_next()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.board is not None and self._switch.isChecked():
            self._lay()

    def _lay(self) -> None:
        """The board has the whole width until a card is opened."""
        wide, on = self.width() >= self.spec.beside, self._switch.isChecked()
        self.pane.setVisible(self._opened_card if on else wide)
        self._fold.setVisible(on or not wide)

    def _close_drawer(self) -> None:
        super()._close_drawer()
        self._opened_card = False
        self.focus_rows()
