"""Paper and files of a page: a drawn PDF to the printer, a file to where the person says, a sentence at the end."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDialog, QWidget

from app.i18n import _
from app.ui.desk import Desk
from app.ui.tasks import Progress
from app.ui.widgets.progress import ProgressPanel
from app.ui.widgets.where import ask_save, show_folder

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter

#: Writes the file and may return one more sentence for the person.
Write = Callable[[Path, Progress], str | None]


@dataclass(frozen=True)
class Printable:
    """A drawn PDF: its bytes, its title, how many sheets; `gaps` is the sentence about characters that no font has."""

    pdf: bytes
    title: str
    sheets: int
    gaps: str = ""
    size: tuple[float, float] | None = None


class Paperwork(QObject):
    """Printing and saving beside the window, followed by the page's progress panel."""

    def __init__(self, desk: Desk, panel: ProgressPanel, over: QWidget) -> None:
        super().__init__(over)
        self._desk, self._panel = desk, panel

    @property
    def _over(self) -> QWidget:
        """Asked for and not kept: a page must not hold itself alive."""
        over = self.parent()
        assert isinstance(over, QWidget)
        return over

    def may_print(self, otherwise: Callable[[], None]) -> bool:
        """There is a printer; where there is none, the way out is a PDF."""
        from PySide6.QtPrintSupport import QPrinterInfo

        found = bool(QPrinterInfo.availablePrinterNames())
        if not found:
            self._desk.banner(
                _("这台电脑上没有装打印机。可以先存成 PDF, 拿到有打印机的电脑上打印。"), "warning",
                action=_("存成 PDF"), act=otherwise,
            )  # fmt: skip
        return found

    def ask_printer(self, made: Printable, window_title: str) -> None:
        """Qt's dialog, then the sheets go to the printer beside the window."""
        from PySide6.QtPrintSupport import QPrintDialog

        from app.ui.widgets import press

        if made.gaps:
            self._desk.banner(made.gaps, "warning")
        to = press.printer(made.size or press.A4)
        dialog = QPrintDialog(to, self._over)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(window_title)
        dialog.setMinMax(1, made.sheets)
        dialog.accepted.connect(lambda: self.press(made, to))
        QDialog.open(dialog)  # its own open() wants a slot by name

    def press(self, made: Printable, to: "QPrinter") -> None:
        """The PDF is printed there."""
        from app.ui.widgets import press

        to.setDocName(made.title)

        def done(sheets: int) -> None:
            self._panel.say("")
            self._desk.banner(_("「{title}」{n} 页已送到打印机。").format(title=made.title, n=sheets), "done")

        work = self._desk.tasks.run(
            lambda p: press.print_sheets(made.pdf, to, p), done, title=_("正在打印"), owner=self._over
        )
        self._panel.follow(work)

    def ask_file(self, title: str, name: str, kind: str, write: Write) -> None:
        """The person names the file, which is then written beside the window; `kind` is its ending without dot."""
        ask_save(self._over, self._desk.places, "ledgers", title, name, kind, lambda path: self.save(path, write))

    def save(self, path: Path, write: Write) -> None:
        """The file lies there whole, or the sentence says why not."""

        def done(more: str | None) -> None:
            self._panel.say("")
            self._desk.banner(
                " ".join(part for part in (_("已保存「{name}」。").format(name=path.name), more) if part),
                "warning" if more else "done", action=_("打开文件夹"), act=lambda: show_folder(path),
            )  # fmt: skip

        title = _("正在保存 {name}").format(name=path.name)
        self._panel.follow(self._desk.tasks.run(lambda p: write(path, p), done, title=title, owner=self._over))
