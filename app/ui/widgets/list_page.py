"""The generic list page: filters, search, table, reading pane, bulk actions, count and print.

A complete page::

    @dataclass(frozen=True)
    class VisitRow:                       # comes from app.services.visits
        id: UUID
        state: str
        day: date
        household: str

    class VisitsPage(ListPage):
        tables = frozenset({"visit", "draft"})

        def __init__(self, desk: Desk) -> None:
            super().__init__(desk, ListSpec(
                key="visits",
                columns=[
                    Column(N_("住户"), "household", 200),
                    Column(N_("状态"), "state", 96, chip=lambda state: STATES[state]),   # chip second
                    Column(N_("日期"), "day", 110, short_day),                            # dates right of it
                ],
                source=Listed(visits.find, visits.rows),    # find(s, Query) -> Found, rows(s, ids) -> frozen rows
                # or, where ids are not listed: Rows(fetch(s, ask) -> rows, count(s, ask) -> int | Count(1000, True));
                # page by ask.after (the row before) instead of OFFSET where ask.after is known
                filters=[Filter("", N_("全部")), Filter("month", N_("本月")), Filter("draft", N_("草稿"))],
                filter_counts=lambda s: visits.counts(s),   # {"": 12406, "month": 12, "draft": 3}, optional
                sort="day", descending=True,
                empty=N_("这里会列出走访记录。按 F2 记下第一次走访。"),
                new=(N_("记走访"), self.new_visit),                 # primary button, F2
                detail=VisitPane(desk),                            # any QWidget with show_row(row); optional
                open=self.open_visit,                              # Enter or double click
                actions=[Action(N_("作废"), "void", self.void_all)],    # appear with several selected, get their ids
                title=N_("走访记录"),                               # 「导出」 and 「打印」 of what is shown, under this title
            ))

`ask.filter` is the Query's `chip`, `ask.extra` its `filters`.
`refresh()` reloads (done for you after changes of `tables`); `self.table.current()` is a row, `self.table.selected()` ids;
`self.ask_for(extra={"grid": id})` adds conditions of your own. Everything typed in search arrives as `ask.text`.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSplitter,
    QStackedLayout,
    QWidget,
)

from app.errors import Refusal
from app.i18n import _, say
from app.ui import report
from app.ui.desk import Desk
from app.ui.icons import dress, icon
from app.ui.page import Page
from app.ui.theme import look
from app.ui.widgets.bulk_bar import BulkBar
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column
from app.ui.widgets.filter_strip import FilterStrip
from app.ui.widgets.list_foot import ListFoot, may_take
from app.ui.widgets.list_paper import Listing
from app.ui.widgets.list_spec import Action, Detail, Filter, ListSpec
from app.ui.widgets.table import Ask, Column, TableModel
from app.ui.widgets.table_view import TableView

__all__ = ["Action", "Column", "Detail", "Filter", "ListPage", "ListSpec"]

#: More filters than this stand on lines of their own below the search.
FEW = 4


class ListPage(Page):
    """A page that is a list; see the module's example."""

    def __init__(self, desk: Desk, spec: ListSpec, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.spec = spec
        self._sought: object = None
        self._all: int | None = None
        self.model = TableModel(desk.tasks, spec.columns, spec.source, self)
        self.model.ask = Ask(
            sort=spec.sort, descending=spec.descending, filter=spec.filters[0].key if spec.filters else ""
        )
        self.table = TableView(self.model, desk.places, spec.key, self)
        self.table.show_sort(spec.sort, spec.descending)
        self.search = QLineEdit(self)
        self._later = QTimer(self, singleShot=True, interval=150)
        self.filters = FilterStrip(spec.filters, self)
        self._build()
        self._listen()

    # --- what a page uses -------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """The list and the counts on its filters are asked for again; place and selection stay."""
        self.model.reload(seen=self.table.seen if self.model.ready else (0, 0))
        if self.spec.filter_counts is not None:
            self.desk.tasks.read(self.spec.filter_counts, self._show_counts, owner=self)

    def ask_for(self, **parts: Any) -> None:
        """The list shows another selection: text, filter, sort, descending, extra."""
        self.model.reload(replace(self.model.ask, **parts))

    def open_record(self, record_id: object) -> None:
        """The row is current as soon as it is held; a filter key given as text chooses that filter."""
        if isinstance(record_id, str) and self.filters.choose(record_id):
            return
        if record_id is not None and not self.table.show_record(record_id):
            self._sought = record_id

    def focus_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    def listing(self) -> Listing:
        """What is shown just now, for paper: its title says which filter and which words chose it."""
        ask, spec = self.model.ask, self.spec
        parts = [_(spec.title), self.filters.name(ask.filter) if ask.filter else ""]
        parts += [spec.about(ask) if spec.about is not None else "", f"「{ask.text}」" if ask.text else ""]
        widths = tuple(self.table.view.columnWidth(number) for number in range(len(spec.columns)))
        return Listing(" · ".join(part for part in parts if part), tuple(spec.columns), widths, ask, spec.source)

    # --- building ---------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        left = QWidget(self)
        rows = column(left, 8, (16, 12, 16, 12))
        rows.addLayout(self._top_line())
        if len(self.spec.filters) > FEW:
            rows.addWidget(self.filters)
        self._bar = QProgressBar(self)
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(_("正在读取"))
        keep = self._bar.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self._bar.setSizePolicy(keep)
        self._bar.hide()
        rows.addWidget(self._bar)
        self._bulk = BulkBar(self.table, self.spec.actions, self)
        rows.addWidget(self._bulk)
        self.nothing = Empty("", parent=self)
        middle = QWidget(self)
        self._stack = QStackedLayout(middle)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.nothing)
        rows.addWidget(middle, 1)
        self.foot = ListFoot(self.desk, self, buttons=self._may_take())
        rows.addWidget(self.foot)
        self._split = QSplitter(Qt.Orientation.Horizontal, self)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(1)
        self._split.addWidget(left)
        if self.spec.detail is not None:
            self.pane = self._pane(self.spec.detail)
            self._split.addWidget(self.pane)
            self._split.setStretchFactor(0, 3)
            self._split.setStretchFactor(1, 2)
        around = QHBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self._split)

    def _top_line(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        if 0 < len(self.spec.filters) <= FEW:
            self.filters.setContentsMargins(0, 3, 0, 3)  # level with the search
            line.addWidget(self.filters, 3)
        else:
            line.addStretch(1)
        for extra in self.spec.extras:
            line.addWidget(extra)
        self.search.setPlaceholderText(_(self.spec.search_hint) or _("搜索: 汉字、拼音、首字母"))
        self.search.setAccessibleName(_("在本页搜索"))
        self.search.setClearButtonEnabled(True)
        self.search.setProperty("kind", "search")
        self.search.addAction(icon("search", "secondary"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.setMinimumWidth(120)
        self.search.setMaximumWidth(260)
        line.addWidget(self.search, 2)
        if self.spec.new is not None:
            title, act = self.spec.new
            self.new_button = QPushButton(_(title), self)
            self.new_button.setProperty("kind", "primary")
            dress(self.new_button, "add", "accent_ink")
            self.new_button.setToolTip("F2")
            self.new_button.clicked.connect(lambda: act())
            QShortcut(QKeySequence("F2"), self, act)
            line.addWidget(self.new_button)
        return line

    def _may_take(self) -> bool:
        return bool(self.spec.title) and may_take(self.desk, self.spec.takers)

    def _pane(self, detail: QWidget) -> QFrame:
        pane = QFrame(self)
        pane.setProperty("role", "pane")
        pane.setMinimumWidth(max(320, round(272 * look().size / 11)))  # a date with its button
        rows = column(pane, 0)
        self._fold = QPushButton(_("收起"), pane)
        self._fold.setProperty("kind", "quiet")
        dress(self._fold, "right", "accent")
        self._fold.clicked.connect(self._close_drawer)
        rows.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignLeft)
        rows.addWidget(detail, 1)
        return pane

    # --- hearing ----------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        self.filters.chosen.connect(lambda key: self.ask_for(filter=key))
        self.foot.asked.connect(lambda what: self.foot.take_away(what, self.listing()))
        self.search.textChanged.connect(lambda _text: self._later.start())
        self.search.returnPressed.connect(self.table.setFocus)
        self._later.timeout.connect(lambda: self.ask_for(text=self.search.text().strip()))
        self.table.sorted.connect(lambda key, down: self.ask_for(sort=key, descending=down))
        self.table.current_changed.connect(self._show_row)
        self.table.selection_changed.connect(self._show_selection)
        self.table.opened.connect(self._opened)
        self.model.loading.connect(self._bar.setVisible)
        self.model.loaded.connect(self._show_loaded)
        self.model.failed.connect(self._show_error)

    def _opened(self, row: Any) -> None:
        if self.spec.open is not None:
            self.spec.open(row)
        elif self.spec.detail is not None:
            self.pane.show()

    def _show_row(self, row: Any | None) -> None:
        if self.spec.detail is not None:
            self.spec.detail.show_row(row)  # type: ignore[attr-defined]

    def _show_selection(self, chosen: int) -> None:
        self._bulk.tell(chosen)
        self._tell_total(chosen)

    def _show_counts(self, counts: Mapping[str, int]) -> None:
        self._all = counts.get("")
        self._tell_total(self.table.selected_count)
        self.filters.tell(counts)

    def _show_loaded(self) -> None:
        if self.model.count.total:
            self._stack.setCurrentWidget(self.table)
        else:
            self._say_nothing()
            self._stack.setCurrentWidget(self.nothing)
        self._tell_total(self.table.selected_count)
        if self._sought is not None and self.table.show_record(self._sought):
            self._sought = None
        elif self.spec.detail is not None and self.table.current() is None:
            self._show_row(None)

    def _say_nothing(self) -> None:
        """An empty search, an empty filter and an empty list are three different sentences."""
        ask, first = self.model.ask, self.spec.filters[0].key if self.spec.filters else ""
        if ask.text:
            words = _("没有找到「{text}」。").format(text=ask.text)
            self.nothing.say(words, "search", _("清除搜索"), self.search.clear)
        elif ask.filter != first and (name := self.filters.name(ask.filter)):
            words = _("「{name}」里现在没有内容。").format(name=name)
            back = _("看「{name}」").format(name=self.filters.name(first))
            filters = self.filters
            self.nothing.say(words, self.spec.empty_icon, back, partial(filters.choose, first))
        else:
            title, act = self.spec.new or ("", None)
            words = _(self.spec.empty) or _("这里还没有内容。")
            self.nothing.say(words, self.spec.empty_icon, _(title) if title else "", act)

    def _show_error(self, error: Exception) -> None:
        text = (
            say(error)
            if isinstance(error, Refusal)
            else _("列表没有读出来, 出错报告已保存。可以再试一次, 或重新打开程序。")
        )
        if self.model.ready:
            self.desk.banner(text, "error", detail=report.describe(error))
        else:
            self.nothing.fail(text, report.describe(error))
            self._stack.setCurrentWidget(self.nothing)

    def _tell_total(self, chosen: int) -> None:
        total = self.model.count.text
        if self._all is not None and self._all != self.model.count.total and not self.model.count.more:
            total = f"{total} / {self._all:,}"
        words = _("共 {total} 条") if chosen < 2 else _("已选 {chosen} 条 · 共 {total} 条")
        self.foot.tell(words.format(total=total, chosen=chosen), self.model.count.total > 0)

    # --- drawer -----------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.spec.detail is not None:
            wide = self.width() >= self.spec.beside
            self._fold.setVisible(not wide)
            if wide:
                self.pane.show()
            elif event.oldSize().width() < 0 or event.oldSize().width() >= self.spec.beside:
                self.pane.hide()

    def _close_drawer(self) -> None:
        self.pane.hide()
        self.table.setFocus()
