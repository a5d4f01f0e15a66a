"""One visit read: everything written in it, what was changed since, and what can be done with it."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.errors import Refusal
from app.i18n import _, joined, say
from app.services import attachments, history, visits
from app.services.access import may
from app.services.attachments import AttachmentRow
from app.services.history import Revision
from app.services.visits import VisitView
from app.ui import report
from app.ui.desk import Desk
from app.ui.icons import dress, pixmap
from app.ui.tasks import Session
from app.ui.theme import theme
from app.ui.visits.lines import Line, state_chip, state_of
from app.ui.visits.revisions import events
from app.ui.widgets import handed_over
from app.ui.widgets.attached import PhotoShelf
from app.ui.widgets.chips import ChipLabel
from app.ui.widgets.choices import Flow
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column
from app.ui.widgets.notes import STEPS
from app.ui.widgets.prose import prose
from app.ui.widgets.text import long_day
from app.ui.widgets.timeline import Timeline

Read = tuple[VisitView, list[Revision], list[AttachmentRow]]


@dataclass(frozen=True)
class Deeds:
    """What the pane can ask the page to do."""

    correct: Callable[[VisitView, list[uuid.UUID]], None]
    void: Callable[[uuid.UUID], None]
    restore: Callable[[uuid.UUID], None]
    to_issue: Callable[[VisitView], None]
    resume: Callable[[uuid.UUID], None]
    discard: Callable[[uuid.UUID], None]


class VisitPane(QWidget):
    """The reading pane of the list; the old visit stays until the new one has been read."""

    def __init__(self, desk: Desk, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk, self.deeds = desk, deeds
        self.view: VisitView | None = None
        self.photos: list[uuid.UUID] = []
        self._asked: uuid.UUID | None = None
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName(_("走访内容"))
        self._foot = QFrame(self)
        self._foot.setObjectName("status")
        self._acts = QHBoxLayout(self._foot)
        self._acts.setContentsMargins(16, 8, 16, 8)
        self._acts.setSpacing(8)
        self._nothing = Empty("", "visit", parent=self)
        rows = column(self, 0)
        for part, stretch in ((self._scroll, 1), (self._foot, 0), (self._nothing, 1)):
            rows.addWidget(part, stretch)
        self.setFocusProxy(self._scroll)
        self._say(_("选中一条走访, 在这里看全部内容。"))

    @property
    def may_correct(self) -> bool:
        """The visit shown may be corrected here by the person signed in."""
        view = self.view
        return view is not None and view.mine and not view.row.voided and may(self.desk.actor, "visit.correct")

    def show_row(self, row: Line | None) -> None:
        """This row is read; none leaves a sentence."""
        self._asked = row.id if row is not None else None
        if row is None:
            self.view = None
            self._say(_("选中一条走访, 在这里看全部内容。"))
        elif row.draft:
            self.view = None
            self._show_draft(row)
        else:
            self._ask(row.id)

    def _ask(self, visit: uuid.UUID) -> None:
        def read(s: Session) -> Read:
            view = visits.one(s, visit)
            kept = [row for row in attachments.of(s, visit) if row.id != view.fields["signature"]]
            return view, history.of(s, visit), kept

        def done(found: Read) -> None:
            if self._asked == visit:
                self._show(*found)

        def failed(error: Exception) -> None:
            if self._asked == visit:
                words = say(error) if isinstance(error, Refusal) else _("这条走访没有读出来, 请再选一次。")
                self._say("")
                self._nothing.fail(words, report.describe(error))

        self.desk.tasks.read(read, done, failed, owner=self)

    # --- showing ----------------------------------------------------------------------------------------------------

    def _say(self, words: str) -> None:
        self._scroll.hide()
        self._foot.hide()
        self._nothing.say(words, "visit")
        self._nothing.show()

    def _show(self, view: VisitView, revisions: Sequence[Revision], kept: list[AttachmentRow]) -> None:
        self.view, self.photos = view, [row.id for row in kept]
        same = self._scroll.verticalScrollBar().value() if self._shown == view.row.id else 0
        self._shown = view.row.id
        inside, rows = self._sheet()
        self._head(rows, view)
        self._notes(rows, view)
        self._rest(rows, view)
        if kept:
            rows.addWidget(PhotoShelf(self.desk, kept))
        if len(revisions) > 1:
            self._history(rows, revisions)
        rows.addStretch(1)
        self._put(inside)
        self._scroll.verticalScrollBar().setValue(same)
        self._offer(view)

    _shown: uuid.UUID | None = None

    def _show_draft(self, row: Line) -> None:
        inside, rows = self._sheet()
        rows.addWidget(_title(row.home))
        rows.addWidget(_chips(row.state))
        rows.addWidget(prose(_("还没有提交, 只在这台电脑上, 不进台账。"), "secondary"))
        if row.summary:
            rows.addWidget(prose(row.summary))
        rows.addStretch(1)
        self._put(inside)
        draft = row.id
        self._buttons(
            (_("继续填写"), "edit", "primary", lambda: self.deeds.resume(draft)),
            (_("丢弃草稿"), "delete", "", lambda: self.deeds.discard(draft)),
        )

    def _sheet(self) -> tuple[QWidget, QVBoxLayout]:
        inside = QWidget()
        inside.setProperty("role", "clear")
        return inside, column(inside, 10, (20, 16, 20, 20))

    def _put(self, inside: QWidget) -> None:
        self._scroll.setWidget(inside)
        self._nothing.hide()
        self._scroll.show()
        self._foot.show()

    def _head(self, rows: QVBoxLayout, view: VisitView) -> None:
        row, raw = view.row, view.fields
        rows.addWidget(_title(row.address or row.met))
        rows.addWidget(_chips(state_of(row)))
        if row.handed_over:
            rows.addWidget(handed_over.sentence())
        length = _("{n} 分钟").format(n=raw["minutes"]) if raw["minutes"] else ""
        rows.addWidget(prose(" · ".join(p for p in (long_day(row.day), row.way, length) if p)))
        facts = [(_("走访对象"), row.met if row.address else ""), (_("走访人"), row.visitors), (_("网格"), row.grid)]
        duties = joined(self.desk.label("visit_duty", code) for code in raw["duties"] or ())
        facts.append((_("职责"), duties))
        facts.append((_("签名"), _("已签") if raw["signature"] else ""))
        for label, text in facts:
            if text:
                rows.addLayout(_fact(label, text))
        if view.void_reason:
            rows.addWidget(prose(_("作废原因: {reason}").format(reason=view.void_reason), "secondary"))

    def _notes(self, rows: QVBoxLayout, view: VisitView) -> None:
        for name, picture, title, _hint in STEPS:
            if text := view.fields[name]:
                rows.addWidget(_note(_(title), picture, text))
        for name, title in (("summary", _("小结")), ("problem", _("问题")), ("result", _("结果"))):
            if text := view.fields.get(name):
                rows.addWidget(_note(title, "visit", text))

    def _rest(self, rows: QVBoxLayout, view: VisitView) -> None:
        if view.helps:
            rows.addWidget(_note(_("帮扶"), "care", "\n".join(": ".join(p for p in one if p) for one in view.helps)))
        if view.row.next_on:
            rows.addLayout(_fact(_("下次走访"), long_day(view.row.next_on)))

    def _history(self, rows: QVBoxLayout, revisions: Sequence[Revision]) -> None:
        rows.addSpacing(8)
        title = prose(_("修改记录"))
        title.setProperty("role", "heading")
        rows.addWidget(title)
        line = Timeline(self)
        line.show_events(events(revisions, self.desk))
        line.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = line.takeWidget()
        if (around := inner.layout()) is not None:
            around.setContentsMargins(0, 4, 0, 0)
        line.deleteLater()
        rows.addWidget(inner)

    # --- acting -----------------------------------------------------------------------------------------------------

    def _offer(self, view: VisitView) -> None:
        deeds, visit = self.deeds, view.row.id
        acts: list[tuple[str, str, str, Callable[[], None]]] = []
        writes = may(self.desk.actor, "visit.correct")
        if view.row.voided:
            if writes and view.mine:
                acts.append((_("恢复"), "undo", "", lambda: deeds.restore(visit)))
        elif not view.row.handed_over:
            if may(self.desk.actor, "issue.register"):
                acts.append((_("转为事项"), "issue", "", lambda: deeds.to_issue(view)))
            if writes and view.mine:
                acts.append((_("更正"), "edit", "", lambda: deeds.correct(view, self.photos)))
                acts.append((_("作废"), "void", "danger", lambda: deeds.void(visit)))
        self._buttons(*acts)
        if writes and not view.mine and not view.row.handed_over:
            note = prose(_("在另一台电脑上记录, 请在那里更正。"), "caption")
            self._acts.insertWidget(0, note, 1)

    def _buttons(self, *acts: tuple[str, str, str, Callable[[], None]]) -> None:
        while self._acts.count():
            if (widget := self._acts.takeAt(0).widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for words, picture, kind, act in acts:
            button = QPushButton(words, self._foot)
            button.setProperty("kind", kind)
            dress(button, picture, {"primary": "accent_ink", "danger": "overdue"}.get(kind, "ink"))
            button.clicked.connect(lambda _on, do=act: do())
            self._acts.addWidget(button)
        self._acts.addStretch(1)


def _title(text: str) -> QLabel:
    label = prose(text)
    label.setProperty("role", "title")
    return label


def _chips(*states: str) -> QWidget:
    box = QWidget()
    flow = Flow(box, 6)
    for chip in (state_chip(state) for state in states):
        if chip is not None:
            flow.addWidget(ChipLabel(chip, box))
    return box


def _fact(label: str, text: str) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(12)
    name = prose(label, "secondary")
    name.setWordWrap(False)
    name.setFixedWidth(name.fontMetrics().horizontalAdvance("走访对象") + 12)
    line.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(prose(text), 1)
    return line


def _note(title: str, picture: str, text: str) -> QWidget:
    box = QFrame()
    box.setProperty("role", "note")
    rows = column(box, 2, (12, 8, 12, 10))
    top = QHBoxLayout()
    top.setSpacing(6)
    mark = QLabel(box)
    mark.setPixmap(pixmap(picture, theme().legible("accent", theme().card), 16, box.devicePixelRatio()))
    name = QLabel(title, box)
    name.setProperty("role", "label")
    top.addWidget(mark)
    top.addWidget(name, 1)
    rows.addLayout(top)
    rows.addWidget(prose(text))
    return box
