"""「月度进度」: which ledgers of which grids are printed for this month, and the month closed or opened again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.clock import today
from app.i18n import N_, _, joined
from app.ui.desk import Desk
from app.ui.ledgers.choosing import PeriodPicker
from app.ui.tasks import Session
from app.ui.widgets.chips import Chip
from app.ui.widgets.dialogs import ask_reason
from app.ui.widgets.small_list import SmallList
from app.ui.widgets.table import Column

if TYPE_CHECKING:
    from app.ledgers.board import Board
    from app.ledgers.period import Period

#: More kinds of ledger are due in no unit.
_MOST = 6
_TONES = {"issued": "done", "late": "waiting", "missing": "overdue", "open": "draft"}


@dataclass(frozen=True)
class Line:
    """One grid as the table shows it."""

    id: Any
    unit: str
    name: str
    closed: bool
    cells: tuple[Any, ...]


class BoardDialog(QDialog):
    """The grids that the person sees; 「结账」 and 「重新打开」 for the one chosen."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        from app.ledgers.period import Period
        from app.services.access import may

        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("月度进度"))
        self.resize(1040, 560)
        self.desk = desk
        self.made: Board | None = None
        self.month = PeriodPicker(self)
        self.month.span.hide()
        self.month.show_period(Period.around(today(), "month").before)
        self.month.changed.connect(self.refresh)
        self.told = QLabel("", self)
        self.told.setWordWrap(True)
        self.list = SmallList(
            desk, "ledgers/board", self._columns(), self._read, N_("没有网格。网格由总部建立后下发。"), "ledger", self
        )
        self.list.counted.connect(lambda _n: self._tell())
        self.list.chosen.connect(lambda _row: self._offer())
        self.close_month, self.open_month = QPushButton(_("结账"), self), QPushButton(_("重新打开…"), self)
        self.close_month.clicked.connect(lambda: self.shut())
        self.open_month.clicked.connect(lambda: self.reopen())
        done = QPushButton(_("关闭"), self)
        done.clicked.connect(self.accept)
        for button in (self.close_month, self.open_month, done):
            button.setAutoDefault(False)
        self.close_month.setVisible(may(desk.actor, "ledger.close"))
        self.open_month.setVisible(may(desk.actor, "ledger.reopen"))
        top = QHBoxLayout()
        top.addWidget(self.month)
        top.addWidget(self.told, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.close_month)
        foot.addWidget(self.open_month)
        foot.addStretch(1)
        foot.addWidget(done)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(20, 16, 20, 12)
        rows.setSpacing(12)
        rows.addLayout(top)
        rows.addWidget(self.list, 1)
        rows.addLayout(foot)
        self._offer()
        self.refresh()

    def refresh(self) -> None:
        """The board of the month chosen is read."""
        self.list.refresh()

    def shut(self) -> None:
        """The month of the chosen grid is closed."""
        if (row := self.list.current()) is not None:
            period = self.month.period
            self.desk.tasks.write(lambda s: _close(s, period, row.id), self._written, owner=self)

    def reopen(self) -> None:
        """The month of the chosen grid is open again, with a reason."""
        if (row := self.list.current()) is None:
            return
        period = self.month.period
        ask_reason(
            self, _("重新打开"),
            _("「{grid}」{month} 重新打开以后, 台账可以整份重印, 原来的一份保留并注明已代替。").format(grid=row.name, month=period.title),
            _("重新打开"),
            lambda why: self.desk.tasks.write(lambda s: _reopen(s, period, row.id, why), self._written, owner=self),
        )  # fmt: skip

    def _written(self, _done: object) -> None:
        self.refresh()

    def _read(self, s: Session) -> Sequence[Line]:
        from app.ledgers import board

        self.made = board.of(s, self.month.period)
        return [Line(row.grid, row.unit, row.name, row.closed, row.cells) for row in self.made.rows]

    def _tell(self) -> None:
        made = self.made
        if made is None:
            return
        for at in range(_MOST):
            self.list.table.view.setColumnHidden(at + 3, at >= len(made.ledgers))
            if at < len(made.ledgers):
                columns = self.list.model.columns
                columns[at + 3] = replace(columns[at + 3], title=made.ledgers[at][1])
        self.list.model.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.list.model.columns) - 1)
        titles = joined(title for _name, title in made.ledgers)
        words = _("{month} 应印发: {titles}。已印发 {issued}, 迟印 {late}, 超期未印 {missing}, 未到期 {open}。")
        self.told.setText(
            words.format(
                month=made.month.title, titles=titles, issued=made.count("issued"), late=made.count("late"),
                missing=made.count("missing"), open=made.count("open"),
            )
        )  # fmt: skip

    def _offer(self) -> None:
        row = self.list.current()
        self.close_month.setEnabled(row is not None and not row.closed and self.month.period.last < today())
        self.open_month.setEnabled(row is not None and row.closed)

    def _columns(self) -> list[Column]:
        return [
            Column(N_("单位"), "unit", 124),
            Column(N_("网格"), "name", 124),
            Column(N_("是否结账"), "closed", 90, chip=lambda closed: Chip(_("已结账"), "done") if closed else None),
            *(Column(N_("台账"), "cells", 218, chip=partial(_chip, at), sort="") for at in range(_MOST)),
        ]


def _chip(at: int, cells: Sequence[Any]) -> Chip | None:
    return Chip(cells[at].words, _TONES[cells[at].state]) if at < len(cells) else None


def _scope(s: Session, grid: Any) -> Any:
    from app.ledgers.scope import Scope
    from app.services.units import grid_path

    return Scope(grid_path(s, grid) or "", grid)


def _close(s: Session, month: "Period", grid: Any) -> None:
    from app.ledgers import closings

    closings.close(s, month, _scope(s, grid))


def _reopen(s: Session, month: "Period", grid: Any, why: str) -> None:
    from app.ledgers import closings

    closings.reopen(s, month, _scope(s, grid), why)
