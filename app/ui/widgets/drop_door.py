"""A place to drop files and folders onto, or to choose them."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.i18n import _
from app.ui.icons import dress, pixmap
from app.ui.places import Places
from app.ui.theme import mark, theme
from app.ui.widgets.where import ask_folder, last_folder


class DropDoor(QFrame):
    """Files and folders can be dropped here; 「选择文件」 takes several, 「选择文件夹」 a whole stick. `chosen` carries paths."""

    chosen = Signal(object)  # list[Path]

    def __init__(
        self, words: str, places: Places, purpose: str, filters: str, icon: str = "inbox", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._places, self._purpose, self._filters = places, purpose, filters
        self.setAcceptDrops(True)
        self.setProperty("role", "card")
        picture = QLabel(self)
        picture.setPixmap(pixmap(icon, theme().accent, 28, self.devicePixelRatio()))
        told = QLabel(words, self)
        told.setWordWrap(True)
        told.setProperty("role", "secondary")
        self.files = QPushButton(_("选择文件…"), self)
        self.folder = QPushButton(_("选择文件夹或 U 盘…"), self)
        for button, meaning in ((self.files, "file"), (self.folder, "usb")):
            dress(button, meaning)
        self.files.clicked.connect(lambda: self.ask_files())
        self.folder.clicked.connect(lambda: self.ask_folder())
        line = QHBoxLayout(self)
        line.setContentsMargins(20, 14, 16, 14)
        line.setSpacing(16)
        line.addWidget(picture)
        column = QVBoxLayout()
        column.addWidget(told)
        line.addLayout(column, 1)
        line.addWidget(self.files)
        line.addWidget(self.folder)
        self.setFocusProxy(self.folder)

    def ask_files(self) -> QFileDialog:
        """The person picks one or several files."""
        return ask_files(self, self._places, self._purpose, self.files.text(), self._filters, self.chosen.emit)

    def ask_folder(self) -> QFileDialog:
        """The person picks a folder or a stick."""
        return ask_folder(self, self._places, self._purpose, self.folder.text(), lambda path: self.chosen.emit([path]))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            mark(self, here=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        mark(self, here=False)

    def dropEvent(self, event: QDropEvent) -> None:
        mark(self, here=False)
        if paths := dropped(event):
            self.chosen.emit(paths)


def dropped(event: QDropEvent) -> list[Path]:
    """The files and folders that were let go here; they are read, never moved."""
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    if paths:
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
    return paths


def ask_files(
    parent: QWidget, places: Places, purpose: str, title: str, filters: str, act: Callable[[list[Path]], None]
) -> QFileDialog:
    """The person picks one or several files; the folder is remembered for this purpose."""
    dialog = QFileDialog(parent, title, str(last_folder(places, purpose)))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setLabelText(QFileDialog.DialogLabel.Reject, _("取消"))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    dialog.setNameFilter(filters)

    def chosen(texts: Sequence[str]) -> None:
        paths = [Path(text) for text in texts]
        if paths:
            places.put(f"folder/{purpose}", str(paths[0].parent))
            act(paths)

    dialog.filesSelected.connect(chosen)
    dialog.open()
    return dialog
