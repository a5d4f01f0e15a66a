"""The four lists of the registry."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtWidgets import QWidget

from app.i18n import N_, _, joined
from app.services import people, posts, units
from app.services.listing import Found, Query
from app.services.people import PersonRow
from app.services.units import GridRow
from app.ui.desk import Desk
from app.ui.registry.places import EVERYWHERE, Place, within_place
from app.ui.tasks import Session
from app.ui.widgets import handed_over
from app.ui.widgets.chips import Chip
from app.ui.widgets.list_page import Filter, ListPage, ListSpec
from app.ui.widgets.table import Ask, Column, Listed
from app.ui.widgets.text import short_day

#: From this width on the sheet stands beside the list; below it is a drawer.
BESIDE = 860


class RegistryList(ListPage):
    """One of the lists, kept to the place chosen in the tree."""

    def __init__(self, desk: Desk, spec: ListSpec, tables: frozenset[str]) -> None:
        self.tables = tables
        super().__init__(desk, replace(spec, beside=BESIDE, about=_place_name))

    def look_at(self, place: Place) -> None:
        """Only what belongs to this place is listed."""
        extra = {} if place == EVERYWHERE else {"place": place}
        if extra != self.model.ask.extra:
            self.ask_for(extra=extra)


def _place_name(ask: Ask) -> str:
    place = ask.extra.get("place", EVERYWHERE)
    return place.name if isinstance(place, Place) else ""


def _tags(desk: Desk) -> Callable[[Any], str]:
    return lambda tags: joined(desk.label("person_tag", one) for one in tags)


def people_list(desk: Desk, detail: QWidget, new: Callable[[], None] | None, edit: Callable[[Any], None]) -> ListPage:
    """People."""

    def kind(code: str) -> Chip:
        tones = {"staff": ("sent", "person"), "family": ("done", "household")}
        tone, picture = tones.get(code, ("draft", "people"))
        return Chip(desk.label("person_kind", code), tone, picture)

    def keyed(s: Session, ids: list[uuid.UUID]) -> Sequence[PersonRow]:
        return people.rows(s, ids)

    return RegistryList(desk, ListSpec(
        key="people",
        title=N_("人员名单"),
        columns=[
            Column(N_("姓名"), "name", 92),
            Column(N_("类别"), "kind", 84, chip=kind),
            Column(N_("网格"), "grid", 106),
            Column(N_("住址"), "address", 178, sort=""),
            Column(N_("电话"), "phone", 108, sort=""),
            Column(N_("服务需求"), "tags", 72, _tags(desk), sort=""),
        ],
        source=Listed(within_place(people.find), keyed),
        filters=[
            Filter("", N_("全部")), Filter("staff", N_("员工")), Filter("family", N_("家属")),
            Filter("resident", N_("居民")), Filter("party", N_("党员")), Filter("tagged", N_("有服务需求")),
            Filter("voided", N_("已作废")), *handed_over.filters(desk),
        ],
        sort="initials",
        search_hint=N_("姓名、zs、电话尾号"),
        empty=N_("这里会列出网格里的人。按 F2 登记第一个人, 或用「导入」从 Excel 带入。"),
        empty_icon="people",
        new=(N_("登记人员"), new) if new else None,
        detail=detail,
        open=edit,
    ), frozenset({"person", "household", "grid", "post"}))  # fmt: skip


def homes_list(desk: Desk, detail: QWidget, new: Callable[[], None] | None, edit: Callable[[Any], None]) -> ListPage:
    """Households."""
    return RegistryList(desk, ListSpec(
        key="households",
        title=N_("住户名单"),
        columns=[
            Column(N_("住址"), "address", 188),
            Column(N_("户主"), "head", 92),
            Column(N_("人口"), "size", 56, align="right", sort=""),
            Column(N_("网格"), "grid", 108),
            Column(N_("最近走访"), "visited_on", 100, lambda day: short_day(day) or _("还没有"), sort=""),
            Column(N_("服务需求"), "tags", 80, _tags(desk), sort=""),
        ],
        source=Listed(within_place(people.find_homes), people.homes),
        filters=[
            Filter("", N_("全部")), Filter("unvisited", N_("90 天未走访")), Filter("tagged", N_("有服务需求")),
            *handed_over.filters(desk),
        ],
        sort="address",
        search_hint=N_("门牌、户主、首字母"),
        empty=N_("这里会列出住户。按 F2 登记第一户。"),
        empty_icon="household",
        new=(N_("登记住户"), new) if new else None,
        detail=detail,
        open=edit,
    ), frozenset({"household", "person", "visit", "grid"}))  # fmt: skip


@dataclass(frozen=True)
class GridLine:
    """One grid in the list; `state` says whether somebody leads it."""

    id: uuid.UUID
    name: str
    state: str
    leader: str
    kind: str
    unit: str
    code: str
    people: int


def _grid_found(s: Session, query: Query) -> Found:
    place = query.filters.get("place", EVERYWHERE)
    text = query.text.lower()

    def fits(row: GridRow) -> bool:
        inside = row.id == place.grid if place.grid else row.path.startswith(place.path)
        named = text in f"{row.name} {row.code} {row.unit} {row.leader}".lower()
        return inside and named and (query.chip != "vacant" or not row.leader)

    found = [row for row in units.grids(s) if fits(row)]
    if query.sort in ("name", "leader", "kind", "unit", "code", "people"):
        found.sort(key=lambda row: getattr(row, query.sort), reverse=query.descending)
    return Found(tuple(row.id for row in found))


def _grid_lines(desk: Desk) -> Callable[[Session, list[uuid.UUID]], Sequence[GridLine]]:
    def lines(s: Session, ids: list[uuid.UUID]) -> Sequence[GridLine]:
        known = {row.id: row for row in units.grids(s)}
        return [
            GridLine(
                row.id, row.name, "led" if row.leader else "vacant", row.leader, desk.label("grid_kind", row.kind),
                row.unit, row.code, row.people,
            )
            for row in (known[one] for one in ids if one in known)
        ]  # fmt: skip

    return lines


def grids_list(desk: Desk, open_grid: Callable[[Any], None]) -> ListPage:
    """Grids; those without a leader are a finding."""

    def state(value: str) -> Chip:
        return Chip(_("有网格长"), "done") if value == "led" else Chip(_("网格长空缺"), "waiting")

    return RegistryList(desk, ListSpec(
        key="grids",
        title=N_("网格名单"),
        columns=[
            Column(N_("网格"), "name", 170),
            Column(N_("状态"), "state", 124, chip=state, sort=""),
            Column(N_("网格长"), "leader", 100),
            Column(N_("类别"), "kind", 90),
            Column(N_("单位"), "unit", 150),
            Column(N_("编号"), "code", 130),
            Column(N_("人数"), "people", 60, align="right"),
        ],
        source=Listed(_grid_found, _grid_lines(desk)),
        filters=[Filter("", N_("全部")), Filter("vacant", N_("网格长空缺"))],
        sort="order",
        search_hint=N_("网格、编号、网格长"),
        empty=N_("这里会列出网格。网格由总部设立, 随同步下发。"),
        empty_icon="grid",
        open=open_grid,
    ), frozenset({"grid", "post", "person"}))  # fmt: skip


def posts_list(desk: Desk, detail: QWidget, new: Callable[[], None] | None, edit: Callable[[Any], None]) -> ListPage:
    """Posts."""

    def state(present: bool) -> Chip:
        return Chip(_("在任"), "done") if present else Chip(_("已离任"), "draft", "history")

    return RegistryList(desk, ListSpec(
        key="posts",
        title=N_("任职名单"),
        columns=[
            Column(N_("姓名"), "name", 84),
            Column(N_("状态"), "present", 88, chip=state, sort=""),
            Column(N_("职务"), "role", 92),
            Column(N_("网格或单位"), "place", 126, sort=""),
            Column(N_("任职"), "from_on", 94, short_day),
            Column(N_("离任"), "to_on", 94, short_day, sort=""),
            Column(N_("八大员"), "duties", 60, sort=""),
        ],
        source=Listed(within_place(posts.find), posts.rows),
        filters=[Filter("present", N_("在任")), Filter("former", N_("已离任")), Filter("", N_("全部"))],
        sort="name",
        search_hint=N_("姓名、首字母"),
        empty=N_("这里会列出任职。按 F2 记下谁在哪个网格任什么职。"),
        empty_icon="person",
        new=(N_("新任职"), new) if new else None,
        detail=detail,
        open=edit,
    ), frozenset({"post", "person", "grid"}))  # fmt: skip
