"""The plan of a layout: columns, grouping, sums, header and signatures as data, judged before anything is made of it."""

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import Any, Literal, TypeAlias

from app.errors import Refusal
from app.i18n import N_, _, joined
from app.ledgers.page import SIGNERS, Column, Paper

#: What this program can read; a plan that says more was made by a newer one.
FORMAT = 1
MOST_COLUMNS, MOST_TITLE, MOST_NOTES, MOST_NOTE, MOST_SIGNERS, MOST_SIGNER, MOST_CONDITIONS = 40, 60, 10, 300, 6, 20, 10
#: Millimetres, whole ones: what is kept holds no fractions.
WIDTHS = (5, 250)
#: So many faults are told; a hostile plan has no end of them.
MOST_FAULTS = 30

Sum: TypeAlias = Literal["", "sum", "count"]
#: How a condition compares → its words between the column and the value (source language).
HOWS = {
    "is": N_("是"), "not": N_("不是"), "has": N_("含有"), "lacks": N_("不含"), "from": N_("不小于 (不早于)"),
    "to": N_("不大于 (不晚于)"), "empty": N_("没有填写"), "filled": N_("已填写"),
}  # fmt: skip
_TOTALS: dict[str, Sum] = {"": "", "sum": "sum", "count": "count"}
_BARE = ("empty", "filled")
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Chosen:
    """One column of a layout: its key; title, heading above and width where they differ from the ledger's; what stands under it."""

    key: str
    title: str = ""
    head: str | None = None
    width: int = 0
    total: Sum = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """Only rows whose value of this key fits are listed."""

    key: str
    how: str
    value: str = ""


@dataclass(frozen=True)
class Plan:
    """A layout as data. `group`: None as the ledger groups, "" not at all, else by this key. Texts are the unit's own words.

    `totals`: the sums of the columns that ask for one, or those of the ledger where no column does; `subtotals` under each group;
    `carried`: the sums so far at the foot of each sheet and the head of the next (过次页, 承前页).
    """

    columns: tuple[Chosen, ...] = ()
    group: str | None = None
    subtotals: bool = False
    totals: bool = True
    classification: str = N_("内部资料")
    notes: tuple[str, ...] = ()
    kind_notes: bool = True
    signatures: tuple[str, ...] = SIGNERS
    landscape: bool = True
    paper: Paper = "A4"
    where: tuple[Condition, ...] = field(default=())
    carried: bool = False

    @property
    def data(self) -> dict[str, Any]:
        """The plan as it is kept and passed on; what says nothing is left out of columns."""
        made = asdict(self)
        made["columns"] = [
            {
                name: value
                for name, value in one.items()
                if value not in ("", 0, None) or (name == "head" and value == "")
            }
            for one in made["columns"]
        ]
        for name in ("notes", "signatures", "where"):
            made[name] = list(made[name])
        return {"format": FORMAT} | made


def of_kind(columns: Sequence[Column], *, landscape: bool, paper: Paper = "A4") -> Plan:
    """The plan that prints a ledger as it comes with the program."""
    return Plan(tuple(Chosen(column.key) for column in columns), landscape=landscape, paper=paper)


def newer(data: object) -> bool:
    """The plan was made by a program that knows more than this one."""
    made = data.get("format") if isinstance(data, dict) else None
    return isinstance(made, int) and not isinstance(made, bool) and made > FORMAT


def read(data: object, columns: Sequence[Column], *, form: bool = False) -> Plan:
    """The plan in this data for a ledger with these columns; refused with all its faults at once, or when it is of a newer program.

    With a `form` (a workbook of the unit's own) the columns stand in the workbook and may be left out.
    """
    if newer(data):
        raise Refusal(
            "layout_newer", N_("这个版式由较新版本的程序制作。请先升级本机的程序, 再用它; 版式已照原样留着。")
        )
    reader = _Reader({column.key: column for column in columns})
    plan = reader.plan(data, form)
    if reader.faults:
        raise faulty(reader.faults)
    return plan


