"""The duties of a day as a list in order of due time: what, why, and how urgent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.i18n import N_, _
from app.services.drafts import DraftRow
from app.ui.icons import pixmap
from app.ui.theme import look, theme
from app.ui.widgets.chips import Chip, paint_chip
from app.ui.widgets.list_spec import Filter
from app.ui.widgets.text import clock_time, short_day

_DUTY = int(Qt.ItemDataRole.UserRole) + 1
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Duty:
    """One thing to do: where it opens, what it is, why it is due, and a chip that says how urgent; `group` as in `GROUPS`."""

    page: str
    record: Any
    title: str
    why: str
    icon: str
    chip: Chip | None = None
    order: int = 0
    group: str = ""


#: What the duties can be narrowed to.
GROUPS = (
    Filter("", N_("全部")),
    Filter("approve", N_("要批的")),
    Filter("do", N_("要办的")),
    Filter("chase", N_("要催的")),
    Filter("visit", N_("要走访的")),
    Filter("draft", N_("草稿")),
)
_ICONS = {"approve": "approve", "chase": "supervise"}


def days_chip(days: int | None, near: bool = False) -> Chip | None:
    """剩余 N 天 or 超期 N 天; None without a day to be kept. `near` says that its clock is yellow."""
    if days is None:
        return None
    if days < 0:
        return Chip(_("超期 {n} 天").format(n=-days), "overdue")
    if days == 0:
        return Chip(_("今天到期"), "due")
    soon = near or days <= 3
    return Chip(_("剩余 {n} 天").format(n=days), "due" if soon else "sent", "due" if soon else "time")


def _door(draft: DraftRow) -> tuple[str, dict[str, Any]]:
    """The page on which the draft is gone on with, and what it is asked."""
    page = {"visit": "visits", "issue": "issues", "check": "checks", "keying": "ledgers"}.get(draft.form)
    return (page, {"draft": draft.id}) if page else ("registry", {"kind": draft.form, "new": {}})


def duties_of(today: Any, day: date, label: Callable[[str], str]) -> list[Duty]:
    """The duties that the service's `Today` names, the most pressing first; `label` names a step. Drafts stand at the top."""
    found = [
        Duty(*_door(d), d.title or _("未完成的草稿"), _("草稿, 保存于 {time}").format(time=clock_time(d.saved_at)), "draft",
             Chip(_("草稿"), "draft"), -100_000, "draft")
        for d in today.drafts
    ]  # fmt: skip
    for visit in today.visits:
        days = (visit.next_on - day).days if visit.next_on else None
        why = _("上次走访 {day}, 约定 {next} 再访").format(day=short_day(visit.day), next=short_day(visit.next_on))
        title = visit.address or visit.met
        found.append(Duty("visits", {"again": visit.id}, title, why, "visit", days_chip(days), days or 0, "visit"))
    found += [_of_issue(one, label(one.step)) for one in today.issues]
    return sorted(found, key=lambda duty: duty.order)


def _of_issue(one: Any, step: str) -> Duty:
    """The step to take, and why; the chip says what is left of the term."""
    why = _("{step}: {why} · {number}").format(step=step, why=one.why, number=one.number)
    far = 10_000 if one.days is None else one.days
    chip = days_chip(one.days, one.near)
    record = {"issue": one.id, "step": one.step}
    return Duty("issues", record, one.title, why, _ICONS.get(one.group, "issue"), chip, far, one.group)


class DutyDelegate(QStyledItemDelegate):
    """Two lines: the title, below it why; the chip at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, round(look().row * 1.75))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        duty = index.data(_DUTY)
        colours, rect = theme(), option.rect  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.selection))
            painter.drawRoundedRect(rect.adjusted(4, 2, -4, -2), 6, 6)
        scale = painter.device().devicePixelRatio()
        painter.drawPixmap(rect.x() + 14, rect.center().y() - 9, pixmap(duty.icon, colours.secondary, 20, scale))
        right = rect.right() - 14
        if duty.chip is not None:
            wide = painter.fontMetrics().horizontalAdvance(duty.chip.text) + 38
            high = max(24, painter.fontMetrics().height() + 2)
            paint_chip(painter, QRect(right - wide, rect.y() + 8, wide, high), duty.chip, scale)
            right -= wide + 8
        left = rect.x() + 46
        upper = QRect(left, rect.y() + 7, right - left, rect.height() // 2 - 5)
        painter.setPen(QColor(colours.ink))
        text = painter.fontMetrics().elidedText(duty.title, Qt.TextElideMode.ElideRight, upper.width())
        painter.drawText(upper, int(Qt.AlignmentFlag.AlignVCenter), text)
        font = QFont(painter.font())
        font.setPointSizeF(look().points(9.5))
        painter.setFont(font)
        painter.setPen(QColor(colours.secondary))
        lower = QRect(left, rect.center().y() + 2, rect.right() - 14 - left, rect.height() // 2 - 6)
        text = painter.fontMetrics().elidedText(duty.why, Qt.TextElideMode.ElideRight, lower.width())
        painter.drawText(lower, int(Qt.AlignmentFlag.AlignVCenter), text)
        painter.restore()


class DutyList(QListWidget):
    """The duties; ↑ ↓ choose, Enter does the first thing that is due."""

    def __init__(self) -> None:
        super().__init__()
        self.setItemDelegate(DutyDelegate(self))
        self.setAccessibleName(_("要做的事"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)

    def show_duties(self, duties: Sequence[Duty]) -> None:
        """These duties, the marked place kept."""
        here = max(0, self.currentRow())
        self.clear()
        for duty in duties:
            item = QListWidgetItem(duty.title)
            item.setData(_DUTY, duty)
            spoken = f"{duty.title}, {duty.why}, {duty.chip.text if duty.chip else ''}"
            item.setData(int(Qt.ItemDataRole.AccessibleTextRole), spoken)
            self.addItem(item)
        if duties:
            self.setCurrentRow(min(here, len(duties) - 1))

    def duty(self) -> Duty | None:
        """The marked duty."""
        found = self.currentIndex().data(_DUTY)
        return found if isinstance(found, Duty) else None
