"""Conflicts in plain words side by side: 你 and 总部, each with 「用这个」."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QStackedLayout, QWidget

from app.i18n import _
from app.services.access import may
from app.ui.desk import Desk
from app.ui.tasks import Session
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column
from app.ui.widgets.text import moment_text

if TYPE_CHECKING:
    from app.services.conflicts import ConflictRow, Side, Take

#: More questions than this are not shown at once; the rest comes up as they are settled.
MOST = 50


class ConflictCards(QWidget):
    """The open questions of this person's part of the tree; a choice is a change like any other. `counted` tells how many."""

    counted = Signal(int)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.rows: Sequence[ConflictRow] = ()
        self.area = QScrollArea(self)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setAccessibleName(_("待核定的内容"))
        self.nothing = Empty(_("没有待核定的内容。两边都改过的地方会列在这里, 由网格长选定用哪一个。"), "merge")
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(self.area)

    def refresh(self) -> None:
        """The questions are asked for again."""
        from app.services import conflicts

        self.desk.tasks.read(conflicts.open_conflicts, self.show_rows)

    def show_rows(self, rows: "Sequence[ConflictRow]") -> None:
        """These questions are seen."""
        self.rows = rows
        inside = QWidget()
        inside.setProperty("role", "clear")
        lines = column(inside, 12, (0, 12, 8, 12))
        if not may(self.desk.actor, "conflict.decide"):
            lines.addWidget(_words(_("由网格长核定, 您的账号只能查看。"), "caption"))
        for row in rows[:MOST]:
            lines.addWidget(self._card(row))
        if len(rows) > MOST:
            lines.addWidget(_words(_("还有 {n} 处, 核定前面的以后显示。").format(n=len(rows) - MOST), "caption"))
        lines.addStretch(1)
        self.area.setWidget(inside)
        self._stack.setCurrentWidget(self.area if rows else self.nothing)
        self.counted.emit(len(rows))

    def decide(self, row: "ConflictRow", take: "Take") -> None:
        """The record has this side's value from now on."""
        from app.services import conflicts

        def act(s: Session) -> None:
            conflicts.decide(s, row.id, take)

        chosen = row.winner if take == "winner" else row.loser
        words = _("已核定: {title} 的{label}用「{value}」。").format(
            title=row.title, label=row.label, value=chosen.text
        )
        self.desk.tasks.write(act, lambda _none: self.desk.banner(words, "done"), owner=self)

    def _card(self, row: "ConflictRow") -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        lines = column(card, 8, (16, 12, 16, 14))
        lines.addWidget(_words(" · ".join(part for part in (row.kind, row.title, row.label) if part), "heading"))
        lines.addWidget(_words(_("两边都改过。现用的值先生效, 另一个也留着; 请选一个。"), "caption"))
        both = QHBoxLayout()
        both.setSpacing(12)
        sides: list[tuple[Side, Take, bool]] = [(row.winner, "winner", True), (row.loser, "loser", False)]
        sides.sort(key=lambda one: not (one[0].mine or one[0].here))
        for side, take, valid in sides:
            both.addWidget(self._side(row, side, valid, lambda take=take: self.decide(row, take)), 1)  # type: ignore[misc]
        lines.addLayout(both)
        card.setAccessibleName(f"{row.kind} {row.title} {row.label}")
        return card

    def _side(self, row: "ConflictRow", side: "Side", valid: bool, choose: Callable[[], None]) -> QFrame:
        frame = QFrame()
        frame.setProperty("role", "note")
        lines = column(frame, 4, (12, 10, 12, 10))
        who = who_of(side)
        lines.addWidget(_words(" · ".join(part for part in (who, moment_text(side.at)) if part), "caption"))
        value = _words(side.text, "heading")
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        lines.addWidget(value)
        button = QPushButton(_("保留现用的这个") if valid else _("用这个"), frame)
        button.setAccessibleName(_("{label}用{who}的: {value}").format(label=row.label, who=who, value=side.text))
        button.setEnabled(may(self.desk.actor, "conflict.decide"))
        button.clicked.connect(lambda: choose())
        lines.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        return frame


def who_of(side: "Side") -> str:
    """你, 总部 or the site's name, with the person's name."""
    place = _("总部") if side.hq else _("本站") if side.here else side.site
    if side.mine:
        return _("你")
    return " ".join(part for part in (place, side.who) if part)


def _words(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("role", role)
    return label
