"""Printing: the very PDF of the preview, sheet by sheet as pictures, beside the window."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QMarginsF, QRectF, QSizeF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter
from PySide6.QtPrintSupport import QPrinter

from app.errors import Refusal
from app.i18n import N_, _
from app.ui.tasks import Cancelled, Progress

if TYPE_CHECKING:
    from app.ledgers.preview import Picture

#: An upright sheet in points.
A4 = (595.3, 841.9)
DPI = 300
_REFUSED = N_("打印机没有接受这份文件。请检查打印机是否开机、有纸、已连接, 再打印一次, 或先存成 PDF。")


def printer(size: tuple[float, float] = A4) -> QPrinter:
    """A printer with paper for a sheet of this size (points) lying its way, to be chosen by the person in Qt's dialog."""
    made = QPrinter(QPrinter.PrinterMode.HighResolution)
    made.setPageSize(_paper(size))
    made.setPageOrientation(_way(size))
    made.setFullPage(True)
    return made


def _paper(size: tuple[float, float]) -> QPageSize:
    return QPageSize(QSizeF(min(size), max(size)), QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.FuzzyMatch)


def _way(size: tuple[float, float]) -> QPageLayout.Orientation:
    return QPageLayout.Orientation.Landscape if size[0] > size[1] else QPageLayout.Orientation.Portrait


def numbers(to: QPrinter, sheets: int) -> list[int]:
    """The sheets that the person chose in the dialog (from 0), all of them when none were named."""
    first, last = to.fromPage() or 1, to.toPage() or sheets
    chosen = list(range(first - 1, min(last, sheets)))
    if to.pageOrder() == QPrinter.PageOrder.LastPageFirst:
        chosen.reverse()
    return chosen * (1 if to.supportsMultipleCopies() else max(1, to.copyCount()))


def print_sheets(pdf: bytes, to: QPrinter, progress: Progress) -> int:
    """The PDF is with the printer, every sheet turned as it must be; gives how many. Refused when the printer refuses.

    Each sheet lies on paper of its own size; where the person chose another paper, all are made to fit that one.
    """
    from app.ledgers.preview import Preview

    with Preview(pdf) as preview:
        chosen = numbers(to, len(preview))
        painter = QPainter()
        own = bool(chosen) and to.pageLayout().pageSize().isEquivalentTo(_paper(preview.size(0)))
        try:
            for done, index in enumerate(chosen):
                progress(done, len(chosen), _("第 {n} 页").format(n=index + 1))
                width, height = size = preview.size(index)
                _fresh(painter, to, size, own)
                picture = image_of(preview.picture(index, min(DPI, max(72, to.resolution()))))
                painter.drawImage(_area(to, width / height), picture)
            progress(len(chosen), len(chosen))
        except Cancelled:
            to.abort()
            raise
        finally:
            if painter.isActive():
                painter.end()
    return len(chosen)


def _fresh(painter: QPainter, to: QPrinter, size: tuple[float, float], own: bool) -> None:
    """A fresh sheet lies the right way round."""
    layout = to.pageLayout()
    if own:
        layout.setPageSize(_paper(size))
    layout.setOrientation(_way(size))
    layout.setMargins(QMarginsF(0, 0, 0, 0))
    to.setPageLayout(layout)
    fine = to.newPage() if painter.isActive() else painter.begin(to)
    if not fine:
        raise Refusal("printer_refused", _REFUSED)


def _area(to: QPrinter, ratio: float) -> QRectF:
    """Where the sheet stands on the printer's paper: as large as it goes, in the middle."""
    paper = to.paperRect(QPrinter.Unit.DevicePixel)
    width = min(paper.width(), paper.height() * ratio)
    height = width / ratio
    return QRectF((paper.width() - width) / 2, (paper.height() - height) / 2, width, height)


def image_of(picture: "Picture") -> QImage:
    """The picture in Qt's hands."""
    rows = QImage(picture.pixels, picture.width, picture.height, picture.stride, QImage.Format.Format_BGR888)
    return rows.copy()
