"""A station in between: it sees its sites' work at once, carries every file on unchanged, and follows headquarters' word."""

import random
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.clock import today
from app.errors import Refusal
from app.ledgers import catalogue
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models import backups
from app.models.attachments import Attachment
from app.models.changes import Change
from app.models.issues import Issue
from app.models.people import Household, Person
from app.models.store import Store
from app.models.visits import Visit
from app.services import attachments, chaining, sites
from app.sync import answering, carrying, enrolling, exchange, files, pieces, stationing
from tests.hq.conftest import Caller
from tests.hq.serving import running
from tests.sync.conftest import CHEAP, PASSWORD, Office, World, put_back
from tests.sync.test_files import attach, lacking
from tests.sync.test_renewing import enrolled_again


def station(world: World) -> Office:
    store = Store.create(world.folder / "station", kind="site", login="setup", password=PASSWORD, cost=CHEAP)
    asked = enrolling.write_request(store, world.folder, "中转站")
    approval, *_ = enrolling.approve_file(
        world.hq.store, world.hq.actor, asked.path, world.folder, paths=["/PS1/"], kind="station"
    )
    return Office(store, enrolling.accept_file(store, approval))


def folder(world: World, name: str) -> Path:
    place = world.folder / name
    place.mkdir()
    return place


def early(office: Office) -> int:
    with office.store.read() as s:
        return s.scalar(select(func.count()).where(Change.state == "early")) or 0


def month(office: Office) -> str:
    with office.store.read(office.actor) as s:
        period = Period.parse(f"{today():%Y-%m}")
        return str(catalogue.named("visits").page(s, period, Scope("/PS1/")).rows)


def same(world: World, *offices: Office) -> None:
    for office in offices:
        assert office.digest("/PS1/") == world.hq.digest("/PS1/")
        with office.store.read() as s:
            assert list(chaining.findings(s)) == []


def test_packages_go_through_the_station_by_stick_and_answers_come_back_the_same_way(world: World) -> None:
    middle = station(world)
    site = world.site("A")
    world.exchange(middle)  # it has to know the site
    person = world.people[0]
    good, bad = site.visit("当月走访"), site.visit("不在管辖", path="/PS2/")
    site.edit(person, note="站点改的", path="/PS2/")  # refused by headquarters as well
    with site.store.begin(site.actor) as s:
        attachments.attach(s, "visit", good, "附件内容".encode() * 100, "记录.txt")
        sealed = Issue(path="/PS1/01/", title="检举", kind="report", secrecy="sealed")
        s.add(sealed)
    stick = folder(world, "stick")
    carrying.write_upload(site.store, site.actor, stick)
    originals = {path.read_bytes() for path in stick.iterdir()}
    assert "当月走访" not in month(middle)
    reads = carrying.read_files(middle.store, middle.actor, [stick])
    assert [(read.kind, read.state) for read in reads] == [("changes", "early"), ("files", "early")]
    assert "当月走访" in month(middle) and middle.ids(Visit) == {good} and middle.ids(Issue) == set()
    with middle.store.read(middle.actor) as s:
        assert [row.here for row in attachments.of(s, good)] == [True]
    assert {read.state for read in carrying.read_files(middle.store, middle.actor, [stick])} == {"again", "early"}
    onward = folder(world, "onward")
    stationing.pass_on(middle.store, middle.actor, onward)
    assert {path.read_bytes() for path in onward.iterdir()} == originals
    carrying.read_files(world.hq.store, world.hq.actor, [onward])
    assert world.hq.ids(Visit) == {good} and files.Came and early(middle) > 0
    back = folder(world, "back")
    answering.write_answers(world.hq.store, world.hq.actor, back, [site.store.id])
    (heard,) = carrying.read_files(middle.store, middle.actor, [back])
    assert heard.state == "heard" and early(middle) == 0
    home = folder(world, "home")
    stationing.hand_out(middle.store, middle.actor, home, site.store.id)
    carrying.read_files(site.store, site.actor, [home])
    with site.store.read() as s:
        refused = set(s.scalars(select(Change.record).where(Change.state == "refused")))
    assert refused == {bad, person}
    assert stationing.waiting(middle.store) == [], "the receipt names the record, and asks for no file"
    world.exchange(middle)
    ours, theirs = middle.digest("/PS1/"), world.hq.digest("/PS1/")
    assert {name for name in ours if ours[name] != theirs[name]} == {"issue"}  # the sealed one is not for a station
    assert world.exchange(site) and world.hq.ids(Visit) == {good}


