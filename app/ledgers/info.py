"""What a PDF says of itself: title, unit, period, language of the text, and its marks."""

from typing import Any

from app.ledgers.marks import NAMES, PREFIX, Marks, sound

PROGRAM = "枫格 Fengge"


def describe(canvas: Any, title: str, author: str, subject: str, marks: Marks) -> None:
    """The document bears these facts; a reader's window shows the title instead of the file's name."""
    from reportlab.pdfbase.pdfdoc import PDFDate, PDFDictionary, PDFInfo, PDFString

    facts = {"Title": title, "Author": author, "Subject": subject, "Creator": PROGRAM, "Producer": PROGRAM}
    given = sound(marks)
    if given:
        facts[NAMES] = " ".join(name for name, _value in given)
    facts |= {PREFIX + name: value for name, value in given}

    class Info(PDFInfo):
        def format(self, document: Any) -> Any:
            """Only what is known stands there."""
            made: Any = PDFDictionary({key: PDFString(value) for key, value in facts.items() if value})
            made["CreationDate"] = made["ModDate"] = PDFDate(ts=document._timeStamp)
            return made.format(document)

    canvas._doc.info = Info()
    canvas.setViewerPreference("DisplayDocTitle", "true")
