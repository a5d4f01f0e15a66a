"""The page 今日: one plain sentence, the duties, what came from elsewhere, the week."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.i18n import N_, _, joined
from app.services import overview
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.page import Page
from app.ui.today import ledgers_due, rules_due
from app.ui.today.duties import GROUPS, Duty, DutyList, duties_of
from app.ui.today.week import WeekStrip
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column
from app.ui.widgets.filter_strip import FilterStrip
from app.ui.widgets.strip import Strip, of_headquarters
from app.ui.widgets.text import long_day, moment_text


def page(desk: Desk) -> Page:
    """The page 今日."""
    return TodayPage(desk)


class TodayPage(Page):
    """What is to be done, in order of due time; Enter opens it, F2 records a visit."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.sentence = QLabel("", self)
        self.day = QLabel("", self)
        self.duties = DutyList()
        self.groups = FilterStrip(GROUPS, self)
        self._group = ""
        self._all: list[Duty] = []
        self._ledgers: list[Duty] = []
        self._rules: list[Duty] = []
        self._own: list[Duty] = []
        self.nothing = Empty(_("今天没有到期的事。按 F2 记一次走访。"), "done", _("记走访"), self._new_visit)
        self.asked = Strip()
        self.week = WeekStrip()
        self.news = QVBoxLayout()
        self._build()

    def refresh(self) -> None:
        from app.sync import reminding

        self.desk.tasks.read(overview.today_for, self._show, owner=self)
        self.desk.tasks.read(reminding.open_reminders, self._show_asked, owner=self)
        self.desk.tasks.read(lambda s: ledgers_due.ask(s, self.desk.actor), self._show_ledgers, owner=self)
        self.desk.tasks.read(rules_due.ask, self._show_rules, owner=self)

    def _show_asked(self, asked: Sequence[Any]) -> None:
        self.asked.show_notes([of_headquarters(one.text, one.at, one.scope) for one in asked])

    def _build(self) -> None:
        self.sentence.setProperty("role", "heading")
        self.sentence.setWordWrap(True)
        self.day.setProperty("role", "caption")
        new = QPushButton(_("记走访"), self)
        new.setProperty("kind", "primary")
        new.setToolTip("F2")
        new.setShortcut("F2")
        dress(new, "add", "accent_ink")
        new.clicked.connect(self._new_visit)
        top = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.day)
        words.addWidget(self.sentence)
        top.addLayout(words, 1)
        top.addWidget(new, 0, Qt.AlignmentFlag.AlignVCenter)
        self._middle = QStackedWidget()
        self._middle.addWidget(self.duties)
        self._middle.addWidget(self.nothing)
        inside = QWidget()
        column(inside, 6).addWidget(self.groups)
        self.groups.setContentsMargins(16, 0, 16, 0)
        self.groups.chosen.connect(self._choose)
        inside.layout().addWidget(self._middle)  # type: ignore[union-attr]
        left = _card(_("要做的事"), inside)
        self.duties.itemActivated.connect(lambda _item: self._open_duty())
        rows = QVBoxLayout(self)
        rows.setContentsMargins(20, 16, 20, 16)
        rows.setSpacing(14)
        rows.addLayout(top)
        rows.addWidget(self.asked)
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(left, 3)
        line.addWidget(self._side(), 2)
        rows.addLayout(line, 1)

    def _side(self) -> QWidget:
        side = QWidget(self)
        rows = column(side, 16)
        rows.addWidget(_card(_("本周走访"), self.week))
        inner = QWidget()
        inner.setProperty("role", "clear")
        self.news.setContentsMargins(16, 4, 16, 12)
        self.news.setSpacing(10)
        inner.setLayout(self.news)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inner)
        rows.addWidget(_card(_("总部和兄弟单位的消息"), scroll), 1)
        return side

    # --- showing ----------------------------------------------------------------------------------------------------

    def _show(self, today: Any) -> None:
        self.day.setText(long_day(today.day))
        self.sentence.setText(sentence(today))
        self._own = duties_of(today, today.day, lambda step: self.desk.label("step_kind", step))
        self._tell_duties()
        self.week.show_week(today.week, today.day)
        self._show_news(today.news)

    def _show_ledgers(self, due: Sequence[Duty]) -> None:
        self._ledgers = list(due)
        self._tell_duties()

    def _show_rules(self, due: Sequence[Duty]) -> None:
        self._rules = list(due)
        self._tell_duties()

    def _tell_duties(self) -> None:
        self._all = sorted([*self._own, *self._ledgers, *self._rules], key=lambda duty: duty.order)
        counts = {
            key: sum(duty.group == key for duty in self._all) for key in ("approve", "do", "chase", "visit", "draft")
        }
        self.groups.tell({"": len(self._all), **counts})
        self._show_duties()

    def _choose(self, group: str) -> None:
        self._group = group
        self._show_duties()
        self.duties.setFocus()

    def _show_duties(self) -> None:
        """The duties of the chosen group; an empty group is not an empty day."""
        found = [duty for duty in self._all if self._group in ("", duty.group)]
        self.duties.show_duties(found)
        if not found and self._all:
            self.nothing.say(_("这一类现在没有要做的。"), "done", _("看全部"), lambda: self.groups.choose(""))
        elif not found:
            self.nothing.say(_("今天没有到期的事。按 F2 记一次走访。"), "done", _("记走访"), self._new_visit)
        self._middle.setCurrentWidget(self.duties if found else self.nothing)

    def _show_news(self, news: Sequence[Any]) -> None:
        while self.news.count():
            old = self.news.takeAt(0).widget()
            if old is not None:
                old.deleteLater()
        if not news:
            words = QLabel(_("最近两周没有新消息。下次同步后, 总部的答复和派单会出现在这里。"))
            words.setProperty("role", "caption")
            words.setWordWrap(True)
            self.news.addWidget(words)
        for one in news[:30]:
            self.news.addWidget(self._piece(one))
        self.news.addStretch(1)

    def _piece(self, one: Any) -> QWidget:
        piece = QWidget()
        rows = column(piece, 2)
        kind = self.desk.label("step_kind", one.kind)
        head = QPushButton(_("{kind} · {title}").format(kind=kind, title=one.title), piece)
        head.setProperty("kind", "quiet")
        head.setStyleSheet("text-align: left; padding: 0;")
        head.clicked.connect(lambda: self.desk.open("issues", one.issue))
        body = QLabel(one.text, piece)
        body.setWordWrap(True)
        body.setVisible(bool(one.text))
        foot = QLabel(f"{one.number} · {one.by} · {moment_text(one.at)}", piece)
        foot.setProperty("role", "caption")
        for part in (head, body, foot):
            rows.addWidget(part)
        return piece

    def _open_duty(self) -> None:
        duty = self.duties.duty()
        if duty is not None:
            self.desk.open(duty.page, duty.record)

    def _new_visit(self) -> None:
        self.desk.open("visits", {"new": {}})


