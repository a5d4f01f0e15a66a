"""The figures: each has one code, one title and one formula in words, wherever it is shown; and their values of a period."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from app.i18n import N_, _

#: A group of fewer is not broken down (product.md, section 6).
SMALLEST = 5
#: What stands for a rate of nothing.
NONE = "—"

#: How a count adds up over time: a flow is the sum of its months; `start` and `end` are what there was on the eve of the
#: first and on the last day; `own` counts different things seen in the period, so it is the sum of no others.
Nature = Literal["flow", "start", "end", "own"]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A rate as two whole numbers, so that the sum of rates is the rate of the sums."""

    numerator: int
    denominator: int

    @property
    def share(self) -> Decimal | None:
        """The quotient; None of nothing."""
        return Decimal(self.numerator) / self.denominator if self.denominator else None

    @property
    def cell(self) -> Decimal | str:
        """What stands in a column of rates."""
        share = self.share
        return NONE if share is None else share

    def __str__(self) -> str:
        share = self.share
        return NONE if share is None else f"{share:.1%}"

    def __add__(self, other: "Ratio") -> "Ratio":
        return Ratio(self.numerator + other.numerator, self.denominator + other.denominator)


def change(this: int, that: int) -> Ratio:
    """同比 or 环比: by how much this is more than that, of that."""
    return Ratio(this - that, that)


@dataclass(frozen=True)
class Count:
    """One thing that is counted, told in words."""

    code: str
    title: str
    words: str
    nature: Nature