def test_what_headquarters_refuses_leaves_the_station_again_by_receipt_or_by_feed(world: World) -> None:
    middle, site = station(world), world.site("A")
    world.exchange(middle)
    person = world.people[0]
    visits = [site.visit(f"走访 {number}") for number in range(2)]
    site.edit(person, note="站点改的")
    with world.hq.store.begin(world.hq.actor) as s:  # meanwhile the person has moved away
        s.get_one(Person, person).path = "/PS2/01/"
    first = world.up(site)
    passed = stationing.take_early(middle.store, middle.actor, first)
    assert (passed.state, passed.counts) == ("early", {"taken": 3})
    with middle.store.read() as s:
        assert s.get_one(Person, person).note == "站点改的"
    answer = world.take(first)
    assert answer.receipt.counts == {"taken": 2, "refused": 1}
    world.exchange(middle)  # the receipt goes another way: the feed says it too
    assert early(middle) == 0 and middle.ids(Visit) == set(visits)
    with middle.store.read() as s:
        assert s.get_one(Person, person).note is None
        assert s.scalar(select(func.count()).where(Change.record == person)) == 2
    same(world, middle)
    assert stationing.hear_for(middle.store, middle.actor, answer.file).state == "heard"
    same(world, middle)
    assert stationing.waiting(middle.store) == []
    stationing.take_early(middle.store, middle.actor, first)
    assert stationing.waiting(middle.store) == [] and early(middle) == 0


def test_what_was_refused_leaves_the_station_with_a_later_receipt_where_the_first_was_lost(world: World) -> None:
    middle, site = station(world), world.site("A")
    world.exchange(middle)
    person = world.people[0]
    site.edit(person, note="站点改的")
    with world.hq.store.begin(world.hq.actor) as s:
        s.get_one(Person, person).path = "/PS2/01/"
    with site.store.begin(site.actor) as s:
        header, first = exchange.pack(s)
    site.visit()
    with site.store.begin(site.actor) as s:
        second = exchange.pack(s, after=header.to_seq)[1]
    for data in (first, second):
        stationing.take_early(middle.store, middle.actor, data)
        answer = world.take(data)
    assert answer.receipt.counts == {"taken": 1} and early(middle) == 2
    stationing.hear_for(middle.store, middle.actor, answer.file)
    assert early(middle) == 0
    with middle.store.read() as s:
        assert s.get_one(Person, person).note is None


def test_what_was_refused_leaves_the_station_though_its_site_has_corrected_it_since(world: World) -> None:
    middle, site = station(world), world.site("A")
    world.exchange(middle)
    person = world.people[0]
    site.edit(person, note="站点改的")
    world.hq.edit(person, path="/PS2/01/")
    first = world.up(site)
    stationing.take_early(middle.store, middle.actor, first)
    exchange.hear(site.store, world.take(first).file, site.actor)
    world.hq.edit(person, path="/PS1/01/")
    world.exchange(site)
    site.edit(person, phones=["13800000001"])
    for office in (site, middle):
        world.exchange(office)
    assert early(middle) == 0
    with middle.store.read() as s:
        assert s.get_one(Person, person).note == "站点改的"
        assert list(s.scalars(select(Change.state).where(Change.site == site.store.id))) == [""]
    same(world, middle, site)


def test_over_the_network_the_station_sends_in_the_makers_name(world: World) -> None:
    middle, site = station(world), world.site("A")
    world.exchange(middle)
    visit = site.visit()
    stationing.take_early(middle.store, middle.actor, world.up(site))
    assert middle.actor is not None
    with running(world.hq.store) as url:
        assert stationing.pass_on_line(middle.store, middle.actor, url) == 1
    assert world.hq.ids(Visit) == {visit} and early(middle) == 0 and stationing.waiting(middle.store) == []
    home = folder(world, "home")
    stationing.hand_out(middle.store, middle.actor, home)
    (read,) = carrying.read_files(site.store, site.actor, [home])
    assert (read.state, read.receipt) == ("settled", {"taken": 1})
    world.exchange(middle)
    same(world, middle, site)


