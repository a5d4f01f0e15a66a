"""The lists of 同步: packages and their receipts, changes headquarters did not take, and both sides' figures."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.i18n import N_, _
from app.ui.desk import Desk
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
    from app.sync.tally import Comparison

_STATES = {
    "waiting": (N_("等回执"), "waiting"),
    "settled": (N_("已收妥"), "done"),
    "covered": (N_("已由后面的包收妥"), "done"),
    "came": (N_("已读入"), "sent"),
}
_COUNTS = (
    ("taken", N_("收下 {n}")), ("had", N_("已有 {n}")), ("conflict", N_("待核定 {n}")), ("waiting", N_("等资料 {n}")),
    ("held", N_("等升级 {n}")), ("refused", N_("未采用 {n}")),
)  # fmt: skip


def state_chip(state: str) -> Chip:
    """The state of a package as a chip."""
    words, tone = _STATES[state]
    return Chip(_(words), tone)


class PackageList(QWidget):
    """Every package, whether its receipt has come, and writing again what was lost."""

    again = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        columns = [
            Column(N_("文件"), "title", 250, sort=""),
            Column(N_("状态"), "state", 152, chip=state_chip, sort=""),
            Column(N_("变更"), "span", 100, sort=""),
            Column(N_("总部怎么处理"), "outcome", 156, sort=""),
            Column(N_("写出"), "at", 104, moment_text, sort=""),
            Column(N_("回执"), "answered_at", 104, moment_text, sort=""),
        ]
        self.list = SmallList(
            desk, "sync/packages", columns, _packages,
            N_("写出的上报包和读入的下发会列在这里, 每个包都写明收没收到回执。"), "usb", title=N_("上报包和回执"),
        )  # fmt: skip
        self.view = ReceiptView(desk, N_("选中一个包, 这里写明总部收没收、哪几条没有采用、还缺什么。"))
        self.button = QPushButton(_("再写一份"), self)
        dress(self.button, "usb")
        self.button.clicked.connect(self.again)
        rows = column(self, 8, (0, 12, 0, 0))
        rows.addWidget(beside(self.list, self.view, parent=self), 1)
        rows.addLayout(foot(_("包丢了不要紧: 再写一份, 没有回执的内容都会在里面, 总部不会重复收。"), self.button))
        follow(self.list, self.view, self.button)
        self.list.chosen.connect(lambda row: self.view.show_package(row.id if row is not None else None))
        self.list.counted.connect(lambda number: self.view.setVisible(number > 0))
        self.setFocusProxy(self.list)

    def refresh(self) -> None:
        """The packages are asked for again."""
        self.list.refresh()


class _Shown:
    """A package as a row of the table."""

    def __init__(self, row: Any) -> None:
        self.id, self.state, self.at, self.answered_at = row.id, row.state, row.at, row.answered_at
        came = row.state == "came"
        self.title = _("总部下发") if came else row.name or _("第 {n} 包 (网络)").format(n=row.number)
        empty = _("只报告进度") if not came else ""
        self.span = numbers_text(row.from_seq, row.to_seq) if row.changes and not came else empty
        told = came or row.state == "settled"
        self.outcome = outcome(row.counts) if told else ""


def outcome(counts: dict[str, int]) -> str:
    """收下 40, 待核定 1, 未采用 1; nothing is said to be so."""
    parts = [_(words).format(n=f"{counts[what]:,}") for what, words in _COUNTS if counts.get(what)]
    return ", ".join(parts) or _("没有新内容")


def _packages(s: Session) -> list[_Shown]:
    from app.sync import tally

    return [_Shown(row) for row in tally.packages(s)]


class RefusedList(QWidget):
    """What headquarters did not take, why, and the way to the record."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        columns = [
            Column(N_("类别"), "kind", 100, sort=""),
            Column(N_("记录"), "title", 260, sort=""),
            Column(N_("为什么没有采用"), "reason", 380, sort=""),
            Column(N_("记录时间"), "at", 130, moment_text, sort=""),
        ]
        self.list = SmallList(
            desk,
            "sync/refused",
            columns,
            _refused,
            N_("没有被退回的内容。总部没有采用的变更会列在这里, 写明原因。"),
            "done",
            title=N_("总部未采用的记录"),
        )
        self.button = QPushButton(_("打开这条记录"), self)
        dress(self.button, "open")
        self.button.setEnabled(False)
        self.button.clicked.connect(lambda: self.open(self.list.current()))
        rows = column(self, 8, (0, 12, 0, 0))
        rows.addWidget(self.list, 1)
        rows.addLayout(foot(_("记录仍在本机。打开、更正并保存后会重新上报; 原因不明时请联系总部。"), self.button))
        follow(self.list, self.button)
        self.list.chosen.connect(lambda row: self.button.setEnabled(row is not None and row.door is not None))
        self.list.opened.connect(self.open)
        self.setFocusProxy(self.list)

    def open(self, row: Any) -> None:
        """The record is in front, on its own page."""
        if row is not None and row.door is not None:
            self.desk.open(*row.door)

    def refresh(self) -> None:
        """The refused changes are asked for again."""
        self.list.refresh()


