"""The invented world is made, and what is seen meanwhile."""

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.i18n import _
from app.ui.widgets.entrance import brand, middle


class Making(QWidget):
    """A card that says what is being made and how far it is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("entrance")
        self.setWindowTitle(_("枫格 · 演示"))
        card = QFrame(self)
        card.setProperty("role", "card")
        card.setFixedWidth(400)
        rows = QVBoxLayout(card)
        rows.setContentsMargins(32, 28, 32, 28)
        rows.setSpacing(12)
        rows.addLayout(brand(self))
        self.words = QLabel(_("正在准备演示数据, 其中的人和事都是虚构的。"), card)
        self.words.setWordWrap(True)
        self.bar = QProgressBar(card)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)
        rows.addWidget(self.words)
        rows.addWidget(self.bar)
        middle(self, card)

    def show_progress(self, done: int, total: int, label: str) -> None:
        """How far it is."""
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.words.setText(_("正在准备演示数据: {what}").format(what=label))

    def say(self, problem: str) -> None:
        """Why it could not be made."""
        self.words.setText(problem)
        self.bar.hide()


def invented(folder: Path, progress: Any) -> Any:
    """The demo world's store, made if it is not there yet, open for its clerk: (store, actor)."""
    from app.services import signing
    from app.services.demo.build import PASSWORD, build

    if not (folder / "keys.json").exists():
        build(folder, "small", 1, progress=progress)
    return signing.sign_in(folder, "clerk", PASSWORD)
