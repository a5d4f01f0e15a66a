"""What goes down to which site: its own, everyone's, what was handed to it; never a sealed matter about it."""

import uuid

import pytest
from sqlalchemy import select

from app.clock import today
from app.errors import Refusal
from app.models.accounts import Account
from app.models.attachments import Attachment
from app.models.codes import Code
from app.models.issues import Issue, IssueState
from app.models.people import Household, Person
from app.models.sites import Site
from app.models.steps import Step
from app.models.units import Unit
from app.models.visits import Visit
from app.services import people
from app.services.listing import Query
from app.sync import exchange, feed
from tests.sync.conftest import Office, World


def raised(office: Office, number: str, path: str = "/PS1/01/", **fields: object) -> uuid.UUID:
    """An issue with its first step."""
    with office.store.begin(office.actor) as s:
        issue = Issue(number=number, title="暖气不热", kind="appeal", day=today(), path=path, **fields)  # type: ignore[arg-type]
        s.add(issue)
        s.flush()
        s.add(Step(issue_id=issue.id, kind="register", day=today(), by="张三", path=path, from_path=path))
    return issue.id


def stepped(office: Office, issue: uuid.UUID, kind: str, path: str, **fields: object) -> None:
    with office.store.begin(office.actor) as s:
        s.add(Step(issue_id=issue, kind=kind, day=today(), by="李四", path=path, from_path=path, **fields))  # type: ignore[arg-type]


def steps(office: Office, issue: uuid.UUID) -> list[str]:
    with office.store.read() as s:
        return sorted(s.scalars(select(Step.kind).where(Step.issue_id == issue)))


def test_an_issue_handed_to_another_unit_comes_there_with_all_its_steps_and_its_answer_comes_back(world: World) -> None:
    first, second = world.site("A"), world.site("C", "/PS2/")
    issue = raised(first, "C01-1")
    world.exchange(first)
    world.exchange(second)
    assert second.ids(Issue) == set()
    stepped(world.hq, issue, "accept", "/PS1/01/")
    stepped(world.hq, issue, "dispatch", "/PS1/01/", to_path="/PS2/", to_name="采油二作业区")
    world.exchange(second)
    assert second.ids(Issue) == {issue}
    assert steps(second, issue) == ["accept", "dispatch", "register"]
    stepped(second, issue, "sign", "/PS2/")
    world.exchange(second)
    world.exchange(first)
    assert steps(first, issue) == ["accept", "dispatch", "register", "sign"]
    stands = set()
    for office in (world.hq, first, second):
        with office.store.read() as s:
            stands.add(s.scalars(select(IssueState.state).where(IssueState.issue_id == issue)).one())
    assert stands == {"handling"}


def test_a_sealed_issue_never_goes_to_the_unit_it_complains_of(world: World) -> None:
    site = world.site("A")
    with world.hq.store.read() as s:
        units = {unit.path: unit.id for unit in s.scalars(select(Unit))}
    about_us = raised(world.hq, "HQ-1", secrecy="sealed", against=units["/PS1/"])
    about_nobody_known = raised(world.hq, "HQ-2", secrecy="sealed")
    about_others = raised(world.hq, "HQ-3", secrecy="sealed", against=units["/PS2/"])
    plain = raised(world.hq, "HQ-4")
    world.exchange(site)
    assert site.ids(Issue) == {about_others, plain}
    assert about_us not in site.ids(Issue) and about_nobody_known not in site.ids(Issue)
    assert steps(site, about_us) == []


def test_what_is_everyones_and_the_units_above_come_too_but_not_the_neighbours(world: World) -> None:
    site = world.site("C", "/PS2/")
    with site.store.read() as s:
        assert set(s.scalars(select(Unit.path))) == {"/", "/PS2/"}
        assert s.scalar(select(Code.id).limit(1)) is not None
        assert set(s.scalars(select(Account.login))) == {"admin", "ls"}


def test_a_record_that_refers_to_something_outside_the_scope_brings_it_along(world: World) -> None:
    site = world.site("C", "/PS2/")
    with world.hq.store.read() as s:
        household = s.scalars(select(Household.id)).one()
    visit = world.hq.visit(path="/PS2/", household=household)
    world.exchange(site)
    assert site.ids(Household) == {household}
    assert world.hq.digest("/PS2/") == site.digest("/PS2/")
    assert visit


def moved(office: Office, person: uuid.UUID, path: str) -> None:
    office.edit(person, path=path)


def person_at(office: Office, person: uuid.UUID) -> tuple[str, str | None] | None:
    with office.store.read() as s:
        found = s.get(Person, person)
        return None if found is None else (found.path, found.note)


def test_whoever_moves_away_is_shown_as_handed_over_and_is_not_followed(world: World) -> None:
    site, (first, second) = world.site("A"), world.people
    moved(world.hq, first, "/PS2/")
    moved(world.hq, second, "/PS2/")
    world.hq.edit(second, note="到了新单位")
    world.exchange(site)
    world.hq.edit(first, note="到了新单位")
    world.exchange(site)
    assert person_at(site, first) == person_at(site, second) == ("/PS2/", None)


def test_whoever_comes_back_is_complete_again_with_what_was_missed(world: World) -> None:
    site, (first, second) = world.site("A"), world.people
    moved(world.hq, first, "/PS2/")
    world.exchange(site)
    world.hq.edit(first, note="在外")
    world.exchange(site)
    moved(world.hq, first, "/PS1/")
    moved(world.hq, second, "/PS2/")
    world.hq.edit(second, note="在外")
    moved(world.hq, second, "/PS1/")  # away and back between two exchanges
    world.exchange(site)
    assert person_at(site, first) == person_at(site, second) == ("/PS1/", "在外")
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")


