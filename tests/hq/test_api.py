"""The server over a real socket: what it takes, what it declines, and that nothing is half done."""

import io
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from app.clock import now, set_clock
from app.hq.auth import GOOD_FOR, Door
from app.hq.inbox import Inbox
from app.models.sites import Site
from app.models.visits import Visit
from app.sync import client, envelope, exchange, feed, own, requests, rotating
from app.sync.connection import Connection
from tests.hq.conftest import Caller, fresh
from tests.hq.serving import running
from tests.sync.conftest import World


def test_a_package_sent_twice_gets_the_same_receipt_and_is_taken_once(world: World, url: str) -> None:
    site = world.site("A")
    visit = site.visit()
    data = world.up(site)
    caller = Caller(url, site)
    first, second = caller.ask("POST", "/v1/packages", data), caller.ask("POST", "/v1/packages", data)
    assert (first.status_code, second.status_code) == (200, 200)
    assert world.hq.ids(Visit) == {visit}
    (one, _), (two, _) = (
        exchange.hear(site.store, answer.content, site.actor).receipts[0] for answer in (first, second)
    )
    assert one == two and one.counts == {"taken": 1}
    assert not list((world.hq.store.folder / "inbox").iterdir())


def test_a_receipt_can_be_fetched_again_by_its_package(world: World, url: str) -> None:
    site = world.site("A")
    site.visit()
    data = world.up(site)
    caller = Caller(url, site)
    package = head(data)
    assert caller.ask("GET", f"/v1/packages/{package}/receipt").status_code == 404
    caller.ask("POST", "/v1/packages", data)
    answer = caller.ask("GET", f"/v1/packages/{package}/receipt")
    assert answer.status_code == 200
    assert exchange.hear(site.store, answer.content, site.actor).receipts[0][0].counts == {"taken": 1}


def head(data: bytes) -> str:
    import io

    return envelope.peek(io.BytesIO(data)).package


def test_a_package_left_by_a_stopped_server_is_taken_when_it_starts_again(world: World) -> None:
    site = world.site("A")
    visit = site.visit()
    data = world.up(site)
    Inbox(world.hq.store).keep(data, "digest")
    assert world.hq.ids(Visit) == set()
    with running(world.hq.store) as url:
        assert Caller(url, site).ask("GET", f"/v1/packages/{head(data)}/receipt").status_code == 200
    assert world.hq.ids(Visit) == {visit}


@pytest.mark.parametrize("spoil", [lambda heads: {}, lambda heads: {"Authorization": "Fengge nonsense"}])
def test_a_request_without_proof_is_asked_for_it(url: str, spoil: Callable[[object], dict[str, str]]) -> None:
    answer = httpx.get(f"{url}/v1/feed", headers=spoil(None), trust_env=False)
    assert answer.status_code == 401 and answer.json()["refused"] == "not_proven"
    assert answer.headers["www-authenticate"].startswith("Fengge challenge=")


def test_a_signature_is_for_one_request_of_one_site_only(world: World, url: str) -> None:
    site, other = world.site("A"), world.site("B", "/PS2/")
    caller = Caller(url, site, fresh(url))
    good = caller.ask("GET", "/v1/feed?cursor=0")
    assert good.status_code == 200
    heads = good.request.headers
    claim = {"authorization": heads["authorization"]}
    assert httpx.get(f"{url}/v1/feed?cursor=1", headers=claim, trust_env=False).status_code == 401
    with other.store.read() as s, site.store.read() as t:
        theirs, ours = own.line(s).site_id.hex, own.line(t).site_id.hex
    claim["authorization"] = claim["authorization"].replace(ours, theirs)
    assert httpx.get(f"{url}/v1/feed?cursor=0", headers=claim, trust_env=False).status_code == 401


def test_a_request_is_known_by_either_form_of_its_proof_and_the_short_one_carries_no_body(
    world: World, url: str
) -> None:
    caller = Caller(url, world.site("A"))
    with caller.site.store.begin(caller.site.actor) as s:
        _, data = exchange.pack(s)
    assert [caller.ask("GET", "/v1/attachments", short=short).status_code for short in (False, True)] == [200, 200]
    smuggled = caller.ask("POST", "/v1/packages", b"", sent=data, short=True)
    assert (smuggled.status_code, smuggled.json()["refused"]) == (422, "body_differs")


def test_a_body_other_than_the_signed_one_is_declined(world: World, url: str) -> None:
    site = world.site("A")
    site.visit()
    data = world.up(site)
    answer = Caller(url, site).ask("POST", "/v1/packages", data, sent=data[:-1] + b"x")
    assert (answer.status_code, answer.json()["refused"]) == (422, "body_differs")
    assert world.hq.ids(Visit) == set()


def test_a_challenge_wears_out_by_headquarters_clock_and_a_new_one_is_given(world: World, url: str) -> None:
    from datetime import timedelta

    caller = Caller(url, world.site("A"), fresh(url))
    assert caller.ask("GET", "/v1/attachments").status_code == 200
    later = now() + timedelta(seconds=GOOD_FOR + 5)
    set_clock(lambda: later)
    try:
        assert caller.ask("GET", "/v1/attachments").status_code == 401
        caller.challenge = ""
        assert caller.ask("GET", "/v1/attachments").status_code == 200
    finally:
        set_clock(None)


