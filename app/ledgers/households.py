"""住户/服务对象名册: every home with its people, and whoever else needs a service, grid by grid."""

import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.clock import today
from app.i18n import _, joined
from app.ledgers import arranging
from app.ledgers.arranging import GROUP, ID, PART, Rows
from app.ledgers.page import Column
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.grids import Grid
from app.models.people import Household, Person
from app.models.visits import Visit
from app.services import codes
from app.services.privacy import mask_id_number, mask_phone

_TABLES = ("sex", "relation", "person_kind", "person_status", "person_tag")


def columns(s: Session, _period: Period) -> tuple[Column, ...]:
    """The columns of the paper, in its order."""

    def offered(kind: str) -> tuple[str, ...]:
        return tuple(choice.label for choice in codes.choices(s, kind))

    home, person = _("住户"), _("家庭成员或服务对象")
    return (
        Column(_("序号"), "n", 9, "center", "number"),
        Column(_("住址"), "address", 38, group=home),
        Column(_("户主"), "head", 15, "center", group=home),
        Column(_("联系电话"), "home_phone", 21, kind="code", group=home),
        Column(_("最近走访"), "visited_on", 18, kind="date", group=home),
        Column(_("姓名"), "name", 15, "center", group=person),
        Column(_("与户主关系"), "relation", 15, "center", group=person, choices=offered("relation")),
        Column(_("性别"), "sex", 9, "center", group=person, choices=offered("sex")),
        Column(_("身份证号"), "id_number", 34, kind="code", group=person),
        Column(_("出生日期"), "birth_on", 18, kind="date", group=person),
        Column(_("类别"), "kind", 11, "center", group=person, choices=offered("person_kind")),
        Column(_("状态"), "status", 11, "center", group=person, choices=offered("person_status")),
        Column(_("服务需要"), "tags", 26, group=person),
        Column(_("岗位"), "job", 18, "center", group=person),
        Column(_("联系电话"), "phone", 21, kind="code", group=person),
        Column(_("备注"), "note", 14),
    )


def rows(s: Session, period: Period, scope: Scope, masked: bool) -> Rows:
    """The homes on record and their people; then those with a need for service who live in none of these homes."""
    tally = _Tally()
    return Rows(
        _rows(s, period, scope, masked, tally),
        tally.heading,
        closing=tally.sentence,
        period=_("截至 {day}").format(day=today().isoformat()),
        notes=(
            _("户数＝在册未注销的住户数；人数＝在册未注销的家庭成员数，加上未登记住址的服务对象。"),
            _("服务需要只写明需要什么服务，不评价本人。最近走访＝期末（或今天）以前最近一次已提交的走访。"),
        ),
    )


class _Tally:
    """How many homes and people each grid has."""

    def __init__(self) -> None:
        self.grids: dict[str, str] = {}
        self.homes: dict[str, int] = {}
        self.people: dict[str, int] = {}

    def add(self, row: Row[Any], homes: int, people: int) -> str:
        key = row.grid.hex if row.grid else ""
        self.grids[key] = row.grid_name or _("未分网格")
        self.homes[key] = self.homes.get(key, 0) + homes
        self.people[key] = self.people.get(key, 0) + people
        return key

    def heading(self, grid: str, _count: int) -> str:
        words = _("{grid}（{homes} 户 {people} 人）")
        return words.format(grid=self.grids[grid], homes=self.homes[grid], people=self.people[grid])

    def sentence(self) -> str:
        words = _("合计：{homes} 户，{people} 人。")
        counts = {"homes": sum(self.homes.values()), "people": sum(self.people.values())}
        return words.format(**counts) if self.grids else ""


