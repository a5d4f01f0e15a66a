"""网格成员花名册: who holds which post in which grid on the last day of the period."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, case, select
from sqlalchemy.orm import Session

from app.clock import today
from app.i18n import _, joined
from app.ledgers import arranging
from app.ledgers.arranging import GROUP, ID, Rows
from app.ledgers.page import Column
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.grids import Grid
from app.models.people import Person
from app.models.posts import Post
from app.services import codes
from app.services.privacy import mask_id_number, mask_phone

#: The order of roles within a grid.
_RANK = ("net_leader", "guide", "leader", "worker", "member")


def columns(s: Session, _period: Period) -> tuple[Column, ...]:
    """The columns of the paper, in its order."""

    def offered(kind: str) -> tuple[str, ...]:
        return tuple(choice.label for choice in codes.choices(s, kind))

    place, reach = _("网格信息"), _("联系方式")
    return (
        Column(_("序号"), "n", 9, "center", "number"),
        Column(_("姓名"), "name", 16, "center"),
        Column(_("性别"), "sex", 9, "center", choices=offered("sex")),
        Column(_("身份证号"), "id_number", 34, kind="code"),
        Column(_("出生日期"), "birth_on", 18, kind="date"),
        Column(_("民族"), "ethnic", 10, "center"),
        Column(_("政治面貌"), "political", 18, "center", choices=offered("political")),
        Column(_("岗位"), "job", 20, "center"),
        Column(_("网格职务"), "role", 18, "center", group=place, choices=offered("role")),
        Column(_("八大员职责"), "duties", 32, group=place),
        Column(_("任职日期"), "from_on", 18, kind="date", group=place),
        Column(_("联系电话"), "phone", 21, kind="code", group=reach),
        Column(_("家庭住址"), "address", 32, group=reach),
        Column(_("人员状态"), "status", 11, "center", choices=offered("person_status")),
        Column(_("备注"), "note", 14),
    )


def rows(s: Session, period: Period, scope: Scope, masked: bool) -> Rows:
    """The posts in force on the last day of the period, grid by grid."""
    led: dict[str, tuple[str, bool]] = {}
    return Rows(
        _rows(s, period, scope, masked, led),
        lambda grid, count: _heading(*led[grid], count),
        period=_("截至 {day}").format(day=min(period.last, today()).isoformat()),
        notes=(_("人数＝当日在任、未作废的任职数，一人任两职按两行列出。没有网格长的网格在标题中注明“缺网格长”。"),),
    )


def _rows(
    s: Session, period: Period, scope: Scope, masked: bool, led: dict[str, tuple[str, bool]]
) -> Iterator[arranging.Row]:
    """The rows; `led` tells of each grid its name and whether it has a leader, as soon as its last row is read."""
    words = {kind: codes.labels(s, kind) for kind in ("sex", "ethnic", "political", "role", "duty", "person_status")}
    for row in _posts(s, period, scope):
        group = row.grid.hex
        led[group] = (row.grid_name, row.role == "leader" or led.get(group, ("", False))[1])
        yield {ID: f"post:{row.id.hex}", GROUP: group, "grid": row.grid_name, **_values(row, words, masked)}


def _heading(name: str, has_leader: bool, count: int) -> str:
    lacking = "" if has_leader else _("，缺网格长")
    return _("{grid}（{count} 人{lacking}）").format(grid=name, count=count, lacking=lacking)


def _values(row: Row[Any], words: dict[str, dict[str, str]], masked: bool) -> arranging.Row:
    def label(kind: str, code: str | None) -> str:
        return words[kind].get(code or "", code or "")

    number, phones = row.id_number or "", [str(phone) for phone in row.phones or ()]
    return {
        "name": row.name,
        "sex": label("sex", row.sex),
        "id_number": mask_id_number(number) if masked else number,
        "birth_on": row.birth_on,
        "ethnic": label("ethnic", row.ethnic),
        "political": label("political", row.political),
        "job": row.job or "",
        "role": label("role", row.role),
        "duties": joined(label("duty", duty) for duty in row.duties or ()),
        "from_on": row.from_on,
        "phone": "\n".join(mask_phone(phone) if masked else phone for phone in phones),
        "address": row.address or "",
        "status": label("person_status", row.status),
        "note": row.note or "",
    }


def _posts(s: Session, period: Period, scope: Scope) -> Iterator[Row[Any]]:
    rank = case({role: at for at, role in enumerate(_RANK)}, value=Post.role, else_=len(_RANK))
    query = (
        select(
            Post.id, Grid.id.label("grid"), Grid.name.label("grid_name"), Post.role, Post.duties, Post.from_on, Person.name,
            Person.sex, Person.id_number, Person.birth_on, Person.ethnic, Person.political, Person.job, Person.phones,
            Person.address, Person.status, Person.note,
        )
        .join(Person, Person.id == Post.person_id)
        .join(Grid, Grid.id == Post.grid_id)
        .where(scope.holds(Grid), Post.voided_at.is_(None), Person.voided_at.is_(None))
        .where(Post.from_on.is_(None) | (Post.from_on <= period.last))
        .where(Post.to_on.is_(None) | (Post.to_on >= period.last))
        .order_by(Grid.path, Grid.sort, Grid.name, Grid.id, rank, Person.name, Post.id)
    )  # fmt: skip
    yield from s.execute(query.execution_options(yield_per=1000))
