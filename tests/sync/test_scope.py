"""What goes down to which site: its own, everyone's, what was handed to it; never a sealed matter about it."""

import uuid

from sqlalchemy import select

from app.clock import today
from app.models.accounts import Account
from app.models.codes import Code
from app.models.issues import Issue, IssueState
from app.models.people import Household
from app.models.steps import Step
from app.models.units import Unit
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
