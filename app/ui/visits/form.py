"""The form of a visit: recorded from the keyboard in under a minute, kept as a draft all the while, corrected with a reason."""

import uuid
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QPushButton, QWidget

from app.clock import today
from app.errors import Refusal
from app.i18n import _
from app.models.values import new_id
from app.models.visits import Visit
from app.services import drafts, units, visits
from app.services.drafts import DraftRow
from app.services.visits import VisitView
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.tasks import Session
from app.ui.visits import finders, values
from app.ui.visits.lines import FORM
from app.ui.visits.photos import Side, settle, sign
from app.ui.visits.sheet import Known, Sheet
from app.ui.widgets.dialogs import ask_reason
from app.ui.widgets.fields import column
from app.ui.widgets.form_head import FormHead
from app.ui.widgets.text import long_day

#: What the next visit of the same round takes over from the one just saved.
_ROUND = ("day", "way", "visitors", "grid")


class VisitForm(QWidget):
    """One visit being written: new, taken up from a draft, or corrected. `left` when the list should be seen again."""

    left = Signal()
    recorded = Signal(object)  # the id of the visit just saved

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self._draft: uuid.UUID | None = None
        self._correcting: VisitView | None = None
        self._saving = False
        self._turn = 0
        self._owed: dict[str, Any] | None = None
        self.side = Side(desk)
        self.form = Sheet(desk, self._save, self._keep, self.side)
        rows = column(self, 0)
        self._head_line = self._head()
        rows.addWidget(self._head_line)
        rows.addWidget(self.form, 1)
        keys = {"Escape": self.leave_form, "Ctrl+I": self.save_and_raise}
        for sequence, act in keys.items():
            shortcut = QShortcut(QKeySequence(sequence), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    # --- what the page uses -----------------------------------------------------------------------------------------

    def start(self, given: Mapping[str, Any] | None = None) -> None:
        """A new visit: today, by me; `given` are values of the form known beforehand."""
        self._begin(new_id(), None)
        self.form.clear({"day": today(), "visitors": [self._me()], **(given or {})})
        self._prepare()
        if (given or {}).get("household"):
            self.form.home_chosen()

    def resume(self, draft: DraftRow, correcting: VisitView | None = None) -> None:
        """A draft is taken up where it was left."""
        self._begin(draft.id, correcting)
        self.form.clear(draft.data)
        self.form.draft_kept()
        self._prepare()

    def correct(self, view: VisitView, photos: list[uuid.UUID]) -> None:
        """A recorded visit, to be corrected."""
        self._begin(new_id(), view)
        self.form.clear(values.of(view) | {"photos": photos})
        self._prepare()

    def leave_form(self) -> None:
        """What was typed is kept as a draft, and the list is seen again."""
        self.form.keep_draft()
        self.left.emit()

    def discard(self) -> None:
        """The draft is thrown away; the undo bar brings it back."""
        draft, data = self._draft, self.form.draft() | self._marks()
        title = values.title(self.form.values())
        self.form.clear()
        self._begin(None, None)
        self.desk.tasks.write(lambda s: drafts.drop(s, draft))
        self.desk.undo_bar(_("草稿已丢弃"), lambda: self._bring_back(draft, data, title))
        self.left.emit()

    def save_and_raise(self) -> None:
        """Ctrl+I: the visit is saved, and what was heard becomes an issue."""
        if not self._correcting:
            self._raise = True
            self.form.submit()
            self._raise = False

    # --- building ---------------------------------------------------------------------------------------------------

    def _head(self) -> FormHead:
        self._onward = QPushButton(_("保存并转为事项"), self)
        self._onward.setToolTip("Ctrl+I")
        dress(self._onward, "issue")
        self._onward.clicked.connect(self.save_and_raise)
        self._raise = False
        keys = _("Enter 下一项 · Ctrl+Enter 保存并新建 · F3 照抄上一条")
        return FormHead(keys, self.leave_form, self.discard, [self._onward], self)

    # --- beginning --------------------------------------------------------------------------------------------------

    def _begin(self, draft: uuid.UUID | None, correcting: VisitView | None) -> None:
        self._draft, self._correcting = draft, correcting
        self.form.correcting = correcting is not None
        self.side.allow_signature(correcting is None)
        self._saving, self._raise, self._owed = False, False, None
        self._turn += 1
        self.form.save_button.setEnabled(True)
        self.form.offer_again(correcting is None)
        if correcting is None:
            self._head_line.say(_("记走访"))
        else:
            what = f"{long_day(correcting.row.day)} {correcting.row.address or correcting.row.met}"
            self._head_line.say(_("更正走访 · {what}").format(what=what))
        self._onward.setVisible(correcting is None)

    def _prepare(self) -> None:
        account = self.desk.actor.account

        def ask(s: Session) -> Known:
            last = visits.last(s, account)
            view = visits.one(s, last.id) if last is not None else None
            return Known([finders.grid_pick(row) for row in units.grids(s)], values.of(view) if view else None)

        self.desk.tasks.read(ask, self.form.take_known, owner=self)

    def _me(self) -> dict[str, Any]:
        return {"person": None, "name": self.desk.actor.name}

    # --- drafts -----------------------------------------------------------------------------------------------------

    def _marks(self) -> dict[str, Any]:
        return {"correcting": self._correcting.row.id.hex} if self._correcting else {}

    def _keep(self, data: dict[str, Any]) -> None:
        if self._saving:  # would come to life again behind the record; kept if the saving fails
            self._owed = data
            return
        draft, whole = self._draft, data | self._marks()
        title = values.title(self.form.values())

        def kept(_id: uuid.UUID) -> None:
            self.form.draft_kept()
            self.desk.draft_saved()

        self.desk.tasks.write(lambda s: drafts.keep(s, FORM, whole, title=title, draft=draft), kept, owner=self)

    def _bring_back(self, draft: uuid.UUID | None, data: dict[str, Any], title: str) -> None:
        self.desk.tasks.write(lambda s: drafts.keep(s, FORM, data, title=title, draft=draft))

    # --- saving -----------------------------------------------------------------------------------------------------

    def _save(self, given: dict[str, Any], again: bool) -> None:
        if self._saving:
            return
        if (view := self._correcting) is not None:
            text = _("原来的内容仍可查看。请写明为什么更正:")
            ask_reason(self, _("更正走访"), text, _("保存更正"), lambda why: self._correct(view, given, why, again))
            return
        draft = self._draft

        def act(s: Session) -> uuid.UUID:
            signature = sign(s, given["signature"])
            visit = Visit(**values.fields(given), signature=signature)
            made = visits.record(s, visit, helps=values.helps(given), draft=draft).id
            settle(s, made, [*given["photos"], *([signature] if signature else [])])
            return made

        self._write(act, given, again, _("走访已保存。"))

    def _correct(self, view: VisitView, given: dict[str, Any], reason: str, again: bool) -> None:
        draft, changed = self._draft, values.fields(given)

        def act(s: Session) -> uuid.UUID:
            done = visits.correct(s, view.row.id, reason=reason, **changed).id
            drafts.drop(s, draft)
            signed = [view.fields["signature"]] if view.fields["signature"] else []
            settle(s, done, [*given["photos"], *signed])
            return done

        self._write(act, given, again, _("更正已保存。"))

    def _write(self, act: Any, given: dict[str, Any], again: bool, words: str) -> None:
        self.form.keep_draft()  # whatever happens to the saving, nothing typed is lost
        self._saving = True
        self.form.save_button.setEnabled(False)
        onward, turn = self._raise, self._turn

        def done(visit: uuid.UUID) -> None:
            self.desk.banner(words, "done")
            self.recorded.emit(visit)
            if turn == self._turn:  # else the person has gone on to another visit meanwhile
                self._saved(visit, given, again, onward)

        def failed(error: Exception) -> None:
            self._failed(error, turn == self._turn)

        self.desk.tasks.write(act, done, failed, owner=self)

    def _saved(self, visit: uuid.UUID, given: dict[str, Any], again: bool, onward: bool) -> None:
        was_new = self._correcting is None
        if again:
            self._begin(new_id(), None)
            same = {name: given[name] for name in _ROUND} if was_new else {"day": today(), "visitors": [self._me()]}
            self.form.clear(same)
            self.form.editor("way" if not given.get("way") or not was_new else "household").setFocus()
            self._prepare()
            return
        self._begin(None, None)
        self.form.clear()
        self.left.emit()
        if onward:
            self.desk.open("issues", {"new": issue_of(visit, given)})

    def _failed(self, error: Exception, here: bool) -> None:
        if here:
            self._saving, self._raise = False, False
            self.form.save_button.setEnabled(True)
        if here and self._owed is not None:
            owed, self._owed = self._owed, None
            self._keep(owed)
        if isinstance(error, Refusal):
            self.desk.refuse(error)
            if here and (name := error.params.get("field")):
                self.form.show_problems({str(name): _(error.sentence).format(**error.params)})


def issue_of(visit: uuid.UUID, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the new issue takes over from the visit: where it was heard, from whom, and the words."""
    known = values.fields(given)
    met: dict[str, Any] = next(iter(known["met"] or ()), {})
    text = "\n".join(part for part in (known["heard"], known["reported"]) if part) or known["summary"]
    return {
        "visit_id": visit,
        "channel": "visit",
        "heard_on": known["day"],
        "grid_id": known["grid_id"],
        "household_id": known["household_id"],
        "place": (given.get("household") or {}).get("name"),
        "reporter": met.get("name"),
        "reporter_id": uuid.UUID(hex=met["person"]) if met.get("person") else None,
        "text": text,
    }
