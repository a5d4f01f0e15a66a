"""Photos and files of a record: taken in while its form is open, seen in its reading pane."""

import uuid
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QDialog, QLabel, QScrollArea, QToolButton, QVBoxLayout, QWidget

from app.errors import Refusal
from app.i18n import _, say
from app.services import attachments
from app.services.attachments import AttachmentRow
from app.ui.desk import Desk
from app.ui.icons import pixmap
from app.ui.tasks import Session
from app.ui.theme import theme
from app.ui.widgets.choices import Flow
from app.ui.widgets.photos import SIDE, PhotoStrip


class PhotoEditor(PhotoStrip):
    """Photos for a form: each is stored at once and waits for its record; the value is the list of their ids."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.desk = desk
        self.added.connect(self._take_all)

    def set_value(self, value: object) -> None:
        super().set_value(value)
        for key in self.value():
            self._show_thumbnail(key)

    def _take_all(self, paths: list[Path]) -> None:
        for path in paths:
            self._take(path)

    def _take(self, path: Path) -> None:
        def work(s: Session) -> tuple[uuid.UUID, bytes | None]:
            row = attachments.take(s, path)
            return row.id, attachments.thumbnail(s, row.id)

        def failed(error: Exception) -> None:
            self.failed(path, say(error) if isinstance(error, Refusal) else _("没有添加成功, 请再试一次。"))

        self.desk.tasks.write(work, lambda found: self.arrived(path, *found), failed, owner=self)

    def _show_thumbnail(self, key: uuid.UUID) -> None:
        self.desk.tasks.read(
            lambda s: attachments.thumbnail(s, key), lambda data: self.show_picture(key, data), owner=self
        )


class PhotoShelf(QWidget):
    """The photos and files of a record as small pictures; a press shows the photo large."""

    def __init__(self, desk: Desk, photos: Sequence[AttachmentRow], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        flow = Flow(self, 6)
        for row in photos:
            flow.addWidget(self._tile(row))

    def _tile(self, row: AttachmentRow) -> QToolButton:
        tile = QToolButton(self)
        tile.setProperty("role", "tile")
        tile.setFixedSize(SIDE, SIDE)
        tile.setIconSize(QSize(SIDE - 8, SIDE - 8))
        tile.setIcon(QIcon(pixmap("photo" if row.photo else "file", theme().secondary, 24)))
        tile.setAccessibleName(row.name)
        tile.setToolTip(row.name if row.here else _("{name} 还没有传到这台电脑").format(name=row.name))
        tile.setEnabled(row.here)
        if row.photo and row.here:
            tile.clicked.connect(lambda: self._open(row))
            self._ask(row, tile)
        return tile

    def _ask(self, row: AttachmentRow, tile: QToolButton) -> None:
        def show(data: bytes | None) -> None:
            image = QImage.fromData(data) if data else QImage()
            if not image.isNull():
                tile.setIcon(QIcon(QPixmap.fromImage(image)))

        self.desk.tasks.read(lambda s: attachments.thumbnail(s, row.id), show, owner=tile)

    def _open(self, row: AttachmentRow) -> None:
        self.desk.tasks.read(lambda s: attachments.read(s, row.id), lambda data: self._show(row.name, data), owner=self)

    def _show(self, name: str, data: bytes) -> None:
        dialog = QDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(name)
        picture = QPixmap.fromImage(QImage.fromData(data))
        label = QLabel(dialog)
        label.setAccessibleName(name)
        label.setPixmap(picture)
        scroll = QScrollArea(dialog)
        scroll.setWidget(label)
        rows = QVBoxLayout(dialog)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(scroll)
        dialog.resize(min(picture.width() + 24, 1000), min(picture.height() + 24, 700))
        dialog.open()
