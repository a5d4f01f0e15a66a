"""Real stores under faults: restored, copied, out of order, foreign, refused; after healing nothing is lost or doubled."""

import re
import shutil
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.errors import Refusal
from app.models import applying, backups
from app.models.base import table_of
from app.models.batches import Height, Package, Waiting
from app.models.changes import Change
from app.models.conflicts import Conflict
from app.models.people import Household, Person
from app.models.sites import Identity, Line, Site
from app.models.store import Store
from app.models.units import Unit
from app.models.visits import Visit
from app.services import chaining
from app.sync import collect, epochs, exchange, own, wire
from app.sync.rules import Verdict
from tests.conftest import Clock
from tests.sync.conftest import PASSWORD, Office, World, back_to, imaged, open_again, put_back


def waiting(office: Office) -> int:
    with office.store.read() as s:
        return collect.unconfirmed(s)


def sound(office: Office) -> None:
    with office.store.read() as s:
        assert list(chaining.findings(s)) == []


def heal(world: World, *sites: Office) -> None:
    for _ in range(4):
        for site in sites:
            world.exchange(site)
    for site in sites:
        assert waiting(site) == 0
        sound(site)
    sound(world.hq)


def same(world: World, *sites: Office) -> None:
    for site in sites:
        assert site.digest("/PS1/") == world.hq.digest("/PS1/")


def restored(site: Office, backup: Path, *, told: bool = True) -> Office:
    """The site as it was at the backup; without `told` nothing notices it, as after an image of the whole disk."""
    folder = site.store.folder
    site.store.close()

    def on_restored(s: object) -> None:
        if told:
            epochs.after_restore(s)  # type: ignore[arg-type]

    backups.restore(folder, backup, login="zs", password=PASSWORD, on_restored=on_restored)
    return Office(Store.open(folder, login="zs", password=PASSWORD), site.actor)


@pytest.mark.parametrize("told", [True, False])
def test_a_site_put_back_to_a_backup_loses_and_doubles_nothing_that_headquarters_has(world: World, told: bool) -> None:
    site = world.site("A")
    first = site.visit("甲")
    backup = backups.make(site.store).folder
    second = site.visit("乙")
    world.exchange(site)
    site = restored(site, backup, told=told)
    third = site.visit("丙")
    heal(world, site)
    assert world.hq.ids(Visit) == site.ids(Visit) == {first, second, third}
    same(world, site)


def test_two_copies_of_one_store_go_on_as_two_lines(world: World) -> None:
    site = world.site("A")
    site.visit("甲")
    copy_folder = world.folder / "copy"
    site.store.close()
    shutil.copytree(world.folder / "A", copy_folder)
    one = Office(Store.open(world.folder / "A", login="zs", password=PASSWORD), site.actor)
    two = Office(Store.open(copy_folder, login="zs", password=PASSWORD), site.actor)
    one.visit("乙")
    two.visit("丙")
    world.exchange(one)
    verdicts = [verdict for _receipt, verdict in world.exchange(two).receipts]
    assert verdicts == [Verdict.RENEW]
    with world.hq.store.read() as s:
        assert any(height.forked for height in s.scalars(select(Height)))
    heal(world, one, two)
    assert world.hq.ids(Visit) == one.ids(Visit) == two.ids(Visit)
    assert len(world.hq.ids(Visit)) == 3
    same(world, one, two)


def test_copies_are_told_apart_where_headquarters_refused_what_the_first_wrote_there(world: World) -> None:
    one = world.site("A")
    world.exchange(one)
    two = Office(copied(one, world.folder / "copy"), one.actor)
    one.visit("乙", "/PS2/01/")
    one.visit("丙")
    world.exchange(one)
    two.visit("丁")
    assert [verdict for _receipt, verdict in world.exchange(two).receipts] == [Verdict.RENEW]
    with world.hq.store.read() as s:
        assert any(height.forked for height in s.scalars(select(Height)))
    world.exchange(one)
    assert len(world.hq.ids(Visit)) == 2 and world.hq.ids(Visit) <= one.ids(Visit)


def test_a_copy_that_hears_first_what_the_other_wrote_in_their_line_goes_on_in_a_line_of_its_own(world: World) -> None:
    one = world.site("A")
    world.exchange(one)
    two = Office(copied(one, world.folder / "copy"), one.actor)
    early = world.up(two)
    world.take(early)
    one.visit("乙")
    world.exchange(one)
    two.visit("丙")
    exchange.hear(two.store, world.take(early).file, two.actor)
    heal(world, one, two)
    assert world.hq.ids(Visit) == one.ids(Visit) == two.ids(Visit)
    assert len(world.hq.ids(Visit)) == 2
    same(world, one, two)