#: 事项 are 员工诉求: no hazards, no 检举控告, no leads, nothing voided.
COUNTS: Mapping[str, Count] = {
    count.code: count
    for count in (
        Count("visits", N_("走访次数"), N_("期间内已提交、未作废的走访记录数"), "flow"),
        Count("homes_visited", N_("走访户数"), N_("在册住户中期间内走访过的户数，一户走访几次按一户计"), "own"),
        Count("homes", N_("在册户数"), N_("未注销和期末以后才注销的住户数"), "end"),
        Count("helps", N_("帮扶件数"), N_("期间内登记、未作废的帮扶数"), "flow"),
        Count("open_before", N_("期初未办结"), N_("期间以前登记、到期初未办结的件数"), "start"),
        Count("registered", N_("登记"), N_("登记日期在期间内的件数"), "flow"),
        Count("reopened", N_("重办"), N_("期间内办结以后又重办的件次"), "flow"),
        Count("ended", N_("办结"), N_("期间内办结的件次，含撤回、不予受理、合并"), "flow"),
        Count("open", N_("期末未办结"), N_("到期末最后一天未办结的件数"), "end"),
        Count("timed", N_("有期限的办结"), N_("办结的事项中定有办理期限或适用期限规则的"), "flow"),
        Count("in_time", N_("按期办结"), N_("办结日期不晚于办理期限（批准延期的按延期后），没有另定期限的不超过期限规则"), "flow"),
        Count("rated", N_("已评价"), N_("办结的事项中回访评价为满意、基本满意、不满意的，未联系上的不计"), "flow"),
        Count("content", N_("满意和基本满意"), N_("其中评价为满意、基本满意的"), "flow"),
        Count("levelled", N_("写明层级的办结"), N_("办结的事项中写明在哪一级办结的"), "flow"),
        Count("in_grid", N_("格内办结"), N_("其中在网格内办结的"), "flow"),
        Count("judged", N_("有证据要求的办结"), N_("办结的事项中证据规则有要求的，匿名的不计"), "flow"),
        Count("kept", N_("证据齐全的办结"), N_("其中办结时要求的证据齐全、没有用例外的"), "flow"),
        Count("checks", N_("检查次数"), N_("期间内已提交、未作废的检查数"), "flow"),
        Count("hazards_before", N_("期初未销号"), N_("期间以前登记、到期初未销号的隐患数"), "start"),
        Count("hazards_found", N_("新增隐患"), N_("登记日期在期间内的隐患数"), "flow"),
        Count("hazards_again", N_("重新整改"), N_("期间内销号以后又重办的隐患件次"), "flow"),
        Count("hazards_cleared", N_("销号"), N_("期间内经现场复检办结或撤回的隐患件次"), "flow"),
        Count("hazards_open", N_("期末未销号"), N_("到期末最后一天未销号的隐患数"), "end"),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Rate:
    """A share: the sum of these counts by the sum of those, with its formula in words."""

    code: str
    title: str
    words: str
    above: tuple[str, ...]
    below: tuple[str, ...]


RATES: Mapping[str, Rate] = {
    rate.code: rate
    for rate in (
        Rate("coverage", N_("走访覆盖率"), N_("走访户数÷在册户数"), ("homes_visited",), ("homes",)),
        Rate("closing", N_("办结率"), N_("办结÷（期初未办结＋登记＋重办）"), ("ended",), ("open_before", "registered", "reopened")),
        Rate("in_time_rate", N_("按期办结率"), N_("按期办结÷有期限的办结"), ("in_time",), ("timed",)),
        Rate("satisfaction", N_("满意率"), N_("满意和基本满意÷已评价"), ("content",), ("rated",)),
        Rate("in_grid_rate", N_("格内办结率"), N_("格内办结÷写明层级的办结"), ("in_grid",), ("levelled",)),
        Rate("compliance", N_("证据合规率"), N_("证据齐全的办结÷有证据要求的办结"), ("kept",), ("judged",)),
        Rate(
            "rectified", N_("整改率"), N_("销号÷（期初未销号＋新增隐患＋重新整改）"), ("hazards_cleared",),
            ("hazards_before", "hazards_found", "hazards_again"),
        ),
    )
}  # fmt: skip


def title(code: str) -> str:
    """The name of a count or a rate, in the user's language."""
    return _((RATES.get(code) or COUNTS[code]).title)


def formula(code: str) -> str:
    """名称＝what it is, in words."""
    return _("{title}＝{words}").format(title=title(code), words=_((RATES.get(code) or COUNTS[code]).words))


class Cell(NamedTuple):
    """Where a number stands: which count, the path of the unit, the grid (hex) and the topic, "" for none."""

    code: str
    path: str
    grid: str = ""
    topic: str = ""


@dataclass(frozen=True)
class Figures:
    """The counts of the days from `first` to `last`, each in the smallest cells there are; a value that never changes."""

    first: date
    last: date
    cells: Mapping[Cell, int]

    def __post_init__(self) -> None:
        kept = {cell: n for cell, n in sorted(self.cells.items()) if n}
        object.__setattr__(self, "cells", MappingProxyType(kept))

    def __hash__(self) -> int:
        return hash((self.first, self.last, tuple(self.cells.items())))

    def count(self, *codes: str) -> int:
        """The sum of these counts over all cells."""
        return sum(n for cell, n in self.cells.items() if cell.code in codes)

    def rate(self, code: str) -> Ratio:
        """The rate over all cells."""
        rate = RATES[code]
        return Ratio(self.count(*rate.above), self.count(*rate.below))

    def cell(self, code: str) -> Decimal | int | str:
        """What stands in a column of this count or rate."""
        return self.rate(code).cell if code in RATES else self.count(code)

    def where(self, fits: Callable[[Cell], bool]) -> "Figures":
        """The figures of the cells that fit."""
        return Figures(self.first, self.last, {cell: n for cell, n in self.cells.items() if fits(cell)})

    def by(self, key: Callable[[Cell], str]) -> dict[str, "Figures"]:
        """The figures part by part: every cell stands in the part of its key."""
        parts: dict[str, dict[Cell, int]] = defaultdict(dict)
        for cell, n in self.cells.items():
            parts[key(cell)][cell] = n
        return {part: Figures(self.first, self.last, cells) for part, cells in parts.items()}

    def plus(self, later: "Figures") -> "Figures":
        """Both periods as one: flows added, the beginning of this and the end of that; what adds up to nothing is left out.

        The later one begins on the day after this one ends; anything else is a fault of the caller.
        """
        if later.first != self.last + timedelta(days=1):
            raise ValueError(f"{later.first} does not follow {self.last}")
        cells: dict[Cell, int] = defaultdict(int)
        for figures, stock in ((self, "start"), (later, "end")):
            for cell, n in figures.cells.items():
                if COUNTS[cell.code].nature in ("flow", stock):
                    cells[cell] += n
        return Figures(self.first, later.last, cells)

    def beside(self, other: "Figures") -> "Figures":
        """The figures of two scopes that have nothing in common, for the same days."""
        if (self.first, self.last) != (other.first, other.last):
            raise ValueError("not the same days")
        cells = dict(self.cells)
        for cell, n in other.cells.items():
            cells[cell] = cells.get(cell, 0) + n
        return Figures(self.first, self.last, cells)

    def json(self) -> dict[str, Any]:
        """The value in a form that is the same wherever it is written: days as ISO texts, the cells in order."""
        cells = [[*cell, n] for cell, n in self.cells.items()]
        return {"first": self.first.isoformat(), "last": self.last.isoformat(), "cells": cells}

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Figures":
        """The value that `json` wrote; counts of a newer program are left out."""
        cells: Iterable[list[Any]] = given["cells"]
        known = {Cell(*cell): int(n) for *cell, n in cells if cell[0] in COUNTS}
        return cls(date.fromisoformat(given["first"]), date.fromisoformat(given["last"]), known)
