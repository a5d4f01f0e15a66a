"""Headquarters changes its keys: sites follow by what comes down anyway, nothing sealed before is lost, and nobody goes back."""

import io
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from app.errors import Refusal
from app.models import backups
from app.models.store import Store
from app.models.visits import Visit
from app.sync import (
    answering,
    carrying,
    certificates,
    client,
    enrolling,
    envelope,
    epochs,
    exchange,
    files,
    inbox,
    own,
    rotating,
)
from app.sync.certificates import HqKeys
from app.sync.keys import Keys
from tests.hq.serving import running
from tests.sync.conftest import PASSWORD, Office, World, back_to, imaged, put_back
from tests.sync.test_files import attach, lacking
from tests.sync.test_renewing import site_id
from tests.sync.test_renewing import wall as wall


def rotated(world: World, *, distrust: bool = False) -> HqKeys:
    with world.hq.store.begin(world.hq.actor) as s:
        return rotating.rotate(s, distrust=distrust)


def stick(folder: Path, name: str) -> Path:
    place = folder / name
    place.mkdir()
    return place


def known(office: Office) -> HqKeys:
    with office.store.read() as s:
        return own.hq(s)


def test_a_site_follows_new_keys_and_packages_sealed_to_the_old_ones_are_still_read(world: World) -> None:
    site = world.site("A")
    one = site.visit("旧钥匙封的")
    sealed_before = world.up(site)
    new = rotated(world)
    two = site.visit("还不知道换了钥匙")
    also_before = world.up(site)
    answer = world.take(also_before)
    exchange.hear(site.store, answer.file, site.actor)
    assert known(site) == new
    world.take(sealed_before)
    three = site.visit("新钥匙封的")
    world.exchange(site)
    assert world.hq.ids(Visit) == {one, two, three}


def test_a_site_that_missed_several_changes_follows_them_by_stick(world: World, tmp_path: Path) -> None:
    site = world.site("A")
    rotated(world)
    rotated(world)
    with world.hq.store.begin(world.hq.actor) as s:
        rotating.rotate_recovery(s)
    new = rotated(world, distrust=True)
    answering.write_answers(world.hq.store, world.hq.actor, tmp_path, [site_id(site)])
    assert "taken" in {one.state for one in carrying.read_files(site.store, site.actor, [tmp_path])}
    assert known(site) == new and len(new.sign) == 1
    assert new.recovery in site.store.vault.recoveries()
    site.visit()
    world.exchange(site)
    assert world.hq.ids(Visit) == site.ids(Visit)
    with site.store.read() as s:
        assert certificates.read(own.identity(s).certificate or "", new.sign)


@pytest.mark.parametrize("distrust", [False, True])
def test_a_site_that_was_away_reads_the_photos_that_come_before_any_feed_and_follows(
    world: World, tmp_path: Path, distrust: bool
) -> None:
    one, two = world.site("A"), world.site("B")
    attach(one, b"a photo" * 100)
    carrying.write_upload(one.store, one.actor, stick(tmp_path, "up"))
    carrying.read_files(world.hq.store, world.hq.actor, [tmp_path / "up"])
    world.exchange(two)
    ((content, _have),) = lacking(two)
    old = files.write_down(world.hq.store, world.hq.actor, stick(tmp_path, "old"), two.store.id, [(content, 0)])
    rotated(world)
    new = rotated(world, distrust=distrust)
    written = files.write_down(world.hq.store, world.hq.actor, stick(tmp_path, "new"), two.store.id, [(content, 0)])
    (read,) = carrying.read_files(two.store, two.actor, list(written.paths))
    assert (read.state, read.counts, known(two)) == ("taken", {"complete": 1, "begun": 0}, new)
    assert new.recovery in two.store.vault.recoveries()
    assert lacking(two) == []
    state = carrying.read_files(two.store, two.actor, list(old.paths))[0].state
    assert state == ("refused" if distrust else "taken"), "what a key signed that is trusted no more is not read"


def test_photos_signed_by_a_stranger_with_steps_of_his_own_are_refused(world: World, tmp_path: Path) -> None:
    site, liar = world.site("A"), Keys.new()
    forged = certificates.announce(msgspec.structs.replace(known(site), sign=[liar.public.sign], number=2**50), liar)
    with world.hq.store.begin() as s:
        packet = files._Packet(s, [site.store.id.hex], [known(world.hq).age], hq_keys=[forged])
        packet._keys = liar
    with pytest.raises(Refusal) as refused:
        files.take(site.store, packet.sealed([]), site.actor)
    assert refused.value.code == "signature_bad" and known(site).number == known(world.hq).number


def test_there_is_no_way_back_to_former_keys(world: World) -> None:
    site = world.site("A")
    old = world.take(world.up(site)).file
    with world.hq.store.read() as s:
        stolen = own.keys(s)
    new = rotated(world, distrust=True)
    world.exchange(site)
    forged = certificates.announce(
        msgspec.structs.replace(new, sign=[Keys.new().public.sign], number=new.number + 9), stolen
    )
    with site.store.begin() as s:
        assert rotating._followed(own.hq(s), [forged]) == new
    with pytest.raises(Refusal) as caught:  # signed by a key that fell into other hands: who knows by whom
        exchange.hear(site.store, old, site.actor)
    assert caught.value.code == "signature_bad"
    assert known(site) == new


def test_what_an_old_trusted_key_signed_stays_good(world: World) -> None:
    site = world.site("A")
    world.hq.edit(world.people[0], note="换钥匙之前")
    before = world.take(world.up(site))
    first = known(site)
    new = rotated(world)
    exchange.hear(site.store, before.file, site.actor)
    assert known(site) == first
    world.exchange(site)
    assert known(site) == new and new.sign[1:] == first.sign
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")


