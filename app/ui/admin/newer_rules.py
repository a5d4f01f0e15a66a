"""新规则: what the program brings and headquarters has not in force, side by side; taken or left with one key, table by table."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QScrollArea, QStackedLayout, QWidget

from app.i18n import _
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.page import Page
from app.ui.tasks import Session
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column
from app.ui.widgets.prose import prose

if TYPE_CHECKING:
    from app.services.newer_rules import Newer


class RulesTab(Page):
    """A card for each table of rules; ↑ ↓ go from card to card, 1 leaves the rules in force, 2 takes those of the program."""

    tables = frozenset({"code"})

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.cards: list[Card] = []
        self._wanted = False
        self.area = QScrollArea(self)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setAccessibleName(_("程序带来的新规则"))
        self.nothing = Empty(
            _("现行的规则都已定过。以后的程序带来新规则时, 会列在这里与现行的对照, 由您换上或保留, 不会自己换。"),
            "done",
        )
        self.nothing.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # who decides the last one does not lose his place
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(self.area)

    def refresh(self) -> None:
        from app.services import newer_rules

        self.desk.tasks.read(newer_rules.offered, self.show_rules, owner=self)

    def open_record(self, _record: object) -> None:
        """The first card has the keyboard, at once or when it is read."""
        self._wanted = not self.cards
        self.go(0)

    def show_rules(self, found: "list[Newer]") -> None:
        """These tables are asked about; the keyboard stays at its place in the list."""
        here = next((at for at, card in enumerate(self.cards) if card.has_keyboard()), 0 if self._wanted else None)
        self._wanted = False
        inside = QWidget()
        inside.setProperty("role", "clear")
        lines = column(inside, 12, (16, 12, 16, 12))
        lines.addWidget(
            prose(_("程序带来的规则与现行的不同。按 1 保留现行的, 按 2 换上新的, ↑ ↓ 换一张表。"), "caption")
        )
        self.cards = [Card(self, newer) for newer in found]
        for card in self.cards:
            lines.addWidget(card)
        lines.addStretch(1)
        self.area.setWidget(inside)
        self._stack.setCurrentWidget(self.area if found else self.nothing)
        self.setFocusProxy(self.cards[0] if self.cards else self.nothing)
        if here is not None and found:
            self.go(min(here, len(found) - 1))
        elif here is not None:
            self.nothing.setFocus(Qt.FocusReason.OtherFocusReason)

    def go(self, number: int) -> None:
        """The card at this place has the keyboard and is seen."""
        if 0 <= number < len(self.cards):
            self.cards[number].setFocus(Qt.FocusReason.OtherFocusReason)
            self.area.ensureWidgetVisible(self.cards[number], 0, 24)

    def take(self, newer: "Newer") -> None:
        """The rules of the program hold from now on."""
        from app.services import newer_rules

        def act(s: Session) -> tuple[int, int]:
            return newer_rules.take(s, newer.table)

        words = _("{table}已换上新的, 未办结的事项按它重新计算, 随下发到各站点。").format(table=newer.title)
        self.desk.tasks.write(act, lambda _n: self._decided(words), owner=self)

    def leave_as_is(self, newer: "Newer") -> None:
        """The rules in force stay."""
        from app.services import newer_rules

        words = _("{table}保留现行的。以后的程序又带来别的规则时再问。").format(table=newer.title)
        self.desk.tasks.write(lambda s: newer_rules.leave(s, newer.table), lambda _n: self._decided(words), owner=self)

    def _decided(self, words: str) -> None:
        self.desk.banner(words, "done")
        self.refresh()


class Card(QFrame):
    """One table of rules: each field that differs, as it is in force and as the program brings it."""

    def __init__(self, tab: RulesTab, newer: "Newer") -> None:
        super().__init__()
        self.tab, self.newer = tab, newer
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        lines = column(self, 8, (16, 12, 16, 14))
        lines.addWidget(prose(newer.title, "heading"))
        lines.addLayout(self._differences())
        self.buttons = [
            self._button(_("保留现行的 (1)"), "undo", lambda: tab.leave_as_is(newer)),
            self._button(_("换上新的 (2)"), "done", lambda: tab.take(newer)),
        ]
        both = QHBoxLayout()
        for button in self.buttons:
            both.addWidget(button)
        both.addStretch(1)
        lines.addLayout(both)
        self.setAccessibleName(newer.title)
        told = [f"{one.rule} {one.field}: {one.here} → {one.there}" for one in newer.differences]
        self.setAccessibleDescription("; ".join([*told, _("按 1 保留现行的, 按 2 换上新的")]))

    def has_keyboard(self) -> bool:
        """The card or a button on it has the keyboard."""
        return self.hasFocus() or any(button.hasFocus() for button in self.buttons)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        here = self.tab.cards.index(self)
        acts: dict[int, Callable[[], object]] = {
            Qt.Key.Key_1: self.buttons[0].click,
            Qt.Key.Key_2: self.buttons[1].click,
            Qt.Key.Key_Up: lambda: self.tab.go(here - 1),
            Qt.Key.Key_Down: lambda: self.tab.go(here + 1),
        }
        if act := acts.get(event.key()):
            act()
        else:
            super().keyPressEvent(event)

    def _differences(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        for at, words in enumerate((_("规则"), _("栏目"), _("现行的"), _("程序带来的"))):
            grid.addWidget(prose(words, "label"), 0, at)
            grid.setColumnStretch(at, 1 if at == 1 else 2)
        rule = ""
        for row, one in enumerate(self.newer.differences, 1):
            for at, words in enumerate(
                ("" if one.rule == rule else one.rule, one.field or _("整条"), one.here, one.there)
            ):
                grid.addWidget(prose(words), row, at, Qt.AlignmentFlag.AlignTop)
            rule = one.rule
        return grid

    def _button(self, words: str, icon: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(words, self)
        dress(button, icon)
        button.clicked.connect(lambda: act())
        return button
