"""事项: the page of issues, list and form in one place."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QPushButton, QStackedLayout

from app.i18n import N_, _
from app.services import drafts, issues
from app.services.access import may
from app.services.drafts import DraftRow
from app.services.issues import IssueView
from app.services.orders import OrderRow
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.issues import lines, order_code, order_papers, papers, values
from app.ui.issues.form import IssueForm
from app.ui.issues.gather import ask_group, ask_merge
from app.ui.issues.head import Deeds
from app.ui.issues.issue_list import IssueList
from app.ui.issues.lines import FORM, Line
from app.ui.issues.pane import IssuePane
from app.ui.issues.reception import Reception
from app.ui.issues.steps import MOVES
from app.ui.page import Page
from app.ui.tasks import Session
from app.ui.widgets import handed_over
from app.ui.widgets.dialogs import ask_reason
from app.ui.widgets.list_page import Action, ListSpec
from app.ui.widgets.table import Listed


def page(desk: Desk) -> Page:
    """The page 「事项」."""
    return IssuesPage(desk)


class IssuesPage(Page):
    """The list, or the form in its place.

    `open_record` takes an issue's id, {"new": fields of an issue known beforehand}, {"draft": id}, {"issue": id, "step": kind
    to be written} or a filter's key.
    """

    tables = frozenset({"issue"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._form: IssueForm | None = None
        self._reception: Reception | None = None
        writes = may(desk.actor, "issue.register")
        deeds = Deeds(
            self.correct, self.void, self.restore, self.resume, self.discard, self.show_issue, self.paper,
            lambda row, parent: order_papers.door(row, parent, self.order_paper), self.order_paper,
        )  # fmt: skip
        self.pane = IssuePane(desk, deeds)
        board = QPushButton(_("看板"), self)
        board.setCheckable(True)
        board.setToolTip("Ctrl+B")
        dress(board, "grid")
        self.back = QPushButton(_("外单位回单"))
        dress(self.back, "reply")
        self.back.setToolTip(_("派给外单位的派单有了答复: 扫码或输入编号") + "  Ctrl+R")
        self.back.clicked.connect(self.take_back)
        self.list = IssueList(desk, ListSpec(
            key="issues",
            title=N_("事项清单"),
            columns=lines.COLUMNS,
            source=Listed(lines.find, lines.rows),
            filters=(*lines.FILTERS, *handed_over.filters(desk)),
            filter_counts=lines.counts,
            sort="day",
            descending=True,
            empty=N_("这里会列出群众反映的事项和发现的隐患。按 F2 登记第一件。"),
            empty_icon="issue",
            new=(N_("登记事项"), self.start) if writes else None,
            detail=self.pane,
            open=self._open_row,
            actions=self._actions(),
            extras=[*([self._reception_door()] if writes else []), *([self.back] if may(desk.actor, "issue.step") else []), board],
        ), board)  # fmt: skip
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.list)
        self.setFocusProxy(self.list.table)
        keys: dict[str, Callable[[], None]] = {move.key: partial(self.take, kind) for kind, move in MOVES.items()}
        keys |= {"F4": self.receive} if writes else {}
        keys |= {"E": self._correct_current, "Ctrl+E": self._correct_current, "Ctrl+N": self.start}
        keys |= {"Ctrl+R": self.take_back}
        for sequence, act in keys.items():
            shortcut = QShortcut(
                QKeySequence(sequence), self.list, context=Qt.ShortcutContext.WidgetWithChildrenShortcut
            )
            shortcut.activated.connect(act)

    def _actions(self) -> list[Action]:
        """What can be done with several issues at once."""
        found = [Action(N_("归为共性问题"), "people", self.group)] if may(self.desk.actor, "issue.step") else []
        found += [Action(N_("合并"), "merge", self.merge)] if may(self.desk.actor, "issue.close") else []
        return found + (
            [Action(N_("作废"), "void", self.void_all, "danger")] if may(self.desk.actor, "issue.register") else []
        )

    # --- what the window uses ---------------------------------------------------------------------------------------

    def open_record(self, record_id: object) -> None:
        if isinstance(record_id, dict):
            if "draft" in record_id and (draft := values.as_id(record_id["draft"])):
                self.resume(draft)
            elif "new" in record_id:
                self.start(record_id["new"])
            elif "issue" in record_id:
                self.show_issue(record_id["issue"], str(record_id.get("step") or ""))
        elif isinstance(record_id, uuid.UUID):
            self.show_issue(record_id)
        else:
            self.show_list()
            self.list.open_record(record_id)

    def refresh(self) -> None:
        """The list refreshes itself."""

    def focus_search(self) -> None:
        self.show_list()
        self.list.focus_search()

    def leave(self) -> None:
        self.pane.keep_draft()
        if self._form is not None:
            self._form.form.keep_draft()
        if self._reception is not None:
            self._reception.keep_draft()

    def take(self, kind: str) -> None:
        """The key of a step: it is written in the pane, which is seen."""
        if self.pane.view is not None and kind in self.pane.view.next_steps:
            self.list.show_pane()
        self.pane.take(kind)

    # --- list and form ----------------------------------------------------------------------------------------------

    @property
    def form(self) -> IssueForm:
        """The form, made when it is first needed."""
        if self._form is None:
            self._form = IssueForm(self.desk, self)
            self._form.left.connect(self.show_list)
            self._form.registered.connect(self.show_issue)
            self._stack.addWidget(self._form)
        return self._form

    @property
    def reception(self) -> Reception:
        """The table-like form of a reception hall, made when it is first needed."""
        if self._reception is None:
            self._reception = Reception(self.desk, self)
            self._reception.left.connect(self.show_list)
            self._reception.chosen.connect(self.show_issue)
            self._stack.addWidget(self._reception)
        return self._reception

    def receive(self) -> None:
        """F4: a row a minute at the reception hall."""
        self.leave()
        self._stack.setCurrentWidget(self.reception)
        self.reception.start()

    def _reception_door(self) -> QPushButton:
        door = QPushButton(_("接待登记"))
        door.setToolTip(_("接待大厅一件接一件地登记  F4"))
        dress(door, "heard")
        door.clicked.connect(lambda: self.receive())
        return door

    def show_list(self) -> None:
        """The list is in front; what is in the form is kept as a draft."""
        if self._form is not None:
            self._form.form.keep_draft()
        self._stack.setCurrentWidget(self.list)
        self.list.focus_rows()

    def show_issue(self, issue: uuid.UUID, step: str = "") -> None:
        """The issue is read, and is the current row where the list shows it; with `step` that step is being written."""
        self.show_list()
        if step:
            self.pane.write_step(issue, step, {})
        else:
            self.pane.open(issue)
        self.list.show_pane()
        self.list.open_record(issue)

    def start(self, given: dict[str, Any] | None = None) -> None:
        """F2: a new issue."""
        self.leave()
        self._stack.setCurrentWidget(self.form)
        self.form.start(given)

    def take_back(self) -> None:
        """Ctrl+R: a 派单 has come back; its number or code leads to the issue, where the answer is written."""
        if may(self.desk.actor, "issue.step"):
            order_code.ask(self.desk, self, self._answer_order)

    def order_paper(self, row: OrderRow) -> None:
        """The 派单 to a partner, or our reply to one, as it will be printed."""
        order_papers.offer(self.desk, self.list.foot.paperwork, self, row)

    def _answer_order(self, row: OrderRow) -> None:
        self.leave()
        self.show_list()
        self.list.show_pane()
        self.pane.write_step(row.issue, "entrust_answer", {"about": row.id.hex})

    def resume(self, draft: uuid.UUID) -> None:
        """The draft of an issue, a correction or a step is open again."""

        def read(s: Session) -> tuple[DraftRow | None, IssueView | None]:
            found = next((d for d in drafts.mine(s, FORM) if d.id == draft), None)
            old = found.data.get("correcting") if found else None
            return found, issues.one(s, uuid.UUID(hex=old)) if old else None

        def show(found: tuple[DraftRow | None, IssueView | None]) -> None:
            if found[0] is None:
                self.desk.banner(_("这份草稿已经提交或丢弃了。"), "warning")
            elif found[0].data.get("reception"):
                self._stack.setCurrentWidget(self.reception)
                self.reception.resume(found[0])
            elif "step" in found[0].data:
                self.show_list()
                self.list.show_pane()
                self.pane.open(uuid.UUID(hex=found[0].data["issue"]), found[0])
            else:
                self._stack.setCurrentWidget(self.form)
                self.form.resume(found[0], found[1])

        self.leave()
        self.desk.tasks.read(read, show, owner=self)

    def correct(self, view: IssueView) -> None:
        """The form opens with the issue in it; saving asks for the reason, completing a 线索 does not."""

        def show(shown: dict[str, Any]) -> None:
            self._stack.setCurrentWidget(self.form)
            self.form.correct(view, shown)

        self.leave()
        self.desk.tasks.write(lambda s: values.of(s, view), show, owner=self)

    def paper(self, view: IssueView, name: str) -> None:
        """A paper of this issue is looked at, to be printed or saved."""
        papers.offer(self.desk, self.list.foot.paperwork, self, view, name)

    # --- several at once --------------------------------------------------------------------------------------------

    def group(self, chosen: list[uuid.UUID]) -> None:
        """The chosen issues are put under one 共性问题, which is then read."""

        def done(common: uuid.UUID) -> None:
            self.desk.banner(_("已归为共性问题。"), "done")
            self.show_issue(common)

        ask_group(self, self.desk, chosen, done)

    def merge(self, chosen: list[uuid.UUID]) -> None:
        """One of the chosen issues stays, the others go into it."""

        def done(kept: uuid.UUID) -> None:
            self.desk.banner(_("已合并。"), "done")
            self.show_issue(kept)

        ask_merge(self, self.desk, chosen, done)

    # --- voiding ----------------------------------------------------------------------------------------------------

    def void(self, issue: uuid.UUID) -> None:
        """The issue is voided with a reason; the undo bar restores it."""
        self.void_all([issue])

    def void_all(self, chosen: list[uuid.UUID]) -> None:
        """These issues are voided with one reason; drafts among them are thrown away."""
        title = _("作废事项") if len(chosen) == 1 else _("作废 {n} 件事项").format(n=len(chosen))

        def act(reason: str) -> None:
            def work(s: Session) -> list[DraftRow]:
                unfinished = [d for d in drafts.mine(s, FORM) if d.id in chosen]
                for draft in unfinished:
                    drafts.drop(s, draft.id)
                for issue in set(chosen) - {d.id for d in unfinished}:
                    issues.void(s, issue, reason)
                return unfinished

            self.desk.tasks.write(work, lambda dropped: self._voided(chosen, dropped), owner=self)

        ask_reason(self, title, _("作废后不再计入台账和统计, 内容仍可查看。请写明原因:"), _("作废"), act)

    def _voided(self, chosen: list[uuid.UUID], dropped: list[DraftRow]) -> None:
        words = _("事项已作废") if len(chosen) == 1 else _("{n} 件事项已作废").format(n=len(chosen))
        self.list.focus_rows()  # the button pressed is gone
        self.desk.undo_bar(words, lambda: self._restore(chosen, dropped))

    def restore(self, issue: uuid.UUID) -> None:
        """A voided issue is in force again."""
        self._restore([issue], [])

    def _restore(self, chosen: list[uuid.UUID], dropped: list[DraftRow]) -> None:
        def work(s: Session) -> None:
            for draft in dropped:
                drafts.keep(s, FORM, draft.data, title=draft.title, draft=draft.id)
            for issue in set(chosen) - {d.id for d in dropped}:
                issues.restore(s, issue)

        def done(_none: None) -> None:
            self.list.focus_rows()
            self.desk.banner(_("已恢复。"), "done")

        self.desk.tasks.write(work, done, owner=self)

    def discard(self, draft: uuid.UUID) -> None:
        """A draft is thrown away; the undo bar brings it back."""

        def work(s: Session) -> DraftRow | None:
            found = next((d for d in drafts.mine(s, FORM) if d.id == draft), None)
            drafts.drop(s, draft)
            return found

        def back(old: DraftRow) -> None:
            self.desk.tasks.write(lambda s: drafts.keep(s, FORM, old.data, title=old.title, draft=old.id), owner=self)

        def done(old: DraftRow | None) -> None:
            if old is not None:
                self.desk.undo_bar(_("草稿已丢弃"), lambda: back(old))

        self.desk.tasks.write(work, done, owner=self)

    # --- rows -------------------------------------------------------------------------------------------------------

    def _open_row(self, row: Line) -> None:
        if row.draft:
            self.resume(row.id)
        else:
            self.list.show_pane()
            self.pane.head.focus_next()

    def _correct_current(self) -> None:
        view = self.pane.view
        if view is not None and view.mine and self.pane.step is None and may(self.desk.actor, "issue.register"):
            self.correct(view)
