"""Certificates in the course of time: renewed, with another scope, with other keys, taken away; by what is carried alone."""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from app import clock
from app.errors import Refusal
from app.models import backups
from app.models.batches import Package, Waiting
from app.models.conflicts import Conflict
from app.models.sites import Site
from app.models.store import Store
from app.models.visits import Visit
from app.services import sites
from app.sync import (
    answering,
    carrying,
    certificates,
    client,
    enrolling,
    epochs,
    exchange,
    inbox,
    own,
    renewing,
    revoking,
    rotating,
    standing,
)
from app.sync.certificates import Revocation, Revocations
from app.sync.rules import Verdict
from tests.hq.serving import running
from tests.sync.conftest import PASSWORD, Office, World, back_to, imaged, put_back


@pytest.fixture
def wall() -> Iterator[list[datetime]]:
    """The clock of the machine that is worked at; set by putting a moment into it."""
    moment = [datetime(2026, 3, 2, 8, tzinfo=UTC)]
    clock.set_clock(lambda: moment[0])
    yield moment
    clock.set_clock(None)


def site_id(office: Office) -> uuid.UUID:
    with office.store.read() as s:
        return own.line(s).site_id


def certificate(office: Office) -> certificates.Certificate:
    with office.store.read() as s:
        return own.certificate(s)


def renewed(world: World, site: Office, **changed: object) -> None:
    with world.hq.store.begin(world.hq.actor) as s:
        renewing.renew(s, site_id(site), **changed)  # type: ignore[arg-type]


