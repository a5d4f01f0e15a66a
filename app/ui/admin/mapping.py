"""Matching the headers that were not understood, once; the next file with this header is understood by itself."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QLabel, QScrollArea, QWidget

from app.i18n import _
from app.ui.admin.kinds import field_words, kind_words, kinds
from app.ui.widgets.dialogs import Question
from app.ui.widgets.fields import column

if TYPE_CHECKING:
    from app.services.imports.findings import Outcome, SheetOutcome


class SheetMapping(QWidget):
    """One sheet: what kind of ledger it is, and what each column holds."""

    def __init__(self, sheet: "SheetOutcome", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet = sheet
        self.kind = QComboBox(self)
        self.kind.setAccessibleName(_("「{sheet}」是哪种台账").format(sheet=sheet.name))
        self.kind.addItem(_("这张表不导入"), "")
        for kind in kinds():
            self.kind.addItem(kind_words(kind), kind)
        self.columns: dict[str, QComboBox] = {}
        known: dict[str, tuple[str, str | None]] = {
            one.letter: (one.header, field) for field, one in sheet.columns.items()
        }
        known |= {one.letter: (one.header, one.proposed) for one in sheet.unmapped}
        self._columns = QWidget(self)
        grid = QGridLayout(self._columns)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(6)
        for at, letter in enumerate(sorted(known, key=lambda name: (len(name), name))):
            header, field = known[letter]
            box = QComboBox(self)
            box.setAccessibleName(_("{letter} 列「{header}」是什么").format(letter=letter, header=header))
            box.setProperty("field", field or "")
            label = QLabel(_("{letter} 列「{header}」").format(letter=letter, header=header.replace("\n", " ")), self)
            label.setTextFormat(Qt.TextFormat.PlainText)
            grid.addWidget(label, at, 0)
            grid.addWidget(box, at, 1)
            self.columns[letter] = box
        grid.setColumnStretch(1, 1)
        title = QLabel(_("工作表「{sheet}」").format(sheet=sheet.name), self)
        title.setProperty("role", "heading")
        rows = column(self, 8, (0, 0, 12, 8))
        rows.addWidget(title)
        rows.addWidget(self.kind)
        rows.addWidget(self._columns)
        self.kind.currentIndexChanged.connect(self._offer)
        self.kind.setCurrentIndex(max(0, self.kind.findData(sheet.kind or self._likely())))
        self._offer()

    def value(self) -> dict[str, str]:
        """kind, and column letter → field."""
        chosen = {letter: str(box.currentData()) for letter, box in self.columns.items() if box.currentData()}
        return {"kind": str(self.kind.currentData()), **chosen}

    def _likely(self) -> str:
        """The kind that knows most of the fields already seen or proposed."""
        from app.services.imports.headers import layouts

        fields = {str(box.property("field")).partition(":")[0] for box in self.columns.values()} - {""}
        return max(kinds(), key=lambda kind: len(fields & set(layouts()[kind].fields)))

    def _offer(self, _at: int = 0) -> None:
        from app.services.imports.headers import layouts

        kind = str(self.kind.currentData())
        self._columns.setVisible(bool(kind))
        for box in self.columns.values() if kind else ():
            kept = box.currentData() or box.property("field")
            box.clear()
            box.addItem(_("不用这一列"), "")
            for field in layouts()[kind].fields:
                box.addItem(field_words(kind, field), field)
            if kept and box.findData(kept) < 0 and ":" in str(kept):
                box.addItem(field_words(kind, str(kept).partition(":")[0]), kept)
            box.setCurrentIndex(max(0, box.findData(kept)))


class MappingDialog(Question):
    """All sheets with columns that were not understood; `chosen` carries sheet → column → field."""

    chosen = Signal(object)

    def __init__(self, outcome: "Outcome", parent: QWidget | None = None) -> None:
        text = _("告诉程序每一列是什么, 只用说一次; 以后同样表头的文件会自己认出来。")
        super().__init__(_("对应表头"), text, _("按这样重新检查"), parent)
        self.resize(640, 600)
        inner = QWidget()
        inner.setProperty("role", "clear")
        rows = column(inner, 16)
        open_sheets = [sheet for sheet in outcome.sheets if sheet.kind is None or sheet.unmapped]
        self.sheets = [SheetMapping(sheet, inner) for sheet in open_sheets]
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
        missing = [problem for one in self.sheets if (problem := _missing(one))]
        if missing:
            self.say(missing[0])
            return
        self.accept()
        self.chosen.emit({one.sheet.name: one.value() for one in self.sheets if one.kind.currentData()})


def _missing(one: SheetMapping) -> str:
    from app.services.imports.headers import layouts

    value: dict[str, Any] = one.value()
    if not value["kind"]:
        return ""
    fields = [field for letter, field in value.items() if letter != "kind"]
    twice = next((field for field in fields if fields.count(field) > 1), None)
    if twice:
        words = _("「{sheet}」里有两列都选了「{field}」, 请改一列。")
        return words.format(sheet=one.sheet.name, field=field_words(value["kind"], twice))
    lacking = [need for need in layouts()[value["kind"]].needs if need not in {f.partition(":")[0] for f in fields}]
    if lacking:
        words = _("「{sheet}」还缺「{field}」这一列, 请指明是哪一列。")
        return words.format(sheet=one.sheet.name, field=field_words(value["kind"], lacking[0]))
    return ""
