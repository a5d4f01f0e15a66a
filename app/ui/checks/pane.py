"""One check read: its score, what failed first with its hazard, then every answer."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.errors import Refusal
from app.i18n import _, say
from app.services import attachments, checks
from app.services.access import may
from app.services.attachments import AttachmentRow
from app.services.checks import CheckView, ItemRow
from app.services.issues import IssueRow
from app.ui import report
from app.ui.checks.lines import Line, state_chip, state_of
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.tasks import Session
from app.ui.widgets import handed_over
from app.ui.widgets.attached import PhotoShelf
from app.ui.widgets.chips import Chip, ChipLabel
from app.ui.widgets.choices import Flow
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column
from app.ui.widgets.prose import prose
from app.ui.widgets.text import long_day

_MARKS = {"pass": ("done", "done"), "fail": ("waiting", "warning"), "na": ("draft", "void")}


@dataclass(frozen=True)
class Deeds:
    """What the pane can ask the page to do."""

    void: Callable[[uuid.UUID], None]
    restore: Callable[[uuid.UUID], None]
    resume: Callable[[uuid.UUID], None]
    again: Callable[[CheckView], None]


class CheckPane(QWidget):
    """The reading pane of the list; the old check stays until the new one has been read."""

    def __init__(self, desk: Desk, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk, self.deeds = desk, deeds
        self.view: CheckView | None = None
        self._asked: uuid.UUID | None = None
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName(_("检查内容"))
        self._foot = QFrame(self)
        self._foot.setObjectName("status")
        self._acts = QHBoxLayout(self._foot)
        self._acts.setContentsMargins(16, 8, 16, 8)
        self._acts.setSpacing(8)
        self._nothing = Empty("", "check", parent=self)
        rows = column(self, 0)
        for part, stretch in ((self._scroll, 1), (self._foot, 0), (self._nothing, 1)):
            rows.addWidget(part, stretch)
        self._say()

    def show_row(self, row: Line | None) -> None:
        """This row is read; none leaves a sentence."""
        if row is None or row.draft:
            self._asked, self.view = None, None
            self._say(row)
        else:
            self.read(row.id)

    def read(self, check: uuid.UUID) -> None:
        """The check is asked for and shown."""
        self._asked = check

        def ask(s: Session) -> tuple[CheckView, list[AttachmentRow]]:
            return checks.one(s, check), attachments.of(s, check)

        def done(found: tuple[CheckView, list[AttachmentRow]]) -> None:
            if self._asked == check:
                self._show(*found)

        def failed(error: Exception) -> None:
            if self._asked == check:
                self.view = None
                self._say()
                told = say(error) if isinstance(error, Refusal) else _("这次检查没有读出来, 请再选一次。")
                self._nothing.fail(told, report.describe(error))

        self.desk.tasks.read(ask, done, failed, owner=self)

    # --- showing ----------------------------------------------------------------------------------------------------

    def _say(self, draft: Line | None = None) -> None:
        self._scroll.hide()
        self._foot.hide()
        if draft is None:
            self._nothing.say(_("选中一次检查, 在这里看结果和隐患。"), "check")
        else:
            told = _("{title}\n还没有做完, 只在这台电脑上。").format(title=draft.place)
            self._nothing.say(told, "draft", _("接着检查"), lambda: self.deeds.resume(draft.id))
        self._nothing.show()

    def _show(self, view: CheckView, photos: Sequence[AttachmentRow]) -> None:
        self.view = view
        inside = QWidget()
        inside.setProperty("role", "clear")
        rows = column(inside, 10, (20, 16, 16, 20))
        self._head(rows, view)
        failed = [item for item in view.items if item.verdict == "fail"]
        for item in failed:
            rows.addWidget(self._failure(item))
        if photos:
            rows.addWidget(PhotoShelf(self.desk, photos))
        rows.addWidget(prose(_("逐项结果"), "heading"))
        rows.addLayout(self._answers(view))
        rows.addStretch(1)
        self._scroll.setWidget(inside)
        self._nothing.hide()
        self._scroll.show()
        self._offer(view)

    def _head(self, rows: QVBoxLayout, view: CheckView) -> None:
        row = view.row
        rows.addWidget(prose(_("{title} · 第 {n} 版").format(title=row.template, n=view.version), "caption"))
        top = QHBoxLayout()
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(prose(row.place, "heading"))
        strip = QWidget()
        flow = Flow(strip, 6)
        if (chip := state_chip(state_of(row))) is not None:
            flow.addWidget(ChipLabel(chip))
        if row.open_hazards:
            flow.addWidget(ChipLabel(Chip(_("待整改 {n}").format(n=row.open_hazards), "due", "time")))
        left.addWidget(strip)
        top.addLayout(left, 1)
        if row.score is not None:
            figure = prose(str(row.score), "figure")
            figure.setAccessibleName(_("得分 {score}").format(score=row.score))
            top.addWidget(figure, 0, Qt.AlignmentFlag.AlignTop)
            top.addWidget(prose(_("分"), "caption"), 0, Qt.AlignmentFlag.AlignTop)
        rows.addLayout(top)
        facts = " · ".join(part for part in (long_day(row.day), row.inspectors, row.grid) if part)
        rows.addWidget(prose(facts, "secondary"))
        if row.handed_over:
            rows.addWidget(handed_over.sentence())
        for text in (
            view.fields["summary"],
            _("作废原因: {reason}").format(reason=view.void_reason) if view.void_reason else "",
        ):
            if text:
                rows.addWidget(prose(text))

    def _failure(self, item: ItemRow) -> QFrame:
        card = QFrame()
        card.setProperty("role", "note")
        rows = column(card, 6, (12, 10, 12, 10))
        title = _("{item} (关键项)").format(item=item.text) if item.critical else item.text
        rows.addWidget(prose(title, "heading"))
        told = [f"{item.value}" if item.value is not None else "", item.note]
        if any(told):
            rows.addWidget(prose(" · ".join(part for part in told if part)))
        if item.requirement:
            rows.addWidget(prose(_("要求: {text}").format(text=item.requirement), "secondary"))
        if item.hazard is not None:
            rows.addLayout(self._hazard(item.hazard))
        return card

    def _hazard(self, row: IssueRow) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        tone = "done" if row.state in ("closed", "archived") else "waiting"
        line.addWidget(ChipLabel(Chip(row.state_label, tone)))
        if row.days is not None:
            late = row.days < 0
            words = _("超期 {n} 天").format(n=-row.days) if late else _("剩余 {n} 天").format(n=row.days)
            line.addWidget(ChipLabel(Chip(words, "overdue" if late else "due", "overdue" if late else "time")))
        line.addStretch(1)
        door = QPushButton(_("看隐患"))
        door.setAccessibleName(_("看隐患 {number}").format(number=row.number))
        door.setToolTip(row.number)
        dress(door, "issue")
        door.clicked.connect(partial(self.desk.open, "issues", row.id))
        line.addWidget(door)
        return line

    def _answers(self, view: CheckView) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for number, item in enumerate(view.items):
            tone, picture = _MARKS.get(item.verdict, ("draft", "info"))
            label = self.desk.label("verdict", item.verdict) if item.verdict else _plain(item.value)
            words = item.text if not item.note or item.verdict == "fail" else f"{item.text} · {item.note}"
            if item.verdict and item.value is not None:
                words = f"{words} · {_plain(item.value)}"
            grid.addWidget(prose(f"{number + 1}", "caption"), number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(prose(words), number, 1)
            shown = ChipLabel(Chip(label, tone, picture)) if item.verdict else prose(label, "secondary")
            grid.addWidget(shown, number, 2, Qt.AlignmentFlag.AlignTop)
        return grid

    def _offer(self, view: CheckView) -> None:
        while self._acts.count():
            if (old := self._acts.takeAt(0).widget()) is not None:
                old.hide()
                old.deleteLater()
        check = view.row.id
        acts: list[tuple[str, str, Callable[[], None]]] = []
        if may(self.desk.actor, "check.record") and not view.row.handed_over:
            acts.append((_("再查一次"), "rotate", lambda: self.deeds.again(view)))
        if may(self.desk.actor, "check.void") and view.mine:
            acts.append((_("作废…"), "void", lambda: self.deeds.void(check)))
        if view.row.voided and not view.row.handed_over and may(self.desk.actor, "check.void"):
            acts = [(_("恢复"), "undo", lambda: self.deeds.restore(check))]
        for words, picture, act in acts:
            button = QPushButton(words, self._foot)
            dress(button, picture)
            button.clicked.connect(lambda _on=False, a=act: a())
            self._acts.addWidget(button)
        self._acts.addStretch(1)
        self._foot.setVisible(bool(acts))


def _plain(value: object) -> str:
    if isinstance(value, list):
        return _("{n} 张照片").format(n=len(value))
    return "" if value is None else str(value)
