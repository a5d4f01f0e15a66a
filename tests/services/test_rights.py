"""Nobody gives himself more than he has: logins, roles, places, and what is headquarters' alone."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.errors import Refusal
from app.models.accounts import Account, Actor
from app.models.checks import Template
from app.models.grids import Grid
from app.models.issues import Issue
from app.models.store import Store
from app.models.units import Unit
from app.models.values import new_id
from app.models.vault import Cost
from app.services import accounts, attachments, checks, codes, issues, people, units, visits
from tests.factories import PASSWORD, Plant, account


def refused(plant: Plant, who: Actor, act: Callable[[Any], object]) -> str:
    with pytest.raises(Refusal) as caught, plant.store.begin(who) as s:
        act(s)
    return caught.value.code


def test_a_login_that_differs_only_in_case_or_width_is_taken_and_signs_in_as_the_same_person(plant: Plant) -> None:
    known = account(plant, "zhao", "clerk")
    for login in ("ZHAO", "ｚｈａｏ"):
        second = Account(login=login, name="赵二", role="member", unit_id=plant.area)
        assert refused(plant, plant.boss, lambda s, made=second: accounts.create(s, made)) == "login_taken"
        with plant.store.read() as s:
            assert accounts.acting(s, login).account == known.account


def test_an_administrator_gives_no_place_above_his_own_and_no_rights_by_name(plant: Plant) -> None:
    admin = account(plant, "system", "system")
    above = Account(login="above", name="上", role="clerk")
    assert refused(plant, admin, lambda s: accounts.create(s, above)) == "out_of_scope"
    gifted = Account(login="gifted", name="甲", role="member", unit_id=plant.area, rights=["issue.sealed"])
    assert refused(plant, admin, lambda s: accounts.create(s, gifted)) == "not_allowed"
    assert refused(plant, admin, lambda s: accounts.retire(s, plant.boss.account)) == "out_of_scope"
    below = Account(login="below", name="下", role="lead", unit_id=plant.area)
    with plant.store.begin(admin) as s:
        accounts.create(s, below)


def test_a_unit_is_added_only_below_ones_own(plant: Plant) -> None:
    clerk = account(plant, "clerk", "clerk")
    with plant.store.read() as s:
        root = s.get_one(Unit, plant.area).parent_id
    made = Unit(name="采油二作业区", kind="area", parent_id=root)
    assert refused(plant, clerk, lambda s: units.add(s, made)) == "out_of_scope"


def test_reference_data_is_not_written_at_a_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    cheap = Cost(memory=64, passes=1, lanes=1)
    with Store.create(tmp_path / "site", kind="site", login="zs", password=PASSWORD, cost=cheap) as store:
        who = Actor(new_id(), "zs", "张三", "system", "", store.id, None, frozenset({"template.publish"}))
        acts: list[Callable[[Any], object]] = [
            lambda s: accounts.create(s, Account(login="me", name="我", role="clerk")),
            lambda s: accounts.retire(s, new_id()),
            lambda s: codes.add(s, "topic", "99", "其他"),
            lambda s: units.add(s, Unit(name="班", kind="team")),
            lambda s: checks.publish(s, Template(code="a", title="表", version=0, items=[])),
        ]
        for act in acts:
            with pytest.raises(Refusal) as caught, store.begin(who) as s:
                act(s)
            assert caught.value.code == "only_at_hq"


@pytest.fixture
def elsewhere(plant: Plant) -> uuid.UUID:
    """A grid of another unit."""
    with plant.store.begin(plant.boss) as s:
        root = s.get_one(Unit, plant.area).parent_id
        unit = units.add(s, Unit(name="采油二作业区", kind="area", parent_id=root))
        grid = Grid(name="外网格", kind="grid", unit_id=unit.id, path=unit.path)
        s.add(grid)
        return grid.id


def test_no_correction_moves_a_record_to_another_unit(plant: Plant, elsewhere: uuid.UUID) -> None:
    lead = account(plant, "lead", "lead")
    with plant.store.begin(lead) as s:
        visit = visits.record(s, plant.visit()).id
        issue = Issue(title="漏水", kind="appeal", day=date(2025, 3, 5), reporter="张三", grid_id=plant.first)
        issues.register(s, issue)
    acts: list[Callable[[Any], object]] = [
        lambda s: visits.correct(s, visit, reason="格错了", grid_id=elsewhere),
        lambda s: issues.correct(s, issue.id, reason="格错了", grid_id=elsewhere),
        lambda s: people.amend(s, plant.zhang, grid_id=elsewhere),
    ]
    assert [refused(plant, lead, act) for act in acts] == ["out_of_scope"] * 3


def test_a_voided_visit_is_restored_only_where_it_was_recorded(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        visit = visits.record(s, plant.visit()).id
        visits.void(s, visit, "记重了")
    other = replace(plant.boss, site=new_id())
    assert refused(plant, other, lambda s: visits.restore(s, visit)) == "visit_of_another_site"
    with plant.store.begin(plant.boss) as s:
        visits.restore(s, visit)
        assert not s.get_one(type(plant.visit()), visit).voided


def test_a_file_added_to_an_issue_that_was_handed_over_belongs_to_the_unit_that_added_it(
    plant: Plant, elsewhere: uuid.UUID, tmp_path: Path
) -> None:
    paper = tmp_path / "答复.pdf"
    paper.write_bytes(b"%PDF-1.7 text")
    lead = account(plant, "lead", "lead")
    with plant.store.begin(plant.boss) as s:
        away = s.get_one(Grid, elsewhere).path
        issue = Issue(title="漏水", kind="appeal", day=date(2025, 3, 5), reporter="张三", grid_id=elsewhere)
        issues.register(s, issue)
        issues.dispatch(s, issue.id, plant.area)
    with plant.store.begin(lead) as s:
        made = attachments.attach(s, "issue", issue.id, paper)
        mine = s.get_one(attachments.Attachment, made.id).path
    assert mine == lead.path and not mine.startswith(away)
