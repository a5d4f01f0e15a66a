"""What a check of a ledger says: findings in sentences, rows taken and refused, per sheet and per file."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default
from datetime import date
from typing import Any

from app.i18n import N_, _

#: The sheet that a marked copy has in front; it is never imported.
PROBLEMS = "导入问题"
#: Every code with its sentence: E_ codes keep the row out, W_ codes let it in and tell the user, I_ codes say what it was matched to.
RULES: dict[str, str] = {
    "E_REQUIRED_EMPTY": N_("「{header}」没有填写。请补填后重新导入。"),
    "E_CELL_ERROR": N_("「{header}」里是 Excel 错误 {text}。请改正公式, 或直接填写内容。"),
    "E_ID_FORMAT": N_("身份证号「{text}」应为 18 位 (前 17 位数字, 末位数字或 X) 或旧 15 位数字。请对照证件改正。"),
    "E_ID_CHECKSUM": N_("身份证号「{text}」校验位不对, 多半有一位打错。请对照证件逐位核对。"),
    "E_ID_DATE": N_("身份证号「{text}」中的出生日期不存在。请对照证件改正第 7 至 14 位。"),
    "E_ID_PRECISION_LOST": N_("身份证号被 Excel 当作数字保存, 末几位已经丢失。请先把单元格设为文本格式, 再重新填写。"),
    "E_GRID_UNKNOWN": N_("找不到名称或编码为「{text}」的网格, 或不止一个网格相符。请按网格划分表填写完整名称。"),
    "E_DATE_IMPOSSIBLE": N_("日期「{text}」不存在。请改正。"),
    "E_DATE_UNREADABLE": N_("「{text}」不是具体日期。请写明年、月、日。"),
    "E_DATE_AMBIGUOUS": N_("数字 {text} 可能是 {first}, 也可能是 {second}。请写成「月日」形式。"),
    "E_DATE_FUTURE": N_("日期「{text}」晚于 {today}。请核对年份。"),
    "E_VISIT_BEFORE_BIRTH": N_("走访日期 {day} 早于 {name} 的出生日期 {birth}。请核对日期和走访对象。"),
    "E_UNIT_UNKNOWN": N_("找不到名称为「{text}」的单位。请按组织机构表填写。"),
    "W_ID_15": N_("15 位旧身份证号已换成 18 位 {number}。请核对。"),
    "W_BIRTH_MISMATCH": N_("出生日期「{text}」与身份证号不一致, 已按身份证号取 {birth}。"),
    "W_SEX_MISMATCH": N_("性别「{text}」与身份证号不一致, 已按身份证号取值。"),
    "W_PHONE_INVALID": N_("电话「{text}」位数不对, 没有收入。请核对后补填。"),
    "W_CODE_UNKNOWN": N_("「{text}」不在「{header}」的选项中, 没有收入。请改用已有选项。"),
    "W_CODE_AMBIGUOUS": N_("「{text}」可以有几种理解, 「{header}」暂时空着。请写明是哪一种。"),
    "W_CELL_ERROR": N_("「{header}」里是 Excel 错误 {text}, 按空白处理。"),
    "W_FORMULA_NO_VALUE": N_("「{header}」的公式没有保存计算结果, 按空白处理。在 Excel 中打开并保存一次即可。"),
    "W_SEQ_DUPLICATE": N_("序号 {text} 在本表中已用过。"),
    "W_ROW_STRUCK": N_("本行文字画了删除线, 仍按有效行收入。若已作废, 请删去本行。"),
    "W_CHAR_PRIVATE": N_("「{text}」中有旧字库的自造字, 已换成标准汉字「{value}」。请核对。"),
    "W_DATE_OUTSIDE_SHEET": N_("日期 {day} 不在本表的月份 {month} 内。请核对。"),
    "W_DATE_RANGE": N_("「{text}」包含几天, 已取第一天 {day}。"),
    "W_PERSON_AMBIGUOUS": N_("叫「{name}」的不止一人, 暂未对应到人。请在导入后选定。"),
    "W_PERSON_UNKNOWN": N_("花名册里没有「{name}」。请核对姓名, 或先补入花名册。"),
    "W_VISITOR_COUNT": N_("「{text}」没有写出全部走访人, 只收入了写明的人。"),
    "W_HOUSEHOLD_UNKNOWN": N_("住户登记中没有住址「{text}」。请核对楼号、单元和房号, 或先登记住户。"),
    "W_HOUSEHOLD_SIZE": N_("登记人口 {stated} 人, 实际收入成员 {size} 人。请核对。"),
    "W_IN_TWO_HOUSEHOLDS": N_("同一人已登记在「{household}」。请核对现在住在哪里。"),
    "W_PROBABLY_SAME": N_("没有身份证号, 但姓名、电话、住址与花名册中的「{name}」相同, 多半是同一人。请确认。"),
    "W_STATE_CONTRADICTION": N_("「{header}」与是否办结 (整改) 的填写不一致, 先按没有办完收入。请核对后再办结。"),
    "W_JOINT_OVER_5": N_("{n} 人联名反映, 超过 {most} 人的应推选代表。已按 {n} 人收入。"),
    "W_DEADLINE_UNREADABLE": N_("时限「{text}」不是日期或天数, 没有收入。请写明到哪一天。"),
    "W_DEADLINE_BEFORE_FOUND": N_("整改期限 {text} 早于排查日期 {day}, 没有收入。请核对后补填。"),
    "W_FIXED_BEFORE_FOUND": N_("完成日期 {text} 早于排查日期 {day}, 按排查当天收入。请核对。"),
    "W_LEVEL_CONTRADICTION": N_(
        "风险等级「{text}」与分值 {score} 不一致, 按分值应为「{level}」。已按填写的收入, 请核对。"
    ),
    "W_LEVEL_DERIVED": N_("等级没有填写, 已按分值取「{level}」。请核对。"),
    "W_CARRIED_OVER": N_("与还没有办结的同一诉求重复, 接着那一件办理, 不另立一件。请核对。"),
    "W_RECURRENCE": N_("同一地点的同一隐患在 {day} 已整改过, 又出现了, 收入后关联为老问题。请核对。"),
    "W_CODE_DUPLICATE": N_("编码「{text}」已用于「{other}」。请核对。"),
    "W_CODE_MISSING": N_("「{name}」没有编码, 下发后请补填。"),
    "I_RISK_POINT": N_("在风险点「{point}」, 收入后关联。不是的请在事项里更正。"),
    "I_RISK_POINTS": N_("没有关联风险点: 可能是 {points} 里的一个。收入后可在事项里选定。"),
    "W_SCORE_UNREADABLE": N_("分值「{text}」不是数字, 也不是否决项, 没有收入。请改成数字或写明「否决项」。"),
    "W_SUM_MISMATCH": N_("「{about}」小计写的是 {stated} 分, 各行相加是 {actual} 分。请核对小计或各行的分值。"),
    "W_LEADER_EMPTY": N_("「{name}」没有网格长。请补填。"),
}

#: What the user reads about a row that is somebody known already.
DUPLICATES: dict[str, str] = {
    "same_id": N_("与{same_as}是同一人, 不再重复收入。"),
    "same_id_name_differs": N_("身份证号与{same_as}相同而姓名不同, 多半是同一人。已保留先出现的一行, 请核对姓名。"),
    "same_issue": N_("{same_as}与这一行是同一诉求, 不再重复收入。"),
    "same_hazard": N_("{same_as}与这一行是同一隐患, 不再重复收入。"),
    "same_visit": N_("{same_as}与这一行是同一次走访, 不再重复收入。"),
    "same_help": N_("{same_as}与这一行是同一次帮扶, 不再重复收入。"),
    "same_risk": N_("{same_as}与这一行是同一风险点, 不再重复收入。"),
    "same_id_other_grid": N_("与{same_as}是同一人而网格不同。已保留先出现的一行, 请核对所属网格。"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the user should know about one cell (or a whole row: column None), with what to do about it."""

    file: str
    sheet: str
    row: int
    column: str | None
    field: str | None
    code: str
    raw: Any = None
    params: Mapping[str, Any] = default(default_factory=dict)

    @property
    def refuses(self) -> bool:
        """The row is kept out because of this."""
        return self.code.startswith("E_")

    @property
    def state(self) -> str:
        """What becomes of the row: refused, warning (taken, to be checked), matched (taken and linked, or not), twice."""
        states = {"E_": "refused", "W_": "warning", "I_": "matched"}
        return states.get(self.code[:2], "twice")

    @property
    def message(self) -> str:
        """What is wrong and what to do about it, in the user's language."""
        return self._sentence.format(**self.params)

    @property
    def reason(self) -> str:
        """What is wrong: the first sentence."""
        first, end, _rest = self._sentence.partition(_end(self._sentence))
        return (first + end).strip().format(**self.params)

    @property
    def advice(self) -> str:
        """What to do about it: the other sentences; empty if there is nothing to do."""
        return self._sentence.partition(_end(self._sentence))[2].strip().format(**self.params)

    @property
    def _sentence(self) -> str:
        return _(RULES.get(self.code) or DUPLICATES[self.code])


