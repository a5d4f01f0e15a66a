"""A tree whose branches are read when they are opened."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtWidgets import QTreeView, QVBoxLayout, QWidget

from app.i18n import _
from app.ui.icons import icon
from app.ui.tasks import Session, Tasks

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True)
class Leaf:
    """One entry: id, name, a word beside it, icon, and whether there is anything below."""

    id: Any
    title: str
    detail: str = ""
    icon: str = "unit"
    inner: bool = False


@dataclass
class _Node:
    leaf: Leaf | None
    parent: int
    row: int
    below: list[int] = field(default_factory=list)
    asked: bool = False


class TreeModel(QAbstractItemModel):
    """Entries below an id (None: the roots) come from `children(session, id)`, asked on the store's thread."""

    failed = Signal(object)

    def __init__(
        self, tasks: Tasks, children: Callable[[Session, Any], Sequence[Leaf]], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._tasks, self._children = tasks, children
        self._turn = 0
        self._nodes: list[_Node] = [_Node(None, -1, 0)]

    def reload(self) -> None:
        """The tree starts again from its roots."""
        self.beginResetModel()
        self._turn += 1
        self._nodes = [_Node(None, -1, 0)]
        self.endResetModel()
        self.fetchMore(QModelIndex())

    def leaf(self, index: Index) -> Leaf | None:
        """The entry at this place."""
        return self._nodes[self._at(index)].leaf

    def index(self, row: int, column: int, parent: Index = _NOWHERE) -> QModelIndex:
        below = self._nodes[self._at(parent)].below
        return self.createIndex(row, column, below[row]) if column == 0 and 0 <= row < len(below) else QModelIndex()

    def parent(self, index: Index = _NOWHERE) -> Any:
        above = self._nodes[self._at(index)].parent
        return QModelIndex() if above <= 0 else self.createIndex(self._nodes[above].row, 0, above)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.column() > 0 else len(self._nodes[self._at(parent)].below)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 1

    def hasChildren(self, parent: Index = _NOWHERE) -> bool:
        node = self._nodes[self._at(parent)]
        return bool(node.below) if node.asked else node.leaf is None or node.leaf.inner

    def canFetchMore(self, parent: Index) -> bool:
        node = self._nodes[self._at(parent)]
        return not node.asked and (node.leaf is None or node.leaf.inner)

    def fetchMore(self, parent: Index) -> None:
        at = self._at(parent)
        node = self._nodes[at]
        if node.asked:
            return
        node.asked = True
        turn, above = self._turn, node.leaf.id if node.leaf else None
        self._tasks.read(
            lambda s: tuple(self._children(s, above)), lambda leaves: self._take(turn, at, leaves), self.failed.emit,
            owner=self,
        )  # fmt: skip

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        leaf = self.leaf(index)
        if leaf is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{leaf.title}  {leaf.detail}" if leaf.detail else leaf.title
        if role == Qt.ItemDataRole.DecorationRole:
            return icon(leaf.icon, "secondary")
        return leaf.title if role == Qt.ItemDataRole.ToolTipRole else None

    def _at(self, index: Index) -> int:
        return int(index.internalId()) if index.isValid() else 0

    def _take(self, turn: int, at: int, leaves: Sequence[Leaf]) -> None:
        if turn != self._turn or not leaves:
            return
        node = self._nodes[at]
        here = self.createIndex(node.row, 0, at) if at else QModelIndex()
        self.beginInsertRows(here, 0, len(leaves) - 1)
        for row, leaf in enumerate(leaves):
            node.below.append(len(self._nodes))
            self._nodes.append(_Node(leaf, at, row))
        self.endInsertRows()


class Tree(QWidget):
    """The tree as it is seen; `chosen` carries the Leaf with the keyboard."""

    chosen = Signal(object)
    opened = Signal(object)

    def __init__(
        self, tasks: Tasks, children: Callable[[Session, Any], Sequence[Leaf]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.model = TreeModel(tasks, children, self)
        self.view = QTreeView(self)
        self.view.setModel(self.model)
        self.view.setHeaderHidden(True)
        self.view.setUniformRowHeights(True)
        self.view.setIconSize(QSize(20, 20))
        self.view.setAccessibleName(_("目录树"))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.view)
        self.setFocusProxy(self.view)
        self.view.selectionModel().currentChanged.connect(lambda now, _old: self._tell(now, self.chosen.emit))
        self.view.activated.connect(lambda index: self._tell(index, self.opened.emit))

    def refresh(self) -> None:
        """The tree is read again from its roots."""
        self.model.reload()

    def _tell(self, index: QModelIndex, say: Callable[[Leaf], None]) -> None:
        if (leaf := self.model.leaf(index)) is not None:
            say(leaf)
