"""Headquarters was put back from a backup: its sites give it back what it wrote since, and nobody makes it believe more."""

import uuid
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, select

from app.clock import now
from app.errors import Refusal
from app.models import backups, chain
from app.models.changes import Change
from app.models.people import Person
from app.models.sites import Site
from app.models.steps import Step
from app.models.units import Unit
from app.models.visits import Visit
from app.services import chaining
from app.sync import (
    client,
    collect,
    exchange,
    owing,
    own,
    previewing,
    regained,
    renewing,
    rotating,
    seal,
    undoing,
    wire,
)
from app.sync.batch import Batch, build
from app.sync.wire import WireChange
from tests.hq.serving import running
from tests.sync.conftest import Office, World, back_to, imaged, put_back
from tests.sync.test_comparing import compare
from tests.sync.test_scope import raised, stepped


def recovered(world: World) -> tuple[int, int]:
    with world.hq.store.read() as s:
        return owing.recovered(s)


def left(site: Office) -> int:
    with site.store.read() as s:
        return owing.left(s)


def worked(world: World, issue: uuid.UUID) -> int:
    """What headquarters does of a day: an answer, a decision, a new unit; how many changes."""
    stepped(world.hq, issue, "accept", "/PS1/01/")
    stepped(world.hq, issue, "answer", "/PS1/01/")
    world.hq.edit(world.people[0], note="总部核定的")
    with world.hq.store.begin(world.hq.actor) as s:
        root = s.scalars(select(Unit).where(Unit.path == "/PS1/")).one()
        s.add(Unit(name="新班组", kind="team", path="/PS1/07/", parent_id=root.id))
    return 4


@pytest.mark.both_databases
def test_what_headquarters_wrote_after_its_backup_comes_back_from_the_sites_that_hold_it(
    world: World, tmp_path: Path
) -> None:
    one, two = world.site("A"), world.site("B")
    issue = raised(one, "C01-1")
    for site in (one, two):
        world.exchange(site)
    backup = backups.make(world.hq.store).folder
    number = worked(world, issue)
    world.exchange(one)
    before, steps = world.hq.digest("/PS1/"), world.hq.ids(Step)
    put_back(world, backup)
    assert world.hq.digest("/PS1/") != before
    late = world.hq.visit("恢复以后写的")
    world.exchange(two)  # it holds none of it
    assert (recovered(world), left(two)) == ((0, 0), 0)
    world.exchange(one)
    assert left(one) == number
    up = tmp_path / "up.fgpkg"
    up.write_bytes(world.up(one))
    (shown,) = previewing.preview(world.hq.store, world.hq.actor, [up])
    assert (shown.state, shown.total("refused")) == ("ready", 0), "what is given back is not judged as the site's"
    world.exchange(one)
    assert (recovered(world), left(one)) == ((number, 0), 0)
    for site in (two, one, two):
        world.exchange(site)
    assert world.hq.ids(Step) == steps and recovered(world) == (number, 0)
    with world.hq.store.read() as s:
        assert s.get_one(Person, world.people[0]).note == "总部核定的"
        assert s.scalar(select(func.count()).where(Unit.path == "/PS1/07/")) == 1
        assert set(s.scalars(select(Change.state).where(Change.site == own.line(s).site_id))) == {"own"}
        assert list(chaining.findings(s)) == []
        assert regained.standing(s) == regained.Standing(True, number, 0)
        assert {(one.site, one.kind, one.what) for one in regained.listed(s)} == {
            ("A", "事项步骤", "新建"), ("A", "人员", "更改: 备注"), ("A", "单位", "新建"),
        }  # fmt: skip
    for site in (one, two):
        assert site.digest("/PS1/") == world.hq.digest("/PS1/") and late in site.ids(Visit)
        with site.store.read() as s:
            assert list(chaining.findings(s)) == []


def test_headquarters_put_back_twice_has_everything_in_the_end(world: World) -> None:
    one, two = world.site("A"), world.site("B")
    issue = raised(one, "C01-1")
    world.exchange(one)
    world.exchange(two)
    first = backups.make(world.hq.store).folder
    stepped(world.hq, issue, "accept", "/PS1/01/")
    world.exchange(two)
    stepped(world.hq, issue, "answer", "/PS1/01/")
    world.exchange(one)
    steps = world.hq.ids(Step)
    put_back(world, first)
    for _ in range(2):
        world.exchange(two)  # gives back the first step alone
    second = backups.make(world.hq.store).folder
    put_back(world, second)
    for _ in range(3):
        world.exchange(one)
        world.exchange(two)
    assert world.hq.ids(Step) == one.ids(Step) == two.ids(Step) == steps


def test_headquarters_put_back_unnoticed_that_wrote_on_has_it_all_once_a_site_tells(
    world: World, tmp_path: Path
) -> None:
    site = world.site("A")
    issue = raised(site, "C01-1")
    world.exchange(site)
    image = imaged(world.hq, tmp_path / "image")
    number = worked(world, issue)
    world.exchange(site)
    steps = world.hq.ids(Step)
    back_to(world.hq, image)
    mine = world.hq.visit("不知道自己被恢复过")
    for _ in range(4):
        world.exchange(site)
    assert recovered(world) == (number, 0) and world.hq.ids(Step) == steps
    for _ in range(2):
        compare(
            world, site
        )  # what headquarters wrote meanwhile stands where the site has been: the day's comparison brings it
    assert mine in site.ids(Visit)
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")