def _shown(place: str, file: str) -> str:
    """A place (file|sheet!row) as people say it; a place of another form is the name of somebody on record."""
    name, bar, rest = place.rpartition("|")
    sheet, mark, row = rest.rpartition("!")
    if not (bar and mark):
        return _("已在册的 {name} ").format(name=place)
    where = _("工作表「{sheet}」第 {row} 行").format(sheet=sheet, row=row)
    return where if name == file else _("文件 {file} ").format(file=name) + where


def _end(sentence: str) -> str:
    return "。" if "。" in sentence else ". "


@dataclass(frozen=True, slots=True)
class Column:
    """A column that was understood: its letter and what its header says."""

    letter: str
    header: str


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A column that was not understood, with the field it may be (None: no idea)."""

    letter: str
    header: str
    proposed: str | None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that holds no record: title, subtitle, header, repeated_header, blank, section, subtotal or footer."""

    row: int
    why: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that is kept out, with all its errors and its content as typed (field → content)."""

    row: int
    errors: tuple[Finding, ...]
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A row about what stands in an earlier row (`same_as`: file|sheet!row) or is known already (`other`: as it is on record)."""

    row: int
    same_as: str
    kind: str
    record: Mapping[str, Any]
    other: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum that the sheet states, and what its rows make, whatever became of them."""

    row: int
    column: str
    about: str
    stated: float
    actual: float

    @property
    def differs(self) -> bool:
        """It is not the sum of the rows."""
        return self.stated != self.actual


@dataclass(frozen=True, slots=True)
class SheetOutcome:
    """What one sheet holds; kind None: the header was not understood and the user has to map it.

    `day` is when it was filled in, `title` what it is called, `sums` are the sums it states (of a checklist); `matched`
    says which risk points the rows were matched to, `remembered` that the header was mapped by a person before.
    """

    name: str
    kind: str | None
    header_rows: tuple[int, ...]
    columns: Mapping[str, Column]
    unmapped: tuple[Unmapped, ...] = ()
    fingerprint: str = ""
    month: str | None = None
    not_data: tuple[Skipped, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    warnings: tuple[Finding, ...] = ()
    records: tuple[dict[str, Any], ...] = ()
    day: date | None = None
    matched: tuple[Finding, ...] = ()
    title: str | None = None
    sums: tuple[Sum, ...] = ()
    remembered: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are data, accepted, rejected, duplicates, accepted with warnings, and not data."""
        accepted, rejected, twice = len(self.records), len(self.rejected), len(self.duplicates)
        return {
            "data_rows": accepted + rejected + twice,
            "accepted": accepted,
            "rejected": rejected,
            "duplicates": twice,
            "accepted_with_warnings": len({warning.row for warning in self.warnings}),
            "not_data": len(self.not_data),
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one file holds and what is wrong with it; nothing has been stored yet. `heads` are the first rows of each sheet."""

    file: str
    sha256: str
    sheets: tuple[SheetOutcome, ...]
    ignored: Mapping[str, str] = default(default_factory=dict)
    nodes: tuple[dict[str, Any], ...] = ()
    households: Mapping[str, dict[str, Any]] = default(default_factory=dict)
    heads: Mapping[str, tuple[tuple[int, Mapping[str, str]], ...]] = default(default_factory=dict)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything the user should know, errors and warnings and duplicates, in the order of the file."""
        found: list[Finding] = []
        for sheet in self.sheets:
            here = [error for row in sheet.rejected for error in row.errors] + [*sheet.warnings, *sheet.matched]
            here += [self._duplicate(sheet.name, twice) for twice in sheet.duplicates]
            here += [self._sum(sheet.name, one) for one in sheet.sums if one.differs]
            found += sorted(here, key=lambda finding: finding.row)
        return tuple(found)

    def _duplicate(self, sheet: str, twice: Duplicate) -> Finding:
        return Finding(
            self.file, sheet, twice.row, None, None, twice.kind, params={"same_as": _shown(twice.same_as, self.file)}
        )

    def _sum(self, sheet: str, one: Sum) -> Finding:
        told = {"about": one.about, "stated": f"{one.stated:g}", "actual": f"{one.actual:g}"}
        return Finding(self.file, sheet, one.row, one.column, None, "W_SUM_MISMATCH", one.stated, told)

    @property
    def totals(self) -> dict[str, dict[str, int]]:
        """The counts of rows per kind of sheet."""
        totals: dict[str, dict[str, int]] = {}
        for sheet in self.sheets:
            if sheet.kind:
                kind = totals.setdefault(sheet.kind, dict.fromkeys(sheet.counts, 0))
                for what, count in sheet.counts.items():
                    kind[what] += count
        return totals
