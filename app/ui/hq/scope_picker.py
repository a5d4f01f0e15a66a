"""A new site's name and scope: units from the tree, taken up with Enter, and whether it is a station for others."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QPushButton, QWidget

from app.i18n import _
from app.ui.desk import Desk
from app.ui.icons import dress, icon
from app.ui.tasks import Session
from app.ui.widgets.fields import column
from app.ui.widgets.prose import prose
from app.ui.widgets.tree import Leaf, Tree


def branches(s: Session, path: str | None) -> Sequence[Leaf]:
    """The units below this path; the roots for None."""
    from app.services import units

    tree = [unit for unit in units.tree(s) if not unit.partner]
    by_id = {unit.id: unit for unit in tree}
    above = next((unit.id for unit in tree if unit.path == path), None) if path is not None else None
    found = [unit for unit in tree if (unit.parent == above if path is not None else unit.parent not in by_id)]
    parents = {unit.parent for unit in tree}
    return [Leaf((unit.path, unit.name), unit.name, unit.code, "unit", inner=unit.id in parents) for unit in found]


def _children(s: Session, leaf: Any) -> Sequence[Leaf]:
    return branches(s, leaf[0] if leaf is not None else None)


class ScopePicker(QWidget):
    """`name`, `scope` (path → unit's name) and `kind` of a site to be; `problem()` says what is missing.

    Not `named`: the scope alone is asked for, of a site that has its name.
    """

    def __init__(self, desk: Desk, parent: QWidget | None = None, *, named: bool = True) -> None:
        super().__init__(parent)
        self.named = named
        self.scope: dict[str, str] = {}
        self._marked: Any = None
        self.name = QLineEdit(self)
        self.name.setAccessibleName(_("站点名称"))
        self.name.setMaximumWidth(440)
        self.station = QCheckBox(_("兼作中转站: 先收管辖内各站点的包, 再把原件转交总部"), self)
        self.tree = Tree(desk.tasks, _children, self)
        self.tree.opened.connect(lambda leaf: self.add(*leaf.id))
        self.tree.chosen.connect(self._mark)
        self.tree.model.rowsInserted.connect(self._open_root)
        self.put = QPushButton(_("加入范围"), self)
        dress(self.put, "right")
        self.put.setEnabled(False)
        self.put.clicked.connect(self._put_marked)
        self.chosen = QListWidget(self)
        self.chosen.setAccessibleName(_("站点管辖的单位"))
        self.take_out = QPushButton(_("移出"), self)
        dress(self.take_out, "close")
        self.take_out.clicked.connect(self._take_out)
        self._lay()
        self.setFocusProxy(self.tree)

    @property
    def kind(self) -> str:
        """site or station."""
        return "station" if self.station.isChecked() else "site"

    def begin(self, name: str = "", scope: Mapping[str, str] | None = None) -> None:
        """This much is chosen to begin with: nothing, or the scope as it is."""
        self.scope = dict(scope or {})
        self.name.setText(name)
        self.station.setChecked(False)
        self._show()

    def load(self) -> None:
        """The tree is asked for, once."""
        if not self.tree.model.rowCount():
            self.tree.refresh()

    def add(self, path: str, name: str) -> None:
        """The unit belongs to the scope, or no longer if it did."""
        if path in self.scope:
            del self.scope[path]
        else:
            self.scope[path] = name
        self._show()

    def problem(self) -> str:
        """What is missing; empty when nothing is."""
        if not self.name.text().strip():
            return _("请填写站点名称。")
        return "" if self.scope else _("请从左边选择站点管辖的单位, 按回车加入。")

    def _lay(self) -> None:
        left, right = QWidget(self), QWidget(self)
        one = column(left, 6)
        one.addWidget(prose(_("单位 (回车加入; 包括它下面的全部单位和网格)"), "label"))
        one.addWidget(self.tree, 1)
        one.addWidget(self.put, 0, Qt.AlignmentFlag.AlignRight)
        two = column(right, 6)
        two.addWidget(prose(_("站点管辖"), "label"))
        two.addWidget(self.chosen, 1)
        two.addWidget(self.take_out, 0, Qt.AlignmentFlag.AlignRight)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(left, 3)
        both.addWidget(right, 2)
        rows = column(self, 6, (32, 12, 32, 12))
        self._name_label = prose(_("站点名称"), "label")
        for part in (self._name_label, self.name, self.station):
            rows.addWidget(part)
            part.setVisible(self.named)
        rows.addSpacing(4)
        rows.addLayout(both, 1)

    def _open_root(self, parent: Any, *_rest: object) -> None:
        if not parent.isValid() and self.tree.model.rowCount() == 1:
            self.tree.view.expand(self.tree.model.index(0, 0))
            self.tree.view.setCurrentIndex(self.tree.model.index(0, 0))

    def _mark(self, leaf: Leaf) -> None:
        self._marked = leaf.id
        self.put.setEnabled(True)

    def _put_marked(self) -> None:
        if self._marked[0] not in self.scope:
            self.add(*self._marked)

    def _take_out(self) -> None:
        item = self.chosen.currentItem()
        if item is not None:
            self.add(item.data(Qt.ItemDataRole.UserRole), "")

    def _show(self) -> None:
        self.chosen.clear()
        for path, name in self.scope.items():
            item = QListWidgetItem(icon("unit", "accent"), name)
            item.setData(Qt.ItemDataRole.UserRole, path)
            self.chosen.addItem(item)
        self.take_out.setEnabled(bool(self.scope))
