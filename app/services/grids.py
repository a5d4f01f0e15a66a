"""Grids are merged and split at headquarters: homes, people and places go from one to another, and the facts stay as they are."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import false, or_, select
from sqlalchemy.orm import Session

from app.clock import now, today
from app.errors import Refusal
from app.i18n import N_, _, joined
from app.models.accounts import Account
from app.models.grids import Grid
from app.models.people import Household, Person
from app.models.posts import Post
from app.models.risks import RiskPoint
from app.models.units import Unit
from app.services.access import allow

_RETIRED = N_("网格「{name}」已经停用, 请另选一个。")
_SAME = N_("合并的两个网格不能是同一个。")
_REASON = N_("请写明合并或拆分的原因, 它会随网格一起保存。")
_NOTHING = N_("网格「{name}」里没有住址或部位以「{text}」开头的住户、人员和风险点, 没有拆分。")
_TAKEN = N_("这个单位已经有叫「{name}」的网格, 请换一个名称。")


@dataclass(frozen=True)
class Moved:
    """What goes from one grid to another: homes, people and risk points in force, posts that end, grids below, accounts.

    `accounts_left` belong to the retired grid but see only its unit: they are to be set anew by hand.
    """

    source: str
    target: str
    homes: int
    people: int
    places: int
    posts: int = 0
    grids: int = 0
    accounts: int = 0
    accounts_left: int = 0


@dataclass
class _Plan:
    homes: list[Household]
    people: list[Person]
    places: list[RiskPoint]
    posts: Sequence[Post] = ()
    grids: Sequence[Grid] = ()
    accounts: Sequence[Account] = ()

    def told(self, source: str, target: Grid) -> Moved:
        goes = [one for one in self.accounts if target.path.startswith(one.path)]
        homes, people, places = (
            sum(not one.voided for one in listed) for listed in (self.homes, self.people, self.places)
        )
        return Moved(
            source, target.name, homes, people, places, len(self.posts), len(self.grids), len(goes),
            len(self.accounts) - len(goes),
        )  # fmt: skip


def preview_merge(s: Session, source: uuid.UUID, target: uuid.UUID) -> Moved:
    """What merging the first grid into the second would move; nothing is changed. Refused as the merging is."""
    from_, into = _both(s, source, target)
    return _all_of(s, from_, into).told(from_.name, into)


def merge(s: Session, source: uuid.UUID, target: uuid.UUID, reason: str) -> Moved:
    """The first grid is retired with the reason, and all its homes, people and places belong to the second; its posts end today.

    Visits, issues and checks keep the grid of their day. What leaves and enters the sites' scopes follows with the next feed.
    Refused: grids that are retired, the same, or of a unit beyond the acting person; no reason.
    """
    from_, into = _both(s, source, target)
    text = _reasoned(reason)
    plan = _all_of(s, from_, into)
    told = plan.told(from_.name, into)
    _move(plan, into)
    for post in plan.posts:
        post.to_on = today()
    if into.parent_id == from_.id:
        into.parent_id = from_.parent_id
    for below in plan.grids:
        below.parent_id = into.id
    for account in plan.accounts:
        if into.path.startswith(account.path):
            account.grid_id = into.id
    from_.to_on, from_.voided_at = today(), now()
    from_.void_reason = _("并入「{name}」: {why}").format(name=into.name, why=text)
    s.flush()
    return told


def preview_split(s: Session, source: uuid.UUID, made: Grid, starting: Sequence[str]) -> Moved:
    """What splitting would move to the new grid; nothing is changed. Refused as the splitting is."""
    from_ = _grid(s, source)
    _place(s, made, from_)
    return _beginning(s, from_, starting).told(from_.name, made)


def split(s: Session, source: uuid.UUID, made: Grid, starting: Sequence[str], reason: str) -> Moved:
    """The new grid stands under its unit (that of the former one if none is given), and has the homes whose address begins like
    one of these texts, with their people, and the risk points whose place does; the rest stays where it is.

    Refused: a retired grid, nothing to move, a name that the unit has already, no reason.
    """
    from_, text = _grid(s, source), _reasoned(reason)
    _place(s, made, from_)
    plan = _beginning(s, from_, starting)
    made.from_on = made.from_on or today()
    made.note = _("从「{name}」分出: {why}").format(name=from_.name, why=text)
    s.add(made)
    s.flush()
    told = plan.told(from_.name, made)
    _move(plan, made)
    s.flush()
    return told


def _both(s: Session, source: uuid.UUID, target: uuid.UUID) -> tuple[Grid, Grid]:
    if source == target:
        raise Refusal("grid_same", _SAME)
    return _grid(s, source), _grid(s, target)


def _grid(s: Session, grid: uuid.UUID) -> Grid:
    found = s.get_one(Grid, grid)
    for verb in ("unit.edit", "person.edit", "post.edit", "risk.edit"):
        allow(s, verb, found.path)
    if found.voided:
        raise Refusal("grid_retired", _RETIRED, name=found.name)
    return found


def _reasoned(reason: str) -> str:
    if not reason.strip():
        raise Refusal("reason_missing", _REASON)
    return reason.strip()


def _place(s: Session, made: Grid, source: Grid) -> None:
    unit = s.get_one(Unit, made.unit_id or source.unit_id)
    allow(s, "unit.edit", unit.path)
    made.unit_id, made.path = unit.id, unit.path
    if problems := made.problems():
        raise Refusal("grid_unsound", next(iter(problems.values())))
    known = select(Grid.id).where(Grid.unit_id == unit.id, Grid.name == made.name, Grid.voided_at.is_(None))
    if s.scalar(known) is not None:
        raise Refusal("grid_known", _TAKEN, name=made.name)


def _all_of(s: Session, source: Grid, target: Grid) -> _Plan:
    def of(model: Any, *clauses: Any) -> list[Any]:
        return list(s.scalars(select(model).where(model.grid_id == source.id, *clauses).order_by(model.id)))

    held = of(Post, Post.voided_at.is_(None), or_(Post.to_on.is_(None), Post.to_on > today()))
    below = select(Grid).where(Grid.parent_id == source.id, Grid.id != target.id, Grid.voided_at.is_(None))
    return _Plan(of(Household), of(Person), of(RiskPoint), held, list(s.scalars(below)), of(Account))


def _beginning(s: Session, source: Grid, starting: Sequence[str]) -> _Plan:
    texts = [text.strip() for text in starting if text.strip()]

    def of(model: Any, column: Any, *also: Any) -> list[Any]:
        begins = or_(false(), *(column.startswith(text, autoescape=True) for text in texts), *also)
        return list(s.scalars(select(model).where(model.grid_id == source.id, begins).order_by(model.id)))

    homes = of(Household, Household.address)
    ids = {home.id for home in homes}
    lived_in = select(Person).where(Person.grid_id == source.id, Person.household_id.is_not(None))
    people = [one for one in s.scalars(lived_in.order_by(Person.id)) if one.household_id in ids]
    people += [one for one in of(Person, Person.address) if one.household_id is None]
    plan = _Plan(homes, people, of(RiskPoint, RiskPoint.place))
    if not (plan.homes or plan.people or plan.places):
        raise Refusal("split_empty", _NOTHING, name=source.name, text=joined(texts))
    return plan


def _move(plan: _Plan, target: Grid) -> None:
    moving: list[Household | Person | RiskPoint] = [*plan.homes, *plan.people, *plan.places]
    for one in moving:
        one.grid_id, one.path = target.id, target.path
