"""The tab 站点: who was heard of when and what is the matter, 「开通站点」, and taking trust away."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedLayout, QWidget

from app.i18n import N_, _
from app.services.access import may
from app.ui.desk import Desk
from app.ui.hq.enrolling import EnrolWizard
from app.ui.icons import dress
from app.ui.tasks import Session
from app.ui.widgets.chips import Chip
from app.ui.widgets.dialogs import ask_reason
from app.ui.widgets.fields import column
from app.ui.widgets.small_list import SmallList
from app.ui.widgets.table import Column
from app.ui.widgets.text import moment_text, short_day

_STATES = {
    "good": (N_("正常"), "done", ""), "never": (N_("没有上报过"), "waiting", ""), "silent": (N_("很久没上报"), "due", ""),
    "gap": (N_("缺包"), "due", "warning"), "ending": (N_("证书将到期"), "due", "key"),
    "expired": (N_("证书过期"), "overdue", "key"), "revoked": (N_("已停用"), "draft", "lock"),
}  # fmt: skip


def state_chip(state: str) -> Chip:
    """How a site stands, as a chip."""
    words, tone, icon = _STATES[state]
    return Chip(_(words), tone, icon)


class Sites(QWidget):
    """The list of sites, or the wizard in its place."""

    counted = Signal(int)
    answer = Signal(object)  # site id: write its receipts and feed

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        columns = [
            Column(N_("站点"), "name", 200, sort=""),
            Column(N_("状态"), "state", 120, chip=state_chip, sort=""),
            Column(N_("管辖"), "scope", 200, sort=""),
            Column(N_("最近上报"), "heard_at", 130, _heard, sort=""),
            Column(N_("证书有效期至"), "valid_to", 120, short_day, sort=""),
            Column(N_("说明"), "reason", 300, sort=""),
        ]
        self.list = SmallList(
            desk, "hq/sites", columns, _rows,
            N_("还没有站点。请站点的人在首次使用时保存申请文件, 交来后点「开通站点」。"), "device",
        )  # fmt: skip
        self.wizard = EnrolWizard(desk, self)
        self.enrol_button = QPushButton(_("开通站点"), self)
        self.enrol_button.setProperty("kind", "primary")
        dress(self.enrol_button, "add", "accent_ink")
        self.feed_button = QPushButton(_("给它写下发…"), self)
        dress(self.feed_button, "usb")
        self.revoke_button = QPushButton(_("停用…"), self)
        self.revoke_button.setProperty("kind", "danger")
        dress(self.revoke_button, "lock", "overdue")
        self.reason = QLabel(self)
        self.reason.setProperty("role", "caption")
        self._lay()
        self._listen()

    def refresh(self) -> None:
        """The sites are asked for again."""
        self.list.refresh()

    def enrol(self) -> None:
        """「开通站点」."""
        if self.enrol_button.isEnabled():
            self.wizard.begin()
            self._stack.setCurrentWidget(self.wizard)
            self.wizard.setFocus()

    def show_list(self) -> None:
        """The list is in front."""
        self._stack.setCurrentIndex(0)
        self.list.setFocus()

    def revoke(self) -> None:
        """The current site is trusted no more, for a reason."""
        row = self.list.current()
        if row is None:
            return
        words = _(
            "停用后, 「{name}」再发来的包会先隔离; 以前收下的不变。电脑丢失、撤站时使用, 停用后不能恢复。请写明原因:"
        )

        def act(reason: str) -> None:
            from app.services import sites

            def work(s: Session) -> None:
                sites.revoke(s, row.id, reason)

            told = _("站点「{name}」已停用。").format(name=row.name)
            self.desk.tasks.write(work, lambda _none: self.desk.banner(told, "done"), owner=self)

        ask_reason(self, _("停用站点"), words.format(name=row.name), _("停用"), act)

    def _allow(self, row: Any) -> None:
        actor = self.desk.actor
        live = row is not None and row.state != "revoked"
        self.revoke_button.setEnabled(live and may(actor, "site.revoke"))
        self.feed_button.setEnabled(live and may(actor, "package.take"))
        self.enrol_button.setEnabled(may(actor, "site.enrol"))
        self.reason.setText("" if may(actor, "site.enrol") else _("开通和停用站点由系统管理员办理。"))

    def _lay(self) -> None:
        first = QWidget(self)
        line = QHBoxLayout()
        line.setSpacing(12)
        for button in (self.enrol_button, self.feed_button, self.revoke_button):
            line.addWidget(button)
        line.addWidget(self.reason)
        line.addStretch(1)
        rows = column(first, 12, (0, 12, 0, 0))
        rows.addLayout(line)
        rows.addWidget(self.list, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(first)
        self._stack.addWidget(self.wizard)
        self.setFocusProxy(self.list)

    def _listen(self) -> None:
        self.enrol_button.clicked.connect(self.enrol)
        self.enrol_button.setToolTip("F2")
        QShortcut(QKeySequence("F2"), self, self.enrol)
        self.feed_button.clicked.connect(self._answer)
        self.revoke_button.clicked.connect(self.revoke)
        self.list.chosen.connect(self._allow)
        self.list.counted.connect(self.counted)
        self.wizard.left.connect(self.show_list)
        self._allow(None)

    def _answer(self) -> None:
        if (row := self.list.current()) is not None:
            self.answer.emit(row.id)


def _heard(moment: Any) -> str:
    return moment_text(moment) if moment else _("从未")


def _rows(s: Session) -> Any:
    from app.services import sites

    return sites.listed(s)
