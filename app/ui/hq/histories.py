"""What came in before: every package taken, with its receipt beside it, and the ways to answer it once more."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.i18n import N_, _
from app.services.access import may
from app.ui.desk import Desk
from app.ui.hq import undoing
from app.ui.hq.shown import counts_of
from app.ui.icons import dress
from app.ui.tasks import Session
from app.ui.widgets.chips import Chip
from app.ui.widgets.fields import column
from app.ui.widgets.foot import foot
from app.ui.widgets.keyboard import follow
from app.ui.widgets.receipt_view import ReceiptView
from app.ui.widgets.small_list import SmallList
from app.ui.widgets.split import beside
from app.ui.widgets.table import Column
from app.ui.widgets.text import moment_text, numbers_text

if TYPE_CHECKING:
    from app.sync.previewing import Came
    from app.sync.reviewing import Review

_STATES = {
    "waiting": (N_("回执待写"), "waiting", ""), "answered": (N_("回执已写"), "done", ""),
    "undone": (N_("已撤回"), "draft", "undo"), "held": (N_("隔离中"), "waiting", "lock"),
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A package of the past as a row."""

    id: uuid.UUID
    site_id: uuid.UUID | None
    site: str
    state: str
    number: int
    span: str
    effect: str
    at: datetime
    file: str
    reason: str


def state_chip(state: str) -> Chip:
    """Whether the answer was written, or the package was taken back."""
    words, tone, icon = _STATES[state]
    return Chip(_(words), tone, icon)


def lines(s: Session, state: str, open_: frozenset[str] = frozenset()) -> list[Line]:
    """The packages in this state as rows; `open_` are the ids of those whose answer is still to be written."""
    from app.sync import previewing

    return [
        Line(
            one.id, one.site, one.name or _("不认识的站点"), _state(one, open_), one.number,
            numbers_text(one.from_seq, one.to_seq) if one.to_seq >= one.from_seq > 0 else "",
            counts_of(one.counts), one.at, one.file, one.reason,
        )
        for one in previewing.came(s, state)
    ]  # fmt: skip


def _state(one: "Came", open_: frozenset[str]) -> str:
    if one.undone_at is not None:
        return "undone"
    if one.state == "quarantined":
        return "held"
    return "waiting" if one.id.hex in open_ else "answered"


class History(QWidget):
    """Every package taken, each with its receipt; answers can be written again. `again` carries the site that wants them."""

    again = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        columns = [
            Column(N_("站点"), "site", 170, sort=""),
            Column(N_("状态"), "state", 136, chip=state_chip, sort=""),
            Column(N_("包号"), "number", 64, align="right", sort=""),
            Column(N_("变更"), "span", 120, sort=""),
            Column(N_("结果"), "effect", 200, sort=""),
            Column(N_("收下"), "at", 120, moment_text, sort=""),
        ]
        self.list = SmallList(
            desk,
            "hq/history",
            columns,
            self._rows,
            N_("还没有收过包。收下的每个包都会列在这里。"),
            "history",
            title=N_("收包记录"),
        )
        self.view = ReceiptView(desk, N_("选中一个包, 这里写明每一条收没收、为什么、还缺什么。"))
        self.button = QPushButton(_("再写这个站点的回执和下发"), self)
        dress(self.button, "usb")
        self.button.clicked.connect(self._again)
        self.retry_button = QPushButton(_("未采用的再试一次"), self)
        dress(self.retry_button, "rotate")
        self.retry_button.setToolTip(_("总部补上缺的单位或资料以后, 再判断一次, 收下的会告诉站点。"))
        self.retry_button.clicked.connect(self._retry)
        self.undo_button = QPushButton(_("撤回这个包…"), self)
        dress(self.undo_button, "undo")
        self.undo_button.clicked.connect(self._undo)
        rows = column(self, 8, (0, 12, 0, 0))
        rows.addWidget(beside(self.list, self.view, parent=self), 1)
        rows.addLayout(
            foot(
                _("U 盘丢了就再写一次: 回执和原来一样, 下发是最新的。"),
                self.undo_button,
                self.retry_button,
                self.button,
            )
        )
        follow(self.list, self.view, self.undo_button, self.retry_button, self.button)
        self.list.chosen.connect(self._choose)
        self.view.reviewed.connect(self._reviewed)
        self.list.counted.connect(lambda number: self.view.setVisible(number > 0))
        self.setFocusProxy(self.list)
        self._choose(None)

    def refresh(self) -> None:
        """The packages are asked for again."""
        self.list.refresh()

    def _rows(self, s: Session) -> Sequence[Line]:
        from app.sync import answering

        return lines(s, "taken", answering.to_answer(self.desk.store))

    def _choose(self, row: Line | None) -> None:
        self.view.show_package(row.id if row is not None else None)
        allowed = row is not None and may(self.desk.actor, "package.take")
        self.button.setEnabled(allowed)
        self.retry_button.setEnabled(False)  # until its receipt says that something was refused
        self.undo_button.setEnabled(allowed and row is not None and row.state != "undone")

    def _reviewed(self, review: "Review") -> None:
        self.retry_button.setEnabled(bool(review.again) and may(self.desk.actor, "package.take"))

    def _retry(self) -> None:
        from app.sync import intake

        again = self.view.shown.again if self.view.shown is not None else ()

        def done(counts: dict[str, int]) -> None:
            self.desk.banner(
                _("再试过了: {what}").format(what=counts_of(counts)), "done" if counts.get("taken") else "info"
            )
            self.refresh()

        self.desk.tasks.write(lambda s: intake.retry_refused(s, again), done, owner=self)

    def _undo(self) -> None:
        if (row := self.list.current()) is not None:
            undoing.ask(self, self.desk, row.id, _("{who} 第 {n} 包").format(who=row.site, n=row.number))

    def _again(self) -> None:
        row = self.list.current()
        if row is not None and row.site_id is not None:
            self.again.emit(row.site_id)
