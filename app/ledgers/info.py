"""What a PDF says of itself: title, unit, period, language of the text, and its marks."""

from datetime import date
from typing import Any

from app.clock import today
from app.ledgers.marks import NAMES, PREFIX, Marks, sound

PROGRAM = "枫格 Fengge"


def describe(canvas: Any, title: str, author: str, subject: str, marks: Marks, day: date | None) -> None:
    """The document bears these facts, made at noon of that day; a reader's window shows the title instead of the file's name."""
    from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFInfo, PDFString

    facts = {"Title": title, "Author": author, "Subject": subject, "Creator": PROGRAM, "Producer": PROGRAM}
    facts["CreationDate"] = facts["ModDate"] = f"D:{day or today():%Y%m%d}120000+08'00'"
    given = sound(marks)
    if given:
        facts[NAMES] = " ".join(name for name, _value in given)
    facts |= {PREFIX + name: value for name, value in given}

    class Info(PDFInfo):
        def format(self, document: Any) -> Any:
            """Only what is known stands there."""
            made: Any = PDFDictionary({key: PDFString(value) for key, value in facts.items() if value})
            return made.format(document)

    canvas._doc.info = Info()
    canvas.setViewerPreference("DisplayDocTitle", "true")