def sentence(today: Any) -> str:
    """「今天 3 户要走访, 1 件事项明天到期, 2 条未上报」: only what there is."""
    day: date = today.day
    due = [visit for visit in today.visits if visit.next_on and visit.next_on <= day]
    late = {issue.id for issue in today.issues if issue.days is not None and issue.days < 0}
    soon = {issue.id for issue in today.issues if issue.days is not None and 0 <= issue.days <= 3}
    decide = sum(issue.group == "approve" for issue in today.issues)
    parts = [
        _("{n} 件等您批").format(n=decide) if decide else "",
        _("{n} 户要走访").format(n=len(due)) if due else "",
        _("{n} 件事项超期").format(n=len(late)) if late else "",
        _("{n} 件事项三天内到期").format(n=len(soon)) if soon else "",
        _("{n} 份草稿没写完").format(n=len(today.drafts)) if today.drafts else "",
        _("{n} 条未上报").format(n=today.counts.unsent) if today.counts.unsent else "",
        _("{n} 处不一致待核定").format(n=today.counts.conflicts) if today.counts.conflicts else "",
    ]
    told = joined((part for part in parts if part), N_(", "))
    return _("今天 {what}。").format(what=told) if told else _("今天没有到期的事。")


def _card(title: str, body: QWidget) -> QFrame:
    card = QFrame()
    card.setProperty("role", "card")
    rows = QVBoxLayout(card)
    rows.setContentsMargins(0, 12, 0, 8)
    rows.setSpacing(6)
    words = QLabel(title, card)
    words.setProperty("role", "label")
    words.setContentsMargins(16, 0, 16, 0)
    rows.addWidget(words)
    rows.addWidget(body, 1)
    return card