def test_a_revoked_site_is_turned_away_and_its_package_put_in_quarantine(world: World, url: str) -> None:
    site = world.site("A")
    site.visit()
    data = world.up(site)
    with site.store.read() as s:
        here = own.line(s).site_id
    with world.hq.store.begin(world.hq.actor) as s:
        record = s.get_one(Site, here)
        record.revoked_at, record.revoke_reason = now(), "电脑丢失"
    caller = Caller(url, site)
    for answer in (caller.ask("POST", "/v1/packages", data), caller.ask("GET", "/v1/feed")):
        assert (answer.status_code, answer.json()["refused"]) == (403, "site_revoked")
        assert "电脑丢失" in answer.json()["message"]
    assert world.hq.ids(Visit) == set()
    assert len(list((world.hq.store.folder / "quarantine").iterdir())) == 1


def test_what_is_too_large_is_declined_before_it_is_kept(world: World) -> None:
    site = world.site("A")
    site.visit()
    with running(world.hq.store, largest=100) as url:
        answer = Caller(url, site).ask("POST", "/v1/packages", world.up(site))
    assert (answer.status_code, answer.json()["refused"]) == (413, "too_large")
    assert not (world.hq.store.folder / "inbox").exists()


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89FENGGE\n" + bytes(50)])
def test_what_is_no_package_is_declined_calmly(world: World, url: str, data: bytes) -> None:
    answer = Caller(url, world.site("A")).ask("POST", "/v1/packages", data)
    assert answer.status_code == 422 and answer.json()["message"]


@pytest.mark.parametrize(
    "target",
    [
        "/v1/feed?cursor=-1", "/v1/feed?cursor=99999999999999999999", "/v1/feed?tip=zz", "/v1/packages/no/receipt",
        "/v1/attachments/..%2f..", "/v1/attachments/" + "0" * 63, "/v1/feed?epoch=1",
    ],
)  # fmt: skip
def test_nonsense_in_the_address_is_no_server_error(world: World, url: str, target: str) -> None:
    assert 400 <= Caller(url, world.site("A")).ask("GET", target).status_code < 500


def test_keys_and_revoked_sites_come_with_the_feed_only_to_who_says_that_it_lacks_them(world: World, url: str) -> None:
    site, lost = world.site("A"), world.site("B")
    with world.hq.store.begin(world.hq.actor) as s:
        rotating.rotate(s)
        record = s.get_one(Site, lost.store.id)
        record.revoked_at, record.revoke_reason = now(), "电脑丢失"

    def fetched() -> tuple[bool, bool]:
        with site.store.read() as s:
            stated, keys, line, hq = feed.statement(s), own.keys(s), own.line(s), own.hq(s)
        with Connection(url, keys, line.site_id.hex, hq.site) as connection:
            header = envelope.peek(io.BytesIO(connection.feed(stated).data))
        return bool(header.hq_keys), bool(header.revocations)

    assert fetched() == (True, True)
    client.exchange(site.store, site.actor, url)
    assert fetched() == (False, False)
    with world.hq.store.begin(world.hq.actor) as s:
        rotating.rotate(s)
    assert fetched() == (True, True), "the list of revoked sites is signed anew by the new key"
    caller = Caller(url, site)
    assert caller.ask("GET", "/v1/feed?knows=1").status_code == 422
    assert caller.ask("GET", f"/v1/feed?knows={'9' * 19}:0").status_code == 200


def test_health_says_nothing_about_the_data(url: str) -> None:
    answer = httpx.get(f"{url}/v1/health", trust_env=False)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "store": "ok", "disk": "ok"})
    assert "server" not in answer.headers


def test_the_log_tells_what_happened_without_addresses_or_names(world: World, tmp_path: Path) -> None:
    from app import logs

    site = world.site("A")
    site.visit("张三家里都好")
    handler = logs.start(tmp_path)
    try:
        with running(world.hq.store) as url:
            Caller(url, site).ask("POST", "/v1/packages", world.up(site))
    finally:
        logs.stop(handler)
    text = (tmp_path / "log" / "fengge.log").read_text("utf-8")
    assert "event=hq.request what=packages.post status=200" in text
    assert "127.0.0.1" not in text and "张三" not in text and "challenge" not in text


def test_who_was_here_a_moment_ago_is_known_again_without_the_store_and_nobody_else_is(world: World) -> None:
    site, door = world.site("A"), Door(world.hq.store)
    with site.store.read() as s:
        keys, here, hq = own.keys(s), own.line(s).site_id.hex, own.hq(s).site
    digest = requests.digest_of(None)

    def asked(target: str) -> tuple[str, str, str, str]:
        claim = requests.headers(keys, here, hq, door.challenge(), "GET", target, b"")["Authorization"]
        return "GET", "/v1/feed", claim, digest

    good = asked("/v1/feed")
    assert door.at_once(*good) is None
    known = door.enter(*good)
    assert door.at_once(*asked("/v1/feed")) == known and known.site.hex == here
    assert door.at_once(*asked("/v1/attachments")) is None, "signed for another request"
    assert door.at_once("GET", "/v1/feed", "", digest) is None
