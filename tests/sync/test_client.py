"""A site and a real server: everything up, everything down, and every way in which the line can fail."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import stamina
from sqlalchemy import select

from app.errors import Refusal
from app.models.attachments import Attachment
from app.models.sites import Site
from app.models.visits import Visit
from app.services import attachments
from app.sync import client, collect, feed, own, pieces
from tests.hq.serving import running
from tests.sync.conftest import Office, World


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def url(world: World) -> Iterator[str]:
    with running(world.hq.store) as address:
        yield address


def sync(site: Office, url: str, **more: object) -> client.Exchanged:
    assert site.actor is not None
    return client.exchange(site.store, site.actor, url, **more)  # type: ignore[arg-type]


def waiting(site: Office) -> int:
    with site.store.read() as s:
        return collect.unconfirmed(s)


def same(world: World, site: Office) -> None:
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")


def test_everything_goes_up_and_comes_down_and_again_changes_nothing(world: World, url: str) -> None:
    site = world.site("A")
    ours = {site.visit(str(number)) for number in range(5)}
    theirs = world.hq.visit("总部记的")
    seen: list[tuple[int, int, str]] = []
    done = sync(site, url, progress=lambda *step: seen.append(step))
    assert (done.confirmed, done.waiting, done.refused, done.packages) == (5, 0, [], 1)
    assert waiting(site) == 0 and seen[-1][0] == seen[-1][1]
    assert world.hq.ids(Visit) == site.ids(Visit) == ours | {theirs}
    same(world, site)
    again = sync(site, url)
    assert (again.confirmed, again.taken, again.bytes_up < 2000) == (0, {}, True)
    same(world, site)


def test_many_changes_go_in_packages_of_the_size_asked_for(world: World, url: str) -> None:
    site = world.site("A")
    for _ in range(60):
        site.visit("家里都好" * 200)
    done = sync(site, url, batch=client.SMALLEST)
    assert done.confirmed == 60 and done.packages > 1 and waiting(site) == 0
    same(world, site)


def test_packages_are_halved_until_the_server_takes_them(world: World) -> None:
    site = world.site("A")
    noise = iter(range(10**6))
    for _ in range(40):
        site.visit(" ".join(str(next(noise) * 7919 % 10**6) for _ in range(400)))
    with running(world.hq.store, largest=15_000) as url:
        done = sync(site, url)
    assert done.confirmed == 40 and done.packages > 1
    same(world, site)


def test_a_long_feed_comes_piece_by_piece(world: World, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    site = world.site("A")
    for number in range(20):
        world.hq.visit(str(number))
    monkeypatch.setattr(feed, "MOST", 3)
    assert sync(site, url).taken == {"taken": 20}
    same(world, site)


def test_refused_changes_are_told_with_their_reason(world: World, url: str) -> None:
    site = world.site("A")
    site.visit("别处的", path="/PS2/")
    kept = site.visit("本处的")
    done = sync(site, url)
    assert done.refused == ["这条记录不在该站点的管辖范围内。"]
    assert waiting(site) == 0 and world.hq.ids(Visit) == {kept}
    site.visit("再一次")
    assert sync(site, url).refused == []  # told once, though every receipt names what stands refused


def test_photos_follow_their_records_both_ways_in_pieces(
    world: World, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "PIECE", 1000)
    one, two = world.site("A"), world.site("B")
    visit = one.visit()
    note = ("走访记录 " * 900).encode()
    with one.store.begin(one.actor) as s:
        attachments.attach(s, "visit", visit, note, "记录.txt")
    assert sync(one, url).files_up == 1
    done = sync(two, url)
    assert (done.files_down, done.lacking) == (1, 0)
    with two.store.read(two.actor) as s:
        (file,) = s.scalars(select(Attachment))
        assert attachments.read(s, file.id) == note
    assert not [path for path in (world.hq.store.folder / "coming").rglob("*") if path.is_file()]


def test_a_photo_goes_on_where_the_line_broke(world: World, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE", 1000)
    site = world.site("A")
    visit = site.visit()
    with site.store.begin(site.actor) as s:
        attachments.attach(s, "visit", visit, bytes(range(48, 58)) * 1000, "记录.txt")
    asked = []
    put = client.Connection.put

    def breaking(self: client.Connection, content: str, start: int, sealed: bytes) -> int:
        asked.append(start)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return put(self, content, start, sealed)

    monkeypatch.setattr(client.Connection, "put", breaking)
    with pytest.raises(KeyboardInterrupt):
        sync(site, url)
    assert sync(site, url).files_up == 1
    assert asked == [0, 1000, 2000, 3000, *range(3000, 10000, 1000)]


def test_a_person_may_stop_it_at_any_time_and_nothing_is_lost(world: World, url: str) -> None:
    class Stop(Exception):
        pass

    def stop(_done: int, _total: int, _label: str) -> None:
        raise Stop

    site = world.site("A")
    site.visit()
    with pytest.raises(Stop):
        sync(site, url, progress=stop)
    assert waiting(site) == 1
    assert sync(site, url).confirmed == 1


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("", "hq_url"), ("ftp://hq", "hq_url"), ("hq:8470", "hq_url"), ("http://", "hq_url"),
        ("http://hq:99999", "hq_url"), ("http://127.0.0.1:1", "hq_unreachable"), ("http://a:b@hq", "hq_url"),
    ],
)  # fmt: skip
def test_a_headquarters_that_is_not_there_is_said_calmly(world: World, address: str, code: str) -> None:
    site = world.site("A")
    site.visit()
    with pytest.raises(Refusal) as refusal:
        sync(site, address)
    assert refusal.value.code == code and str(refusal.value)
    assert waiting(site) == 1


def test_a_certificate_nobody_vouches_for_is_not_believed_unless_it_is_named(world: World, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    site = world.site("A")
    site.visit()
    with running(world.hq.store, cert=str(cert), key=str(key)) as url:
        with pytest.raises(Refusal) as refusal:
            sync(site, url)
        assert refusal.value.code == "hq_certificate" and waiting(site) == 1
        assert sync(site, url, ca=str(cert)).confirmed == 1


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself."""
    import ipaddress
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    day = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(day - timedelta(1)).not_valid_after(day + timedelta(9))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(True, 0), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key_file.write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    return cert_file, key_file


