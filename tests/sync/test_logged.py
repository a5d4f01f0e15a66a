"""How many changes came from each site is counted as they come, and is what the log says whatever happens to it."""

from pathlib import Path

from sqlalchemy import func, select

from app.models import applying, logged
from app.models.batches import Package
from app.models.changes import Change
from app.models.store import Store
from app.models.visits import Visit
from app.sync import intake, undoing
from tests.sync.conftest import World, back_to, imaged


def counted(store: Store) -> dict[str, dict[str, int]]:
    """What the log says, after making sure that the counters say the same."""
    said: dict[str, dict[str, int]] = {}
    with store.read() as s:
        sites = set(s.scalars(select(Change.site))) - {store.id}
        for site in sites:
            rows = s.execute(select(Change.table, func.count()).where(Change.site == site).group_by(Change.table))
            said[site.hex] = dict(rows.all())
            assert said[site.hex] == logged.of(s, site)
    return said


def test_the_numbers_are_those_of_the_log_after_taking_again_undoing_and_going_back(
    world: World, tmp_path: Path
) -> None:
    site = world.site("A")
    for number in range(3):
        site.visit(str(number))
    data = world.up(site)
    first = world.take(data)
    assert first.receipt.totals == counted(world.hq.store)[site.store.id.hex] == {"visit": 3}
    world.take(data)
    assert counted(world.hq.store)[site.store.id.hex] == {"visit": 3}
    place = imaged(world.hq, tmp_path / "image")
    site.edit(world.people[0], note="搬家")
    world.exchange(site)
    assert counted(world.hq.store)[site.store.id.hex] == {"visit": 3, "person": 1}
    with world.hq.store.begin(world.hq.actor) as s:
        package = s.scalars(select(Package.id).where(Package.direction == "in").order_by(Package.number)).first()
        undoing.undo(s, package, "录错")
    assert counted(world.hq.store)[site.store.id.hex] == {"visit": 3, "person": 1}
    back_to(world.hq, place)
    assert counted(world.hq.store)[site.store.id.hex] == {"visit": 3}
    with world.hq.store.begin() as s:
        applying.retract(s, list(s.scalars(select(Change.id).where(Change.table == Visit.__tablename__)))[:2])
    with world.hq.store.read() as s:
        assert intake.totals(s, site.store.id) == {"visit": 1}
    assert counted(site.store)  # a site counts what headquarters sent


def test_an_older_store_is_counted_when_it_is_lifted(world: World) -> None:
    site = world.site("A")
    site.visit()
    world.exchange(site)
    before = counted(world.hq.store)
    with world.hq.store.begin() as s:
        logged.recount(s.connection())
    assert counted(world.hq.store) == before
