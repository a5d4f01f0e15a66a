"""One issue read: its head, what was registered, and its timeline; a step is written in the place of the timeline."""

import uuid
from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from app.errors import Refusal
from app.i18n import _, say
from app.services import attachments, issues, recurrence
from app.services.attachments import AttachmentRow
from app.services.drafts import DraftRow
from app.services.issues import IssueView
from app.ui import report
from app.ui.desk import Desk
from app.ui.issues import story
from app.ui.issues.gather import ask_answer
from app.ui.issues.head import Deeds, IssueHead
from app.ui.issues.kin import Kin, door
from app.ui.issues.lines import Line
from app.ui.issues.step_form import StepForm
from app.ui.issues.steps import MOVES
from app.ui.tasks import Session
from app.ui.widgets.attached import PhotoShelf
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column
from app.ui.widgets.prose import prose
from app.ui.widgets.timeline import Timeline


class Story(Timeline):
    """The timeline at its whole height: the pane scrolls, not it."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """As high as its steps need at this width."""
        inside = self.widget().layout()
        if inside is not None:
            self.setFixedHeight(inside.heightForWidth(self.viewport().width()) + 2)


class IssuePane(QWidget):
    """The reading pane; the old issue stays until the new one has been read."""

    def __init__(self, desk: Desk, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk, self.deeds = desk, deeds
        self.view: IssueView | None = None
        self.step: StepForm | None = None
        self._asked: uuid.UUID | None = None  # whose answer is awaited
        self._stay: uuid.UUID | None = None  # read on although the list shows it no more
        self._shown: uuid.UUID | None = None
        self._pending: DraftRow | None = None
        self._after = False  # a step was just taken
        self._next: tuple[str, dict[str, Any]] | None = None  # a step to be written as soon as the issue is shown
        self._nothing = Empty("", "issue", parent=self)
        self._sheet = QWidget(self)
        self.head = IssueHead(desk, deeds, self._sheet)
        self.head.chosen.connect(self.take)
        self._scroll = QScrollArea(self._sheet)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName(_("事项内容和经过"))
        self._place = QWidget(self._sheet)
        self._place_rows = column(self._place, 0)
        self._place.hide()
        rows = column(self._sheet, 0)
        for part, stretch in ((self.head, 0), (self._scroll, 1), (self._place, 1)):
            rows.addWidget(part, stretch)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._nothing)
        self._stack.addWidget(self._sheet)
        self._say()

    # --- what the list and the page ask -----------------------------------------------------------------------------

    def show_row(self, row: Line | None) -> None:
        """This row is read; none leaves the issue just worked on, or a sentence."""
        if row is None and self._stay is not None:
            self.read(self._stay)
        elif row is None:
            self._say()
        elif row.draft:
            self._say(row)
        else:
            self._stay = self._stay if self._stay == row.id else None
            self.read(row.id)

    def open(self, issue: uuid.UUID, step: DraftRow | None = None) -> None:
        """This issue is read whether or not the list shows it; the draft of a step is taken up again."""
        self._stay, self._pending = issue, step
        self.read(issue)

    def write_step(self, issue: uuid.UUID, kind: str, known: dict[str, Any]) -> None:
        """This issue is read and the form of this step is open on it, with what is known beforehand."""
        self._next = (kind, known)
        self.open(issue)

    def read(self, issue: uuid.UUID) -> None:
        """The issue is asked for and shown."""
        if self.step is not None and self.step.view.row.id != issue:
            self._close_step()
        self._asked = issue

        def ask(s: Session) -> tuple[IssueView, list[AttachmentRow]]:
            return issues.one(s, issue), attachments.of_issue(s, issue)

        def done(found: tuple[IssueView, list[AttachmentRow]]) -> None:
            if self._asked == issue:
                self._show(*found)

        def failed(error: Exception) -> None:
            if self._asked == issue:
                self.view, self._shown = None, None
                told = say(error) if isinstance(error, Refusal) else _("这件事项没有读出来, 请再选一次。")
                self._stack.setCurrentWidget(self._nothing)
                self._nothing.fail(told, report.describe(error))

        self.desk.tasks.read(ask, done, failed, owner=self)

    def keep_draft(self) -> None:
        """What is typed in an open step is kept."""
        if self.step is not None:
            self.step.form.keep_draft()

    # --- steps ------------------------------------------------------------------------------------------------------

    def take(self, kind: str) -> None:
        """The form of this step is open, if the step is legal now."""
        if self.view is not None and kind in self.view.next_steps and self.step is None:
            self._open_step(self.view, kind, None)

    def _open_step(
        self, view: IssueView, kind: str, draft: DraftRow | None, known: dict[str, Any] | None = None
    ) -> None:
        self._close_step()
        self._stay = view.row.id
        self.step = StepForm(self.desk, view, kind, draft, self._place, known)
        self.step.left.connect(self._left)
        self.step.taken.connect(self._taken)
        self._place_rows.addWidget(self.step)
        self._scroll.hide()
        self.head.show_acts(False)
        self._place.show()
        self.step.form.focus_first()

    def _close_step(self) -> None:
        if self.step is not None:
            self.step.form.keep_draft()
            self.step.hide()
            self.step.deleteLater()
            self.step = None
        self._place.hide()
        self._scroll.show()
        self.head.show_acts(True)

    def _left(self) -> None:
        self._close_step()
        self.head.focus_next()

    def _taken(self, issue: uuid.UUID) -> None:
        if self.step is not None:
            label = self.desk.label("step_kind", self.step.kind)
            self.desk.banner(_("「{step}」已记录。").format(step=label), "done")
        self._close_step()
        self._after = True
        self.read(issue)

    def _resume(self, view: IssueView, draft: DraftRow) -> None:
        kind = str(draft.data.get("step"))
        if kind in view.next_steps and kind in MOVES:
            self._open_step(view, kind, draft)
        else:
            told = _("这件事项现在不能做「{step}」了, 草稿仍保留着。")
            self.desk.banner(told.format(step=self.desk.label("step_kind", kind)), "warning")

    def _begin(self, view: IssueView, kind: str, known: dict[str, Any]) -> None:
        if kind in view.next_steps and self.step is None:
            self._open_step(view, kind, None, known)
        else:
            told = _("这件事项现在不能做「{step}」, 请先看看它的经过。")
            self.desk.banner(told.format(step=self.desk.label("step_kind", kind)), "warning")

    def _offer_paper(self, view: IssueView) -> None:
        """What was just given to a partner, or answered to one, is to be printed."""
        last = view.timeline[0]
        for row in view.orders:
            given = row.way == "out" and row.id == last.id
            if given or (row.way == "in" and last.kind == "answer"):
                words = _("派单编号 {number}。请打印派单交给{partner}。") if given else _("请打印答复单交给{partner}。")
                self.desk.banner(
                    words.format(number=row.number, partner=row.partner), "done", action=_("打印"),
                    act=partial(self.deeds.order_paper, row), stays=True,
                )  # fmt: skip

    # --- showing ----------------------------------------------------------------------------------------------------

    def _say(self, draft: Line | None = None) -> None:
        self._close_step()
        self._asked, self._stay, self._shown, self.view = None, None, None, None
        if draft is None:
            self._nothing.say(_("选中一件事项, 在这里看经过和下一步。"), "issue")
        else:
            told = _("{title}\n还没有提交, 只在这台电脑上, 不进台账。").format(title=draft.title)
            self._nothing.say(told, "draft", _("继续填写"), lambda: self.deeds.resume(draft.id))
        self._stack.setCurrentWidget(self._nothing)

    def _show(self, view: IssueView, photos: Sequence[AttachmentRow]) -> None:
        same = self._scroll.verticalScrollBar().value() if self._shown == view.row.id else 0
        self.view, self._shown = view, view.row.id
        self.head.show_view(view)
        told = Story()
        self._scroll.setWidget(self._story(view, photos, told))
        told.fit()
        self._stack.setCurrentWidget(self._sheet)
        self._scroll.verticalScrollBar().setValue(same)
        if self._pending is not None:
            draft, self._pending = self._pending, None
            self._resume(view, draft)
        elif self._next is not None:
            (kind, known), self._next = self._next, None
            self._begin(view, kind, known)
        elif self.step is not None:
            self.head.show_acts(False)
        elif self._after:
            self._after = False
            self.head.focus_next()
            self._offer_paper(view)

    def _story(self, view: IssueView, photos: Sequence[AttachmentRow], told: Story) -> QWidget:
        inside = QWidget()
        inside.setProperty("role", "clear")
        rows = column(inside, 10, (20, 4, 16, 16))
        if text := view.fields["text"]:
            rows.addWidget(prose(text))
        rows.addLayout(self._facts(view))
        if photos:
            rows.addWidget(PhotoShelf(self.desk, photos))
        self._links(view, rows)
        rows.addWidget(prose(_("经过"), "heading"))
        told.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        told.show_events(story.events(view), story.bands(view))
        if (tight := told.widget().layout()) is not None:
            tight.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(told)
        rows.addStretch(1)
        return inside

    def _facts(self, view: IssueView) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for number, (label, text) in enumerate(story.facts(self.desk, view)):
            grid.addWidget(prose(label, "caption"), number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(prose(text), number, 1)
        return grid

    def _links(self, view: IssueView, rows: QVBoxLayout) -> None:
        for order in view.orders:
            if order.way == "out" or order.end == "answered":
                rows.addWidget(self.deeds.order_door(order, self))
        rows.addWidget(Kin(view, self.deeds.open, partial(self._judge, view.row.id), partial(self._pass_on, view)))
        if (point := view.risk_point) is not None:
            text = _("风险点: {name}").format(name=" · ".join(part for part in (point.place, point.thing) if part))
            way = door(text, "risk", partial(self.desk.open, "registry", {"risk_point": point.id}))
            rows.addWidget(way, 0, Qt.AlignmentFlag.AlignLeft)
        for field, page, text, picture in (
            ("visit_id", "visits", _("来自一次走访"), "visit"),
            ("check_id", "checks", _("来自一次检查"), "check"),
        ):
            if (source := view.fields[field]) is not None:
                way = door(text, picture, partial(self.desk.open, page, source))
                rows.addWidget(way, 0, Qt.AlignmentFlag.AlignLeft)

    def _judge(self, issue: uuid.UUID, other: uuid.UUID, same: bool) -> None:
        """A proposal is the old question, or is not; either way it is not asked again."""
        verb = recurrence.accept if same else recurrence.deny
        self._stay = issue
        self.desk.tasks.write(lambda s: verb(s, issue, other), lambda _step: self.read(issue), owner=self)

    def _pass_on(self, view: IssueView) -> None:
        def done(many: int) -> None:
            self.desk.banner(_("已把答复记录到 {n} 件事项。").format(n=many), "done")
            self.read(view.row.id)

        ask_answer(self, self.desk, view, done)
