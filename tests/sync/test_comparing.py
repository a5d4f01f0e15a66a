"""At the end of an exchange both sides are compared; what one of them lost comes again, and nothing else."""

import uuid
from datetime import timedelta

from sqlalchemy import delete, select

from app.models import backups
from app.models.base import table_of
from app.models.changes import Change
from app.models.people import Person
from app.models.visits import Visit
from app.sync import comparing, exchange, loading, own, purging, tally
from app.sync.comparing import Sum
from tests.conftest import Clock
from tests.sync.conftest import Office, World
from tests.sync.test_scope import moved, raised


def unlike(site: Office) -> set[str]:
    with site.store.read() as s:
        at, rows = comparing.last(s)
    assert at is not None
    return {row.table for row in rows if not row.same}


def lose(office: Office, record: uuid.UUID) -> None:
    """The record and all that was ever said of it are gone, as by a damaged disk."""
    with office.store.begin() as s:
        for model in (Visit, Person):
            s.execute(delete(table_of(model)).where(table_of(model).c.id == record))
        s.execute(delete(table_of(Change)).where(table_of(Change).c.record == record))


def compare(world: World, site: Office, rounds: int = 1) -> None:
    with site.store.begin() as s:
        comparing.ask(s)
    for _ in range(rounds):
        world.exchange(site)


def test_both_sides_are_compared_once_a_day_and_agree(clock: Clock, world: World) -> None:
    site = world.site("A")
    site.visit()
    raised(site, "C01-1", secrecy="sealed")
    raised(site, "C01-2")
    world.exchange(site)
    assert unlike(site) == set()
    with site.store.read() as s:
        first, rows = comparing.last(s)
        shown = tally.compared(s)
    counted = {row.table: (row.here, row.there) for row in rows}
    assert counted["visit"] == (1, 1) and counted["person"] == (2, 2)
    assert counted["issue"] == (1, 1), "sealed matters count on neither side"
    assert [one.kind for one in shown.records if one.id == "visit"] == ["走访"] and shown.records_at == first
    clock.forward(hours=3)
    site.visit()
    world.exchange(site)
    with site.store.read() as s:
        assert comparing.last(s)[0] == first
    clock.forward(days=1)
    world.exchange(site)
    with site.store.read() as s:
        assert comparing.last(s)[0] != first
    assert unlike(site) == set()


def test_a_site_that_was_loaded_or_has_purged_or_lost_somebody_to_another_unit_agrees(
    clock: Clock, world: World
) -> None:
    old = world.site("A")
    old.visit("旧")
    world.hq.edit(world.people[0], note="甲")
    moved(world.hq, world.people[1], "/PS2/")
    world.exchange(old)
    fresh = world.site("B")
    backups.make(world.hq.store)
    world.exchange(old)
    clock.forward(days=400)
    assert purging.purge(old.store, old.actor) == 1
    for site in (old, fresh):
        compare(world, site)
        assert unlike(site) == set()


def test_what_a_site_lost_is_noticed_and_comes_again(world: World) -> None:
    site = world.site("A")
    mine, theirs = site.visit("自己的"), world.hq.visit("总部的")
    world.exchange(site)
    lose(site, theirs)
    lose(site, world.people[0])
    compare(world, site)
    assert unlike(site) == {"visit", "person"}
    world.exchange(site)
    assert unlike(site) == set()
    assert site.ids(Visit) == {mine, theirs}
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")
    with site.store.read() as s:
        assert not comparing.due(s)


def test_what_headquarters_lost_of_a_site_goes_up_again_and_nothing_else(world: World) -> None:
    site = world.site("A")
    lost, kept = site.visit("丢了的"), site.visit("留着的")
    world.exchange(site)
    lose(world.hq, lost)
    compare(world, site, rounds=2)
    with site.store.read() as s:
        assert list(s.scalars(select(Change.record).where(Change.state == "open"))) == [lost]
    for _ in range(2):
        world.exchange(site)
    assert world.hq.ids(Visit) == {lost, kept}
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")
    compare(world, site)
    assert unlike(site) == set()


def test_a_record_that_left_unheard_of_is_found_and_shown_as_handed_over(world: World) -> None:
    site, person = world.site("A"), world.people[0]
    moved(world.hq, person, "/PS2/")
    with site.store.begin() as s:  # as if the change had been missed
        with world.hq.store.read() as at_hq:
            top = max(at_hq.scalars(select(Change.position)))
        own.identity(s).cursor = top
    compare(world, site)
    assert unlike(site) == {"person"}
    for _ in range(3):
        world.exchange(site)
    assert unlike(site) == set()
    with site.store.read() as s:
        assert s.get_one(Person, person).path == "/PS2/"


def test_an_idle_exchange_says_nothing_of_it(world: World) -> None:
    site = world.site("A")
    world.exchange(site)
    with site.store.begin(site.actor) as s:
        header, _data = exchange.pack(s)
    assert not header.compare and not header.unlike and not header.ask


def test_nothing_is_compared_while_a_load_is_under_way(world: World) -> None:
    site = world.site("A")
    with site.store.begin() as s:
        loading.reload(s)
        assert not comparing.due(s)


def test_the_sum_does_not_depend_on_the_order_and_tells_every_difference() -> None:
    ids = [uuid.UUID(int=number) for number in range(300)]
    one, two, three = Sum.empty(), Sum.empty(), Sum.empty()
    for record in ids:
        one.add(record, ["b", "a"])
    for record in reversed(ids):
        two.add(record, ["a", "b"])
        three.add(record, ["a", "b"] if record.int != 7 else ["a"])
    assert one.told == two.told and one.by_bucket == two.by_bucket
    assert one.told[0] == three.told[0] and one.told != three.told
    assert [at for at in range(256) if one.buckets[at] != three.buckets[at]] == [7]
    assert timedelta(days=1) == comparing.EVERY
