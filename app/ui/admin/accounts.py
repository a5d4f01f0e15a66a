"""账号: who may sign in; made at headquarters, switched on here with a first password, retired."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget

from app.i18n import N_, _
from app.ui.admin import passwords
from app.ui.admin.card import Card, CardPane, Deed
from app.ui.admin.small import Small
from app.ui.desk import Desk
from app.ui.tasks import Progress, Session
from app.ui.widgets.chips import Chip
from app.ui.widgets.choices import ChoiceEditor
from app.ui.widgets.dialogs import confirm
from app.ui.widgets.fields import TextEditor, column
from app.ui.widgets.form import Field, Form
from app.ui.widgets.list_page import Filter, ListPage, ListSpec
from app.ui.widgets.new_password import NewPassword, change_own
from app.ui.widgets.pickers import PickEditor, among
from app.ui.widgets.table import Ask, Column


@dataclass(frozen=True)
class AccountLine:
    """One account as the list shows it; state: on (opens this machine), off, retired."""

    id: uuid.UUID
    login: str
    state: str
    name: str
    role: str
    unit: str
    path: str


def state_chip(state: str) -> Chip:
    """The state in words and colour."""
    return {
        "on": Chip(_("本机已开通"), "done"),
        "off": Chip(_("未开通"), "waiting"),
        "retired": Chip(_("已停用"), "draft", "void"),
    }[state]


class AccountsTab(ListPage):
    """All accounts known here."""

    tables = frozenset({"account", "unit"})

    def __init__(self, desk: Desk) -> None:
        from app.services.access import may

        self._edits = may(desk.actor, "account.edit")
        self._switches = may(desk.actor, "account.switch_on")
        self.card = Card(_("选一个账号, 这里显示它的情况和可以做的事。"))
        self._desk = desk
        super().__init__(
            desk,
            ListSpec(
                key="admin/accounts",
                columns=[
                    Column(N_("登录名"), "login", 130),
                    Column(N_("状态"), "state", 120, chip=state_chip),
                    Column(N_("姓名"), "name", 110),
                    Column(N_("角色"), "role", 178),
                    Column(N_("单位"), "unit", 180),
                ],
                source=Small(self._read, lambda row, chip: row.state == chip),
                filters=[
                    Filter("", N_("全部")),
                    Filter("on", N_("本机已开通")),
                    Filter("off", N_("未开通")),
                    Filter("retired", N_("已停用")),
                ],
                empty=N_("这里列出能登录的账号。"),
                title=N_("账号名单"),
                takers=("ledger.print", "read.structure"),
                empty_icon="person",
                search_hint=N_("搜索: 登录名、姓名、单位"),
                new=(N_("建账号"), self.make) if self._edits else None,
                detail=CardPane(self.card, self.show_account),
            ),
        )

    def _read(self, s: Session, _ask: Ask) -> Sequence[AccountLine]:
        from app.models.units import within
        from app.services import accounts

        vault = self._desk.store.vault
        return [
            AccountLine(
                row.id,
                row.login,
                "retired" if not row.active else "on" if vault.holds(row.login) else "off",
                row.name,
                self._desk.label("account_role", row.role),
                row.unit,
                row.path,
            )
            for row in accounts.present(s)
            if within(row.path, self._desk.actor.path)
        ]

    # --- one account ------------------------------------------------------------------------------------------------

    def show_account(self, row: AccountLine | None) -> None:
        """The pane tells of this account."""
        if row is None:
            self.card.clear()
            return
        facts = [
            (_("登录名"), row.login), (_("状态"), state_chip(row.state).text), (_("角色"), row.role), (_("单位"), row.unit),
        ]  # fmt: skip
        self.card.show_parts(row.name, facts, self._deeds(row))

    def _deeds(self, row: AccountLine) -> list[Deed]:
        own = row.login == self.desk.actor.login
        deeds = []
        if own and row.state == "on":
            deeds.append(Deed(_("改我的口令"), "key", lambda: change_own(self.desk, self)))
        elif row.state == "off" and self._switches:
            deeds.append(Deed(_("在本机开通"), "key", lambda: self.switch_on(row), "primary"))
        elif row.state == "on" and self._switches:
            deeds.append(Deed(_("重设口令"), "key", lambda: self.reset(row)))
        if self._edits and not own and row.state != "retired":
            deeds.append(Deed(_("停用账号"), "void", lambda: self.retire(row), "danger"))
        return deeds

    def switch_on(self, row: AccountLine) -> None:
        """The account gets its first password on this machine."""
        text = _("给 {name} 设一个首次口令, 请当面告诉本人, 登录后改成自己的。").format(name=row.name)
        self._ask(
            _("开通账号"), text, _("开通"), row,
            lambda new: passwords.switch_on(self.desk.store, self.desk.actor, row.login, new),
            _("「{login}」可以在这台电脑上登录了。"),
        )  # fmt: skip

    def reset(self, row: AccountLine) -> None:
        """The account gets a new password instead of a forgotten one."""
        text = _("{name} 忘了口令时, 在这里设一个新的, 请当面告诉本人。他记的内容都在。").format(name=row.name)
        self._ask(
            _("重设口令"), text, _("重设口令"), row,
            lambda new: passwords.reset(self.desk.store, self.desk.actor, row.login, new),
            _("「{login}」的口令已重设。"),
        )  # fmt: skip

    def retire(self, row: AccountLine) -> None:
        """The account can no longer sign in; what it wrote stays."""
        from app.services import accounts

        def act() -> None:
            self.desk.tasks.write(
                lambda s: accounts.retire(s, row.id),
                lambda _n: self.desk.banner(_("账号「{login}」已停用。").format(login=row.login), "done"),
                owner=self,
            )

        text = _("停用 {name} ({login}) 后, 他不能再登录; 他记的内容都保留。各站点下次同步后生效。")
        confirm(self, _("停用账号"), text.format(name=row.name, login=row.login), _("停用"), act)

    def make(self) -> None:
        """F2: a new account, made at headquarters."""
        self.desk.tasks.read(_units, lambda units: NewAccount(self.desk, units, self).open(), owner=self)

    def _ask(
        self, title: str, text: str, act_title: str, row: AccountLine,
        work: Callable[[str], Callable[[Progress], None]], told: str,
    ) -> None:  # fmt: skip
        def act(_old: str, new: str) -> None:
            self._run(work(new), told.format(login=row.login))

        NewPassword(title, text, act_title, act, parent=self).open()

    def _run(self, work: Callable[[Progress], None], told: str) -> None:
        def done(_nothing: object) -> None:
            self.desk.banner(told, "done")
            self.refresh()

        self.desk.tasks.run(work, done, owner=self)


def _units(s: Session) -> list[tuple[uuid.UUID, str]]:
    from app.services import units

    return [(row.id, row.name) for row in units.tree(s) if not row.partner]


class NewAccount(QDialog):
    """登录名, 姓名, 角色, 单位."""

    def __init__(self, desk: Desk, units: Sequence[tuple[uuid.UUID, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("建账号"))
        self.resize(560, 560)
        names: dict[Any, str] = dict(units)
        self.form = Form(
            [
                Field("login", N_("登录名"), lambda: TextEditor(limit=40), required=True,
                      help=N_("拼音或工号, 不带空格; 登录时要输入。")),
                Field("name", N_("姓名"), lambda: TextEditor(limit=40), required=True),
                Field("role", N_("角色"), lambda: ChoiceEditor(desk.choices("account_role"), False), required=True),
                Field("unit_id", N_("单位"), lambda: PickEditor(among(units), describe=lambda one: names.get(one, "")),
                      required=True, help=N_("他能看到这个单位和它下面的记录。")),
            ],
            save=self.save, save_title=N_("建账号"), cancel=self.reject,
        )  # fmt: skip
        column(self, 0).addWidget(self.form)
        self.form.focus_first()

    def save(self, values: dict[str, Any], again: bool) -> None:
        """The account is made, or the form says what is wrong."""
        from app.models.accounts import Account
        from app.services import accounts

        account = Account(**values)
        if problems := account.problems():
            self.form.show_problems({name: _(words) for name, words in problems.items()})
            return

        def done(_made: object) -> None:
            words = _("账号「{login}」已建, 随下次下发到站点; 在用它的电脑上开通后就能登录。")
            self.desk.banner(words.format(login=values["login"]), "done")
            if again:
                self.form.clear({"role": values["role"], "unit_id": values["unit_id"]})
            else:
                self.accept()

        self.desk.tasks.write(lambda s: accounts.create(s, account).id, done, self._refused, owner=self)

    def _refused(self, error: Exception) -> None:
        from app.errors import Refusal
        from app.i18n import say

        if isinstance(error, Refusal):
            self.form.show_problems({"login": say(error)})
