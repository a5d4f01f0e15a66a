"""The paper on the desk: sheets one below the other, drawn sharp at any zoom as they come into sight."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from app.i18n import _
from app.ui.theme import theme

GAP = 16
STEPS = (0.25, 0.33, 0.5, 0.67, 0.75, 0.9, 1.0, 1.25, 1.5, 2.0, 3.0)
#: Pictures kept, and the bytes they may take (an A3 at 200 % is about 20 MB); two are kept whatever they take.
KEPT, KEPT_BYTES = 8, 96 * 1024 * 1024
AT_ONCE = 2

#: Asked for a picture of (sheet, dots per inch); hands it over later, on the window's thread.
Paint = Callable[[int, float], None]


class Paper(QAbstractScrollArea):
    """Scrolls by wheel, arrows, PgUp, PgDn, Home, End; ← → turn sheets; Ctrl with wheel, + − zooms, Ctrl+0 fits the width."""

    moved = Signal(int)  # number of the sheet in front, from 0
    zoomed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(_("台账预览"))
        self.zoom, self.fits = 1.0, True
        self._sizes: list[tuple[float, float]] = []
        self._tops: list[int] = []
        self._pictures: OrderedDict[int, tuple[float, QImage]] = OrderedDict()
        self._asked: dict[int, float] = {}
        self._paint: Paint | None = None
        self._front = 0
        self.verticalScrollBar().valueChanged.connect(self._scrolled)

    # --- what the page uses ---------------------------------------------------------------------------------------

    def show_sheets(self, sizes: Sequence[tuple[float, float]], paint: Paint) -> None:
        """These sheets (sizes in points) lie here, from the top; pictures are asked of `paint`, answered by `put`."""
        self._sizes, self._paint = list(sizes), paint
        self._pictures.clear()
        self._asked.clear()
        self._front = 0
        self._lay_out()
        self.verticalScrollBar().setValue(0)
        self.moved.emit(0)

    def put(self, sheet: int, dpi: float, image: QImage) -> None:
        """The picture of a sheet has come."""
        self._asked.pop(sheet, None)
        self._pictures[sheet] = (dpi, image)
        self._pictures.move_to_end(sheet)
        while len(self._pictures) > KEPT or (len(self._pictures) > 2 and self._weight() > KEPT_BYTES):
            self._pictures.popitem(last=False)
        self.viewport().update()

    @property
    def front(self) -> int:
        """The sheet in front, from 0."""
        return self._front

    @property
    def waiting(self) -> bool:
        """A sheet in sight has no sharp picture yet."""
        return any(self._sharp(sheet) is None for sheet in self._in_sight())

    def show_sheet(self, sheet: int) -> None:
        """The top of this sheet is in sight."""
        if self._tops:
            self.verticalScrollBar().setValue(self._tops[max(0, min(sheet, len(self._tops) - 1))] - GAP)

    def set_zoom(self, zoom: float) -> None:
        """1.0 is life size on a screen of 96 dots per inch; the sheet in front stays in front."""
        self.fits = False
        self._zoom_to(max(STEPS[0], min(STEPS[-1], zoom)))

    def zoom_by(self, step: int) -> None:
        """The next larger (+1) or smaller (-1) step."""
        larger = [one for one in STEPS if one > self.zoom + 0.01]
        smaller = [one for one in STEPS if one < self.zoom - 0.01]
        self.set_zoom((larger[:1] or [STEPS[-1]])[0] if step > 0 else (smaller[-1:] or [STEPS[0]])[0])

    def fit_width(self) -> None:
        """The widest sheet fills the width, at every size of the window."""
        self.fits = True
        self._lay_out()

    # --- places -------------------------------------------------------------------------------------------------------

    def _zoom_to(self, zoom: float) -> None:
        before = max(1, sum(self._heights()))
        share = self.verticalScrollBar().value() / before
        self.zoom = zoom
        self._lay_out()
        self.verticalScrollBar().setValue(round(share * sum(self._heights())))

    def _heights(self) -> list[int]:
        return [self._extent(sheet).height() + GAP for sheet in range(len(self._sizes))]

    def _extent(self, sheet: int) -> QRect:
        width, height = self._sizes[sheet]
        return QRect(0, 0, round(width * 96 / 72 * self.zoom), round(height * 96 / 72 * self.zoom))

    def _lay_out(self) -> None:
        view = self.viewport().size()
        if self.fits and self._sizes:
            widest = max(width for width, _height in self._sizes) * 96 / 72
            self.zoom = max(STEPS[0], min(2.0, (view.width() - 2 * GAP) / widest))
        top = GAP
        self._tops = []
        for height in self._heights():
            self._tops.append(top)
            top += height
        wide = max((self._extent(sheet).width() for sheet in range(len(self._sizes))), default=0) + 2 * GAP
        for bar, whole, seen in (
            (self.verticalScrollBar(), top, view.height()),
            (self.horizontalScrollBar(), wide, view.width()),
        ):
            bar.setRange(0, max(0, whole - seen))
            bar.setPageStep(seen)
            bar.setSingleStep(48)
        self.zoomed.emit(self.zoom)
        self.viewport().update()

    def _place(self, sheet: int) -> QRect:
        here = self._extent(sheet)
        left = max(GAP, (self.viewport().width() - here.width()) // 2) - self.horizontalScrollBar().value()
        here.moveTo(QPoint(left, self._tops[sheet] - self.verticalScrollBar().value()))
        return here

    def _in_sight(self) -> list[int]:
        return [n for n in range(len(self._tops)) if self._place(n).intersects(self.viewport().rect())]

    def _scrolled(self, value: int) -> None:
        middle = value + self.viewport().height() // 3
        front = sum(1 for top in self._tops if top <= middle) - 1
        if max(0, front) != self._front:
            self._front = max(0, front)
            self.moved.emit(self._front)

    # --- drawing ------------------------------------------------------------------------------------------------------

    @property
    def _dpi(self) -> float:
        return 96 * self.zoom * self.devicePixelRatioF()

    def _sharp(self, sheet: int) -> QImage | None:
        dpi, image = self._pictures.get(sheet, (0.0, None))
        return image if abs(dpi - self._dpi) < 0.5 else None

    def _weight(self) -> int:
        return sum(image.sizeInBytes() for _dpi, image in self._pictures.values())

    def _want(self, sheet: int) -> None:
        if self._paint is not None and sheet not in self._asked and len(self._asked) < AT_ONCE:
            self._asked[sheet] = self._dpi
            self._paint(sheet, self._dpi)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.viewport().rect(), QColor(theme().hover))
        painter.setPen(QPen(QColor(theme().edge), 1))
        for sheet in self._in_sight():
            place = self._place(sheet)
            painter.fillRect(place, Qt.GlobalColor.white)
            _dpi, image = self._pictures.get(sheet, (0.0, None))
            if image is not None:
                painter.drawImage(place, image)
            painter.drawRect(place.adjusted(-1, -1, 0, 0))
            if self._sharp(sheet) is None:
                self._want(sheet)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme().accent), 2))
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))

    # --- events -------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        key = event.key()
        if control and key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.zoom_by(-1 if key == Qt.Key.Key_Minus else 1)
        elif control and key == Qt.Key.Key_0:
            self.fit_width()
        elif key == Qt.Key.Key_Home:
            self.verticalScrollBar().setValue(0)
        elif key == Qt.Key.Key_End:
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and not self.horizontalScrollBar().maximum():
            self.show_sheet(self._front + (1 if key == Qt.Key.Key_Right else -1))
        else:
            super().keyPressEvent(event)
