"""Headquarters enrols a site by file: the site begins with its scope, its people and its data, and nothing else."""

import errno
from pathlib import Path

import pytest
from sqlalchemy import select

from app.errors import Refusal
from app.models import applying, durable
from app.models.codes import Code
from app.models.people import Person
from app.models.store import Store
from app.models.vault import Cost
from app.services import overview
from app.sync import enrolling
from tests.factories import PASSWORD, Plant, account


def new_site(folder: Path) -> Store:
    store = Store.create(folder, kind="site", login=enrolling.SETUP, password=PASSWORD, cost=Cost(8, 1, 1))
    enrolling.make_site_keys(store, "采油一作业区值班室")
    return store


def test_a_site_begins_with_its_scope_from_one_file(plant: Plant, tmp_path: Path) -> None:
    account(plant, "lead1", "lead", "孙组长")
    with plant.store.begin() as s:
        enrolling.make_hq_keys(s)
    stick = tmp_path / "stick"
    stick.mkdir()
    with new_site(tmp_path / "site") as site:
        request = enrolling.write_request(site, stick)
        assert request.fingerprint == enrolling.read_request(request.path).fingerprint
        (approval,) = enrolling.approve_file(plant.store, plant.boss, request.path, stick, paths=[plant.path])
        actor = enrolling.accept_file(site, approval)
        assert (actor.login, actor.path) == ("lead1", plant.path)
        with site.read(actor) as s:
            place = overview.place(s)
            assert (place.enrolled, place.paths, place.code) == (True, (plant.path,), "S01")
            assert {p.name for p in s.scalars(select(Person))} == {"张三", "单雄信"}
            assert s.scalar(select(Code.zh).where(Code.kind == "visit_way", Code.code == "home")) == "入户"
            here = applying.digest(s, [plant.path])
            assert overview.counts(s).unsent == 0
        with plant.store.read(plant.boss) as s:
            there = applying.digest(s, [plant.path])
        assert {t: v for t, v in here.items() if t != "account"} == {t: v for t, v in there.items() if t != "account"}


def test_an_approval_for_another_request_is_refused_and_changes_nothing(plant: Plant, tmp_path: Path) -> None:
    account(plant, "lead1", "lead")
    with plant.store.begin() as s:
        enrolling.make_hq_keys(s)
    with new_site(tmp_path / "one") as one, new_site(tmp_path / "two") as two:
        request = enrolling.write_request(one, tmp_path)
        enrolling.write_request(two, tmp_path)
        (approval,) = enrolling.approve_file(plant.store, plant.boss, request.path, tmp_path, paths=[plant.path])
        with pytest.raises(Refusal):
            enrolling.accept_file(two, approval)
        with two.read() as s:
            assert not overview.place(s).enrolled


def test_a_site_without_people_or_scope_is_not_enrolled(plant: Plant, tmp_path: Path) -> None:
    with plant.store.begin() as s:
        enrolling.make_hq_keys(s)
    with new_site(tmp_path / "site") as site:
        request = enrolling.write_request(site, tmp_path)
        for paths, code in (([], "scope_missing"), (["/99/"], "scope_unknown"), ([plant.path], "nobody_there")):
            with pytest.raises(Refusal) as caught:
                enrolling.approve_file(plant.store, plant.boss, request.path, tmp_path, paths=paths)
            assert caught.value.code == code


def test_an_enrolment_that_cannot_write_its_keys_is_not_begun_and_can_be_done_again(
    plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(plant, "lead1", "lead")
    with plant.store.begin() as s:
        enrolling.make_hq_keys(s)
    with new_site(tmp_path / "site") as site:
        request = enrolling.write_request(site, tmp_path)
        (approval,) = enrolling.approve_file(plant.store, plant.boss, request.path, tmp_path, paths=[plant.path])
        with monkeypatch.context() as full:
            full.setattr(durable, "put", _no_room)
            with pytest.raises(Refusal):
                enrolling.accept_file(site, approval)
        with site.read() as s:
            assert not overview.place(s).enrolled
        site.rename_login(enrolling.SETUP, "lead1")  # as an attempt leaves it that was cut off just before its commit
        assert enrolling.accept_file(site, approval).login == "lead1"
    with Store.open(tmp_path / "site", login="lead1", password=PASSWORD) as site, site.read() as s:
        assert overview.place(s).enrolled


def _no_room(_fresh: Path, _place: Path) -> None:
    raise OSError(errno.ENOSPC, "no room")
