"""The left side of 台账: which ledger, which period, whose."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from app.clock import today
from app.i18n import _
from app.ui.desk import Desk
from app.ui.icons import dress, icon
from app.ui.ledgers.scoping import ScopeDialog, Whose
from app.ui.tasks import Session
from app.ui.theme import look
from app.ui.widgets.choices import ChoiceEditor
from app.ui.widgets.fields import column

if TYPE_CHECKING:
    from app.ledgers.editions import Subject
    from app.ledgers.layouts import Printed
    from app.ledgers.period import Period, Span

EARLIEST = 2015


@dataclass(frozen=True)
class Choice:
    """One ledger or layout as it is to be drawn."""

    ledger: "Printed"
    period: "Period"
    whose: Whose
    masked: bool = True
    blank: bool = False

    @property
    def subject(self) -> "Subject":
        """What an edition of it would be of."""
        from app.ledgers.editions import Subject
        from app.ledgers.layouts import LaidOut
        from app.ledgers.scope import Scope

        scope, one = Scope(self.whose.path, self.whose.grid), self.ledger
        if isinstance(one, LaidOut):
            return Subject(one.kind.name, self.period, scope, one.id)
        return Subject(one.name, self.period, scope)

    @property
    def title(self) -> str:
        """What the ledger is called."""
        return called(self.ledger)


def called(printed: "Printed") -> str:
    """The ledger by its name in the user's language, the layout by the name its unit gave it."""
    from app.ledgers.layouts import LaidOut

    return printed.title if isinstance(printed, LaidOut) else _(printed.title)


