"""The left side of 台账, second leaf: what was printed for signature; the one chosen lies on the right as it was printed."""

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.i18n import N_, _
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.ledgers import standing
from app.ui.ledgers.standing import Issued
from app.ui.theme import look, theme
from app.ui.widgets.chips import Chip, paint_chip
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
            [Column(N_("台账"), "words", 240)],
            standing.rows,
            _EMPTY,
            "ledger",
            self,
        )
        view = self.list.table.view
        view.horizontalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(round(look().row * 1.75))
        view.setItemDelegateForColumn(0, EditionDelegate(self.list.table))
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


class EditionDelegate(QStyledItemDelegate):
    """Two lines: which ledger; below it of when and whose, with its state at the right. The pane is too narrow for columns."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        bare = QStyleOptionViewItem(option)
        self.initStyleOption(bare, index)
        bare.text = ""  # type: ignore[attr-defined]
        widget = bare.widget  # type: ignore[attr-defined]
        widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, bare, painter, widget)
        row = index.model().row(index.row())  # type: ignore[attr-defined]
        if row is None:
            return
        rect = option.rect.adjusted(8, 5, -8, -5)  # type: ignore[attr-defined]
        half = rect.height() // 2
        painter.save()
        painter.setPen(QColor(theme().ink))
        _draw(painter, QRect(rect.x(), rect.y(), rect.width(), half), row.title)
        font = painter.font()
        font.setPointSizeF(look().points(9.5))
        painter.setFont(font)
        lower = QRect(rect.x(), rect.y() + half, rect.width(), half)
        state = _state(row.replaced_by)
        wide = painter.fontMetrics().horizontalAdvance(state.text) + 36
        scale = painter.device().devicePixelRatio()
        paint_chip(painter, lower.adjusted(lower.width() - wide, 0, 0, 0), state, scale)
        painter.setPen(QColor(theme().secondary))
        _draw(painter, lower.adjusted(0, 0, -wide - 8, 0), f"{row.period.title} · {row.unit}")
        painter.restore()


def _draw(painter: QPainter, where: QRect, words: str) -> None:
    shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, where.width())
    painter.drawText(where, int(Qt.AlignmentFlag.AlignVCenter), shown)


def _state(replaced_by: str) -> Chip:
    return Chip(_("已代替"), "draft") if replaced_by else Chip(_("有效"), "done")
