"""The way of the Tab key: as the eye reads, not as the widgets happened to be made."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QWidget


def follow(*parts: QWidget) -> None:
    """Tab goes through all that has the keyboard in the first of the parts, then in the second, and so on, once they are seen."""
    _Order(parts)


class _Order(QObject):
    """Puts the parts in order when the first is first shown: moving into a window or a tab brings them back into disorder."""

    def __init__(self, parts: tuple[QWidget, ...]) -> None:
        super().__init__(parts[0])
        self._parts = parts
        parts[0].installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self._parts[0].removeEventFilter(self)
            leaves = [leaf for part in self._parts for leaf in (part, *part.findChildren(QWidget)) if _stops(leaf)]
            for leaf in reversed(
                leaves[1:]
            ):  # each right behind the first: behind the end of the chain Qt moves nothing
                QWidget.setTabOrder(leaves[0], leaf)
            self._parts = ()
        return False


def _stops(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.focusProxy() is None
