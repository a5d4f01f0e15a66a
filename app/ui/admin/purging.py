"""清理旧数据: what would leave this computer and what stays and why, kind by kind; then, after a question, it is done."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.errors import Refusal
from app.i18n import N_, _, say
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.page import Page
from app.ui.tasks import Progress, Session
from app.ui.widgets.dates import DateEditor
from app.ui.widgets.dialogs import confirm
from app.ui.widgets.fields import column
from app.ui.widgets.progress import ProgressPanel
from app.ui.widgets.prose import prose
from app.ui.widgets.small_list import SmallList
from app.ui.widgets.table import Column
from app.ui.widgets.text import long_day

if TYPE_CHECKING:
    from app.sync.purging import Preview


@dataclass(frozen=True)
class Line:
    """One kind of record as a row."""

    id: str
    name: str
    goes: int
    stays: int
    why: str


class PurgeTab(Page):
    """The day, what the preview says, and 「清理」; nothing leaves headquarters by it."""

    tables = frozenset({"package"})

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.found: Preview | None = None
        self.day = DateEditor(self)
        self.day.setMinimumWidth(300)  # the whole hint is read
        self.day.line.setAccessibleName(_("清理这一天以前的"))
        self.day.changed.connect(self.refresh)
        self.day.entered.connect(self.refresh)
        self.look_button = QPushButton(_("看看能清理多少"), self)
        dress(self.look_button, "preview")
        self.look_button.clicked.connect(self.refresh)
        self.button = QPushButton(_("清理"), self)
        self.button.setProperty("kind", "danger")
        dress(self.button, "delete", "overdue")
        self.button.clicked.connect(self.ask)
        columns = [
            Column(N_("类别"), "name", 140, sort=""),
            Column(N_("可以清理"), "goes", 120, align="right", sort=""),
            Column(N_("留下"), "stays", 120, align="right", sort=""),
            Column(N_("为什么留下"), "why", 560, sort=""),
        ]
        self.list = SmallList(desk, "admin/purge", columns, self._rows, N_("本机还没有可以清理的记录。"), "backup")
        self.words = prose("")
        self.panel = ProgressPanel(self)
        self._lay()

    def refresh(self) -> None:
        self.list.refresh()

    def ask(self) -> None:
        """After a question, what the preview says may go leaves this computer."""
        found = self.found
        if found is None or not found.goes:
            return
        words = _(
            "从这台电脑删去 {day} 以前的 {n} 条记录和 {files} 个附件。总部都有, 也在总部的备份里; 要看时可以请总部重新下发。"
            "清理后本机不能撤销。"
        ).format(day=long_day(found.before), n=f"{found.goes:,}", files=f"{found.files:,}")
        confirm(self, _("清理旧数据"), words, _("清理"), self.purge)

    def purge(self) -> None:
        """It leaves this computer."""
        from app.sync import purging

        store, actor, before = self.desk.store, self.desk.actor, self.day.value()

        def work(progress: Progress) -> int:
            progress(0, 0, _("正在清理"))
            return purging.purge(store, actor, before)

        def done(number: int) -> None:
            from app.models.base import record_classes

            self.desk.banner(_("已清理 {n} 条旧记录。").format(n=f"{number:,}"), "done")
            self.desk.tasks.changed.emit(frozenset(record_classes()) | {"package"})

        def failed(error: Exception) -> None:
            words = say(error) if isinstance(error, Refusal) else _("没有完成, 数据没有改动。出错报告已保存。")
            self.desk.banner(words, "error", detail=getattr(error, "code", type(error).__name__))

        job = self.desk.tasks.run(work, done, failed, _("正在清理"), owner=self)
        self.panel.follow(job)

    def _rows(self, s: Session) -> list[Line]:
        from app.sync import purging

        found = purging.preview(s, self.day.value())
        self.desk.tasks.deliver(self, lambda: self._show(found))
        return [
            Line(
                kind.table, kind.name, kind.goes, sum(kind.stays.values()),
                ", ".join(f"{_(purging.REASONS[why])} {n:,}" for why, n in kind.stays.items()),
            )
            for kind in found.kinds
        ]  # fmt: skip

    def _show(self, found: "Preview") -> None:
        self.found = found
        day = long_day(found.before)
        if found.goes:
            words = _("{day} 以前的记录里, {n} 条可以从这台电脑清理, 连同 {files} 个附件。").format(
                day=day, n=f"{found.goes:,}", files=f"{found.files:,}"
            )
        else:
            words = _("{day} 以前没有可以清理的记录。").format(day=day)
        self.words.setText(words)
        self.button.setEnabled(found.goes > 0)
        self.button.setText(_("清理 {n} 条…").format(n=f"{found.goes:,}") if found.goes else _("清理"))

    def _lay(self) -> None:
        rows = column(self, 10, (16, 12, 16, 12))
        text = _(
            "电脑空间不够时用。只清理已经办结、总部已收到并且已在总部备份里、超过 180 天的走访、事项和检查; 其余的一条不动。"
            "清理只在本机, 总部那份不受影响。"
        )
        rows.addWidget(prose(text, "secondary"))
        line = QHBoxLayout()
        line.setSpacing(8)
        label = QLabel(_("清理这一天以前的"), self)
        label.setBuddy(self.day)
        line.addWidget(label)
        line.addWidget(self.day)
        line.addWidget(self.look_button)
        line.addStretch(1)
        line.addWidget(self.button)
        rows.addLayout(line)
        rows.addWidget(self.words)
        rows.addWidget(self.panel)
        rows.addWidget(self.list, 1)
        self.setFocusProxy(self.day)
