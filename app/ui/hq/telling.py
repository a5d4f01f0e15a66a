"""What headquarters' people read out on the telephone when a site is enrolled: the address, and the marks to compare."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QWidget

from app.i18n import N_, _
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.widgets.fields import column
from app.ui.widgets.prose import prose

if TYPE_CHECKING:
    from app.sync.inviting import Reach

_ADDRESS, _MARK, _PRINT = N_("总部地址"), N_("总部核对码"), N_("总部证书的指纹")
_NO_SERVER = N_("总部的同步服务还没有开启过。开启以后这里写明地址; 没有网络的站点用申请文件开通。")


class Telling(QFrame):
    """The addresses of headquarters' server, the four groups of its keys and the fingerprint of its authority, each to be copied."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self._rows = 0
        self.setProperty("role", "note")
        self.lines = QGridLayout()
        self.lines.setHorizontalSpacing(12)
        self.lines.setVerticalSpacing(4)
        self.lines.setColumnStretch(1, 1)
        column(self, 0, (16, 10, 12, 10)).addLayout(self.lines)

    def refresh(self) -> None:
        """The figures are asked for again."""
        from app.sync import inviting

        self.desk.tasks.read(inviting.reach, self.show_reach, owner=self)

    def show_reach(self, found: "Reach") -> None:
        """These are shown; what there is not yet is said."""
        self._rows = 0
        while self.lines.count():
            if (widget := self.lines.takeAt(0).widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for address in found.addresses:
            self._line(_(_ADDRESS), address)
        if not found.addresses:
            self._line(_(_ADDRESS), _(_NO_SERVER), copied=False)
        if found.mark:
            self._line(_(_MARK), found.mark)
        if found.certificate:
            self._line(_(_PRINT), found.certificate)

    def _line(self, title: str, value: str, copied: bool = True) -> None:
        row, middle = self._rows, Qt.AlignmentFlag.AlignVCenter
        self._rows += 1
        self.lines.addWidget(prose(title, "caption", self), row, 0, middle)
        parts = value.split(":") if len(value) > 64 and copied else [value]
        half = len(parts) // 2
        shown = (
            value if half == 0 else f"{':'.join(parts[:half])}:\n{':'.join(parts[half:])}"
        )  # else it would break anywhere
        words = prose(shown, "" if copied else "secondary", self)
        words.setAccessibleName(f"{title} {value}")
        self.lines.addWidget(words, row, 1, middle)
        if copied:
            button = QPushButton(_("复制"), self)
            button.setProperty("kind", "quiet")
            button.setAccessibleName(_("复制{what}").format(what=title))
            dress(button, "copy", "accent")
            button.clicked.connect(lambda: self._copy(title, value))
            self.lines.addWidget(button, row, 2, middle)

    def _copy(self, title: str, value: str) -> None:
        QGuiApplication.clipboard().setText(value)
        self.desk.banner(_("已复制{what}。").format(what=title), "done")
