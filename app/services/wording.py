"""Records, their fields and values in the words of the people who fill them in, for lists that tell of any table."""

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.i18n import N_, _, joined
from app.models.base import Record, record_classes
from app.models.checks import Check
from app.models.codes import Code
from app.models.grids import Grid
from app.models.issues import Issue
from app.models.parts import in_parts
from app.models.people import Household, Person
from app.models.posts import Post
from app.models.risks import RiskPoint
from app.models.steps import Step
from app.models.units import Unit
from app.models.visits import Help, Visit
from app.services import codes

#: How the records of a table are called.
_TABLES = {
    "unit": N_("单位"), "grid": N_("网格"), "person": N_("人员"), "household": N_("住户"), "post": N_("任职"),
    "risk_point": N_("风险点"), "visit": N_("走访"), "help": N_("帮扶"), "issue": N_("事项"), "issue_step": N_("事项步骤"),
    "check": N_("检查"), "attachment": N_("附件"), "account": N_("账号"), "code": N_("代码"), "site": N_("站点"),
    "template": N_("检查表"), "reminder": N_("催报"),
    "edition": N_("印发的台账"), "closing": N_("月度结账"), "layout": N_("台账版式"),
}  # fmt: skip
#: How the fields that two sides may both change are called.
_FIELDS = {
    "name": N_("姓名"), "kind": N_("类别"), "former_name": N_("曾用名"), "sex": N_("性别"), "birth_on": N_("出生日期"),
    "id_number": N_("身份证号"), "phones": N_("电话"), "phone": N_("电话"), "employee_no": N_("员工编号"), "unit_id": N_("单位"),
    "grid_id": N_("所属网格"), "household_id": N_("住户"), "relation": N_("与户主关系"), "job": N_("岗位"), "ethnic": N_("民族"),
    "political": N_("政治面貌"), "status": N_("在岗状态"), "tags": N_("服务标签"), "address": N_("住址"), "note": N_("备注"),
    "number": N_("户号"), "head": N_("户主"), "contact": N_("联系人"), "stated_size": N_("登记人数"), "person_id": N_("人员"),
    "role": N_("职务"), "duties": N_("八大员职责"), "from_on": N_("开始日期"), "to_on": N_("结束日期"), "place": N_("部位"),
    "hazard": N_("危害"), "code": N_("编号"), "thing": N_("设备设施"), "accident": N_("可能事故"), "level": N_("等级"),
    "score": N_("分值"), "controls": N_("管控措施"), "owner": N_("责任人"), "voided_at": N_("作废"), "void_reason": N_("作废原因"),
    "path": N_("归属单位"), "parent_id": N_("上级"), "factors": N_("评价取值"),
}  # fmt: skip
#: Fields whose value is a code, by table and field.
_CODES = {
    ("person", "kind"): "person_kind", ("person", "sex"): "sex", ("person", "relation"): "relation",
    ("person", "ethnic"): "ethnic", ("person", "political"): "political", ("person", "status"): "person_status",
    ("person", "tags"): "person_tag", ("household", "tags"): "person_tag", ("post", "role"): "role",
    ("post", "duties"): "duty", ("risk_point", "level"): "risk_level", ("risk_point", "kind"): "risk_kind",
    ("risk_point", "accident"): "accident",
}  # fmt: skip


def table(name: str) -> str:
    """What a record of this table is called."""
    return _(_TABLES.get(name, "")) or name


def field(name: str) -> str:
    """What the field is called."""
    return _(_FIELDS.get(name, "")) or name


def value(s: Session, of_table: str, of_field: str, given: Any) -> str:
    """A canonical value as a person would write it; an empty one is said to be empty."""
    if given is None or given == "" or given == []:
        return _("(空)")
    if isinstance(given, list):
        return joined(value(s, of_table, of_field, one) for one in given)
    if isinstance(given, bool):
        return _("是") if given else _("否")
    if of_field == "voided_at":
        return _("已作废")
    if kind := _CODES.get((of_table, of_field)):
        return codes.label(codes.labels(s, kind), str(given))
    if of_field.endswith("_id"):
        return _referred(s, of_field, str(given))
    if of_field.endswith("_on"):
        return _day(str(given))
    return str(given)


def _referred(s: Session, of_field: str, given: str) -> str:
    named: dict[str, tuple[type[Record], Any]] = {
        "grid_id": (Grid, Grid.name), "unit_id": (Unit, Unit.name), "household_id": (Household, Household.address),
        "person_id": (Person, Person.name),
    }  # fmt: skip
    try:
        record = uuid.UUID(hex=given)
    except ValueError:
        return given
    if of_field not in named:
        return given[:8]
    model, column = named[of_field]
    return s.scalar(select(column).where(model.id == record)) or _("(本机没有这条资料)")


def _day(given: str) -> str:
    try:
        day = date.fromisoformat(given)
    except ValueError:
        return given
    return _("{y}年{m}月{d}日").format(y=day.year, m=day.month, d=day.day)


def titles(s: Session, of_table: str, records: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What the records are called among people: a name, an address, a number with its title."""
    wanted, found = sorted(set(records)), {}
    for part in in_parts(wanted):
        found.update(_titles(s, of_table, part))
    return found


def _titles(s: Session, of_table: str, ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    model = record_classes().get(of_table)
    if model is None:
        return {}
    return {record.id: _title(s, record) for record in s.scalars(select(model).where(model.id.in_(ids)))}


def _title(s: Session, record: Record) -> str:
    if isinstance(record, (Person, Grid, Unit)):
        return record.name
    if isinstance(record, Household):
        return record.address
    if isinstance(record, Issue):
        return f"{record.number} {record.title}"
    if isinstance(record, Visit):
        home = s.scalar(select(Household.address).where(Household.id == record.household_id))
        return " ".join(part for part in (record.day.isoformat(), home or record.summary or "") if part)
    if isinstance(record, Post):
        return s.scalar(select(Person.name).where(Person.id == record.person_id)) or ""
    if isinstance(record, RiskPoint):
        return record.place
    if isinstance(record, Step):
        return s.scalar(select(Issue.title).where(Issue.id == record.issue_id)) or ""
    if isinstance(record, Check):
        return record.day.isoformat()
    return record.zh if isinstance(record, Code) else str(getattr(record, "name", ""))


#: The page of the window on which the records of a table stand.
_PAGES = {
    "visit": "visits", "issue": "issues", "check": "checks", "person": "registry", "household": "registry",
    "post": "registry", "risk_point": "registry", "grid": "registry", "unit": "registry",
}  # fmt: skip


def door(s: Session, of_table: str, record: uuid.UUID) -> tuple[str, uuid.UUID] | None:
    """The page and the record on it where this one is seen: a step on its issue, help on its visit, a post on its person."""
    above: dict[str, tuple[str, Any, Any]] = {
        "issue_step": ("issues", Step.issue_id, Step.id), "help": ("visits", Help.visit_id, Help.id),
        "post": ("registry", Post.person_id, Post.id),
    }  # fmt: skip
    if of_table in above:
        page, column, key = above[of_table]
        found = s.scalar(select(column).where(key == record))
        return (page, found) if found else None
    return (_PAGES[of_table], record) if of_table in _PAGES else None
