"""The left side of 台账, second leaf: what was printed for signature; the one chosen lies on the right as it was printed."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from app.i18n import N_, _
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.ledgers import standing
from app.ui.ledgers.standing import Issued
from app.ui.widgets.chips import Chip
from app.ui.widgets.fields import column
from app.ui.widgets.small_list import SmallList
from app.ui.widgets.table import Column

_EMPTY = N_("还没有印发过台账。在「出台账」里选好台账和月份, 按「印发」。")


class EditionsPane(QFrame):
    """The editions, the latest first; `changed` when another one is chosen, the doors to 「验证」 and 「月度进度」 below."""

    changed = Signal()
    verify_asked = Signal()
    board_asked = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "sheet")
        self.list = SmallList(
            desk,
            "ledgers/editions",
            [
                Column(N_("台账"), "title", 116),
                Column(N_("期间"), "period", 108, format=lambda period: period.title),
                Column(N_("状态"), "replaced_by", 76, chip=_state),
                Column(N_("填报单位"), "unit", 150),
                Column(N_("编号"), "number", 170),
                Column(N_("印发日期"), "day", 96),
            ],
            standing.rows,
            _EMPTY,
            "ledger",
            self,
        )
        desk.tasks.changed.connect(self._hear)
        self.list.chosen.connect(lambda _row: self.changed.emit())
        self._wanted: Any = None
        self.list.counted.connect(lambda _n: self._go())
        rows = column(self, 8, (12, 12, 12, 12))
        rows.addWidget(self.list, 1)
        line = QHBoxLayout()
        self.verify, self.board = QPushButton(_("验证…"), self), QPushButton(_("月度进度…"), self)
        dress(self.verify, "check")
        dress(self.board, "calendar")
        self.verify.setToolTip(_("验证一份印发的台账是不是真的、有没有改动"))
        self.board.setToolTip(_("哪些网格这个月已印发、还没印发; 结账和重新打开"))
        self.verify.clicked.connect(self.verify_asked)
        self.board.clicked.connect(self.board_asked)
        for button in (self.verify, self.board):
            line.addWidget(button)
        rows.addLayout(line)
        self.setFocusProxy(self.list)

    @property
    def choice(self) -> Issued | None:
        """The edition chosen; None while there is none."""
        row = self.list.current()
        return Issued(row) if row is not None else None

    def refresh(self) -> None:
        """The list is read again."""
        self.list.refresh()

    def show_number(self, number: str) -> None:
        """The edition of this number is chosen as soon as it is in the list."""
        self._wanted = number
        self.list.refresh()

    def _hear(self, tables: frozenset[str]) -> None:
        if "edition" in tables:
            self.refresh()

    def _go(self) -> None:
        if self._wanted is None:
            return
        at = next((n for n, row in enumerate(self.list.rows) if row.number == self._wanted), None)
        if at is not None:
            self._wanted = None
            self.list.table.view.selectRow(at)


def _state(replaced_by: str) -> Chip | None:
    return Chip(_("已代替"), "draft") if replaced_by else Chip(_("有效"), "done")