@pytest.mark.parametrize("wrote_first", [True, False])
def test_a_store_with_two_changes_at_one_number_from_an_older_program_goes_on_by_itself(
    world: World, wrote_first: bool
) -> None:
    one = world.site("A")
    one.visit("甲")
    world.exchange(one)
    two = Office(copied(one, world.folder / "copy"), one.actor)
    one.visit("乙")
    if wrote_first:
        two.visit("丙")
    heard_as_before(one, two)
    two.visit("丁")
    with two.store.read() as s:
        numbers = list(s.scalars(select(Change.seq).where(Change.epoch == own.line(s).epoch).order_by(Change.seq)))
    assert len(numbers) > len(set(numbers))
    two.store.close()
    two = open_again(two, two.store.folder)
    heal(world, one, two)
    assert world.hq.ids(Visit) == one.ids(Visit) == two.ids(Visit)
    assert len(world.hq.ids(Visit)) == (4 if wrote_first else 3)
    same(world, one, two)


def heard_as_before(one: Office, two: Office) -> None:
    """The copy holds what the other wrote last, as the feed left it before 2026-11-29: in their line, which goes on."""
    with one.store.read() as s:
        told = dict(s.execute(select(table_of(Change)).order_by(Change.position.desc()).limit(1)).mappings().one())
    del told["position"]
    with two.store.begin() as s:
        applying.apply(s, [told | {"state": "taken"}])


def copied(office: Office, folder: Path) -> Store:
    office.store.close()
    shutil.copytree(office.store.folder, folder)
    office.store = Store.open(office.store.folder, login="zs", password=PASSWORD)
    return Store.open(folder, login="zs", password=PASSWORD)


def test_headquarters_put_back_to_a_backup_gets_again_what_it_lost(world: World) -> None:
    one, two = world.site("A"), world.site("B")
    one.visit("甲")
    heal(world, one, two)
    backup = backups.make(world.hq.store).folder
    one.visit("乙")
    two.visit("丙")
    heal(world, one, two)
    world.hq.store.close()
    backups.restore(world.folder / "hq", backup, login="zs", password=PASSWORD, on_restored=epochs.after_restore)
    world.hq.store = Store.open(world.folder / "hq", login="zs", password=PASSWORD)
    assert len(world.hq.ids(Visit)) == 1
    two.visit("丁")
    heal(world, one, two)
    assert len(world.hq.ids(Visit)) == 4
    same(world, one, two)


def test_headquarters_put_back_twice_is_heard_though_its_clock_ran_thirty_years_ahead_the_first_time(
    world: World, clock: Clock
) -> None:
    one, two = world.site("A"), world.site("B")
    heal(world, one, two)
    backup = backups.make(world.hq.store).folder
    today = clock.moment
    clock.forward(days=30 * 365)
    put_back(world, backup)
    clock.moment = today
    one.visit("甲")
    heal(world, one, two)
    put_back(world, backup)
    two.visit("乙")
    heal(world, one, two)
    assert len(world.hq.ids(Visit)) == 2
    same(world, one, two)


def test_headquarters_put_back_twice_under_a_clock_long_ago_gets_again_what_it_lost(world: World, clock: Clock) -> None:
    one, two = world.site("A"), world.site("B")
    heal(world, one, two)
    backup = backups.make(world.hq.store).folder
    today = clock.moment
    for site in (one, two):
        clock.set(1999, 1, 1)
        put_back(world, backup)
        clock.moment = today
        site.visit()
        heal(world, one, two)
    heal(world, one, two)
    assert len(world.hq.ids(Visit)) == 2
    same(world, one, two)


def test_headquarters_put_back_unnoticed_goes_on_anew_when_a_site_has_heard_more_than_it_remembers(
    world: World,
) -> None:
    site = world.site("A")
    image = imaged(world.hq, world.folder / "image of the disk")
    lost = site.visit("甲")
    heal(world, site)
    back_to(world.hq, image)
    assert lost not in world.hq.ids(Visit)
    heal(world, site)
    assert lost in world.hq.ids(Visit)
    same(world, site)


def test_an_incarnation_that_nobody_could_have_reached_is_refused(world: World) -> None:
    site = world.site("A")
    with site.store.begin() as s:
        own.identity(s).incarnation = 2**62 + 1
    with pytest.raises(Refusal) as refused:
        world.take(world.up(site))
    assert refused.value.code == "content_bad"


