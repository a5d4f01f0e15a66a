"""What became of each file that was read, in sentences."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QWidget

from app.i18n import _
from app.ui.sync.lists import outcome
from app.ui.theme import look
from app.ui.widgets.chips import Chip, ChipLabel
from app.ui.widgets.fields import column
from app.ui.widgets.text import files_words

if TYPE_CHECKING:
    from app.sync.carrying import Read
    from app.sync.client import Exchanged

MOST = 40


class Results(QFrame):
    """One line a file: a chip, the name, what it brought or why it was left alone. Closed by its button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.head = QLabel(self)
        self.head.setProperty("role", "heading")
        self.head.setWordWrap(True)
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setAccessibleName(_("读入结果"))
        close = QPushButton(_("知道了"), self)
        close.setProperty("kind", "quiet")
        close.clicked.connect(self.hide)
        top = QHBoxLayout()
        top.addWidget(self.head, 1)
        top.addWidget(close)
        rows = column(self, 4, (16, 8, 12, 10))
        rows.addLayout(top)
        rows.addWidget(self._area, 1)
        self.hide()

    def show_reads(self, reads: "Sequence[Read]") -> None:
        """These files were read."""
        self.head.setText(summary(reads))
        told = [read for read in reads if read.state != "skipped"]
        inside = QWidget()
        inside.setProperty("role", "clear")
        lines = column(inside, 6, (0, 2, 8, 2))
        for read in told[:MOST]:
            lines.addLayout(self._line(read))
        if len(told) > MOST:
            lines.addWidget(QLabel(_("还有 {n} 个文件。").format(n=len(told) - MOST)))
        lines.addStretch(1)
        self._area.setWidget(inside)
        self._area.setFixedHeight(min(len(told), 4) * look().row + 4)
        self._area.setVisible(bool(told))
        self.show()

    def _line(self, read: "Read") -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(10)
        chip = Chip(_("已读入"), "done") if read.good else Chip(_("没有读入"), "waiting", "warning")
        line.addWidget(ChipLabel(chip))
        words = QLabel(f"{read.file}    {told_of(read)}")
        words.setWordWrap(True)
        line.addWidget(words, 1)
        return line


def told_of(read: "Read") -> str:
    """What one file brought, or why it was left alone."""
    if not read.good:
        return read.why
    if read.kind == "enrolment":
        return _("本站已开通。")
    if read.state == "passing":
        return _("已留下, 待转交。") + read.why
    if read.kind == "files":
        return files_words(read.counts)
    if read.state == "early":
        return _("{site} 的上报包已先收: {what}; 原件待转交总部。").format(site=read.name, what=outcome(read.counts))
    if read.state == "heard":
        return _("给{site}的回执, 已留下等它取走。").format(site=read.name)
    if read.state == "ignored":
        return _("这份回执比已读的旧, 没有改动。")
    came = _("总部下发: {what}").format(what=outcome(read.counts))
    if read.kind != "receipt":
        return came
    return _("回执: {what}").format(what=outcome(read.receipt)) + "; " + came


def summary(reads: "Sequence[Read]") -> str:
    """读入 2 个文件, 1 个没有读入, 12 个是别的单位的."""
    good, skipped = sum(read.good for read in reads), sum(read.state == "skipped" for read in reads)
    bad = len(reads) - good - skipped
    parts = [_("读入 {n} 个文件").format(n=good)] if good or not reads else []
    if not reads:
        return _("这里没有给本站的文件。请确认选对了 U 盘或文件夹。")
    if bad:
        parts.append(_("{n} 个没有读入").format(n=bad))
    if skipped:
        parts.append(_("{n} 个是别的单位的, 没有动").format(n=skipped))
    return ", ".join(parts) + "。"


def network_words(exchanged: "Exchanged") -> str:
    """What an exchange over the network did, in one sentence."""
    down = sum(exchanged.taken.values())
    parts = [_("总部已确认 {n} 条").format(n=f"{exchanged.confirmed:,}"), _("下发 {n} 条").format(n=f"{down:,}")]
    if exchanged.files_up or exchanged.files_down:
        parts.append(_("附件上传 {up} 个, 下载 {down} 个").format(up=exchanged.files_up, down=exchanged.files_down))
    if exchanged.refused:
        parts.append(_("{n} 条未采用, 见下面的「未采用」").format(n=len(exchanged.refused)))
    if exchanged.waiting:
        parts.append(_("同步时新记的 {n} 条下次再报").format(n=exchanged.waiting))
    if exchanged.differs:
        parts.append(_("两边数目还不一致, 见「核对」"))
    return _("同步完成: {what}。").format(what=", ".join(parts))
