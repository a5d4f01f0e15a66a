"""The sheets of a drawn ledger: made beside the window, turned into pictures one by one."""

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtGui import QImage

from app.ui.ledgers.choosing import Choice
from app.ui.ledgers.standing import Issued, Standing, of_edition, of_subject
from app.ui.tasks import Progress, Session
from app.ui.widgets.press import image_of

if TYPE_CHECKING:
    from app.ledgers.page import Page
    from app.ledgers.preview import Preview


#: Of each sheet, width and height in points.
Sizes: TypeAlias = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Drawn:
    """One ledger, drawn: its data, the PDF that will be printed, the size of every sheet in points, what no font has.

    With a `form`, the unit's own workbook, that one is filled when it is saved for Excel; `by` stands in it as 填表人.
    """

    choice: Choice | Issued
    page: "Page"
    pdf: bytes
    sizes: Sizes
    whose: str
    gaps: str = ""
    standing: Standing = field(default_factory=Standing)
    form: bytes | None = None
    by: str = ""

    @property
    def empty(self) -> bool:
        """The period holds no record."""
        return not self.choice.blank and len(self.page.rows) == 0


def draw(progress: Progress, choice: Choice | Issued) -> Drawn:
    """The ledger as PDF, in memory; refused as the ledger refuses (rights, unknown grid)."""
    revealing = not choice.masked and not choice.blank  # leaves a note in the store
    page, stands, form, by = (progress.write if revealing else progress.read)(
        lambda s: (*_page(s, choice), *_form(s, choice))
    )
    pdf, sizes, gaps = drawn(page, progress)
    return Drawn(choice, page, pdf, sizes, page.unit, gaps, stands, form, by)


def drawn(page: "Page", progress: Progress) -> tuple[bytes, Sizes, str]:
    """The page as PDF in memory, the size of every sheet in points, and the sentence about what no font has."""
    from app.ledgers import pdf as paper
    from app.ledgers.gaps import sentence
    from app.ledgers.preview import Preview

    pdf, written = paper.drawn(page, progress)
    with Preview(pdf) as preview:
        return pdf, tuple(preview.size(index) for index in range(len(preview))), sentence(written.gaps)


def _page(s: Session, choice: Choice | Issued) -> "tuple[Page, Standing]":
    if isinstance(choice, Issued):
        return of_edition(s, choice.row)
    subject = choice.subject
    if choice.blank:
        return choice.ledger.blank(s, subject.scope), Standing()
    page = choice.ledger.page(s, choice.period, subject.scope, masked=choice.masked)
    return page, of_subject(s, subject, page) if choice.masked else Standing()


def _form(s: Session, choice: Choice | Issued) -> tuple[bytes | None, str]:
    """The workbook of the layout and who fills it in; of an edition that of the version it was printed in, and who printed it."""
    from app.ledgers import editions
    from app.ledgers.forms import keeping

    if isinstance(choice, Choice):
        return keeping.content(s, choice.ledger), keeping.filler(s)
    return keeping.of_edition(s, editions.found(s, choice.row.number))


@dataclass(frozen=True)
class Shown:
    """A sheet as a picture with its text, for eyes and for screen readers."""

    image: QImage
    text: str


class Sheets:
    """The PDF kept open while it is looked at; any thread may ask, `rest` and `close` wait for the answer under way."""

    def __init__(self, pdf: bytes) -> None:
        self._pdf = pdf
        self._open: Preview | None = None
        self._closed = False
        self._lock = threading.Lock()

    def show(self, index: int, dpi: float) -> Shown | None:
        """The sheet (from 0) at this resolution; None once closed."""
        from app.ledgers.preview import Preview

        with self._lock:
            if self._closed:
                return None
            if self._open is None:
                self._open = Preview(self._pdf)
            picture, text = self._open.picture(index, dpi), self._open.text(index)
        return Shown(image_of(picture), text)

    def rest(self) -> None:
        """The PDF is let go until it is asked for again."""
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def close(self) -> None:
        """The PDF is let go for good."""
        with self._lock:
            self._closed = True
        self.rest()