def _rows(s: Session, period: Period, scope: Scope, masked: bool, tally: _Tally) -> Iterator[arranging.Row]:
    words = {table: codes.labels(s, table) for table in _TABLES}
    members, alone = _people(s, scope)
    visited = _visited(s, min(period.last, today()), scope)
    homes: dict[str, list[arranging.Row]] = {}
    for home in s.execute(_homes(scope)):
        people = members.get(home.id, [])
        group = tally.add(home, 1, len(people))
        about: arranging.Row = {
            "address": home.address,
            "head": home.head or "",
            "home_phone": _phones([home.phone] if home.phone else [], masked),
            "visited_on": visited.get(home.id),
            "note": home.note or "",
        }
        made = homes.setdefault(group, [])
        made.append(
            {
                ID: f"household:{home.id.hex}",
                GROUP: group,
                **about,
                **(_person(people[0], words, masked) if people else {}),
            }
        )
        made += [{ID: _id(one), GROUP: group, PART: True, **_person(one, words, masked)} for one in people[1:]]
    for one in alone:
        group = tally.add(one, 0, 1)
        where = {"address": one.address or ""}
        homes.setdefault(group, []).append({ID: _id(one), GROUP: group, **where, **_person(one, words, masked)})
    for group in homes:
        yield from homes[group]


def _id(row: Row[Any]) -> str:
    return f"person:{row.id.hex}"


def _person(row: Row[Any], words: dict[str, dict[str, str]], masked: bool) -> arranging.Row:
    number = row.id_number or ""
    return {
        "grid": row.grid_name or "",
        "name": row.name,
        "relation": codes.label(words["relation"], row.relation),
        "sex": words["sex"].get(row.sex or "", row.sex or ""),
        "id_number": mask_id_number(number) if masked else number,
        "birth_on": row.birth_on,
        "kind": codes.label(words["person_kind"], row.kind),
        "status": codes.label(words["person_status"], row.status),
        "tags": joined(codes.label(words["person_tag"], tag) for tag in row.tags or ()),
        "job": row.job or "",
        "phone": _phones(row.phones or (), masked),
    }


def _phones(numbers: Any, masked: bool) -> str:
    return "\n".join(mask_phone(str(number)) if masked else str(number) for number in numbers)


def _homes(scope: Scope) -> Any:
    return (
        select(
            Household.id, Household.address, Household.head, Household.phone, Household.note,
            Grid.id.label("grid"), Grid.name.label("grid_name"),
        )
        .outerjoin(Grid, Grid.id == Household.grid_id)
        .where(scope.holds(Household), Household.voided_at.is_(None))
        .order_by(Grid.path.nulls_last(), Grid.sort, Grid.name, Grid.id, Household.address, Household.id)
    )  # fmt: skip


def _people(s: Session, scope: Scope) -> tuple[dict[uuid.UUID, list[Row[Any]]], list[Row[Any]]]:
    """The people of each home, its head first; and those with a need who live in none."""
    query: Any = (
        select(
            Person.id, Person.name, Person.kind, Person.sex, Person.birth_on, Person.id_number, Person.phones, Person.job, Person.status,
            Person.relation, Person.tags, Person.address, Household.id.label("home"), Grid.id.label("grid"),
            Grid.name.label("grid_name"),
        )
        .outerjoin(Household, (Household.id == Person.household_id) & Household.voided_at.is_(None))
        .outerjoin(Grid, Grid.id == Person.grid_id)
        .where(scope.holds(Person), Person.voided_at.is_(None))
        .order_by(Grid.path.nulls_last(), Grid.sort, Grid.name, Grid.id, Person.relation != "head", Person.birth_on, Person.name, Person.id)
    )  # fmt: skip
    homes: dict[uuid.UUID, list[Row[Any]]] = {}
    alone: list[Row[Any]] = []
    for row in s.execute(query.execution_options(yield_per=1000)):
        if row.home is not None:
            homes.setdefault(row.home, []).append(row)
        elif row.tags:
            alone.append(row)
    return homes, alone


def _visited(s: Session, on: date, scope: Scope) -> dict[uuid.UUID, date]:
    """Household → the day of its latest visit until this day."""
    query = (
        select(Visit.household_id, func.max(Visit.day))
        .join(Household, Household.id == Visit.household_id)
        .where(scope.holds(Household), Visit.day <= on, Visit.voided_at.is_(None))
        .group_by(Visit.household_id)
    )
    return {home: day for home, day in s.execute(query) if home}
