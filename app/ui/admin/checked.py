"""What the check of a ledger found: counts per sheet, every finding in a table, duplicates side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QTabWidget, QWidget

from app.i18n import N_, _
from app.ui.admin.comparing import INNER, FindingPane
from app.ui.admin.kinds import kind_words
from app.ui.admin.mapping import MappingDialog
from app.ui.admin.previewing import Preview
from app.ui.admin.small import Small
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.tasks import Session
from app.ui.widgets.chips import Chip
from app.ui.widgets.fields import column
from app.ui.widgets.list_page import Filter, ListPage, ListSpec
from app.ui.widgets.progress import ProgressPanel
from app.ui.widgets.table import Ask, Column
from app.ui.widgets.where import ask_save, show_folder

if TYPE_CHECKING:
    from app.services.imports.findings import Outcome


@dataclass(frozen=True)
class FindingRow:
    """One finding as the table shows it; state: refused, warning, matched, twice."""

    id: int
    sheet: str
    row: int
    column: str
    state: str
    reason: str
    advice: str
    finding: Any


def state_chip(state: str) -> Chip:
    """What becomes of the row."""
    return {
        "refused": Chip(_("不收"), "overdue", "refuse"),
        "warning": Chip(_("请核对"), "waiting"),
        "matched": Chip(_("对应"), "sent", "risk"),
        "twice": Chip(_("重复"), "conflict"),
        "chosen": Chip(_("按您选的收"), "done"),
    }[state]


def _known(desk: Desk, kind: str, code: str | None) -> str:
    """The label of a code; content that is no code stays as typed."""
    return desk.label(kind, code) if any(one.code == code for one in desk.codes.get(kind, ())) else code or ""


def rows_of(outcome: "Outcome", choices: Mapping[tuple[str, int], str] | None = None) -> list[FindingRow]:
    """All findings of the file in its order; `choices` are the duplicates that are taken nevertheless."""

    def state(one: Any) -> str:
        return "chosen" if one.state == "twice" and (one.sheet, one.row) in (choices or {}) else one.state

    return [
        FindingRow(at, one.sheet, one.row, one.column or "", state(one), one.reason, one.advice, one)
        for at, one in enumerate(outcome.findings)
    ]


class FindingList(ListPage):
    """The findings; nothing of the store, so no change reloads them."""

    tables = frozenset({"finding"})

    def __init__(self, desk: Desk) -> None:
        self.rows: Sequence[FindingRow] = ()
        self.compared = FindingPane(lambda kind, code: _known(desk, kind, code))
        super().__init__(
            desk,
            ListSpec(
                key="admin/findings",
                columns=[
                    Column(N_("工作表"), "sheet", 116),
                    Column(N_("处理"), "state", 92, chip=state_chip),
                    Column(N_("行"), "row", 54, align="right"),
                    Column(N_("列"), "column", 44),
                    Column(N_("问题"), "reason", 270),
                    Column(N_("怎么办"), "advice", 180),
                ],
                source=Small(self._read, lambda row, chip: row.state == chip),
                filters=[
                    Filter("", N_("全部问题")),
                    Filter("refused", N_("不收")),
                    Filter("warning", N_("请核对")),
                    Filter("matched", N_("对应")),
                    Filter("twice", N_("重复")),
                ],
                filter_counts=self._counts,
                empty=N_("这里没有发现问题。"),
                empty_icon="done",
                title=N_("导入核对问题"),
                takers=("ledger.print", "read.structure"),
                search_hint=N_("搜索: 工作表、问题"),
                detail=self.compared,
            ),
        )

    def _read(self, _s: Session, _ask: Ask) -> Sequence[FindingRow]:
        return self.rows

    def _counts(self, _s: Session) -> Mapping[str, int]:
        states = [row.state for row in self.rows]
        return {"": len(states), **{state: states.count(state) for state in ("refused", "warning", "matched", "twice")}}


class Checked(QWidget):
    """The second step of the import; `mapped` carries the headers the person has matched: sheet → column → field.

    `decided` after each choice about duplicates.
    """

    mapped = Signal(object)
    decided = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.path: Path | None = None
        self.outcome: Outcome | None = None
        self._head = QLabel("", self)
        self._head.setProperty("role", "heading")
        self._head.setTextFormat(Qt.TextFormat.PlainText)
        self.mark_button = QPushButton(_("保存标注副本"), self)
        self.mark_button.setToolTip(_("把每个问题写进原表的一份副本: 颜色、批注, 和第一页的清单。"))
        dress(self.mark_button, "save")
        self.mark_button.clicked.connect(self.save_copy)
        self.map_button = QPushButton(_("对应表头"), self)
        dress(self.map_button, "table")
        self.map_button.clicked.connect(self.map_headers)
        self._sheets = QScrollArea(self)
        self._sheets.setWidgetResizable(True)
        self._sheets.setFrameShape(QFrame.Shape.NoFrame)
        self.progress = ProgressPanel(self)
        self.list = FindingList(desk)
        self.list.compared.decided.connect(self._decided)
        self.preview = Preview(self.list.compared.words, INNER)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setAccessibleName(_("核对的内容"))
        self.tabs.addTab(self.list, _("问题"))
        self.tabs.addTab(self.preview, _("预览"))
        top = QHBoxLayout()
        top.setContentsMargins(16, 0, 16, 0)
        top.addWidget(self._head, 1)
        top.addWidget(self.map_button)
        top.addWidget(self.mark_button)
        rows = column(self, 4)
        rows.addLayout(top)
        rows.addWidget(self._sheets)
        rows.addWidget(self.progress)
        rows.addWidget(self.tabs, 1)

    @property
    def choices(self) -> dict[tuple[str, int], str]:
        """Duplicates that are to be taken as well, or to change who is on record."""
        return dict(self.list.compared.choices)

    @property
    def apart(self) -> frozenset[tuple[str, int]]:
        """Rows that are not the person they were taken for."""
        return frozenset(self.list.compared.apart)

    def show_outcome(self, path: Path, outcome: "Outcome") -> None:
        """The result of the check is in sight."""
        self.path, self.outcome = path, outcome
        self._sheets.setWidget(_counts(outcome))
        self._sheets.setFixedHeight(min(132, self._sheets.widget().sizeHint().height() + 4))
        self.map_button.setVisible(bool(outcome.heads))
        self.list.compared.show_outcome(outcome)
        self.list.rows = rows_of(outcome)
        self.preview.show_outcome(outcome)
        self.tabs.setCurrentIndex(0)
        self.mark_button.setEnabled(bool(self.list.rows))
        self.list.refresh()
        self._say_counts()
        self.setFocusProxy(self.list.table)

    def _decided(self) -> None:
        if self.outcome is not None:
            self.list.rows = rows_of(self.outcome, self.choices)
            self.list.refresh()
            self._say_counts()
            self.decided.emit()

    def _say_counts(self) -> None:
        """The sentence on top: how many rows are taken, how many not, how many by choice."""
        outcome = self.outcome
        assert outcome is not None
        taken = sum(sheet.counts["accepted"] for sheet in outcome.sheets) + (
            len(outcome.nodes) if not any(sheet.records for sheet in outcome.sheets) else 0
        )
        refused = sum(sheet.counts["rejected"] for sheet in outcome.sheets)
        words = _("{file}: 可收入 {taken} 行, 不收 {refused} 行")
        told = words.format(file=outcome.file, taken=f"{taken:,}", refused=f"{refused:,}")
        if self.choices:
            told += _(", 重复的按您选的收 {n} 行").format(n=f"{len(self.choices):,}")
        if any(sheet.remembered for sheet in outcome.sheets):
            told += _("。表头按以前的对应读")
        self._head.setText(told)

    def save_copy(self) -> None:
        """A copy of the user's file with every finding in it, where the person says."""
        if self.path is None or self.outcome is None:
            return
        name = _("{name}-标注").format(name=self.path.stem)
        ask_save(self, self.desk.places, "import", _("保存标注副本"), name, "xlsx", self.write_copy)

    def write_copy(self, out: Path) -> None:
        """The marked copy lies there, or the sentence says why not."""
        from app.services.imports import marked

        path, outcome = self.path, self.outcome
        if path is None or outcome is None:
            return

        def done(_nothing: object) -> None:
            self.progress.say("")
            self.desk.banner(
                _("标注副本已保存「{name}」, 改好后重新导入即可。").format(name=out.name), "done",
                action=_("打开文件夹"), act=lambda: show_folder(out),
            )  # fmt: skip

        job = self.desk.tasks.run(
            lambda _p: marked.mark(path, outcome, out), done, title=_("正在写标注副本"), owner=self
        )
        self.progress.follow(job)

    def map_headers(self) -> None:
        """Columns that were not understood are matched by the person, once for this kind of header."""
        if self.outcome is not None:
            dialog = MappingDialog(self.outcome, self)
            dialog.chosen.connect(self.mapped)
            dialog.open()


def _counts(outcome: "Outcome") -> QWidget:
    """One line per sheet: what it is, and how many rows are taken, refused, there already."""
    table = QWidget()
    table.setProperty("role", "clear")
    grid = QGridLayout(table)
    grid.setContentsMargins(16, 4, 16, 4)
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(2)
    heads = (_("工作表"), _("种类"), _("数据行"), _("收入"), _("不收"), _("重复"), _("收入但请核对"))
    for at, words in enumerate(heads):
        grid.addWidget(_cell(words, "caption", at > 1), 0, at)
    for row, sheet in enumerate(outcome.sheets, 1):
        counts = sheet.counts
        kind = kind_words(sheet.kind) if sheet.kind else _("没认出表头, 请点「对应表头」")
        cells = [sheet.name, kind] + [
            f"{counts[name]:,}" if sheet.kind else ""
            for name in ("data_rows", "accepted", "rejected", "duplicates", "accepted_with_warnings")
        ]
        for at, words in enumerate(cells):
            grid.addWidget(_cell(words, "", at > 1), row, at)
    grid.setColumnStretch(len(heads), 1)
    return table


def _cell(words: str, role: str, right: bool) -> QLabel:
    label = QLabel(words)
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(
        (Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
    )
    return label
