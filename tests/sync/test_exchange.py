"""The whole way with real stores: up by package, down by receipt and feed."""

from app.models.grids import Grid
from app.models.people import Person
from app.models.visits import Visit
from app.services import overview
from app.sync import collect
from tests.sync.conftest import Office, World


def waiting(office: Office) -> int:
    with office.store.read() as s:
        return collect.unconfirmed(s)


def test_an_enrolled_site_begins_with_its_scope(world: World) -> None:
    site = world.site("A")
    assert site.ids(Person) == set(world.people)
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")
    with site.store.read() as s:
        place = overview.place(s)
    assert place.enrolled and place.paths == ("/PS1/",)
    assert waiting(site) == 0


def test_what_a_site_records_reaches_headquarters_once(world: World) -> None:
    site = world.site("A")
    visit = site.visit()
    data = world.up(site)
    answer = world.take(data)
    assert answer.receipt.counts == {"taken": 1} and not answer.again
    again = world.take(data)
    assert again.again and again.receipt == answer.receipt
    assert world.hq.ids(Visit) == {visit}
    world.exchange(site)
    assert waiting(site) == 0
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")


def test_another_site_stays_in_its_scope(world: World) -> None:
    first, second = world.site("A"), world.site("B", "/PS2/")
    first.visit()
    world.exchange(first)
    world.exchange(second)
    assert second.ids(Visit) == set() and second.ids(Person) == set()
    assert second.ids(Grid) == set()
