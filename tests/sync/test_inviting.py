"""A one-time code enrols one site: each side knows the other by it, and it never travels."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from app import clock
from app.clock import now
from app.errors import Refusal
from app.models.store import Store
from app.models.visits import Visit
from app.services import overview, sites
from app.sync import enrolling, enrolment, inviting, own
from app.sync.keys import Keys
from tests.sync.conftest import CHEAP, PASSWORD, Office, World
from tests.sync.test_renewing import site_id


def invited(world: World, name: str = "联合值班室") -> str:
    with world.hq.store.begin(world.hq.actor) as s:
        return inviting.invite(s, name=name, paths=["/PS1/"])


def new(folder: Path, name: str = "late") -> Store:
    return Store.create(folder / name, kind="site", login="setup", password=PASSWORD, cost=CHEAP)


def admitted(world: World, request: bytes, proof: str) -> bytes:
    with world.hq.store.begin() as s:
        return inviting.admit(s, request, proof)


def refused(world: World, request: bytes, proof: str) -> bool:
    with pytest.raises(Refusal) as caught:
        admitted(world, request, proof)
    return caught.value.code == "invitation_bad"


def test_a_site_enrols_with_a_code_and_a_lost_answer_is_fetched_again(world: World, tmp_path: Path) -> None:
    code, store = invited(world), new(tmp_path)
    request, _mark = enrolling.ask(store, "随便叫什么")
    proof = inviting.prove(code.lower().replace("-", " "), request)
    admitted(world, request, proof)
    approval = admitted(world, request, proof)
    actor = enrolling.accept(store, approval, proven=lambda given: inviting.recognise(code, given))
    site = Office(store, actor)
    site.visit()
    world.exchange(site)
    assert world.hq.ids(Visit) == site.ids(Visit)
    with world.hq.store.read(world.hq.actor) as s:
        (row,) = inviting.listed(s)
        assert row.used_at is not None and row.site == site_id(site)
        assert [one.name for one in sites.listed(s)] == ["联合值班室"]
    store.close()


def test_a_code_enrols_one_site_only_within_its_days_and_only_this_request(world: World, tmp_path: Path) -> None:
    code = invited(world)
    first, second = new(tmp_path, "one"), new(tmp_path, "two")
    mine, _ = enrolling.ask(first, "一")
    theirs, _ = enrolling.ask(second, "二")
    assert refused(world, theirs, inviting.prove(code, mine))
    for wrong in ("", "0" * 64, code):
        assert refused(world, mine, wrong)
    admitted(world, mine, inviting.prove(code, mine))
    assert refused(world, theirs, inviting.prove(code, theirs))
    late = invited(world)
    clock.set_clock(lambda moment=now() + timedelta(days=8): moment)  # type: ignore[misc]
    try:
        assert refused(world, theirs, inviting.prove(late, theirs))
    finally:
        clock.set_clock(None)
    withdrawn = invited(world)
    with world.hq.store.begin(world.hq.actor) as s:
        inviting.withdraw(s, next(row.id for row in inviting.listed(s) if row.used_at is None))
    assert refused(world, theirs, inviting.prove(withdrawn, theirs))
    with second.read() as s:
        assert not overview.place(s).enrolled
    first.close(), second.close()


def test_a_revoked_site_gets_no_approval_again(world: World, tmp_path: Path) -> None:
    code, store = invited(world), new(tmp_path)
    request, _ = enrolling.ask(store, "一")
    admitted(world, request, inviting.prove(code, request))
    with world.hq.store.begin(world.hq.actor) as s:
        sites.revoke(s, store.id, "丢失")
    assert refused(world, request, inviting.prove(code, request))
    store.close()


def test_an_approval_by_somebody_in_between_is_not_believed(world: World, tmp_path: Path) -> None:
    code, store, liar = invited(world), new(tmp_path), Keys.new()
    request, _ = enrolling.ask(store, "一")
    with world.hq.store.begin() as s:  # signs with keys of its own, and knows everything but the code
        admitted_to = inviting.admit(s, request, inviting.prove(code, request))
        own.identity(s).sign_key, own.identity(s).age_key = liar.secrets()
        own.note(s, keys=msgspec.to_builtins(msgspec.structs.replace(own.hq(s), sign=[liar.public.sign])))
        site = s.get_one(sites.Site, store.id)
        forged = enrolling.approval(s, site, enrolment.read_request(request), proof="0" * 64)
        s.rollback()
    assert admitted_to
    with pytest.raises(Refusal):
        enrolling.accept(store, forged, proven=lambda given: inviting.recognise(code, given))
    with store.read() as s:
        assert not overview.place(s).enrolled
    store.close()


def test_a_mistyped_code_is_found_before_it_is_sent() -> None:
    alike = inviting._code("23456789BCDFGHJ")
    assert inviting.prove(alike, b"x") == inviting.prove(alike.lower(), b"x")
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in alike)
    for typed in (
        wide,
        wide.lower(),
        "－".join(alike[at : at + 4] for at in range(0, 16, 4)),
        f"{alike[:8]}\u3000——{alike[8:]}",
    ):
        assert inviting.prove(typed, b"x") == inviting.prove(alike, b"x")
    for at in range(len(alike)):
        for letter in inviting._LETTERS:
            if letter != alike[at]:
                with pytest.raises(Refusal) as caught:
                    inviting.prove(alike[:at] + letter + alike[at + 1 :], b"x")
                assert caught.value.code == "code_mistyped"
    for wrong in ("", "K7XP", alike + "2", "AEIOU"):
        with pytest.raises(Refusal):
            inviting.prove(wrong, b"x")


def test_nobody_invites_without_the_right_or_for_a_scope_that_is_none(world: World) -> None:
    site = world.site("A")
    for office, paths in ((site, ["/PS1/"]), (world.hq, ["/PS9/"]), (world.hq, [])):
        with pytest.raises(Refusal), office.store.begin(office.actor) as s:
            inviting.invite(s, name="值班室", paths=paths)
