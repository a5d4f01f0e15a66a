"""What is held about one person, home or post, to be read at the right of the list."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.errors import Refusal
from app.i18n import _, joined, say
from app.services import people
from app.services.access import may
from app.services.people import HouseholdRow, PersonRow, PersonView
from app.services.posts import PostRow
from app.ui import report
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.tasks import Session
from app.ui.widgets import handed_over
from app.ui.widgets.chips import Chip, ChipLabel
from app.ui.widgets.choices import Flow
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column
from app.ui.widgets.prose import prose
from app.ui.widgets.text import long_day, short_day

#: words, icon, kind of button, what it does
Act = tuple[str, str, str, Callable[[], None]]


class Sheet(QWidget):
    """A reading pane: title, chips, facts, buttons at the foot; the old one stays until the new one has been read."""

    def __init__(self, desk: Desk, hint: str, picture: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk, self._hint, self._picture = desk, hint, picture
        self._asked: uuid.UUID | None = None
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._foot = QFrame(self)
        self._foot.setObjectName("status")
        self._acts = QHBoxLayout(self._foot)
        self._acts.setContentsMargins(16, 8, 16, 8)
        self._nothing = Empty("", picture, parent=self)
        rows = column(self, 0)
        for part, stretch in ((self._scroll, 1), (self._foot, 0), (self._nothing, 1)):
            rows.addWidget(part, stretch)
        self.setFocusProxy(self._scroll)
        self._empty()

    def show_row(self, row: Any | None) -> None:
        """This row is read; none leaves a sentence."""
        self._asked = row.id if row is not None else None
        if row is None:
            self._empty()
        else:
            self._read(row)

    def _read(self, row: Any) -> None:
        raise TypeError(f"{type(self).__name__} reads nothing")

    def _ask(
        self, about: uuid.UUID, ask: Callable[[Session], Any], show: Callable[[Any], None],
        writing: bool = False,
    ) -> None:  # fmt: skip
        def done(found: Any) -> None:
            if self._asked == about:
                show(found)

        def failed(error: Exception) -> None:
            if self._asked == about:
                self._empty()
                words = say(error) if isinstance(error, Refusal) else _("没有读出来, 请再选一次。")
                self._nothing.fail(words, report.describe(error))

        lane = self.desk.tasks.write if writing else self.desk.tasks.read
        lane(ask, done, failed, owner=self)

    def _empty(self) -> None:
        self._scroll.hide()
        self._foot.hide()
        self._nothing.say(_(self._hint), self._picture)
        self._nothing.show()

    def _put(self, inside: QWidget, acts: Sequence[Act]) -> None:
        self._scroll.setWidget(inside)
        while self._acts.count():
            if (widget := self._acts.takeAt(0).widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for words, picture, kind, act in acts:
            button = QPushButton(words, self._foot)
            button.setProperty("kind", kind)
            dress(button, picture, "overdue" if kind == "danger" else "ink")
            button.clicked.connect(lambda _on, do=act: do())
            self._acts.addWidget(button)
        self._acts.addStretch(1)
        self._nothing.hide()
        self._scroll.show()
        self._foot.setVisible(bool(acts))


class PersonSheet(Sheet):
    """One person: what we hold, numbers masked until somebody with the right asks to see them."""

    def __init__(
        self, desk: Desk, hint: str, edit: Callable[[uuid.UUID], None], void: Callable[[PersonRow], None],
        visit: Callable[[PersonRow], None],
    ) -> None:  # fmt: skip
        super().__init__(desk, hint, "person")
        self._edit, self._void, self._visit = edit, void, visit

    def _read(self, row: PersonRow, reveal: bool = False) -> None:
        person = row.id
        self._ask(person, lambda s: people.one(s, person, reveal=reveal), self._show, writing=reveal)

    def _show(self, view: PersonView) -> None:
        row, actor = view.row, self.desk.actor
        inside, rows = sheet()
        rows.addWidget(prose(row.name, "title"))
        chips = [Chip(self.desk.label("person_kind", row.kind), "sent", "person")]
        chips += [Chip(self.desk.label("person_tag", tag), "waiting", "care") for tag in row.tags]
        chips += [handed_over.chip()] if row.handed_over else []
        rows.addWidget(chip_row(chips))
        if row.handed_over:
            rows.addWidget(handed_over.sentence())
        number = view.id_number
        facts = [
            (_("性别"), view.sex), (_("出生日期"), long_day(view.birth_on) if view.birth_on else ""), (_("身份证号"), number),
            (_("电话"), joined(view.phones)), (_("网格"), row.grid), (_("住址"), row.address),
            (_("与户主"), view.relation), (_("在岗状态"), row.status), (_("岗位"), row.job), (_("工号"), view.employee_no),
            (_("政治面貌"), view.political), (_("民族"), view.ethnic), (_("备注"), view.note),
        ]  # fmt: skip
        add_facts(rows, facts)
        if (number or view.phones) and not view.revealed and may(actor, "person.reveal"):
            show = QPushButton(_("显示完整号码"), inside)
            show.setProperty("kind", "quiet")
            show.setToolTip(_("查看会留下记录"))
            dress(show, "saw", "accent")
            show.clicked.connect(lambda: self._read(row, reveal=True))
            rows.addWidget(show, 0, Qt.AlignmentFlag.AlignLeft)
        add_list(rows, _("任职"), view.posts)
        add_list(rows, _("这户最近的走访"), [f"{short_day(day)}  {text}" for day, text in view.visits])
        rows.addStretch(1)
        acts: list[Act] = []
        ours = not row.handed_over
        if ours and may(actor, "visit.record"):
            acts.append((_("记走访"), "visit", "", lambda: self._visit(row)))
        if ours and may(actor, "person.edit"):
            acts.append((_("修改"), "edit", "", lambda: self._edit(row.id)))
        if ours and may(actor, "person.void"):
            acts.append((_("作废"), "void", "danger", lambda: self._void(row)))
        self._put(inside, acts)


class HomeSheet(Sheet):
    """One home and its people."""

    def __init__(
        self, desk: Desk, hint: str, edit: Callable[[uuid.UUID], None], visit: Callable[[HouseholdRow], None],
        add: Callable[[HouseholdRow], None],
    ) -> None:  # fmt: skip
        super().__init__(desk, hint, "household")
        self._edit, self._visit, self._add = edit, visit, add

    def _read(self, row: HouseholdRow) -> None:
        home = row.id
        self._ask(home, lambda s: people.members(s, home), lambda family: self._show(row, family))

    def _show(self, row: HouseholdRow, family: Sequence[PersonRow]) -> None:
        inside, rows = sheet()
        rows.addWidget(prose(row.address, "title"))
        chips = [Chip(self.desk.label("person_tag", tag), "waiting", "care") for tag in row.tags]
        chips += [handed_over.chip()] if row.handed_over else []
        rows.addWidget(chip_row(chips))
        if row.handed_over:
            rows.addWidget(handed_over.sentence())
        visited = long_day(row.visited_on) if row.visited_on else _("还没有走访过")
        facts = [(_("户主"), row.head), (_("电话"), row.phone), (_("网格"), row.grid), (_("最近走访"), visited)]
        add_facts(rows, facts)
        lines = []
        for one in family:
            tags = joined(self.desk.label("person_tag", tag) for tag in one.tags)
            lines.append(" · ".join(part for part in (one.name, one.status, one.job, one.phone, tags) if part))
        add_list(rows, _("家庭成员"), lines)
        rows.addStretch(1)
        acts: list[Act] = []
        ours = not row.handed_over
        if ours and may(self.desk.actor, "visit.record"):
            acts.append((_("记走访"), "visit", "", lambda: self._visit(row)))
        if ours and may(self.desk.actor, "person.edit"):
            acts.append((_("添家人"), "add", "", lambda: self._add(row)))
            acts.append((_("修改"), "edit", "", lambda: self._edit(row.id)))
        self._put(inside, acts)


class PostSheet(Sheet):
    """One post."""

    def __init__(
        self, desk: Desk, hint: str, relieve: Callable[[PostRow], None], person: Callable[[uuid.UUID], None]
    ) -> None:
        super().__init__(desk, hint, "person")
        self._relieve, self._person = relieve, person

    def _read(self, row: PostRow) -> None:
        inside, rows = sheet()
        rows.addWidget(prose(f"{row.name} · {row.role}", "title"))
        rows.addWidget(chip_row([Chip(_("在任"), "done") if row.present else Chip(_("已离任"), "draft", "history")]))
        since = long_day(row.from_on) if row.from_on else _("未记")
        until = long_day(row.to_on) if row.to_on else ""
        add_facts(rows, [(_("网格"), row.place), (_("任职"), since), (_("离任"), until)])
        add_list(rows, _("八大员"), row.duties)
        rows.addStretch(1)
        acts: list[Act] = [(_("看这个人"), "person", "", lambda: self._person(row.person_id))]
        if row.present and may(self.desk.actor, "post.edit"):
            acts.append((_("离任"), "history", "", lambda: self._relieve(row)))
        self._put(inside, acts)


def sheet() -> tuple[QWidget, QVBoxLayout]:
    """An empty sheet and its rows."""
    inside = QWidget()
    inside.setProperty("role", "clear")
    return inside, column(inside, 10, (20, 16, 20, 20))


def chip_row(chips: Sequence[Chip]) -> QWidget:
    """Chips side by side."""
    box = QWidget()
    flow = Flow(box, 6)
    for chip in chips:
        flow.addWidget(ChipLabel(chip, box))
    box.setVisible(bool(chips))
    return box


def add_facts(rows: QVBoxLayout, facts: Sequence[tuple[str, str]]) -> None:
    """Name and value of each fact that is known, the values in one line."""
    shown = [(label, text) for label, text in facts if text]
    names = [prose(label, "secondary") for label, _text in shown]
    wide = max((name.fontMetrics().horizontalAdvance(name.text()) for name in names), default=0) + 12
    for name, (_label, text) in zip(names, shown, strict=True):
        line = QHBoxLayout()
        line.setSpacing(12)
        name.setWordWrap(False)
        name.setFixedWidth(wide)
        line.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(prose(text), 1)
        rows.addLayout(line)


def add_list(rows: QVBoxLayout, title: str, lines: Sequence[str]) -> None:
    """A titled list, left out when empty."""
    if lines:
        rows.addSpacing(6)
        rows.addWidget(prose(title, "heading"))
        for line in lines:
            rows.addWidget(prose(line))
