"""网格成员花名册: who holds which post in which grid on the last day of the period."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Row, case, select
from sqlalchemy.orm import Session

from app.clock import today
from app.i18n import _
from app.ledgers.page import Column, Line, Page, Section
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.grids import Grid
from app.models.people import Person
from app.models.posts import Post
from app.services import codes
from app.services.privacy import mask_id_number, mask_phone

#: The order of roles within a grid.
_RANK = ("net_leader", "guide", "leader", "worker", "member")


def columns(s: Session) -> tuple[Column, ...]:
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


def page(s: Session, period: Period, scope: Scope, *, masked: bool = True) -> Page:
    """The posts in force on the last day of the period, grid by grid; full numbers only with the right to see them."""
    scope = scope.allowed(s, masked)
    return Page(
        title=_("网格成员花名册"),
        columns=columns(s),
        rows=tuple(_lines(s, period, scope, masked)),
        unit=scope.name(s),
        period=_("截至 {day}").format(day=min(period.last, today()).isoformat()),
        filled_on=today(),
        notes=(_("人数＝当日在任、未作废的任职数，一人任两职按两行列出。没有网格长的网格在标题中注明“缺网格长”。"),),
        landscape=True,
    )


def _lines(s: Session, period: Period, scope: Scope, masked: bool) -> Iterator[Line]:
    words = {kind: codes.labels(s, kind) for kind in ("sex", "ethnic", "political", "role", "duty", "person_status")}
    n = 0
    for (_grid, name), group in groupby(_posts(s, period, scope), lambda row: (row.grid, row.grid_name)):
        posts = list(group)
        yield Section(_heading(name, posts))
        for row in posts:
            n += 1
            yield _line(n, row, words, masked)


def _heading(name: str, posts: list[Row[Any]]) -> str:
    lacking = "" if any(post.role == "leader" for post in posts) else _("，缺网格长")
    return _("{grid}（{count} 人{lacking}）").format(grid=name, count=len(posts), lacking=lacking)


def _line(n: int, row: Row[Any], words: dict[str, dict[str, str]], masked: bool) -> Line:
    def label(kind: str, code: str | None) -> str:
        return words[kind].get(code or "", code or "")

    number, phones = row.id_number or "", [str(phone) for phone in row.phones or ()]
    return (
        n, row.name, label("sex", row.sex), mask_id_number(number) if masked else number, row.birth_on,
        label("ethnic", row.ethnic), label("political", row.political), row.job or "", label("role", row.role),
        "、".join(label("duty", duty) for duty in row.duties or ()), row.from_on,
        "\n".join(mask_phone(phone) if masked else phone for phone in phones), row.address or "",
        label("person_status", row.status), row.note or "",
    )  # fmt: skip


def _posts(s: Session, period: Period, scope: Scope) -> Iterator[Row[Any]]:
    rank = case({role: at for at, role in enumerate(_RANK)}, value=Post.role, else_=len(_RANK))
    query = (
        select(
            Grid.id.label("grid"), Grid.name.label("grid_name"), Post.role, Post.duties, Post.from_on, Person.name,
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
