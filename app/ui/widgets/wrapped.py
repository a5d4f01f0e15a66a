"""A list page whose filters take as many lines as they need, so that the reading pane keeps its room."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.desk import Desk
from app.ui.widgets.choices import Flow
from app.ui.widgets.list_page import ListPage, ListSpec


class WrappedList(ListPage):
    """Search and the new button on the first line, the filters below."""

    def __init__(self, desk: Desk, spec: ListSpec) -> None:
        super().__init__(desk, spec)
        strip = QWidget(self)
        flow = Flow(strip, 6)
        for chip in self._chips.values():
            flow.addWidget(chip)
        rows = self._split.widget(0).layout()
        if isinstance(rows, QVBoxLayout):
            rows.insertWidget(1, strip)
