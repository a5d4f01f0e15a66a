"""A list page whose filters take as many lines as they need, so that the reading pane keeps its room."""

from collections.abc import Mapping

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.i18n import _
from app.ui.desk import Desk
from app.ui.widgets.choices import Flow
from app.ui.widgets.list_page import ListPage, ListSpec


class WrappedList(ListPage):
    """Search and the new button on the first line, the filters below; an empty filter says which one it is."""

    def __init__(self, desk: Desk, spec: ListSpec) -> None:
        super().__init__(desk, spec)
        strip = QWidget(self)
        flow = Flow(strip, 6)
        for chip in self._chips.values():
            flow.addWidget(chip)
        rows = self._split.widget(0).layout()
        if isinstance(rows, QVBoxLayout):
            rows.insertWidget(1, strip)

    def _show_counts(self, counts: Mapping[str, int]) -> None:
        super()._show_counts(counts)
        self._all = counts.get("")  # the first filter is not always everything
        self._tell_total(self.table.selected_count)

    def _show_loaded(self) -> None:
        super()._show_loaded()
        chosen, first = self.model.ask.filter, self.spec.filters[0]
        if self.model.count.total or self.model.ask.text or chosen == first.key:
            return
        name = next((_(one.title) for one in self.spec.filters if one.key == chosen), "")
        if name:
            words = _("「{name}」里现在没有内容。").format(name=name)
            back = _("看「{name}」").format(name=_(first.title))
            self.nothing.say(words, self.spec.empty_icon, back, self._chips[first.key].click)
