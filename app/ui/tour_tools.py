"""Pictures of widgets, for the tour of all pages and for the manual."""

from pathlib import Path

from PySide6.QtCore import QPoint, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget


def grab(widget: QWidget, path: Path | str, size: tuple[int, int] | None = None, scale: float = 1.0) -> Path:
    """The widget as it looks at this size (device-independent px), painted at `scale`, is a PNG at the path."""
    if size is not None:
        widget.resize(QSize(*size))
    if not widget.isVisible():
        widget.show()
    QApplication.sendPostedEvents()
    QApplication.processEvents()
    ratio = scale * widget.devicePixelRatio()
    image = QImage(widget.size() * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    widget.render(painter, QPoint(0, 0))
    painter.end()
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not image.save(str(target)):
        raise OSError(f"picture not written: {target}")
    return target
