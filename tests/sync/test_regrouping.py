"""Grids are merged and split at headquarters: what enters and what leaves the sites' scopes follows with the feed."""

import uuid

import pytest
from sqlalchemy import func, select

from app.clock import today
from app.errors import Refusal
from app.models.accounts import Account
from app.models.changes import Change
from app.models.grids import Grid
from app.models.people import Household, Person
from app.models.posts import Post
from app.models.risks import RiskPoint
from app.models.units import Unit
from app.models.visits import Visit
from app.services import chaining, grids, people
from app.services.listing import Query
from tests.sync.conftest import Office, World


def other_grid(world: World) -> uuid.UUID:
    """A grid in the second unit, with a home of its own."""
    with world.hq.store.begin(world.hq.actor) as s:
        unit = s.scalars(select(Unit).where(Unit.path == "/PS2/")).one()
        grid = Grid(name="二号格", kind="grid", path="/PS2/", unit_id=unit.id)
        s.add(grid)
        s.flush()
        s.add(Household(address="9 栋 901", path=grid.path, grid_id=grid.id))
    return grid.id


def furnished(world: World) -> None:
    """The first grid has also a risk point, a leader, a grid below it, and two accounts."""
    with world.hq.store.begin(world.hq.actor) as s:
        first = s.get_one(Grid, world.grid)
        s.add(RiskPoint(place="2 栋配电室", hazard="触电", path=first.path, grid_id=first.id))
        s.add(Post(person_id=world.people[0], role="leader", grid_id=first.id, path=first.path))
        s.add(Grid(name="一号微格", kind="micro", path=first.path, unit_id=first.unit_id, parent_id=first.id))
        for login, path in (("near", "/PS1/"), ("wide", "/")):
            s.add(Account(login=login, name=login, role="member", path=path, grid_id=first.id))


def sound(*offices: Office) -> None:
    for office in offices:
        with office.store.read() as s:
            assert list(chaining.findings(s)) == []


def held(office: Office, model: type) -> set[tuple[uuid.UUID, str]]:
    with office.store.read() as s:
        return {(record, path) for record, path in s.execute(select(model.id, model.path))}  # type: ignore[attr-defined]


@pytest.mark.both_databases
def test_a_merged_grid_is_retired_and_its_people_enter_one_site_and_leave_the_other(world: World) -> None:
    target = other_grid(world)
    furnished(world)
    first, second = world.site("A"), world.site("C", "/PS2/")
    with first.store.read() as s:
        (home,) = s.scalars(select(Household.id))
    visit = first.visit("合并以前的走访", household=home)
    world.exchange(first)
    world.exchange(second)
    assert second.ids(Person) == set()
    with world.hq.store.read(world.hq.actor) as s:
        seen = grids.preview_merge(s, world.grid, target)
    assert (seen.homes, seen.people, seen.places, seen.posts, seen.grids) == (1, 2, 1, 1, 1)
    assert (seen.accounts, seen.accounts_left) == (1, 1)
    assert held(world.hq, Person) == {(person, "/PS1/01/") for person in world.people}, "a preview changes nothing"
    before = top(world)
    with world.hq.store.begin(world.hq.actor) as s:
        assert grids.merge(s, world.grid, target, "作业区调整") == seen
    with world.hq.store.read() as s:
        transactions = set(s.scalars(select(Change.txn).where(Change.position > before)))
        old, new = s.get_one(Grid, world.grid), s.get_one(Grid, target)
        assert old.voided and old.void_reason == "并入「二号格」: 作业区调整" and old.to_on == today()
        assert s.scalars(select(Grid.parent_id).where(Grid.name == "一号微格")).one() == target
        assert s.scalars(select(Post.to_on)).one() == today()
        grid_of = dict(s.execute(select(Account.login, Account.grid_id)).all())
        assert (grid_of["wide"], grid_of["near"], new.voided) == (target, world.grid, False)
    assert len(transactions) == 1
    for _ in range(3):
        world.exchange(first)
        world.exchange(second)
    moved = {(person, "/PS2/") for person in world.people}
    assert held(second, Person) == held(world.hq, Person) == moved
    assert held(second, Household) == held(world.hq, Household)
    assert second.ids(RiskPoint) == world.hq.ids(RiskPoint) and second.ids(Post) <= world.hq.ids(Post)
    with first.store.read(first.actor) as s:
        assert set(people.find(s, Query(chip="handed_over")).ids) == set(world.people)
        assert s.get_one(Grid, world.grid).voided and s.get_one(Visit, visit).household_id == home
    for site, path in ((first, "/PS1/"), (second, "/PS2/")):
        assert site.digest(path) == world.hq.digest(path)
    sound(world.hq, first, second)