def test_photos_go_up_and_down_over_the_network_of_the_station_and_are_kept_no_longer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "PIECE", 1 << 16)
    middle, one, two = station(world), world.site("A"), world.site("B")
    world.exchange(middle)
    assert middle.actor is not None
    photo = bytes(random.Random(1).randbytes(400_000))
    attach(one, photo)
    stick = folder(world, "stick")
    carrying.write_upload(one.store, one.actor, stick)
    carrying.read_files(middle.store, middle.actor, [stick])
    with running(world.hq.store) as url:
        assert stationing.pass_on_line(middle.store, middle.actor, url) == 2
        assert stationing.waiting(middle.store) == [] and lacking(world.hq) == []
        world.exchange(two)
        ((content, have),) = lacking(two)
        carrying.write_upload(two.store, two.actor, folder(world, "two"))
        carrying.read_files(middle.store, middle.actor, [world.folder / "two"])
        assert stationing.pass_on_line(middle.store, middle.actor, url) == 1
        down = sorted(path.suffix for path in (middle.store.folder / stationing.DOWN).iterdir())
        assert down == [".fgfile", ".fgpkg", ".fgpkg"]
        stationing.hand_out(middle.store, middle.actor, folder(world, "home"), two.store.id)
        carrying.read_files(two.store, two.actor, [world.folder / "home"])
        assert (have, lacking(two)) == (0, []) and attachments.blobs(two.store).read(content) == photo
        carrying.write_upload(two.store, two.actor, folder(world, "again"))
        carrying.read_files(middle.store, middle.actor, [world.folder / "again"])
    assert not list((middle.store.folder / stationing.DOWN).glob("*.fgfile"))


def test_only_a_station_above_a_site_fetches_its_photos(world: World) -> None:
    middle, near, far = station(world), world.site("A"), world.site("乙", path="/PS2/")
    world.exchange(middle)
    attach(world.hq, b"photo" * 100)
    with world.hq.store.read() as s:
        (content,) = s.scalars(select(Attachment.hash))
    with running(world.hq.store) as url:
        for asking, site, status in ((near, near, 404), (middle, far, 404), (middle, near, 200)):
            target = f"/v1/sites/{site.store.id}/files?want={content}:0"
            assert Caller(url, asking).ask("GET", target).status_code == status
        assert Caller(url, middle).ask("GET", f"/v1/sites/{near.store.id}/files?want=x").status_code == 422


def test_photos_stay_at_the_station_until_a_receipt_of_headquarters_knows_their_record_and_asks_for_none(
    world: World,
) -> None:
    middle, site = station(world), world.site("A")
    world.exchange(middle)
    early_ = world.take(world.up(site))
    attach(site, b"photo" * 100)
    stick = folder(world, "stick")
    written = carrying.write_upload(site.store, site.actor, stick)
    carrying.read_files(middle.store, middle.actor, [stick])
    stationing.hear_for(middle.store, middle.actor, early_.file)  # from before headquarters knew of the record
    assert len(list((middle.store.folder / stationing.UP).glob("*.fgfile"))) == 1
    without = world.take(written.paths[0].read_bytes())
    stationing.hear_for(middle.store, middle.actor, without.file)  # it has the record, and asks for the photo
    assert [path.suffix for path in stationing.waiting(middle.store)] == [".fgfile"]
    files.take(world.hq.store, written.files[0].read_bytes())
    stationing.hear_for(middle.store, middle.actor, world.take(world.up(site)).file)
    assert stationing.waiting(middle.store) == []


