"""做检查: choose the checklist, say where, answer item by item; what fails becomes a hazard when it is saved."""

import uuid
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QPushButton, QStackedLayout, QWidget

from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _
from app.models.checks import Check
from app.models.values import new_id
from app.services import attachments, checks, drafts
from app.services.checks import TemplateRow
from app.services.drafts import DraftRow
from app.ui.checks import finders, templates
from app.ui.checks.items import Count, ItemsEditor
from app.ui.checks.lines import FORM
from app.ui.checks.templates import Sheet, TemplateChooser
from app.ui.desk import Desk
from app.ui.tasks import Session
from app.ui.widgets.dates import DateEditor
from app.ui.widgets.fields import NotesEditor, column
from app.ui.widgets.form import Field, Form, Group
from app.ui.widgets.form_head import FormHead
from app.ui.widgets.quick import QuickPick


class CheckForm(QWidget):
    """One check being made. `left` when the list should be seen again, `recorded` with the check's id."""

    left = Signal()
    recorded = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.sheet: Sheet | None = None
        self._draft: uuid.UUID | None = None
        self._risk: str | None = None
        self._given: dict[str, Any] = {}
        self._saving = False
        self._owed: dict[str, Any] | None = None
        self.items = ItemsEditor(desk)
        self._head_line = self._head()
        self.form = Form(self._fields(), self._save, save_title=N_("保存检查"), save_draft=self._keep, again=False)
        self.chooser = TemplateChooser(self)
        self.chooser.chosen.connect(self._choose)
        middle = QWidget(self)
        self._stack = QStackedLayout(middle)
        self._stack.addWidget(self.chooser)
        self._stack.addWidget(self.form)
        rows = column(self, 0)
        rows.addWidget(self._head_line)
        rows.addWidget(middle, 1)
        self.items.counted.connect(self._count.tell)
        for keys, act in (("Escape", self.leave_form), ("Alt+O", self._single.click)):
            shortcut = QShortcut(QKeySequence(keys), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    # --- what the page uses -----------------------------------------------------------------------------------------

    def start(self, given: Mapping[str, Any] | None = None) -> None:
        """A new check; `given` may name template (code), place, household_id, grid_id, risk_point_id."""
        self._begin(new_id())
        self._given = dict(given or {})
        code = self._given.get("template")
        if code:
            self._choose(str(code))
        else:
            self._stack.setCurrentWidget(self.chooser)
            self.desk.tasks.read(checks.templates, self._offer, owner=self)

    def resume(self, draft: DraftRow, sheet: Sheet) -> None:
        """A draft is taken up with the version of the checklist it was begun with."""
        self._begin(draft.id)
        self._risk = draft.data.get("risk_point")
        self._show_sheet(sheet)
        self.form.clear(draft.data)
        self.form.draft_kept()
        self._to_next()

    def leave_form(self) -> None:
        """What was typed is kept as a draft, and the list is seen again."""
        self.form.keep_draft()
        self.left.emit()

    def discard(self) -> None:
        """The draft is thrown away; the undo bar brings it back."""
        draft, data, title = self._draft, self._whole(self.form.draft()), self._name()
        self._begin(None)
        self.desk.tasks.write(lambda s: drafts.drop(s, draft))
        if data["template"]:
            self.desk.undo_bar(
                _("草稿已丢弃"),
                lambda: self.desk.tasks.write(lambda s: drafts.keep(s, FORM, data, title=title, draft=draft)),
            )
        self.left.emit()

    # --- building ---------------------------------------------------------------------------------------------------

    def _head(self) -> FormHead:
        self._count = Count()
        self._single = QPushButton(_("一次一项"))
        self._single.setCheckable(True)
        self._single.setProperty("kind", "choice")
        self._single.setToolTip("Alt+O")
        self._single.toggled.connect(self._show_single)
        keys = _("1 合格 · 2 不合格 · 3 不适用 · Enter 下一项")
        return FormHead(keys, self.leave_form, self.discard, [self._count, self._single], self)

    def _show_single(self, on: bool) -> None:
        self.form.fill({})  # what is filled above the items makes room
        self.items.show_single(on)

    def _whole_form(self, given: Mapping[str, Any]) -> bool:
        return not (self._single.isChecked() and given["place"] and given["inspectors"] and given["day"])

    def _fields(self) -> list[Field | Group]:
        every = self._whole_form
        return [
            Field("place", N_("检查地点或设备"), lambda: QuickPick(
                self._finder(finders.places), free=lambda words: {"name": words},
                placeholder=_("住户门牌、户主姓名, 或直接写地点")), required=True, shown_if=every),
            Field("inspectors", N_("检查人"), lambda: QuickPick(
                self._finder(finders.persons), several=True, free=lambda words: {"person": None, "name": words},
                placeholder=_("还有同行的人, 接着输入")), required=True, shown_if=every),
            Field("day", N_("检查日期"), DateEditor, required=True, shown_if=every),
            Field("grid", N_("网格"), lambda: QuickPick(
                self._finder(finders.grids), placeholder=_("不填就按地点或您所在单位")), shown_if=every),
            Group(N_("检查内容")),
            Field("answers", "", lambda: self.items),
            Field("summary", N_("总的情况"), lambda: NotesEditor(_("可以不写"), rows=2)),
        ]  # fmt: skip

    def _finder(self, ask: Any) -> Any:
        def find(text: str, deliver: Any) -> None:
            self.desk.tasks.read(lambda s: ask(s, text), deliver, owner=self)

        return find

    # --- the checklist ----------------------------------------------------------------------------------------------

    def _begin(self, draft: uuid.UUID | None) -> None:
        self._draft, self._risk, self._given = draft, None, {}
        self._saving, self._owed = False, None
        self._show_sheet(None)
        self.form.clear()

    def _offer(self, found: list[TemplateRow]) -> None:
        if self.sheet is None:
            self.chooser.offer(found)

    def _choose(self, code: str) -> None:
        given = self._given

        def ask(s: Session) -> tuple[Sheet, dict[str, Any]]:
            return templates.sheet(s, code), finders.prefilled(s, given)

        self.desk.tasks.read(ask, lambda found: self._open(*found), owner=self)

    def _open(self, sheet: Sheet, known: dict[str, Any]) -> None:
        self._risk = known.pop("risk_point", None)
        self._show_sheet(sheet)
        me = {"person": None, "name": self.desk.actor.name}
        self.form.clear({"day": today(), "inspectors": [me], **known})
        self.form.editor("place" if not known.get("place") else "answers").setFocus()
        if known.get("place"):
            self._to_next()

    def _show_sheet(self, sheet: Sheet | None) -> None:
        self.sheet = sheet
        self._single.setChecked(False)
        self.items.set_sheet(sheet)
        self._head_line.say(
            _("做检查 · {title}").format(title=sheet.title) if sheet else _("做检查"), working=sheet is not None
        )
        self._stack.setCurrentWidget(self.form if sheet else self.chooser)
        self._tab_order()

    def _tab_order(self) -> None:
        names = ("place", "inspectors", "day", "grid", "answers", "summary")
        inside = [w for name in names for w in self.form.editor(name).findChildren(QWidget)]
        stops = [w for w in inside if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.focusProxy() is None]
        for one, other in pairwise([*stops, self.form.save_button]):
            QWidget.setTabOrder(one, other)

    def _to_next(self) -> None:
        opened = [code for code, card in self.items.cards.items() if not card.answered and not card.isHidden()]
        if opened:
            self.items.go(opened[0])

    # --- drafts -----------------------------------------------------------------------------------------------------

    def _name(self) -> str:
        place = self.form.values()["place"] or {}
        return str(place.get("name") or (self.sheet.title if self.sheet else ""))

    def _whole(self, data: dict[str, Any]) -> dict[str, Any]:
        sheet = self.sheet
        return {
            **data,
            "template": sheet.code if sheet else "",
            "version": sheet.version if sheet else 0,
            "template_title": sheet.title if sheet else "",
            "risk_point": self._risk,
        }

    def _keep(self, data: dict[str, Any]) -> None:
        if self._saving:  # would come to life again behind the record; kept if the saving fails
            self._owed = data
            return
        if self.sheet is None:
            return
        draft, whole, title = self._draft, self._whole(data), self._name()

        def kept(_id: uuid.UUID) -> None:
            self.form.draft_kept()
            self.desk.draft_saved()

        self.desk.tasks.write(lambda s: drafts.keep(s, FORM, whole, title=title, draft=draft), kept, owner=self)

    # --- saving -----------------------------------------------------------------------------------------------------

    def _save(self, given: dict[str, Any], _again: bool) -> None:
        if self._saving or self.sheet is None:
            return
        fields, draft = self._check_fields(given, self.sheet), self._draft

        def act(s: Session) -> tuple[uuid.UUID, int | None, int]:
            check, hazards = checks.record(s, Check(**fields), draft=draft)
            for photo in finders.photos_of(check.answers):
                attachments.attach(s, "check", check.id, photo)
            return check.id, check.score, len(hazards)

        self._saving = True
        self.desk.tasks.write(act, lambda made: self._saved(*made), self._failed, owner=self)

    def _check_fields(self, given: Mapping[str, Any], sheet: Sheet) -> dict[str, Any]:
        place, grid = given["place"] or {}, given.get("grid") or {}
        at = grid.get("grid") or place.get("grid")
        risk = place.get("risk_point") or self._risk
        return {
            "template_id": sheet.id,
            "day": given["day"],
            "answers": given["answers"],
            "place": place.get("name"),
            "inspectors": given["inspectors"],
            "summary": given["summary"],
            "grid_id": uuid.UUID(hex=at) if at else None,
            "risk_point_id": uuid.UUID(hex=risk) if risk else None,
        }

    def _saved(self, check: uuid.UUID, score: int | None, hazards: int) -> None:
        words = _("检查已保存。") if score is None else _("检查已保存, 得分 {score}。").format(score=score)
        if hazards:
            words += _("{n} 项不合格已登记为隐患, 等待整改和复检。").format(n=hazards)
        self.desk.banner(words, "done")
        self._begin(None)
        self.left.emit()
        self.recorded.emit(check)

    def _failed(self, error: Exception) -> None:
        self._saving = False
        if self._owed is not None:
            owed, self._owed = self._owed, None
            self._keep(owed)
        if isinstance(error, Refusal):
            self.desk.refuse(error)
            name, sentence = str(error.params.get("field") or ""), _(error.sentence).format(**error.params)
            if name in self.items.cards:
                self.items.point(name, sentence)
            elif name:
                self.form.show_problems({name: sentence})
