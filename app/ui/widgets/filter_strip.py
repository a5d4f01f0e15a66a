"""The saved filters of a list as chips, on as many lines as they need."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.i18n import _
from app.ui.widgets.choices import Flow, Toggle
from app.ui.widgets.list_spec import Filter


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
