"""The bar over a list while several rows are selected: how many, and what can be done with them."""

from collections.abc import Sequence

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.i18n import _
from app.ui.icons import dress
from app.ui.widgets.list_spec import Action
from app.ui.widgets.table_view import TableView


class BulkBar(QFrame):
    """Hidden until two rows are selected."""

    def __init__(self, table: TableView, actions: Sequence[Action], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bulk")
        self._useful = bool(actions)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 4, 8, 4)
        self._words = QLabel("", self)
        line.addWidget(self._words, 1)
        for action in actions:
            button = QPushButton(_(action.title), self)
            button.setProperty("kind", action.tone)
            dress(button, action.icon)
            button.clicked.connect(lambda _on, act=action.act: act(table.selected()))
            line.addWidget(button)
        clear = QPushButton(_("取消选择"), self)
        clear.setProperty("kind", "quiet")
        clear.clicked.connect(table.view.clearSelection)
        line.addWidget(clear)
        self.hide()

    def tell(self, chosen: int) -> None:
        """So many rows are selected."""
        self.setVisible(chosen > 1 and self._useful)
        self._words.setText(_("已选 {n} 条").format(n=f"{chosen:,}"))
