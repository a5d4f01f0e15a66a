"""The head of 同步: one honest sentence, what to do next, and three ways to carry."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.clock import today
from app.i18n import _
from app.ui.icons import dress, pixmap
from app.ui.theme import look, theme
from app.ui.widgets.fields import column
from app.ui.widgets.progress import ProgressPanel
from app.ui.widgets.text import gap_text, long_day, moment_text

if TYPE_CHECKING:
    from app.sync.tally import Standing

#: A certificate that ends within so many days is spoken of.
ENDING = 90


class Top(QFrame):
    """`write`, `read` and `connect_hq` are asked for by button or key."""

    write = Signal()
    read = Signal()
    read_files = Signal()
    connect_hq = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._offline = ""
        self._picture = QLabel(self)
        self.sentence, self.advice, self.reason = QLabel(self), QLabel(self), QLabel(self)
        for label, role in ((self.sentence, "heading"), (self.advice, "secondary"), (self.reason, "caption")):
            label.setProperty("role", role)
            label.setWordWrap(True)
        self.write_button = self._button(_("写上报包到 U 盘"), "usb", "F6", self.write)
        self.read_button = self._button(_("读入回执/下发"), "import", "F7", self.read)
        self.connect_button = self._button(_("连接总部同步"), "online", "F8", self.connect_hq)
        self.files_button = QPushButton(_("只读几个文件…"), self)
        self.files_button.setProperty("kind", "quiet")
        self.files_button.clicked.connect(self.read_files)
        self.panel = ProgressPanel(self)
        self._lay()

    def show_standing(self, standing: "Standing") -> None:
        """The figures as they are."""
        self.sentence.setText(sentence(standing))
        self.advice.setText(advice(standing))
        waits = bool(standing.waiting or standing.unanswered)
        tone = "waiting" if waits else "done"
        picture = pixmap("send" if waits else "done", theme().legible(tone, theme().card), 28, self.devicePixelRatio())
        self._picture.setPixmap(picture)

    def show_network(self, reason: str) -> None:
        """Why headquarters cannot be connected to from here; empty when it can."""
        self._offline = reason
        hint = _("总部写回的文件、文件夹或整个 U 盘也可以直接拖到本页。")
        self.reason.setText(" ".join(part for part in (hint, reason) if part))
        self.connect_button.setToolTip(reason or "F8")
        self.connect_button.setEnabled(not reason and self.write_button.isEnabled())

    def show_busy(self, busy: bool) -> None:
        """While something is being carried, nothing else is begun."""
        self.write_button.setEnabled(not busy)
        self.read_button.setEnabled(not busy)
        self.files_button.setEnabled(not busy)
        self.connect_button.setEnabled(not busy and not self._offline)

    def _button(self, words: str, icon: str, key: str, signal: SignalInstance) -> QPushButton:
        button = QPushButton(words, self)
        button.setStyleSheet(f"min-height: {look().target + 6}px; min-width: {round(168 * look().size / 11)}px;")
        button.setToolTip(key)
        primary = icon == "usb"
        if primary:
            button.setProperty("kind", "primary")
        dress(button, icon, "accent_ink" if primary else "ink", 20)
        button.clicked.connect(lambda: signal.emit())
        shortcut = QShortcut(QKeySequence(key), self.parentWidget() or self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(button.click)
        return button

    def _lay(self) -> None:
        rows = column(self, 8, (20, 16, 20, 16))
        line = QHBoxLayout()
        line.setSpacing(14)
        line.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self.sentence)
        words.addWidget(self.advice)
        line.addLayout(words, 1)
        rows.addLayout(line)
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        for button in (self.write_button, self.read_button, self.connect_button):
            buttons.addWidget(button)
        buttons.addWidget(self.files_button)
        buttons.addStretch(1)
        rows.addSpacing(4)
        rows.addLayout(buttons)
        rows.addWidget(self.reason)
        rows.addWidget(self.panel)


def sentence(standing: "Standing") -> str:
    """待上报 42 条 · 总部已收 1,208 条 · 未采用 2 条 · 上次联系 今天 08:00."""
    parts = [
        _("待上报 {n} 条").format(n=f"{standing.waiting:,}") if standing.waiting else _("没有待上报的内容"),
        _("总部已收 {n} 条").format(n=f"{standing.taken:,}"),
    ]
    if standing.refused:
        parts.append(_("未采用 {n} 条").format(n=f"{standing.refused:,}"))
    if standing.conflicts:
        parts.append(_("待核定 {n} 处").format(n=f"{standing.conflicts:,}"))
    contact = _("上次联系 {at}").format(at=moment_text(standing.contact_at))
    parts.append(contact if standing.contact_at else _("还没有和总部联系过"))
    return " · ".join(parts)


def advice(standing: "Standing") -> str:
    """What to do next, most pressing first."""
    if standing.missing:
        words = _("总部还缺{what}。再写一次上报包会一并补上, 不会重复。").format(
            what=gap_text(*standing.missing[0], *standing.missing_in[0])
        )
    elif standing.unanswered:
        words = _("{n} 个上报包还没有收到回执。请读入总部写回的文件; 包丢了就再写一次, 不会重复。").format(
            n=standing.unanswered
        )
    elif standing.waiting:
        words = _("请写一个上报包交给总部, 或连接总部同步。收到回执之前都算待上报。")
    else:
        words = _("本机记录的内容总部都已收妥。")
    left = (standing.valid_to - today()).days if standing.valid_to else ENDING + 1
    if left <= ENDING and standing.valid_to:
        words += _(" 本站证书 {day} 到期, 请联系总部续期。").format(day=long_day(standing.valid_to))
    return words
