"""The tab 站点: the board of who was heard of when and what is the matter, 「开通站点」, and taking trust away."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QStackedLayout, QStackedWidget, QWidget

from app.i18n import N_, _
from app.services.access import may
from app.ui.desk import Desk
from app.ui.hq import deeds, recovery
from app.ui.hq.enrolling import EnrolWizard
from app.ui.hq.inviting import Invitations
from app.ui.hq.rescoping import RescopeWizard
from app.ui.hq.site_pane import SitePane, heard_text, state_chip
from app.ui.icons import dress
from app.ui.tasks import Session
from app.ui.widgets.fields import column
from app.ui.widgets.keyboard import follow
from app.ui.widgets.prose import prose
from app.ui.widgets.small_list import SmallList
from app.ui.widgets.split import beside
from app.ui.widgets.table import Column
from app.ui.widgets.text import short_day


class Sites(QWidget):
    """The board by site or by grid with the chosen site beside it, or the wizard in its place."""

    counted = Signal(int)
    answer = Signal(object)  # site id: write its receipts and feed

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.list, self.grids = _site_list(desk), _grid_list(desk)
        self.wizard, self.pane = EnrolWizard(desk, self), SitePane(self)
        self.enrol_button = QPushButton(_("开通站点"), self)
        self.enrol_button.setProperty("kind", "primary")
        dress(self.enrol_button, "add", "accent_ink")
        self.invitations, self.rescoping = Invitations(desk, self), RescopeWizard(desk, self)
        self.rotate_button = self._button(_("轮换总部密钥…"), "rotate", lambda: deeds.rotate(self, self.desk))
        self.recover_button = self._button(_("打开忘了口令的数据…"), "password", lambda: recovery.ask(self, self.desk))
        self.invite_button = self._button(_("邀请码…"), "key", self.show_invitations)
        self.remind_button = self.pane.act(_("催报…"), "bell", lambda: self._with_row(deeds.remind))
        self.feed_button = self.pane.act(_("给它写下发…"), "usb", self._answer)
        self.renew_button = self.pane.act(_("续期…"), "key", lambda: self._with_row(deeds.renew))
        self.rescope_button = self.pane.act(_("改管辖…"), "unit", self.rescope)
        self.revoke_button = self.pane.act(_("停用…"), "lock", self.revoke, "danger")
        self.reason = prose("", "caption")
        self._lay()
        self._listen()

    def refresh(self) -> None:
        """The board is asked for again."""
        self.list.refresh()
        self.grids.refresh()

    def enrol(self) -> None:
        """「开通站点」."""
        if self.enrol_button.isEnabled():
            self.wizard.begin()
            self._stack.setCurrentWidget(self.wizard)
            self.wizard.setFocus()

    def show_invitations(self) -> None:
        """「邀请码…」."""
        self.invitations.show_list()
        self._stack.setCurrentWidget(self.invitations)

    def rescope(self) -> None:
        """「改管辖…」 of the current site."""
        if (row := self.list.current()) is not None:
            self.rescoping.begin(row)
            self._stack.setCurrentWidget(self.rescoping)
            self.rescoping.setFocus()

    def show_list(self) -> None:
        """The board is in front."""
        self._stack.setCurrentIndex(0)
        self.list.setFocus()

    def revoke(self) -> None:
        """The current site is trusted no more, for a reason."""
        self._with_row(deeds.revoke)

    def _with_row(self, deed: Callable[[QWidget, Desk, Any], object]) -> None:
        if (row := self.list.current()) is not None:
            deed(self, self.desk, row)

    def _choose(self, row: Any) -> None:
        self.pane.show_site(row)
        actor = self.desk.actor
        live = row is not None and row.state != "revoked"
        self.revoke_button.setEnabled(live and may(actor, "site.revoke"))
        self.feed_button.setEnabled(live and may(actor, "package.take"))
        self.remind_button.setEnabled(live and may(actor, "package.take"))
        self.renew_button.setEnabled(live and may(actor, "site.enrol"))
        self.rescope_button.setEnabled(live and may(actor, "site.enrol"))
        self.rotate_button.setVisible(may(actor, "key.rotate"))
        self.recover_button.setVisible(may(actor, "store.recover"))
        self.invite_button.setVisible(may(actor, "site.enrol"))
        self.enrol_button.setEnabled(may(actor, "site.enrol"))
        self.reason.setText("" if may(actor, "site.enrol") else _("开通和停用站点由系统管理员办理。"))

    def _show(self, number: int) -> None:
        self._boards.setCurrentIndex(number)
        self.setFocusProxy((self.list, self.grids)[number])

    def _button(self, words: str, icon: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(words, self)
        dress(button, icon)
        button.clicked.connect(lambda: act())
        return button

    def _lay(self) -> None:
        first = QWidget(self)
        line = QHBoxLayout()
        line.setSpacing(8)
        group = QButtonGroup(self)
        for number, (title, icon) in enumerate(((_("按站点"), "device"), (_("按网格"), "grid"))):
            button = QPushButton(title, first)
            button.setCheckable(True)
            button.setChecked(number == 0)
            button.setProperty("kind", "choice")
            button.setAccessibleName(_("最近联系: {title}").format(title=title))
            dress(button, icon)
            button.clicked.connect(lambda _on, at=number: self._show(at))
            group.addButton(button)
            line.addWidget(button)
        line.addSpacing(8)
        line.addWidget(self.reason, 1)
        for button in (self.rotate_button, self.recover_button, self.invite_button):
            line.addWidget(button)
        line.addWidget(self.enrol_button)
        self._boards = QStackedWidget(first)
        self._boards.addWidget(beside(self.list, self.pane, (800, 340)))
        self._boards.addWidget(self.grids)
        rows = column(first, 12, (0, 12, 0, 0))
        rows.addLayout(line)
        rows.addWidget(self._boards, 1)
        doors = (self.rotate_button, self.recover_button, self.invite_button, self.enrol_button)
        follow(
            self.list, self.pane, self.grids, *group.buttons(), *doors
        )  # who comes to the board is in its list first
        self._stack = QStackedLayout(self)
        self._stack.addWidget(first)
        self._stack.addWidget(self.wizard)
        self._stack.addWidget(self.invitations)
        self._stack.addWidget(self.rescoping)
        self.setFocusProxy(self.list)

    def _listen(self) -> None:
        self.enrol_button.clicked.connect(self.enrol)
        self.enrol_button.setToolTip("F2")
        QShortcut(QKeySequence("F2"), self, self.enrol)
        self.list.chosen.connect(self._choose)
        self.list.counted.connect(self.counted)
        self.list.counted.connect(lambda number: self.pane.setVisible(number > 0))
        self.wizard.left.connect(self.show_list)
        self.invitations.left.connect(self.show_list)
        self.rescoping.left.connect(self.show_list)
        self._choose(None)

    def _answer(self) -> None:
        if (row := self.list.current()) is not None:
            self.answer.emit(row.id)


def _site_list(desk: Desk) -> SmallList:
    columns = [
        Column(N_("站点"), "name", 166, sort=""),
        Column(N_("状态"), "state", 118, chip=state_chip, sort=""),
        Column(N_("管辖"), "scope", 116, sort=""),
        Column(N_("最近上报"), "heard_at", 104, heard_text, sort=""),
        Column(N_("证书有效期至"), "valid_to", 104, short_day, sort=""),
        Column(N_("说明"), "reason", 180, sort=""),
    ]
    empty = N_("还没有站点。请站点的人在首次使用时保存申请文件, 交来后点「开通站点」。")
    return SmallList(desk, "hq/sites", columns, _board, empty, "device", title=N_("站点上报情况"))


def _grid_list(desk: Desk) -> SmallList:
    columns = [
        Column(N_("网格"), "name", 200, sort=""),
        Column(N_("状态"), "state", 120, chip=state_chip, sort=""),
        Column(N_("单位"), "unit", 170, sort=""),
        Column(N_("最近上报"), "heard_at", 120, heard_text, sort=""),
        Column(N_("站点"), "site", 190, sort=""),
        Column(N_("说明"), "reason", 320, sort=""),
    ]
    return SmallList(
        desk,
        "hq/grids",
        columns,
        _grids,
        N_("还没有网格。请先在「管理」里导入组织机构。"),
        "grid",
        title=N_("网格上报情况"),
    )


def _board(s: Session) -> Any:
    from app.sync import hearing

    return hearing.board(s)


def _grids(s: Session) -> Any:
    from app.sync import hearing

    return hearing.grids(s)
