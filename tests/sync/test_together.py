"""What seldom comes together and no campaign plays: couriers, copies, other keys, half a load and headquarters put back at once."""

import io
import shutil
from pathlib import Path

import pytest

from app.errors import Refusal
from app.models import backups
from app.models.store import Store
from app.models.visits import Visit
from app.services import sites
from app.sync import (
    answering,
    carrying,
    enrolling,
    envelope,
    epochs,
    exchange,
    loading,
    quarantine,
    recovering,
    rotating,
    stationing,
)
from tests.sync.conftest import PASSWORD, Office, World, back_to, imaged, put_back
from tests.sync.test_feed_snapshot import loaded_later
from tests.sync.test_feed_snapshot import same as same_as_loaded
from tests.sync.test_quarantine import clerk
from tests.sync.test_rotating import rotated
from tests.sync.test_stationing import early, folder, same, station


def copied(office: Office, place: Path) -> Office:
    """A copy of the store, open beside it; neither knows of the other."""
    return Office(Store.open(imaged(office, place), login="zs", password=PASSWORD), office.actor)


def carried(world: World, middle: Office, office: Office) -> None:
    """A package of the office goes up by the station, and its answer comes back the same way."""
    data = world.up(office)
    stationing.take_early(middle.store, middle.actor, data)
    answer = world.take(data)
    stationing.hear_for(middle.store, middle.actor, answer.file)
    exchange.hear(office.store, answer.file, office.actor)


def test_two_copies_report_by_one_courier_while_headquarters_changes_its_keys(world: World, tmp_path: Path) -> None:
    middle, site = station(world), world.site("A")
    world.exchange(middle)
    site.visit("共同的")
    stationing.take_early(middle.store, middle.actor, world.up(site))
    twin = copied(site, tmp_path / "twin")
    site.visit("甲写的")
    twin.visit("乙写的")
    for office in (twin, site):
        stationing.take_early(middle.store, middle.actor, world.up(office))
    rotated(world)
    answers = [world.take(path.read_bytes()).file for path in stationing.waiting(middle.store)]
    for answer in reversed(answers):
        stationing.hear_for(middle.store, middle.actor, answer)
    home = folder(world, "home")
    stationing.hand_out(middle.store, middle.actor, home, site.store.id)
    for office in (site, twin):
        carrying.read_files(office.store, office.actor, [home])
    for _round in range(4):
        for office in (site, twin):
            carried(world, middle, office)
        world.exchange(middle)
    assert early(middle) == 0 and len(world.hq.ids(Visit)) == 3
    same(world, site, twin, middle)
    twin.store.close()


def test_a_station_whose_password_was_lost_goes_on_after_headquarters_changed_all_its_keys(
    world: World, tmp_path: Path
) -> None:
    middle, site = station(world), world.site("A")
    world.exchange(middle)
    site.visit()
    stationing.take_early(middle.store, middle.actor, world.up(site))
    with world.hq.store.begin(world.hq.actor) as s:
        rotating.rotate_recovery(s)
    rotated(world)
    place = middle.store.folder
    middle.store.close()
    asked = recovering.write_request(place, tmp_path)
    assert world.hq.actor is not None
    answered = recovering.answer_file(world.hq.store, world.hq.actor, asked.path, "忘了", tmp_path)
    recovering.accept_file(place, answered.path, "zs", "xinmima-123")
    middle.store = Store.open(place, login="zs", password="xinmima-123")
    for path in stationing.waiting(middle.store):
        stationing.hear_for(middle.store, middle.actor, world.take(path.read_bytes()).file)
    world.exchange(middle)
    assert early(middle) == 0 and stationing.waiting(middle.store) == []
    same(world, middle)


@pytest.mark.parametrize("who", ["station", "headquarters"])
def test_what_a_station_took_early_is_everywhere_though_it_or_headquarters_was_put_back_since(
    world: World, tmp_path: Path, who: str
) -> None:
    middle, site = station(world), world.site("A")
    for office in (middle, site):
        world.exchange(office)
    before = imaged(middle, tmp_path / "before")
    backup = backups.make(world.hq.store).folder
    site.visit("一")
    carried(world, middle, site)
    middle.visit("中转站自己的")
    world.exchange(middle)
    if who == "station":
        back_to(middle, before)
        epochs.settle_doubt(middle.store)
    else:
        put_back(world, backup)
    site.visit("二")
    for _round in range(3):
        carried(world, middle, site)
        world.exchange(middle)
    world.exchange(site)
    assert early(middle) == 0 and len(world.hq.ids(Visit)) == 3
    same(world, middle, site)


def test_a_load_that_was_cut_goes_on_though_the_keys_that_signed_it_are_trusted_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store, files = loaded_later(world, monkeypatch)
    alone = files[0].rename(tmp_path / files[0].name)
    site = Office(store, enrolling.accept_file(store, alone))
    rotated(world, distrust=True)
    down = folder(world, "down")
    answering.write_answers(world.hq.store, world.hq.actor, down, [store.id])
    carrying.read_files(store, site.actor, [down])
    late = carrying.read_files(store, site.actor, files[1:])
    assert {read.code for read in late} == {"signature_bad"}
    for _round in range(3):
        world.exchange(site)
    with store.read() as s:
        assert loading.noted(s) is None
    same_as_loaded(world, site)


def test_what_two_copies_of_a_lost_laptop_sent_is_taken_by_decision_in_any_order(world: World, tmp_path: Path) -> None:
    site, office = world.site("A"), clerk(world)
    site.visit("共同的")
    world.exchange(site)
    twin = copied(site, tmp_path / "twin")
    wanted = {site.visit("甲"), twin.visit("乙一")}
    papers = [world.up(site), world.up(twin)]
    wanted |= {twin.visit("乙二")}
    with twin.store.begin(twin.actor) as s:
        papers.append(exchange.pack(s, after=envelope.peek(io.BytesIO(papers[1])).to_seq)[1])
    with world.hq.store.begin(world.hq.actor) as s:
        sites.revoke(s, site.store.id, "丢失")
    for paper in papers:
        with pytest.raises(Refusal, match="丢失"):
            world.take(paper)
    with world.hq.store.read(office.actor) as s:
        held = [one.id for one in quarantine.listed(s)]
    assert office.actor is not None and len(held) == 3
    for one in held:
        quarantine.take_anyway(world.hq.store, office.actor, one, "找回来了")
    assert wanted <= world.hq.ids(Visit)
    twin.store.close()
    shutil.rmtree(tmp_path / "twin")
