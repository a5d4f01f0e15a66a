"""A package in pieces: it goes on where it was cut, ends as if it had come whole, and nothing half stays for ever."""

import hashlib
import json
from datetime import timedelta

import pytest
import stamina

from app.clock import now, set_clock
from app.errors import Refusal
from app.hq.inbox import Inbox
from app.hq.uploads import EACH, Announced, Uploads
from app.models.visits import Visit
from app.sync import client, connection, exchange, own
from app.sync.pending import Outgoing
from tests.hq.conftest import Caller
from tests.hq.serving import running
from tests.sync.conftest import Office, World

PIECE = 700


def announced(data: bytes, package: str) -> bytes:
    said = {"package": package, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return json.dumps(said).encode()


def begin(caller: Caller, data: bytes) -> tuple[str, int]:
    package = data[14:].partition(b'"package":"')[2][:32].decode()
    answer = caller.ask("POST", "/v1/uploads", announced(data, package))
    assert answer.status_code == 201, answer.text
    return answer.json()["upload"], answer.json()["offset"]


def test_a_package_in_pieces_gets_the_receipt_of_a_whole_one(world: World, url: str) -> None:
    site = world.site("A")
    visit = site.visit()
    data = world.up(site)
    caller = Caller(url, site)
    name, at = begin(caller, data)
    assert at == 0
    while at < len(data):
        answer = caller.ask("PATCH", f"/v1/uploads/{name}?offset={at}", data[at : at + PIECE])
        assert answer.status_code == 200
        at += PIECE
        if at < len(data):
            assert answer.json() == {"offset": at}
            assert caller.ask("GET", f"/v1/uploads/{name}").json() == {"offset": at}
            assert begin(caller, data) == (name, at)
    assert exchange.hear(site.store, answer.content, site.actor).receipts[0][0].counts == {"taken": 1}
    assert world.hq.ids(Visit) == {visit}
    assert begin(caller, data)[1] == len(data)  # who lost the last answer hears that nothing is missing
    assert not [path for path in (world.hq.store.folder / "uploads").rglob("*") if path.is_file()]


def test_a_piece_counts_only_where_the_last_one_ended(world: World, url: str) -> None:
    site, other = world.site("A"), world.site("B")
    site.visit()
    data = world.up(site)
    caller, stranger = Caller(url, site), Caller(url, other)
    name, _at = begin(caller, data)
    assert caller.ask("PATCH", f"/v1/uploads/{name}?offset=5", b"x").status_code == 409
    assert caller.ask("PATCH", f"/v1/uploads/{name}?offset=0", data + b"x").status_code == 422
    assert caller.ask("PATCH", f"/v1/uploads/{name}?offset=0", data[:9], sent=data[:8] + b"x").status_code == 422
    assert stranger.ask("GET", f"/v1/uploads/{name}").status_code == 404
    assert stranger.ask("PATCH", f"/v1/uploads/{name}?offset=0", data[:9]).status_code == 404
    assert caller.ask("GET", f"/v1/uploads/{name}").json() == {"offset": 0}


def test_another_package_than_the_announced_one_is_declined_and_begins_anew(world: World, url: str) -> None:
    site = world.site("A")
    site.visit()
    data = world.up(site)
    caller = Caller(url, site)
    name, _at = begin(caller, data)
    answer = caller.ask("PATCH", f"/v1/uploads/{name}?offset=0", data[:-1] + bytes([data[-1] ^ 1]))
    assert (answer.status_code, answer.json()["refused"]) == (422, "body_differs")
    assert begin(caller, data) == (name, 0) and world.hq.ids(Visit) == set()


def test_what_is_too_large_is_declined_when_it_is_announced(world: World) -> None:
    with running(world.hq.store, largest=100) as url:
        site = world.site("A")
        answer = Caller(url, site).ask("POST", "/v1/uploads", announced(bytes(101), "0" * 32))
    assert (answer.status_code, answer.json()["refused"]) == (413, "too_large")


@pytest.mark.parametrize("said", [b"", b"[]", b"{", b'{"package": 5}', b'{"package":"x","size":-1,"sha256":""}'])
def test_nonsense_is_no_announcement(world: World, url: str, said: bytes) -> None:
    assert Caller(url, world.site("A")).ask("POST", "/v1/uploads", said).status_code == 422


def test_a_site_has_few_uploads_and_they_end_after_a_day(world: World) -> None:
    uploads = Uploads(world.hq.store, Inbox(world.hq.store))
    with world.site("A").store.read() as s:
        site = own.line(s).site_id
    begun = [uploads.begin(site, Announced(f"{number:032x}", 10, "0" * 64)).name for number in range(EACH + 2)]
    alive = []
    for name in begun:
        try:
            alive.append(uploads.find(site, name).name)
        except Refusal as refusal:
            assert refusal.code == "not_found"
    assert len(alive) == EACH and begun[-1] in alive
    later = now() + timedelta(days=1, minutes=1)
    set_clock(lambda: later)
    try:
        uploads.tidy()
    finally:
        set_clock(None)
    with pytest.raises(Refusal):
        uploads.find(site, begun[-1])


def test_a_long_package_goes_on_after_a_restart_as_the_same_package(
    world: World, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PIECE", 2000)
    monkeypatch.setattr(client, "PIECE", 2000)
    site = world.site("A")
    for number in range(30):
        site.visit("".join(hashlib.sha256(f"{number}.{part}".encode()).hexdigest() for part in range(8)))
    sent: list[str] = []
    once = connection.Connection._once

    def breaking(self: connection.Connection, method: str, target: str, body: bytes = b"") -> object:
        if method == "PATCH":
            sent.append(target)
            if len(sent) == 4:
                raise KeyboardInterrupt
        return once(self, method, target, body)

    monkeypatch.setattr(connection.Connection, "_once", breaking)
    with pytest.raises(KeyboardInterrupt):
        sync(site, url)
    with site.store.begin() as s:
        kept = Outgoing(site.store).find(s)
    assert kept is not None
    assert sync(site, url).confirmed == 30
    offsets = [int(target.partition("offset=")[2]) for target in sent]
    assert offsets == sorted(offsets) and offsets.count(offsets[3]) == 2  # only the piece that was cut went twice
    assert {target.partition("?")[0] for target in sent} == {sent[0].partition("?")[0]}
    assert not list((site.store.folder / "outgoing").iterdir())
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")


def test_a_long_answer_comes_part_by_part_and_goes_on_after_a_restart(
    world: World, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.sync import pieces

    monkeypatch.setattr(pieces, "PIECE", 3000)
    site = world.site("A")
    for number in range(40):
        world.hq.visit("".join(hashlib.sha256(f"{number}.{part}".encode()).hexdigest() for part in range(8)))
    asked: list[int] = []
    part = connection.Connection.part

    def breaking(self: connection.Connection, answer: str, start: int) -> bytes | None:
        asked.append(start)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return part(self, answer, start)

    monkeypatch.setattr(connection.Connection, "part", breaking)
    with pytest.raises(KeyboardInterrupt):
        sync(site, url)
    assert len(list((site.store.folder / "incoming").iterdir())) == 1
    sync(site, url)
    assert asked[:4] == [0, 3000, 6000, 6000]
    assert not list((site.store.folder / "incoming").iterdir())
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")


def sync(site: Office, url: str) -> client.Exchanged:
    assert site.actor is not None
    with stamina.set_testing(True, attempts=3, cap=True):
        return client.exchange(site.store, site.actor, url)
