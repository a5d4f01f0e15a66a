"""More than can be served is asked to come later; who does not speak, or does not listen, is let go."""

import errno
import json
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from app.errors import Refusal
from app.hq import gate, patience, seats
from app.hq.gate import Guests
from app.hq.metrics import Metrics
from app.models.values import new_id
from app.models.visits import Visit
from app.sync import exchange
from tests.hq.conftest import Caller, fresh
from tests.hq.serving import running
from tests.sync.conftest import World


def connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30)


@pytest.mark.parametrize("said", [b"", b"GET /v1/health HT", b"POST /v1/packages HTTP/1.1\r\nHost: x\r\nX-A: "])
def test_who_never_finishes_a_request_is_let_go(url: str, said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LOOK", 0.05)
    monkeypatch.setattr(patience, "HEAD", 0.2)
    with connected(url) as line:
        line.sendall(said)
        try:
            assert line.recv(100) == b""
        except ConnectionResetError:
            pass
    assert httpx.get(f"{url}/v1/health", trust_env=False).status_code == 200


def test_a_body_that_dribbles_is_not_waited_for(world: World, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    site = world.site("A")
    site.visit()
    data = world.up(site)
    caller = Caller(url, site, fresh(url))
    heads = caller.ask("POST", "/v1/packages", data).request.headers
    monkeypatch.setattr(patience, "STILL", 0.2)
    with connected(url) as line:
        said = f"POST /v1/packages HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n"
        said += "".join(f"{name}: {heads[name]}\r\n" for name in ("authorization", "content-digest"))
        line.sendall(said.encode() + b"\r\n" + data[:100])
        assert line.recv(100).startswith(b"HTTP/1.1 408")


def test_a_size_beyond_the_limit_is_declined_before_the_body_comes(world: World) -> None:
    site = world.site("A")
    with running(world.hq.store, largest=1000) as url:
        heads = Caller(url, site).ask("POST", "/v1/packages", b"x").request.headers
        with connected(url) as line:
            said = "POST /v1/packages HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n"
            said += "".join(f"{name}: {heads[name]}\r\n" for name in ("authorization", "content-digest"))
            line.sendall(said.encode() + b"\r\n")
            assert line.recv(100).startswith(b"HTTP/1.1 413")


def test_more_requests_than_can_be_served_are_asked_to_come_later(
    world: World, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "MOST", 0)
    answer = httpx.get(f"{url}/v1/health", trust_env=False)
    assert (answer.status_code, answer.json()["refused"]) == (503, "busy") and int(answer.headers["retry-after"]) > 0
    monkeypatch.undo()
    monkeypatch.setattr(gate, "EACH", 0)
    answer = Caller(url, world.site("A")).ask("GET", "/v1/attachments")
    assert (answer.status_code, answer.json()["refused"]) == (429, "too_many") and answer.headers["retry-after"]


def test_every_site_has_its_share_and_gets_it_back(tmp_path: Path) -> None:
    guests, one, two = Guests(tmp_path), new_id(), new_id()
    for _ in range(gate.EACH):
        guests.come(one)
    with pytest.raises(Refusal):
        guests.come(one)
    guests.come(two)
    guests.leave(one)
    guests.come(one)


_SITTING = """
import sys, uuid
from pathlib import Path
from app.hq.gate import Guests
guests = Guests(Path(sys.argv[1]))
for _ in range(int(sys.argv[3])):
    guests.come(uuid.UUID(sys.argv[2]))
print("here", flush=True)
sys.stdin.readline()
"""


def test_the_share_of_a_site_counts_in_all_processes_and_one_that_is_killed_gives_its_own_back(tmp_path: Path) -> None:
    guests, site = Guests(tmp_path), new_id()
    words = [sys.executable, "-c", _SITTING, str(tmp_path), str(site), str(gate.EACH - 1)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as other:
        assert other.stdout is not None and other.stdout.readline() == b"here\n"
        guests.come(site)
        with pytest.raises(Refusal):
            guests.come(site)
        other.kill()
        other.wait()
    for _ in range(gate.EACH - 1):
        guests.come(site)
    with pytest.raises(Refusal):
        guests.come(site)


def test_a_share_that_cannot_be_told_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guests = Guests(tmp_path)
    guests.come(new_id())

    def broken(_handle: int, _seat: int) -> bool:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(seats, "_locked", broken)
    with pytest.raises(Refusal) as refused:
        guests.come(new_id())
    assert refused.value.code == "too_many"


def test_one_bad_package_does_not_hold_up_the_others_of_its_group(world: World) -> None:
    from app.hq.inbox import Inbox

    sites = [world.site(name) for name in ("A", "B")]
    visits, inbox = set(), Inbox(world.hq.store)
    for site in sites:
        visits.add(site.visit())
        good = world.up(site)
        inbox.keep(good, "digest")
    site.visit("坏的")
    spoilt = world.up(site)
    bad = inbox.keep(spoilt[:-1] + bytes([spoilt[-1] ^ 1]), "digest")
    assert (inbox.depth(), inbox.take(), inbox.depth()) == (3, 2, 0)
    assert world.hq.ids(Visit) == visits
    why = inbox.declined(bad)
    assert why is not None and why.code == "altered" and str(why)
    with pytest.raises(Refusal):
        exchange.answer(world.hq.store, spoilt[:-1] + b"x")


def test_a_refusal_is_told_to_the_sender_who_comes_to_ask(world: World, url: str) -> None:
    site = world.site("A")
    site.visit()
    data = world.up(site)
    spoilt = data[:-1] + bytes([data[-1] ^ 1])
    caller = Caller(url, site)
    for answer in (
        caller.ask("POST", "/v1/packages", spoilt),
        caller.ask("GET", f"/v1/packages/{package(data)}/receipt"),
    ):
        assert (answer.status_code, answer.json()["refused"]) == (422, "altered")
    assert caller.ask("POST", "/v1/packages", data).status_code == 200
    assert caller.ask("GET", f"/v1/packages/{package(data)}/receipt").status_code == 200


def package(data: bytes) -> str:
    from tests.hq.test_api import head

    return head(data)


def test_the_numbers_of_all_processes_are_one_sum(tmp_path: Path) -> None:
    one, two = Metrics(tmp_path, 0), Metrics(tmp_path, 1)
    one.request("feed.get", 200, 0.03)
    two.request("feed.get", 200, 3.0)
    two.package("taken", 5)
    two.write()
    text = one.text({("fengge_inbox_packages", ""): 7})
    assert 'fengge_requests_total{route="feed.get",status="200"} 2\n' in text
    assert 'fengge_request_seconds_bucket{route="feed.get",le="0.1"} 1\n' in text
    assert 'fengge_request_seconds_bucket{route="feed.get",le="+Inf"} 2\n' in text
    assert 'fengge_packages_total{state="taken"} 5\n' in text
    assert "fengge_inbox_packages 7\n" in text and "fengge_workers 2\n" in text
    assert Metrics(tmp_path, 1).text({}).count("fengge_workers 2") == 1  # whoever takes a place goes on counting
    assert "# TYPE fengge_request_seconds histogram" in text


def test_numbers_are_for_this_machine_or_a_bearer_of_the_token(world: World, url: str) -> None:
    site = world.site("采油一作业区")
    site.visit("张三家里都好")
    Caller(url, site).ask("POST", "/v1/packages", world.up(site))
    answer = httpx.get(f"{url}/metrics", trust_env=False)
    assert answer.status_code == 200 and 'fengge_packages_total{state="taken"} 1' in answer.text
    assert "采油" not in answer.text and "张三" not in answer.text
    far = {"X-Forwarded-For": "10.0.0.1"}
    assert httpx.get(f"{url}/metrics", headers=far, trust_env=False).status_code == 404


def test_health_tells_that_there_is_trouble(world: World, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.hq import house

    monkeypatch.setattr(house, "RESERVE", 1 << 60)
    monkeypatch.setattr(house, "_FRESH", 0.0)
    answer = httpx.get(f"{url}/v1/health", trust_env=False)
    assert (answer.status_code, answer.json()["disk"]) == (503, "disk_full")


def test_the_servers_log_is_json_without_anything_that_is_somebodys(world: World, tmp_path: Path) -> None:
    from app import logs

    site = world.site("A")
    site.visit("张三家里都好 650203196505120021")
    handler = logs.start(tmp_path, name="server-0", as_json=True)
    try:
        with running(world.hq.store) as url:
            caller = Caller(url, site)
            caller.ask("POST", "/v1/packages", world.up(site))
            httpx.get(f"{url}/v1/feed?tip=王秀英13899991234", trust_env=False)
    finally:
        logs.stop(handler)
    text = (tmp_path / "log" / "server-0.log").read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    (posted,) = [one for one in lines if one.get("what") == "packages.post" and one["status"] == 200]
    assert posted["event"] == "hq.request" and posted["ms"] >= 0 and posted["size"] > 0 and posted["level"] == "info"
    for planted in ("张三", "650203196505120021", "王秀英", "13899991234", "127.0.0.1", "challenge", caller.challenge):
        assert planted not in text
