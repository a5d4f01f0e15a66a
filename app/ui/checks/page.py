"""检查: the page of checks, list and form in one place."""

import uuid
from typing import Any

from PySide6.QtWidgets import QStackedLayout

from app.i18n import N_, _
from app.services import checks, drafts
from app.services.access import may
from app.services.checks import CheckView
from app.services.drafts import DraftRow
from app.ui.checks import lines, templates
from app.ui.checks.form import CheckForm
from app.ui.checks.lines import FORM, Line
from app.ui.checks.pane import CheckPane, Deeds
from app.ui.checks.templates import Sheet
from app.ui.desk import Desk
from app.ui.page import Page
from app.ui.tasks import Session
from app.ui.widgets import handed_over
from app.ui.widgets.dialogs import ask_reason
from app.ui.widgets.list_page import Action, ListPage, ListSpec
from app.ui.widgets.table import Listed


def page(desk: Desk) -> Page:
    """The page 「检查」."""
    return ChecksPage(desk)


class CheckList(ListPage):
    """The list with its reading pane."""

    tables = frozenset({"check", "template", "issue", "issue_step", "draft"})

    def refresh(self) -> None:
        super().refresh()
        pane = self.spec.detail
        if isinstance(pane, CheckPane) and pane.view is not None:
            pane.read(pane.view.row.id)


class ChecksPage(Page):
    """The list, or the form in its place.

    `open_record` takes a check's id, {"new": {template, place, household_id, grid_id, risk_point_id}}, {"draft": id} or
    a filter's key.
    """

    tables = frozenset({"check"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._form: CheckForm | None = None
        self.pane = CheckPane(desk, Deeds(self.void, self.restore, self.resume, self._again))
        records, voids = may(desk.actor, "check.record"), may(desk.actor, "check.void")
        self.list = CheckList(desk, ListSpec(
            key="checks",
            title=N_("检查记录"),
            columns=lines.COLUMNS,
            source=Listed(lines.find, lines.rows),
            filters=(*lines.FILTERS, *handed_over.filters(desk)),
            filter_counts=lines.counts,
            sort="day",
            descending=True,
            empty=N_("这里会列出用检查表做的检查。按 F2 做第一次检查, 不合格的会自动登记为隐患。"),
            empty_icon="check",
            new=(N_("做检查"), self.start) if records else None,
            detail=self.pane,
            open=self._open_row,
            actions=[Action(N_("作废"), "void", self.void_all, "danger")] if voids else [],
        ))  # fmt: skip
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.list)
        self.setFocusProxy(self.list.table)

    # --- what the window uses ---------------------------------------------------------------------------------------

    def open_record(self, record_id: object) -> None:
        if isinstance(record_id, dict):
            if "draft" in record_id:
                self.resume(_id(record_id["draft"]))
            elif "new" in record_id:
                self.start(record_id["new"])
        elif isinstance(record_id, uuid.UUID):
            self.show_check(record_id)
        else:
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
    def form(self) -> CheckForm:
        """The form, made when it is first needed."""
        if self._form is None:
            self._form = CheckForm(self.desk, self)
            self._form.left.connect(self.show_list)
            self._form.recorded.connect(self.show_check)
            self._stack.addWidget(self._form)
        return self._form

    def show_list(self) -> None:
        """The list is in front; what is in the form is kept as a draft."""
        self.leave()
        self._stack.setCurrentWidget(self.list)
        self.list.table.setFocus()

    def show_check(self, check: uuid.UUID) -> None:
        """The check is read, and is the current row where the list shows it."""
        self.show_list()
        self.pane.read(check)
        self.list.pane.show()
        self.list.open_record(check)

    def start(self, given: dict[str, Any] | None = None) -> None:
        """F2: a new check begins with its checklist."""
        self.leave()
        self._stack.setCurrentWidget(self.form)
        self.form.start(given)

    def resume(self, draft: uuid.UUID) -> None:
        """The draft is open again, with the version of the checklist it was begun with."""

        def read(s: Session) -> tuple[DraftRow, Sheet] | None:
            found = next((d for d in drafts.mine(s, FORM) if d.id == draft), None)
            if found is None:
                return None
            return found, templates.sheet(s, found.data["template"], found.data["version"])

        def show(found: tuple[DraftRow, Sheet] | None) -> None:
            if found is None:
                self.desk.banner(_("这份草稿已经提交或丢弃了。"), "warning")
                return
            self._stack.setCurrentWidget(self.form)
            self.form.resume(*found)

        self.leave()
        self.desk.tasks.read(read, show, owner=self)

    def _again(self, view: CheckView) -> None:
        place, grid = view.fields["place"], view.fields["grid_id"]
        risk = view.fields["risk_point_id"]

        def ask(s: Session) -> str:
            return templates.code_of(s, view.fields["template_id"])

        def begin(code: str) -> None:
            self.start({"template": code, "place": place, "grid_id": grid, "risk_point_id": risk})

        self.desk.tasks.read(ask, begin, owner=self)

    # --- voiding ----------------------------------------------------------------------------------------------------

    def void(self, check: uuid.UUID) -> None:
        """The check is voided with a reason; the undo bar restores it."""
        self.void_all([check])

    def void_all(self, chosen: list[uuid.UUID]) -> None:
        """These checks are voided with one reason, and with them the hazards nobody has taken up; drafts are thrown away."""
        title = _("作废检查") if len(chosen) == 1 else _("作废 {n} 次检查").format(n=len(chosen))
        text = _("还没有人处理的隐患会一起作废, 已在办理的留下。请写明原因:")

        def act(reason: str) -> None:
            def work(s: Session) -> list[DraftRow]:
                unfinished = [d for d in drafts.mine(s, FORM) if d.id in chosen]
                for draft in unfinished:
                    drafts.drop(s, draft.id)
                for check in set(chosen) - {d.id for d in unfinished}:
                    checks.void(s, check, reason)
                return unfinished

            self.desk.tasks.write(work, lambda dropped: self._voided(chosen, dropped), owner=self)

        ask_reason(self, title, text, _("作废"), act)

    def _voided(self, chosen: list[uuid.UUID], dropped: list[DraftRow]) -> None:
        words = _("检查已作废") if len(chosen) == 1 else _("{n} 次检查已作废").format(n=len(chosen))
        self.list.table.setFocus()  # the button pressed is gone
        self.desk.undo_bar(words, lambda: self._restore(chosen, dropped))

    def restore(self, check: uuid.UUID) -> None:
        """A voided check is in force again."""
        self._restore([check], [])

    def _restore(self, chosen: list[uuid.UUID], dropped: list[DraftRow]) -> None:
        def work(s: Session) -> None:
            for draft in dropped:
                drafts.keep(s, FORM, draft.data, title=draft.title, draft=draft.id)
            for check in set(chosen) - {d.id for d in dropped}:
                checks.restore(s, check)

        def done(_none: None) -> None:
            self.list.table.setFocus()
            self.desk.banner(_("已恢复。"), "done")

        self.desk.tasks.write(work, done, owner=self)

    def _open_row(self, row: Line) -> None:
        if row.draft:
            self.resume(row.id)
        else:
            self.list.pane.show()


def _id(value: Any) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(hex=str(value))
