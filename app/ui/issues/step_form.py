"""The form of one step, in the place of the timeline: its few fields, its draft, and why it cannot be taken."""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QLabel, QWidget

from app.errors import Refusal
from app.i18n import N_, _
from app.models.steps import Step
from app.models.values import new_id
from app.services import attachments, drafts, issues
from app.services.drafts import DraftRow
from app.services.issues import IssueView
from app.ui.desk import Desk
from app.ui.issues import lines, step_fields, steps
from app.ui.issues.lines import FORM
from app.ui.issues.steps import MOVES, Asked
from app.ui.tasks import Session
from app.ui.widgets.fields import column
from app.ui.widgets.form import Form


class StepForm(QWidget):
    """One step being written on one issue; `left` when the timeline should be seen again, `taken` after it stands."""

    left = Signal()
    taken = Signal(object)  # the issue's id

    def __init__(
        self, desk: Desk, view: IssueView, kind: str, draft: DraftRow | None = None, parent: QWidget | None = None,
        known: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.desk, self.view, self.kind = desk, view, kind
        self._draft = draft.id if draft else new_id()
        self._saving = False
        self._quoted: set[str] = set()
        self._offered: date | None = None
        asked = Asked(desk, self, view)
        self.form = Form(
            step_fields.fields(asked, kind), self._save, save_title=MOVES[kind].save, save_draft=self._keep, cancel=self.drop,
            again=False,
        )  # fmt: skip
        rows = column(self, 0)
        title = QLabel(desk.label("step_kind", kind), self)
        title.setProperty("role", "heading")
        title.setContentsMargins(20, 12, 20, 0)
        rows.addWidget(title)
        rows.addWidget(self.form, 1)
        away = QShortcut(QKeySequence("Escape"), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        away.activated.connect(self.leave)
        self.form.clear(steps.started(asked, kind) | dict(known or {}))
        if draft is not None:
            self.form.fill(draft.data)
            self.form.draft_kept()
        if kind == "entrust":
            self.form.editor("to_unit").changed.connect(self._offer_day)
        if "quotes" in self.form.values():
            self._quoted = {one["code"] for one in self.form.values()["quotes"]}
            self.form.editor("quotes").changed.connect(self._quote)

    def leave(self) -> None:
        """Esc: what was typed is kept as a draft, the timeline is seen again."""
        self.form.keep_draft()
        self.left.emit()

    def drop(self) -> None:
        """「取消」: the draft is thrown away."""
        draft = self._draft
        self._saving = True
        self.desk.tasks.write(lambda s: drafts.drop(s, draft))
        self.left.emit()

    def _quote(self) -> None:
        """The answer of a policy just chosen is written below what stands there; one that is not valid is said so."""
        for one in self.form.values()["quotes"]:
            if one["code"] not in self._quoted:
                self._quoted.add(one["code"])
                text = self.form.editor("text")
                text.set_value("\n".join(part for part in (text.value(), one["answer"]) if part))
                if one["told"]:
                    words = _("「{name}」{told}, 请核对有没有现行的规定。")
                    self.desk.banner(words.format(name=one["name"], told=one["told"]), "warning")

    def _offer_day(self) -> None:
        """The day that the rule gives the partner just chosen stands in its field, unless another was written there."""
        given = (self.form.values()["to_unit"] or {}).get("due")
        until = self.form.editor("due_on")
        if until.value() in (None, self._offered):
            self._offered = date.fromisoformat(given) if given else None
            until.set_value(self._offered)

    def _keep(self, data: dict[str, Any]) -> None:
        if self._saving:
            return
        draft, whole = self._draft, {**data, "issue": self.view.row.id.hex, "step": self.kind}
        words = _("{step}: {title}").format(
            step=self.desk.label("step_kind", self.kind), title=lines.title_of(self.view.row)
        )

        def kept(_id: uuid.UUID) -> None:
            self.form.draft_kept()
            self.desk.draft_saved()

        self.desk.tasks.write(lambda s: drafts.keep(s, FORM, whole, title=words, draft=draft), kept, owner=self)

    def _save(self, values: dict[str, Any], _again: bool) -> None:
        if self._saving:
            return
        given, picture = _fitting(values, self.form), values.get("signature")
        photos = given.pop("photos", None) or []
        issue, kind, draft = self.view.row.id, self.kind, self._draft
        self._saving = True

        def act(s: Session) -> None:
            made = Step(issue_id=issue, kind=kind, **steps.facts(given))
            kept = attachments.take(s, picture, N_("签字.png")).id if picture else None
            made.signature = kept
            issues.step(s, issue, made)
            if kept:
                attachments.attach(s, "issue_step", made.id, kept)
            for photo in photos:
                attachments.attach(s, "issue_step", made.id, photo)
            drafts.drop(s, draft)

        self.desk.tasks.write(act, lambda _none: self.taken.emit(issue), self._failed, owner=self)

    def _failed(self, error: Exception) -> None:
        self._saving = False
        if isinstance(error, Refusal):
            sentence = _(error.sentence).format(**error.params)
            field = str(error.params.get("field") or "")
            if field in self.form.values():
                self.form.show_problems({field: sentence})
            else:
                self.desk.refuse(error)


def _fitting(values: Mapping[str, Any], form: Form) -> dict[str, Any]:
    """The values of the fields that are seen: what belonged to another way is left out."""
    return {name: value for name, value in values.items() if not _hidden(form, name)}


def _hidden(form: Form, name: str) -> bool:
    slot = form.editor(name).parentWidget()
    return slot is not None and slot.isHidden()
