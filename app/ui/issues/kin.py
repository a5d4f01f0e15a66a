"""What an issue has to do with others: the old one it brings back, its 共性问题, its members, what was merged into it."""

import uuid
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.i18n import _
from app.services.issues import IssueRow, IssueView
from app.services.members import Members
from app.services.recurrence import Proposal
from app.ui.icons import dress
from app.ui.issues import lines
from app.ui.widgets.prose import prose
from app.ui.widgets.text import short_day

#: More than these are found by the list.
SHOWN = 8


def door(text: str, picture: str, act: Callable[[], None]) -> QPushButton:
    """A line that leads to another record."""
    button = QPushButton(text)
    button.setProperty("kind", "quiet")
    dress(button, picture, "accent")
    button.setAutoDefault(True)
    button.clicked.connect(lambda: act())
    return button


class Kin(QWidget):
    """Doors to the other issues; `judge` says of a proposal whether it is the old one, `tell` passes the answer on."""

    def __init__(
        self, view: IssueView, show: Callable[[uuid.UUID], None], judge: Callable[[uuid.UUID, bool], None],
        tell: Callable[[], None], parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setProperty("role", "clear")
        self._show, self._judge = show, judge
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(2)
        if view.former is not None:
            words = _("老问题, 第 {n} 次出现: {title} ({state})")
            self._put(view.former, words.format(
                n=view.times, title=lines.title_of(view.former), state=view.former.state_label), "history")  # fmt: skip
            self._part(view, view.former, _("不是老问题, 取消关联"))
        for one in view.proposed[:3]:
            self._propose(one, "link" in view.next_steps)
        if view.common is not None:
            self._put(view.common, _("已归入共性问题: {title}").format(title=lines.title_of(view.common)), "people")
            self._part(view, view.common, _("不归入, 取消关联"))
        grouped, merged = _("共性问题: 归入 {n} 件, 涉及 {people} 人"), _("已并入本件的 {n} 件")
        self._members(view.grouped, grouped)
        self._members(view.merged, merged)
        if (view.grouped.rows or view.merged.rows) and any(step.kind == "answer" for step in view.timeline):
            pass_on = door(_("把答复给各件…"), "reply", tell)
            self._rows.addWidget(pass_on)
        self.setVisible(self._rows.count() > 0)

    def _put(self, row: IssueRow, text: str, picture: str) -> None:
        line = QHBoxLayout()
        line.addWidget(door(text, picture, partial(self._show, row.id)))
        line.addStretch(1)
        self._rows.addLayout(line)

    def _propose(self, one: Proposal, may_link: bool) -> None:
        text = _("像是老问题: {title} ({number}, {day} 办结, {why})").format(
            title=lines.title_of(one.row), number=one.row.number, day=short_day(one.closed_on), why=one.why
        )
        self._put(one.row, text, "history")
        if may_link:
            self._ask(one.row.id, text, ((_("是老问题, 关联"), True), (_("不是"), False)))

    def _part(self, view: IssueView, other: IssueRow, words: str) -> None:
        """The link can be taken back by whoever may link."""
        if "link" in view.next_steps:
            self._ask(other.id, lines.title_of(other), ((words, False),))

    def _ask(self, other: uuid.UUID, about: str, answers: Sequence[tuple[str, bool]]) -> None:
        line = QHBoxLayout()
        line.setContentsMargins(28, 0, 0, 4)
        for words, yes in answers:
            button = QPushButton(words)
            button.setAutoDefault(True)
            button.setAccessibleDescription(about)
            button.clicked.connect(lambda _on=False, y=yes: self._judge(other, y))
            line.addWidget(button)
        line.addStretch(1)
        self._rows.addLayout(line)

    def _members(self, found: Members, words: str) -> None:
        if not found.rows:
            return
        self._rows.addWidget(prose(words.format(n=len(found.rows), people=found.people), "heading"))
        for row in found.rows[:SHOWN]:
            self._put(row, f"{lines.title_of(row)} · {row.number} · {row.state_label}", "issue")
        if (more := len(found.rows) - SHOWN) > 0:
            self._rows.addWidget(prose(_("还有 {n} 件").format(n=more), "caption"))
