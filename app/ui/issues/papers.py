"""The papers of an issue: looked at as they will be printed, then printed or saved; what is missing is said before."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QKeySequence, QPixmap, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.i18n import _, say
from app.services.access import may
from app.services.issues import IssueView
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.tasks import Progress
from app.ui.widgets.fields import column
from app.ui.widgets.paperwork import Paperwork, Printable
from app.ui.widgets.press import image_of
from app.ui.widgets.where import file_name

if TYPE_CHECKING:
    from app.ledgers.papers import Made
    from app.ledgers.pdf import Written

#: Sheets that are drawn for the eye; all are printed and saved.
_SEEN, _DPI = 12, 84


@dataclass(frozen=True)
class Ready:
    """A paper drawn: its data, its PDF and the pictures of its first sheets; or, with `lacking`, why there is none."""

    name: str
    title: str
    number: str
    formats: tuple[str, ...]
    lacking: tuple[str, ...] = ()
    made: "Made | None" = None
    pdf: bytes = b""
    sheets: int = 0
    pictures: tuple[QImage, ...] = ()
    gaps: str = ""


def offered(desk: Desk, view: IssueView) -> list[tuple[str, str]]:
    """The papers that fit this issue, name and title; none for whom may not print."""
    from app.ledgers.papers import PAPERS

    if view.row.handed_over or not may(desk.actor, "ledger.print"):
        return []
    unfit = {"mediation"} if view.row.kind != "dispute" else set()
    unfit |= {"reply"} if view.row.kind == "hazard" else set()
    return [(paper.name, _(paper.title)) for paper in PAPERS if paper.name not in unfit]


def ready(progress: Progress, name: str, issue: uuid.UUID, number: str) -> Ready:
    """The paper is drawn beside the window, or says what it lacks."""
    from app.ledgers import papers

    paper = papers.named(name)
    title = _(paper.title)
    lacking = progress.read(lambda s: tuple(say(refusal) for refusal in paper.lacking(s, issue)))
    if lacking:
        return Ready(name, title, number, paper.formats, lacking)
    made = progress.write(lambda s: paper.make(s, issue))  # naming the one who reported a sealed issue leaves a note
    return Ready(name, title, number, paper.formats, (), made, *drawn(*papers.drawn(made)))


def drawn(pdf: bytes, written: "Written") -> tuple[bytes, int, tuple[QImage, ...], str]:
    """The PDF, how many sheets it has, the pictures of the first ones, and the sentence about what no font has."""
    from app.ledgers.gaps import sentence
    from app.ledgers.preview import Preview

    with Preview(pdf) as preview:
        pictures = tuple(image_of(preview.picture(at, _DPI)) for at in range(min(len(preview), _SEEN)))
        return pdf, len(preview), pictures, sentence(written.gaps)


def offer(desk: Desk, paperwork: Paperwork, over: QWidget, view: IssueView, name: str) -> None:
    """The paper is prepared and shown; where something lacks, that is said and nothing is printed."""
    issue, number = view.row.id, view.row.number

    def show(found: Ready) -> None:
        if found.lacking:
            told = _("还不能印「{title}」: {why}").format(title=found.title, why=" ".join(found.lacking))
            desk.banner(told, "warning")
        else:
            PaperView(paperwork, found, over).open()

    desk.tasks.run(lambda progress: ready(progress, name, issue, number), show, title=_("正在准备文书"), owner=over)


class PaperView(QDialog):
    """The sheets as they will be printed; Ctrl+P prints, Ctrl+S saves, Esc goes back."""

    def __init__(self, paperwork: Paperwork, found: Ready, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._paperwork, self.found = paperwork, found
        self.setWindowTitle(f"{found.title} · {found.number}")
        self.resize(820, 640)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(16, 12, 16, 12)
        rows.setSpacing(10)
        rows.addWidget(self._sheets(), 1)
        rows.addLayout(self._foot())
        for keys, act in (("Ctrl+P", self.print), ("Ctrl+S", lambda: self.save("pdf"))):
            QShortcut(QKeySequence(keys), self, act)

    def print(self) -> None:
        """Qt's dialog, then the sheets go to the printer beside the window."""
        found = self.found
        if self._paperwork.may_print(lambda: self.save("pdf")):
            self._paperwork.ask_printer(Printable(found.pdf, found.title, found.sheets, found.gaps), _("打印文书"))
            self.accept()

    def save(self, kind: str) -> None:
        """The paper as a file, where the person says."""
        found = self.found
        title = _("存成 Excel") if kind == "xlsx" else _("存成 PDF")
        self._paperwork.ask_file(
            title, file_name(found.title, found.number), kind, lambda path, _p: _write(found, path)
        )
        self.accept()

    def _sheets(self) -> QScrollArea:
        inside = QWidget(self)
        rows = column(inside, 12, (12, 12, 12, 12))
        for number, picture in enumerate(self.found.pictures, 1):
            sheet = QLabel(inside)
            sheet.setPixmap(QPixmap.fromImage(picture))
            sheet.setAccessibleName(_("第 {n} 页").format(n=number))
            rows.addWidget(sheet, 0, Qt.AlignmentFlag.AlignHCenter)
        rows.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setWidget(inside)
        area.setAccessibleName(_("{title}, 共 {n} 页").format(title=self.found.title, n=self.found.sheets))
        return area

    def _foot(self) -> QHBoxLayout:
        line = QHBoxLayout()
        sheets = _("共 {n} 页").format(n=self.found.sheets)
        told = QLabel(" · ".join(part for part in (sheets, self.found.gaps) if part), self)
        told.setWordWrap(True)
        told.setProperty("role", "caption")
        line.addWidget(told, 1)
        back = QPushButton(_("关闭"), self)
        back.clicked.connect(self.reject)
        line.addWidget(back)
        if "xlsx" in self.found.formats:
            line.addWidget(self._button(_("存成 Excel…"), "table", lambda: self.save("xlsx")))
        line.addWidget(self._button(_("存成 PDF…"), "export", lambda: self.save("pdf"), "Ctrl+S"))
        self.press = self._button(_("打印"), "print", self.print, "Ctrl+P")
        self.press.setProperty("kind", "primary")
        dress(self.press, "print", "accent_ink")
        self.press.setDefault(True)
        line.addWidget(self.press)
        return line

    def _button(self, words: str, picture: str, act: Callable[[], None], keys: str = "") -> QPushButton:
        button = QPushButton(words, self)
        dress(button, picture)
        button.setToolTip(keys)
        button.clicked.connect(lambda: act())
        return button


def _write(found: Ready, path: Path) -> None:
    from app.ledgers import papers
    from app.ledgers.durable import write_bytes

    if path.suffix == ".xlsx" and found.made is not None:
        papers.write(found.made, path, "xlsx")
    else:
        write_bytes(path, found.pdf)
