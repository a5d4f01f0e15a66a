"""「中转」 at a station: what its sites brought and headquarters has not confirmed, and what headquarters sends them."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.errors import Refusal
from app.i18n import N_, _, say
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.sync.lists import outcome
from app.ui.tasks import Session
from app.ui.widgets.chips import Chip
from app.ui.widgets.fields import column
from app.ui.widgets.foot import foot
from app.ui.widgets.keyboard import follow
from app.ui.widgets.small_list import SmallList
from app.ui.widgets.table import Column
from app.ui.widgets.text import moment_text, numbers_text
from app.ui.widgets.where import ask_folder, show_folder

if TYPE_CHECKING:
    from app.sync.passing import Carried

T = TypeVar("T")
_STATES = {
    "early": (N_("已早收, 待转交"), "waiting", "send"), "passing": (N_("待转交"), "waiting", "send"),
    "down": (N_("待取走"), "sent", "down"),
}  # fmt: skip
_KINDS = {
    "changes": N_("上报包"), "files": N_("附件"), "request": N_("登记申请"), "receipt": N_("回执"), "feed": N_("下发"),
    "enrolment": N_("开通文件"),
}  # fmt: skip


def state_chip(state: str) -> Chip:
    """Where a file is on its way."""
    words, tone, icon = _STATES[state]
    return Chip(_(words), tone, icon)


class _Shown:
    """A file on its way as a row."""

    def __init__(self, one: "Carried") -> None:
        self.id, self.site = one.id, one.site or _("不认识的站点")
        self.state = "down" if not one.up else "early" if one.early else "passing"
        self.kind = _(_KINDS.get(one.kind, "")) or one.kind
        first, last = one.span
        self.span = numbers_text(first, last) if one.up and last >= first > 0 else ""
        self.outcome = outcome(one.counts) if one.early else ""
        self.number, self.at = one.number or "", one.created


class Station(QWidget):
    """The files on their way, and handing them over: up to headquarters, down to the sites. `counted` tells how many go up."""

    counted = Signal(int)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        columns = [
            Column(N_("站点"), "site", 200, sort=""),
            Column(N_("状态"), "state", 150, chip=state_chip, sort=""),
            Column(N_("文件"), "kind", 90, sort=""),
            Column(N_("包号"), "number", 64, align="right", sort=""),
            Column(N_("变更"), "span", 120, sort=""),
            Column(N_("写出"), "at", 120, moment_text, sort=""),
            Column(N_("本机先收"), "outcome", 220, sort=""),
        ]
        self.list = SmallList(
            desk, "sync/station", columns, self._rows,
            N_("没有待转交的文件。把各站点的 U 盘在这里读入: 能看的先收下, 原件留着转交总部; 总部给他们的也在这里取。"), "usb",
            title=N_("待转交的文件"),
        )  # fmt: skip
        self.up_button = QPushButton(_("转交到 U 盘…"), self)
        dress(self.up_button, "usb")
        self.up_button.clicked.connect(self.ask_up)
        self.line_button = QPushButton(_("联网转交"), self)
        dress(self.line_button, "online")
        self.line_button.clicked.connect(self.pass_on_line)
        self.down_button = QPushButton(_("给各站点写回执和下发…"), self)
        dress(self.down_button, "down")
        self.down_button.clicked.connect(self.ask_down)
        rows = column(self, 8, (0, 12, 0, 0))
        rows.addWidget(self.list, 1)
        words = _("转交的是原件, 本站改不了; 收到总部回执才从这里消失, 丢了就再转交一次。")
        rows.addLayout(foot(words, self.down_button, self.line_button, self.up_button))
        follow(self.list, self.down_button, self.line_button, self.up_button)
        self._busy, self._ways = False, (0, 0)
        self._allow()
        self.setFocusProxy(self.list)

    def refresh(self) -> None:
        """The files are looked for again."""
        self.list.refresh()

    def ask_up(self) -> None:
        """The person picks the stick for headquarters."""
        ask_folder(self, self.desk.places, "package", _("转交的文件写到哪里"), self.pass_on)

    def pass_on(self, folder: Path) -> None:
        """Every file for headquarters lies in the folder, unchanged."""
        from app.sync import stationing

        store, actor = self.desk.store, self.desk.actor

        def done(paths: list[Path]) -> None:
            words = _("已写出 {n} 个转交文件, 读回核对无误。请交给总部。").format(n=len(paths))
            act = (lambda: show_folder(paths[0])) if paths else None
            self.desk.banner(words, "done", action=_("打开文件夹") if paths else "", act=act, stays=True)

        self._run(lambda: stationing.pass_on(store, actor, folder), done, _("正在写转交文件"))

    def pass_on_line(self) -> None:
        """Every package for headquarters was sent over the network, and the answers wait for their sites."""
        from app.sync import stationing

        store, actor, url = self.desk.store, self.desk.actor, self.desk.settings.hq_url

        def done(number: int) -> None:
            self.desk.banner(_("已联网转交 {n} 个包, 总部的回执已存在本站, 等各站点取走。").format(n=number), "done")

        self._run(lambda: stationing.pass_on_line(store, actor, url), done, _("正在转交总部"))

    def ask_down(self) -> None:
        """The person picks the stick for the sites."""
        ask_folder(self, self.desk.places, "package", _("各站点的回执和下发写到哪里"), self.hand_out)

    def hand_out(self, folder: Path) -> None:
        """Headquarters' files for all sites lie in the folder."""
        from app.sync import stationing

        store, actor = self.desk.store, self.desk.actor

        def done(paths: list[Path]) -> None:
            self.desk.banner(_("已写出 {n} 个文件, 请带回各站点读入。").format(n=len(paths)), "done", stays=True)

        self._run(lambda: stationing.hand_out(store, actor, folder), done, _("正在写回执和下发"))

    def _run(self, work: Callable[[], T], done: Callable[[T], None], title: str) -> None:
        """Nothing else is begun meanwhile; afterwards the files are looked for again, however it ended."""

        def failed(error: Exception) -> None:
            words = say(error) if isinstance(error, Refusal) else _("没有完成, 要转交的都还在本站。请再试一次。")
            self.desk.banner(words, "error", detail=getattr(error, "code", type(error).__name__))

        self._busy = True
        self._allow()
        job = self.desk.tasks.run(lambda _progress: work(), done, failed, title, owner=self)
        job.ended.connect(self._ended)

    def _ended(self) -> None:
        self._busy = False
        self._allow()
        self.refresh()

    def _rows(self, s: Session) -> Any:
        from app.sync import passing

        rows = [_Shown(one) for one in passing.listed(s)]
        up = sum(row.state != "down" for row in rows)
        self.desk.tasks.deliver(self, lambda: self._show_ways(up, len(rows) - up))
        return rows

    def _show_ways(self, up: int, down: int) -> None:
        self._ways = up, down
        self._allow()
        self.counted.emit(up)

    def _allow(self) -> None:
        up, down = (0, 0) if self._busy else self._ways
        self.up_button.setEnabled(up > 0)
        self.line_button.setEnabled(up > 0 and bool(self.desk.settings.hq_url))
        self.down_button.setEnabled(down > 0)
