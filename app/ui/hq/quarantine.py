"""隔离: what could not be read yet, whole and with its reason, until it can."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.i18n import N_, _
from app.services.access import may
from app.ui.desk import Desk
from app.ui.hq.histories import Line, lines
from app.ui.icons import dress
from app.ui.widgets.fields import column
from app.ui.widgets.foot import foot
from app.ui.widgets.small_list import SmallList
from app.ui.widgets.table import Column
from app.ui.widgets.text import moment_text


class Quarantine(QWidget):
    """The packages in quarantine. `retry` carries the file to be read once more."""

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
            desk, "hq/quarantine", columns, lambda s: lines(s, "quarantined"),
            N_("没有隔离的包。停用的、证书过期的站点或更新版本程序发来的包会完整地放在这里, 不会丢。"), "lock",
        )  # fmt: skip
        self.button = QPushButton(_("再读一次"), self)
        dress(self.button, "rotate")
        self.button.clicked.connect(self._retry)
        rows = column(self, 8, (0, 12, 0, 0))
        rows.addWidget(self.list, 1)
        rows.addLayout(foot(_("原因消除以后 (升级程序、重新开通) 再读一次即可收下。"), self.button))
        self.list.chosen.connect(self._choose)
        self.setFocusProxy(self.list)
        self._choose(None)

    def refresh(self) -> None:
        """The packages are asked for again."""
        self.list.refresh()

    def _choose(self, row: Line | None) -> None:
        self.button.setEnabled(row is not None and may(self.desk.actor, "package.take"))

    def _retry(self) -> None:
        row: Any = self.list.current()
        if row is not None:
            self.retry.emit(self.desk.store.folder / "quarantine" / f"{row.id.hex}.fgpkg")