def test_one_site_that_states_the_highest_incarnation_locks_out_no_other(world: World) -> None:
    crook, site = world.site("A"), world.site("B")
    with crook.store.begin() as s:
        own.identity(s).incarnation = epochs.HIGHEST
    world.take(world.up(crook))
    kept = site.visit()
    for _round in range(3):
        world.exchange(site)
    assert kept in world.hq.ids(Visit)
    same(world, site)


def test_a_receipt_from_before_the_restore_of_headquarters_is_ignored(world: World) -> None:
    site = world.site("A")
    site.visit()
    stale = world.take(world.up(site))
    with world.hq.store.begin() as s:
        epochs.after_restore(s)
    world.exchange(site)
    heard = exchange.hear(site.store, stale.file, site.actor)
    assert [verdict for _receipt, verdict in heard.receipts] == [Verdict.IGNORED]


def test_packages_out_of_order_wait_behind_their_gap_which_the_receipt_names(world: World) -> None:
    site = world.site("A")
    visits = [site.visit(str(number)) for number in range(6)]
    with site.store.begin(site.actor) as s:
        first = exchange.pack(s, most=2)
        second = exchange.pack(s, after=first[0].to_seq, most=2)
        third = exchange.pack(s, after=second[0].to_seq, most=2)
    begin = first[0].from_seq
    late = world.take(third[1])
    assert late.receipt.height.missing == [(begin, begin + 3)] and late.receipt.counts == {"waiting": 2}
    assert world.hq.ids(Visit) == set()
    middle = world.take(second[1]).receipt
    assert middle.height.missing == [(begin, begin + 1)]
    exchange.hear(site.store, late.file, site.actor)
    assert waiting(site) == 6
    assert world.take(first[1]).receipt.height.missing == []
    assert world.hq.ids(Visit) == set(visits)
    heal(world, site)
    with world.hq.store.read() as s:
        assert s.scalars(select(Waiting)).all() == []


def test_every_piece_twice_and_backwards_gives_the_same(world: World) -> None:
    site = world.site("A")
    for number in range(5):
        site.visit(str(number))
    with site.store.begin(site.actor) as s:
        pieces = [exchange.pack(s, after=after, most=1)[1] for after in range(5)]
    for piece in [*reversed(pieces), *pieces]:
        world.take(piece)
    heal(world, site)
    assert len(world.hq.ids(Visit)) == 5
    same(world, site)


def test_the_same_field_changed_on_two_sides_is_a_conflict_with_both_values(world: World) -> None:
    one, two = world.site("A"), world.site("B")
    person = world.people[0]
    one.edit(person, phones=["13800000001"], note="甲")
    two.edit(person, phones=["13900000002"])
    world.exchange(one)
    answer = world.take(world.up(two))
    assert [outcome.what for outcome in answer.receipt.outcomes] == ["conflict"]
    exchange.hear(two.store, answer.file, two.actor)
    heal(world, one, two)
    same(world, one, two)
    for office in (world.hq, one, two):
        with office.store.read() as s:
            (conflict,) = s.scalars(select(Conflict).where(Conflict.field == "phones"))
            assert {conflict.winner_value, conflict.loser_value} == {'["13800000001"]', '["13900000002"]'}
            assert s.get_one(Person, person).note == "甲"


def test_what_lies_outside_the_scope_of_a_site_is_refused_and_does_not_stop_the_rest(world: World) -> None:
    site = world.site("A")
    good, bad = site.visit("管辖内"), site.visit("管辖外", path="/PS2/")
    heard = world.exchange(site)
    ((receipt, _verdict),) = heard.receipts
    assert receipt.counts == {"taken": 1, "refused": 1}
    assert "管辖范围" in receipt.outcomes[0].why
    assert world.hq.ids(Visit) == {good}
    with site.store.read() as s:
        change = s.scalars(select(Change).where(Change.record == bad)).one()
        assert (change.state, change.reason) == ("refused", receipt.outcomes[0].why)
    assert waiting(site) == 0
    assert world.exchange(site).receipts[0][0].counts == {}


def test_a_site_cannot_change_what_is_headquarters_or_another_sites(world: World) -> None:
    one, two = world.site("A"), world.site("B")
    visit = one.visit("甲的走访")
    heal(world, one, two)
    with two.store.begin(two.actor) as s:
        s.get_one(Visit, visit).summary = "乙改的"
        s.scalars(select(Unit).where(Unit.path == "/PS1/")).one().name = "改名"
    ((receipt, _verdict),) = world.exchange(two).receipts
    assert receipt.counts == {"refused": 2}
    with world.hq.store.read() as s:
        assert s.get_one(Visit, visit).summary == "甲的走访"
        assert s.scalars(select(Unit).where(Unit.path == "/PS1/")).one().name == "采油一作业区"


