"""Clocks that are wrong by thirty years: nothing is refused, everything converges, and people are told."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import func, select

from app import clock
from app.models.batches import Waiting
from app.models.changes import Change
from app.models.issues import Issue
from app.models.people import Person
from app.models.sites import Line, Site
from app.models.steps import Step
from app.models.units import Unit
from app.services import conflicts, sites, steps
from app.sync import clocks, collect, exchange, standing
from tests.sync.conftest import Office, World
from tests.sync.test_renewing import site_id

YEARS, HOURS = timedelta(days=30 * 365), timedelta(hours=2)
TRUE = datetime(2026, 3, 2, 8, tzinfo=UTC)


@contextmanager
def off_by(error: timedelta, since: timedelta = timedelta()) -> Iterator[None]:
    """Somebody works at a machine whose clock is off by so much, so long after the story began."""
    clock.set_clock(lambda: TRUE + since + error)
    try:
        yield
    finally:
        clock.set_clock(lambda: TRUE + since)


@pytest.fixture
def world(world: World) -> Iterator[World]:
    clock.set_clock(lambda: TRUE)
    yield world
    clock.set_clock(None)


def exchanged(world: World, site: Office, error: timedelta) -> None:
    """Up and down once; only what happens at the site happens by its clock."""
    with off_by(error):
        data = world.up(site)
    answer = world.take(data)
    assert not answer.receipt.with_why("refused", "held")
    with off_by(error):
        exchange.hear(site.store, answer.file, site.actor)


def skew(world: World, site: Office) -> int | None:
    with world.hq.store.read() as s:
        return s.get_one(Site, site_id(site)).clock_skew


def changes_of(office: Office, site: Office) -> int:
    with office.store.read() as s:
        record = Change.record == site_id(site)
        return s.scalar(select(func.count()).select_from(Change).where(record)) or 0


def test_a_fast_and_a_slow_clock_are_told_once_and_no_longer_when_they_are_right(world: World) -> None:
    fast, slow = world.site("A"), world.site("B")
    for _ in range(3):
        exchanged(world, fast, HOURS)
        exchanged(world, slow, -HOURS)
    assert (skew(world, fast), skew(world, slow)) == (7200, -7200)
    assert (changes_of(world.hq, fast), changes_of(world.hq, slow)) == (2, 2)
    with world.hq.store.read(world.hq.actor) as s:
        assert {one.state for one in sites.listed(s)} == {"clock"}
        assert {one.skew for one in standing.sites(s)} == {7200, -7200}
    for site, seconds in ((fast, 7200), (slow, -7200)):
        with site.store.read(site.actor) as s:
            assert clocks.here(s) == seconds and len(standing.warnings(s)) == 1
    for site in (fast, slow, fast, slow):
        exchanged(world, site, timedelta())
    assert (skew(world, fast), skew(world, slow)) == (None, None)
    with slow.store.read(slow.actor) as s:
        assert standing.warnings(s) == []


def test_an_older_package_that_comes_late_says_nothing_about_the_clock(world: World) -> None:
    site = world.site("A")
    late = world.up(site)
    exchanged(world, site, HOURS)
    world.take(late)
    assert skew(world, site) == 7200


def test_a_clock_from_the_future_poisons_nobody_and_loses_nothing_of_its_own_when_it_is_right_again(
    world: World,
) -> None:
    wrong, right = world.site("A"), world.site("B")
    person = world.people[0]
    with off_by(YEARS):
        wrong.edit(person, note="三十年后写的")
    exchanged(world, wrong, YEARS)
    exchanged(world, right, timedelta())
    right.edit(person, note="看过之后改的")
    with right.store.read() as s:
        assert (s.scalars(select(Line.hlc)).one() >> 16) / 1000 < (TRUE + timedelta(days=1)).timestamp()
        assert s.get_one(Person, person).note == "看过之后改的"
    for site in (right, wrong, right):
        exchanged(world, site, timedelta())
    wrong.edit(person, note="时钟对了再改")
    for site in (wrong, right):
        exchanged(world, site, timedelta())
    for office in (world.hq, wrong, right):
        with office.store.read() as s:
            assert s.get_one(Person, person).note == "时钟对了再改"


def test_who_decides_is_told_that_the_moments_do_not_count(world: World) -> None:
    wrong, right = world.site("A"), world.site("B")
    with off_by(YEARS):
        wrong.edit(world.people[0], note="快钟写的")
    right.edit(world.people[0], note="准钟写的")
    exchanged(world, wrong, YEARS)
    for site in (right, wrong, right, wrong):
        exchanged(world, site, timedelta())  # the clock has been set right: what it wrote before stays doubtful
    assert skew(world, wrong) is None
    for office in (world.hq, right):
        with office.store.read(office.actor) as s:
            (asked,) = conflicts.open_conflicts(s)
            assert "快了 30 年" in asked.clock and "「A」" in asked.clock
    with off_by(HOURS):
        right.edit(world.people[1], note="甲")
    world.hq.edit(world.people[1], note="乙")
    exchanged(world, right, HOURS)
    with world.hq.store.read(world.hq.actor) as s:
        assert any("快了 2 小时" in one.clock for one in conflicts.open_conflicts(s))


@pytest.mark.parametrize("error", [YEARS, -YEARS, HOURS])
def test_who_answers_a_step_comes_after_it_whatever_the_clocks_say(world: World, error: timedelta) -> None:
    wrong, right = world.site("A"), world.site("B", "/PS2/")
    with world.hq.store.read() as s:
        unit = s.scalars(select(Unit.id).where(Unit.path == "/PS2/")).one()
    with off_by(error), wrong.store.begin(wrong.actor) as s:
        issue = Issue(number="A-1", title="暖气不热", kind="appeal", day=clock.today(), path="/PS1/01/")
        s.add(issue)
        s.flush()
        for kind in ("register", "accept"):
            s.add(
                Step(issue_id=issue.id, kind=kind, day=clock.today(), by="张三", path="/PS1/01/", from_path="/PS1/01/")
            )
            s.flush()
    exchanged(world, wrong, error)
    with world.hq.store.begin(world.hq.actor) as s:
        facts = {"to_unit": unit, "to_path": "/PS2/", "to_name": "采油二作业区"}
        s.add(Step(issue_id=issue.id, kind="dispatch", by="总部", path="/PS1/01/", from_path="", **facts))
    exchanged(world, right, timedelta())
    with right.store.begin(right.actor) as s:
        for kind in ("sign", "handle"):  # in one go, and in this order
            s.add(Step(issue_id=issue.id, kind=kind, text="已办", by="赵六", path="/PS2/", from_path="/PS2/"))
            s.flush()
    exchanged(world, right, timedelta())
    exchanged(world, wrong, error)
    for office in (world.hq, wrong, right):
        with office.store.read(office.actor) as s:
            stand = steps.standing(s, issue.id)
            assert (stand.state, stand.holder, stand.illegal) == ("handling", "/PS2/", [])


@pytest.mark.parametrize("seed", [1, 2])
def test_with_clocks_off_by_thirty_years_everything_converges(world: World, seed: int) -> None:
    chance = Random(seed)
    offices = [world.site("A"), world.site("B"), world.site("C")]
    errors = [YEARS, -YEARS, timedelta()]
    for number in range(30):
        at = chance.randrange(3)
        if chance.random() < 0.1:
            errors[at] = chance.choice((YEARS, -YEARS, HOURS, -HOURS, timedelta()))
        with off_by(errors[at]):
            if chance.random() < 0.5:
                offices[at].edit(chance.choice(world.people), **{chance.choice(("note", "address")): str(number)})
            else:
                offices[at].visit(str(number))
        if chance.random() < 0.4:
            exchanged(world, offices[at], errors[at])
        if chance.random() < 0.2:
            world.hq.edit(chance.choice(world.people), note=f"总部 {number}")
    for _ in range(2):
        for at, site in enumerate(offices):
            exchanged(world, site, errors[at])
    for site in offices:
        assert site.digest("/PS1/") == world.hq.digest("/PS1/")
        with site.store.read() as s:
            assert collect.unconfirmed(s) == 0 and s.scalar(select(func.count()).select_from(Waiting)) == 0


@pytest.mark.parametrize("text", ["", "morgen", "2026-03-02T08:00:00", "9999-12-31T23:59:59.999999Z", "\x00"])
def test_what_is_no_moment_is_no_reason_to_refuse_anything(text: str) -> None:
    assert isinstance(clocks.seconds_ahead(text), int)
