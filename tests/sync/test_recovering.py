"""A store whose password was lost is opened by headquarters, by two files; the answer is good for that laptop, once."""

import shutil
import uuid
from pathlib import Path

import pytest

from app.errors import Refusal, StoreRefusal
from app.models import lockout
from app.models.sites import Site
from app.models.store import Store
from app.models.visits import Visit
from app.services import sites
from app.sync import own, recovering, rotating
from tests.sync.conftest import CHEAP, PASSWORD, Office, World
from tests.sync.test_renewing import site_id

NEW = "xin-kouling-9"


def code(refused: pytest.ExceptionInfo[Refusal]) -> str:
    return refused.value.code


def asked(site: Office, folder: Path) -> recovering.Written:
    site.store.close()
    return recovering.write_request(site.store.folder, folder, "值班室")


def answered(world: World, file: Path, folder: Path) -> recovering.Written:
    return recovering.answer_file(world.hq.store, world.hq.actor, file, "口令忘记", folder)  # type: ignore[arg-type]


def test_a_forgotten_password_is_replaced_by_two_files_and_leaves_a_trace(world: World, tmp_path: Path) -> None:
    site = world.site("A")
    visit, folder = site.visit(), site.store.folder
    request = asked(site, tmp_path)
    for _ in range(lockout.FREE_TRIES):
        with pytest.raises(StoreRefusal):
            Store.open(folder, login="zs", password="geraten-1")
    answer = answered(world, request.path, tmp_path)
    assert answer.fingerprint == request.fingerprint and (folder / "recover.json").stat().st_mode & 0o077 == 0
    assert recovering.accept_file(folder, answer.path, "zs", NEW) == "zs"
    assert not (folder / "recover.json").exists()
    with Store.open(folder, login="zs", password=NEW) as store:
        assert Office(store, site.actor).ids(Visit) == {visit}
        here = own_id(store)
    with world.hq.store.read() as s:
        record = s.get_one(Site, here)
        assert record.recovered_at is not None and record.recover_reason == "口令忘记"
    with pytest.raises(Refusal) as used:
        recovering.accept_file(folder, answer.path, "zs", NEW)
    assert code(used) == "no_request_here"


def own_id(store: Store) -> uuid.UUID:
    with store.read() as s:
        return own.line(s).site_id


def test_an_answer_is_of_no_use_elsewhere_and_nothing_is_half_done(world: World, tmp_path: Path) -> None:
    one, two = world.site("A"), world.site("B")
    folder, other = one.store.folder, two.store.folder
    first = asked(one, tmp_path)
    outdated = answered(world, first.path, tmp_path)
    answer = answered(world, asked(one, tmp_path).path, tmp_path)
    asked(two, tmp_path)
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy, ignore=lambda _at, _names: ["recover.json"])
    damaged = tmp_path / "damaged.fgunlock"
    damaged.write_bytes(answer.path.read_bytes()[:-9])
    for place, file, login, password, refusal in (
        (other, answer.path, "zs", NEW, "not_answered"),
        (folder, outdated.path, "zs", NEW, "not_answered"),
        (copy, answer.path, "zs", NEW, "no_request_here"),
        (folder, damaged, "zs", NEW, "no_answer"),
        (folder, first.path, "zs", NEW, "no_answer"),
        (folder, answer.path, "zs", "123456", "password_weak"),
        (folder, answer.path, "wer", NEW, "login_unknown"),
    ):
        with pytest.raises(Refusal) as refused:
            recovering.accept_file(place, file, login, password)
        assert code(refused) == refusal
        with pytest.raises(StoreRefusal):
            Store.open(place, login="zs", password=NEW)
    recovering.accept_file(folder, answer.path, "zs", NEW)
    Store.open(folder, login="zs", password=NEW).close()


def test_headquarters_opens_no_store_that_it_should_not(world: World, tmp_path: Path) -> None:
    site = world.site("A")
    here = site_id(site)
    request = asked(site, tmp_path)
    never = Store.create(tmp_path / "never", kind="site", login="setup", password=PASSWORD, cost=CHEAP)
    never.close()
    with pytest.raises(Refusal) as refused:
        recovering.write_request(tmp_path / "never", tmp_path)
    assert code(refused) == "not_recoverable"
    with pytest.raises(Refusal) as refused:
        recovering.answer_file(world.hq.store, site.actor, request.path, "口令忘记", tmp_path)  # type: ignore[arg-type]
    assert code(refused) == "not_allowed"
    with pytest.raises(Refusal) as refused:
        recovering.answer_file(world.hq.store, world.hq.actor, request.path, " ", tmp_path)  # type: ignore[arg-type]
    assert code(refused) == "reason_missing"
    for spoilt in (b"", b"{}", b"[1]", b'{"body":"{}","fgrecover":1}', request.path.read_bytes()[:-1], b"\xff" * 99):
        file = tmp_path / "spoilt.fgrecover"
        file.write_bytes(spoilt)
        with pytest.raises(Refusal) as refused:
            answered(world, file, tmp_path)
        assert code(refused) == "no_request"
    with world.hq.store.begin(world.hq.actor) as s:
        sites.revoke(s, here, "笔记本丢失")
    with pytest.raises(Refusal) as refused:
        answered(world, request.path, tmp_path)
    assert code(refused) == "site_revoked"


def test_a_store_wrapped_for_a_former_recovery_key_is_opened_too(world: World, tmp_path: Path) -> None:
    site = world.site("A")
    folder = site.store.folder
    with world.hq.store.begin(world.hq.actor) as s:
        rotating.rotate_recovery(s)
    answer = answered(world, asked(site, tmp_path).path, tmp_path)
    recovering.accept_file(folder, answer.path, "zs", NEW)
    Store.open(folder, login="zs", password=NEW).close()
