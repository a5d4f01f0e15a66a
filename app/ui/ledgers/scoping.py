"""Whose ledger it is: a unit with all below it, or one grid, picked from the tree."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.i18n import _
from app.ui.desk import Desk
from app.ui.tasks import Session
from app.ui.widgets.dialogs import Question
from app.ui.widgets.tree import Leaf, Tree


@dataclass(frozen=True)
class Whose:
    """A unit path ("" for all that the person sees), or a grid under it; the name is what people read."""

    path: str
    grid: uuid.UUID | None
    name: str


@dataclass(frozen=True)
class Node:
    """What a leaf of the tree stands for: `unit` and `grid` tell where its branches come from."""

    whose: Whose
    unit: uuid.UUID | None = None


def children(s: Session, node: Node | None) -> Sequence[Leaf]:
    """The units and grids below a unit, the small grids below a grid; the person's own units for None."""
    from app.services import units

    if node is not None and node.whose.grid is not None:
        grids = [g for g in units.grids(s, node.unit) if g.parent == node.whose.grid]
        return [_grid_leaf(g, False) for g in grids]
    tree = [u for u in units.tree(s) if not u.partner]
    known = {u.id for u in tree}
    here = node.unit if node is not None else None
    found = [u for u in tree if u.parent == here] if here else [u for u in tree if u.parent not in known]
    leaves = [Leaf(Node(Whose(u.path, None, u.name), u.id), u.name, u.code, "unit", inner=True) for u in found]
    if here is None:
        return leaves
    grids = units.grids(s, here)
    inner = {g.parent for g in grids if g.parent is not None}
    own = {g.id for g in grids}
    return leaves + [_grid_leaf(g, g.id in inner) for g in grids if g.parent not in own]


def _grid_leaf(grid: Any, inner: bool) -> Leaf:
    return Leaf(Node(Whose(grid.path, grid.id, grid.name), grid.unit_id), grid.name, grid.code, "grid", inner=inner)


class ScopeDialog(Question):
    """The tree of units and grids; Enter or 「选定」 takes the marked one."""

    taken = Signal(object)  # Whose

    def __init__(self, desk: Desk, whose: Whose, parent: QWidget | None = None) -> None:
        super().__init__(
            _("填报范围"), _("这份台账写哪个单位或网格? 选单位时包括它下面的全部网格。"), _("选定"), parent
        )
        self._all = Whose(desk.actor.path if desk.actor is not None else "", None, "")
        self._marked = whose
        self.tree = Tree(desk.tasks, children, self)
        self.tree.setMinimumHeight(320)
        self.put(self.tree)
        self.tree.chosen.connect(self._mark)
        self.tree.opened.connect(lambda _leaf: self._take())  # the opened one is the marked one
        self.tree.model.rowsInserted.connect(self._open_root)
        self.button.clicked.connect(self._take)
        self.tree.refresh()

    def _open_root(self, parent: Any, *_rest: object) -> None:
        model, view = self.tree.model, self.tree.view
        if not parent.isValid() and model.rowCount() == 1:
            view.expand(model.index(0, 0))
            view.setCurrentIndex(model.index(0, 0))

    def _mark(self, leaf: Leaf) -> None:
        self._marked = leaf.id.whose

    def _take(self) -> None:
        self.taken.emit(self._marked)
        self.accept()
