"""Conflicts between a site and headquarters, told in plain words and settled by a change that knows both sides."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from app.errors import Refusal
from app.models.changes import Change
from app.models.conflicts import Conflict
from app.models.people import Person
from app.models.sites import Site
from app.models.values import new_id
from app.services import conflicts
from app.services.conflicts import ConflictRow, Take
from tests.sync.conftest import Office, World
from tests.sync.conftest import world as world  # a fixture


@pytest.fixture
def site(world: World) -> Iterator[Office]:
    """A site and headquarters have both changed one person's telephone, not knowing of each other."""
    made = world.site("A")
    made.edit(world.people[0], phones=["13800000001"])
    world.hq.edit(world.people[0], phones=["13900000002"])
    world.exchange(made)
    yield made
    made.store.close()


def questions(office: Office) -> list[ConflictRow]:
    with office.store.read(office.actor) as s:
        return conflicts.open_conflicts(s)


def phones(office: Office, world: World) -> list[str] | None:
    with office.store.read() as s:
        return s.get_one(Person, world.people[0]).phones


def decide(office: Office, take: Take) -> None:
    (asked,) = questions(office)
    with office.store.begin(office.actor) as s:
        conflicts.decide(s, asked.id, take)


def test_a_conflict_is_told_with_both_sides_in_plain_words(world: World, site: Office) -> None:
    (asked,) = questions(site)
    assert (asked.kind, asked.title, asked.label) == ("人员", "李四", "电话")
    sides = {side.text: side for side in (asked.winner, asked.loser)}
    mine, theirs = sides["13800000001"], sides["13900000002"]
    assert (mine.mine, mine.here, mine.who, mine.hq) == (True, True, "张三", False)
    assert (theirs.mine, theirs.here, theirs.who, theirs.hq) == (False, False, "总部管理员", True)


@pytest.mark.parametrize("take", ["winner", "loser"])
def test_the_decision_knows_both_sides_and_settles_the_question_everywhere(
    world: World, site: Office, take: Take
) -> None:
    (asked,) = questions(site)
    chosen = asked.winner if take == "winner" else asked.loser
    decide(site, take)
    assert questions(site) == []
    assert phones(site, world) == [chosen.text]
    with site.store.read() as s:
        last = s.scalars(
            select(Change).where(Change.record == world.people[0]).order_by(Change.position.desc())
        ).first()
    assert last is not None
    assert last.fields == ["phones"] and last.state == "open"
    assert set(last.heads) == {asked.winner.change.hex, asked.loser.change.hex}
    world.exchange(site)
    for office in (site, world.hq):
        assert phones(office, world) == [chosen.text]
        with office.store.read() as s:
            assert s.scalars(select(Conflict)).all() == []
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")


def test_two_different_decisions_made_apart_are_asked_again(world: World, site: Office) -> None:
    assert world.hq.actor is not None
    clerk = Office(world.hq.store, replace(world.hq.actor, role="clerk"))
    decide(site, "winner")
    decide(clerk, "loser")
    world.exchange(site)
    (again,) = questions(site)
    assert {again.winner.text, again.loser.text} == {"13800000001", "13900000002"}
    decide(site, "loser")
    world.exchange(site)
    assert questions(site) == [] == questions(clerk)
    assert phones(site, world) == phones(clerk, world) == [again.loser.text]


def test_a_question_is_settled_once(world: World, site: Office) -> None:
    (asked,) = questions(site)
    decide(site, "winner")
    with pytest.raises(Refusal) as caught, site.store.begin(site.actor) as s:
        conflicts.decide(s, asked.id, "winner")
    assert caught.value.code == "conflict_gone"


def test_only_the_team_lead_of_the_unit_decides(world: World, site: Office) -> None:
    (asked,) = questions(site)
    assert site.actor is not None and asked.decidable
    for other, code in (
        (replace(site.actor, role="member", account=new_id()), "not_allowed"),
        (replace(site.actor, role="leader"), "not_allowed"),
        (replace(site.actor, path="/PS2/"), "out_of_scope"),
    ):
        with pytest.raises(Refusal) as caught, site.store.begin(other) as s:
            conflicts.decide(s, asked.id, "loser")
        assert caught.value.code == code
    with site.store.read(replace(site.actor, path="/PS2/")) as s:
        assert conflicts.open_conflicts(s) == []


def test_a_grid_worker_decides_on_an_entry_of_his_own_and_only_sees_the_others(world: World, site: Office) -> None:
    assert site.actor is not None
    author, other = replace(site.actor, role="member"), replace(site.actor, role="member", account=new_id())
    with site.store.read(other) as s:
        (seen,) = conflicts.open_conflicts(s)
    assert not seen.decidable and seen.door == ("registry", world.people[0])
    worker = Office(site.store, author)
    (own,) = questions(worker)
    assert own.decidable
    decide(worker, "loser")
    world.exchange(site)
    assert questions(world.hq) == [] and phones(world.hq, world) == [own.loser.text]


def test_a_side_whose_clock_was_seen_to_be_wrong_says_by_how_much(world: World, site: Office) -> None:
    world.exchange(site)
    for office in (site, world.hq):
        with office.store.begin() as s:  # as headquarters notes it and tells the site
            s.execute(update(Site).where(Site.kind == "site").values(clock_skew=-7200))
        (asked,) = questions(office)
        skews = {side.text: side.skew for side in (asked.winner, asked.loser)}
        assert skews == {"13800000001": -7200, "13900000002": None}


def test_every_field_is_a_question_of_its_own(world: World) -> None:
    site = world.site("A")
    site.edit(world.people[1], note="搬走", status="在岗")
    world.hq.edit(world.people[1], note="搬来", status="退休")
    world.exchange(site)
    found = questions(site)
    assert {asked.label for asked in found} == {"备注", "在岗状态"}
    for asked in found:
        with site.store.begin(site.actor) as s:
            conflicts.decide(s, asked.id, "loser")
    world.exchange(site)
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")
    assert questions(site) == []
    site.store.close()


def test_an_ordinary_edit_that_knows_both_sides_settles_the_question_too(world: World, site: Office) -> None:
    site.edit(world.people[0], phones=["13700000003"])
    assert questions(site) == []
    world.exchange(site)
    assert questions(world.hq) == []
    assert phones(world.hq, world) == phones(site, world) == ["13700000003"]
