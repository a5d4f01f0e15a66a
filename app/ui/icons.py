"""Icons by meaning, drawn from our SVG files in the theme's colours."""

from functools import lru_cache
from typing import Protocol

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton, QWidget

from app.paths import resources
from app.ui.theme import look, theme


class Dressed(Protocol):
    """Anything that can carry an icon: a button, an action."""

    def setIcon(self, icon: QIcon) -> None: ...
    def setProperty(self, name: str, value: object) -> bool: ...


def names() -> list[str]:
    """All meanings there is an icon for."""
    return sorted(p.stem for p in (resources() / "icons").glob("*.svg") if not p.stem.startswith("mark_"))


def icon(meaning: str, tone: str = "ink", gap: int = 0, side: int = 20) -> QIcon:
    """The icon of this meaning in a tone of the theme, with `gap` px of air at its right; unknown is a KeyError."""
    colours = theme()
    app = QApplication.instance()
    scale = app.devicePixelRatio() if isinstance(app, QApplication) else 1.0
    made = QIcon()
    for size in sorted({16, side}):
        made.addPixmap(pixmap(meaning, colours.state(tone), size, scale, gap))
    made.addPixmap(pixmap(meaning, colours.edge, side, scale, gap), QIcon.Mode.Disabled)
    return made


@lru_cache(maxsize=512)
def pixmap(meaning: str, colour: str, size: int = 20, scale: float = 1.0, gap: int = 0) -> QPixmap:
    """The icon as a picture of this colour, `size` in device-independent px."""
    source = _source(meaning).replace(b"currentColor", colour.encode())
    side = round(size * scale)
    image = QPixmap(QSize(side + round(gap * scale), side))
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(source)).render(painter, QRectF(0, 0, side, side))
    painter.end()
    image.setDevicePixelRatio(scale)
    return image


@lru_cache(maxsize=256)
def _source(meaning: str) -> bytes:
    path = resources() / "icons" / f"{meaning}.svg"
    if not path.exists():
        raise KeyError(meaning)
    return path.read_bytes()


def dress(target: Dressed, meaning: str, tone: str = "ink", size: int = 16) -> None:
    """The button shows this icon, `size` px at 11 pt, and takes the new colour when the theme changes (`redress`)."""
    target.setProperty("icon_meaning", meaning)
    target.setProperty("icon_tone", tone)
    target.setProperty("icon_size", size)
    _put(target, meaning, tone, size)


def _put(target: Dressed, meaning: str, tone: str, size: int) -> None:
    if not isinstance(target, QAbstractButton):
        target.setIcon(icon(meaning, tone))
        return
    side = round(size * look().size / 11)
    gap = 4 if isinstance(target, QPushButton) and target.text() else 0  # Qt puts icon and words too close
    target.setIconSize(QSize(side + gap, side))
    target.setIcon(icon(meaning, tone, gap, side))


def redress(root: QWidget) -> None:
    """Every dressed button below `root` shows its icon in the present theme."""
    for child in root.findChildren(QWidget):
        meaning = child.property("icon_meaning")
        if meaning and isinstance(child, QAbstractButton):
            _put(child, str(meaning), str(child.property("icon_tone") or "ink"), int(child.property("icon_size") or 16))
