"""Printing: the very PDF of the preview, sheet by sheet as pictures, beside the window."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QMarginsF, QRectF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter
from PySide6.QtPrintSupport import QPrinter

from app.errors import Refusal
from app.i18n import N_, _
from app.ui.tasks import Cancelled, Progress

if TYPE_CHECKING:
    from app.ledgers.preview import Picture

DPI = 300
_REFUSED = N_("打印机没有接受这份文件。请检查打印机是否开机、有纸、已连接, 再打印一次, 或先存成 PDF。")


def printer() -> QPrinter:
    """A printer for A4, to be chosen by the person in Qt's dialog."""
    made = QPrinter(QPrinter.PrinterMode.HighResolution)
    made.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    made.setFullPage(True)
    return made


def numbers(to: QPrinter, sheets: int) -> list[int]:
    """The sheets that the person chose in the dialog (from 0), all of them when none were named."""
    first, last = to.fromPage() or 1, to.toPage() or sheets
    chosen = list(range(first - 1, min(last, sheets)))
    if to.pageOrder() == QPrinter.PageOrder.LastPageFirst:
        chosen.reverse()
    return chosen * (1 if to.supportsMultipleCopies() else max(1, to.copyCount()))


def print_sheets(pdf: bytes, to: QPrinter, progress: Progress) -> int:
    """The PDF is with the printer, every sheet turned as it must be; gives how many. Refused when the printer refuses."""
    from app.ledgers.preview import Preview

    with Preview(pdf) as preview:
        chosen = numbers(to, len(preview))
        painter = QPainter()
        try:
            for done, index in enumerate(chosen):
                progress(done, len(chosen), _("第 {n} 页").format(n=index + 1))
                width, height = preview.size(index)
                _fresh(painter, to, wide=width > height)
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


def _fresh(painter: QPainter, to: QPrinter, *, wide: bool) -> None:
    """A fresh sheet lies the right way round."""
    layout = to.pageLayout()
    layout.setOrientation(QPageLayout.Orientation.Landscape if wide else QPageLayout.Orientation.Portrait)
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
