"""隔离: what may be read later or by decision, whole and with its reason: tried again, taken anyway, or put away."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.i18n import N_, _
from app.services.access import may
from app.ui.desk import Desk
from app.ui.hq.shown import counts_of
from app.ui.icons import dress
from app.ui.tasks import Progress, Session
from app.ui.widgets.chips import Chip
from app.ui.widgets.dialogs import ask_reason
from app.ui.widgets.fields import column
from app.ui.widgets.foot import foot
from app.ui.widgets.keyboard import follow
from app.ui.widgets.prose import prose
from app.ui.widgets.small_list import SmallList
from app.ui.widgets.table import Column
from app.ui.widgets.text import moment_text

if TYPE_CHECKING:
    from app.sync.quarantine import Held

_STATES = {"quarantined": (N_("隔离中"), "waiting", "lock"), "rejected": (N_("决定不收"), "draft", "refuse")}
_OPEN = frozenset({"quarantined"})
_TAKE = N_(
    "「{title}」隔离的原因: {why}\n只有停用和证书过期可以这样收下; 签名、格式和管辖范围照样核对, 也不给这个站点下发。"
    "您的姓名和原因会记在这个包上。请写明为什么仍然收下:"
)
_REJECT = N_("「{title}」决定不收。文件仍留着, 以后还可以改主意。请写明原因:")


def state_chip(state: str) -> Chip:
    """Whether the package waits in quarantine or was decided not to be taken."""
    words, tone, icon = _STATES[state]
    return Chip(_(words), tone, icon)


class Quarantine(QWidget):
    """The packages in quarantine; `changed` after one of them was taken or put away."""

    changed = Signal()
    counted = Signal(int)  # those that still wait for a decision

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        columns = [
            Column(N_("站点"), "name", 180, sort=""),
            Column(N_("状态"), "state", 110, chip=state_chip, sort=""),
            Column(N_("包号"), "number", 64, align="right", sort=""),
            Column(N_("变更"), "changes", 64, align="right", sort=""),
            Column(N_("隔离时间"), "at", 120, moment_text, sort=""),
            Column(N_("为什么隔离"), "reason", 460, sort=""),
        ]
        self.list = SmallList(
            desk, "hq/quarantine", columns, _held,
            N_("没有隔离的包。停用的、证书过期的站点或更新版本程序发来的包会完整地放在这里, 不会丢。"), "lock", title=N_("隔离的包"),
        )  # fmt: skip
        self.button = self._button(_("再读一次"), "rotate", self.retry)
        self.take_button = self._button(_("仍然收下…"), "done", self.take_anyway)
        self.reject_button = self._button(_("决定不收…"), "refuse", self.reject)
        rows = column(self, 8, (0, 12, 0, 0))
        rows.addWidget(self.list, 1)
        self.why = prose("", "secondary")
        rows.addWidget(self.why)
        words = _("原因消除以后 (升级程序、重新开通) 再读一次即可收下。")
        rows.addLayout(foot(words, self.reject_button, self.take_button, self.button))
        follow(self.list, self.reject_button, self.take_button, self.button)
        self.list.chosen.connect(self._choose)
        self.list.counted.connect(lambda _all: self.counted.emit(sum(row.state in _OPEN for row in self.list.rows)))
        self.setFocusProxy(self.list)
        self._choose(None)

    def refresh(self) -> None:
        """The packages are asked for again."""
        self.list.refresh()

    def retry(self) -> None:
        """The package is judged again as if it had just come."""
        from app.sync import quarantine

        store, actor, row = self.desk.store, self.desk.actor, self.list.current()
        if row is not None:
            self._run(lambda _p: quarantine.retry(store, actor, row.id), _("已收下: {what}"))

    def take_anyway(self) -> None:
        """The package is taken by this person's decision, with the reason."""
        from app.sync import quarantine

        store, actor, row = self.desk.store, self.desk.actor, self.list.current()
        if row is None:
            return

        def act(reason: str) -> None:
            self._run(lambda _p: quarantine.take_anyway(store, actor, row.id, reason), _("已收下: {what}"))

        words = _(_TAKE).format(title=title_of(row), why=row.reason)
        ask_reason(self, _("仍然收下"), words, _("仍然收下"), act)

    def reject(self) -> None:
        """The package is decided not to be taken; its file stays."""
        from app.sync import quarantine

        store, actor, row = self.desk.store, self.desk.actor, self.list.current()
        if row is None:
            return

        def act(reason: str) -> None:
            self._run(lambda _p: quarantine.reject(store, actor, row.id, reason), _("已记下: 决定不收。"))

        ask_reason(self, _("决定不收"), _(_REJECT).format(title=title_of(row)), _("决定不收"), act)

    def _run(self, work: Callable[[Progress], Any], words: str) -> None:
        def done(counts: dict[str, int] | None) -> None:
            self.desk.banner(words.format(what=counts_of(counts) if counts is not None else ""), "done")
            self.changed.emit()

        self.desk.tasks.run(work, done, title=_("正在读入"), owner=self)

    def _choose(self, row: "Held | None") -> None:
        actor, here = self.desk.actor, row is not None and row.here
        self.button.setEnabled(here and may(actor, "package.take"))
        self.take_button.setEnabled(here and may(actor, "package.release"))
        self.why.setText(_("为什么隔离: {why}").format(why=row.reason) if row is not None and row.reason else "")
        waiting = row is not None and row.state == "quarantined"
        self.reject_button.setEnabled(waiting and may(actor, "package.release"))

    def _button(self, words: str, icon: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(words, self)
        dress(button, icon)
        button.clicked.connect(lambda: act())
        return button


def title_of(row: "Held") -> str:
    """Whose package it is, and which."""
    if row.kind == "files":
        return _("{who} 的附件").format(who=row.name or _("不认识的站点"))
    return _("{who} 第 {n} 包").format(who=row.name or _("不认识的站点"), n=row.number)


def _held(s: Session) -> Any:
    from app.sync import quarantine

    return quarantine.listed(s, rejected=True)
