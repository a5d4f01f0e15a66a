"""The saved filters of a list as chips, on as many lines as they need; of many, those that keep nothing stand back."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from app.i18n import _
from app.ui.widgets.choices import Flow, Toggle
from app.ui.widgets.list_spec import Filter

#: Of more filters than this, those known to keep no row are seen only when asked for.
MANY = 12


class FilterStrip(QWidget):
    """One chip each, the first one chosen at the beginning; counts stand on the chips once they are known."""

    chosen = Signal(str)  # the filter's key

    def __init__(self, filters: Sequence[Filter], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filters = {one.key: one for one in filters}
        self._chips: dict[str, Toggle] = {}
        flow = Flow(self, 6)
        for one in filters:
            chip = Toggle(_(one.title), self)
            chip.setAutoExclusive(True)
            chip.setProperty("kind", "chip")
            chip.setAccessibleName(_("筛选: {name}").format(name=_(one.title)))
            chip.clicked.connect(lambda _on, key=one.key: self.chosen.emit(key))
            self._chips[one.key] = chip
            flow.addWidget(chip)
        self.more = QPushButton(self)
        self.more.setProperty("kind", "quiet")
        self.more.setCheckable(True)
        self.more.toggled.connect(lambda _on: self._set_back())
        self.more.hide()
        flow.addWidget(self.more)
        self._idle: set[str] = set()
        if filters:
            self._chips[filters[0].key].setChecked(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setVisible(bool(filters))

    def choose(self, key: str) -> bool:
        """The person's press on this filter; False when there is none of this key."""
        if key in self._chips:
            self._chips[key].click()
        return key in self._chips

    def name(self, key: str) -> str:
        """The filter as people read it; empty for an unknown one."""
        return _(self._filters[key].title) if key in self._filters else ""

    def tell(self, counts: Mapping[str, int]) -> None:
        """How many rows each filter keeps, as far as that is known."""
        for key, chip in self._chips.items():
            number = counts.get(key)
            chip.setText(self.name(key) if number is None else f"{self.name(key)} {number:,}")
        first = next(iter(self._chips), "")
        self._idle = {key for key in self._chips if counts.get(key) == 0 and key != first}
        self._set_back()

    def _set_back(self) -> None:
        """Idle filters are seen only when asked for; the one chosen and the one with the keyboard always are."""
        many = len(self._chips) > MANY
        back = [key for key, chip in self._chips.items() if many and key in self._idle and not _used(chip)]
        for key, chip in self._chips.items():
            chip.setVisible(self.more.isChecked() or key not in back)
        self.more.setText(_("收起") if self.more.isChecked() else _("其余 {n} 个筛选").format(n=len(back)))
        self.more.setVisible(bool(back))


def _used(chip: Toggle) -> bool:
    return chip.isChecked() or chip.hasFocus()
