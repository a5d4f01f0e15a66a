"""A list within a page: a table of at most some hundred rows, and a sentence where there are none."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedLayout, QWidget

from app.errors import Refusal
from app.i18n import _, say
from app.ui import report
from app.ui.desk import Desk
from app.ui.tasks import Session
from app.ui.widgets.empty import Empty
from app.ui.widgets.sources import Ask, Count, Rows
from app.ui.widgets.table import Column, TableModel
from app.ui.widgets.table_view import TableView


class SmallList(QWidget):
    """`SmallList(desk, key, columns, ask, empty, icon)`; `refresh()` asks `ask(session)` again. Rows are frozen, with an id.

    `chosen` carries the current row or None, `opened` the row of Enter or a double click, `counted` how many there are.
    """

    chosen = Signal(object)
    opened = Signal(object)
    counted = Signal(int)

    def __init__(
        self, desk: Desk, key: str, columns: Sequence[Column], ask: Callable[[Session], Sequence[Any]], empty: str,
        icon: str = "inbox", parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._ask, self._empty, self._icon = ask, empty, icon
        self._rows: Sequence[Any] = ()
        self.model = TableModel(desk.tasks, columns, Rows(self._piece, self._count), self)
        self.table = TableView(self.model, desk.places, key, self)
        self.nothing = Empty("", parent=self)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.nothing)
        self.setFocusProxy(self.table)
        self.table.current_changed.connect(self.chosen)
        self.table.opened.connect(self.opened)
        self.model.loaded.connect(self._loaded)
        self.model.failed.connect(self._failed)

    def refresh(self) -> None:
        """The rows are asked for again; the old ones stay until then."""
        self.model.reload()

    def current(self) -> Any | None:
        """The row with the keyboard."""
        return self.table.current()

    @property
    def rows(self) -> Sequence[Any]:
        """All rows as last read."""
        return self._rows

    def _count(self, session: Session, _asked: Ask) -> Count:
        self._rows = tuple(self._ask(session))
        return Count(len(self._rows))

    def _piece(self, _session: Session, asked: Ask) -> Sequence[Any]:
        return self._rows[asked.offset : asked.offset + asked.limit]

    def _loaded(self) -> None:
        total = self.model.count.total
        if not total:
            self.nothing.say(_(self._empty), self._icon)
        self._stack.setCurrentWidget(self.table if total else self.nothing)
        self.counted.emit(total)
        if not total:
            self.chosen.emit(None)
        elif self.current() is None:
            self.table.view.selectRow(0)
        else:
            self.chosen.emit(self.current())  # the same record, perhaps changed

    def _failed(self, error: Exception) -> None:
        words = say(error) if isinstance(error, Refusal) else _("列表没有读出来, 出错报告已保存。可以再试一次。")
        self.nothing.fail(words, report.describe(error))
        self._stack.setCurrentWidget(self.nothing)
