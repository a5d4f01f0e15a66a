"""A page of a ledger as plain data: what stands on the paper, before it is a workbook, a PDF or a picture."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Literal, TypeAlias

from app.clock import local
from app.i18n import N_, _

Value: TypeAlias = str | int | float | Decimal | date | datetime | bool | None
Align: TypeAlias = Literal["left", "center", "right"]
Kind: TypeAlias = Literal["text", "multiline", "code", "number", "percent", "date", "moment"]
Paper: TypeAlias = Literal["A4", "A3"]

#: Width and height in millimetres, upright.
SIZES: dict[Paper, tuple[int, int]] = {"A4": (210, 297), "A3": (297, 420)}

#: Told `(done, total, label)` while a file is written; whatever it raises ends the writing and leaves no file behind.
Progress: TypeAlias = Callable[[int, int, str], None]

#: Who signs a ledger, in the order of the paper.
SIGNERS = (N_("填表人"), N_("审核人"), N_("负责人"))


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, the name of its value, its width in millimetres and how a value stands in it.

    `code` is for numbers that are names (ids, phones, record numbers): never rounded, never broken, shrunk instead.
    Adjoining columns with the same `group` share a cell above their titles. `choices` become a drop-down.
    A number that is no quantity (an age, a place in a list) is not `summed`.
    """

    title: str
    key: str
    width: float = 24
    align: Align | None = None
    kind: Kind = "text"
    group: str = ""
    choices: tuple[str, ...] = ()
    summed: bool = True

    @property
    def side(self) -> Align:
        """Where a value stands: as told, else numbers to the right, dates and codes in the middle, text to the left."""
        if self.align:
            return self.align
        if self.kind == "number":
            return "right"
        return "left" if self.kind in ("text", "multiline") else "center"


@dataclass(frozen=True, slots=True)
class Section:
    """A row across the whole table that names the rows after it."""

    text: str


@dataclass(frozen=True, slots=True)
class Total:
    """A row of sums; None leaves a cell empty."""

    cells: tuple[Value, ...]


#: An ordinary row is a tuple with one value per column.
Line: TypeAlias = tuple[Value, ...] | Section | Total


@dataclass(frozen=True)
class Page:
    """A ledger ready to be printed; `rows` is any collection that can be walked more than once, e.g. one fed by SQL.

    A `bare` one is a form about one matter: its table has no header, for the first column says what stands beside it.
    `ids` tell for each row the record it tells of, "" for none; empty where nobody asks.
    `marks` lie in the file and not on the paper; of several pages in one file the first one's count.
    With `carried`, the sums so far stand at the foot of each sheet (过次页) and again at the head of the next (承前页).
    """

    title: str
    columns: tuple[Column, ...]
    rows: Collection[Line]
    unit: str = ""
    period: str = ""
    filled_on: date | None = None
    totals: tuple[Total, ...] = ()
    notes: tuple[str, ...] = ()
    signatures: tuple[str, ...] = SIGNERS
    landscape: bool = False
    classification: str = N_("内部资料")
    number: str = ""
    code: str = ""
    row_height: float = 7.0
    bare: bool = False
    marks: tuple[tuple[str, str], ...] = ()
    ids: tuple[str, ...] = ()
    paper: Paper = "A4"
    carried: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of a sheet in millimetres, as it lies."""
        width, height = SIZES[self.paper]
        return (height, width) if self.landscape else (width, height)

    @property
    def grouped(self) -> bool:
        """The header has two rows."""
        return any(column.group for column in self.columns)

    @property
    def body(self) -> Collection[Line]:
        """The rows, or one line that says there are none."""
        return self.rows if len(self.rows) else (Section(_("（本期没有记录）")),)

    def head(self) -> list[tuple[str, int, int]]:
        """The upper header row: (text, first column, number of columns); a column without a group stands alone."""
        spans: list[tuple[str, int, int]] = []
        for key, members in groupby(enumerate(self.columns), lambda pair: pair[1].group or pair[0]):
            indices = [index for index, _column in members]
            spans.append((key if isinstance(key, str) else self.columns[indices[0]].title, indices[0], len(indices)))
        return spans

    def meta(self) -> tuple[str, str, str]:
        """The line under the title: who fills it in, for which period, on which day."""
        day = chinese_date(self.filled_on) if self.filled_on else _("　　　年　　月　　日")
        return (
            _("填报单位：{unit}").format(unit=self.unit),
            _("统计期间：{period}").format(period=self.period) if self.period else "",
            _("填报日期：{day}").format(day=day),
        )

    def blank(self, lines: int = 0, height: float = 10.0) -> "Page":
        """The same page as an empty form for paper: so many empty rows of this height (mm), else one sheet full."""
        empty: tuple[Value, ...] = (None,) * len(self.columns)
        lines = lines or int((self.size[1] - 95) / height)
        bare = replace(self, rows=(empty,) * lines, totals=(), filled_on=None, number="", code="", marks=())
        return replace(bare, period=_("　　　　　　　　"), row_height=height)


def pages(page: Page | Sequence[Page]) -> tuple[Page, ...]:
    """One page or several, always as a tuple."""
    return (page,) if isinstance(page, Page) else tuple(page)


def fitted(page: Page) -> Page:
    """The page on the smallest paper that its columns fit without being squeezed much: A4 upright, A4 across, A3 across."""
    width = sum(column.width for column in page.columns)
    return replace(page, landscape=width > 200, paper="A3" if width > 340 else "A4")


def chinese_date(day: date) -> str:
    """2025年3月5日."""
    return _("{year}年{month}月{day}日").format(year=day.year, month=day.month, day=day.day)


def shown(value: Value, kind: Kind = "text") -> str:
    """The value as it stands on paper; moments in Beijing time, rates with one decimal, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, datetime):
        return _moment(value, kind)
    if isinstance(value, date):
        return value.isoformat()
    if kind == "percent":
        return f"{value:.1%}"
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)


def _moment(value: datetime, kind: Kind) -> str:
    clock = local(value) if value.tzinfo else value
    return clock.strftime("%Y-%m-%d" if kind == "date" else "%Y-%m-%d %H:%M")


def total(columns: Sequence[Column], rows: Iterable[Line], label: str | None = None) -> Total:
    """The sums of all number columns of the ordinary rows, with 合计 in the first column."""
    sums: list[Value] = [None] * len(columns)
    numbers = [index for index, column in enumerate(columns) if column.kind == "number" and column.summed]
    for index in numbers:
        sums[index] = 0
    for row in rows:
        if isinstance(row, tuple):
            for index in numbers:
                sums[index] = plus(sums[index], row[index])
    sums[0] = label if label is not None else _("合计")
    return Total(tuple(sums))


def plus(left: Value, right: Value) -> Value:
    """The sum of both; what is no number counts for nothing."""
    if not isinstance(right, int | float | Decimal) or isinstance(right, bool):
        return left
    assert isinstance(left, int | float | Decimal)
    if isinstance(left, float) != isinstance(right, float):
        return float(left) + float(right)
    return left + right  # type: ignore[operator]
