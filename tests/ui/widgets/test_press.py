"""Sheets on the printer's paper."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QPageSize
from PySide6.QtPrintSupport import QPrinter
from pytestqt.qtbot import QtBot

from app.ledgers import pdf
from app.ledgers.page import Column, Page
from app.ledgers.preview import Preview
from app.ui.widgets import press

A3_ACROSS, A4_UP, A4_ACROSS = (1191, 842), (595, 842), (842, 595)


@pytest.fixture(scope="module")
def ledger() -> bytes:
    """Three sheets of A3 lying across and one of A4 upright."""
    columns, rows = (Column("a", "a"),), tuple((n,) for n in range(75))
    return pdf.document([Page("宽表", columns, rows, landscape=True, paper="A3"), Page("窄表", columns, rows[:1])])


@pytest.mark.parametrize(("change", "sizes"), [
    (lambda _to: None, [A3_ACROSS, A3_ACROSS, A3_ACROSS, A4_UP]),
    (lambda to: to.setPageSize(QPageSize(QPageSize.PageSizeId.A4)), [A4_ACROSS, A4_ACROSS, A4_ACROSS, A4_UP]),
    (lambda to: to.setFromTo(3, 9), [A3_ACROSS, A4_UP]),
    (lambda to: to.setFromTo(2, 2), [A3_ACROSS]),
])  # fmt: skip
def test_each_sheet_lies_on_its_own_paper_unless_another_was_chosen(
    ledger: bytes,
    tmp_path: Path,
    change: Callable[[QPrinter], None],
    sizes: list[tuple[int, int]],
    qtbot: QtBot,
) -> None:
    with Preview(ledger) as preview:
        to = press.printer(preview.size(0))
    assert to.pageLayout().orientation().name == "Landscape"
    to.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    to.setOutputFileName(str(tmp_path / "printed.pdf"))
    to.setResolution(72)
    change(to)
    assert press.print_sheets(ledger, to, lambda *_told: None) == len(sizes)  # type: ignore[arg-type]
    with Preview(tmp_path / "printed.pdf") as printed:
        assert [tuple(map(round, printed.size(n))) for n in range(len(printed))] == sizes