def test_a_station_passes_on_what_it_may_not_judge_and_an_ordinary_site_takes_nothing(world: World) -> None:
    middle, near, far = station(world), world.site("A"), world.site("乙", path="/PS2/")
    world.exchange(middle)
    far.visit(path="/PS2/01/")
    data = world.up(far)
    passed = stationing.take_early(middle.store, middle.actor, data)
    assert passed.state == "passing" and middle.ids(Visit) == set()
    assert [path.read_bytes() for path in stationing.waiting(middle.store)] == [data]
    with pytest.raises(Refusal, match="不是中转站"):
        stationing.take_early(near.store, near.actor, data)
    near.visit()
    broken = bytearray(world.up(near))
    broken[-20] ^= 1
    with pytest.raises(Refusal, match="改动或损坏"):
        stationing.take_early(middle.store, middle.actor, bytes(broken))
    assert len(stationing.waiting(middle.store)) == 1
    assert exchange.answer(world.hq.store, data).receipt.counts == {"taken": 1}


def test_a_station_carries_what_a_site_signed_with_keys_that_it_has_not_heard_of_or_no_more(
    world: World, tmp_path: Path
) -> None:
    middle, site = station(world), world.site("A")
    world.exchange(middle)
    site.visit("旧密钥签发")
    before = world.up(site)
    asked = enrolling.write_request(site.store, tmp_path, new_keys=True)
    approval, *_ = enrolling.approve_file(world.hq.store, world.hq.actor, asked.path, tmp_path, paths=["/PS1/"])
    enrolling.accept_file(site.store, approval)
    site.visit("新密钥签发")
    after = world.up(site)
    first = stationing.take_early(middle.store, middle.actor, after)
    assert first.state == "passing" and "换了密钥" in first.why
    world.exchange(middle)  # now it knows the new ones alone
    assert stationing.take_early(middle.store, middle.actor, before).state == "passing"
    for path in stationing.waiting(middle.store):
        stationing.hear_for(middle.store, middle.actor, world.take(path.read_bytes()).file)
    assert world.hq.ids(Visit) == site.ids(Visit) and stationing.waiting(middle.store) == []
    forged = bytearray(world.up(site))
    forged[forged.index(b'"schema":') + 9] ^= 1
    with pytest.raises(Refusal, match="签名不符"):
        stationing.take_early(middle.store, middle.actor, bytes(forged))


def test_what_waits_at_the_station_of_a_site_that_was_revoked_since_does_not_hold_up_the_others(world: World) -> None:
    middle, lost, other = station(world), world.site("A"), world.site("B")
    world.exchange(middle)
    with lost.store.begin(lost.actor) as s:
        home = Household(address="9 栋", path="/PS1/01/")
        s.add(home)
    lost.visit(household=home.id)
    with lost.store.begin(lost.actor) as s:
        waits = exchange.pack(s, after=1)[1]
    assert stationing.take_early(middle.store, middle.actor, waits).counts == {"waiting": 1}
    with world.hq.store.begin(world.hq.actor) as s:
        sites.revoke(s, lost.store.id, "丢失")
    world.exchange(middle)
    visit = other.visit()
    assert stationing.take_early(middle.store, middle.actor, world.up(other)).state == "early"
    assert middle.ids(Visit) == {visit}


def test_a_package_that_headquarters_does_not_take_yet_stays_at_the_station_and_stops_no_other(
    world: World, tmp_path: Path
) -> None:
    middle, site, other = station(world), world.site("A"), world.site("B")
    world.exchange(middle)
    backup = backups.make(world.hq.store).folder
    enrolled_again(world, site, world.folder / "keys", new_keys=True)
    put_back(world, backup)
    late, visit = site.visit("总部忘了它的新密钥"), other.visit()
    for office in (site, other):
        stationing.take_early(middle.store, middle.actor, world.up(office))
    assert middle.actor is not None
    with running(world.hq.store) as url:
        assert stationing.pass_on_line(middle.store, middle.actor, url) == 1
        assert world.hq.ids(Visit) == {visit} and len(stationing.waiting(middle.store)) == 1
        enrolled_again(world, site, world.folder / "again")
        assert stationing.pass_on_line(middle.store, middle.actor, url) == 1
    assert world.hq.ids(Visit) == {visit, late} and stationing.waiting(middle.store) == []
