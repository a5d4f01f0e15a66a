"""找回: what headquarters lost when it was put back from a backup, and has again from its sites."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.i18n import N_, _
from app.ui.desk import Desk
from app.ui.tasks import Session
from app.ui.widgets.fields import column
from app.ui.widgets.prose import prose
from app.ui.widgets.small_list import SmallList
from app.ui.widgets.table import Column
from app.ui.widgets.text import moment_text

if TYPE_CHECKING:
    from app.sync.regained import Regained as Row
    from app.sync.regained import Standing

_EMPTY = N_("没有找回的变更。总部从备份恢复以后, 恢复掉的总部自己的变更由站点随上报交回, 交回一条, 这里列出一条。")


class Regained(QWidget):
    """Every change that came back: when, from which site, what it did; Enter opens the record."""

    counted = Signal(int)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        columns = [
            Column(N_("找回"), "at", 120, moment_text, sort=""),
            Column(N_("站点"), "site", 170, sort=""),
            Column(N_("类别"), "kind", 90, sort=""),
            Column(N_("记录"), "title", 260, sort=""),
            Column(N_("改动"), "what", 260, sort=""),
            Column(N_("原来写于"), "written_at", 120, moment_text, sort=""),
        ]
        self.list = SmallList(desk, "hq/regained", columns, _rows, _EMPTY, "rotate", title=N_("找回的变更"))
        self.told = prose("", "secondary")
        self.told.hide()
        rows = column(self, 8, (0, 12, 0, 0))
        rows.addWidget(self.told)
        rows.addWidget(self.list, 1)
        self.list.opened.connect(self._open)
        self.setFocusProxy(self.list)

    def refresh(self) -> None:
        """What came back is asked for again."""
        self.list.refresh()
        self.desk.tasks.read(_standing, self._tell, owner=self)

    def _tell(self, how: "Standing") -> None:
        parts = [_("总部从备份恢复过, 已从各站点找回 {n} 条总部自己的变更。").format(n=f"{how.number:,}")]
        if how.unproven:
            words = _("另有 {n} 条不能证明是总部写的, 没有采用。")
            parts.append(words.format(n=f"{how.unproven:,}"))
        parts.append(_("还有站点没上报的, 请催它同步一次; 各站点都上报过, 能找回的就齐了。"))
        self.told.setText("".join(parts))
        self.told.setVisible(how.put_back)
        self.counted.emit(how.number)

    def _open(self, row: "Row | None") -> None:
        if row is not None and row.door is not None:
            self.desk.open(*row.door)


def _rows(s: Session) -> "list[Row]":
    from app.sync import regained

    return regained.listed(s)


def _standing(s: Session) -> "Standing":
    from app.sync import regained

    return regained.standing(s)