def _refused(s: Session) -> Any:
    from app.sync import tally

    return tally.refused(s)


def difference_chip(difference: int) -> Chip:
    """一致, or how many are missing on which side."""
    if difference == 0:
        return Chip(_("一致"), "done")
    words = _("总部少 {n} 条") if difference > 0 else _("总部多 {n} 条")
    return Chip(words.format(n=f"{abs(difference):,}"), "due", "warning")


def same_chip(same: bool) -> Chip:
    """一致, or 不同: to be mended."""
    return Chip(_("一致"), "done") if same else Chip(_("不同, 待补齐"), "due", "warning")


def _records(s: Session) -> Any:
    from app.sync import tally

    return tally.compared(s).records


class Comparing(QWidget):
    """Our figures beside those in headquarters' last receipt."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        columns = [
            Column(N_("类别"), "kind", 126, sort=""),
            Column(N_("核对"), "difference", 124, chip=difference_chip, sort=""),
            Column(N_("本机变更"), "here", 86, align="right", sort=""),
            Column(N_("待上报"), "waiting", 78, align="right", sort=""),
            Column(N_("未采用"), "refused", 78, align="right", sort=""),
            Column(N_("总部已收"), "held", 86, align="right", sort=""),
        ]
        self.list = SmallList(
            desk, "sync/compared", columns, self._rows, N_("读入第一份回执后, 这里逐类核对本机和总部的数目。"), "check"
        )
        self.list.table.view.horizontalHeader().setStretchLastSection(False)
        self.records = SmallList(
            desk, "sync/records", [
                Column(N_("类别"), "kind", 126, sort=""),
                Column(N_("核对"), "same", 124, chip=same_chip, sort=""),
                Column(N_("本机记录"), "here", 86, align="right", sort=""),
                Column(N_("总部记录"), "there", 86, align="right", sort=""),
            ],
            _records, N_("两边的记录还没有逐条核对过。每天第一次同步时核对一次, 不一样的自动补齐。"), "check",
        )  # fmt: skip
        self.records.table.view.horizontalHeader().setStretchLastSection(False)
        self.button = QPushButton(_("重新核对并补齐"), self)
        dress(self.button, "check")
        self.button.clicked.connect(self.ask)
        both = QHBoxLayout()
        both.setSpacing(12)
        both.addWidget(self.list, 3)
        both.addWidget(self.records, 2)
        rows = column(self, 8, (0, 12, 0, 0))
        rows.addWidget(self.words)
        rows.addLayout(both, 1)
        rows.addLayout(
            foot(_("左边是本机写过的变更, 右边是本机管辖的全部记录。不一样的, 同步时自动补齐。"), self.button)
        )
        follow(self.list, self.records, self.button)
        self.setFocusProxy(self.list)

    def ask(self) -> None:
        """With the next exchange both sides compare all records and mend what differs."""
        from app.sync import comparing

        words = _("下次同步 (或写上报包、读回执) 时, 两边逐条核对, 不一样的自动补齐。")
        self.desk.tasks.write(comparing.ask, lambda _none: self.desk.banner(words, "done"), owner=self)

    def _rows(self, s: Session) -> Any:
        from app.sync import tally

        found = tally.compared(s)
        self.desk.tasks.deliver(self, lambda: self.words.setText(compared_words(found)))
        return found.rows

    def refresh(self) -> None:
        """Both sides are compared again."""
        self.list.refresh()
        self.records.refresh()


def compared_words(found: "Comparison") -> str:
    """Whether both tips are the same, and both of them in short."""
    if not found.told:
        return ""
    short = f"{found.theirs[:8]}…"
    if found.ours == found.theirs:
        words = _("按最近一份回执核对: 到第 {n} 号变更, 两边的校验值一致 ({mark})。")
    else:
        words = _("按最近一份回执核对: 到第 {n} 号变更, 两边的校验值不同 ({mark})。再写一次上报包, 程序会自动补齐。")
    return words.format(n=f"{found.seq:,}", mark=short)
