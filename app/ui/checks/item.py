"""One item of a checklist as it is answered: a digit for the verdict, a number, a choice, words, a photo."""

import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.clock import today
from app.i18n import _
from app.services.checks import CRITICAL_DEADLINE, DEADLINE
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.theme import mark
from app.ui.widgets.attached import PhotoEditor
from app.ui.widgets.chips import Chip, ChipLabel
from app.ui.widgets.dates import DateEditor
from app.ui.widgets.fields import Editor, NumberEditor, TextEditor
from app.ui.widgets.quick import DigitEditor

_VERDICTS = {"pass": ("done", "done"), "fail": ("waiting", "warning"), "na": ("draft", "void")}


class ItemCard(QFrame):
    """One item. `changed` after each answer, `done` when the next item should have the keyboard."""

    changed = Signal()
    done = Signal()

    def __init__(self, desk: Desk, number: int, item: Mapping[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk, self.item = desk, item
        self.setProperty("role", "note")
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(16, 12, 16, 12)
        self._rows.setSpacing(8)
        self._rows.addLayout(self._title(number))
        hints = [
            item.get("requirement") or "",
            _("方法: {method}").format(method=item["method"]) if item.get("method") else "",
        ]
        if any(hints):
            hint = QLabel(" · ".join(part for part in hints if part), self)
            hint.setWordWrap(True)
            hint.setTextFormat(Qt.TextFormat.PlainText)
            hint.setProperty("role", "secondary")
            self._rows.addWidget(hint)
        self.answer = self._make_answer()
        self._rows.addWidget(self.answer)
        self._below = QWidget(self)
        below = QVBoxLayout(self._below)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(6)
        self.note = TextEditor(_("哪里不合格, 看到了什么"))
        self.note.line.setAccessibleName(_("{item}: 说明").format(item=item["text"]))
        self.due = DateEditor()
        self.due.line.setAccessibleName(_("{item}: 整改期限").format(item=item["text"]))
        self.due.line.setMinimumWidth(self.due.line.fontMetrics().horizontalAdvance("2025年12月25日 周三") + 28)
        self.photos = PhotoEditor(desk)
        below.addWidget(self.note)
        below.addWidget(self._term())
        below.addWidget(self.photos)
        self._rows.addWidget(self._below)
        self._problem = QLabel("", self)
        self._problem.setProperty("role", "problem")
        self._problem.setWordWrap(True)
        self._problem.hide()
        self._rows.addWidget(self._problem)
        self._open = False
        self._listen()
        self._show()

    # --- values -----------------------------------------------------------------------------------------------------

    def value(self) -> dict[str, Any]:
        """The answer as a check keeps it; empty when nothing is answered."""
        found: dict[str, Any] = {"note": self.note.value(), "photos": [key.hex for key in self.photos.value()]}
        kind, given = self.item["kind"], self.answer.value()
        if kind == "verdict":
            found["verdict"] = given
        elif kind == "number":
            found |= {"verdict": "na"} if self._na.isChecked() else {"value": None if given is None else f"{given:g}"}
        elif kind == "photo":
            found["value"] = found.pop("photos")
        else:
            found["value"] = given
        if self.failed and (due := self.due.value()):
            found["due_on"] = due.isoformat()
        return {name: value for name, value in found.items() if value not in (None, "", [])}

    def set_value(self, given: Mapping[str, Any]) -> None:
        """The card shows this answer."""
        kind = self.item["kind"]
        ids = given.get("value" if kind == "photo" else "photos") or []
        self.photos.set_value([uuid.UUID(hex=text) for text in ids])
        if kind == "verdict":
            self.answer.set_value(given.get("verdict"))
        elif kind == "number":
            self._na.setChecked(given.get("verdict") == "na")
            self.answer.set_value(given.get("value"))
        elif kind != "photo":
            self.answer.set_value(given.get("value"))
        self.note.set_value(given.get("note"))
        self.due.set_value(date.fromisoformat(given["due_on"]) if given.get("due_on") else self._term_day())
        self._open = bool(given.get("note") or ids)
        self._show()

    @property
    def failed(self) -> bool:
        """The item does not pass as answered."""
        return self._verdict() == "fail"

    @property
    def answered(self) -> bool:
        """There is an answer."""
        given = self.value()
        return "value" in given or "verdict" in given

    def problem(self) -> str:
        """Why the answer cannot be read; empty when it can."""
        return self.answer.problem() or (self.due.problem() if self.failed else "")

    def tell(self, problem: str) -> None:
        """The problem stands in the card."""
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))

    def focus(self) -> None:
        """The answer has the keyboard."""
        self.answer.setFocus(Qt.FocusReason.TabFocusReason)

    # --- building ---------------------------------------------------------------------------------------------------

    def _title(self, number: int) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        words = QLabel(f"{number}. {self.item['text']}", self)
        words.setWordWrap(True)
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setProperty("role", "heading")
        line.addWidget(words, 1)
        if self.item.get("critical"):
            line.addWidget(ChipLabel(Chip(_("关键项"), "due", "star"), self), 0, Qt.AlignmentFlag.AlignVCenter)
        self._state = ChipLabel(Chip(""), self)
        line.addWidget(self._state, 0, Qt.AlignmentFlag.AlignVCenter)
        self._more = QPushButton(_("备注和照片"), self)
        self._more.setProperty("kind", "quiet")
        self._more.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        dress(self._more, "photo", "accent")
        self._more.clicked.connect(self._open_more)
        line.addWidget(self._more, 0, Qt.AlignmentFlag.AlignVCenter)
        return line

    def _make_answer(self) -> Editor:
        kind, item = self.item["kind"], self.item
        name = str(item["text"])
        made: Editor
        if kind == "verdict":
            made = DigitEditor(self.desk.choices("verdict"), optional=False)
        elif kind == "choice":
            made = DigitEditor([(one, one) for one in item["choices"]], optional=False)
        elif kind == "number":
            made = NumberEditor(self._bounds(), decimals=4)
            self._na = QPushButton(self.desk.label("verdict", "na"), self)
            self._na.setCheckable(True)
            self._na.setProperty("kind", "choice")
            self._na.setAccessibleName(_("{item}: 不适用").format(item=name))
            self._na.clicked.connect(self._changed)
            row = made.layout()
            assert isinstance(row, QHBoxLayout)
            row.insertWidget(2, self._na)
        elif kind == "photo":
            made = DigitEditor([])
            made.hide()
        else:
            made = TextEditor(_("写一句"))
        made.target().setAccessibleName(name)
        return made

    def _bounds(self) -> str:
        low, high, unit = self.item.get("low"), self.item.get("high"), self.item.get("unit") or ""
        if low is not None and high is not None:
            return _("{unit}  (合格 {low} 到 {high})").format(unit=unit, low=low, high=high)
        if low is not None:
            return _("{unit}  (合格 不小于 {low})").format(unit=unit, low=low)
        return _("{unit}  (合格 不大于 {high})").format(unit=unit, high=high) if high is not None else str(unit)

    def _term(self) -> QWidget:
        self._term_box = QWidget(self._below)
        line = QHBoxLayout(self._term_box)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        label = QLabel(_("整改期限"), self._term_box)
        label.setProperty("role", "label")
        line.addWidget(label)
        line.addWidget(self.due, 1)
        self.due.set_value(self._term_day())
        return self._term_box

    def _term_day(self) -> date:
        return today() + timedelta(days=CRITICAL_DEADLINE if self.item.get("critical") else DEADLINE)

    def _listen(self) -> None:
        for editor in (self.answer, self.note, self.due, self.photos):
            editor.changed.connect(self._changed)
        self.answer.entered.connect(self._go_on)
        self.note.entered.connect(lambda: self.due.setFocus() if self.failed else self.done.emit())
        self.due.entered.connect(self.done)

    # --- hearing ----------------------------------------------------------------------------------------------------

    def _verdict(self) -> str:
        if self.item["kind"] == "verdict":
            return str(self.answer.value() or "")
        if self.item["kind"] != "number":
            return ""
        if self._na.isChecked():
            return "na"
        number = self.answer.value()
        if number is None:
            return ""
        low, high = self.item.get("low"), self.item.get("high")
        inside = (low is None or number >= float(low)) and (high is None or number <= float(high))
        return "pass" if inside else "fail"

    def _changed(self) -> None:
        if self.item["kind"] == "number" and self._na.isChecked() and self.answer.target().hasFocus():
            self._na.setChecked(False)
        self.tell("")
        self._show()
        self.changed.emit()

    def _open_more(self) -> None:
        self._open = True
        self._show()
        self.note.setFocus()

    def _go_on(self) -> None:
        if self.failed and not self.note.value():
            self.note.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.done.emit()

    def _show(self) -> None:
        verdict, photo = self._verdict(), self.item["kind"] == "photo"
        self._below.setVisible(self.failed or self._open or photo)
        self.note.setVisible(not photo)
        self._term_box.setVisible(self.failed)
        self._more.setVisible(not (self.failed or self._open or photo))
        shown = verdict if self.item["kind"] == "number" else ""
        self._state.setVisible(bool(shown))
        if shown:
            self._state.set_chip(Chip(self.desk.label("verdict", shown), *_VERDICTS[shown]))

    def show_here(self, here: bool) -> None:
        """The card is the one being answered."""
        mark(self, here=here)