def top(world: World) -> int:
    with world.hq.store.read() as s:
        return s.scalar(select(func.max(Change.position))) or 0


def test_a_grid_is_split_by_address_and_the_rest_stays(world: World) -> None:
    furnished(world)
    site = world.site("A")
    with world.hq.store.begin(world.hq.actor) as s:
        former = s.get_one(Grid, world.grid)
        other = Household(address="2 栋 201", path=former.path, grid_id=former.id)
        s.add(other)
        s.flush()
        s.get_one(Person, world.people[1]).household_id = other.id
    made = Grid(name="三号格", kind="grid", unit_id=former.unit_id)
    with world.hq.store.begin(world.hq.actor) as s:
        seen = grids.preview_split(s, world.grid, made, ["2 栋"])
    assert (seen.source, seen.target, seen.homes, seen.people, seen.places) == ("一号格", "三号格", 1, 1, 1)
    with world.hq.store.begin(world.hq.actor) as s:
        assert grids.split(s, world.grid, made, ["2 栋"], "户数太多") == seen
    world.exchange(site)
    with site.store.read() as s:
        new = s.scalars(select(Grid).where(Grid.name == "三号格")).one()
        assert new.note == "从「一号格」分出: 户数太多" and new.path == "/PS1/"
        assert set(s.scalars(select(Person.id).where(Person.grid_id == new.id))) == {world.people[1]}
        assert set(s.scalars(select(Household.address).where(Household.grid_id == new.id))) == {"2 栋 201"}
        assert set(s.scalars(select(Household.address).where(Household.grid_id == world.grid))) == {"1 栋 101"}
        assert list(s.scalars(select(RiskPoint.path))) == ["/PS1/"]
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")


def test_what_cannot_be_merged_or_split_is_refused_and_nothing_is_changed(world: World) -> None:
    target, site = other_grid(world), world.site("A")
    before = top(world)
    with world.hq.store.begin(world.hq.actor) as s:
        for code, act in (
            ("reason_missing", lambda: grids.merge(s, world.grid, target, " ")),
            ("grid_same", lambda: grids.merge(s, world.grid, world.grid, "x")),
            ("split_empty", lambda: grids.split(s, world.grid, fresh(s, "四号格"), ["没有的", " "], "x")),
            ("grid_known", lambda: grids.split(s, world.grid, fresh(s, "一号格"), ["1"], "x")),
            ("grid_unsound", lambda: grids.split(s, world.grid, fresh(s, " "), ["1"], "x")),
        ):
            with pytest.raises(Refusal) as refused:
                act()
            assert refused.value.code == code
    assert top(world) == before
    with world.hq.store.begin(world.hq.actor) as s:
        grids.merge(s, world.grid, target, "x")
    with world.hq.store.begin(world.hq.actor) as s, pytest.raises(Refusal) as refused:
        grids.merge(s, world.grid, target, "x")
    assert refused.value.code == "grid_retired"
    with site.store.read(site.actor) as s, pytest.raises(Refusal):
        grids.preview_merge(s, world.grid, target)


def fresh(s: object, name: str) -> Grid:
    from sqlalchemy.orm import Session

    assert isinstance(s, Session)
    return Grid(name=name, kind="grid", unit_id=s.scalars(select(Unit.id).where(Unit.path == "/PS1/")).one())
