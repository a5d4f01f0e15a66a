"""Rules that this program brings and headquarters does not have in force: what differs, to be taken or left, never by itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.i18n import N_, _, joined, language
from app.models import timing
from app.services import clock_rules, codes, shipped_rules
from app.services.access import actor, allow, may

#: What the fields of a rule are called.
_FIELDS = {
    "article": N_("依据"), "length": N_("时长"), "unit": N_("单位"), "start": N_("从"), "stop": N_("到"), "kinds": N_("事项类别"),
    "levels": N_("单位级别"), "limits": N_("黄红线"), "pauses": N_("挂起不计"), "extension": N_("最多延"), "settable": N_("可另定日期"),
    "right": N_("是权利, 不是义务"), "statutory": N_("法定"), "named": N_("只对留了姓名的"), "needs": N_("要有的证据"),
    "exception": N_("可以例外"), "days": N_("天数"), "same": N_("相同的"), "day": N_("次月几日前"), "partners": N_("外单位"),
    "topics": N_("主题"), "department": N_("办理部门"), "under": N_("单位范围"), "what": N_("什么"), "count": N_("次数"),
    "by": N_("由谁"), "proof": N_("凭什么"), "yellow": N_("黄"), "red": N_("红"),
}  # fmt: skip
#: Values that no code table names.
_WORDS = {
    "days": N_("自然日"), "workdays": N_("工作日"), "person": N_("人"), "place": N_("地点"), "topic": N_("主题"), "any": N_("任意"),
    "handler": N_("承办人"), "different": N_("另一个人"), "signature": N_("签字"), "signature_or_reason": N_("签字或理由"),
    "photo": N_("照片"), "photo_or_reason": N_("照片或理由"),
}  # fmt: skip
_TABLES = ("step_kind", "contact_way", "issue_kind", "unit_kind", "topic", "department")
_NONE = "—"


@dataclass(frozen=True)
class Difference:
    """One field of one rule: as it is in force here, and as the program brings it; "" as the field is the rule as a whole."""

    rule: str
    field: str
    here: str
    there: str


@dataclass(frozen=True)
class Newer:
    """A table of rules that headquarters has not decided about since the program brought others."""

    table: str
    title: str
    differences: tuple[Difference, ...]


def offered(s: Session) -> list[Newer]:
    """The tables of rules in which this program brings others than are in force; none for who may not replace them."""
    if not may(actor(s), "code.edit"):
        return []
    undecided = [table for table in shipped_rules.TABLES if not shipped_rules.decided(s, table)]
    known = timing.in_force(s, *undecided)
    words = _words(s)
    found = []
    for table in undecided:
        if (held := known[table]) is not None and (told := tuple(_differences(held, codes.shipped()[table], words))):
            found.append(Newer(table, codes.title(table), told))
    return found


def take(s: Session, table: str) -> tuple[int, int]:
    """The rules of this table are those of the program from now on; gives how many hold and how many went."""
    return clock_rules.replace(s, table, codes.shipped()[table])


def leave(s: Session, table: str) -> None:
    """The rules in force stay, and are not asked about until a program brings others again."""
    allow(s, "code.edit")
    shipped_rules.decide(s, [table])


def _differences(
    held: list[dict[str, Any]], brought: list[dict[str, Any]], words: Mapping[str, str]
) -> Iterator[Difference]:
    here, there = ({str(value["code"]): value for value in values} for values in (held, brought))
    for code in [*there, *(code for code in here if code not in there)]:
        mine, theirs = here.get(code), there.get(code)
        name = _name(theirs or mine or {})
        if theirs is None:
            yield Difference(name, "", _("有"), _("没有, 换上后停用"))
            continue
        own, new = (dict(one["aliases"] or {}) if one is not None else {} for one in (mine, theirs))
        if mine is None:
            yield Difference(name, "", _("没有"), _("新增"))
        for field in sorted({*own, *new}, key=[*_FIELDS, *own, *new].index):
            if _even(own.get(field)) != _even(new.get(field)):
                yield Difference(name, _title(field), _told(own.get(field), words), _told(new.get(field), words))


def _title(field: str) -> str:
    return _(_FIELDS.get(field, field))


def _name(value: Mapping[str, Any]) -> str:
    return str(value.get("en") or value["zh"] if language() == "en" else value["zh"])


def _even(value: Any) -> Any:
    """Left out is as good as false, none or nothing; the order of words does not matter."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return sorted(value) or None
    return value or None


def _words(s: Session) -> dict[str, str]:
    found = {code: _(word) for code, word in _WORDS.items()}
    for table in reversed(_TABLES):
        found |= codes.labels(s, table)
    return found


def _told(value: Any, words: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return joined(_told(one, words) for one in value) or _NONE
    if isinstance(value, Mapping):
        return " ".join(f"{_title(field)} {_told(one, words)}" for field, one in value.items())
    return words.get(str(value), str(value)) if value not in (None, "") else _NONE
