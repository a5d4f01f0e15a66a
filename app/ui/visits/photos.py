"""The side of the form: photos and files taken in one by one behind the window, and the signature."""

import uuid
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import QDialog, QFrame, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app import logs
from app.errors import Refusal
from app.i18n import _, say
from app.services import attachments
from app.ui.desk import Desk
from app.ui.tasks import Job, Progress, Session
from app.ui.widgets.fields import column
from app.ui.widgets.keeping import restored, stored
from app.ui.widgets.photos import PhotoStrip
from app.ui.widgets.signature import SignatureEditor


class Side(QFrame):
    """Photos and signature of the visit being written; their values are part of the form's."""

    changed = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.setProperty("role", "pane")
        self._job: Job | None = None
        self.strip = PhotoStrip()
        self.signature = SignatureEditor()
        self.stop = QPushButton(_("停止添加"), self)
        self.stop.setProperty("kind", "quiet")
        self.stop.clicked.connect(self._cancel)
        self.stop.hide()
        rows = column(self, 8, (16, 16, 16, 16))
        rows.addWidget(_heading(_("照片和文件")))
        rows.addWidget(_caption(_("自动缩小, 去掉拍摄地点; 可以拖进来")))
        rows.addWidget(self.strip)
        rows.addWidget(self.stop, 0, Qt.AlignmentFlag.AlignLeft)
        rows.addSpacing(12)
        self._sign = _heading(_("被访人签名"))
        rows.addWidget(self._sign)
        rows.addWidget(self.signature)
        rows.addStretch(1)
        self.strip.added.connect(self._take)
        self.strip.opened.connect(lambda key: show_photo(self, self.desk, key))
        self.strip.changed.connect(self.changed)
        self.signature.changed.connect(self.changed)

    def values(self) -> dict[str, Any]:
        """Ids of the photos, and the signature as a picture."""
        return {"photos": self.strip.value(), "signature": self.signature.value()}

    def draft(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        return {name: stored(value) for name, value in self.values().items()}

    def fill(self, given: Mapping[str, Any]) -> None:
        """These photos and this signature are seen; names not given stay."""
        if "photos" in given:
            photos = restored(given["photos"]) or []
            self.strip.set_value(photos)
            for photo in photos:
                self._fetch(photo)
        if "signature" in given:
            self.signature.set_value(restored(given["signature"]))

    def clear(self) -> None:
        """Nothing is attached; what is still being taken in is stopped."""
        self._cancel()
        self.strip.set_value(None)
        self.signature.set_value(None)

    def allow_signature(self, on: bool) -> None:
        """A correction is not signed again."""
        self._sign.setVisible(on)
        self.signature.setVisible(on)

    def _take(self, paths: list[Path]) -> None:
        def work(progress: Progress) -> None:
            for number, path in enumerate(paths):
                progress(number, len(paths), path.name)
                progress.write(partial(self._taken, path))
            progress(len(paths), len(paths))

        self._job = self.desk.tasks.run(work, title=_("添加照片"), owner=self)
        self.stop.show()
        self._job.ended.connect(self._ended)

    def _taken(self, path: Path, s: Session) -> None:
        """On the store's lane: one file is taken in, and the tile hears of it."""
        try:
            row = attachments.take(s, path)
            small = attachments.thumbnail(s, row.id)
        except Refusal as refusal:
            logs.note("window.refused", code=refusal.code)
            words = say(refusal)
            self.desk.tasks.deliver(self, lambda: self.strip.failed(path, words))
            return
        self.desk.tasks.deliver(self, lambda: self.strip.arrived(path, row.id, small))

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _ended(self) -> None:
        stopped = self._job is not None and self._job.cancelled
        self._job = None
        self.stop.hide()
        if stopped:
            self.strip.set_value(self.strip.value())  # tiles of files that were not taken any more are gone
            for photo in self.strip.value():
                self._fetch(photo)

    def _fetch(self, photo: uuid.UUID) -> None:
        self.desk.tasks.read(
            lambda s: attachments.thumbnail(s, photo), lambda small: self.strip.show_picture(photo, small), owner=self
        )


def settle(s: Session, visit: uuid.UUID, photos: list[uuid.UUID]) -> None:
    """The visit has exactly these photos; those taken before become its own, those left out no longer count."""
    before = {row.id for row in attachments.of(s, visit)}
    for photo in photos:
        if photo not in before:
            attachments.attach(s, "visit", visit, photo)
    for gone in before - set(photos):
        attachments.void(s, gone, _("更正时移除"))


def sign(s: Session, picture: bytes | None) -> uuid.UUID | None:
    """The signature is kept; its id goes into the visit, to which it is attached afterwards."""
    return attachments.take(s, picture, _("签名") + ".png").id if picture else None


def show_photo(parent: QWidget, desk: Desk, attachment: uuid.UUID) -> None:
    """The photo as large as the screen allows; Esc closes it."""

    def seen(data: bytes) -> None:
        picture = QPixmap()
        if not picture.loadFromData(data):
            desk.banner(_("这个文件不是照片, 请用「导出」另存后打开。"), "info")
            return
        dialog = QDialog(parent)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(_("照片"))
        label = QLabel(dialog)
        room = QGuiApplication.primaryScreen().availableSize() * 0.8
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        label.setPixmap(picture.scaled(picture.size().boundedTo(room), keep, smooth))
        label.setAccessibleName(_("照片"))
        area = QScrollArea(dialog)
        area.setWidget(label)
        area.setAlignment(Qt.AlignmentFlag.AlignCenter)
        QVBoxLayout(dialog).addWidget(area)
        dialog.resize(label.pixmap().size().grownBy(area.contentsMargins()) * 1.06)
        dialog.open()

    def failed(error: Exception) -> None:
        if isinstance(error, Refusal):
            desk.refuse(error)

    desk.tasks.read(lambda s: attachments.read(s, attachment), seen, failed, owner=parent)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label


def _caption(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "caption")
    label.setWordWrap(True)
    return label
