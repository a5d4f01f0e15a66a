"""The board: a column for each part of an issue's life, its count above, its most pressing cards below."""

import uuid
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.i18n import _
from app.services import boards
from app.services.boards import Column
from app.services.issues import MOST_COUNTED
from app.ui.desk import Desk
from app.ui.issues import lines
from app.ui.issues.lines import Line
from app.ui.theme import look, theme
from app.ui.widgets.chips import Chip, paint_chip
from app.ui.widgets.fields import column
from app.ui.widgets.sources import Ask

_LINE, _CHIPS = int(Qt.ItemDataRole.UserRole) + 1, int(Qt.ItemDataRole.UserRole) + 2
#: Pixels of a column with cards, and of an empty one.
_WIDTH, _NARROW = 232, 112
Index = QModelIndex | QPersistentModelIndex


class CardDelegate(QStyledItemDelegate):
    """A card: the title on two lines, who holds it, and below in chips its state and what is left of its term."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(_WIDTH - 24, round(look().row * 3.4))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line, colours = index.data(_LINE), theme()
        box = option.rect.adjusted(2, 3, -4, -3)  # type: ignore[attr-defined]
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colours.accent if chosen else colours.hairline))
        painter.setBrush(QColor(colours.selection if chosen else colours.card))
        painter.drawRoundedRect(box, 8, 8)
        inside = box.adjusted(10, 8, -10, -8)
        high = painter.fontMetrics().height()
        painter.setPen(QColor(colours.ink))
        for n, text in enumerate(_two_lines(painter, line.title, inside.width())):
            painter.drawText(QRect(inside.x(), inside.y() + n * high, inside.width(), high), 0, text)
        font = QFont(painter.font())
        font.setPointSizeF(look().points(9.5))
        painter.setFont(font)
        painter.setPen(QColor(colours.secondary))
        about = " · ".join(part for part in (line.holder, line.reporter) if part)
        held = painter.fontMetrics().elidedText(about, Qt.TextElideMode.ElideRight, inside.width())
        below = inside.bottom() - 24
        painter.drawText(QRect(inside.x(), below - high - 2, inside.width(), high), 0, held)
        x = inside.x()
        for chip in index.data(_CHIPS):
            left = inside.right() - x
            if left > 40:
                x += paint_chip(painter, QRect(x, below, left, 24), chip, painter.device().devicePixelRatio()) + 6
        painter.restore()


def _two_lines(painter: QPainter, text: str, width: int) -> list[str]:
    metrics = painter.fontMetrics()
    cut = len(text)
    while cut > 1 and metrics.horizontalAdvance(text[:cut]) > width:
        cut -= 1
    rest = text[cut:].lstrip()
    return [text[:cut], metrics.elidedText(rest, Qt.TextElideMode.ElideRight, width)] if rest else [text]


class Cards(QListWidget):
    """The cards of one column; ↑ ↓ choose, Enter opens, ← → are for the board."""

    opened = Signal(object)
    aside = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "clear")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setItemDelegate(CardDelegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.itemActivated.connect(lambda _item: self.opened.emit(self.card()))

    def show_cards(self, cards: Sequence[Line], chips: Sequence[list[Chip]]) -> None:
        """These cards, the marked one kept where it still is."""
        here, row = self.card(), self.currentRow()
        self.clear()
        for line, marks in zip(cards, chips, strict=True):
            item = QListWidgetItem(line.title)
            item.setData(_LINE, line)
            item.setData(_CHIPS, marks)
            told = ", ".join([line.title, *(chip.text for chip in marks), line.holder, line.number])
            item.setData(int(Qt.ItemDataRole.AccessibleTextRole), told)
            item.setToolTip(f"{line.number}  {line.title}")
            self.addItem(item)
        again = next((at for at, line in enumerate(cards) if line.id == here), min(row, len(cards) - 1))
        self.setCurrentRow(again)

    def card(self) -> uuid.UUID | None:
        """The marked issue."""
        found = self.currentIndex().data(_LINE)
        return found.id if isinstance(found, Line) else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.aside.emit(1 if event.key() == Qt.Key.Key_Right else -1)
        else:
            super().keyPressEvent(event)


class Board(QScrollArea):
    """All columns side by side; `chosen` and `opened` carry the issue of a card."""

    chosen = Signal(object)
    opened = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self._turn = 0
        self.heads: list[QLabel] = []
        self.columns: list[Cards] = []
        self._frames: dict[Cards, QFrame] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(_("看板"))
        inside = QWidget()
        inside.setProperty("role", "clear")
        line = QHBoxLayout(inside)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        for key, label, _stages in boards.COLUMNS:
            line.addWidget(self._column(key, _(label), inside))
        self.setWidget(inside)

    def ask(self, ask: Ask) -> None:
        """The cards of what is asked for come in; the old ones stay until then, and nothing waits for them."""
        self._turn += 1
        turn, query = self._turn, ask.query()

        def show(found: tuple[Column, ...]) -> None:
            if turn == self._turn:
                self._show(found)

        self.desk.tasks.read(lambda s: boards.board(s, query), show, owner=self)

    def focus_cards(self) -> None:
        """The keyboard is at the first card there is."""
        first = next((cards for cards in self.columns if cards.count()), None)
        if first is not None and not any(cards.hasFocus() for cards in self.columns):
            self._enter(first)

    def _column(self, key: str, label: str, parent: QWidget) -> QFrame:
        made = QFrame(parent)
        made.setProperty("role", "note")
        head, cards = QLabel(label, made), Cards(made)
        head.setProperty("role", "label")
        head.setContentsMargins(4, 0, 4, 0)
        head.setBuddy(cards)
        head.setWordWrap(True)
        cards.setAccessibleName(label)
        cards.setObjectName(key)
        cards.currentItemChanged.connect(lambda _new, _old, c=cards: self._tell(c))
        cards.opened.connect(self.opened)
        cards.aside.connect(lambda by, c=cards: self._aside(c, by))
        cards.installEventFilter(self)
        rows = column(made, 6, (6, 8, 2, 6))
        rows.addWidget(head)
        rows.addWidget(cards, 1)
        self.heads.append(head)
        self.columns.append(cards)
        self._frames[cards] = made
        return made

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn and isinstance(watched, Cards):
            self._tell(watched)
        return super().eventFilter(watched, event)

    def _tell(self, cards: Cards) -> None:
        if cards.hasFocus() and cards.card() is not None:
            self.chosen.emit(cards.card())

    def _show(self, found: tuple[Column, ...]) -> None:
        for head, cards, one in zip(self.heads, self.columns, found, strict=True):
            many = f"{MOST_COUNTED:,}+" if one.count > MOST_COUNTED else f"{one.count:,}"
            words = _("{stage}  {n} 件").format(stage=_(one.label), n=many)
            more = one.count - len(one.cards)
            head.setText(words if more <= 0 else _("{words}, 列出前 {n} 件").format(words=words, n=len(one.cards)))
            cards.setAccessibleName(head.text())
            shown = [lines.line(row) for row in one.cards]
            cards.show_cards(shown, [self._chips(row) for row in one.cards])
            around = self._frames[cards]
            around.setMinimumWidth(_WIDTH if one.count else _NARROW)
            around.setMaximumWidth(2 * _WIDTH if one.count else _NARROW)

    def _chips(self, row: Any) -> list[Chip]:
        found = [lines.term_chip(lines.term_of(row)), lines.state_chip(lines.state_of(row))]
        if row.card:
            tone = {"red": "overdue", "yellow": "due"}.get(row.card, "waiting")
            found.insert(1, Chip(self.desk.label("urging", row.card), tone, "supervise"))
        return [chip for chip in found if chip is not None]

    def _aside(self, cards: Cards, by: int) -> None:
        """The next column on that side that has a card."""
        at = self.columns.index(cards)
        rest = self.columns[at + 1 :] if by > 0 else self.columns[:at][::-1]
        beside = next((one for one in rest if one.count()), None)
        if beside is not None:
            self._enter(beside)

    def _enter(self, cards: Cards) -> None:
        cards.setCurrentRow(max(0, cards.currentRow()))
        cards.setFocus(Qt.FocusReason.TabFocusReason)
        self.ensureWidgetVisible(cards, 8, 0)
