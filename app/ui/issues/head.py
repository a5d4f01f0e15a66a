"""The head of an issue in the reading pane: number, title, state, and the legal next steps as buttons."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QMenu, QPushButton, QVBoxLayout, QWidget

from app.i18n import _
from app.services.access import may
from app.services.issues import IssueView
from app.services.orders import OrderRow
from app.ui.desk import Desk
from app.ui.icons import dress, icon
from app.ui.issues import lines, papers, steps
from app.ui.issues.steps import MOVES
from app.ui.widgets import handed_over
from app.ui.widgets.chips import Chip, ChipLabel
from app.ui.widgets.choices import Flow
from app.ui.widgets.fields import column
from app.ui.widgets.prose import prose

#: The card of 督办 → how it looks.
_CARDS = {"red": "overdue", "yellow": "due"}
#: Steps offered as buttons before the rest goes into 「更多」.
SHOWN = 3


@dataclass(frozen=True)
class Deeds:
    """What the pane can ask the page to do."""

    correct: Callable[[IssueView], None]
    void: Callable[[uuid.UUID], None]
    restore: Callable[[uuid.UUID], None]
    resume: Callable[[uuid.UUID], None]
    discard: Callable[[uuid.UUID], None]
    open: Callable[[uuid.UUID], None]
    paper: Callable[[IssueView, str], None]
    order_door: Callable[[OrderRow, QWidget], QWidget]
    order_paper: Callable[[OrderRow], None]


class IssueHead(QFrame):
    """Says which issue this is and what can be done with it; `chosen` carries the step."""

    chosen = Signal(str)

    def __init__(self, desk: Desk, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "sheet")
        self.desk, self.deeds = desk, deeds
        self.buttons: list[QPushButton] = []
        self._inside = QWidget(self)
        self._acts = QWidget(self._inside)
        self._rows = column(self, 0)
        self._rows.addWidget(self._inside)

    def show_view(self, view: IssueView) -> None:
        """This issue is named; who was at its buttons is at the new ones."""
        here = any(button.hasFocus() for button in self.buttons)
        self._inside.hide()
        self._inside.deleteLater()
        self._inside = QWidget(self)
        rows = column(self._inside, 8, (20, 14, 16, 10))
        row = view.row
        rows.addWidget(
            prose(" · ".join(part for part in (row.number, row.kind_label) if part), "caption", self._inside)
        )
        rows.addWidget(prose(row.title, "heading", self._inside))
        rows.addWidget(self._chips(view))
        if row.handed_over:
            rows.addWidget(handed_over.sentence())
        if view.void_reason:
            told = _("作废原因: {reason}").format(reason=view.void_reason)
            rows.addWidget(prose(told, "secondary", self._inside))
        self._offer(view, rows)
        self._rows.addWidget(self._inside)
        if here:
            self._inside.show()
            self.focus_next()

    def show_acts(self, on: bool) -> None:
        """The buttons are seen, or hidden while a step is being written."""
        self._acts.setVisible(on)

    def focus_next(self) -> None:
        """The natural next step has the keyboard."""
        if self.buttons:
            self.buttons[0].setFocus(Qt.FocusReason.TabFocusReason)

    def _chips(self, view: IssueView) -> QWidget:
        row = view.row
        strip = QWidget(self._inside)
        flow = Flow(strip, 6)
        for chip in (
            lines.state_chip(lines.state_of(row)),
            lines.term_chip(lines.term_of(row)),
            Chip(self.desk.label("urging", row.card), _CARDS.get(row.card, "waiting"), "supervise")
            if row.card
            else None,
            Chip(_("线索"), "draft", "info") if row.lead else None,
            Chip(_("密封"), "conflict", "lock") if row.sealed else None,
            Chip(_("敏感"), "waiting", "warning") if row.sensitive else None,
        ):
            if chip is not None:
                flow.addWidget(ChipLabel(chip, strip))
        return strip

    def _offer(self, view: IssueView, rows: QVBoxLayout) -> None:
        self._acts = QWidget(self._inside)
        self.buttons = []
        flow = Flow(self._acts, 6)
        found = steps.in_order(view)
        for kind in found[:SHOWN]:
            flow.addWidget(self._button(kind, primary=not self.buttons and kind != "note"))
        more = self._more(view, found[SHOWN:])
        if not more.isEmpty():
            door = QPushButton(_("更多"), self._acts)
            dress(door, "more")
            door.setAutoDefault(True)
            door.clicked.connect(lambda: more.popup(door.mapToGlobal(QPoint(0, door.height() + 2))))
            flow.addWidget(door)
            self.buttons.append(door)
        self._acts.setVisible(bool(self.buttons))
        rows.addWidget(self._acts)

    def _button(self, kind: str, primary: bool) -> QPushButton:
        move, label = MOVES[kind], self.desk.label("step_kind", kind)
        button = QPushButton(f"{label}  {move.key}", self._acts)
        button.setAutoDefault(True)  # Enter presses the one with the keyboard
        button.setAccessibleName(_("{step}, 快捷键 {key}").format(step=label, key=move.key))
        if primary:
            button.setProperty("kind", "primary")
        dress(button, move.icon, "accent_ink" if primary else "ink")
        button.clicked.connect(lambda _on=False, k=kind: self.chosen.emit(k))
        self.buttons.append(button)
        return button

    def _more(self, view: IssueView, rest: list[str]) -> QMenu:
        menu = QMenu(self._acts)
        for kind in rest:
            words_ = f"{self.desk.label('step_kind', kind)}\t{MOVES[kind].key}"
            act = menu.addAction(icon(MOVES[kind].icon), words_)
            act.triggered.connect(lambda _on=False, k=kind: self.chosen.emit(k))
        self._papers(view, menu)
        if view.mine and may(self.desk.actor, "issue.register"):
            if not menu.isEmpty():
                menu.addSeparator()
            title = _("补全线索") if view.row.lead else _("更正登记内容")
            menu.addAction(icon("edit"), f"{title}\tE").triggered.connect(lambda: self.deeds.correct(view))
            menu.addAction(icon("void"), _("作废…")).triggered.connect(lambda: self.deeds.void(view.row.id))
        if view.row.voided and not view.row.handed_over and may(self.desk.actor, "issue.step"):
            menu.addAction(icon("undo"), _("恢复")).triggered.connect(lambda: self.deeds.restore(view.row.id))
        return menu

    def _papers(self, view: IssueView, menu: QMenu) -> None:
        """What can be printed of this issue."""
        found = papers.offered(self.desk, view)
        if found and not menu.isEmpty():
            menu.addSeparator()
        for name, title in found:
            act = menu.addAction(icon("print"), _("{paper}…").format(paper=title))
            act.triggered.connect(lambda _on=False, one=name: self.deeds.paper(view, one))
