"""Files that would cost a weak machine its memory or its morning: refused in a sentence, or read for what is in them."""

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from app.errors import Refusal
from app.services.imports import package, workbook
from app.services.imports.checking import check
from app.services.imports.context import Context
from app.services.imports.findings import Outcome
from tests.services.imports.test_workbook import raw_file

HEAD = (
    '<row r="1">'
    + "".join(f'<c t="inlineStr"><is><t>{t}</t></is></c>' for t in ("姓名", "身份证号", "所属网格"))
    + "</row>"
)


@contextmanager
def lean(megabytes: int) -> Iterator[None]:
    """What happens inside takes neither 5 seconds of the processor nor so much memory."""
    tracemalloc.start()
    began = time.process_time()
    yield
    assert time.process_time() - began < 5
    assert tracemalloc.get_traced_memory()[1] < megabytes << 20
    tracemalloc.stop()


def read(path: Path) -> Outcome:
    return check(path, Context(), as_of=date(2025, 3, 12))


def refused(path: Path) -> str:
    with pytest.raises(Refusal) as refusal:
        read(path)
    return refusal.value.code


def test_a_cell_of_megabytes_is_refused_as_soon_as_it_is_too_long(tmp_path: Path) -> None:
    text = "".join(chr(0x4E00 + n % 20_000) for n in range(1_000_000))
    one = f'<c t="inlineStr"><is><t>{text}</t></is></c>'
    path = raw_file(tmp_path / "a.xlsx", f"<worksheet><sheetData>{HEAD}<row>{one}</row></sheetData></worksheet>")
    with lean(8):
        assert refused(path) == "text_too_long"
    shared = raw_file(tmp_path / "b.xlsx", "<worksheet/>", strings=f"<si><t>{text}</t></si>")
    with lean(8):
        assert refused(shared) == "text_too_long"


def test_a_million_empty_rows_and_one_stray_blank_at_the_end_cost_nothing(tmp_path: Path) -> None:
    last = f'<row r="{workbook.LAST_ROW}"><c t="inlineStr"><is><t> </t></is></c></row>'
    path = raw_file(tmp_path / "a.xlsx", f"<worksheet><sheetData>{HEAD}{last}</sheetData></worksheet>")
    with lean(16):
        assert read(path).sheets[0].counts["accepted"] == 0


@pytest.mark.parametrize(
    ("limit", "most", "rows"),
    [
        ("MOST_ROWS", 50, "".join(f"<row><c><v>{n}</v></c></row>" for n in range(60))),
        ("MOST_CELLS", 50, "<row>" + "<c><v>1</v></c>" * 60 + "</row>"),
        ("MOST_EMPTY", 50, "<row>" + '<c s="1"/>' * 60 + "</row>"),
    ],
)
def test_more_than_any_ledger_has_is_refused(
    limit: str, most: int, rows: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, limit, most)
    path = raw_file(tmp_path / "a.xlsx", f"<worksheet><sheetData>{HEAD}{rows}</sheetData></worksheet>")
    assert refused(path) == "too_many_cells"


def test_names_and_looks_of_megabytes_are_no_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MOST_FRAME", 100)
    path = raw_file(tmp_path / "a.xlsx", "<worksheet/>")
    assert refused(path) == "damaged_file"


def test_a_sheet_that_reaches_to_the_last_column_is_read_for_its_ledger(tmp_path: Path) -> None:
    far = HEAD.replace("</row>", '<c r="XFD1" t="inlineStr"><is><t>尾</t></is></c></row>')
    path = raw_file(
        tmp_path / "a.xlsx", f"<worksheet><sheetData>{far}<row><c><v>1</v></c></row></sheetData></worksheet>"
    )
    with lean(16):
        assert read(path).sheets[0].kind == "roster"
