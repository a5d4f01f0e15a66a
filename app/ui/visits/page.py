"""走访: the page of visits, list and form in one place."""

import uuid
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QStackedLayout

from app.i18n import N_, _
from app.services import drafts, visits
from app.services.access import may
from app.services.drafts import DraftRow
from app.services.visits import VisitView
from app.ui.desk import Desk
from app.ui.page import Page
from app.ui.tasks import Session
from app.ui.visits import lines, values
from app.ui.visits.form import VisitForm, issue_of
from app.ui.visits.lines import FORM, Line
from app.ui.visits.pane import Deeds, VisitPane
from app.ui.widgets import handed_over
from app.ui.widgets.dialogs import ask_reason
from app.ui.widgets.list_page import Action, ListPage, ListSpec
from app.ui.widgets.table import Listed


def page(desk: Desk) -> Page:
    """The page 「走访」."""
    return VisitsPage(desk)


class VisitList(ListPage):
    """The list with its reading pane."""

    tables = frozenset({"visit", "help", "draft", "household", "grid", "attachment"})

    def refresh(self) -> None:
        super().refresh()
        pane = self.spec.detail
        if isinstance(pane, VisitPane) and (row := self.table.current()) is not None:
            pane.show_row(row)


class VisitsPage(Page):
    """The list, or the form in its place.

    `open_record` takes a visit's id, {"new": values}, {"again": visit}, {"draft": id} or a filter's key.
    """

    tables = frozenset({"visit"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._form: VisitForm | None = None
        deeds = Deeds(self.correct, self.void, self.restore, self.to_issue, self.resume, self.discard)
        writes = may(desk.actor, "visit.record")
        self.pane = VisitPane(desk, deeds)
        self.list = VisitList(desk, ListSpec(
            key="visits",
            title=N_("走访记录"),
            columns=lines.COLUMNS,
            source=Listed(lines.find, lines.rows),
            filters=(*lines.FILTERS, *handed_over.filters(desk)),
            filter_counts=lines.counts,
            sort="day",
            descending=True,
            empty=N_("这里会列出走访记录。按 F2 记下第一次走访。"),
            empty_icon="visit",
            new=(N_("记走访"), self.start) if writes else None,
            detail=self.pane,
            open=self._open_row,
            actions=[Action(N_("作废"), "void", self.void_all, "danger")] if writes else [],
        ))  # fmt: skip
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.list)
        self.setFocusProxy(self.list.table)
        shortcut = QShortcut(QKeySequence("Ctrl+E"), self.list, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self._correct_current)

    # --- what the window uses ---------------------------------------------------------------------------------------

    def open_record(self, record_id: object) -> None:
        if isinstance(record_id, dict):
            if "draft" in record_id:
                self.resume(_id(record_id["draft"]))
            elif "again" in record_id:
                self.visit_again(_id(record_id["again"]))
            elif "new" in record_id:
                self.start(record_id["new"])
            return
        self.show_list()
        self.list.open_record(record_id)

    def refresh(self) -> None:
        """The list refreshes itself."""

    def focus_search(self) -> None:
        self.show_list()
        self.list.focus_search()

    def leave(self) -> None:
        if self._form is not None:
            self._form.form.keep_draft()

    # --- list and form ----------------------------------------------------------------------------------------------

    @property
    def form(self) -> VisitForm:
        """The form, made when it is first needed."""
        if self._form is None:
            self._form = VisitForm(self.desk, self)
            self._form.left.connect(self.show_list)
            self._form.recorded.connect(self.list.open_record)
            self._stack.addWidget(self._form)
        return self._form

    def show_list(self) -> None:
        """The list is in front; what is in the form is kept as a draft."""
        if self._form is not None:
            self._form.form.keep_draft()
        self._stack.setCurrentWidget(self.list)
        self.list.table.setFocus()

    def start(self, given: dict[str, Any] | None = None) -> None:
        """F2: a new visit."""
        self.leave()
        self._stack.setCurrentWidget(self.form)
        self.form.start(given)

    def visit_again(self, visit: uuid.UUID) -> None:
        """A new visit to the home and the people of this one."""

        def show(view: VisitView) -> None:
            known = values.of(view)
            self.start({name: known[name] for name in ("way", "household", "met", "grid")})

        self.desk.tasks.read(lambda s: visits.one(s, visit), show, owner=self)

    def resume(self, draft: uuid.UUID) -> None:
        """The draft is open again."""

        def read(s: Session) -> tuple[DraftRow | None, VisitView | None]:
            found = next((d for d in drafts.mine(s, FORM) if d.id == draft), None)
            old = found.data.get("correcting") if found else None
            return found, visits.one(s, uuid.UUID(hex=old)) if old else None

        def show(found: tuple[DraftRow | None, VisitView | None]) -> None:
            if found[0] is None:
                self.desk.banner(_("这份草稿已经提交或丢弃了。"), "warning")
                return
            self._stack.setCurrentWidget(self.form)
            self.form.resume(found[0], found[1])

        self.leave()
        self.desk.tasks.read(read, show, owner=self)

    def correct(self, view: VisitView, photos: list[uuid.UUID]) -> None:
        """The form opens with the visit in it; saving asks for the reason."""
        self.leave()
        self._stack.setCurrentWidget(self.form)
        self.form.correct(view, photos)

    def to_issue(self, view: VisitView) -> None:
        """A new issue starts from what was heard."""
        self.desk.open("issues", {"new": issue_of(view.row.id, values.of(view))})

    # --- voiding ----------------------------------------------------------------------------------------------------

    def void(self, visit: uuid.UUID) -> None:
        """The visit is voided with a reason; the undo bar restores it."""
        self.void_all([visit])

    def void_all(self, chosen: list[uuid.UUID]) -> None:
        """These visits are voided with one reason; drafts are thrown away."""
        if self.list.model.ask.filter == "draft":
            for draft in chosen:
                self.discard(draft)
            return
        words = _("作废后不再计入台账和统计, 内容仍可查看。请写明原因:")
        title = _("作废走访") if len(chosen) == 1 else _("作废 {n} 条走访").format(n=len(chosen))

        def act(reason: str) -> None:
            def work(s: Session) -> None:
                for visit in chosen:
                    visits.void(s, visit, reason)

            self.desk.tasks.write(work, lambda _none: self._voided(chosen), owner=self)

        ask_reason(self, title, words, _("作废"), act)

    def _voided(self, chosen: list[uuid.UUID]) -> None:
        words = _("走访已作废") if len(chosen) == 1 else _("{n} 条走访已作废").format(n=len(chosen))
        self.list.table.setFocus()  # the button pressed is gone
        self.desk.undo_bar(words, lambda: self._restore(chosen))

    def restore(self, visit: uuid.UUID) -> None:
        """A voided visit is in force again."""
        self._restore([visit])

    def _restore(self, chosen: list[uuid.UUID]) -> None:
        def work(s: Session) -> None:
            for visit in chosen:
                visits.restore(s, visit)

        def done(_none: None) -> None:
            self.list.table.setFocus()
            self.desk.banner(_("已恢复。"), "done")

        self.desk.tasks.write(work, done, owner=self)

    def discard(self, draft: uuid.UUID) -> None:
        """A draft is thrown away; the undo bar brings it back."""

        def work(s: Session) -> DraftRow | None:
            found = next((d for d in drafts.mine(s, FORM) if d.id == draft), None)
            drafts.drop(s, draft)
            return found

        def done(old: DraftRow | None) -> None:
            if old is not None:
                self.desk.undo_bar(_("草稿已丢弃"), lambda: self._bring_back(old))

        self.desk.tasks.write(work, done, owner=self)

    def _bring_back(self, old: DraftRow) -> None:
        self.desk.tasks.write(lambda s: drafts.keep(s, FORM, old.data, title=old.title, draft=old.id), owner=self)

    # --- rows -------------------------------------------------------------------------------------------------------

    def _open_row(self, row: Line) -> None:
        if row.draft:
            self.resume(row.id)
        else:
            self.list.pane.show()
            self.pane.setFocus()

    def _correct_current(self) -> None:
        if (view := self.pane.view) is not None and self.pane.may_correct:
            self.correct(view, self.pane.photos)


def _id(value: Any) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(hex=str(value))
