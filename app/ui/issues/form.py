"""The form of an issue: one line for a 线索, the whole for a registered issue, the same to correct one."""

import uuid
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _
from app.models.issues import Issue
from app.models.values import new_id
from app.services import attachments, drafts, issues, recurrence
from app.services.drafts import DraftRow
from app.services.issues import IssueView
from app.services.recurrence import Proposal
from app.ui.desk import Desk
from app.ui.issues import values
from app.ui.issues.caution import Caution
from app.ui.issues.fields import fields
from app.ui.issues.lines import FORM
from app.ui.tasks import Session
from app.ui.widgets.dialogs import ask_reason
from app.ui.widgets.fields import column
from app.ui.widgets.form import Form
from app.ui.widgets.form_head import FormHead

#: What the next issue heard at the same place takes over from the one just saved.
_ROUND = ("channel", "heard_on", "household", "reporter", "phone", "grid", "lead")


class Fields(Form):
    """The fields; what the issue itself finds wrong is told at once with what the form sees."""

    def problems(self) -> dict[str, str]:
        found = super().problems()
        judged = values.problems(self.values())
        return {name: _(text) for name, text in judged.items()} | found


class IssueForm(QWidget):
    """One issue being written: new, taken up from a draft, or corrected. `left` when the list should be seen again."""

    left = Signal()
    registered = Signal(object)  # the id of the issue just saved

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self._draft: uuid.UUID | None = None
        self._correcting: IssueView | None = None
        self._origin: dict[str, Any] = {}
        self._last: dict[str, Any] | None = None
        self._saving = False
        self._owed: dict[str, Any] | None = None
        self.form = Fields(
            fields(desk, self), self._save, save_title=N_("保存事项"), save_draft=self._keep, last=lambda: self._last
        )
        self.caution = Caution(self)
        rows = column(self, 0)
        hint = _("Enter 下一项 · 数字选类别 · Alt+L 只记一条线索 · F3 照抄上一条")
        self._head = FormHead(hint, self.leave_form, self.discard, parent=self)
        rows.addWidget(self._head)
        around = column(QWidget(self), 0, (16, 12, 16, 0))
        around.addWidget(self.caution)
        rows.addWidget(around.parentWidget())
        rows.addWidget(self.form, 1)
        self._later = QTimer(self, singleShot=True, interval=400)
        self._later.timeout.connect(self._ask_caution)
        self.form.changed.connect(self._later.start)
        self.form.editor("reporter").changed.connect(self._reporter_chosen)
        self.form.editor("kind").changed.connect(self._kind_chosen)
        keys = {
            "Escape": self.leave_form,
            "Alt+L": lambda: self._toggle("lead"),
            "Alt+M": lambda: self._toggle("anonymous"),
        }
        for sequence, act in keys.items():
            shortcut = QShortcut(QKeySequence(sequence), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    # --- what the page uses -----------------------------------------------------------------------------------------

    def start(self, given: Mapping[str, Any] | None = None) -> None:
        """A new issue; `given` are fields of it known beforehand (visit_id, household_id, reporter_id, text …)."""
        self._begin(new_id(), None, values.origin(given or {}))
        self.form.clear({"heard_on": today(), "secrecy": "open", "people": 1})
        if given:
            known = dict(given)
            self.desk.tasks.read(lambda s: values.prefilled(s, known), self._prefill, owner=self)

    def resume(self, draft: DraftRow, correcting: IssueView | None = None) -> None:
        """A draft is taken up where it was left."""
        self._begin(draft.id, correcting, dict(draft.data.get("origin") or {}))
        self.form.clear(draft.data)
        self.form.draft_kept()

    def correct(self, view: IssueView, shown: Mapping[str, Any]) -> None:
        """A registered issue, to be corrected; a 线索 opens whole, to be completed."""
        self._begin(new_id(), view, {})
        self.form.clear({**shown, "lead": False})

    def leave_form(self) -> None:
        """What was typed is kept as a draft, and the list is seen again."""
        self.form.keep_draft()
        self.left.emit()

    def discard(self) -> None:
        """The draft is thrown away; the undo bar brings it back."""
        draft, data, title = self._draft, self._whole(self.form.draft()), values.title(self.form.values())
        self.form.clear()
        self._begin(None, None, {})
        self.desk.tasks.write(lambda s: drafts.drop(s, draft))
        self.desk.undo_bar(
            _("草稿已丢弃"),
            lambda: self.desk.tasks.write(lambda s: drafts.keep(s, FORM, data, title=title, draft=draft)),
        )
        self.left.emit()

    # --- building ---------------------------------------------------------------------------------------------------

    def _begin(self, draft: uuid.UUID | None, correcting: IssueView | None, origin: dict[str, Any]) -> None:
        self._draft, self._correcting, self._origin = draft, correcting, origin
        self._saving, self._owed = False, None
        self.caution.clear()
        self.form.offer_again(correcting is None)
        if correcting is None:
            self._head.say(_("登记事项"))
        else:
            words = _("补全线索 · {number}") if correcting.row.lead else _("更正 · {number}")
            self._head.say(words.format(number=correcting.row.number))

    def _prefill(self, known: dict[str, Any]) -> None:
        self.form.fill(known)
        self._later.start()

    # --- what follows from what is chosen ---------------------------------------------------------------------------

    def _toggle(self, name: str) -> None:
        self.form.fill({name: not self.form.values()[name]})
        self.form.editor(name).changed.emit()

    def _kind_chosen(self) -> None:
        if self.form.values()["kind"] == "accusation":
            self.form.fill({"secrecy": "sealed"})

    def _reporter_chosen(self) -> None:
        chosen = self.form.values()["reporter"] or {}
        home, person = values.as_id(chosen.get("home")), values.as_id(chosen.get("person"))
        if person is None or home is None or self.form.values()["household"]:
            return
        given = {"reporter_id": person, "household_id": home}
        self.desk.tasks.read(lambda s: values.prefilled(s, given), self._house_known, owner=self)

    def _house_known(self, known: dict[str, Any]) -> None:
        now = self.form.values()
        self.form.fill({n: known[n] for n in ("household", "grid") if n in known and not now[n]})

    def _ask_caution(self) -> None:
        given = self.form.values()
        if self._correcting is not None or not (given["kind"] and (given["title"] or given["reporter"])):
            self.caution.tell((), ())
            return
        meant = values.fields(given, self._origin)

        def ask(s: Session) -> tuple[tuple[str, ...], list[Proposal]]:
            issue = Issue(**meant)
            return issues.warnings(s, issue), recurrence.proposals(s, issue)

        self.desk.tasks.read(ask, lambda found: self.caution.tell(*found), owner=self)

    # --- drafts -----------------------------------------------------------------------------------------------------

    def _whole(self, data: dict[str, Any]) -> dict[str, Any]:
        marks: dict[str, Any] = {"origin": self._origin}
        if self._correcting is not None:
            marks["correcting"] = self._correcting.row.id.hex
        return data | marks

    def _keep(self, data: dict[str, Any]) -> None:
        if self._saving:  # would come to life again behind the record; kept if the saving fails
            self._owed = data
            return
        draft, whole, title = self._draft, self._whole(data), values.title(self.form.values())

        def kept(_id: uuid.UUID) -> None:
            self.form.draft_kept()
            self.desk.draft_saved()

        self.desk.tasks.write(lambda s: drafts.keep(s, FORM, whole, title=title, draft=draft), kept, owner=self)

    # --- saving -----------------------------------------------------------------------------------------------------

    def _save(self, given: dict[str, Any], again: bool) -> None:
        if self._saving:
            return
        if (view := self._correcting) is None:
            self._register(given, again)
        elif view.row.lead:
            self._correct(view, given, "")
        else:
            text = _("原来的内容仍可查看。请写明为什么更正:")
            ask_reason(self, _("更正事项"), text, _("保存更正"), lambda why: self._correct(view, given, why))

    def _register(self, given: dict[str, Any], again: bool) -> None:
        meant, photos, draft = values.fields(given, self._origin), given.get("photos") or [], self._draft
        visit, former = meant.pop("visit_id", None), self.caution.former

        def act(s: Session) -> tuple[uuid.UUID, str]:
            issue = Issue(**meant)
            if visit is None:
                issues.register(s, issue, draft=draft)
            else:
                issues.raise_from_visit(s, visit, issue)
                drafts.drop(s, draft)
            _attach(s, issue.id, photos)
            if former is not None:
                recurrence.accept(s, issue.id, former)
            return issue.id, issue.number

        def done(made: tuple[uuid.UUID, str]) -> None:
            self.desk.banner(_("已登记, 编号 {number}。").format(number=made[1]), "done")
            self._saved(made[0], given, again)

        self._saving = True
        self.desk.tasks.write(act, done, self._failed, owner=self)

    def _correct(self, view: IssueView, given: dict[str, Any], reason: str) -> None:
        meant, photos, draft = values.fields(given), given.get("photos") or [], self._draft

        def act(s: Session) -> uuid.UUID:
            done = issues.correct(s, view.row.id, reason=reason, **meant).id
            _attach(s, done, photos)
            drafts.drop(s, draft)
            return done

        def done(made: uuid.UUID) -> None:
            self.desk.banner(_("更正已保存。"), "done")
            self._saved(made, given, False)

        self._saving = True
        self.desk.tasks.write(act, done, self._failed, owner=self)

    def _saved(self, issue: uuid.UUID, given: dict[str, Any], again: bool) -> None:
        self._last = given
        if again:
            self._begin(new_id(), None, {})
            self.form.clear({"secrecy": "open", "people": 1, **{name: given[name] for name in _ROUND}})
            return
        self._begin(None, None, {})
        self.form.clear()
        self.left.emit()
        self.registered.emit(issue)

    def _failed(self, error: Exception) -> None:
        self._saving = False
        if self._owed is not None:
            owed, self._owed = self._owed, None
            self._keep(owed)
        if isinstance(error, Refusal):
            self.desk.refuse(error)
            if name := error.params.get("field"):
                self.form.show_problems({str(name): _(error.sentence).format(**error.params)})


def _attach(s: Session, issue: uuid.UUID, photos: list[uuid.UUID]) -> None:
    for photo in photos:
        attachments.attach(s, "issue", issue, photo)
