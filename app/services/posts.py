"""Posts 任职: who holds which role in which grid, taken up on a day and given up on a day."""

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.clock import today
from app.errors import Refusal
from app.i18n import N_
from app.models.grids import Grid
from app.models.people import Person
from app.models.posts import Post
from app.models.units import Unit
from app.services import codes, listing
from app.services.access import actor, allow
from app.services.listing import Found, Query, below, in_scope
from app.services.units import grid_path


@dataclass(frozen=True)
class PostRow:
    """One post as lists show it; `present` while it is held."""

    id: uuid.UUID
    person_id: uuid.UUID
    name: str
    role: str
    place: str
    grid_id: uuid.UUID | None
    duties: tuple[str, ...]
    from_on: date | None
    to_on: date | None
    present: bool


def appoint(s: Session, post: Post) -> Post:
    """The person holds the role from its day on; refused without a place or when the days are the wrong way round."""
    post.path = _place(s, post)
    allow(s, "post.edit", post.path)
    _sound(post)
    s.add(post)
    s.flush()
    return post


def relieve(s: Session, post_id: uuid.UUID, on: date) -> Post:
    """The role is given up on this day; old records keep it. Refused for a day before it was taken up."""
    post = s.get_one(Post, post_id)
    allow(s, "post.edit", post.path)
    post.to_on = on
    _sound(post)
    s.flush()
    return post


def resume(s: Session, post_id: uuid.UUID) -> None:
    """A giving up just entered is taken back."""
    post = s.get_one(Post, post_id)
    allow(s, "post.edit", post.path)
    post.to_on = None
    s.flush()


def find(s: Session, query: Query) -> Found:
    """The ids of posts in scope; chips: present, former; filters: grid, unit (a path); text finds the person."""
    from app.services.people import matching

    held = or_(Post.to_on.is_(None), Post.to_on >= today())
    chosen = select(Post.id).join(Person, Person.id == Post.person_id)
    chosen = chosen.where(in_scope(Post, actor(s).path), Post.voided_at.is_(None))
    if query.chip == "present":
        chosen = chosen.where(held)
    elif query.chip == "former":
        chosen = chosen.where(~held)
    if grid := query.filters.get("grid"):
        chosen = chosen.where(Post.grid_id == grid)
    if unit := query.filters.get("unit"):
        chosen = chosen.where(below(Post, unit))
    if query.text.strip():
        chosen = matching(chosen, query.text)
    column = {"from_on": Post.from_on, "role": Post.role}.get(query.sort, Person.name_key)
    return listing.ids(s, chosen.order_by(column.desc() if query.descending and query.sort else column, Post.id))


def rows(s: Session, ids: list[uuid.UUID]) -> list[PostRow]:
    """The posts of these ids, in this order."""
    query = (
        select(Post, Person.name, Grid.name, Unit.name)
        .join(Person, Person.id == Post.person_id)
        .outerjoin(Grid, Grid.id == Post.grid_id)
        .outerjoin(Unit, Unit.id == Post.unit_id)
        .where(Post.id.in_(ids))
    )
    roles, duties, day = codes.labels(s, "role"), codes.labels(s, "duty"), today()
    found = {
        p.id: PostRow(
            p.id, p.person_id, name, codes.label(roles, p.role), grid or unit or "", p.grid_id,
            tuple(codes.label(duties, one) for one in p.duties or ()), p.from_on, p.to_on,
            p.to_on is None or p.to_on >= day,
        )
        for p, name, grid, unit in s.execute(query)
    }  # fmt: skip
    return [found[i] for i in ids if i in found]


def _place(s: Session, post: Post) -> str:
    if post.grid_id is not None:
        return grid_path(s, post.grid_id) or actor(s).path
    return s.scalar(select(Unit.path).where(Unit.id == post.unit_id)) or actor(s).path


def _sound(post: Post) -> None:
    if not post.role:
        raise Refusal("post_unsound", N_("请选择职务。"), field="role")
    if problems := post.problems():
        raise Refusal("post_unsound", next(iter(problems.values())), field=next(iter(problems)))
