"""What lies in quarantine is read later or by somebody's decision, or rejected, and never lost silently."""

import shutil

import pytest
from sqlalchemy import select

from app.clock import now
from app.errors import Refusal
from app.models.accounts import Account
from app.models.batches import Package
from app.models.sites import Site
from app.models.units import Unit
from app.models.visits import Visit
from app.services import accounts
from app.sync import carrying, quarantine
from tests.sync.conftest import Office, World
from tests.sync.test_files import attach, folder, lacking


def revoke(world: World, why: str | None) -> None:
    with world.hq.store.begin(world.hq.actor) as s:
        site = s.scalars(select(Site).where(Site.name == "A")).one()
        site.revoked_at, site.revoke_reason = (now(), why) if why else (None, None)


def clerk(world: World) -> Office:
    with world.hq.store.begin(world.hq.actor) as s:
        root = s.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()
        accounts.create(s, Account(login="kefu", name="总部文员", role="clerk", unit_id=root.id))
    with world.hq.store.begin() as s:
        return Office(world.hq.store, accounts.acting(s, "kefu"))


def test_the_package_of_a_lost_laptop_waits_and_is_taken_by_decision_with_its_trace(world: World) -> None:
    site, office = world.site("A"), clerk(world)
    hq, visit = world.hq.store, site.visit("丢失前录的")
    revoke(world, "电脑丢失")
    data = world.up(site)
    for _again in range(2):
        with pytest.raises(Refusal, match="电脑丢失"):
            world.take(data)
    with hq.read(office.actor) as s:
        (held,) = quarantine.listed(s)
    assert (held.name, held.state, held.here, held.number) == ("A", "quarantined", True, 1)
    assert "电脑丢失" in held.reason and office.actor is not None
    with pytest.raises(Refusal, match="电脑丢失"):
        quarantine.retry(hq, office.actor, held.id)
    with pytest.raises(Refusal, match="没有这项权限"):
        assert site.actor is not None
        quarantine.take_anyway(hq, site.actor, held.id, "我要")
    quarantine.reject(hq, office.actor, held.id, "来历不明")
    with hq.read(office.actor) as s:
        assert quarantine.listed(s) == []
        (rejected,) = quarantine.listed(s, rejected=True)
    assert (rejected.state, rejected.reason, rejected.here) == ("rejected", "总部文员 决定不收: 来历不明", True)
    with pytest.raises(Refusal, match="写明原因"):
        quarantine.take_anyway(hq, office.actor, held.id, " ")
    counts = quarantine.take_anyway(hq, office.actor, held.id, "本人送来, 已核对")
    assert counts == {"taken": 1} and world.hq.ids(Visit) == {visit}
    with hq.read(office.actor) as s:
        assert quarantine.listed(s, rejected=True) == []
        known = s.get_one(Package, held.id)
        assert (known.state, known.reason) == ("taken", "总部文员 决定收下: 本人送来, 已核对")
    with pytest.raises(Refusal, match="已经处理过"):
        quarantine.take_anyway(hq, office.actor, held.id, "再来")


def test_what_is_trusted_again_is_tried_again_and_taken(world: World) -> None:
    site, office = world.site("A"), clerk(world)
    visit = site.visit()
    revoke(world, "误停用")
    data = world.up(site)
    with pytest.raises(Refusal):
        world.take(data)
    with world.hq.store.read(office.actor) as s:
        (held,) = quarantine.listed(s)
    revoke(world, None)
    assert office.actor is not None
    assert quarantine.retry(world.hq.store, office.actor, held.id) == {"taken": 1}
    assert world.hq.ids(Visit) == {visit}
    with world.hq.store.read(office.actor) as s:
        assert quarantine.listed(s, rejected=True) == []


def test_the_photos_of_a_lost_laptop_wait_whole_and_are_taken_after_their_records(world: World) -> None:
    site, office = world.site("A"), clerk(world)
    hq = world.hq.store
    attach(site, b"a photo" * 100)
    carrying.write_upload(site.store, site.actor, folder(world, "up"))
    revoke(world, "电脑丢失")
    reads = carrying.read_files(hq, world.hq.actor, [world.folder / "up"])
    assert [(read.kind, read.state) for read in reads] == [("changes", "quarantined"), ("files", "quarantined")]
    shutil.rmtree(world.folder / "up")
    with hq.read(office.actor) as s:
        held = {one.kind: one for one in quarantine.listed(s)}
    assert {(one.name, one.here) for one in held.values()} == {("A", True)} and office.actor is not None
    with pytest.raises(Refusal, match="先收下"):
        quarantine.take_anyway(hq, office.actor, held["files"].id, "本人送来, 已核对")
    with pytest.raises(Refusal, match="电脑丢失"):
        quarantine.retry(hq, office.actor, held["files"].id)
    assert quarantine.take_anyway(hq, office.actor, held["changes"].id, "本人送来, 已核对") == {"taken": 2}
    assert quarantine.take_anyway(hq, office.actor, held["files"].id, "本人送来, 已核对")["taken"] == 1
    assert lacking(world.hq) == []
    with hq.read(office.actor) as s:
        assert quarantine.listed(s, rejected=True) == []
        assert (s.get_one(Package, held["files"].id).reason or "").endswith("决定收下: 本人送来, 已核对")
