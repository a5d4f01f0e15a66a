"""One finding at the right of the table: the row as typed; of duplicates both sides."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.i18n import _, joined
from app.ui.admin.card import Card, Deed
from app.ui.admin.kinds import field_words
from app.ui.widgets.fields import column
from app.ui.widgets.text import plain

if TYPE_CHECKING:
    from app.services.imports.findings import Outcome

#: Keys of a record that are for the program, not for people.
INNER = ("row", "name_key", "place", "id", "number_of", "carried_from", "recurrence_of")


class FindingPane(QWidget):
    """What is wrong, what to do, and the row; a probable match can be told apart, a duplicate can be taken nevertheless.

    `decided` after each choice about duplicates.
    """

    decided = Signal()

    def __init__(self, label: Callable[[str, str | None], str]) -> None:
        super().__init__()
        self._label = label
        self.card = Card(_("选一条问题, 这里显示那一行的内容和怎么办。"))
        self.apart: set[tuple[str, int]] = set()
        self.choices: dict[tuple[str, int], str] = {}
        self._outcome: Outcome | None = None
        self._row: Any = None
        column(self, 0).addWidget(self.card)

    def show_outcome(self, outcome: "Outcome") -> None:
        """Findings of this file follow; choices made for a former one are forgotten."""
        self._outcome = outcome
        self.apart, self.choices = set(), {}
        self.show_row(None)

    def show_row(self, row: Any | None) -> None:
        self._row = row
        if row is None or self._outcome is None:
            self.card.clear()
            return
        place = _("工作表「{sheet}」第 {row} 行").format(sheet=row.sheet, row=row.row)
        facts = [(_("问题"), row.reason), (_("怎么办"), row.advice)]
        self.card.show_parts(place, facts, self._deeds(row), self._compared(row))

    def words(self, kind: str, field: str, value: Any) -> str:
        """A value of a field of this kind of ledger, as people read it."""
        return self._shown(kind, field, value)

    def _deeds(self, row: Any) -> list[Deed]:
        if row.state in ("twice", "chosen"):
            return self._choices(row)
        if row.finding.code != "W_PROBABLY_SAME":
            return []
        if (row.sheet, row.row) in self.apart:
            return [Deed(_("还是同一人, 合成一条"), "merge", lambda: self._tell_apart(row, False))]
        return [Deed(_("不是同一人, 另建一条"), "person", lambda: self._tell_apart(row, True))]

    def _choices(self, row: Any) -> list[Deed]:
        """What may be done about a duplicate, and the same for all of its kind."""
        alike = self._alike(row)
        offer = alike.get((row.sheet, row.row))
        if offer is None:
            return []
        if (row.sheet, row.row) in self.choices:
            return [Deed(_("还是不收这一行"), "undo", lambda: self._decide([(row.sheet, row.row)], None))]
        words = {"take": _("这一行也收入"), "update": _("用这一行的内容")}[offer]
        every = {"take": _("这样的 {n} 行都收入"), "update": _("这样的 {n} 行都用新的内容")}[offer]
        deeds = [Deed(words, "done", lambda: self._decide([(row.sheet, row.row)], offer))]
        if len(alike) > 1:
            deeds.append(Deed(every.format(n=len(alike)), "done", lambda: self._decide(list(alike), offer)))
        return deeds

    def _alike(self, row: Any) -> dict[tuple[str, int], str]:
        """The duplicates of the same kind, with what may be done about them."""
        from app.services.imports.chosen import offered

        assert self._outcome is not None
        return {
            (sheet.name, twice.row): offer
            for sheet in self._outcome.sheets
            for twice in sheet.duplicates
            if twice.kind == row.finding.code and (offer := offered(sheet.kind, twice))
        }

    def _decide(self, places: list[tuple[str, int]], choice: str | None) -> None:
        for place in places:
            if choice is None:
                self.choices.pop(place, None)
            else:
                self.choices[place] = choice
        self.decided.emit()
        self.show_row(self._row)

    def _tell_apart(self, row: Any, apart: bool) -> None:
        (self.apart.add if apart else self.apart.discard)((row.sheet, row.row))
        self.show_row(row)

    def _compared(self, row: Any) -> QWidget | None:
        assert self._outcome is not None
        sheet = next((one for one in self._outcome.sheets if one.name == row.sheet), None)
        if sheet is None or sheet.kind is None:
            return None
        twice = next((one for one in sheet.duplicates if one.row == row.row and row.state in ("twice", "chosen")), None)
        if twice is not None:
            if twice.other is not None:
                return self._beside(sheet.kind, twice.record, twice.other, _("已在册的"))
            return self._beside(sheet.kind, twice.record, self._earlier(twice.same_as), _("先出现的"))
        refused = next((one for one in sheet.rejected if one.row == row.row), None)
        here = refused.content if refused else next((one for one in sheet.records if one["row"] == row.row), None)
        return self._alone(sheet.kind, here) if here else None

    def _earlier(self, same_as: str) -> Mapping[str, Any] | None:
        """The earlier row of this file; of somebody on record only the name is known here."""
        name, mark, number = same_as.rpartition("|")[2].rpartition("!")
        assert self._outcome is not None
        if not mark:
            return {"name": same_as}
        for sheet in self._outcome.sheets:
            if sheet.name == name:
                return next((one for one in sheet.records if str(one["row"]) == number), None)
        return None

    def _alone(self, kind: str, row: Mapping[str, Any]) -> QWidget:
        table, grid = _grid()
        grid.setColumnStretch(1, 1)
        for at, field in enumerate(name for name in row if name not in INNER):
            if shown := self._shown(kind, field, row[field]):
                grid.addWidget(_text(field_words(kind, field), "caption"), at, 0, Qt.AlignmentFlag.AlignTop)
                grid.addWidget(_text(shown, ""), at, 1)
        return table

    def _beside(self, kind: str, one: Mapping[str, Any], other: Mapping[str, Any] | None, head: str) -> QWidget:
        """Both rows side by side, the heading above each pair; what differs is bold."""
        table, grid = _grid()
        for column_number, words in enumerate((_("这一行"), head)):
            grid.addWidget(_text(words, "label"), 0, column_number)
            grid.setColumnStretch(column_number, 1)
        for at, field in enumerate(name for name in one if name not in INNER):
            left = self._shown(kind, field, one.get(field))
            right = self._shown(kind, field, other.get(field)) if other else ""
            if left or right:
                differs = bool(right) and left != right
                grid.addWidget(_text(field_words(kind, field), "caption"), 2 * at + 1, 0, 1, 2)
                grid.addWidget(_text(left, "", differs), 2 * at + 2, 0, Qt.AlignmentFlag.AlignTop)
                grid.addWidget(_text(right, "", differs), 2 * at + 2, 1, Qt.AlignmentFlag.AlignTop)
        return table

    def _shown(self, kind: str, field: str, value: Any) -> str:
        from app.services.imports.headers import layouts
        from app.services.imports.stored import TABLES

        if isinstance(value, (list, tuple)):
            return joined(self._shown(kind, field, one) for one in value)
        if isinstance(value, bool):
            return _("是") if value else _("否")
        if isinstance(value, Mapping):
            return _limit(value)
        table = layouts()[kind].labels.get(field, field) if kind in layouts() else field
        if isinstance(value, str) and table in TABLES:
            return self._label(TABLES[table], value)
        return f"{value:g}" if isinstance(value, int | float) else plain(value)


def _limit(given: Mapping[str, Any]) -> str:
    """A time limit as the ledger states it."""
    if "days" in given:
        words = _("{n} 个工作日") if given["working"] else _("{n} 天")
        return words.format(n=given["days"])
    return str(given.get("date") or given.get("text") or "")


def _grid() -> tuple[QWidget, QGridLayout]:
    table = QWidget()
    grid = QGridLayout(table)
    grid.setContentsMargins(0, 8, 0, 0)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(4)
    return table, grid


def _text(words: str, role: str, strong: bool = False) -> QLabel:
    label = QLabel(words)
    label.setWordWrap(role != "caption")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("role", role)
    if strong:
        font = label.font()
        font.setBold(True)
        label.setFont(font)
        label.setAccessibleDescription(_("两边不一样"))
    return label