class PeriodPicker(QWidget):
    """Month, quarter or year, with a step back and forth."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        from app.ledgers.period import Period

        super().__init__(parent)
        self.period: Period = Period.around(today(), "month")
        self.span = ChoiceEditor([("month", _("月度")), ("quarter", _("季度")), ("year", _("年度"))], optional=False)
        self.span.setAccessibleName(_("统计期间: 月、季或年"))
        self.span.changed.connect(lambda: self.show_span(self.span.value(), tell=True))
        self.years, self.parts = QComboBox(self), QComboBox(self)
        self.years.setAccessibleName(_("年份"))
        for box in (self.years, self.parts):
            box.setMaxVisibleItems(13)
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            box.activated.connect(lambda _at: self._chosen())
        for year in range(today().year + 1, EARLIEST - 1, -1):
            self.years.addItem(_("{year}年").format(year=year), year)
        line = QHBoxLayout()
        line.setSpacing(4)
        before, after = self._step("left", _("上一期"), -1), self._step("right", _("下一期"), 1)
        for part, share in ((before, 0), (self.years, 3), (self.parts, 2), (after, 0)):
            line.addWidget(part, share)
        rows = column(self, 8)
        rows.addWidget(self.span)
        rows.addLayout(line)
        for one, other in pairwise([*self.span.stops(), before, self.years, self.parts, after]):
            QWidget.setTabOrder(one, other)
        self.show_period(self.period)

    def show_period(self, period: "Period") -> None:
        """This period is chosen; `changed` is not emitted."""
        self.period = period
        self.span.set_value(period.span)
        self.years.setCurrentIndex(self.years.findData(period.first.year))
        self.parts.clear()
        for at in range({"month": 12, "quarter": 4, "year": 0}[period.span]):
            self.parts.addItem(self._part(period.span, at), at)
        self.parts.setVisible(period.span != "year")
        self.parts.setAccessibleName(_("月份") if period.span == "month" else _("季度"))
        if period.span != "year":
            self.parts.setCurrentIndex((period.first.month - 1) // (1 if period.span == "month" else 3))

    def show_span(self, span: "Span", *, tell: bool = False) -> None:
        """The period of this length that holds the end of the present one, but none that lies ahead."""
        from app.ledgers.period import Period

        self.show_period(Period.around(min(self.period.last, max(today(), self.period.first)), span))
        if tell:
            self.changed.emit()

    def step(self, by: int) -> None:
        """The period before (-1) or after (+1)."""
        from app.ledgers.period import Period

        after = Period.around(self.period.last + timedelta(days=1), self.period.span)
        self._take(self.period.before if by < 0 else after)

    def _chosen(self) -> None:
        from datetime import date

        from app.ledgers.period import Period

        months = {"month": 1, "quarter": 3, "year": 12}[self.period.span]
        month = max(self.parts.currentIndex(), 0) * months + 1
        self._take(Period.around(date(self.years.currentData(), month, 1), self.period.span))

    def _take(self, period: "Period") -> None:
        if period != self.period and self.years.findData(period.first.year) >= 0:
            self.show_period(period)
            self.changed.emit()

    def _part(self, span: str, at: int) -> str:
        if span == "month":
            return _("{month}月").format(month=at + 1)
        return (_("一季度"), _("二季度"), _("三季度"), _("四季度"))[at]

    def _step(self, picture: str, words: str, by: int) -> QToolButton:
        button = QToolButton(self)
        dress(button, picture)
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.clicked.connect(lambda: self.step(by))
        return button


class Choosing(QFrame):
    """What is to be drawn; `changed` after each choice of the person."""

    changed = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "sheet")
        self.desk = desk
        self.setMinimumWidth(round(268 * look().size / 11))
        self._quiet, self._listed = True, False
        self._whose = Whose(desk.actor.path if desk.actor is not None else "", None, "")
        self.ledgers = self._list()
        self.period = PeriodPicker(self)
        self.scope = QPushButton(self)
        self.full, self.blank = QCheckBox(_("显示完整号码"), self), QCheckBox(_("空白表 (手填)"), self)
        rows = column(self, 8, (16, 12, 16, 12))
        self.layouts, self.key = QPushButton(_("版式…"), self), QPushButton(_("补录…"), self)
        for words, widget, share in (
            (_("台账"), self.ledgers, 1),
            (_("统计期间"), self.period, 0),
            (_("填报范围"), self.scope, 0),
        ):
            rows.addWidget(self._heading(words, widget))
            rows.addWidget(widget, share)
            if widget is self.ledgers:
                rows.addLayout(_side_by_side(self.layouts, self.key))
        rows.addLayout(_side_by_side(self.full, self.blank))
        for one, other in pairwise([self.ledgers, self.layouts, self.key, *self.period.span.stops()]):
            QWidget.setTabOrder(one, other)
        self._dress()
        self._quiet = False

    @property
    def choice(self) -> Choice:
        """What is chosen now."""
        item = self.ledgers.currentItem()
        masked = not (self.full.isVisibleTo(self) and self.full.isChecked())
        return Choice(
            item.data(int(Qt.ItemDataRole.UserRole)), self.period.period, self._whose, masked, self.blank.isChecked()
        )

    def show_ledger(self, name: str) -> bool:
        """The ledger of this name is chosen; False for an unknown one."""
        for at in range(self.ledgers.count()):
            if self.ledgers.item(at).data(int(Qt.ItemDataRole.UserRole)).name == name:
                self.ledgers.setCurrentRow(at)
                return True
        return False

    def show_whose(self, whose: Whose) -> None:
        """The ledger is about this unit or grid."""
        self._whose = whose
        words = whose.name or _("本单位全部")
        self.scope.setText(self.scope.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, 190))
        self.scope.setAccessibleName(_("填报范围: {name}").format(name=words))
        self.scope.setToolTip(words)
        self._tell()

    def _list(self) -> QListWidget:
        from app.ledgers.catalogue import LEDGERS

        made = QListWidget(self)
        made.setAccessibleName(_("台账"))
        made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        made.setTextElideMode(Qt.TextElideMode.ElideRight)
        made.setMinimumHeight(3 * look().row)
        for ledger in LEDGERS:
            made.addItem(_item(ledger))
        return made

    def reload(self) -> None:
        """The layouts in sight stand below the ledgers, as they are now; `changed` when the one chosen has become another."""

        def ask(s: Session) -> "list[Printed]":
            from app.ledgers.layouts import offered

            return offered(s)

        self.desk.tasks.read(ask, self._list_anew, lambda _error: None, owner=self)

    def _list_anew(self, offered: "list[Printed]") -> None:
        before, self._quiet = self.choice.ledger, True
        wanted = self.desk.places.get("ledgers/last", "") if not self._listed else before.name
        self._listed = True
        self.ledgers.blockSignals(True)
        self.ledgers.clear()
        for one in offered:
            self.ledgers.addItem(_item(one))
        if not self.show_ledger(wanted):
            self.ledgers.setCurrentRow(0)
        self.ledgers.blockSignals(False)
        self._quiet = False
        if (now := self.choice.ledger) != before:
            if now.span != before.span:
                self.period.show_span(now.span)
            self._tell()

    def _dress(self) -> None:
        if not self.show_ledger(self.desk.places.get("ledgers/last", "")):
            self.ledgers.setCurrentRow(0)
        self.period.show_span(self.choice.ledger.span)
        dress(self.layouts, "template")
        dress(self.key, "edit")
        self.key.setToolTip(_("把手填的空白表按纸上的列序录进来") + "  Ctrl+B")
        self.key.setVisible(self.may_key)
        self.layouts.setToolTip(_("台账版式: 改列、顺序、分组、签名, 或用本单位自己的 Excel 表") + "  Ctrl+Shift+L")
        dress(self.scope, "unit")
        self.scope.setStyleSheet("text-align: left")
        self.scope.clicked.connect(self._ask_scope)
        self.show_whose(self._whose)
        self.full.setToolTip(_("显示身份证号和电话的全部数字, 需要有相应权限。"))
        self.full.setVisible(self._may_reveal())
        self.full.setChecked(False)
        self.full.clicked.connect(self._tell)
        self.blank.clicked.connect(self._tell)
        self.ledgers.currentRowChanged.connect(self._other_ledger)
        self.period.changed.connect(self._tell)

    def _heading(self, words: str, widget: QWidget) -> QLabel:
        label = QLabel(words, self)
        label.setProperty("role", "caption")
        label.setBuddy(widget)
        return label

    def _may_reveal(self) -> bool:
        from app.services.access import may

        return self.desk.actor is not None and may(self.desk.actor, "person.reveal")

    @property
    def may_key(self) -> bool:
        """The person may take in what was written on paper: by the rules, and with the right, of the import."""
        from app.services.access import may

        return self.desk.actor is not None and may(self.desk.actor, "import")

    def _other_ledger(self, _row: int) -> None:
        ledger = self.choice.ledger
        self.desk.places.put("ledgers/last", ledger.name)
        self.period.show_span(ledger.span)
        self._tell()

    def _ask_scope(self) -> None:
        dialog: Any = ScopeDialog(self.desk, self._whose, self)
        dialog.taken.connect(self.show_whose)
        dialog.open()

    def _tell(self) -> None:
        if not self._quiet:
            self.changed.emit()


def _side_by_side(*parts: QWidget) -> QHBoxLayout:
    """On one line: an enlarged screen is low."""
    line = QHBoxLayout()
    line.setSpacing(8)
    for part in parts:
        line.addWidget(part)
    return line


def _item(printed: "Printed") -> QListWidgetItem:
    from app.ledgers.layouts import LaidOut

    own = isinstance(printed, LaidOut)
    item = QListWidgetItem(icon("template" if own else "ledger", "secondary"), called(printed))
    item.setToolTip(called(printed))
    item.setSizeHint(QSize(0, look().row))
    item.setData(int(Qt.ItemDataRole.UserRole), printed)
    return item
