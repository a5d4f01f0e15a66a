"""An existing headquarters moves from its file into PostgreSQL: whole, compared and switched, or nothing has happened."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app import settings
from app.errors import StoreRefusal
from app.models import backups, moving, postgres, searching
from app.models.applying import digest
from app.models.changes import Change
from app.models.people import Person
from app.models.store import Store
from app.models.vault import Vault
from app.models.visits import Visit
from app.services import chaining
from app.sync import client, own
from tests.hq.serving import running
from tests.postgres import binaries, server
from tests.sync.conftest import PASSWORD, Office, World, founded

pytestmark = pytest.mark.skipif(binaries() is None, reason="no PostgreSQL on this machine")


@pytest.fixture
def filed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A headquarters in its file with a site that has reported."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = founded(tmp_path)
    yield made
    made.hq.store.close()


def moved(world: World, address: str) -> int:
    return moving.to_database(world.folder / "hq", address, login="zs", password=PASSWORD)


def opened(world: World) -> Store:
    return Store.open(world.folder / "hq", login="zs", password=PASSWORD)


def refused(code: str, world: World, address: str) -> None:
    with pytest.raises(StoreRefusal) as refusal:
        moved(world, address)
    assert refusal.value.code == code
    assert settings.load(world.folder / "hq")[0].database == ""


def test_everything_is_in_the_database_and_headquarters_and_its_sites_go_on(filed: World) -> None:
    site = filed.site("A")
    visit = site.visit("搬家以前的走访")
    filed.exchange(site)
    before, mine = filed.hq.digest("/"), filed.hq.ids(Visit)
    filed.hq.store.close()
    address = server().new()
    assert moved(filed, address) > 20
    assert settings.load(filed.folder / "hq")[0].database == address
    filed.hq = Office(opened(filed), filed.hq.actor)
    assert filed.hq.store.database and filed.hq.store.standing.name == "SAME"
    assert (filed.hq.digest("/"), filed.hq.ids(Visit)) == (before, mine) and visit in mine
    with filed.hq.store.read() as s:
        assert list(chaining.findings(s)) == [] and own.keys(s)
        assert [hit.record_id for hit in searching.find(s.connection(), "李四").hits] == [filed.people[0]]
        top = max(s.scalars(select(Change.position)))
    assert backups.check(filed.hq.store) == []
    later = site.visit("搬家以后的走访")
    assert site.actor is not None
    with running(filed.hq.store) as url:
        client.exchange(site.store, site.actor, url)
    assert later in filed.hq.ids(Visit) and site.digest("/PS1/") == filed.hq.digest("/PS1/")
    with filed.hq.store.read() as s:
        assert max(s.scalars(select(Change.position))) > top
    backups.make(filed.hq.store)
    with pytest.raises(StoreRefusal) as refusal:
        moved(filed, server().new())
    assert refusal.value.code == "database_already"


def test_a_move_that_is_cut_switches_nothing_and_can_be_made_again(
    filed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = filed.hq.digest("/")
    filed.hq.store.close()
    folder, address = filed.folder / "hq", server().new()

    def cut(_done: int, _total: int, label: str) -> None:
        if label == "person":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        moving.to_database(filed.folder / "hq", address, login="zs", password=PASSWORD, progress=cut)
    assert settings.load(filed.folder / "hq")[0].database == ""
    with opened(filed) as store, store.read() as s:
        assert digest(s, ["/"]) == before
    with monkeypatch.context() as patch:
        patch.setattr(moving, "_index", lambda _reading, writing: writing.execute(Person.__table__.delete()))
        refused("database_differs", filed, address)
    assert moved(filed, address) > 20
    with Store(folder, Vault.load(folder), filed.hq.store.key, None) as file, file.read() as s:
        assert digest(s, ["/"]) == before, "the file is as it was"
    filed.hq = Office(opened(filed), filed.hq.actor)
    assert filed.hq.digest("/") == before


def test_what_may_not_be_moved_is_refused(filed: World) -> None:
    address = server().new()
    refused("store_locked", filed, address)  # it is open
    filed.hq.store.close()
    refused("database_password", filed, f"{address}&password=geheim")
    other = founded(filed.folder / "other", server().new())
    refused("database_used", filed, other.hq.store.database)
    other.hq.store.close()
    site = filed.folder / "site"
    Store.create(site, kind="site", login="zs", password=PASSWORD).close()
    with pytest.raises(StoreRefusal) as refusal:
        moving.to_database(site, address, login="zs", password=PASSWORD)
    assert refusal.value.code == "database_site"
    filed.hq = Office(opened(filed), filed.hq.actor)
    assert postgres.checked(address) == address


def test_somebody_who_opens_the_file_meanwhile_keeps_headquarters_in_it(
    filed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed.hq.store.close()
    here: list[Store] = []
    monkeypatch.setattr(moving, "_index", lambda _reading, _writing: here.append(opened(filed)))
    refused("store_locked", filed, server().new())
    filed.hq = Office(here[0], filed.hq.actor)
    assert filed.hq.store.database == ""
