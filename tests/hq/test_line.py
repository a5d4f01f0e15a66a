"""The line between a site and headquarters breaks at any byte: nothing is lost, nothing is doubled."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pytest
import stamina

from app.models.visits import Visit
from app.sync import client, collect
from tests.hq.serving import running
from tests.sync.conftest import Office, World


class Cutter:
    """Carries bytes between a site and the server, and cuts the first connections after so many bytes up or down."""

    def __init__(self, url: str, cuts: list[tuple[int, int]]) -> None:
        parts = urlsplit(url)
        self.target = (parts.hostname or "", parts.port or 0)
        self.cuts = list(cuts)
        self.place = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.place.getsockname()[1]}"
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _address = self.place.accept()
                far = socket.create_connection(self.target)
                up, down = self.cuts.pop(0) if self.cuts else (1 << 40, 1 << 40)
                for source, sink, most in ((near, far, up), (far, near, down)):
                    thread = threading.Thread(target=self._carry, args=(source, sink, most))
                    self.threads.append(thread)
                    thread.start()

    def _carry(self, source: socket.socket, sink: socket.socket, most: int) -> None:
        with suppress(OSError):
            while most > 0 and (piece := source.recv(min(most, 4096))):
                sink.sendall(piece)
                most -= len(piece)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        if most <= 0:
            for end in (source, sink):
                end.close()

    def close(self) -> None:
        with suppress(OSError):
            self.place.shutdown(socket.SHUT_RDWR)
        self.place.close()
        for thread in self.threads:
            thread.join(10)


@contextmanager
def cutting(world: World, cuts: list[tuple[int, int]]) -> Iterator[str]:
    with running(world.hq.store) as url:
        cutter = Cutter(url, cuts)
        try:
            yield cutter.url
        finally:
            cutter.close()


def waiting(site: Office) -> int:
    with site.store.read() as s:
        return collect.unconfirmed(s)


FAR = 1 << 40


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(
    "cuts",
    [
        [(0, FAR)],
        [(FAR, 0)],
        [(300, FAR)],
        [(900, FAR), (1400, FAR), (2000, FAR)],
        [(FAR, 400), (FAR, 1500), (FAR, 2500)],
        [(1200, FAR), (FAR, 600), (0, FAR)],
    ],
)
def test_an_exchange_survives_a_line_that_breaks(world: World, cuts: list[tuple[int, int]]) -> None:
    site = world.site("A")
    ours = {site.visit(str(number)) for number in range(5)}
    theirs = world.hq.visit()
    with cutting(world, cuts) as url, stamina.set_testing(True, attempts=6, cap=True):
        assert site.actor
        done = client.exchange(site.store, site.actor, url)
    assert done.confirmed == 5 and waiting(site) == 0
    assert world.hq.ids(Visit) == site.ids(Visit) == ours | {theirs}
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")


def test_two_sites_at_once_are_both_taken(world: World) -> None:
    sites = [world.site("A"), world.site("B"), world.site("C")]
    for site in sites:
        for number in range(10):
            site.visit(str(number))
    failed: list[BaseException] = []

    def sync(site: Office, url: str) -> None:
        try:
            assert site.actor
            client.exchange(site.store, site.actor, url)
        except BaseException as error:  # noqa: BLE001 — told by the test's own thread
            failed.append(error)

    with running(world.hq.store) as url:
        threads = [threading.Thread(target=sync, args=(site, url)) for site in sites]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failed == []
        for site in sites:
            sync(site, url)
    assert failed == [] and len(world.hq.ids(Visit)) == 30
    for site in sites:
        assert site.digest("/PS1/") == world.hq.digest("/PS1/")
