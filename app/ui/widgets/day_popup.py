"""A month to choose a day from."""

from collections.abc import Callable
from datetime import date, timedelta

from PySide6.QtCore import QDate, QLocale, QPoint, QSize, Qt
from PySide6.QtGui import QColor, QTextCharFormat
from PySide6.QtWidgets import QCalendarWidget, QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.clock import today
from app.i18n import _, language
from app.ui.icons import icon
from app.ui.theme import theme


class DayPopup(QFrame):
    """The month of `day` under a field; choosing a day calls `take` and closes."""

    def __init__(self, day: date, take: Callable[[date], None], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("role", "float")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._take = take
        self.month = self._month(day)
        quick = QHBoxLayout()
        for words, away in ((_("今天"), 0), (_("昨天"), -1), (_("前天"), -2)):
            button = QPushButton(words, self)
            button.setProperty("kind", "quiet")
            button.clicked.connect(lambda _on, n=away: self._chosen(today() + timedelta(days=n)))
            quick.addWidget(button)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(8, 8, 8, 4)
        rows.addWidget(self.month)
        rows.addLayout(quick)

    def open_under(self, field: QWidget) -> None:
        """Seen below the field, with the keyboard in the days."""
        self.move(field.mapToGlobal(QPoint(0, field.height() + 2)))
        self.show()
        self.month.setFocus()

    def _month(self, day: date) -> QCalendarWidget:
        month = QCalendarWidget(self)
        month.setLocale(QLocale("en_GB" if language() == "en" else "zh_CN"))
        month.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
        month.setHorizontalHeaderFormat(QCalendarWidget.HorizontalHeaderFormat.SingleLetterDayNames)
        month.setFirstDayOfWeek(Qt.DayOfWeek.Monday)
        plain = QTextCharFormat()
        plain.setForeground(QColor(theme().ink))
        for weekend in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):  # red is for what is overdue
            month.setWeekdayTextFormat(weekend, plain)
        for name, meaning, words in (("prev", "left", _("上个月")), ("next", "right", _("下个月"))):
            arrow = month.findChild(QToolButton, f"qt_calendar_{name}month")
            if isinstance(arrow, QToolButton):
                arrow.setIcon(icon(meaning, "secondary"))
                arrow.setIconSize(QSize(16, 16))
                arrow.setAccessibleName(words)
        month.setSelectedDate(QDate(day.year, day.month, day.day))
        month.activated.connect(lambda q: self._chosen(date(q.year(), q.month(), q.day())))
        month.clicked.connect(lambda q: self._chosen(date(q.year(), q.month(), q.day())))
        return month

    def _chosen(self, day: date) -> None:
        if self.isVisible():
            self.close()
            self._take(day)