def test_a_household_that_moves_brings_its_people_visits_and_files_to_the_new_unit(world: World) -> None:
    first, second = world.site("A"), world.site("C", "/PS2/")
    with world.hq.store.read() as s:
        household = s.scalars(select(Household.id)).one()
    visit = first.visit("搬家前", household=household)
    with first.store.begin(first.actor) as s:
        s.add(
            Attachment(
                of_table="visit", of_id=visit, hash="a" * 64, size=1, media="image/png", name="照片", path="/PS1/01/"
            )
        )
    world.exchange(first)
    world.exchange(second)
    assert second.ids(Person) == set()
    with world.hq.store.begin(world.hq.actor) as s:
        for model in (Household, Person, Visit, Attachment):
            for record in s.scalars(select(model)):
                record.path = "/PS2/"
    for _ in range(2):
        for site in (first, second):
            world.exchange(site)
    assert second.ids(Person) == set(world.people)
    assert second.ids(Visit) == {visit} and len(second.ids(Attachment)) == 1
    for site in (first, second):
        for path in ("/PS1/", "/PS2/") if site is second else ("/PS1/",):
            assert site.digest(path)["person"] == world.hq.digest(path)["person"]
    assert second.digest("/PS2/") == world.hq.digest("/PS2/")


def test_a_scope_that_grows_brings_what_lies_in_the_new_unit_and_goes_on(world: World) -> None:
    site = world.site("A")
    old = world.hq.visit("二区的旧走访", "/PS2/")
    world.exchange(site)
    assert site.ids(Visit) == set()
    with world.hq.store.begin(world.hq.actor) as s:
        s.get_one(Site, site.store.id).paths = ["/PS1/", "/PS2/"]
    new = world.hq.visit("二区的新走访", "/PS2/")
    world.exchange(site)
    assert site.ids(Visit) == {old, new}
    for path in ("/PS1/", "/PS2/"):
        assert site.digest(path) == world.hq.digest(path)
    assert len(list(parts(world, site))) == 1, "an idle feed is one empty piece"


def parts(world: World, site: Office) -> list[int]:
    with site.store.read() as s:
        stated = feed.statement(s)
    with world.hq.store.begin() as s:
        return [len(list(one.changes)) for one in feed.build_all(s, s.get_one(Site, site.store.id), stated)]


def test_a_scope_that_shrinks_needs_no_load_and_what_is_outside_stops(world: World) -> None:
    site = world.site("A", "/")
    with world.hq.store.begin(world.hq.actor) as s:
        s.get_one(Site, site.store.id).paths = ["/PS1/"]
    world.hq.visit("二区", "/PS2/")
    inside = world.hq.visit("一区")
    world.exchange(site)
    assert site.ids(Visit) == {inside}
    assert parts(world, site) == [0]


def test_an_old_answer_from_before_the_scope_shrank_does_not_pass_for_knowing_the_other_unit(world: World) -> None:
    site = world.site("A", "/")
    with world.hq.store.begin(world.hq.actor) as s:
        s.get_one(Site, site.store.id).paths = ["/PS1/", "/PS2/"]
    world.exchange(site)
    old = world.take(world.up(site)).file
    with world.hq.store.begin(world.hq.actor) as s:
        s.get_one(Site, site.store.id).paths = ["/PS1/"]
    world.exchange(site)
    missed = world.hq.visit("二区", "/PS2/")
    world.exchange(site)
    assert site.ids(Visit) == set()
    exchange.hear(site.store, old, site.actor)  # the stick with it was found again
    with world.hq.store.begin(world.hq.actor) as s:
        s.get_one(Site, site.store.id).paths = ["/PS1/", "/PS2/"]
    world.exchange(site)
    assert site.ids(Visit) == {missed}
    assert site.digest("/PS2/") == world.hq.digest("/PS2/")


def test_what_is_outside_and_only_referred_to_comes_anew_with_each_new_reference(world: World) -> None:
    site = world.site("C", "/PS2/")
    with world.hq.store.read() as s:
        household = s.scalars(select(Household.id)).one()
    world.hq.visit(path="/PS2/", household=household)
    world.exchange(site)
    with world.hq.store.begin(world.hq.actor) as s:
        s.get_one(Household, household).address = "9 栋"
    world.exchange(site)
    assert address(site, household) == "1 栋 101"
    world.hq.visit(path="/PS2/", household=household)
    world.exchange(site)
    assert address(site, household) == "9 栋"


def address(office: Office, household: uuid.UUID) -> str:
    with office.store.read() as s:
        return s.get_one(Household, household).address


def test_what_was_handed_over_is_marked_in_lists_and_cannot_be_changed_here(world: World) -> None:
    site, (first, second) = world.site("A"), world.people
    moved(world.hq, first, "/PS2/")
    world.exchange(site)
    with site.store.begin(site.actor) as s:
        assert people.find(s, Query(chip="handed_over")).ids == (first,)
        assert [row.handed_over for row in people.rows(s, [first, second])] == [True, False]
        with pytest.raises(Refusal) as refused:
            people.amend(s, first, note="改")
        assert refused.value.code == "handed_over"
        people.amend(s, second, note="改")
    with world.hq.store.read(world.hq.actor) as s:
        assert people.find(s, Query(chip="handed_over")).ids == ()
        assert [row.handed_over for row in people.rows(s, [first, second])] == [False, False]
