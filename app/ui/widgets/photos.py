"""The strip of photos and files of a record, each with its progress."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QIcon, QImage, QKeyEvent, QKeySequence, QPixmap
from PySide6.QtWidgets import QFileDialog, QLabel, QProgressBar, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.i18n import _
from app.ui.icons import dress, pixmap
from app.ui.theme import theme
from app.ui.widgets.choices import Flow
from app.ui.widgets.fields import Editor

SIDE = 88


class Tile(QWidget):
    """One photo: picture or icon, a bar while it is taken in, ✕ to leave it out."""

    def __init__(self, key: Any, name: str, strip: "PhotoStrip") -> None:
        super().__init__(strip)
        self.key, self.name = key, name
        self.picture = QToolButton(self)
        self.picture.setProperty("role", "tile")
        self.picture.setFixedSize(SIDE, SIDE)
        self.picture.setIconSize(QSize(SIDE - 8, SIDE - 8))
        self.picture.setAccessibleName(name)
        self.picture.setToolTip(name)
        self.picture.setIcon(QIcon(pixmap("file", theme().secondary, 24)))
        self.picture.clicked.connect(lambda: strip.opened.emit(self.key))
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)
        self.bar.setAccessibleName(_("正在处理 {name}").format(name=name))
        self.bar.hide()
        self.words = QLabel("", self)
        self.words.setProperty("role", "problem")
        self.words.setWordWrap(True)
        self.words.hide()
        away = QToolButton(self.picture)
        dress(away, "close", "secondary")
        away.setAccessibleName(_("移除 {name}").format(name=name))
        away.setToolTip(_("移除"))
        away.clicked.connect(lambda: strip.leave_out(self))
        away.move(SIDE - 30, 0)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        for part in (self.picture, self.bar, self.words):
            rows.addWidget(part)
        self.setFixedWidth(SIDE)

    def show_image(self, image: QImage) -> None:
        """The picture is seen."""
        fitted = image.scaled(
            SIDE * 2, SIDE * 2, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        self.picture.setIcon(QIcon(QPixmap.fromImage(fitted)))


class PhotoStrip(Editor):
    """Photos by dialog, drop or pasted files; the value is the list of attachment ids.

    `added` carries paths; the page stores each file off the window's thread and answers with `arrived` or `failed`::

        strip.added.connect(lambda paths: [self.take(path) for path in paths])
        def take(self, path):                     # the tile with its bar is already seen
            self.desk.tasks.run(lambda p: p.write(lambda s: attachments.take(s, path)),
                                lambda a: strip.arrived(path, a.id, a.thumbnail), lambda e: strip.failed(path, say(e)))
    """

    added = Signal(list)  # list[Path]
    opened = Signal(object)  # attachment id

    def __init__(self, kinds: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kinds = kinds or _("照片和文件") + " (*.jpg *.jpeg *.png *.webp *.bmp *.pdf *.docx *.xlsx)"
        self._tiles: list[Tile] = []
        box = QWidget(self)
        self._flow = Flow(box)
        self.button = QPushButton(_("添加照片"), box)
        dress(self.button, "photo")
        self.button.clicked.connect(self._choose)
        self._flow.addWidget(self.button)
        self._row.addWidget(box)
        self.setAcceptDrops(True)
        self.setFocusProxy(self.button)

    def value(self) -> list[Any]:
        return [tile.key for tile in self._tiles if not isinstance(tile.key, Path)]

    def set_value(self, value: Any) -> None:
        for tile in list(self._tiles):
            self._remove(tile)
        for key in value or []:
            self._add(key, _("照片"))

    def target(self) -> QWidget:
        return self.button

    def add_files(self, paths: Sequence[Path]) -> None:
        """A tile with a bar for each, and `added`."""
        for path in paths:
            self._add(path, path.name).bar.show()
        if paths:
            self.added.emit(list(paths))

    def arrived(self, path: Path, key: Any, thumbnail: bytes | None = None) -> None:
        """The file is stored under this id."""
        if (tile := self._tile(path)) is not None:
            tile.key = key
            tile.bar.hide()
            self.show_picture(key, thumbnail)
            self.changed.emit()

    def failed(self, path: Path, sentence: str) -> None:
        """The file was not taken, and why."""
        if (tile := self._tile(path)) is not None:
            tile.bar.hide()
            tile.words.setText(sentence)
            tile.words.show()

    def show_picture(self, key: Any, data: bytes | None) -> None:
        """The stored attachment's picture, from its bytes."""
        image = QImage.fromData(data) if data else QImage()
        if (tile := self._tile(key)) is not None and not image.isNull():
            tile.show_image(image)

    def leave_out(self, tile: Tile) -> None:
        """The photo no longer belongs to the record."""
        self._remove(tile)
        self.changed.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.add_files([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        files = [Path(url.toLocalFile()) for url in QGuiApplication.clipboard().mimeData().urls() if url.isLocalFile()]
        if event.matches(QKeySequence.StandardKey.Paste) and files:
            self.add_files(files)
        else:
            super().keyPressEvent(event)

    def _choose(self) -> None:
        names, _kind = QFileDialog.getOpenFileNames(self, _("添加照片"), "", self._kinds)
        self.add_files([Path(name) for name in names])

    def _add(self, key: Any, name: str) -> Tile:
        tile = Tile(key, name, self)
        self._tiles.append(tile)
        self._flow.addWidget(tile)
        return tile

    def _remove(self, tile: Tile) -> None:
        self._tiles.remove(tile)
        self._flow.removeWidget(tile)
        tile.hide()
        tile.deleteLater()

    def _tile(self, key: Any) -> Tile | None:
        return next((tile for tile in self._tiles if tile.key == key), None)
