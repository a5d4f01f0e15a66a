"""The generic table: frozen rows fetched by pages off the window's thread, any number of them."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.i18n import _
from app.ui.tasks import Session, Tasks
from app.ui.widgets.chips import CHIP_ROLE, Chip
from app.ui.widgets.sources import PAGE, Ask, Count, Listed, Rows, Source
from app.ui.widgets.text import plain

__all__ = ["Ask", "Column", "Count", "Listed", "Rows", "Source", "TableModel"]

KEPT = 60
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True)
class Column:
    """One column: title (N_), the row's attribute, how it is written, width in px at 11 pt, and whether it sorts.

    `chip` turns the value into a state chip; `sort` is the key given to the source ("" = cannot be sorted).
    """

    title: str
    attribute: str
    width: int = 120
    format: Callable[[Any], str] = plain
    align: str = "left"
    chip: Callable[[Any], Chip | None] | None = None
    sort: str | None = None

    @property
    def key(self) -> str:
        return self.attribute if self.sort is None else self.sort


class TableModel(QAbstractTableModel):
    """Rows of a source as Qt sees them: only visited pages are held, missing ones are asked for and drawn when they come."""

    loading = Signal(bool)
    loaded = Signal()
    failed = Signal(object)  # Exception

    def __init__(self, tasks: Tasks, columns: Sequence[Column], source: Source, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = list(columns)
        self.ask = Ask()
        self.count = Count(0)
        self.ready = False
        self._tasks, self._source = tasks, source
        self._pages: OrderedDict[int, Sequence[Any]] = OrderedDict()
        self._ids: Sequence[Any] | None = None
        self._wanted: set[int] = set()
        self._turn = 0
        self._length = 0

    # --- what the page uses ---------------------------------------------------------------------------------------

    def reload(self, ask: Ask | None = None, seen: tuple[int, int] = (0, 0)) -> None:
        """The rows for this ask come in, first those from `seen[0]` to `seen[1]`; the old ones stay until then."""
        self.ask = ask or self.ask
        self._turn += 1
        self._wanted.clear()
        turn, asked = self._turn, self.ask
        first, pages = seen[0] // PAGE, max(0, seen[1] // PAGE - seen[0] // PAGE) + 1

        def answer(session: Session) -> tuple[Count, int, Sequence[Any], Sequence[Any] | None]:
            found = self._source.count(session, asked)
            count = found if isinstance(found, Count) else Count(found)
            page = min(first, max(0, count.total - 1) // PAGE)
            rows = tuple(self._source.fetch(session, replace(asked, offset=page * PAGE, limit=pages * PAGE)))
            return count, page, rows, self._source.ids if isinstance(self._source, Listed) else None

        self.loading.emit(True)
        self._tasks.read(answer, lambda a: self._take_all(turn, *a), lambda e: self._fail(turn, e), owner=self)

    def row(self, number: int) -> Any | None:
        """The row at this place, or None when it has not come yet (then it is asked for)."""
        page = self._pages.get(number // PAGE)
        if page is None:
            self._want(number // PAGE)
            return None
        return page[number % PAGE] if number % PAGE < len(page) else None

    def find(self, *record_ids: Any) -> dict[Any, int]:
        """The places of the rows with these ids, as far as the source lists ids, else among the rows held."""
        wanted = set(record_ids)
        if self._ids is not None:
            return {one: at for at, one in enumerate(self._ids) if one in wanted} if wanted else {}
        return {one: at for one, at in self._places().items() if one in wanted}

    def ids(self, numbers: Iterable[int]) -> list[Any]:
        """The ids at these places; where the source does not list ids, of the rows held."""
        if self._ids is not None:
            known = self._ids
            return [known[number] for number in numbers if number < len(known)]
        held = {number: record_id for record_id, number in self._places().items()}
        return [held[number] for number in numbers if number in held]

    def _places(self) -> dict[Any, int]:
        return {
            getattr(row, "id", None): number * PAGE + at
            for number, page in self._pages.items()
            for at, row in enumerate(page)
        }

    @property
    def held(self) -> int:
        """How many rows are in memory."""
        return sum(len(page) for page in self._pages.values())

    # --- what Qt asks -----------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else self._length

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = {"right": Qt.AlignmentFlag.AlignRight, "center": Qt.AlignmentFlag.AlignHCenter}
            return int(side.get(column.align, Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter)
        if role not in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.ToolTipRole,
            CHIP_ROLE,
            Qt.ItemDataRole.AccessibleTextRole,
        ):
            return None
        row = self.row(index.row())
        if row is None:
            return "…" if role == Qt.ItemDataRole.DisplayRole and index.column() == 0 else None
        value = getattr(row, column.attribute)
        if column.chip is not None:
            chip = column.chip(value)
            return chip if role == CHIP_ROLE else chip.text if chip is not None else ""
        return None if role == CHIP_ROLE else column.format(value)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and section < len(self.columns):
            if role == Qt.ItemDataRole.DisplayRole:
                return _(self.columns[section].title)
            if role == Qt.ItemDataRole.TextAlignmentRole:
                right = self.columns[section].align == "right"
                side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
                return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    # --- inside -----------------------------------------------------------------------------------------------------

    def _want(self, page: int) -> None:
        if page in self._wanted or not self.ready:
            return
        self._wanted.add(page)
        turn, offset = self._turn, page * PAGE
        before = self._pages.get(page - 1)
        asked = replace(
            self.ask, offset=offset, limit=PAGE, after=before[-1] if before and len(before) == PAGE else None
        )
        self._tasks.read(
            lambda s: tuple(self._source.fetch(s, asked)), lambda rows: self._take(turn, page, rows),
            lambda e: self._fail(turn, e), owner=self,
        )  # fmt: skip

    def _take_all(self, turn: int, count: Count, page: int, rows: Sequence[Any], ids: Sequence[Any] | None) -> None:
        if turn != self._turn:
            return
        self.beginResetModel()
        self._pages = OrderedDict((page + at // PAGE, rows[at : at + PAGE]) for at in range(0, len(rows), PAGE))
        self._ids = ids
        self.count, self.ready = count, True
        self._length = max(count.total, page * PAGE + len(rows))
        self.endResetModel()
        self.loading.emit(False)
        self.loaded.emit()

    def _take(self, turn: int, page: int, rows: Sequence[Any]) -> None:
        if turn != self._turn:
            return
        self._wanted.discard(page)
        self._pages[page] = rows
        while len(self._pages) > KEPT:
            self._pages.popitem(last=False)
        end = page * PAGE + len(rows)
        if self.count.more and len(rows) == PAGE and end >= self._length:
            self.beginInsertRows(QModelIndex(), self._length, self._length + PAGE - 1)
            self._length += PAGE
            self.endInsertRows()
        elif len(rows) < PAGE and end < self._length:
            self.beginRemoveRows(QModelIndex(), end, self._length - 1)
            self._length = end
            self.endRemoveRows()
            self.count = Count(end)
            self.loaded.emit()
        if rows:
            self.dataChanged.emit(self.index(page * PAGE, 0), self.index(end - 1, len(self.columns) - 1))

    def _fail(self, turn: int, error: Exception) -> None:
        if turn == self._turn:
            self._wanted.clear()
            self.loading.emit(False)
            self.failed.emit(error)
