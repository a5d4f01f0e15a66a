"""A package with its receipt as a reading pane: figures, what was not taken and why, what waits, conflicts, missing numbers."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.errors import Refusal
from app.i18n import N_, _, say
from app.ui import report
from app.ui.desk import Desk
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column
from app.ui.widgets.prose import prose, reading_area
from app.ui.widgets.text import gap_text, moment_text, numbers_text

if TYPE_CHECKING:
    import uuid

    from app.sync.reviewing import Point, Review

#: So many points of one kind are written out; the figures above tell how many there are.
MOST = 40
_COUNTS = (
    ("taken", N_("已收下")), ("had", N_("已有")), ("conflict", N_("待核定")), ("waiting", N_("等资料")),
    ("held", N_("等升级")), ("refused", N_("未采用")),
)  # fmt: skip


class ReceiptView(QFrame):
    """Shows the review of one package; `show_package(id)` asks for it, `reviewed` carries it when it is there."""

    reviewed = Signal(object)

    def __init__(self, desk: Desk, empty: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk, self._empty = desk, empty
        self.shown: Review | None = None
        self._wanted: uuid.UUID | None = None
        self.setProperty("role", "card")
        self.setMinimumWidth(300)
        self._area = reading_area(self, _("这个包的回执"))
        column(self, 0, (1, 1, 1, 1)).addWidget(self._area)
        self.show_package(None)

    def show_package(self, package: "uuid.UUID | None") -> None:
        """The package is asked for and shown; the old one stays until then."""
        from app.sync import reviewing

        self._wanted = package
        if package is None:
            self._say(_(self._empty))
            return

        def done(review: "Review") -> None:
            if self._wanted == package:
                self.show_review(review)

        self.desk.tasks.read(lambda s: reviewing.review(s, package), done, self._failed, owner=self)

    def show_review(self, review: "Review") -> None:
        """All about this package."""
        self.shown = review
        inside = QWidget()
        inside.setProperty("role", "clear")
        lines = column(inside, 8, (16, 14, 16, 14))
        lines.addWidget(prose(head_of(review), "heading"))
        lines.addWidget(prose(facts_of(review), "caption"))
        if review.undone_at is not None:
            lines.addWidget(
                prose(_("{at} 已撤回, 原来的值已恢复。").format(at=moment_text(review.undone_at)), "problem")
            )
        if review.reason:
            lines.addWidget(prose(review.reason, "problem"))
        for run in review.missing[:MOST]:
            lines.addWidget(prose(missing_words(review.incoming, *run), "problem"))
        if review.counts:
            lines.addLayout(_figures(review.counts))
        self._part(lines, _("未采用"), review.refused, review.counts.get("refused", 0) - len(review.answered))
        self._part(lines, _("未采用, 后来已更正或作废"), review.answered, len(review.answered))
        self._part(lines, _("等资料"), review.waiting, review.counts.get("waiting", 0) + review.counts.get("held", 0))
        self._part(lines, _("待核定"), review.conflicts, len(review.conflicts))
        if review.file:
            lines.addWidget(prose(review.file, "caption"))
        lines.addStretch(1)
        self._area.setWidget(inside)
        self.reviewed.emit(review)

    def _part(self, lines: QVBoxLayout, title: str, points: "Sequence[Point]", number: int) -> None:
        if not points:
            return
        lines.addSpacing(4)
        lines.addWidget(prose(f"{title} {len(points):,}", "label"))
        for point in points[:MOST]:
            lines.addWidget(self._point(point))
        if (left := max(number, len(points)) - MOST) > 0:
            lines.addWidget(prose(_("还有 {n} 条。").format(n=f"{left:,}"), "caption"))

    def _point(self, point: "Point") -> QWidget:
        box = QWidget()
        rows = column(box, 0)
        title = " · ".join(part for part in (point.kind, point.title) if part)
        if point.door is not None:
            rows.addWidget(_link(title, lambda: self.desk.open(*point.door) if point.door else None))
        else:
            rows.addWidget(prose(title))
        if point.why:
            rows.addWidget(prose(point.why, "secondary"))
        return box

    def _say(self, words: str) -> None:
        self.shown = None
        nothing = Empty(words, "preview")
        nothing.setProperty("role", "clear")
        self._area.setWidget(nothing)

    def _failed(self, error: Exception) -> None:
        words = say(error) if isinstance(error, Refusal) else _("没有读出来, 出错报告已保存。可以再试一次。")
        self._say(words)
        nothing = self._area.widget()
        if isinstance(nothing, Empty):
            nothing.fail(words, report.describe(error))


def head_of(review: "Review") -> str:
    """The site or headquarters, and the number of the package."""
    if review.feed:
        return _("总部下发")
    who = review.site or (_("不认识的站点") if review.incoming else _("本站"))
    return _("{who} 第 {n} 包").format(who=who, n=review.number) if review.number else who


def facts_of(review: "Review") -> str:
    """From where to where, when, how large, answered or not."""
    first, last = review.span
    parts = [
        numbers_text(first, last) if last >= first > 0 else "" if review.feed else _("只报告进度"),
        moment_text(review.at),
        f"{review.size / 1024:,.0f} KB" if review.size else "",
        _("回执 {at}").format(at=moment_text(review.answered_at)) if review.answered_at else "",
    ]
    return " · ".join(part for part in parts if part)


def missing_words(incoming: bool, *run: int) -> str:
    """What is lacking and what to do about it."""
    if incoming:
        words = _("还缺{what}, 到了自动接上。请这个站点再写一次上报包。")
    else:
        words = _("总部还缺{what}。再写一次上报包会一并补上, 不会重复。")
    return words.format(what=gap_text(*run))


def _figures(counts: dict[str, int]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(2)
    told = [(words, counts[what]) for what, words in _COUNTS if counts.get(what)]
    for row, (words, number) in enumerate(told):
        grid.addWidget(prose(_(words)), row, 0)
        figure = QLabel(f"{number:,}")
        figure.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid.addWidget(figure, row, 1)
    grid.setColumnStretch(2, 1)
    return grid


def _link(words: str, act: Callable[[], object]) -> QPushButton:
    button = QPushButton(words)
    button.setProperty("kind", "quiet")
    button.setStyleSheet("text-align: left; padding: 0; min-height: 0;")
    button.setAccessibleName(_("打开「{title}」").format(title=words))
    button.clicked.connect(lambda: act())
    return button
