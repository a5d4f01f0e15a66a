"""邀请码: a one-time code with which a new site enrols over the network; those given out and what became of them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedLayout, QWidget

from app.clock import now
from app.i18n import N_, _, joined
from app.ui.desk import Desk
from app.ui.hq.site_wizard import SiteWizard
from app.ui.hq.telling import Telling
from app.ui.icons import dress
from app.ui.tasks import Session
from app.ui.widgets.chips import Chip
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column
from app.ui.widgets.foot import foot
from app.ui.widgets.keyboard import follow
from app.ui.widgets.prose import prose
from app.ui.widgets.small_list import SmallList
from app.ui.widgets.table import Column
from app.ui.widgets.text import moment_text
from app.ui.widgets.wizard import Step

if TYPE_CHECKING:
    from app.sync.inviting import InvitationRow

_STATES = {
    "open": (N_("等使用"), "waiting", ""), "used": (N_("已用"), "done", ""), "over": (N_("已作废"), "draft", "void"),
}  # fmt: skip


def state_chip(state: str) -> Chip:
    """What became of an invitation."""
    words, tone, icon = _STATES[state]
    return Chip(_(words), tone, icon)


class _Shown:
    """An invitation as a row."""

    def __init__(self, one: "InvitationRow", names: dict[str, str]) -> None:
        self.id, self.name, self.made_at, self.until, self.used_at = (
            one.id,
            one.name,
            one.made_at,
            one.until,
            one.used_at,
        )
        self.state = "used" if one.used_at is not None else "over" if one.until <= now() else "open"
        self.scope = joined(names.get(path, path) for path in one.paths)


class Invitations(QWidget):
    """The list of invitations, or the wizard that makes one; `left` when the board should be seen again."""

    left = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        columns = [
            Column(N_("站点名称"), "name", 220, sort=""),
            Column(N_("状态"), "state", 110, chip=state_chip, sort=""),
            Column(N_("管辖"), "scope", 260, sort=""),
            Column(N_("发出"), "made_at", 130, moment_text, sort=""),
            Column(N_("有效期至"), "until", 140, moment_text, sort=""),
            Column(N_("使用时间"), "used_at", 130, moment_text, sort=""),
        ]
        empty = N_("还没有发过邀请码。站点的电脑能连上总部时, 发一个邀请码, 不用来回带文件。")
        self.list = SmallList(desk, "hq/invitations", columns, _rows, empty, "key")
        self.wizard, self.telling = _InviteWizard(desk, self), Telling(desk, self)
        self.back = QPushButton(_("返回站点"), self)
        self.back.setProperty("kind", "quiet")
        dress(self.back, "left", "accent")
        self.new_button = QPushButton(_("发邀请码"), self)
        self.new_button.setProperty("kind", "primary")
        dress(self.new_button, "add", "accent_ink")
        self.withdraw_button = QPushButton(_("作废这个邀请码"), self)
        dress(self.withdraw_button, "void")
        self._lay()
        self.back.clicked.connect(self.left)
        self.new_button.clicked.connect(self.invite)
        self.withdraw_button.clicked.connect(self.withdraw)
        self.list.chosen.connect(self._choose)
        self.wizard.left.connect(self.show_list)

    def refresh(self) -> None:
        """The invitations are asked for again."""
        self.list.refresh()
        self.telling.refresh()

    def show_list(self) -> None:
        """The list is in front."""
        self._stack.setCurrentIndex(0)
        self.refresh()
        self.list.setFocus()

    def invite(self) -> None:
        """The wizard is in front."""
        self.wizard.begin()
        self._stack.setCurrentIndex(1)
        self.wizard.setFocus()

    def withdraw(self) -> None:
        """The chosen code is of no more use."""
        from app.sync import inviting

        if (row := self.list.current()) is not None:
            told = _("给「{name}」的邀请码已作废。").format(name=row.name)

            def done(_none: None) -> None:
                self.desk.banner(told, "done")
                self.refresh()

            self.desk.tasks.write(lambda s: inviting.withdraw(s, row.id), done, owner=self)

    def _choose(self, row: Any) -> None:
        self.withdraw_button.setEnabled(row is not None and row.state == "open")

    def _lay(self) -> None:
        first = QWidget(self)
        line = QHBoxLayout()
        line.addWidget(self.back)
        line.addStretch(1)
        line.addWidget(self.new_button)
        rows = column(first, 12, (0, 12, 0, 0))
        rows.addLayout(line)
        rows.addWidget(self.list, 1)
        rows.addWidget(self.telling)
        words = _("邀请码七天内用一次, 只在发出时显示一次, 总部不留底。请在电话里念给站点的人, 不要发到群里。")
        rows.addLayout(foot(words, self.withdraw_button))
        follow(self.back, self.new_button, self.list, self.withdraw_button)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(first)
        self._stack.addWidget(self.wizard)
        self.setFocusProxy(self.list)


class _InviteWizard(SiteWizard):
    unfinished = N_("没有完成, 没有发出邀请码。请再试一次。")

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.result = QWidget()
        self.code = prose("", "figure")
        self.told, self.telling = Empty("", "key"), Telling(desk)
        rows = column(self.result, 8, (32, 24, 32, 12))
        rows.addWidget(self.told, 1)
        rows.addWidget(self.code)
        rows.addWidget(self.telling)
        self.put(
            [
                Step(
                    N_("名称和范围"), self.picker, leave=self._leave, enter=self.picker.load, next_title=N_("发邀请码")
                ),
                Step(N_("邀请码"), self.result),
            ],
            finish=N_("完成"),
        )

    def begin(self) -> None:
        """A new invitation starts."""
        self.picker.begin()
        self.code.setText("")
        self.wizard.go(0)

    def _leave(self, go: Callable[[], None]) -> None:
        self.with_scope(lambda: self._invite(go))

    def _invite(self, go: Callable[[], None]) -> None:
        from app.sync import inviting

        name, paths, kind = self.picker.name.text().strip(), list(self.picker.scope), self.picker.kind

        def done(code: str) -> None:
            self._show(name, code)
            go()

        self.desk.tasks.write(
            lambda s: inviting.invite(s, name=name, paths=paths, kind=kind), done, self.refused, owner=self
        )

    def _show(self, name: str, code: str) -> None:
        self.telling.refresh()
        self.code.setText(code)
        self.code.setAccessibleName(_("邀请码 {code}").format(code=code))
        words = _(
            "给「{name}」的邀请码, 七天内用一次, 离开本页就看不到了。"
            "请在电话里念给站点的人: 首次使用时选「联网开通」, 填总部地址和这个邀请码。"
        ).format(name=name)
        self.told.say(words, "key", _("复制邀请码"), lambda: QGuiApplication.clipboard().setText(code))


def _rows(s: Session) -> Any:
    from app.services import units
    from app.sync import inviting

    names = {unit.path: unit.name for unit in units.tree(s) if not unit.partner}
    return [_Shown(one, names) for one in inviting.listed(s)]
