"""Conflicts in plain words side by side: 你 and 总部, each with 「用这个」, decided by mouse or by 1 and 2."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QStackedLayout, QWidget

from app.errors import Refusal
from app.i18n import _, say
from app.services.sites import skewed
from app.ui import report
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.tasks import Session
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column
from app.ui.widgets.prose import prose
from app.ui.widgets.text import moment_text

if TYPE_CHECKING:
    from app.services.conflicts import ConflictRow, Side, Take

#: More questions than this are not shown at once; the rest comes up as they are settled.
MOST = 50


class ConflictCards(QWidget):
    """The open questions of this person's part of the tree; a choice is a change like any other. `counted` tells how many.

    ↑ ↓ go from card to card, 1 takes the left value, 2 the right one, Enter opens the record.
    """

    counted = Signal(int)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.rows: Sequence[ConflictRow] = ()
        self.cards: list[Card] = []
        self.area = QScrollArea(self)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setAccessibleName(_("待核定的内容"))
        self.nothing = Empty("", "merge")
        self.nothing.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # who decides the last one does not lose his place
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(self.area)
        self._say_nothing()

    def refresh(self) -> None:
        """The questions are asked for again."""
        from app.services import conflicts

        self.desk.tasks.read(conflicts.open_conflicts, self.show_rows, self._failed, owner=self)

    def show_rows(self, rows: "Sequence[ConflictRow]") -> None:
        """These questions are seen; the keyboard stays at its place in the list."""
        here = next((at for at, card in enumerate(self.cards) if card.has_keyboard()), None)
        self.rows = rows
        inside = QWidget()
        inside.setProperty("role", "clear")
        lines = column(inside, 12, (0, 12, 8, 12))
        lines.addWidget(prose(self._head(rows), "caption"))
        self.cards = [Card(self, row) for row in rows[:MOST]]
        for card in self.cards:
            lines.addWidget(card)
        if len(rows) > MOST:
            lines.addWidget(prose(_("还有 {n} 处, 核定前面的以后显示。").format(n=len(rows) - MOST), "caption"))
        lines.addStretch(1)
        self.area.setWidget(inside)
        if not rows:
            self._say_nothing()
        self._stack.setCurrentWidget(self.area if rows else self.nothing)
        self.setFocusProxy(self.cards[0] if self.cards else self.nothing)
        if here is not None and rows:
            self.go(min(here, len(self.cards) - 1))
        elif here is not None:
            self.nothing.setFocus(Qt.FocusReason.OtherFocusReason)
        self.counted.emit(len(rows))

    def go(self, number: int) -> None:
        """The card at this place has the keyboard and is seen."""
        if 0 <= number < len(self.cards):
            self.cards[number].setFocus(Qt.FocusReason.OtherFocusReason)
            self.area.ensureWidgetVisible(self.cards[number], 0, 24)

    def decide(self, row: "ConflictRow", take: "Take") -> None:
        """The record has this side's value from now on, on every machine once they have synced."""
        from app.services import conflicts

        def act(s: Session) -> None:
            conflicts.decide(s, row.id, take)

        chosen, other = (row.winner, row.loser) if take == "winner" else (row.loser, row.winner)
        words = _(
            "已核定: {title} 的{label}用「{value}」, 「{other}」仍留在记录的历史里。同步后各台电脑都一样。"
        ).format(title=row.title, label=row.label, value=chosen.text, other=other.text)
        self.desk.tasks.write(act, lambda _none: self.desk.banner(words, "done"), owner=self)

    def _head(self, rows: "Sequence[ConflictRow]") -> str:
        if not any(row.decidable for row in rows):
            return _("由网格长核定; 您只能核定自己填的内容。")
        return _("两边都改过的地方。现用的值先生效, 另一个也留着; 请选一个: 按 1 用左边的, 按 2 用右边的, ↑ ↓ 换一处。")

    def _say_nothing(self) -> None:
        self.nothing.say(_("没有待核定的内容。两边都改过的地方会列在这里, 由网格长选定用哪一个。"), "merge")

    def _failed(self, error: Exception) -> None:
        words = say(error) if isinstance(error, Refusal) else _("列表没有读出来, 出错报告已保存。可以再试一次。")
        self.nothing.fail(words, report.describe(error))
        self._stack.setCurrentWidget(self.nothing)