def test_a_revoked_site_is_revoked_again_and_papers_signed_by_lost_keys_are_not_taken(world: World) -> None:
    site, stolen = world.site("A"), world.site("B")
    world.exchange(site)
    backup = backups.make(world.hq.store).folder
    with world.hq.store.begin(world.hq.actor) as s:
        rotating.rotate(s)
        renewing.renew(s, site.store.id, name="新名")
        record = s.get_one(Site, stolen.store.id)
        record.revoked_at, record.revoke_reason = now(), "电脑丢失"
    world.exchange(site)
    put_back(world, backup)
    for _ in range(4):
        world.exchange(site)
    assert left(site) == 0 and recovered(world)[1] == 0
    with world.hq.store.read() as s:
        record = s.get_one(Site, stolen.store.id)
        assert record.revoked_at is not None and record.revoke_reason == "电脑丢失"
        assert own.certified(s, s.get_one(Site, site.store.id))
    with pytest.raises(Refusal, match="停用"):
        world.exchange(stolen)
    visit = site.visit()
    world.exchange(site)
    assert visit in world.hq.ids(Visit)


def test_over_the_network_one_exchange_gives_everything_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owing, "MOST", 1)
    site = world.site("A")
    issue = raised(site, "C01-1")
    world.exchange(site)
    backup = backups.make(world.hq.store).folder
    number = worked(world, issue)
    world.exchange(site)
    steps = world.hq.ids(Step)
    put_back(world, backup)
    assert site.actor is not None
    with running(world.hq.store) as url:
        client.exchange(site.store, site.actor, url)
    assert recovered(world) == (number, 0) and world.hq.ids(Step) == steps and left(site) == 0


def forged(world: World, site: Office, change: WireChange) -> tuple[int, int]:
    """The site gives this back as a change of headquarters, in a package that is otherwise right."""
    with site.store.begin(site.actor) as s:
        batch = collect.collect(s)
        head = batch.header
        bad = build(
            [*batch.changes, change], kind="changes", site=batch.site_id, epoch=uuid.UUID(hex=head.epoch),
            audience=[uuid.UUID(hex=one) for one in head.audience], schema=head.schema, prev=bytes.fromhex(head.prev),
            after=head.from_seq - 1, serial=head.serial, incarnation=head.incarnation, cursor=head.cursor, lives=head.lives,
            returns=own.hq(s).site, returned=5,
        )  # fmt: skip
        data = seal.seal(Batch(bad.header, bad.changes), own.keys(s), own.readers_above(s)[1])
    exchange.answer(world.hq.store, data, world.hq.actor)
    return recovered(world)


def test_a_site_makes_headquarters_believe_nothing_that_it_did_not_write(world: World) -> None:
    site = world.site("A")
    with site.store.read() as s:
        query = select(Change).where(Change.record == world.people[0])
        entry = {c.key: getattr(s.scalars(query).one(), c.key) for c in Change.__mapper__.column_attrs}
    real = wire.from_entry(entry)
    hq = world.hq.digest("/")
    assert forged(world, site, real) == (0, 0), "it is here already"
    other = msgspec.structs.replace(real, change_id=uuid.uuid4().hex)
    assert forged(world, site, other) == (0, 1)
    row = {**(real.row or {}), "note": "站点写的"}
    later = msgspec.structs.replace(
        real, change_id=uuid.uuid4().hex, row=row, base=1, heads=[real.change_id], seq=real.seq + 1000, salt="00" * 16
    )
    assert forged(world, site, later) == (0, 2)
    erased = msgspec.structs.replace(
        real, change_id=uuid.uuid4().hex, row=None, salt="", digest=chain.payload_hash(b"", b"{}").hex()
    )
    assert forged(world, site, erased) == (0, 3)
    ours = msgspec.structs.replace(real, change_id=uuid.uuid4().hex, site=uuid.uuid4().hex)
    with pytest.raises(Exception, match="说明不一致"):
        forged(world, site, ours)
    assert world.hq.digest("/") == hq


def test_a_package_that_headquarters_undid_after_its_backup_stays_undone(world: World) -> None:
    site, other = world.site("A"), world.site("B")
    visit = site.visit("录错的")
    package = uuid.UUID(hex=world.take(world.up(site)).receipt.package)
    backup = backups.make(world.hq.store).folder
    with world.hq.store.begin(world.hq.actor) as s:
        undoing.undo(s, package, "录错")
    for office in (site, other):
        world.exchange(office)
    put_back(world, backup)
    for office in (site, other) * 2:
        world.exchange(office)
    with world.hq.store.read() as s:
        assert s.get_one(Visit, visit).voided and s.get_one(Visit, visit).site == site.store.id
    assert world.hq.digest("/PS1/") == site.digest("/PS1/") == other.digest("/PS1/")
