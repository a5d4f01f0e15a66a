"""How fast and how large: ledgers as workbook and PDF, against the plain use of the libraries below them (goals 12, 13)."""

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from app.ledgers import excel, pdf
from app.ledgers.page import Column, Line, Page
from tests.bench import Figure

_NOTE = "老人独居，子女在外闯市场，冬季取暖不好；已联系物业上门，承诺三日内修好。"


class Rows:
    """So many rows made on the way, as a query would give them: nothing is kept."""

    def __init__(self, count: int, columns: int) -> None:
        self.count, self.columns = count, columns

    def __len__(self) -> int:
        return self.count

    def __contains__(self, row: object) -> bool:
        return False

    def __iter__(self) -> Iterator[Line]:
        for n in range(1, self.count + 1):
            head = (n, f"C03-017-{n:06d}", date(2025, 1, 1) + timedelta(days=n % 365), "张建国", "安居苑3号楼2单元401")
            tail = ("13800010001", "入户", _NOTE[: 12 + n % 25], "联系物业上门维修", n % 9, "赵明、孙丽")
            row = head + tail
            yield (row * 2)[: self.columns]


_COLUMNS = (
    Column("序号", "n", 12, kind="number"),
    Column("编号", "number", 28, kind="code"),
    Column("走访日期", "day", 22, kind="date"),
    Column("姓名", "name", 18),
    Column("住址", "address", 38),
    Column("联系电话", "phone", 24, kind="code"),
    Column("方式", "way", 14),
    Column("情况", "note", 60, kind="multiline"),
    Column("措施", "help", 30),
    Column("次数", "count", 12, kind="number"),
    Column("走访人", "by", 22),
)


def page(rows: int, columns: int = 11) -> Page:
    """A visits ledger of this size."""
    wide = (_COLUMNS * 2)[:columns]
    return Page("入户走访台账", wide, Rows(rows, columns), "采油三厂中心站", "2025年", date(2026, 1, 5), landscape=True)


def figures(full: bool) -> Iterator[Figure]:
    """Seconds and peak MB of both kinds of file."""
    rounds, wide, long = (5, 100_000, 10_000) if full else (3, 10_000, 2_000)
    yield workbook(rounds, wide)
    yield workbook_memory(wide)
    yield paper(rounds, long)
    yield paper_growth(rounds, long)
    yield paper_memory(long)
    if full:
        yield workbook(rounds, long)
        yield paper_growth(1, long, 10)
        yield paper_memory(10 * long)


def workbook(rounds: int, rows: int) -> Figure:
    """Goal 12: seconds for a workbook of so many rows × 20 columns, and for openpyxl's write-only mode with the styles."""
    sheet = page(rows, 20)
    ours, base = _interleaved(
        rounds, lambda path: excel.write(sheet, path), lambda path: _openpyxl(sheet, path), ".xlsx"
    )
    against = "openpyxl write-only with the same styles"
    return Figure(f"ledger to xlsx, {rows:,} × 20", ours, base, ratio=0.9, against=against)


def paper(rounds: int, rows: int) -> Figure:
    """Goal 13: seconds for a PDF of so many wrapped rows, and for a bare canvas with one line a cell."""
    sheet = page(rows)
    ours, base = _interleaved(rounds, lambda path: pdf.write(sheet, path), lambda path: _canvas(sheet, path), ".pdf")
    return Figure(f"ledger to PDF, {rows:,} rows", ours, base, ratio=2, against="a bare canvas, one line a cell")


def paper_growth(rounds: int, rows: int, times: int = 5) -> Figure:
    """Goal 13: seconds for so many times the rows."""
    large, small = page(rows * times), page(rows)
    ours, base = _interleaved(rounds, lambda path: pdf.write(large, path), lambda path: pdf.write(small, path), ".pdf")
    ratio = 5.5 if times == 5 else None
    return Figure(f"ledger to PDF, {rows * times:,} rows", ours, base, ratio=ratio, against=f"{rows:,} rows")


def workbook_memory(rows: int) -> Figure:
    """Goal 12: peak MB of a process that writes a workbook, and of one that only has the libraries loaded."""
    peak = [_peak(_write_workbook, n) for n in (rows, 0)]
    return Figure(f"peak memory, xlsx of {rows:,} × 20", *peak, "MB", most=60, against="no rows")


def paper_memory(rows: int) -> Figure:
    """Goal 13: peak MB of a process that writes a PDF, and of one that writes ten rows."""
    peak = [_peak(_write_paper, n) for n in (rows, 10)]
    most = 200 if rows <= 10_000 else None
    return Figure(f"peak memory, PDF of {rows:,} rows", *peak, "MB", most=most, against="ten rows")


def _interleaved(
    rounds: int, ours: Callable[[Path], object], base: Callable[[Path], object], ending: str
) -> tuple[float, float]:
    times: dict[bool, list[float]] = {True: [], False: []}
    with tempfile.TemporaryDirectory() as folder:
        for _round in range(rounds):
            for mine, write in ((True, ours), (False, base)):
                start = time.perf_counter()
                write(Path(folder) / f"ledger{ending}")
                times[mine].append(time.perf_counter() - start)
    return median(times[True]), median(times[False])


def _openpyxl(sheet: Page, path: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Border, Font, Side

    book = Workbook(write_only=True)
    table = book.create_sheet()
    thin = Side(style="thin")
    formats = {"date": "yyyy-mm-dd", "number": "General"}
    looks = []
    for column in sheet.columns:
        cell = WriteOnlyCell(table)
        cell.font = Font(name="宋体", size=10)
        cell.border = Border(thin, thin, thin, thin)
        cell.alignment = Alignment(horizontal=column.side, vertical="center", wrap_text=True)
        cell.number_format = formats.get(column.kind, "@")
        looks.append(cell._style)
    for row in sheet.rows:
        cells = []
        for value, look in zip(row, looks, strict=True):  # type: ignore[arg-type]
            cell = WriteOnlyCell(table, value)
            cell._style = look
            cells.append(cell)
        table.append(cells)
    book.save(path)


def _canvas(sheet: Page, path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    from app.ledgers.fonts import faces
    from app.ledgers.page import shown

    name = faces()[0].name
    canvas = Canvas(str(path), pagesize=(842, 595), initialFontName=name)
    edges = [42.0]
    for column in sheet.columns:
        edges.append(edges[-1] + column.width * 2.7)
    y = 0.0
    for row in sheet.rows:
        if y < 40:
            if y:
                canvas.showPage()
            y = 550
            canvas.setFont(name, 9)
            for x, column in zip(edges, sheet.columns, strict=False):
                canvas.drawString(x, y, column.title)
        y -= 14
        for x, value in zip(edges, row, strict=False):  # type: ignore[arg-type]
            canvas.drawString(x, y, shown(value))
            canvas.line(x, y - 3, x, y + 11)
        canvas.line(edges[0], y - 3, edges[-1], y - 3)
    canvas.save()


def _write_workbook(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        excel.write(page(rows, 20), Path(folder) / "ledger.xlsx")


def _write_paper(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pdf.write(page(rows), Path(folder) / "ledger.pdf")


def _peak(work: Callable[[int], None], rows: int) -> float:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_report, args=(theirs, work, rows))
    process.start()
    peak: float = ours.recv()
    process.join()
    return peak


def _report(pipe: "Connection[float, float]", work: Callable[[int], None], rows: int) -> None:
    work(rows)
    pipe.send(high_water())


def high_water() -> float:
    """Peak MB of this process alone (getrusage also remembers the one that started it)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("no peak in /proc/self/status")
