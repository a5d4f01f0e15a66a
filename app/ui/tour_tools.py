"""Pictures of widgets, and waiting for what they ask for: for the tour of all pages, the manual and the story."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDeadlineTimer, QEventLoop, QPoint, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget

#: Nothing on a page may take longer than this to be there, in milliseconds.
PATIENCE = 30_000


def until(there: Callable[[], bool]) -> None:
    """It is so, while the window goes on; TimeoutError when it does not become so."""
    deadline = QDeadlineTimer(PATIENCE)
    while not there():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 50)
        if deadline.hasExpired():
            raise TimeoutError("it did not come")


def settle(program: Any) -> None:
    """What the page of this program asked for has come: the store's lane has been empty three times."""
    for _turn in range(3):
        loop = QEventLoop()
        program.tasks.read(lambda _s: None, lambda _none, loop=loop: loop.quit(), owner=loop)
        loop.exec()
        until(lambda: not program.tasks.busy)


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