def test_a_change_that_refers_to_what_is_missing_waits_for_it(world: World) -> None:
    site = world.site("A")
    with site.store.begin(site.actor) as s:
        household = Household(address="2 栋 202", path="/PS1/01/")
        s.add(household)
    visit = site.visit(household=household.id)
    with site.store.begin() as s:  # the household alone is spoilt on its way
        first = s.scalars(select(Change).where(Change.record == household.id)).one()
        kept, first.payload = first.payload, first.payload.replace("2 栋 202", "", 1)  # type: ignore[union-attr]
        s.flush()
        s.execute(update(Change).where(Change.id == first.id).values(payload=kept))
    with world.hq.store.begin() as s:
        whole = own.trust(s, own.line(s).site_id.hex)
        assert whole.hq.site
    from app.sync.checking import Checker, Sender
    from app.sync.taking import take

    with site.store.read() as s:
        changes = [
            wire.from_entry(dict(row))
            for row in s.execute(select(table_of(Change)).where(Change.state == "open")).mappings()
        ]
        sender = Sender(own.line(s).site_id, ["/PS1/"])
    with world.hq.store.begin() as s:
        taken = take(s, [changes[1]], Checker(s, sender), None)
        assert taken.counts() == {"waiting": 1}
        assert s.get(Visit, visit) is None
        taken = take(s, [changes[0]], Checker(s, sender), None)
        assert taken.counts() == {"taken": 2}
        assert s.get(Visit, visit) is not None
        assert s.scalars(select(Waiting)).all() == []


def test_a_revoked_site_is_quarantined_and_what_it_sent_before_stays(world: World) -> None:
    site = world.site("A")
    before = site.visit()
    world.exchange(site)
    with world.hq.store.begin() as s:
        record = s.scalars(select(Site).where(Site.name == "A")).one()
        record.revoked_at, record.revoke_reason = datetime.now(UTC), "电脑丢失"
    site.visit("之后")
    data = world.up(site)
    with pytest.raises(Refusal, match="电脑丢失") as refused:
        world.take(data)
    assert refused.value.code == "site_revoked"
    assert world.hq.ids(Visit) == {before}
    with world.hq.store.read() as s:
        package = s.scalars(select(Package).where(Package.state == "quarantined")).one()
    assert (world.hq.store.folder / "quarantine" / f"{package.id.hex}.fgpkg").read_bytes() == data


def test_changes_of_a_newer_program_are_held_whole(world: World) -> None:
    site = world.site("A")
    site.visit()
    with site.store.begin() as s:
        s.execute(update(Change).where(Change.state == "open").values(schema=99))
        epochs.renew(s)
    ((receipt, verdict),) = world.exchange(site).receipts
    assert receipt.counts == {"held": 1} and verdict is Verdict.BELIEVED
    assert waiting(site) == 0
    with world.hq.store.read() as s:
        held = s.scalars(select(Waiting)).one()
        assert held.why == "schema" and wire.kept(held.wire).schema == 99


def test_a_record_that_enters_the_scope_comes_with_its_past_and_its_household(world: World) -> None:
    site = world.site("C", "/PS2/")
    assert site.ids(Person) == set()
    world.hq.edit(world.people[0], note="一")
    world.exchange(site)
    world.hq.edit(world.people[0], path="/PS2/01/")
    world.exchange(site)
    assert site.ids(Person) == {world.people[0]}
    assert len(site.ids(Household)) == 1
    with site.store.read() as s:
        assert len(s.scalars(select(Change).where(Change.record == world.people[0])).all()) == 3
    assert site.digest("/PS2/") == world.hq.digest("/PS2/")


def test_a_record_that_leaves_the_scope_is_seen_leaving_and_then_no_more(world: World) -> None:
    site = world.site("A")
    world.hq.edit(world.people[0], path="/PS2/01/")
    world.exchange(site)
    world.hq.edit(world.people[0], phones=["13700000000"])
    world.exchange(site)
    with site.store.read() as s:
        person = s.get_one(Person, world.people[0])
        assert (person.path, person.phones) == ("/PS2/01/", None)


def test_a_record_is_seen_leaving_whatever_else_was_changed_twice_before(world: World) -> None:
    site = world.site("A")
    world.hq.edit(world.people[1], note="一")
    world.hq.edit(world.people[1], note="二")
    world.hq.edit(world.people[0], path="/PS2/01/")
    world.exchange(site)
    with site.store.read() as s:
        assert s.get_one(Person, world.people[0]).path == "/PS2/01/"