def test_an_answer_to_another_life_of_the_site_that_knew_the_new_keys_is_refused_and_its_own_next_one_tells_them(
    world: World, tmp_path: Path
) -> None:
    site = world.site("A")
    first = known(site)
    image = imaged(site, tmp_path / "image")
    new = rotated(world)
    world.exchange(site)
    one = site.visit("以后退回了")
    answer = world.take(world.up(site)).file
    assert known(site) == new and not envelope.peek(io.BytesIO(answer)).hq_keys
    back_to(site, image)
    with pytest.raises(Refusal) as refused:
        exchange.hear(site.store, answer, site.actor)
    assert refused.value.code == "signature_bad" and known(site) == first
    world.exchange(site)
    assert known(site) == new
    two = site.visit("退回以后")
    for _ in range(3):
        world.exchange(site)
    assert world.hq.ids(Visit) == {one, two} and site.digest("/PS1/") == world.hq.digest("/PS1/")


def test_only_the_security_administrator_changes_keys(world: World) -> None:
    site = world.site("A")
    with pytest.raises(Refusal), world.hq.store.begin(site.actor) as s:
        rotating.rotate(s)
    with pytest.raises(Refusal), site.store.begin(site.actor) as s:
        rotating.rotate(s)


def test_a_site_enrolled_before_the_change_and_opened_after_it_follows(world: World, tmp_path: Path) -> None:
    from tests.sync.conftest import CHEAP

    store = Store.create(tmp_path / "late", kind="site", login="setup", password=PASSWORD, cost=CHEAP)
    asked = enrolling.write_request(store, tmp_path, "晚开通")
    approval, *_ = enrolling.approve_file(world.hq.store, world.hq.actor, asked.path, tmp_path, paths=["/PS1/"])
    new = rotated(world)
    late = Office(store, enrolling.accept_file(store, approval))
    late.visit()
    world.exchange(late)
    assert known(late) == new and world.hq.ids(Visit) == late.ids(Visit)


def test_headquarters_put_back_to_before_its_new_keys_is_followed_back_by_its_sites(world: World) -> None:
    site = world.site("A")
    backup = backups.make(world.hq.store).folder
    lost = rotated(world)
    world.exchange(site)
    assert known(site) == lost
    world.hq.store.close()
    backups.restore(world.folder / "hq", backup, login="zs", password=PASSWORD, on_restored=epochs.after_restore)
    world.hq.store = Store.open(world.folder / "hq", login="zs", password=PASSWORD)
    site.visit("封给丢失的钥匙")
    for _ in range(3):
        world.exchange(site)
    with world.hq.store.read() as s:
        assert known(site) == own.hq(s) and known(site).age != lost.age
    assert world.hq.ids(Visit) == site.ids(Visit)
    assert rotated(world).number > lost.number
    world.exchange(site)
    assert world.hq.ids(Visit) == site.ids(Visit)


def put_back_to_before_all_its_keys(world: World, *sites: Office) -> None:
    """Headquarters was put back to a backup from before it changed all its keys, which these sites seal to by now."""
    backup = backups.make(world.hq.store).folder
    rotated(world)
    with world.hq.store.begin(world.hq.actor) as s:
        rotating.rotate_recovery(s)
    for site in sites:
        world.exchange(site)
    put_back(world, backup)
    for site in sites:
        site.visit("封给丢失的钥匙")


def test_what_is_sealed_to_keys_that_headquarters_lost_with_all_others_brings_its_sites_back_to_those_it_has(
    world: World, tmp_path: Path
) -> None:
    one, two = world.site("A"), world.site("B")
    put_back_to_before_all_its_keys(world, one, two)
    with pytest.raises(Refusal) as refused:
        world.take(world.up(one))
    assert refused.value.code == "no_key"
    carrying.write_upload(two.store, two.actor, stick(tmp_path, "up"))
    (line,) = inbox.take(world.hq.store, world.hq.actor, tmp_path / "up")
    assert (line.state, line.code) == ("refused", "no_key")
    down = stick(tmp_path, "down")
    answering.write_answers(world.hq.store, world.hq.actor, down, [site_id(one), site_id(two)])
    for site in (one, two):
        carrying.read_files(site.store, site.actor, [down])
        for _round in range(2):
            world.exchange(site)
        assert known(site) == known(world.hq)
        assert known(site).recovery in site.store.vault.recoveries()
    assert world.hq.ids(Visit) >= one.ids(Visit) | two.ids(Visit)


def test_over_the_line_a_site_asks_for_the_keys_of_a_headquarters_that_cannot_open_what_it_sends(world: World) -> None:
    site = world.site("A")
    put_back_to_before_all_its_keys(world, site)
    assert site.actor is not None
    with running(world.hq.store) as url:
        client.exchange(site.store, site.actor, url)
    assert known(site) == known(world.hq) and world.hq.ids(Visit) == site.ids(Visit)


def test_headquarters_put_back_that_changes_its_keys_again_under_a_clock_long_ago_is_still_followed(
    world: World, wall: list[datetime]
) -> None:
    site = world.site("A")
    backup = backups.make(world.hq.store).folder
    rotated(world)
    world.exchange(site)
    world.hq.store.close()
    backups.restore(world.folder / "hq", backup, login="zs", password=PASSWORD, on_restored=epochs.after_restore)
    world.hq.store = Store.open(world.folder / "hq", login="zs", password=PASSWORD)
    wall[0] -= timedelta(days=30)
    rotated(world)
    wall[0] += timedelta(days=30)
    site.visit()
    for _ in range(2):
        world.exchange(site)
    with world.hq.store.read() as s:
        assert known(site) == own.hq(s)
    assert world.hq.ids(Visit) == site.ids(Visit)
