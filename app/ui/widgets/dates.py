"""Dates and times as people type them."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QToolButton, QWidget

from app.clock import today
from app.i18n import _
from app.ui.icons import dress
from app.ui.theme import look
from app.ui.widgets.day_popup import DayPopup
from app.ui.widgets.fields import TextEditor
from app.ui.widgets.text import long_day

_WORDS = {
    "今天": 0, "今日": 0, "今": 0, "jt": 0, "today": 0, "t": 0,
    "昨天": -1, "昨日": -1, "昨": -1, "zt": -1, "yesterday": -1, "前天": -2,
    "明天": 1, "明": 1, "mt": 1, "tomorrow": 1, "后天": 2,
}  # fmt: skip
_WIDE = str.maketrans("０１２３４５６７８９．／－：", "0123456789./-:")
_MONTHS = {
    name: n
    for n, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_WEEK = {name: number for number, name in enumerate("一二三四五六日")} | {"天": 6}


def parse_day(text: str, base: date | None = None) -> date | None:
    """The day meant by 今天, 昨天, 3.5, 3月5日, 20250305, 2025-3-5, 周三, 5 (of this month), +3; None when unreadable.

    A day without a year is the one nearest to the base that is not more than half a year away; 周三 is of this week.
    """
    here = base or today()
    said = re.sub(r"\s+", "", text.translate(_WIDE)).lower()
    said = re.sub(r"(?<=[\d日号])(周|星期|礼拜)[一二三四五六日天]$", "", said)
    if said in _WORDS:
        return here + timedelta(days=_WORDS[said])
    if found := re.fullmatch(r"[+-]\d{1,3}", said):
        return here + timedelta(days=int(found[0]))
    if found := re.fullmatch(r"(上|下|本|这)?(?:周|星期|礼拜)([一二三四五六日天])", said):
        weeks = {"上": -1, "下": 1}.get(found[1] or "", 0)
        return here + timedelta(days=_WEEK[found[2]] - here.weekday() + 7 * weeks)
    if found := re.fullmatch(r"(\d{4})(\d{2})(\d{2})|(\d{4})[./年-](\d{1,2})[./月-](\d{1,2})[日号]?", said):
        parts = [int(part) for part in found.groups() if part]
        return _day(*parts)
    if (found := re.fullmatch(r"(?:[a-z]{3})?(\d{1,2})([a-z]{3})(\d{4})?", said)) and found[2] in _MONTHS:
        return _day(int(found[3] or here.year), _MONTHS[found[2]], int(found[1]))
    if found := re.fullmatch(r"(\d{2})(\d{2})(\d{2})", said):
        return _day(2000 + int(found[1]), int(found[2]), int(found[3]))
    if found := re.fullmatch(r"(\d{1,2})[./月-](\d{1,2})[日号]?", said):
        near = [_day(here.year + step, int(found[1]), int(found[2])) for step in (0, -1, 1)]
        days = [day for day in near if day is not None]
        return min(days, key=lambda day: abs((day - here).days)) if days else None
    if found := re.fullmatch(r"(\d{1,2})[日号]?", said):
        return _day(here.year, here.month, int(found[1]))
    return None


def parse_time(text: str) -> time | None:
    """The time meant by 9, 930, 9:30, 9点半, 下午3点, 15.20; None when unreadable."""
    said = re.sub(r"\s+", "", text.translate(_WIDE)).lower()
    later = 12 if re.match(r"(下午|晚上|pm)", said) else 0
    said = re.sub(r"^(上午|早上|中午|下午|晚上|am|pm)", "", said)
    said = said.replace("点半", ":30").replace("点", ":").rstrip("分:")
    found = re.fullmatch(r"(\d{1,2})(?:[:.](\d{1,2}))?|(\d{1,2})(\d{2})", said)
    if not found:
        return None
    hour, minute = int(found[1] or found[3]), int(found[2] or found[4] or 0)
    hour += later if hour < 12 else 0
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


class DateEditor(TextEditor):
    """A day: typed in any usual way, shown as 2025年3月5日 周三; ↑ ↓ move by a day, the button opens a calendar."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_("今天、昨天、3.5、20250305"), parent=parent)
        self.line.setMaximumWidth(round(260 * look().size / 11))
        self.line.setMinimumWidth(self.line.fontMetrics().horizontalAdvance(long_day(date(2025, 12, 24))) + 28)
        self.line.editingFinished.connect(self._show)
        self._door = QToolButton(self)
        dress(self._door, "calendar", "secondary")
        self._door.setToolTip(_("打开日历"))
        self._door.setAccessibleName(_("打开日历"))
        self._door.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._door.clicked.connect(self._open)
        self._row.addWidget(self._door)
        self._row.addStretch()
        self._day: date | None = None
        self.line.textEdited.connect(self._forget)

    def value(self) -> Any:
        return self._day or parse_day(self.line.text())

    def set_value(self, value: Any) -> None:
        self._day = None
        self.line.setText(value if isinstance(value, str) else "")
        if isinstance(value, date):
            self._day = value
        self._show()

    def draft(self) -> Any:
        return self.value() or self.line.text() or None

    def problem(self) -> str:
        if self.line.text().strip() and self.value() is None:
            return _("没有看懂这个日期, 可以写 今天、3.5 或 20250305。")
        return ""

    def keyPressEvent(self, event: Any) -> None:
        step = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(event.key())
        if step is None:
            super().keyPressEvent(event)
            return
        self._take((self.value() or today()) + timedelta(days=step))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._show()
        super().focusOutEvent(event)

    def _forget(self) -> None:
        self._day = None

    def _show(self) -> None:
        if (day := self.value()) is not None:
            self._day = day
            self.line.setText(long_day(day))

    def _take(self, day: date) -> None:
        self._day = day
        self._show()
        self.changed.emit()

    def _open(self) -> None:
        DayPopup(self.value() or today(), self._take, self).open_under(self)


class TimeEditor(TextEditor):
    """A time of day: 9, 930, 9点半, 下午3点; shown as 09:30."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_("9:30"), parent=parent)
        self.line.setMaximumWidth(round(140 * look().size / 11))
        self.line.editingFinished.connect(self._show)
        self._row.addStretch()

    def value(self) -> Any:
        return parse_time(self.line.text())

    def set_value(self, value: Any) -> None:
        if isinstance(value, datetime):
            value = value.time()
        self.line.setText(value if isinstance(value, str) else f"{value:%H:%M}" if value else "")

    def draft(self) -> Any:
        return self.value() or self.line.text() or None

    def problem(self) -> str:
        if self.line.text().strip() and self.value() is None:
            return _("没有看懂这个时间, 可以写 9:30 或 下午3点。")
        return ""

    def _show(self) -> None:
        if (found := self.value()) is not None:
            self.line.setText(f"{found:%H:%M}")
