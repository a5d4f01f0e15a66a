"""What became of one package, told at both ends: refused and why, waiting for what, conflicts, missing numbers."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.errors import Refusal
from app.models.batches import Package
from app.models.values import new_id
from app.models.visits import Visit
from app.sync import exchange, reviewing
from app.sync.reviewing import Review
from tests.sync.conftest import Office, World


def of_site(world: World, office: Office, number: int = 1) -> Review:
    """The review of the site's package with this number, at this office."""
    direction = "in" if office is world.hq else "out"
    with office.store.read(office.actor) as s:
        query = select(Package.id).where(Package.number == number, Package.direction == direction)
        return reviewing.review(s, s.scalars(query).one())


def test_what_was_refused_is_told_with_its_reason_at_both_ends(world: World) -> None:
    site = world.site("A")
    good = site.visit("家里都好")
    site.visit("邻区住户", path="/PS2/09/")
    world.exchange(site)
    for office in (world.hq, site):
        told = of_site(world, office)
        assert told.counts == {"taken": 1, "refused": 1} and told.span == (1, 2)
        (point,) = told.refused
        assert "管辖范围" in point.why and "邻区住户" in point.title
        assert told.missing == () == told.conflicts
    assert world.hq.ids(Visit) == {good}


def test_a_gap_is_named_until_the_missing_package_has_come(world: World) -> None:
    site = world.site("A")
    site.visit("一")
    first = world.up(site)
    site.visit("二")
    with site.store.begin(site.actor) as s:
        late = exchange.pack(s, after=1)[1]
    world.take(late)
    told = of_site(world, world.hq, 2)
    assert told.missing == ((1, 1, 1, 1),) and told.counts == {"waiting": 1} and len(told.waiting) == 1
    world.take(first)
    assert of_site(world, world.hq, 2).missing == ()
    assert of_site(world, world.hq, 2).waiting == ()


def test_a_conflict_that_came_with_a_package_is_told_until_it_is_decided(world: World) -> None:
    site = world.site("A")
    world.hq.edit(world.people[0], phones=["13900000002"])
    site.edit(world.people[0], phones=["13800000001"])
    world.exchange(site)
    (point,) = of_site(world, world.hq).conflicts
    assert (point.kind, point.title, point.why) == ("人员", "李四", "电话")
    assert point.door == ("registry", world.people[0])
    site.edit(world.people[0], phones=["13700000003"])
    world.exchange(site)
    assert of_site(world, world.hq).conflicts == ()


def test_names_are_for_those_who_may_read_and_the_rest_for_those_who_take_packages(world: World) -> None:
    site = world.site("A")
    site.visit("邻区住户", path="/PS2/09/")
    world.exchange(site)
    assert world.hq.actor is not None
    keeper = Office(world.hq.store, replace(world.hq.actor, role="system", rights=frozenset()))
    with keeper.store.read(keeper.actor) as s:
        package = s.scalars(select(Package.id).where(Package.direction == "in")).one()
        assert [point.title for point in reviewing.review(s, package).refused] == [""]
    member = replace(world.hq.actor, role="member", rights=frozenset())
    with pytest.raises(Refusal) as caught, world.hq.store.read(member) as s:
        reviewing.review(s, package)
    assert caught.value.code == "not_allowed"
    with pytest.raises(Refusal) as caught, world.hq.store.read(world.hq.actor) as s:
        reviewing.review(s, new_id())
    assert caught.value.code == "package_gone"
