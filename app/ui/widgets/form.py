"""The generic form: a list of fields, one column, autosaved draft, problems at the field.

A complete form page::

    class VisitForm(QWidget):
        def __init__(self, desk: Desk, record_id: UUID | None = None) -> None:
            super().__init__()
            self.desk = desk
            self.form = Form(
                [
                    Group(N_("走访")),
                    Field("day", N_("走访日期"), DateEditor, required=True),
                    Field("way", N_("方式"), lambda: ChoiceEditor([("home", "入户"), ("phone", "电话")]), required=True),
                    Field("minutes", N_("时长"), lambda: NumberEditor("分钟", 1, 1440), help=N_("不确定可以不填")),
                    Group(N_("情况")),
                    Field("notes", "", FiveNotes, spread=FIVE),          # 看听报防帮: saw, heard, reported, …
                    Field("met", N_("走访对象"), lambda: PickEditor(self.find_people, several=True)),
                ],
                save=self.save, save_title=N_("保存走访"),
                save_draft=self.keep_draft, last=lambda: self.last_visit,
            )
            column(self).addWidget(self.form)
            self.form.fill({"day": today()})

        def save(self, values: dict[str, Any], again: bool) -> None:   # again: Ctrl+Enter, go on with a new one
            visit = Visit(path=..., **values)
            if problems := visit.problems():                            # field → sentence (source language)
                self.form.show_problems({k: _(v) for k, v in problems.items()})
                return
            self.desk.tasks.write(lambda s: visits.record(s, visit), lambda _: self.saved(again), owner=self)

        def keep_draft(self, values: dict[str, Any]) -> None:   # JSON-ready; 1 s after the last key, and on focus loss
            self.desk.tasks.write(lambda s: drafts.keep(s, "visit", values, draft=self.draft_id), self.kept, owner=self)

        def kept(self, draft_id: UUID) -> None:
            self.draft_id = draft_id
            self.form.draft_kept()
            self.desk.draft_saved()

After a successful save call `form.clear()` (new record) or close. Values are plain: str, int, date, list, dict, None.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.clock import now
from app.i18n import N_, _
from app.ui.icons import dress
from app.ui.widgets.fields import Editor, column
from app.ui.widgets.keeping import restored, stored
from app.ui.widgets.slot import Field, Group, Slot
from app.ui.widgets.text import clock_time

__all__ = ["Field", "Form", "Group", "Slot"]


class Form(QWidget):
    """Fields in one column of at most 640 px with an optional side strip, draft line and save buttons at the foot.

    `again=False` where nothing new follows (a correction, a dialog): no 「保存并新建」, Ctrl+Enter just saves.
    """

    changed = Signal()

    def __init__(
        self, fields: Sequence[Field | Group], save: Callable[[dict[str, Any], bool], None], *,
        save_title: str = N_("保存"), save_draft: Callable[[dict[str, Any]], None] | None = None,
        last: Callable[[], Mapping[str, Any] | None] | None = None, side: QWidget | None = None,
        cancel: Callable[[], None] | None = None, again: bool = True, parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._save, self._save_draft, self._last = save, save_draft, last
        self._dirty = False
        self._slots: dict[str, Slot] = {}
        self._groups: list[tuple[QLabel, list[Slot]]] = []
        self._body = QFrame()
        self._body.setProperty("role", "card")
        self._body.setMaximumWidth(640)
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(20, 16, 20, 20)
        self._column.setSpacing(14)
        for part in fields:
            self._add(part)
        rows = column(self, 0)
        rows.addWidget(self._middle(side), 1)
        rows.addWidget(self._foot(save_title, cancel))
        self.offer_again(again)
        self._later = QTimer(self, singleShot=True, interval=1000)
        self._later.timeout.connect(self.keep_draft)
        for keys, act in (
            ("Ctrl+Return", self._again),
            ("Ctrl+Enter", self._again),
            ("Ctrl+S", self.submit),
            ("F3", self.repeat_last),
        ):
            shortcut = QShortcut(QKeySequence(keys), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_moved)
        self._order()
        self._show_fitting()

    # --- values -------------------------------------------------------------------------------------------------

    def values(self) -> dict[str, Any]:
        """All values by field name, hidden fields too."""
        found: dict[str, Any] = {}
        for name, slot in self._slots.items():
            value = slot.editor.value()
            found.update({one: value.get(one) for one in slot.field.spread} if slot.field.spread else {name: value})
        return found

    def draft(self) -> dict[str, Any]:
        """All that is typed, ready for JSON, even what cannot be read yet; `fill` takes it back."""
        found: dict[str, Any] = {}
        for name, slot in self._slots.items():
            value = stored(slot.editor.draft())
            found.update({one: value.get(one) for one in slot.field.spread} if slot.field.spread else {name: value})
        return found

    def fill(self, values: Mapping[str, Any]) -> None:
        """The fields show these values (or a draft); names that are not fields are ignored, fields not named stay."""
        values = {name: restored(value) for name, value in values.items()}
        for name, slot in self._slots.items():
            if any(one in values for one in slot.field.spread):
                slot.editor.set_value({one: values.get(one) for one in slot.field.spread})
            elif name in values:
                slot.editor.set_value(values[name])
        self._show_fitting()

    def clear(self, keep: Mapping[str, Any] | None = None) -> None:
        """An empty form for the next record, with the values of `keep`; the first field has the keyboard."""
        for slot in self._slots.values():
            slot.editor.set_value(None)
            slot.tell("")
        self.fill(keep or {})
        self._dirty = False
        self._later.stop()
        self._draft.setText("")
        self._scroll.verticalScrollBar().setValue(0)  # the one before was left at its foot
        self.focus_first()

    def editor(self, name: str) -> Editor:
        """The editor of a field."""
        return self._slots[name].editor

    # --- problems -----------------------------------------------------------------------------------------------

    def problems(self) -> dict[str, str]:
        """What the form itself sees: required fields left empty, values it cannot read."""
        found = {}
        for name, slot in self._slots.items():
            if slot.isHidden():
                continue
            if reason := slot.editor.problem():
                found[name] = reason
            elif slot.field.required and slot.editor.value() in (None, "", [], {}):
                found[name] = _("请填写{label}。").format(label=_(slot.field.label))
        return found

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Each problem (already translated) stands at its field, the first bad field has the keyboard."""
        first = True
        for name, slot in self._slots.items():
            slot.tell(next((problems[one] for one in (name, *slot.field.spread) if one in problems), ""))
            if slot.problem_text and first:
                first = False
                slot.editor.setFocus()
                self._scroll.ensureWidgetVisible(slot, 0, 48)
        known = {one for name, slot in self._slots.items() for one in (name, *slot.field.spread)}
        rest = [text for name, text in problems.items() if name not in known]
        self._draft.setText(" ".join(rest) if rest else self._draft.text())

    # --- saving -------------------------------------------------------------------------------------------------

    def submit(self, again: bool = False) -> None:
        """The values go to `save` when the form sees no problem."""
        problems = self.problems()
        self.show_problems(problems)
        if not problems:
            self._save(self.values(), again)

    def keep_draft(self) -> None:
        """A changed form goes to `save_draft` now."""
        self._later.stop()
        if self._dirty and self._save_draft is not None:
            self._dirty = False
            self._draft.setText(_("正在保存草稿…"))
            self._save_draft(self.draft())

    def draft_kept(self, *_ignored: object) -> None:
        """Call when the draft is in the store: the line at the foot says so."""
        self._draft.setText(_("草稿 {time}").format(time=clock_time(now())))

    def repeat_last(self) -> None:
        """F3: empty fields take the values of the last record."""
        values = (self._last() if self._last else None) or {}
        for name, slot in self._slots.items():
            if not slot.field.repeat:
                continue
            if slot.field.spread:
                given = {one: values.get(one) for one in slot.field.spread}
                if any(given.values()) and not any((slot.editor.value() or {}).values()):
                    slot.editor.set_value(given)
            elif name in values and slot.editor.value() in (None, "", [], {}):
                slot.editor.set_value(values[name])
        if values:
            self._touched()

    def focus_first(self) -> None:
        """The first field has the keyboard."""
        for slot in self._slots.values():
            if not slot.isHidden():
                slot.editor.setFocus()
                return

    def offer_again(self, on: bool) -> None:
        """A new record may follow this one, or not."""
        self._offers_again = on
        self._more.setVisible(on)
        self.save_button.setToolTip("Ctrl+S" if on else "Ctrl+Enter")

    # --- inside -------------------------------------------------------------------------------------------------

    def _again(self) -> None:
        self.submit(again=self._offers_again)

    def _add(self, part: Field | Group) -> None:
        if isinstance(part, Group):
            title = QLabel(_(part.title))
            title.setProperty("role", "heading")
            if self._column.count():
                self._column.addSpacing(8)
            self._column.addWidget(title)
            self._groups.append((title, []))
            return
        slot = Slot(part, self._body)
        slot.editor.changed.connect(self._touched)
        slot.editor.entered.connect(lambda s=slot: self._next(s))
        self._slots[part.name] = slot
        if self._groups:
            self._groups[-1][1].append(slot)
        self._column.addWidget(slot)

    def _middle(self, side: QWidget | None) -> QWidget:
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        around = QWidget()
        around.setProperty("role", "clear")
        line = QHBoxLayout(around)
        line.setContentsMargins(16, 16, 16, 16)
        line.addWidget(self._body, 1, Qt.AlignmentFlag.AlignTop)
        line.addStretch(0)
        self._scroll.setWidget(around)
        if side is None:
            return self._scroll
        both = QWidget()
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._scroll, 1)
        side.setFixedWidth(240)
        row.addWidget(side)
        return both

    def _foot(self, title: str, cancel: Callable[[], None] | None) -> QWidget:
        foot = QFrame()
        foot.setObjectName("status")
        row = QHBoxLayout(foot)
        row.setContentsMargins(16, 8, 16, 8)
        self._draft = QLabel("")
        self._draft.setProperty("role", "caption")
        row.addWidget(self._draft, 1)
        if cancel is not None:
            close = QPushButton(_("取消"))
            close.clicked.connect(lambda: cancel())
            row.addWidget(close)
        self._more = QPushButton(_("保存并新建"))
        self._more.setToolTip("Ctrl+Enter")
        self._more.clicked.connect(self._again)
        self.save_button = QPushButton(_(title))
        self.save_button.setProperty("kind", "primary")
        dress(self.save_button, "save", "accent_ink")
        self.save_button.clicked.connect(lambda: self.submit())
        row.addWidget(self._more)
        row.addWidget(self.save_button)
        return foot

    def _order(self) -> None:
        stops = [stop for slot in self._slots.values() for stop in slot.editor.stops()]
        for one, other in pairwise([*stops, self.save_button]):
            QWidget.setTabOrder(one, other)

    def _next(self, slot: Slot) -> None:
        shown = [one for one in self._slots.values() if not one.isHidden()]
        at = shown.index(slot) + 1
        (shown[at].editor if at < len(shown) else self.save_button).setFocus(Qt.FocusReason.TabFocusReason)
        if at < len(shown):
            self._scroll.ensureWidgetVisible(shown[at], 0, 48)

    def _touched(self) -> None:
        self._dirty = True
        self._later.start()
        self._show_fitting()
        for slot in self._slots.values():
            if slot.problem_text and slot.editor.target().hasFocus():
                slot.tell("")
        self.changed.emit()

    def _show_fitting(self) -> None:
        conditional = [slot for slot in self._slots.values() if slot.field.shown_if is not None]
        if conditional:
            values = self.values()
            for slot in conditional:
                if slot.field.shown_if is not None:
                    slot.setVisible(slot.field.shown_if(values))
            for title, slots in self._groups:
                title.setHidden(bool(slots) and all(slot.isHidden() for slot in slots))

    def _focus_moved(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None and self.isAncestorOf(old) and (new is None or not self.isAncestorOf(new)):
            self.keep_draft()
