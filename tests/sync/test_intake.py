"""Refused changes: corrected at the site and sent again, or taken after all at headquarters; both sides end up the same."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from app.errors import Refusal
from app.models.batches import Waiting
from app.models.changes import Change
from app.models.people import Person
from app.models.sites import Site
from app.models.visits import Visit
from app.sync import collect, exchange, intake
from tests.sync.conftest import Office, World


@pytest.fixture
def site(world: World) -> Iterator[Office]:
    made = world.site("A")
    world.exchange(made)
    yield made
    made.store.close()


def states(site: Office) -> list[tuple[str, str | None]]:
    with site.store.read() as s:
        query = select(Change.state, Change.reason).where(Change.site == site.store.id).order_by(Change.position)
        return [(state, reason) for state, reason in s.execute(query)]


def same(world: World, site: Office) -> None:
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")
    ours, theirs = site.digest("/PS2/"), world.hq.digest("/PS2/")
    assert (ours["visit"], ours["person"]) == (theirs["visit"], theirs["person"])


def widen(world: World, *paths: str) -> None:
    with world.hq.store.begin(world.hq.actor) as s:
        s.scalars(select(Site).where(Site.name == "A")).one().paths = list(paths)


def refused(world: World) -> list[Waiting]:
    with world.hq.store.read() as s:
        return list(s.scalars(select(Waiting).where(Waiting.why == "refused")))


def retry(world: World) -> dict[str, int]:
    ids = [one.change_id for one in refused(world)]
    with world.hq.store.begin(world.hq.actor) as s:
        return intake.retry_refused(s, ids)


def test_a_refused_record_that_is_corrected_goes_up_as_a_new_revision(world: World, site: Office) -> None:
    bad = site.visit("写错了单位", path="/PS2/")
    world.exchange(site)
    assert [state for state, _why in states(site)] == ["refused"]
    with site.store.begin(site.actor) as s:
        s.get_one(Visit, bad).path = "/PS1/01/"
    world.exchange(site)
    assert [state for state, _why in states(site)] == ["refused", "taken"]
    assert world.hq.ids(Visit) == {bad}
    same(world, site)


def test_a_correction_tells_again_every_field_of_the_refused_edit(world: World, site: Office) -> None:
    person = world.people[0]
    site.edit(person, phones=["13800000001"], path="/PS2/")
    world.exchange(site)
    assert [state for state, _why in states(site)] == ["refused"]
    site.edit(person, path="/PS1/01/")
    world.exchange(site)
    with world.hq.store.read() as s:
        assert s.get_one(Person, person).phones == ["13800000001"]
    same(world, site)


def test_headquarters_that_mended_its_data_takes_a_refused_change_after_all_and_the_site_hears_of_it(
    world: World, site: Office
) -> None:
    visit = site.visit("划转中的单位", path="/PS2/")
    world.exchange(site)
    assert retry(world) == {"refused": 1}
    widen(world, "/PS1/", "/PS2/")
    assert retry(world) == {"taken": 1} and refused(world) == []
    assert world.hq.ids(Visit) == {visit}
    world.exchange(site)
    assert states(site) == [("taken", None)]
    same(world, site)


def test_a_receipt_that_comes_late_does_not_refuse_again_what_was_taken_since(world: World, site: Office) -> None:
    site.visit("划转中的单位", path="/PS2/")
    first = world.take(world.up(site))
    widen(world, "/PS1/", "/PS2/")
    retry(world)
    world.exchange(site)
    exchange.hear(site.store, first.file, site.actor)
    assert states(site) == [("taken", None)]
    with site.store.read() as s:
        assert collect.unconfirmed(s) == 0


def test_a_change_that_comes_again_when_it_fits_is_taken_and_told(world: World, site: Office) -> None:
    site.visit("划转中的单位", path="/PS2/")
    first = world.take(world.up(site))
    site.visit("后来的")
    second = world.up(site)
    widen(world, "/PS1/", "/PS2/")
    answer = world.take(second)
    assert answer.receipt.counts == {"taken": 2}
    exchange.hear(site.store, first.file, site.actor)
    exchange.hear(site.store, answer.file, site.actor)
    world.exchange(site)
    assert [state for state, _why in states(site)] == ["taken", "taken"]
    same(world, site)


def test_later_changes_of_a_record_whose_first_was_refused_end_up_right(world: World, site: Office) -> None:
    person = world.people[0]
    site.edit(person, note="一", path="/PS2/")
    world.exchange(site)
    site.edit(person, path="/PS1/01/", phones=["13800000001"])
    world.exchange(site)
    world.hq.edit(person, address="2 栋")
    widen(world, "/PS1/", "/PS2/")
    assert retry(world) == {"taken": 1}
    world.exchange(site)
    assert [state for state, _why in states(site)] == ["taken", "taken"]
    same(world, site)


def test_only_who_takes_packages_judges_again(world: World, site: Office) -> None:
    with site.store.begin(site.actor) as s, pytest.raises(Refusal, match="没有这项权限"):
        intake.retry_refused(s, [])


def test_headquarters_time_of_taking_comes_back_with_the_feed(world: World, site: Office) -> None:
    other = world.site("B")
    visit = site.visit("甲")
    world.exchange(site)
    world.exchange(other)
    with world.hq.store.read() as s:
        taken = s.scalars(select(Change.received_at).where(Change.record == visit)).one()
    with other.store.read() as s:
        told = s.scalars(select(Change.received_at).where(Change.record == visit)).one()
    assert taken is not None and told is not None
    assert abs((taken - told).total_seconds()) < 0.001
    other.store.close()
