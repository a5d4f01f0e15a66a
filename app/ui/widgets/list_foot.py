"""The foot of a list: how many rows, and export and print of exactly what is shown."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from app.clock import today
from app.i18n import _
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.tasks import Progress
from app.ui.widgets.list_paper import Listing, gather
from app.ui.widgets.paperwork import Paperwork, Printable
from app.ui.widgets.progress import ProgressPanel
from app.ui.widgets.where import file_name


def may_take(desk: Desk, takers: Sequence[str]) -> bool:
    """The person signed in has one of these rights, so may take the list away."""
    from app.services.access import may

    return desk.actor is not None and any(may(desk.actor, verb) for verb in takers)


class ListFoot(QWidget):
    """Says `asked` with xlsx, pdf or paper; the page answers with `take_away`. Without `buttons` only the total is told."""

    asked = Signal(str)

    def __init__(self, desk: Desk, over: QWidget, *, buttons: bool) -> None:
        super().__init__(over)
        self._desk = desk
        self.total = QLabel("", self)
        self.total.setProperty("role", "caption")
        self.progress = ProgressPanel(self)
        self.paperwork = Paperwork(desk, self.progress, over)
        self.buttons: list[QPushButton] = []
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.total, 1)
        line.addWidget(self.progress, 2)
        if buttons:
            self._add_buttons(line)
            for keys, what in (("Ctrl+P", "paper"), ("Ctrl+Shift+E", "xlsx"), ("Ctrl+Shift+S", "pdf")):
                shortcut = QShortcut(QKeySequence(keys), over, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
                shortcut.activated.connect(lambda *_, one=what: self.asked.emit(one))

    def tell(self, words: str, some: bool) -> None:
        """How many rows there are; an empty list cannot be taken away."""
        self.total.setText(words)
        for button in self.buttons:
            button.setEnabled(some)

    def take_away(self, what: str, listing: Listing) -> None:
        """The rows that are shown as a workbook or PDF where the person says, or to the printer."""
        path = self._desk.actor.path
        if what == "paper":
            if self.paperwork.may_print(partial(self.asked.emit, "pdf")):
                self._print(partial(_draw, listing, path))
            return
        name = file_name(listing.title, f"{today():%Y%m%d}")
        title = _("导出为 Excel") if what == "xlsx" else _("导出为 PDF")
        self.paperwork.ask_file(title, name, what, partial(_write, what, listing, path))

    def _print(self, draw: Callable[[Progress], Printable]) -> None:
        def ask(made: Printable) -> None:
            self.progress.say("")
            self.paperwork.ask_printer(made, _("打印列表"))

        self.progress.follow(self._desk.tasks.run(draw, ask, title=_("正在准备打印"), owner=self))

    def _add_buttons(self, line: QHBoxLayout) -> None:
        take, paper = QPushButton(_("导出"), self), QPushButton(_("打印"), self)
        dress(take, "export")
        take.setToolTip(_("导出这里显示的内容"))
        menu = QMenu(take)
        for words, keys, what in ((_("存成 Excel…"), "Ctrl+Shift+E", "xlsx"), (_("存成 PDF…"), "Ctrl+Shift+S", "pdf")):
            action = menu.addAction(f"{words}\t{keys}")  # the page itself answers to the keys
            action.triggered.connect(lambda *_, one=what: self.asked.emit(one))
        take.setMenu(menu)
        dress(paper, "print")
        paper.setToolTip(_("打印这里显示的内容") + "  Ctrl+P")
        paper.clicked.connect(lambda: self.asked.emit("paper"))
        self.buttons = [take, paper]
        for button in self.buttons:
            line.addWidget(button)


def _draw(listing: Listing, path: str, progress: Progress) -> Printable:
    from app.ledgers.gaps import sentence
    from app.ledgers.pdf import drawn
    from app.ledgers.preview import Preview

    page = gather(progress, listing, path).page
    pdf, written = drawn(page, progress)
    with Preview(pdf) as preview:
        return Printable(pdf, page.title, written.sheets, sentence(written.gaps), preview.size(0))


def _write(what: str, listing: Listing, path: str, file: Path, progress: Progress) -> str:
    from app.ledgers import excel, pdf
    from app.ledgers.gaps import sentence

    made = gather(progress, listing, path)
    if what == "xlsx":
        excel.write(made.page, file, progress)
    else:
        gaps = sentence(pdf.write(made.page, file, progress).gaps)
        return " ".join(part for part in (made.rest, gaps) if part)
    return made.rest
