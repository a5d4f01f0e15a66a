"""The strip below the paper: which sheet of how many, and how large."""

from collections.abc import Callable

from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QToolButton, QWidget

from app.i18n import _
from app.ui.icons import dress
from app.ui.ledgers.paper import Paper
from app.ui.theme import look


class Turning(QWidget):
    """◀ 第 3 页 / 共 12 页 ▶ and − 100 % ＋ 适合宽度."""

    def __init__(self, paper: Paper, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.paper = paper
        self._all = 0
        self.number = QLineEdit("0", self)
        self.number.setFixedWidth(round(52 * look().size / 11))
        self.number.setAccessibleName(_("第几页"))
        self.number.setValidator(QIntValidator(1, 999_999, self))
        self.number.returnPressed.connect(self._go)
        self._total, self._zoom = QLabel("", self), QLabel("", self)
        self._zoom.setMinimumWidth(round(44 * look().size / 11))
        for label in (self._total, self._zoom):
            label.setProperty("role", "secondary")
        self.fit = QPushButton(_("适合宽度"), self)
        self.fit.setProperty("kind", "quiet")
        self.fit.setToolTip("Ctrl+0")
        self.fit.clicked.connect(paper.fit_width)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        for part in (
            self._tool("left", _("上一页"), "←", lambda: paper.show_sheet(paper.front - 1)),
            self.number,
            self._total,
            self._tool("right", _("下一页"), "→", lambda: paper.show_sheet(paper.front + 1)),
            self._tool("", _("缩小"), "Ctrl+−", lambda: paper.zoom_by(-1), "−"),
            self._zoom,
            self._tool("", _("放大"), "Ctrl+＋", lambda: paper.zoom_by(1), "＋"),
            self.fit,
        ):
            line.addWidget(part)
        line.insertSpacing(4, 16)
        line.addStretch(1)
        paper.moved.connect(self._show_front)
        paper.zoomed.connect(self._show_zoom)

    def show_sheets(self, sheets: int) -> None:
        """There are so many sheets."""
        self._all = sheets
        self._show_front(self.paper.front)

    def _show_front(self, front: int) -> None:
        self.number.setText(str(front + 1))
        self._total.setText(_("/ {n} 页").format(n=self._all))
        self.paper.setAccessibleName(_("台账预览, 第 {n} 页, 共 {all} 页").format(n=front + 1, all=self._all))

    def _show_zoom(self, zoom: float) -> None:
        self._zoom.setText(f"{zoom:.0%}")

    def _go(self) -> None:
        if self.number.text():
            self.paper.show_sheet(int(self.number.text()) - 1)
            self.paper.setFocus()

    def _tool(self, picture: str, words: str, keys: str, act: Callable[[], None], text: str = "") -> QToolButton:
        button = QToolButton(self)
        if picture:
            dress(button, picture)
        button.setText(text)
        button.setToolTip(f"{words}  {keys}")
        button.setAccessibleName(words)
        button.clicked.connect(lambda: act())
        return button