class Card(QFrame):
    """One question: what it is about, and both values side by side."""

    def __init__(self, cards: ConflictCards, row: "ConflictRow") -> None:
        super().__init__()
        self.cards, self.row = cards, row
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        sides: list[tuple[Side, Take]] = [(row.winner, "winner"), (row.loser, "loser")]
        sides.sort(key=lambda one: not (one[0].mine or one[0].here))
        self.takes = [take for _side, take in sides]
        lines = column(self, 8, (16, 12, 16, 14))
        lines.addLayout(self._head())
        both = QHBoxLayout()
        both.setSpacing(12)
        self.buttons = [self._side(both, side, take, key) for key, (side, take) in enumerate(sides, 1)]
        lines.addLayout(both)
        told = [f"{who_of(side)}: {side.text}" for side, _take in sides]
        self.setAccessibleName(f"{row.kind} {row.title} {row.label}")
        self.setAccessibleDescription("; ".join([*told, _("按 1 用左边的, 按 2 用右边的")]))

    def has_keyboard(self) -> bool:
        """The card or a button on it has the keyboard."""
        return self.hasFocus() or any(child.hasFocus() for child in self.findChildren(QPushButton))

    def take(self, number: int) -> None:
        """The value at the left (0) or right (1) is chosen, by those who may."""
        if self.row.decidable:
            self.cards.decide(self.row, self.takes[number])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        here = self.cards.cards.index(self)
        acts: dict[int, Callable[[], object]] = {
            Qt.Key.Key_1: lambda: self.take(0),
            Qt.Key.Key_2: lambda: self.take(1),
            Qt.Key.Key_Up: lambda: self.cards.go(here - 1),
            Qt.Key.Key_Down: lambda: self.cards.go(here + 1),
            Qt.Key.Key_Return: self.open,
            Qt.Key.Key_Enter: self.open,
        }
        if act := acts.get(event.key()):
            act()
        else:
            super().keyPressEvent(event)

    def open(self) -> None:
        """The record is in front, on its own page."""
        if self.row.door is not None:
            self.cards.desk.open(*self.row.door)

    def _head(self) -> QHBoxLayout:
        row, line = self.row, QHBoxLayout()
        line.addWidget(prose(" · ".join(part for part in (row.kind, row.title, row.label) if part), "heading"), 1)
        if row.door is not None:
            door = QPushButton(_("打开这条记录"), self)
            door.setProperty("kind", "quiet")
            door.setAccessibleName(_("打开「{title}」").format(title=row.title))
            dress(door, "open", "accent")
            door.clicked.connect(self.open)
            line.addWidget(door)
        return line

    def _side(self, both: QHBoxLayout, side: "Side", take: "Take", key: int) -> QPushButton:
        frame = QFrame(self)
        frame.setProperty("role", "note")
        lines = column(frame, 4, (12, 10, 12, 10))
        who = who_of(side)
        lines.addWidget(prose(" · ".join(part for part in (who, moment_text(side.at)) if part), "caption"))
        lines.addWidget(prose(side.text, "heading"))
        if side.skew:
            lines.addWidget(prose(_("这台电脑的时钟{off}, 时间仅供参考。").format(off=skewed(side.skew)), "caption"))
        words = _("保留现用的这个") if take == "winner" else _("用这个")
        button = QPushButton(words, frame)
        button.setAccessibleName(_("{label}用{who}的: {value}").format(label=self.row.label, who=who, value=side.text))
        button.setToolTip(str(key))
        button.setEnabled(self.row.decidable)
        button.clicked.connect(lambda: self.take(key - 1))
        lines.addStretch(1)
        lines.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        both.addWidget(frame, 1)
        return button


def who_of(side: "Side") -> str:
    """你, 总部 or the site's name, with the person's name."""
    place = _("总部") if side.hq else _("本站") if side.here else side.site
    if side.mine:
        return _("你")
    return " ".join(part for part in (place, side.who) if part)
