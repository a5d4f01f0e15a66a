"""The forms of the registry: a person, a home, a post."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _
from app.services import drafts, privacy
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.registry import finders
from app.ui.registry.writing import Deed, home_deed, person_deed, post_deed
from app.ui.tasks import Session
from app.ui.widgets.choices import ChipsEditor, ChoiceEditor
from app.ui.widgets.dates import DateEditor
from app.ui.widgets.dialogs import confirm
from app.ui.widgets.fields import NotesEditor, TextEditor, column
from app.ui.widgets.form import Field, Form, Group
from app.ui.widgets.form_head import FormHead
from app.ui.widgets.pickers import PickEditor, among


class RegistryForm(QWidget):
    """One record being entered or amended; `left` when the list should be seen again, `saved` with its id."""

    left = Signal()
    saved = Signal(object)

    def __init__(
        self, desk: Desk, kind: str, title: str, fields: list[Field | Group], deed: Deed, keep: tuple[str, ...], *,
        of_people: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self._of_people = of_people
        self.desk, self.kind, self._new_title, self._deed, self._round = desk, kind, title, deed, keep
        self._editing: uuid.UUID | None = None
        self._saving = False
        self._draft: uuid.UUID | None = None
        self.form = Form(fields, self._save, save_title=N_("保存"), save_draft=self._keep)
        self._head = self._head_line()
        rows = column(self, 0)
        rows.addWidget(self._head)
        rows.addWidget(self.form, 1)
        shortcut = QShortcut(QKeySequence("Escape"), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self.leave_form)

    def start(self, given: Mapping[str, Any] | None = None) -> None:
        """A new record; a draft left behind is taken up again."""
        self._begin(None, self._new_title)
        self.form.clear(given)
        if not given:
            kind = self.kind
            self.desk.tasks.read(lambda s: drafts.mine(s, kind), self._take_up, owner=self)

    def amend(self, record: uuid.UUID, name: str, given: Mapping[str, Any]) -> None:
        """A record on file, to be amended."""
        self._begin(record, _("修改 {name}").format(name=name))
        self.form.clear(given)

    def leave_form(self) -> None:
        """What was typed is kept as a draft, and the list is seen again."""
        self.form.keep_draft()
        self.left.emit()

    def show_notice(self) -> None:
        """What is said to a person before anything about them is written down."""
        dialog = QDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(_("告知书"))
        text = QTextBrowser(dialog)
        text.setMarkdown(privacy.notice())
        QVBoxLayout(dialog).addWidget(text)
        dialog.resize(640, 520)
        dialog.open()

    def _head_line(self) -> FormHead:
        if not self._of_people:
            return FormHead(_("Enter 下一格, Ctrl+Enter 保存"), self.leave_form, parent=self)
        notice = QPushButton(_("告知书"), self)
        dress(notice, "info")
        notice.clicked.connect(self.show_notice)
        hint = _("登记前请先向本人说明用途。只填用得着的。")
        return FormHead(hint, self.leave_form, tools=[notice], parent=self)

    def _begin(self, record: uuid.UUID | None, title: str) -> None:
        self._editing, self._saving, self._draft = record, False, None
        self._head.say(title)
        self.form.offer_again(record is None)
        self.form.save_button.setEnabled(True)

    # --- drafts: of new records only; an amendment is one short step ------------------------------------------------

    def _take_up(self, kept: list[drafts.DraftRow]) -> None:
        if kept and self._editing is None and self._draft is None:
            self._draft = kept[0].id
            self.form.fill(kept[0].data)
            self.form.draft_kept()

    def _keep(self, data: dict[str, Any]) -> None:
        if self._editing is not None or self._saving:
            return
        kind, draft = self.kind, self._draft
        title = str(data.get("name") or data.get("address") or data.get("place") or "")

        def kept(made: uuid.UUID) -> None:
            self._draft = made
            self.form.draft_kept()
            self.desk.draft_saved()

        self.desk.tasks.write(lambda s: drafts.keep(s, kind, data, title=title, draft=draft), kept, owner=self)

    # --- saving -----------------------------------------------------------------------------------------------------

    def _save(self, given: dict[str, Any], again: bool) -> None:
        if self._saving:
            return
        problems, ask, act = self._deed(given, self._editing)
        if problems:
            self.form.show_problems({name: _(text) for name, text in problems.items()})
            return
        if ask is None:
            self._write(act, given, again)
            return

        def doubt(words: str) -> None:
            if words:
                confirm(
                    self,
                    _("可能已经登记过") if self._of_people else _("请核对"),
                    words,
                    _("不是同一个人, 继续保存") if self._of_people else _("核对过了, 继续保存"),
                    lambda: self._write(act, given, again),
                )
            else:
                self._write(act, given, again)

        self.desk.tasks.read(ask, doubt, owner=self)

    def _write(self, act: Callable[[Session], uuid.UUID], given: dict[str, Any], again: bool) -> None:
        self._saving = True
        self.form.save_button.setEnabled(False)
        draft = self._draft

        def work(s: Session) -> uuid.UUID:
            made = act(s)
            drafts.drop(s, draft)
            return made

        def done(made: uuid.UUID) -> None:
            self.desk.banner(_("已保存。"), "done")
            self._begin(None, self._new_title)
            self.form.clear({name: given.get(name) for name in self._round} if again else None)
            self.saved.emit(made)
            if not again:
                self.left.emit()

        self.desk.tasks.write(work, done, self._failed, owner=self)

    def _failed(self, error: Exception) -> None:
        self._saving = False
        self.form.save_button.setEnabled(True)
        if isinstance(error, Refusal):
            self.desk.refuse(error)
            if name := error.params.get("field"):
                self.form.show_problems({str(name): _(error.sentence).format(**error.params)})


def person_form(desk: Desk) -> RegistryForm:
    """A person."""
    options = desk.choices
    fields: list[Field | Group] = [
        Field("name", N_("姓名"), lambda: TextEditor(limit=40), required=True),
        Field("kind", N_("类别"), lambda: ChoiceEditor(options("person_kind"), optional=False), required=True),
        Field("household_id", N_("住户"), lambda: PickEditor(
            finders.finder(desk, desk, finders.homes), placeholder=_("门牌、户主姓名或首字母"))),
        Field("relation", N_("与户主关系"), lambda: PickEditor(among(options("relation")), describe=lambda c: desk.label("relation", c))),
        Field("grid_id", N_("所在网格"), lambda: PickEditor(finders.finder(desk, desk, finders.grids)),
              help=N_("选了住户可以不填")),
        Field("phones", N_("电话"), lambda: TextEditor(_("几个号码用顿号隔开"))),
        Field("tags", N_("服务需求"), lambda: ChipsEditor(options("person_tag")), help=N_("只写需要什么服务, 不评价人")),
        Group(N_("证件和工作")),
        Field("id_number", N_("身份证号"), lambda: TextEditor(_("18 位; 修改时留空表示不变")),
              help=N_("用得着再填; 性别和出生日期会自动得出")),
        Field("sex", N_("性别"), lambda: ChoiceEditor([o for o in options("sex") if o[0] in ("1", "2")])),
        Field("birth_on", N_("出生日期"), DateEditor),
        Field("status", N_("在岗状态"), lambda: ChoiceEditor(options("person_status"))),
        Field("job", N_("岗位"), lambda: TextEditor(limit=60)),
        Field("employee_no", N_("工号"), lambda: TextEditor(limit=30)),
        Field("political", N_("政治面貌"), lambda: PickEditor(among(options("political")), describe=lambda c: desk.label("political", c))),
        Field("former_name", N_("曾用名"), lambda: TextEditor(limit=40)),
        Field("note", N_("备注"), lambda: NotesEditor(rows=2)),
    ]  # fmt: skip
    return RegistryForm(desk, "person", _("登记人员"), fields, person_deed, ("kind", "household_id", "grid_id"))


def home_form(desk: Desk) -> RegistryForm:
    """A home."""
    fields: list[Field | Group] = [
        Field("address", N_("住址"), lambda: TextEditor(_("例如 安居苑3号楼2单元401"), limit=100), required=True),
        Field("grid_id", N_("所在网格"), lambda: PickEditor(finders.finder(desk, desk, finders.grids)), required=True),
        Field("head", N_("户主"), lambda: TextEditor(limit=40)),
        Field("phone", N_("联系电话"), lambda: TextEditor(_("修改时留空表示不变"), limit=30)),
        Field("tags", N_("服务需求"), lambda: ChipsEditor(desk.choices("person_tag"))),
        Field("note", N_("备注"), lambda: NotesEditor(rows=2)),
    ]  # fmt: skip
    return RegistryForm(desk, "household", _("登记住户"), fields, home_deed, ("grid_id",))


def post_form(desk: Desk) -> RegistryForm:
    """A post."""
    fields: list[Field | Group] = [
        Field("person_id", N_("人员"), lambda: PickEditor(finders.finder(desk, desk, finders.persons)), required=True),
        Field("grid_id", N_("网格"), lambda: PickEditor(finders.finder(desk, desk, finders.grids)), required=True),
        Field("role", N_("职务"), lambda: ChoiceEditor(desk.choices("role"), optional=False), required=True),
        Field("duties", N_("八大员"), lambda: ChipsEditor(desk.choices("duty"))),
        Field("from_on", N_("任职日期"), DateEditor, required=True),
    ]  # fmt: skip
    form = RegistryForm(desk, "post", _("新任职"), fields, post_deed, ("grid_id", "from_on"))
    form.form.fill({"from_on": today()})
    return form