def refused(world: World, data: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        world.take(data)
    return caught.value.code


def test_a_renewed_certificate_with_a_new_scope_is_taken_up_and_an_older_one_never_again(world: World) -> None:
    site = world.site("A")
    first = certificate(site)
    old = world.take(world.up(site)).file
    renewed(world, site, paths=["/PS1/", "/PS2/"], name="联合值班室")
    world.exchange(site)
    second = certificate(site)
    assert second.serial > first.serial and second.keys == first.keys
    with site.store.read() as s:
        mine = own.identity(s)
        assert (mine.name, mine.paths) == ("联合值班室", ["/PS1/", "/PS2/"])
    exchange.hear(site.store, old, site.actor)
    assert certificate(site) == second


def test_a_certificate_that_ends_soon_is_renewed_when_its_site_is_heard_by_stick(
    world: World, wall: list[datetime], tmp_path: Path
) -> None:
    site = world.site("A")
    until = certificate(site).valid_to
    wall[0] += sites.VALID - timedelta(days=60)
    with site.store.read(site.actor) as s:
        assert len(standing.warnings(s)) == 1
    up, down = tmp_path / "up", tmp_path / "down"
    up.mkdir(), down.mkdir()
    carrying.write_upload(site.store, site.actor, up)
    carrying.read_files(world.hq.store, world.hq.actor, [up])
    answering.write_answers(world.hq.store, world.hq.actor, down, [site_id(site)])
    carrying.read_files(site.store, site.actor, [down])
    assert certificate(site).valid_to == until + sites.VALID - timedelta(days=60)
    with site.store.read(site.actor) as s:
        assert standing.warnings(s) == []


def test_an_ended_certificate_quarantines_until_it_is_renewed_and_a_clock_set_back_ends_nothing(
    world: World, wall: list[datetime]
) -> None:
    site = world.site("A")
    visit = site.visit()
    data = world.up(site)
    wall[0] += sites.VALID + timedelta(days=2)
    assert refused(world, data) == "certificate_expired"
    renewed(world, site)
    world.take(data)
    assert world.hq.ids(Visit) == {visit}
    wall[0] = datetime(1996, 1, 1, tzinfo=UTC)
    site.visit()
    world.exchange(site)
    assert world.hq.ids(Visit) == site.ids(Visit)


def test_a_site_with_new_keys_is_heard_and_what_it_signed_with_its_former_ones_too(
    world: World, tmp_path: Path
) -> None:
    site = world.site("A")
    one = site.visit("旧密钥签发")
    on_its_way = world.up(site)
    answer_on_its_way = world.take(on_its_way).file
    asked = enrolling.write_request(site.store, tmp_path, new_keys=True)
    two = site.visit("还在用旧密钥")
    between = world.up(site)
    approval, *_ = enrolling.approve_file(world.hq.store, world.hq.actor, asked.path, tmp_path, paths=["/PS1/"])
    assert enrolling.accept_file(site.store, approval).login == "zs"
    before = certificate(site)
    three = site.visit("新密钥签发")
    world.take(between)
    world.take(on_its_way)
    world.exchange(site)
    exchange.hear(site.store, answer_on_its_way, site.actor)
    assert world.hq.ids(Visit) == {one, two, three}
    with site.store.read() as s:
        assert before.keys == own.keys(s).public and own.pending(s) is None
    with world.hq.store.read() as s:
        known = own.trust(s, site_id(site).hex).certificates[site_id(site).hex]
        assert [one.sign for one in known][-1] == before.sign and len(known) == 2


def test_former_keys_of_a_site_count_for_half_a_year(world: World, tmp_path: Path, wall: list[datetime]) -> None:
    site = world.site("A")
    data = world.up(site)
    asked = enrolling.write_request(site.store, tmp_path, new_keys=True)
    enrolling.approve_file(world.hq.store, world.hq.actor, asked.path, tmp_path, paths=["/PS1/"])
    wall[0] += own.FORMER + timedelta(days=2)
    assert refused(world, data) == "signature_bad"


def test_an_enrolled_site_believes_no_approval_of_a_headquarters_it_does_not_know(world: World, tmp_path: Path) -> None:
    site = world.site("A")
    asked = enrolling.write_request(site.store, tmp_path, new_keys=True)
    with world.hq.store.begin() as s:  # as somebody would who has read the request
        mine = own.identity(s)
        mine.sign_key, mine.age_key = certificates_of_a_stranger()
        enrolling_keys = msgspec.structs.replace(own.hq(s), sign=[own.keys(s).public.sign], age=own.keys(s).public.age)
        own.note(s, keys=msgspec.to_builtins(enrolling_keys), former_sign=own.hq(s).sign)
    approval, *_ = enrolling.approve_file(world.hq.store, world.hq.actor, asked.path, tmp_path, paths=["/PS1/"])
    before = certificate(site)
    with pytest.raises(Refusal) as caught:
        enrolling.accept_file(site.store, approval)
    assert caught.value.code == "other_hq" and certificate(site) == before
    enrolling.accept_file(site.store, approval, mark=enrolling_keys.fingerprint.lower())
    with site.store.read() as s:
        assert own.hq(s).fingerprint == enrolling_keys.fingerprint


def certificates_of_a_stranger() -> tuple[str, str]:
    from app.sync.keys import Keys

    return Keys.new().secrets()


def test_a_lost_laptop_is_stopped_for_ever_and_what_it_sent_before_stays(world: World, tmp_path: Path) -> None:
    lost, other = world.site("A"), world.site("B")
    kept = lost.visit("丢失之前")
    world.exchange(lost)
    lost.visit("丢失之后")
    with world.hq.store.begin(world.hq.actor) as s:
        sites.revoke(s, site_id(lost), "笔记本丢失")
    assert refused(world, world.up(lost)) == "site_revoked"
    with world.hq.store.read() as s:
        assert [one.state for one in s.scalars(select(Package).where(Package.reason.is_not(None)))] == ["quarantined"]
    assert world.hq.ids(Visit) == {kept}
    world.exchange(other)
    with other.store.read() as s:
        assert "笔记本丢失" in own.trust(s, site_id(lost).hex).revoked.values()
        assert revoking.known(s) > 0
    for stopped in (renew_again, enrol_again):
        with pytest.raises(Refusal) as caught:
            stopped(world, lost, tmp_path)
        assert caught.value.code == "site_revoked"
    answering.write_answers(world.hq.store, world.hq.actor, tmp_path, [site_id(lost)])
    (read,) = [one for one in carrying.read_files(lost.store, lost.actor, [tmp_path]) if one.state == "taken"]
    assert read.counts == {}
    with lost.store.read(lost.actor) as s:
        assert "笔记本丢失" in revoking.here(s) and "笔记本丢失" in standing.warnings(s)[0]


def renew_again(world: World, site: Office, _folder: Path) -> None:
    renewed(world, site)


def enrol_again(world: World, site: Office, folder: Path) -> None:
    asked = enrolling.write_request(site.store, folder)
    enrolling.approve_file(world.hq.store, world.hq.actor, asked.path, folder, paths=["/PS1/"])


def test_an_older_list_takes_nobody_off_and_only_headquarters_writes_one(world: World) -> None:
    site = world.site("A")
    gone, too = uuid.uuid4().hex, uuid.uuid4().hex
    with world.hq.store.read() as s:
        keys = own.keys(s)
    lists = [
        certificates.revoke(
            Revocations(number=number, sites=[Revocation(site=one, on=date(2026, 1, 1), reason="丢失") for one in named]), keys
        )
        for number, named in ((5, [gone]), (9, [too]), (7, []))
    ]  # fmt: skip
    with site.store.begin() as s:
        for text in lists:
            revoking.learn(s, text)
        assert set(own.fact(s, "revoked")) == {gone, too} and revoking.known(s) == 9
        with pytest.raises(Refusal):
            revoking.learn(s, certificates.revoke(Revocations(number=99, sites=[]), own.keys(s)))


def test_an_old_feed_genuinely_signed_changes_nothing_and_an_old_receipt_is_ignored(world: World) -> None:
    site = world.site("A")
    site.visit("甲")
    first = world.take(world.up(site))
    world.hq.edit(world.people[0], note="新")
    second = world.take(world.up(site))
    exchange.hear(site.store, second.file, site.actor)
    with site.store.read() as s:
        before = (own.identity(s).cursor, own.identity(s).feed_number, certificate(site))
    for old in (first.file, first.file, second.file):
        heard = exchange.hear(site.store, old, site.actor)
    assert [verdict for _receipt, verdict in heard.receipts] == [Verdict.IGNORED]
    with site.store.read() as s:
        assert (own.identity(s).cursor, own.identity(s).feed_number, certificate(site)) == before
        assert s.get_one(Site, site_id(site)).revoked_at is None
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")


def test_headquarters_put_back_to_before_a_renewal_still_changes_the_scope_of_its_site(world: World) -> None:
    site = world.site("A")
    backup = backups.make(world.hq.store).folder
    renewed(world, site, paths=["/PS2/"])
    world.exchange(site)
    world.hq.store.close()
    backups.restore(world.folder / "hq", backup, login="zs", password=PASSWORD, on_restored=epochs.after_restore)
    world.hq.store = Store.open(world.folder / "hq", login="zs", password=PASSWORD)
    world.exchange(site)
    assert certificate(site).paths == ["/PS1/"], "headquarters' word counts, though it has forgotten a certificate"
    renewed(world, site, paths=["/PS1/", "/PS2/"])
    world.exchange(site)
    assert certificate(site).paths == ["/PS1/", "/PS2/"]


def test_a_scope_given_again_by_a_headquarters_that_was_put_back_is_taken_up_though_its_serial_was_used_before(
    world: World,
) -> None:
    site = world.site("A")
    backup = backups.make(world.hq.store).folder
    renewed(world, site, paths=["/PS2/"])
    world.exchange(site)
    lost = certificate(site)
    put_back(world, backup)
    renewed(world, site, paths=["/PS1/", "/PS2/"])
    with world.hq.store.read() as s:
        assert s.get_one(Site, site_id(site)).serial == lost.serial, "the next serial after those it remembers"
    for _round in range(2):
        world.exchange(site)
    assert certificate(site).paths == ["/PS1/", "/PS2/"] and certificate(site).serial > lost.serial


def test_headquarters_put_back_to_before_the_new_keys_of_a_site_enrols_it_again_and_nobody_is_asked_which_paper_counts(
    world: World, tmp_path: Path
) -> None:
    site, other = world.site("A"), world.site("B")
    backup = backups.make(world.hq.store).folder
    enrolled_again(world, site, tmp_path / "keys", new_keys=True)
    site.visit("新密钥签发")
    for office in (site, other):
        world.exchange(office)
    put_back(world, backup)
    late = site.visit("总部恢复以后")
    data = world.up(site)
    assert refused(world, data) == "certificate_lost"
    enrolled_again(world, site, tmp_path / "again")
    world.take(data)
    for office in (site, other, site, other):
        world.exchange(office)
    assert late in world.hq.ids(Visit)
    for office in (site, other):
        assert office.digest("/PS1/") == world.hq.digest("/PS1/") and office.ids(Visit) == world.hq.ids(Visit)
        with office.store.read() as s:
            assert list(s.scalars(select(Waiting.reason))) == [] == list(s.scalars(select(Conflict.field)))


def enrolled_again(world: World, site: Office, folder: Path, *, new_keys: bool = False) -> None:
    folder.mkdir()
    asked = enrolling.write_request(site.store, folder, new_keys=new_keys)
    approval, *_ = enrolling.approve_file(world.hq.store, world.hq.actor, asked.path, folder, paths=["/PS1/"])
    enrolling.accept_file(site.store, approval)


def test_over_the_line_a_certificate_that_ends_soon_is_renewed_and_a_lower_serial_or_older_keys_are_issued_anew(
    world: World, wall: list[datetime]
) -> None:
    site = world.site("A")
    backup = backups.make(world.hq.store).folder
    until = certificate(site).valid_to
    wall[0] += sites.VALID - timedelta(days=60)
    with running(world.hq.store) as url:
        over_the_line(site, url)
    assert certificate(site).valid_to > until, "renewed though no file was carried"
    with world.hq.store.begin(world.hq.actor) as s:
        lost = rotating.rotate(s)
    with running(world.hq.store) as url:
        over_the_line(site, url)
    put_back(world, backup)
    site.visit()
    with running(world.hq.store) as url:
        for _round in range(2):
            over_the_line(site, url)
        renewed(world, site, paths=["/PS1/", "/PS2/"])
        over_the_line(site, url)
    assert certificate(site).paths == ["/PS1/", "/PS2/"]
    with site.store.read() as s, world.hq.store.read() as t:
        assert own.hq(s) == own.hq(t) != lost
    assert world.hq.ids(Visit) == site.ids(Visit)


def over_the_line(site: Office, url: str) -> None:
    assert site.actor is not None
    client.exchange(site.store, site.actor, url)


def test_what_was_taken_in_time_is_answered_though_the_certificate_has_ended_since(
    world: World, wall: list[datetime], tmp_path: Path
) -> None:
    one, two = world.site("A"), world.site("B")
    wall[0] += sites.VALID
    with world.hq.store.begin(world.hq.actor) as s:
        for site in (one, two):
            s.get_one(Site, site_id(site)).valid_to = clock.today()
    for site in (one, two):
        site.visit()
        carrying.write_upload(site.store, site.actor, tmp_path)
    lines = list(inbox.taken(world.hq.store, world.hq.actor, sorted(tmp_path.glob("*.fgpkg"))))
    assert [line.state for line in lines] == ["taken", "taken"]
    wall[0] += timedelta(days=3)
    down = tmp_path / "down"
    down.mkdir()
    answering.write_answers(world.hq.store, world.hq.actor, down, [site_id(one), site_id(two)])
    for site in (one, two):
        assert "settled" in {read.state for read in carrying.read_files(site.store, site.actor, [down])}


def test_a_site_put_back_to_before_its_new_keys_is_enrolled_again_and_has_lost_nothing(
    world: World, tmp_path: Path
) -> None:
    site = world.site("A")
    before = imaged(site, tmp_path / "before")
    enrolled_again(world, site, tmp_path / "keys", new_keys=True)
    kept = site.visit("新密钥签发, 已上报")
    world.exchange(site)
    back_to(site, before)
    late = site.visit("恢复以后")
    with pytest.raises(Refusal, match="重新申请"):
        world.exchange(site)
    enrolled_again(world, site, tmp_path / "again")
    for _round in range(2):
        world.exchange(site)
    assert world.hq.ids(Visit) == {kept, late} == site.ids(Visit)
