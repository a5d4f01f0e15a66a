"""Golden files: what a ledger says, line by line, so that a change of any figure or word is seen."""

from pathlib import Path

from openpyxl import load_workbook

from app.ledgers.page import Page, Section, Total, shown
from app.ledgers.preview import Preview

FOLDER = Path(__file__).parent.parent / "golden"


def same(name: str, text: str, write: bool) -> None:
    """The text is what the golden file holds; with `write` the file is written anew."""
    path = FOLDER / name
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8")


def page_text(page: Page) -> str:
    """Everything a page says, one row a line."""
    head = [page.title, " | ".join(page.meta())]
    head += [" | ".join(f"{column.group}/{column.title}" if column.group else column.title for column in page.columns)]
    body = []
    for line in (*page.body, *page.totals):
        if isinstance(line, Section):
            body.append(f"== {line.text}")
            continue
        values = line.cells if isinstance(line, Total) else line
        cells = [shown(value, column.kind) for value, column in zip(values, page.columns, strict=True)]
        body.append(" | ".join(cell.replace("\n", "⏎") for cell in cells))
    return "\n".join([*head, *body, *page.notes, " ".join(page.signatures)]) + "\n"


def cells_text(path: Path) -> str:
    """Every filled cell of a workbook with its place and type."""
    lines = []
    for sheet in load_workbook(path).worksheets:
        lines.append(f"# {sheet.title} {sheet.sheet_state}")
        for row in sheet.iter_rows():
            lines += [f"{c.coordinate} {c.data_type} {c.number_format} {c.value!r}" for c in row if c.value is not None]
    return "\n".join(lines) + "\n"


def sheets_text(document: bytes) -> str:
    """The text layer of every sheet of a PDF."""
    with Preview(document) as preview:
        texts = [preview.text(index).replace("\r\n", "\n") for index in range(len(preview))]
    return "\n\f\n".join(texts) + "\n"
