"""Refused changes: corrected at the site and sent again, or taken after all at headquarters; both sides end up the same."""

import uuid
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from app.clock import now
from app.errors import Refusal
from app.models import applying, backups
from app.models.base import Base
from app.models.batches import Package, Waiting
from app.models.changes import Change
from app.models.conflicts import Conflict
from app.models.people import Person
from app.models.sites import Site
from app.models.visits import Visit
from app.services import overview
from app.sync import collect, epochs, exchange, hearing, intake, refusals, reviewing, standing, tally
from app.sync.reviewing import Review
from tests.sync.conftest import Office, World, put_back


@pytest.fixture
def site(world: World) -> Iterator[Office]:
    made = world.site("A")
    world.exchange(made)
    yield made
    made.store.close()


def states(site: Office) -> list[tuple[str, str | None]]:
    with site.store.read() as s:
        query = select(Change.state, Change.reason).where(Change.site == site.store.id).order_by(Change.position)
        return [(state, reason) for state, reason in s.execute(query)]


def same(world: World, site: Office) -> None:
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")
    ours, theirs = site.digest("/PS2/"), world.hq.digest("/PS2/")
    assert (ours["visit"], ours["person"]) == (theirs["visit"], theirs["person"])


def widen(world: World, *paths: str) -> None:
    with world.hq.store.begin(world.hq.actor) as s:
        s.scalars(select(Site).where(Site.name == "A")).one().paths = list(paths)


def refused(world: World) -> list[Waiting]:
    with world.hq.store.read() as s:
        return list(s.scalars(select(Waiting).where(Waiting.why.in_(refusals.REFUSED))))


def retry(world: World) -> dict[str, int]:
    ids = [one.change_id for one in refused(world)]
    with world.hq.store.begin(world.hq.actor) as s:
        return intake.retry_refused(s, ids)


def test_a_refused_record_that_is_corrected_goes_up_as_a_new_revision(world: World, site: Office) -> None:
    bad = site.visit("写错了单位", path="/PS2/")
    world.exchange(site)
    assert [state for state, _why in states(site)] == ["refused"]
    with site.store.begin(site.actor) as s:
        s.get_one(Visit, bad).path = "/PS1/01/"
    world.exchange(site)
    assert [state for state, _why in states(site)] == ["refused", "taken"]
    assert world.hq.ids(Visit) == {bad}
    same(world, site)


def test_a_correction_tells_again_every_field_of_the_refused_edit(world: World, site: Office) -> None:
    person = world.people[0]
    site.edit(person, phones=["13800000001"], path="/PS2/")
    world.exchange(site)
    assert [state for state, _why in states(site)] == ["refused"]
    site.edit(person, path="/PS1/01/")
    world.exchange(site)
    for office in (world.hq, site):
        with office.store.read() as s:
            assert s.get_one(Person, person).phones == ["13800000001"]
            assert list(s.scalars(select(Conflict))) == [], "it knew what was there before the refused edit"
    same(world, site)


def test_headquarters_that_mended_its_data_takes_a_refused_change_after_all_and_the_site_hears_of_it(
    world: World, site: Office
) -> None:
    visit = site.visit("划转中的单位", path="/PS2/")
    world.exchange(site)
    assert retry(world) == {"refused": 1}
    widen(world, "/PS1/", "/PS2/")
    assert retry(world) == {"taken": 1} and refused(world) == []
    assert world.hq.ids(Visit) == {visit}
    world.exchange(site)
    assert states(site) == [("taken", None)]
    same(world, site)


def test_a_receipt_that_comes_late_does_not_refuse_again_what_was_taken_since(world: World, site: Office) -> None:
    site.visit("划转中的单位", path="/PS2/")
    first = world.take(world.up(site))
    widen(world, "/PS1/", "/PS2/")
    retry(world)
    world.exchange(site)
    exchange.hear(site.store, first.file, site.actor)
    assert states(site) == [("taken", None)]
    with site.store.read() as s:
        assert collect.unconfirmed(s) == 0


def test_a_change_that_comes_again_when_it_fits_is_taken_and_told(world: World, site: Office) -> None:
    site.visit("划转中的单位", path="/PS2/")
    first = world.take(world.up(site))
    site.visit("后来的")
    second = world.up(site)
    widen(world, "/PS1/", "/PS2/")
    answer = world.take(second)
    assert answer.receipt.counts == {"taken": 2}
    exchange.hear(site.store, first.file, site.actor)
    exchange.hear(site.store, answer.file, site.actor)
    world.exchange(site)
    assert [state for state, _why in states(site)] == ["taken", "taken"]
    same(world, site)


