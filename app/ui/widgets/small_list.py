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
from app.ui.widgets.fields import column
from app.ui.widgets.list_foot import ListFoot, may_take
from app.ui.widgets.list_paper import Listing
from app.ui.widgets.sources import Ask, Count, Rows
from app.ui.widgets.table import Column, TableModel
from app.ui.widgets.table_view import TableView

#: Who takes a list of headquarters or of a site's packages away: whoever prints ledgers or looks after sites.
TAKERS = ("ledger.print", "read.structure")


class SmallList(QWidget):
    """`SmallList(desk, key, columns, ask, empty, icon)`; `refresh()` asks `ask(session)` again. Rows are frozen, with an id.

    With a `title` what it shows is exported and printed under it by whoever has one of the rights `takers`.
    `chosen` carries the current row or None, `opened` the row of Enter or a double click, `counted` how many there are.
    """

    chosen = Signal(object)
    opened = Signal(object)
    counted = Signal(int)

    def __init__(
        self, desk: Desk, key: str, columns: Sequence[Column], ask: Callable[[Session], Sequence[Any]], empty: str,
        icon: str = "inbox", parent: QWidget | None = None, *, title: str = "", takers: Sequence[str] = TAKERS,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._title = title
        self._ask, self._empty, self._icon = ask, empty, icon
        self._rows: Sequence[Any] = ()
        self.model = TableModel(desk.tasks, columns, Rows(self._piece, self._count), self)
        self.table = TableView(self.model, desk.places, key, self)
        self.nothing = Empty("", parent=self)
        middle = QWidget(self)
        self._stack = QStackedLayout(middle)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.nothing)
        rows = column(self, 6)
        rows.addWidget(middle, 1)
        self.foot: ListFoot | None = None
        if title and may_take(desk, takers):
            self.foot = ListFoot(desk, self, buttons=True)
            self.foot.asked.connect(self._take_away)
            rows.addWidget(self.foot)
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

    def listing(self) -> Listing:
        """What is shown just now, for paper."""
        widths = tuple(self.table.view.columnWidth(number) for number in range(len(self.model.columns)))
        return Listing(
            _(self._title), tuple(self.model.columns), widths, self.model.ask, Rows(self._piece, self._count)
        )

    def _take_away(self, what: str) -> None:
        assert self.foot is not None
        if self._rows:
            self.foot.take_away(what, self.listing())

    def _count(self, session: Session, _asked: Ask) -> Count:
        self._rows = tuple(self._ask(session))
        return Count(len(self._rows))

    def _piece(self, _session: Session, asked: Ask) -> Sequence[Any]:
        return self._rows[asked.offset : asked.offset + asked.limit]

    def _loaded(self) -> None:
        total = self.model.count.total
        if self.foot is not None:
            self.foot.tell(_("共 {total} 条").format(total=self.model.count.text), total > 0)
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
