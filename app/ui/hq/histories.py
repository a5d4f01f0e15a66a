"""What came in before: the packages taken with their answers, and those in quarantine with the reason."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.i18n import N_, _
from app.services.access import may
from app.ui.desk import Desk
from app.ui.hq.shown import counts_of
from app.ui.icons import dress
from app.ui.tasks import Session
from app.ui.widgets.chips import Chip
from app.ui.widgets.fields import column
from app.ui.widgets.small_list import SmallList
from app.ui.widgets.table import Column
from app.ui.widgets.text import moment_text

_ANSWERS = {False: (N_("回执待写"), "waiting"), True: (N_("回执已写"), "done")}


@dataclass(frozen=True)
class Line:
    """A package of the past as a row."""

    id: uuid.UUID
    site_id: uuid.UUID | None
    site: str
    answered: bool
    number: int
    span: str
    effect: str
    at: datetime
    file: str
    reason: str


def answer_chip(answered: bool) -> Chip:
    """Whether the answer was written."""
    words, tone = _ANSWERS[answered]
    return Chip(_(words), tone)


def _lines(s: Session, state: str, open_: frozenset[str]) -> list[Line]:
    from app.sync import previewing

    return [
        Line(
            one.id, one.site, one.name or _("不认识的站点"), one.id.hex not in open_, one.number,
            _("第 {a}–{b} 号").format(a=one.from_seq, b=one.to_seq) if one.to_seq >= one.from_seq > 0 else "",
            counts_of(one.counts), one.at, one.file, one.reason,
        )
        for one in previewing.came(s, state)
    ]  # fmt: skip


class History(QWidget):
    """Every package taken; answers can be written again. `again` carries the site whose answers are wanted once more."""

    again = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        columns = [
            Column(N_("站点"), "site", 200, sort=""),
            Column(N_("回执"), "answered", 110, chip=answer_chip, sort=""),
            Column(N_("包号"), "number", 64, align="right", sort=""),
            Column(N_("变更"), "span", 120, sort=""),
            Column(N_("结果"), "effect", 240, sort=""),
            Column(N_("收下"), "at", 120, moment_text, sort=""),
            Column(N_("文件"), "file", 280, sort=""),
        ]
        self.list = SmallList(
            desk, "hq/history", columns, self._rows, N_("还没有收过包。收下的每个包都会列在这里。"), "history"
        )
        self.button = QPushButton(_("再写这个站点的回执和下发"), self)
        dress(self.button, "usb")
        self.button.clicked.connect(self._again)
        _lay_out(self, self.list, self.button, _("U 盘丢了就再写一次: 回执和原来一样, 下发是最新的。"), desk)

    def refresh(self) -> None:
        """The packages are asked for again."""
        self.list.refresh()

    def _rows(self, s: Session) -> Sequence[Line]:
        from app.sync import answering

        return _lines(s, "taken", answering.to_answer(self.desk.store))

    def _again(self) -> None:
        row = self.list.current()
        if row is not None and row.site_id is not None:
            self.again.emit(row.site_id)


class Quarantine(QWidget):
    """What could not be read yet, whole and with its reason. `retry` carries the file to be read once more."""

    retry = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        columns = [
            Column(N_("站点"), "site", 200, sort=""),
            Column(N_("包号"), "number", 64, align="right", sort=""),
            Column(N_("为什么隔离"), "reason", 470, sort=""),
            Column(N_("隔离时间"), "at", 120, moment_text, sort=""),
            Column(N_("文件"), "file", 240, sort=""),
        ]
        self.list = SmallList(
            desk, "hq/quarantine", columns, lambda s: _lines(s, "quarantined", frozenset()),
            N_("没有隔离的包。停用的、证书过期的站点或更新版本程序发来的包会完整地放在这里, 不会丢。"), "lock",
        )  # fmt: skip
        self.button = QPushButton(_("再读一次"), self)
        dress(self.button, "rotate")
        self.button.clicked.connect(self._retry)
        _lay_out(self, self.list, self.button, _("原因消除以后 (升级程序、重新开通) 再读一次即可收下。"), desk)

    def refresh(self) -> None:
        """The packages are asked for again."""
        self.list.refresh()

    def _retry(self) -> None:
        row: Any = self.list.current()
        if row is not None:
            self.retry.emit(self.desk.store.folder / "quarantine" / f"{row.id.hex}.fgpkg")


def _lay_out(page: QWidget, listed: SmallList, button: QPushButton, words: str, desk: Desk) -> None:
    """The list above a note and the button, which works on the chosen row for those who may take packages."""
    button.setEnabled(False)
    note = QLabel(words, page)
    note.setProperty("role", "caption")
    foot = QHBoxLayout()
    foot.addWidget(note, 1)
    foot.addWidget(button)
    rows = column(page, 8, (0, 12, 0, 0))
    rows.addWidget(listed, 1)
    rows.addLayout(foot)
    listed.chosen.connect(lambda row: button.setEnabled(row is not None and may(desk.actor, "package.take")))
    page.setFocusProxy(listed)