def test_later_changes_of_a_record_whose_first_was_refused_end_up_right(world: World, site: Office) -> None:
    person = world.people[0]
    site.edit(person, note="一", path="/PS2/")
    world.exchange(site)
    site.edit(person, path="/PS1/01/", phones=["13800000001"])
    world.exchange(site)
    world.hq.edit(person, address="2 栋")
    widen(world, "/PS1/", "/PS2/")
    assert retry(world) == {"taken": 1}
    world.exchange(site)
    assert [state for state, _why in states(site)] == ["taken", "taken"]
    same(world, site)


def test_what_was_refused_does_not_count_as_taken_after_headquarters_was_put_back(world: World, site: Office) -> None:
    for summary in ("写错了单位", "又写错了"):
        site.visit(summary, path="/PS2/")
    world.exchange(site)
    told = states(site)
    put_back(world, backups.make(world.hq.store).folder)
    site.visit("后来的")
    world.exchange(site)
    assert states(site) == [*told, ("taken", None)] and [state for state, _why in told] == ["refused", "refused"]


def test_headquarters_put_back_to_before_it_took_a_refused_change_after_all_tells_so(
    world: World, site: Office
) -> None:
    site.visit("划转中的单位", path="/PS2/")
    world.exchange(site)
    told, backup = states(site), backups.make(world.hq.store).folder
    widen(world, "/PS1/", "/PS2/")
    retry(world)
    world.exchange(site)
    assert states(site) == [("taken", None)]
    put_back(world, backup)
    world.exchange(site)
    assert states(site) == told
    widen(world, "/PS1/", "/PS2/")
    assert retry(world) == {"taken": 1}
    world.exchange(site)
    assert states(site) == [("taken", None)]
    same(world, site)


def test_headquarters_put_back_to_where_it_had_taken_a_change_that_it_refused_since_tells_so(
    world: World, site: Office
) -> None:
    before = backups.make(world.hq.store, into=world.folder / "before").folder
    widen(world, "/PS1/", "/PS2/")
    site.visit("划转中的单位", path="/PS2/")
    world.exchange(site)
    taken = backups.make(world.hq.store, into=world.folder / "taken").folder
    put_back(world, before)
    for _ in range(2):
        world.exchange(site)
    assert [state for state, _why in states(site)] == ["refused"]
    put_back(world, taken)
    world.exchange(site)
    assert states(site) == [("taken", None)]


def test_a_refusal_whose_receipt_was_lost_is_told_by_the_next(world: World, site: Office) -> None:
    site.visit("写错了单位", path="/PS2/")
    with site.store.begin(site.actor) as s:
        header, first = exchange.pack(s)
    world.take(first)  # its receipt is lost
    site.visit("后来的")
    with site.store.begin(site.actor) as s:
        second = exchange.pack(s, after=header.to_seq)[1]
    answer = world.take(second)
    assert answer.receipt.counts == {"taken": 1} and not answer.receipt.outcomes
    exchange.hear(site.store, answer.file, site.actor)
    assert [state for state, _why in states(site)] == ["refused", "taken"]


def test_a_refused_change_that_its_site_has_corrected_needs_nobody_any_more(world: World, site: Office) -> None:
    bad = site.visit("写错了单位", path="/PS2/")
    world.exchange(site)
    assert (asked(world, site), urged(site)) == ((1, 0), (1, [bad]))
    correct(site, bad, path="/PS1/01/")
    assert urged(site) == (0, [])
    world.exchange(site)
    assert (asked(world, site), urged(site), stand(world)) == ((0, 0), (0, []), ["answered"])
    assert [state for state, _why in states(site)] == ["refused", "taken"]
    receipt = world.exchange(site).receipts[0][0]
    assert [outcome.what for outcome in receipt.outcomes] == ["still"], "a site that was put back may not know of it"
    for office in (world.hq, site):
        (told,) = [one for one in reviews(office) if one.counts.get("refused")]
        assert (told.refused, told.again, len(told.answered)) == ((), (), 1)
    same(world, site)


def test_a_correction_that_is_refused_as_well_needs_somebody_in_place_of_the_first(world: World, site: Office) -> None:
    bad = site.visit("写错了单位", path="/PS2/")
    world.exchange(site)
    correct(site, bad, path="/PS2/01/")
    world.exchange(site)
    assert (asked(world, site), urged(site), stand(world)) == ((1, 0), (1, [bad]), ["answered", "refused"])
    correct(site, bad, path="/PS1/01/")
    world.exchange(site)
    assert (asked(world, site), urged(site), stand(world)) == ((0, 0), (0, []), ["answered", "answered"])
    same(world, site)


