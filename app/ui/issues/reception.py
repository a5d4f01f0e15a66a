"""接待登记: a row a minute from the keyboard; date, channel and receiver stay, each row is saved by itself, nothing typed is lost."""

import uuid
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _, say
from app.models.issues import MOST_MINUTES
from app.models.values import new_id
from app.services import drafts, issues, receptions
from app.services.drafts import DraftRow
from app.services.receptions import Day, Entry, Received
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.issues import finders, lines, values
from app.ui.issues.lines import FORM
from app.ui.widgets.dates import DateEditor
from app.ui.widgets.fields import Editor, NumberEditor, TextEditor, column
from app.ui.widgets.form_head import FormHead
from app.ui.widgets.keeping import restored, stored
from app.ui.widgets.quick import DigitEditor, QuickPick

#: What stays from row to row, and what is typed anew.
STAYS = ("day", "channel", "receiver", "level")
ROW = ("reporter", "topic", "text", "service", "minutes", "answer", "satisfaction")
_HEADS = (N_("编号"), N_("反映人"), N_("主题"), N_("反映什么"), N_("服务"), N_("用时"), N_("结果"))


class Reception(QWidget):
    """The head that stays, the row being typed, and the rows of the day; `left` when the list should be seen again."""

    left = Signal()
    chosen = Signal(object)  # the id of an issue to be read

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.editors: dict[str, Editor] = {}
        self._draft = new_id()
        self._saving = self._dirty = False
        self._shown: list[uuid.UUID] = []
        hint = _("Enter 下一格, 最后一格 Enter 存这一行 · Ctrl+Enter 随时存 · 数字选服务和满意度")
        self._head = FormHead(hint, self.leave, parent=self)
        self._head.say(_("接待登记"))
        self.problem = QLabel("", self)
        self.problem.setProperty("role", "problem")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self._count = QLabel("", self)
        self._count.setProperty("role", "secondary")
        self._button = QPushButton(_("存这一行"), self)
        self._button.setProperty("kind", "primary")
        dress(self._button, "save", "accent_ink")
        self._button.clicked.connect(self.save)
        self.table = self._table()
        rows = column(self, 0)
        rows.addWidget(self._head)
        inside = column(QWidget(self), 10, (16, 12, 16, 12))
        for part in (self._stays(), self._row(), self.problem):
            inside.addWidget(part)
        below = QHBoxLayout()
        below.addWidget(self._count, 1)
        below.addWidget(self._button)
        inside.addLayout(below)
        inside.addWidget(self.table, 1)
        rows.addWidget(inside.parentWidget(), 1)
        self._later = QTimer(self, singleShot=True, interval=1000)
        self._later.timeout.connect(self.keep_draft)
        self._order()
        for keys, act in (
            ("Ctrl+Return", self.save),
            ("Ctrl+Enter", self.save),
            ("Ctrl+S", self.save),
            ("Escape", self.leave),
        ):
            shortcut = QShortcut(QKeySequence(keys), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)
        self._fill({"day": today(), "channel": "in_person", "receiver": desk.actor.name, "level": "grid"})
        desk.tasks.read(receptions.level, lambda found: self._fill({"level": found}), owner=self)

    # --- what the page uses -----------------------------------------------------------------------------------------

    def start(self) -> None:
        """The next row has the keyboard; what was begun stays."""
        self.read_day()
        self.editors["reporter"].setFocus()

    def resume(self, draft: DraftRow) -> None:
        """A row begun before is taken up where it was left."""
        self._draft = draft.id
        self._fill(draft.data)
        self.start()

    def leave(self) -> None:
        """What was typed is kept as a draft, and the list is seen again."""
        self.keep_draft()
        self.left.emit()

    def keep_draft(self) -> None:
        """The row that is being typed goes into the drafts now."""
        self._later.stop()
        if not self._dirty or self._saving:
            return
        self._dirty = False
        data = {name: stored(self.editors[name].draft()) for name in (*STAYS, *ROW)} | {"reception": True}
        title = _("接待: {text}").format(text=self.editors["text"].value() or "")[:40]
        draft = self._draft
        self.desk.tasks.write(
            lambda s: drafts.keep(s, FORM, data, title=title, draft=draft),
            lambda _id: self.desk.draft_saved(),
            owner=self,
        )

    def save(self) -> None:
        """The row is on record and the next one begins; an unsound one stays, with the sentence and the cell to mend."""
        if self._saving:
            return
        wrong = next(((name, why) for name, editor in self.editors.items() if (why := editor.problem())), None)
        if wrong:
            self._wrong(*wrong)
            return
        given, draft = self._entry(), self._draft
        self._saving = True
        self.desk.tasks.write(lambda s: receptions.record(s, given, draft=draft), self._saved, self._failed, owner=self)

    def read_day(self) -> None:
        """The rows of the day are asked for."""
        day = self.editors["day"].value() or today()
        self.desk.tasks.read(lambda s: receptions.on(s, day), self._show_day, owner=self)

    # --- saving -----------------------------------------------------------------------------------------------------

    def _entry(self) -> Entry:
        given = {name: editor.value() for name, editor in self.editors.items()}
        reporter = given.pop("reporter") or {}
        return Entry(
            text=given["text"] or "", service=given["service"] or "", reporter=reporter.get("name"),
            reporter_id=values.as_id(reporter.get("person")), topic=given["topic"], minutes=given["minutes"],
            answer=given["answer"], satisfaction=given["satisfaction"], channel=given["channel"] or "in_person",
            day=given["day"], receiver=given["receiver"] or "", level=given["level"] or "grid",
        )  # fmt: skip

    def _saved(self, done: Received) -> None:
        self._saving = self._dirty = False
        self._later.stop()
        self._draft = new_id()
        self.problem.hide()
        self._fill(dict.fromkeys(ROW))
        number = done.issue.number
        words = (
            _("{number} 已办结").format(number=number) if done.closed else _("{number} 已登记").format(number=number)
        )
        self.desk.undo_bar(
            " ".join(part for part in (words, done.missing) if part), lambda: self._take_back(done.issue.id)
        )
        self.start()

    def _take_back(self, issue: uuid.UUID) -> None:
        self.desk.tasks.write(
            lambda s: issues.void(s, issue, _("接待登记时撤销")), lambda _none: self.read_day(), owner=self
        )

    def _failed(self, error: Exception) -> None:
        self._saving = False
        self._dirty = True
        self._later.start()
        told = say(error) if isinstance(error, Refusal) else _("没有保存, 出错报告已保存。这一行还在, 请再试一次。")
        field = str(error.params.get("field") or "text") if isinstance(error, Refusal) else "text"
        self._wrong({"title": "text", "heard_on": "day"}.get(field, field), told)

    def _wrong(self, name: str, why: str) -> None:
        self.problem.setText(why)
        self.problem.show()
        for one, editor in self.editors.items():
            editor.set_wrong(one == name)
        if name in self.editors:
            self.editors[name].setFocus()

    # --- showing ----------------------------------------------------------------------------------------------------

    def _fill(self, given: Mapping[str, Any]) -> None:
        for name, editor in self.editors.items():
            if name in given:
                editor.set_value(restored(given[name]))
                editor.set_wrong(False)

    def _show_day(self, day: Day) -> None:
        self._shown = [line.row.id for line in day.lines]
        self.table.setRowCount(len(day.lines))
        for at, line in enumerate(day.lines):
            minutes = _("{n} 分钟").format(n=line.minutes) if line.minutes else ""
            row = line.row
            cells = (row.number, row.reporter, row.topic, lines.title_of(row), line.service, minutes, row.state_label)
            for column_, words in enumerate(cells):
                self.table.setItem(at, column_, QTableWidgetItem(words))
        words = _("这一天接待 {n} 件, 当场办结 {closed} 件, 共用 {minutes} 分钟。")
        nothing = _("这一天还没有接待记录。填好上面一行按 Enter, 就记在这里。")
        told = words.format(n=day.count, closed=day.closed, minutes=day.minutes) if day.count else nothing
        self._count.setText(told)

    def _open(self, at: int) -> None:
        if 0 <= at < len(self._shown):
            self.keep_draft()
            self.chosen.emit(self._shown[at])

    # --- building ---------------------------------------------------------------------------------------------------

    def _stays(self) -> QWidget:
        """What stays from row to row."""
        channels = finders.codes(self.desk, self, "channel")
        levels = self.desk.choices("closing_level")
        box, grid = _card(self, (3, 3, 4, 5))
        self._put(grid, 0, 0, "day", _("日期"), DateEditor())
        pick = QuickPick(channels, describe=lambda code: self.desk.label("channel", code), placeholder=_("来访、来电…"))
        self._put(grid, 0, 1, "channel", _("来源"), pick)
        self._put(grid, 0, 2, "receiver", _("接待人"), TextEditor("", 40))
        self._put(grid, 0, 3, "level", _("当场办结算在"), DigitEditor(levels, optional=False))
        self.editors["day"].changed.connect(self.read_day)
        return box

    def _row(self) -> QWidget:
        """The row that is typed."""
        desk = self.desk
        persons = finders.finder(desk, self, finders.persons)
        who = QuickPick(persons, free=finders.free_person, placeholder=_("姓名或首字母 (zs); 不留名就空着"))
        topics = finders.codes(desk, self, "topic")
        topic = QuickPick(
            topics, describe=lambda code: desk.label("topic", code), placeholder=_("首字母, 例如 cnf 采暖费")
        )
        box, grid = _card(self, (4, 3, 4, 5))
        self._put(grid, 0, 0, "reporter", _("反映人"), who)
        self._put(grid, 0, 1, "topic", _("主题"), topic)
        self._put(grid, 0, 2, "text", _("反映什么"), TextEditor(_("一句话"), 500), 2)
        self._put(grid, 2, 0, "service", _("做了什么"), DigitEditor(desk.choices("service"), optional=False))
        self._put(grid, 2, 1, "minutes", _("用时"), NumberEditor(_("分钟"), 1, MOST_MINUTES))
        self._put(grid, 2, 2, "answer", _("当场怎样答复的 (没有答复就空着)"), TextEditor("", 500))
        told = [(code, label) for code, label in desk.choices("satisfaction") if code != "unreached"]
        self._put(grid, 2, 3, "satisfaction", _("满意度"), DigitEditor(told))
        return box

    def _put(self, grid: QGridLayout, row: int, at: int, name: str, title: str, editor: Editor, span: int = 1) -> None:
        label = QLabel(title, self)
        label.setProperty("role", "label")
        label.setBuddy(editor.target())
        editor.target().setAccessibleName(title)
        grid.addWidget(label, row, at, 1, span)
        grid.addWidget(editor, row + 1, at, 1, span, Qt.AlignmentFlag.AlignTop)
        self.editors[name] = editor
        editor.entered.connect(lambda n=name: self._next(n))
        if name in ROW:
            editor.changed.connect(self._touched)

    def _table(self) -> QTableWidget:
        table = QTableWidget(0, len(_HEADS), self)
        table.setHorizontalHeaderLabels([_(head) for head in _HEADS])
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        table.verticalHeader().hide()
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.horizontalHeader().setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        for at, width in ((0, 170), (1, 90), (2, 120), (4, 64), (5, 80), (6, 90)):
            table.setColumnWidth(at, width)
        table.setAccessibleName(_("这一天的接待"))
        table.setTabKeyNavigation(False)
        table.itemActivated.connect(lambda item: self._open(item.row()))
        return table

    def _order(self) -> None:
        stops = [stop for name in (*STAYS, *ROW) for stop in self.editors[name].stops()]
        chain = [*stops, self._button, self.table]
        for one, other in pairwise(chain):
            QWidget.setTabOrder(one, other)

    def _next(self, name: str) -> None:
        """Enter goes on; without an answer there is nobody to ask how content they are."""
        order = [*STAYS, *ROW]
        if name == ROW[-1] or (name == "answer" and not self.editors["answer"].value()):
            self.save()
            return
        self.editors[order[order.index(name) + 1]].setFocus(Qt.FocusReason.TabFocusReason)

    def _touched(self) -> None:
        self._dirty = True
        self._later.start()


def _card(parent: QWidget, shares: tuple[int, ...]) -> tuple[QFrame, QGridLayout]:
    box = QFrame(parent)
    box.setProperty("role", "card")
    grid = QGridLayout(box)
    grid.setContentsMargins(16, 10, 16, 12)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(4)
    for at, stretch in enumerate(shares):
        grid.setColumnStretch(at, stretch)
    return box, grid