@contextmanager
def stranger(status: int, body: bytes, times: list[int]) -> Iterator[str]:
    """A server that is no headquarters: always this answer."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            times.append(1)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "code", "tries"),
    [
        (200, b"<html>login</html>", "no_package", 1), (404, b"nothing", "hq_strange", 1), (500, b"{}", "hq_strange", 1),
        (503, b"", "line_slow", 3), (403, b'{"refused": "site_revoked", "message": "x {y}"}', "site_revoked", 1),
    ],
)  # fmt: skip
def test_a_strange_answer_is_said_calmly_and_confirms_nothing(
    world: World, status: int, body: bytes, code: str, tries: int
) -> None:
    site = world.site("A")
    site.visit()
    times: list[int] = []
    with stranger(status, body, times) as url, pytest.raises(Refusal) as refusal:
        sync(site, url)
    assert refusal.value.code == code and str(refusal.value)
    assert waiting(site) == 1
    assert len(times) % tries == 0


def test_a_revoked_site_is_told_why_and_keeps_its_data(world: World, url: str) -> None:
    from app.clock import now

    site = world.site("A")
    site.visit()
    with site.store.read() as s:
        here = own.line(s).site_id
    with world.hq.store.begin(world.hq.actor) as s:
        record = s.get_one(Site, here)
        record.revoked_at, record.revoke_reason = now(), "电脑丢失"
    with pytest.raises(Refusal) as refusal:
        sync(site, url)
    assert refusal.value.code == "site_revoked" and "电脑丢失" in str(refusal.value)
    assert waiting(site) == 1
