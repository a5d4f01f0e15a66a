"""The items of a checklist as one editor: all in a column or one at a time, with the count of what is answered."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QProgressBar, QPushButton, QScrollArea, QWidget

from app.errors import Refusal
from app.i18n import _, say
from app.services import answers
from app.ui.checks.item import ItemCard
from app.ui.checks.templates import Sheet
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.widgets.fields import Editor, column


class ItemsEditor(Editor):
    """The value maps an item's code to its answer, for the items that apply. `counted` tells how far one is."""

    counted = Signal(int, int, object)  # answered, applying, score or None

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.sheet: Sheet | None = None
        self.cards: dict[str, ItemCard] = {}
        self._single = False
        self._here = ""
        box = QWidget(self)
        self._rows = column(box, 10)
        self._row.addWidget(box)
        self._steps = QWidget(box)
        line = QHBoxLayout(self._steps)
        line.setContentsMargins(0, 0, 0, 0)
        self._back = QPushButton(_("上一项"), self._steps)
        dress(self._back, "left")
        self._back.clicked.connect(lambda: self._move(-1))
        self._on = QPushButton(_("下一项"), self._steps)
        dress(self._on, "right")
        self._on.clicked.connect(lambda: self._move(1))
        self._where = QLabel("", self._steps)
        self._where.setProperty("role", "secondary")
        for part, stretch in ((self._back, 0), (self._where, 1), (self._on, 0)):
            line.addWidget(part, stretch)
        self._where.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._steps.hide()

    # --- the checklist ----------------------------------------------------------------------------------------------

    def set_sheet(self, sheet: Sheet | None) -> None:
        """Another checklist is to be filled; nothing is answered."""
        for card in self.cards.values():
            self._rows.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._rows.removeWidget(self._steps)
        self.sheet, self.cards = sheet, {}
        for number, item in enumerate(sheet.items if sheet else (), 1):
            card = ItemCard(self.desk, number, item, self)
            card.changed.connect(self._changed)
            card.done.connect(lambda code=item["code"]: self._go_on(code))
            self._rows.addWidget(card)
            self.cards[item["code"]] = card
        self._rows.addWidget(self._steps)
        self._here = next(iter(self.cards), "")
        self._show()

    def show_single(self, on: bool) -> None:
        """One item at a time, or all in a column."""
        self._single = on
        self._here = self._focused() or self._next_open() or self._here
        self._show()
        if self._here:
            self.go(self._here)

    # --- as an editor -----------------------------------------------------------------------------------------------

    def value(self) -> dict[str, Any]:
        given = self._given()
        return {item["code"]: given[item["code"]] for item in self._asked(given) if given.get(item["code"])}

    def draft(self) -> dict[str, Any]:
        return {code: answer for code, answer in self._given().items() if answer}

    def set_value(self, value: Any) -> None:
        for code, card in self.cards.items():
            card.set_value((value or {}).get(code) or {})
        self._show()

    def problem(self) -> str:
        if self.sheet is None:
            return ""
        for item in self._asked(self._given()):
            if reason := self.cards[item["code"]].problem():
                self.point(item["code"], reason)
                return _("「{item}」填得不对, 请核对。").format(item=item["text"])
        try:
            answers.judge(self.sheet.items, self.value())
        except Refusal as refusal:
            self.point(str(refusal.params.get("field") or ""), _("请先回答这一项。"))
            return say(refusal)
        return ""

    def point(self, code: str, problem: str) -> None:
        """The problem stands at this item, which has the keyboard."""
        for one, card in self.cards.items():
            card.tell(problem if one == code else "")
        if code in self.cards:
            QTimer.singleShot(
                0, self, lambda: self.go(code) if code in self.cards else None
            )  # after the form has moved

    def target(self) -> QWidget:
        return self

    # --- moving -----------------------------------------------------------------------------------------------------

    def go(self, code: str) -> None:
        """This item has the keyboard and is seen."""
        self._here = code
        self._show()
        self.cards[code].focus()
        self._into_view(self.cards[code])

    def _go_on(self, code: str) -> None:
        shown = self._applying()
        at = shown.index(code) if code in shown else -1
        if at + 1 < len(shown):
            self.go(shown[at + 1])
        else:
            self.entered.emit()

    def _move(self, step: int) -> None:
        shown = self._applying()
        at = shown.index(self._here) if self._here in shown else 0
        if 0 <= at + step < len(shown):
            self.go(shown[at + step])
        elif step > 0:
            self.entered.emit()

    def _into_view(self, card: ItemCard) -> None:
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        if isinstance(above, QScrollArea):
            QApplication.sendPostedEvents()
            above.ensureWidgetVisible(card, 0, 60)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _given(self) -> dict[str, dict[str, Any]]:
        return {code: card.value() for code, card in self.cards.items()}

    def _asked(self, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        return answers.asked(self.sheet.items, given) if self.sheet else []

    def _applying(self) -> list[str]:
        return [item["code"] for item in self._asked(self._given())]

    def _focused(self) -> str:
        focus = QApplication.focusWidget()
        return next((code for code, card in self.cards.items() if focus and card.isAncestorOf(focus)), "")

    def _next_open(self) -> str:
        return next((code for code in self._applying() if not self.cards[code].answered), "")

    def _changed(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        given = self._given()
        shown = self._asked(given)
        codes = [item["code"] for item in shown]
        if self._here not in codes:
            self._here = codes[0] if codes else ""
        for code, card in self.cards.items():
            card.setVisible(code in codes and (not self._single or code == self._here))
        self._steps.setVisible(self._single and bool(codes))
        if self._here:
            self.setFocusProxy(self.cards[self._here].answer)
            self._where.setText(f"{codes.index(self._here) + 1} / {len(codes)}")
        done = sum(1 for code in codes if self.cards[code].answered)
        self.counted.emit(done, len(codes), self._score(shown, given))

    def _score(self, shown: list[dict[str, Any]], given: Mapping[str, dict[str, Any]]) -> int | None:
        judged = {
            code: {**answer, "verdict": "fail" if self.cards[code].failed else answer.get("verdict", "pass")}
            for code, answer in given.items()
            if self.cards[code].answered and self.cards[code].item["kind"] in ("verdict", "number")
        }
        return answers.score(shown, judged)


class Count(QWidget):
    """「12/30 · 得分 85」 with its bar."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = QLabel("", self)
        self.words.setProperty("role", "label")
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(_("已检查的项数"))
        self.bar.setFixedWidth(140)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self.bar)
        line.addWidget(self.words)

    def tell(self, done: int, whole: int, score: object) -> None:
        """So far."""
        self.bar.setRange(0, max(whole, 1))
        self.bar.setValue(done)
        text = f"{done}/{whole}"
        self.words.setText(text if score is None else _("{count} · 得分 {score}").format(count=text, score=score))
