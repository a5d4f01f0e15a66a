"""帮扶关爱台账: every help given in the period, grid by grid, with how many of each kind."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from app.i18n import N_, _, joined
from app.ledgers import arranging, visits
from app.ledgers.arranging import GROUP, ID, Rows
from app.ledgers.page import Column
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.grids import Grid
from app.models.people import Household, Person
from app.models.visits import Help, Visit
from app.services import codes
from app.services.privacy import mask_phone


def columns(s: Session, _period: Period) -> tuple[Column, ...]:
    """The columns of the paper, in its order."""

    def offered(kind: str) -> tuple[str, ...]:
        return tuple(choice.label for choice in codes.choices(s, kind))

    whom = _("帮扶对象")
    return (
        Column(_("序号"), "n", 10, "center", "number"),
        Column(_("日期"), "day", 19, kind="date"),
        Column(_("姓名"), "name", 20, "center", group=whom),
        Column(_("住址"), "address", 42, group=whom),
        Column(_("联系电话"), "phone", 22, kind="code", group=whom),
        Column(_("服务需要"), "tags", 28, group=whom),
        Column(_("帮扶类别"), "kind", 20, "center", choices=offered("help_kind")),
        Column(_("帮扶内容"), "what", 64, kind="multiline"),
        Column(_("帮扶人"), "helpers", 22, "center"),
        Column(_("方式"), "way", 16, "center", choices=offered("visit_way")),
        Column(_("备注"), "note", 14),
    )


def rows(s: Session, period: Period, scope: Scope, masked: bool) -> Rows:
    """The helps of the period, in force, on visits in force or without one."""
    kinds: Counter[str] = Counter()
    names: dict[str, str] = {}
    return Rows(
        _rows(s, period, scope, masked, kinds, names),
        lambda grid, count: _("{grid}（{count} 件）").format(grid=names[grid], count=count),
        restart=True,
        closing=lambda: _sentence(period, kinds),
        notes=(_("帮扶件数＝期间内登记、未作废的帮扶数，走访作废的，其帮扶不计；一次走访帮扶几件按几件计。"),),
    )


def _rows(
    s: Session, period: Period, scope: Scope, masked: bool, kinds: Counter[str], names: dict[str, str]
) -> Iterator[arranging.Row]:
    words = {table: codes.labels(s, table) for table in ("help_kind", "visit_way", "person_tag")}
    for row in s.execute(_helps(period, scope).execution_options(yield_per=1000)):
        group = row.grid.hex if row.grid else ""
        names[group] = row.grid_name or _("未分网格")
        kind = codes.label(words["help_kind"], row.kind)
        kinds[kind] += 1
        yield {
            ID: f"help:{row.id.hex}",
            GROUP: group,
            "grid": row.grid_name or "",
            "day": row.day,
            "name": row.name or visits.names(row.met) or row.whom or row.head or "",
            "address": row.home or row.address or row.met_at or row.place or "",
            "phone": _phone(row, masked),
            "tags": joined(codes.label(words["person_tag"], tag) for tag in row.tags or row.home_tags or ()),
            "kind": kind,
            "what": row.what or "",
            "helpers": visits.names(row.visitors or row.helpers),
            "way": codes.label(words["visit_way"], row.visit_way or row.way),
            "note": "",
        }


def _phone(row: Row[Any], masked: bool) -> str:
    number = str((row.phones or [row.home_phone or ""])[0])
    return mask_phone(number) if masked else number


def _sentence(period: Period, kinds: Counter[str]) -> str:
    if not kinds:
        return ""
    told = joined((_("{kind} {n} 件").format(kind=kind, n=n) for kind, n in kinds.most_common()), N_("，"))
    words = _("合计：{this}帮扶 {all} 件，其中{told}。")
    return words.format(this=period.this, all=sum(kinds.values()), told=told)


def _helps(period: Period, scope: Scope) -> Any:
    return (
        select(
            Help.id, Help.day, Help.kind, Help.what, Help.whom, Help.place, Help.way, Help.helpers,
            Person.name, Person.phones, Person.tags, Person.address, Household.head,
            Household.address.label("home"), Household.phone.label("home_phone"), Household.tags.label("home_tags"),
            Visit.met, Visit.visitors, Visit.way.label("visit_way"), Visit.place.label("met_at"),
            Grid.id.label("grid"), Grid.name.label("grid_name"),
        )
        .outerjoin(Visit, Visit.id == Help.visit_id)
        .outerjoin(Person, Person.id == Help.person_id)
        .outerjoin(Household, Household.id == Help.household_id)
        .outerjoin(Grid, Grid.id == Help.grid_id)
        .where(scope.holds(Help), Help.day.between(period.first, period.last), Help.voided_at.is_(None))
        .where(or_(Visit.id.is_(None), Visit.voided_at.is_(None)))
        .order_by(Grid.path.nulls_last(), Grid.sort, Grid.name, Grid.id, Help.day, Help.id)
    )  # fmt: skip