def test_what_a_later_change_does_not_say_again_still_needs_somebody(world: World, site: Office) -> None:
    person = world.people[0]
    site.edit(person, phones=["13800000001"], path="/PS2/")
    site.edit(person, path="/PS1/01/")  # before anybody knew that the first is refused
    world.exchange(site)
    assert [state for state, _why in states(site)] == ["refused", "taken"]
    assert (asked(world, site), urged(site)) == ((1, 0), (1, [person]))
    site.edit(person, note="老住户")
    world.exchange(site)
    assert (asked(world, site), urged(site)) == ((0, 0), (0, []))
    with world.hq.store.read() as s:
        assert s.get_one(Person, person).phones == ["13800000001"]
    same(world, site)


def test_a_record_that_headquarters_never_had_and_its_site_has_voided_needs_nobody_until_it_is_back(
    world: World, site: Office
) -> None:
    bad = site.visit("写错了单位", path="/PS2/")
    world.exchange(site)
    correct(site, bad, voided_at=now(), void_reason="录错了")
    world.exchange(site)
    assert (asked(world, site), urged(site), stand(world)) == ((0, 0), (0, []), ["answered", "answered"])
    correct(site, bad, voided_at=None, void_reason=None)
    world.exchange(site)
    assert (asked(world, site), urged(site)) == ((1, 0), (1, [bad]))
    correct(site, bad, path="/PS1/01/")
    world.exchange(site)
    assert (asked(world, site), urged(site)) == ((0, 0), (0, []))
    same(world, site)


def test_a_record_voided_before_its_refusal_was_known_needs_nobody_and_one_that_headquarters_has_does(
    world: World, site: Office
) -> None:
    bad = site.visit("写错了单位", path="/PS2/")
    correct(site, bad, voided_at=now(), void_reason="录错了")
    good = site.visit("家里都好")
    world.exchange(site)
    assert (asked(world, site), urged(site)) == ((0, 0), (0, []))
    correct(site, good, path="/PS2/", voided_at=now(), void_reason="录错了")
    world.exchange(site)
    assert (asked(world, site), urged(site)) == ((1, 0), (1, [good]))


def test_a_corrected_change_never_passes_for_taken_whatever_is_lost_or_put_back(world: World, site: Office) -> None:
    before = backups.make(world.hq.store, into=world.folder / "before").folder
    bad = site.visit("写错了单位", path="/PS2/")
    world.exchange(site)
    between = backups.make(world.hq.store, into=world.folder / "between").folder
    correct(site, bad, path="/PS1/01/")
    world.take(world.up(site))  # its receipt is lost
    after = backups.make(world.hq.store, into=world.folder / "after").folder
    for backup in (after, between, before, after):
        put_back(world, backup)
        world.take(world.up(site))
        site.visit("后来的")
        for _ in range(2):
            world.exchange(site)
        assert [state for state, _why in states(site)][:2] == ["refused", "taken"]
        assert (asked(world, site), urged(site), stand(world)) == ((0, 0), (0, []), ["answered"])
        same(world, site)


def test_a_corrected_change_that_fits_when_it_comes_again_is_taken_and_told(world: World, site: Office) -> None:
    bad = site.visit("划转中的单位", path="/PS2/")
    world.exchange(site)
    correct(site, bad, path="/PS1/01/")
    again = world.up(site)
    world.take(again)
    with site.store.begin(site.actor) as s:
        s.scalars(select(Change).where(Change.record == bad, Change.base == 0)).one().state = "open"
        epochs.renew(s)  # as if it had been put back
    widen(world, "/PS1/", "/PS2/")
    for _ in range(2):
        world.exchange(site)
    assert [state for state, _why in states(site)] == ["taken", "taken"] and stand(world) == []
    same(world, site)


def test_a_field_that_was_said_again_and_taken_is_not_said_once_more(world: World, site: Office) -> None:
    person = world.people[0]
    site.edit(person, phones=["13800000001"], path="/PS2/")
    world.exchange(site)
    site.edit(person, path="/PS1/01/")
    world.exchange(site)
    world.hq.edit(person, phones=["13900000002"])
    site.edit(person, note="老住户")
    world.exchange(site)
    for office in (world.hq, site):
        with office.store.read() as s:
            assert list(s.scalars(select(Conflict))) == []
            assert s.get_one(Person, person).phones == ["13900000002"]


def correct(site: Office, visit: uuid.UUID, **fields: object) -> None:
    with site.store.begin(site.actor) as s:
        record = s.get_one(Visit, visit)
        for name, value in fields.items():
            setattr(record, name, value)