def test_a_feed_again_changes_nothing_and_a_feed_with_a_gap_before_it_is_refused(world: World) -> None:
    site = world.site("A")
    old = world.take(world.up(site))
    world.hq.edit(world.people[0], phones=["13700000000"])
    exchange.hear(site.store, old.file, site.actor)
    world.exchange(site)
    before = site.digest("/PS1/")
    assert exchange.hear(site.store, old.file, site.actor).taken == {}
    assert site.digest("/PS1/") == before
    with site.store.begin() as s:
        s.scalars(select(Identity)).one().cursor += 1000
    data = world.up(site)
    ahead = world.take(data)
    with site.store.begin() as s:
        s.scalars(select(Identity)).one().cursor = 0
    with pytest.raises(Refusal) as refused:
        exchange.hear(site.store, ahead.file, site.actor)
    assert refused.value.code == "feed_gap"


def test_a_wrong_clock_is_no_reason_to_refuse_anything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from app import clock

    site = world.site("A")
    clock.set_clock(lambda: datetime(1999, 1, 1, tzinfo=UTC))
    try:
        visit = site.visit()
        data = world.up(site)
    finally:
        clock.set_clock(None)
    answer = world.take(data)
    assert answer.receipt.counts == {"taken": 1} and world.hq.ids(Visit) == {visit}
    exchange.hear(site.store, answer.file, site.actor)
    with site.store.read() as s:
        hlc = s.scalars(select(Line.hlc)).one()
    assert abs((hlc >> 16) / 1000 - datetime.now(UTC).timestamp()) < timedelta(minutes=5).total_seconds()


def test_a_package_that_could_not_be_written_is_not_counted_as_sent(world: World) -> None:
    site = world.site("A")
    site.visit()
    with pytest.raises(Refusal):
        exchange.write(site.store, world.folder / "no stick", site.actor)
    with site.store.read() as s:
        assert s.scalars(select(Package).where(Package.direction == "out")).all() == []
    written = exchange.write(site.store, world.folder, site.actor)
    assert [one.path.name[:5] for one in written] == ["枫格_A_"]
    answer = world.take(written[0].path.read_bytes())
    back = exchange.write_answer(answer, world.folder, "A", 1)
    exchange.hear(site.store, back[0].path.read_bytes(), site.actor)
    assert waiting(site) == 0
    assert uuid.UUID(hex=answer.receipt.package)


def test_a_person_who_moved_away_and_was_changed_since_is_shown_as_gone(world: World) -> None:
    """Found by the campaign of stores: move, edit, then the site hears of both at once."""
    site = world.site("A")
    with world.hq.store.read() as s:
        away = s.scalars(select(Unit).where(Unit.path == "/PS2/")).one()
    world.hq.edit(world.people[0], path=away.path)
    world.hq.edit(world.people[0], note="迁走以后")
    heal(world, site)
    with site.store.read() as s:
        assert s.get_one(Person, world.people[0]).path == away.path
    same(world, site)


def test_what_waits_behind_a_gap_that_nobody_can_fill_is_taken_once_the_site_goes_on_in_a_new_line(
    world: World,
) -> None:
    """Found by the campaign of seasons: a later package came, the laptop was put back before it, the earlier one was lost."""
    site = world.site("A")
    image = world.folder / "image"
    site.store.close()
    shutil.copytree(world.folder / "A", image)
    site.store = Store.open(world.folder / "A", login="zs", password=PASSWORD)
    site.visit("甲")
    second = site.visit("乙")
    with site.store.begin(site.actor) as s:
        first, _lost = exchange.pack(s, most=1)
        _header, later = exchange.pack(s, after=first.to_seq)
    assert world.take(later).receipt.counts == {"waiting": 1}
    site.store.close()
    shutil.rmtree(world.folder / "A")
    shutil.copytree(image, world.folder / "A")
    site.store = Store.open(world.folder / "A", login="zs", password=PASSWORD)
    third = site.visit("丙")
    heal(world, site)
    assert world.hq.ids(Visit) == site.ids(Visit) == {second, third}
    with world.hq.store.read() as s:
        assert list(s.scalars(select(Waiting))) == []
    same(world, site)


def test_no_site_has_the_code_of_one_that_headquarters_has_forgotten_for_numbers_carry_it(world: World) -> None:
    world.site("A")
    backup = backups.make(world.hq.store).folder
    codes = [code(world.site("B"))]
    for name in ("C", "D"):
        put_back(world, backup)
        codes.append(code(world.site(name)))
    assert codes[0] == "S02" and len(set(codes)) == 3
    assert all(re.fullmatch("S02[A-P]{3}", one) for one in codes[1:])


def code(office: Office) -> str:
    with office.store.read() as s:
        return own.identity(s).code