def faulty(faults: Sequence[str]) -> Refusal:
    """The refusal that names every fault."""
    told = list(faults[:MOST_FAULTS])
    if len(faults) > MOST_FAULTS:
        told.append(_("另有 {n} 处没有列出。").format(n=len(faults) - MOST_FAULTS))
    words = "\n".join(f"{n}. {fault}" for n, fault in enumerate(told, 1))
    return Refusal("layout_faulty", N_("这个版式不能用, 请改正后再保存:\n{faults}"), faults=words)


def nearest(word: str, known: Collection[str]) -> str:
    """A hint at the known name that looks most like the word; "" when none does."""
    found = difflib.get_close_matches(word[:MOST_TITLE], list(known), 1, 0.4)
    return _("是不是「{name}」?").format(name=found[0]) if found else ""


class _Reader:
    """Collects every fault on its way through the plan; nothing of what it reads is trusted."""

    def __init__(self, known: Mapping[str, Column]) -> None:
        self.known, self.faults = known, list[str]()

    def plan(self, data: object, form: bool) -> Plan:
        if not isinstance(data, dict):
            self.faults.append(_("版式不是一组设置。"))
            return Plan()
        self._strange(data, {"format", *(one.name for one in fields(Plan))}, _("版式"))
        if data.get("format") != FORMAT or isinstance(data.get("format"), bool):
            self.faults.append(_("没有写明格式版本 (format: {n})。").format(n=FORMAT))
        plan = Plan(
            columns=tuple(self._columns(data.get("columns", []), form)),
            group=self._group(data.get("group")),
            subtotals=self._flag(data, "subtotals", False),
            totals=self._flag(data, "totals", True),
            carried=self._flag(data, "carried", False),
            classification=self._text(data.get("classification", N_("内部资料")), _("密级"), MOST_TITLE),
            notes=self._texts(data.get("notes", []), _("说明"), MOST_NOTES, MOST_NOTE),
            kind_notes=self._flag(data, "kind_notes", True),
            signatures=self._texts(data.get("signatures", list(SIGNERS)), _("签名栏"), MOST_SIGNERS, MOST_SIGNER),
            landscape=self._flag(data, "landscape", True),
            paper="A3" if data.get("paper") == "A3" else "A4",
            where=tuple(self._conditions(data.get("where", []))),
        )
        if data.get("paper", "A4") not in ("A4", "A3"):
            self.faults.append(_("纸张只能是 A4 或 A3。"))
        return plan

    # -- columns

    def _columns(self, data: object, form: bool) -> Iterator[Chosen]:
        listed = self._list(data, _("列"), MOST_COLUMNS)
        if not listed and not form and isinstance(data, list):
            self.faults.append(_("至少要有一列。"))
        seen: dict[str, int] = {}
        for at, one in enumerate(listed, 1):
            where = _("第 {n} 列").format(n=at)
            if not isinstance(one, dict):
                self.faults.append(_("{where}不是一组设置。").format(where=where))
                continue
            self._strange(one, {part.name for part in fields(Chosen)}, where)
            key = self._key(one.get("key"), where)
            if key is None:
                continue
            if key in seen:
                words = _("{where}和第 {other} 列是同一项「{name}」。")
                self.faults.append(words.format(where=where, other=seen[key], name=self.known[key].title))
            seen.setdefault(key, at)
            yield self._chosen(one, key, where)

    def _chosen(self, one: dict[Any, Any], key: str, where: str) -> Chosen:
        head = one.get("head")
        total = _TOTALS.get(given) if isinstance(given := one.get("total", ""), str) else None
        if total is None:
            self.faults.append(_("{where}的合计只能是求和 (sum)、计数 (count) 或没有。").format(where=where))
        if total == "sum" and (self.known[key].kind != "number" or not self.known[key].summed):
            words = _("{where}「{name}」不是数量, 不能求和。")
            self.faults.append(words.format(where=where, name=self.known[key].title))
        return Chosen(
            key,
            self._text(one.get("title", ""), _("{where}的标题").format(where=where), MOST_TITLE),
            None if head is None else self._text(head, _("{where}的上级标题").format(where=where), MOST_TITLE),
            self._width(one.get("width", 0), where),
            total or "",
        )

    def _width(self, given: object, where: str) -> int:
        low, high = WIDTHS
        if isinstance(given, int) and not isinstance(given, bool) and (given == 0 or low <= given <= high):
            return given
        words = _("{where}的宽度要在 {low} 到 {high} 毫米之间, 写整数。")
        self.faults.append(words.format(where=where, low=low, high=high))
        return 0

    def _group(self, given: object) -> str | None:
        if given is None or given == "":
            return given
        return self._key(given, _("分组"))

    # -- conditions

    def _conditions(self, data: object) -> Iterator[Condition]:
        for at, one in enumerate(self._list(data, _("筛选条件"), MOST_CONDITIONS), 1):
            where = _("第 {n} 个筛选条件").format(n=at)
            if not isinstance(one, dict):
                self.faults.append(_("{where}不是一组设置。").format(where=where))
                continue
            self._strange(one, {part.name for part in fields(Condition)}, where)
            key, how = self._key(one.get("key"), where), one.get("how")
            value = self._text(one.get("value", ""), where, MOST_TITLE)
            if not isinstance(how, str) or how not in HOWS:
                words = _("{where}的比较方式不认识, 可用的有: {known}。")
                self.faults.append(words.format(where=where, known=joined(HOWS)))
            elif key is not None:
                if problem := _misfit(how, value, self.known[key]):
                    self.faults.append(_("{where}: {problem}").format(where=where, problem=problem))
                yield Condition(key, how, "" if how in _BARE else value)

    # -- parts

    def _key(self, given: object, where: str) -> str | None:
        if isinstance(given, str) and given in self.known:
            return given
        word = _brief(given)
        by_title = {column.title: key for key, column in self.known.items()}
        hint = nearest(word, [*self.known, *by_title])
        self.faults.append(_("{where}: 这种台账里没有「{key}」这一项。{hint}").format(where=where, key=word, hint=hint))
        return None

    def _flag(self, data: dict[Any, Any], name: str, usual: bool) -> bool:
        given = data.get(name, usual)
        if not isinstance(given, bool):
            self.faults.append(_("{name} 只能是 true 或 false。").format(name=name))
            return usual
        return given

    def _text(self, given: object, where: str, most: int) -> str:
        if not isinstance(given, str):
            self.faults.append(_("{where}要写文字。").format(where=where))
            return ""
        if len(given) > most:
            self.faults.append(_("{where}最多 {n} 个字。").format(where=where, n=most))
            return ""
        if _CONTROL.search(given):
            self.faults.append(_("{where}里有不能打印的字符。").format(where=where))
            return ""
        return given.strip()

    def _texts(self, given: object, where: str, most: int, longest: int) -> tuple[str, ...]:
        made = [self._text(one, where, longest) for one in self._list(given, where, most)]
        return tuple(text for text in made if text)

    def _list(self, given: object, where: str, most: int) -> list[Any]:
        if not isinstance(given, list):
            self.faults.append(_("{where}要写成一个列表。").format(where=where))
            return []
        if len(given) > most:
            self.faults.append(_("{where}最多 {n} 个, 现在有 {m} 个。").format(where=where, n=most, m=len(given)))
        return given[:most]

    def _strange(self, data: dict[Any, Any], known: Collection[str], where: str) -> None:
        for name in list(data)[: 2 * MOST_FAULTS]:
            if name not in known:
                word = _brief(name)
                words = _("{where}里有不认识的设置「{name}」。{hint}")
                self.faults.append(words.format(where=where, name=word, hint=nearest(word, known)))


def _brief(given: object) -> str:
    if isinstance(given, str):
        return _CONTROL.sub(" ", given[:MOST_SIGNER])
    return type(given).__name__ if given is not None else _("(空)")


def _misfit(how: str, value: str, column: Column) -> str:
    """Why the value cannot be compared with this column; "" when it can."""
    if how in _BARE:
        return ""
    if not value:
        return _("请写明和什么比较。")
    if how in ("from", "to"):
        if column.kind == "date" and not _reads(date.fromisoformat, value):
            return _("日期请写成 2025-03-05。")
        if column.kind in ("number", "percent") and not _reads(float, value):
            return _("请写一个数。")
    return ""


def _reads(reader: Callable[[str], object], text: str) -> bool:
    try:
        reader(text)
    except ValueError:
        return False
    return True