def asked(world: World, site: Office) -> tuple[int, int]:
    """How many refused changes of the site, and how many that wait, headquarters counts, on every page alike."""
    with world.hq.store.read(world.hq.actor) as s:
        (listed,) = [(one.refused, one.waiting) for one in standing.sites(s) if one.id == site.store.id]
        (board,) = [(one.refused, one.waiting) for one in hearing.board(s) if one.id == site.store.id]
        assert listed == board and overview.counts(s).refused == sum(listed)
    return listed


def urged(site: Office) -> tuple[int, list[uuid.UUID]]:
    """How many refused changes the site counts, and the records it lists."""
    with site.store.read(site.actor) as s:
        number, listed = tally.at_site(s).refused, [one.record for one in tally.refused(s)]
        assert number == len(listed) == overview.counts(s).refused
    return number, listed


def stand(world: World) -> list[str]:
    """What headquarters keeps refused, answered or not, in the order of the changes."""
    with world.hq.store.read() as s:
        return list(s.scalars(select(Waiting.why).order_by(Waiting.seq)))


def reviews(office: Office) -> list[Review]:
    """The review of every package of the site, at this office."""
    direction = "in" if office.store.kind == "hq" else "out"
    with office.store.read(office.actor) as s:
        packages = s.scalars(select(Package.id).where(Package.direction == direction)).all()
        return [reviewing.review(s, package) for package in packages]


def test_only_who_takes_packages_judges_again(world: World, site: Office) -> None:
    with site.store.begin(site.actor) as s, pytest.raises(Refusal, match="没有这项权限"):
        intake.retry_refused(s, [])


def test_headquarters_time_of_taking_comes_back_with_the_feed(world: World, site: Office) -> None:
    other = world.site("B")
    visit = site.visit("甲")
    world.exchange(site)
    world.exchange(other)
    with world.hq.store.read() as s:
        taken = s.scalars(select(Change.received_at).where(Change.record == visit)).one()
    with other.store.read() as s:
        told = s.scalars(select(Change.received_at).where(Change.record == visit)).one()
    assert taken is not None and told is not None
    assert abs((taken - told).total_seconds()) < 0.001
    other.store.close()


class _Back(Exception):
    """Nothing went wrong: what was taken is looked at and taken back."""


#: When something was written down, and in which order it came in, is left out.
_MOMENTS = frozenset({"position", "received_at", "heard_at", "at", "answered_at"})


def after(world: World, packages: list[bytes]) -> dict[str, list[str]]:
    """All that headquarters would hold after these packages, table by table; it holds nothing of them afterwards."""
    found: dict[str, list[str]] = {}
    with pytest.raises(_Back), world.hq.store.begin(world.hq.actor) as s:
        for data in packages:
            exchange.receive(s, data)
        for table in Base.metadata.sorted_tables:
            if table.name not in ("line", "package"):
                numbered = {c.name for c in table.c if c.primary_key and c.name == "id" and c.type.python_type is int}
                wanted = [c for c in table.c if c.name not in _MOMENTS | numbered]
                found[table.name] = sorted(str(tuple(row)) for row in s.execute(select(*wanted)))
        raise _Back
    return found


def story(world: World, site: Office, dice: Random) -> list[bytes]:
    """Packages of a site with some visits and edits, in any order, some of them twice."""
    visits = [site.visit(f"走访{number}") for number in range(3)]
    for number in range(12):
        if (what := dice.random()) < 0.4:
            visits.append(site.visit(f"又访{number}"))
        elif what < 0.7:
            site.edit(dice.choice(world.people), note=str(number))
        else:
            with site.store.begin(site.actor) as s:
                s.get_one(Visit, dice.choice(visits)).summary = f"改过{number}"
    packages, start = list[bytes](), 0
    with site.store.begin(site.actor) as s:
        while not packages or collect.more(s, start):
            header, data = exchange.pack(s, after=start, most=dice.choice((1, 2, 5)))
            packages.append(data)
            start = header.to_seq
    return dice.sample(packages, len(packages)) + packages[:2]


@pytest.mark.parametrize("seed", range(4))
def test_what_the_check_found_spares_questions_and_changes_nothing_that_is_taken(
    world: World, site: Office, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages, apply = story(world, site, Random(seed)), applying.apply
    given: list[int] = []

    def with_all(s: Any, entries: Any, rows: Any = None, unheard: Any = ()) -> Any:
        given.append(min(len(rows or ()), len(unheard)))
        return apply(s, entries, rows, unheard)

    monkeypatch.setattr(applying, "apply", with_all)
    quick = after(world, packages)
    assert sum(given) >= 3, "at least the visits recorded first are new wherever their package comes"
    monkeypatch.setattr(applying, "apply", lambda s, entries, *_: apply(s, entries))
    assert after(world, packages) == quick
