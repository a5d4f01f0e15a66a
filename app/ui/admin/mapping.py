"""Matching headers to fields, once; the next file with this header is understood by itself, and can be matched otherwise."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QLabel, QScrollArea, QWidget

from app.errors import Refusal
from app.i18n import _, say
from app.ui.admin.kinds import field_words, kind_words, kinds
from app.ui.widgets.dialogs import Question
from app.ui.widgets.fields import column

if TYPE_CHECKING:
    from app.services.imports.findings import Outcome, SheetOutcome

#: The first rows of a sheet: row → column letter → text.
Head = Mapping[int, Mapping[str, str]]


class SheetMapping(QWidget):
    """Sheets with one header: what kind of ledger they are, where the header stands, and what each column holds."""

    def __init__(self, names: Sequence[str], sheet: "SheetOutcome", head: Head, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names, self.sheet, self.head = names, sheet, head
        self.kind = QComboBox(self)
        self.kind.setAccessibleName(_("「{sheet}」是哪种台账").format(sheet=sheet.name))
        self.kind.addItem(_("这张表不导入"), "")
        for kind in kinds():
            self.kind.addItem(kind_words(kind), kind)
        self.rows = QComboBox(self)
        self.rows.setAccessibleName(_("「{sheet}」的表头在哪一行").format(sheet=sheet.name))
        self._found = "-".join(str(row) for row in dict.fromkeys((*sheet.header_rows[:1], *sheet.header_rows[-1:])))
        self._offer_rows()
        self.columns: dict[str, QComboBox] = {}
        self._columns = QWidget(self)
        self._grid = QGridLayout(self._columns)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        title = QLabel(_title(names), self)
        title.setProperty("role", "heading")
        rows = column(self, 8, (0, 0, 12, 8))
        for part in (title, self.kind, self.rows, self._columns):
            rows.addWidget(part)
        self._list(self._known())
        self.kind.setCurrentIndex(max(0, self.kind.findData(sheet.kind or self._likely())))
        self._offer()
        self.kind.currentIndexChanged.connect(self._other_kind)
        self.rows.currentIndexChanged.connect(self._other_rows)

    def value(self) -> dict[str, str]:
        """kind, rows of the header where they are not those found by the program, and column letter → field."""
        chosen = {letter: str(box.currentData()) for letter, box in self.columns.items() if box.currentData()}
        rows = str(self.rows.currentData() or "")
        told = {"rows": rows} if rows and (rows != self._found or self.sheet.remembered) else {}
        return {"kind": str(self.kind.currentData()), **told, **chosen}

    # --- the header -------------------------------------------------------------------------------------------------

    def _offer_rows(self) -> None:
        """Each of the first rows, and each pair of them, by what stands there."""
        last = None
        for row, cells in self.head.items():
            self.rows.addItem(_("表头在第 {row} 行: {words}").format(row=row, words=_shown(cells)), str(row))
            if last is not None and last + 1 == row:
                words = _("表头在第 {top}–{row} 两行").format(top=last, row=row)
                self.rows.addItem(f"{words}: {_shown(cells)}", f"{last}-{row}")
            last = row
        at = self.rows.findData(self._found)
        if at < 0 and self._found:
            self.rows.insertItem(0, _("表头在第 {row} 行").format(row=self._found), self._found)
            at = 0
        self.rows.setCurrentIndex(max(0, at))

    def _known(self) -> dict[str, tuple[str, str]]:
        """Column letter → header and field, as the check understood them."""
        known = {one.letter: (one.header, field) for field, one in self.sheet.columns.items()}
        return known | {one.letter: (one.header, one.proposed or "") for one in self.sheet.unmapped}

    def _headers(self) -> dict[str, str]:
        """Column letter → what the chosen rows say."""
        top, _dash, bottom = str(self.rows.currentData() or "").partition("-")
        upper = self.head.get(int(top), {}) if top else {}
        if not bottom:
            return dict(upper)
        lower = self.head.get(int(bottom), {})
        letters = dict.fromkeys((*upper, *lower))
        return {
            letter: f"{upper[letter]} / {lower[letter]}"
            if letter in upper and letter in lower and upper[letter] != lower[letter]
            else lower.get(letter) or upper[letter]
            for letter in letters
        }

    def _other_rows(self, _at: int) -> None:
        self._list({letter: (header, "") for letter, header in self._headers().items()})
        self._other_kind()

    def _other_kind(self, _at: int = 0) -> None:
        from app.services.imports.headers import guessed_fields

        kind = str(self.kind.currentData())
        headers = {letter: str(box.property("header")) for letter, box in self.columns.items()}
        guessed = guessed_fields(kind, headers) if kind else {}
        for letter, box in self.columns.items():
            box.setProperty("field", guessed.get(letter) or box.property("field"))
        self._offer()

    # --- the columns ------------------------------------------------------------------------------------------------

    def _list(self, known: Mapping[str, tuple[str, str]]) -> None:
        while self._grid.count():
            old = self._grid.takeAt(0).widget()
            old.hide()
            old.deleteLater()
        self.columns = {}
        for at, letter in enumerate(sorted(known, key=lambda name: (len(name), name))):
            header, field = known[letter]
            box = QComboBox(self)
            box.setAccessibleName(_("{letter} 列「{header}」是什么").format(letter=letter, header=header))
            box.setProperty("field", field)
            box.setProperty("header", header)
            label = QLabel(_("{letter} 列「{header}」").format(letter=letter, header=header.replace("\n", " ")), self)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            self._grid.addWidget(label, at, 0)
            self._grid.addWidget(box, at, 1)
            self.columns[letter] = box

    def _likely(self) -> str:
        """The kind that knows most of the fields already seen or proposed."""
        from app.services.imports.headers import layouts

        fields = {str(box.property("field")).partition(":")[0] for box in self.columns.values()} - {""}
        return max(kinds(), key=lambda kind: len(fields & set(layouts()[kind].fields))) if fields else ""

    def _offer(self) -> None:
        from app.services.imports.headers import layouts

        kind = str(self.kind.currentData())
        self._columns.setVisible(bool(kind))
        self.rows.setVisible(bool(kind))
        for box in self.columns.values() if kind else ():
            kept = box.property("field")
            box.clear()
            box.addItem(_("不用这一列"), "")
            for field in layouts()[kind].fields:
                box.addItem(field_words(kind, field), field)
            if kept and box.findData(kept) < 0 and ":" in str(kept):
                box.addItem(field_words(kind, str(kept).partition(":")[0]), kept)
            box.setCurrentIndex(max(0, box.findData(kept)))


class MappingDialog(Question):
    """All sheets of the file; `chosen` carries sheet → column → field."""

    chosen = Signal(object)

    def __init__(self, outcome: "Outcome", parent: QWidget | None = None) -> None:
        text = _("告诉程序每一列是什么, 只用说一次; 以后同样表头的文件会自己认出来, 也可以再改。")
        super().__init__(_("对应表头"), text, _("按这样重新检查"), parent)
        self.resize(720, 620)
        inner = QWidget()
        inner.setProperty("role", "clear")
        rows = column(inner, 16)
        self.sheets = [
            SheetMapping(names, sheet, dict(outcome.heads.get(names[0], ())), inner) for names, sheet in _alike(outcome)
        ]
        for one in self.sheets:
            rows.addWidget(one)
        rows.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setMinimumHeight(360)
        area.setWidget(inner)
        self.put(area)
        self.button.clicked.connect(self._go)

    def _go(self) -> None:
        from app.services.imports.mappings import sound

        told: dict[str, dict[str, Any]] = {}
        for one in self.sheets:
            value = one.value()
            if not value["kind"]:
                continue
            try:
                told |= dict.fromkeys(one.names, sound(value, one.names[0]))
            except Refusal as refusal:
                self.say(say(refusal))
                return
        self.accept()
        self.chosen.emit(told)


def _alike(outcome: "Outcome") -> list[tuple[list[str], "SheetOutcome"]]:
    """Sheets of one header together, those not understood first; then those in which no table was found."""
    from app.services.imports.findings import SheetOutcome

    found: dict[tuple[str, str | None], tuple[list[str], SheetOutcome]] = {}
    for sheet in sorted(outcome.sheets, key=lambda one: (one.kind is not None, not one.unmapped)):
        found.setdefault((sheet.fingerprint, sheet.kind), ([], sheet))[0].append(sheet.name)
    empty = [name for name, why in outcome.ignored.items() if why in ("no_table", "hidden") and outcome.heads.get(name)]
    return [*found.values(), *(([name], SheetOutcome(name, None, (), {})) for name in empty)]


def _title(names: Sequence[str]) -> str:
    if len(names) == 1:
        return _("工作表「{sheet}」").format(sheet=names[0])
    return _("工作表「{sheet}」等 {n} 张 (表头相同)").format(sheet=names[0], n=len(names))


def _shown(cells: Mapping[str, str]) -> str:
    return " ".join(text.replace("\n", " ")[:12] for text in list(cells.values())[:6])
