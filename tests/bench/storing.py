"""Headquarters storing packages of 100 KB durably, against the same server answering nothing (goal 9)."""

import asyncio
import multiprocessing
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from queue import Empty, Queue
from statistics import median
from urllib.parse import urlsplit

import psutil
from filelock import FileLock

from app.hq.serve import bind
from app.models.store import Store
from app.sync import own, requests
from tests.bench import Figure
from tests.bench.exchange import enrolled, pair
from tests.bench.world import PASSWORD

SIZE, WORKERS = 100_000, 2
#: Sites that send at the same time, and lines of each.
SITES, LINES = 8, 4
#: How often both are measured, one after the other.
ROUNDS = 5


def figures(full: bool) -> Iterator[Figure]:
    """Packages a second that lie safely on the disk and were answered; none is taken meanwhile."""
    count = 8000 if full else 2000
    with ExitStack() as open_, tempfile.TemporaryDirectory() as folder, pair(Path(folder)) as both:
        more = [open_.enter_context(enrolled(both.hq, Path(folder) / f"site{at}"))[0] for at in range(1, SITES)]
        bodies = _packages(both.site, both.clerk, count)
        with (
            nothing() as beside,
            served(both.hq.store, Path(folder) / "password") as server,
            FileLock(both.hq.store.folder / "inbox.lock"),
        ):
            said = _signed([both.site, *more], server.address, bodies)
            base, ours = [], []
            for at in range(ROUNDS):  # in turns: a busy machine troubles both alike
                share = slice(at, None, ROUNDS)
                base.append(_sent(beside, [_request("/", body, {}) for body in bodies[share]]))
                ours.append(_sent(server, said[share]))
            kept = len(list((both.hq.store.folder / "inbox").glob("*.fgpkg")))
        if kept != count:
            raise AssertionError(f"{kept} of {count} packages were kept")
    (rate, busy), (most, idle) = (map(median, zip(*found, strict=True)) for found in (ours, base))
    name, against = f"packages of 100 KB stored durably, {WORKERS} workers", "the same server answering nothing"
    yield Figure(name, rate, most, "a second", least=1000, against=against)
    yield Figure("processor time of the server for one of them", busy, idle, "ms", against=against)


def _packages(site: Store, clerk: object, count: int) -> list[bytes]:
    """Packages with ids of their own; what fills them is not looked at before they are taken."""
    from app.models.values import new_id
    from app.sync import exchange

    with site.begin(clerk) as s:
        header, data = exchange.pack(s)
    filling = b"\0" * max(0, SIZE - len(data))
    return [data.replace(header.package.encode(), new_id().hex.encode(), 1) + filling for _ in range(count)]


def _signed(sites: list[Store], address: tuple[str, int], bodies: list[bytes]) -> list[bytes]:
    """The requests by which the sites send the packages, each the next."""
    signing = []
    for site in sites:
        with site.read() as s:
            signing.append((own.keys(s), own.line(s).site_id.hex, own.hq(s).site))
    with socket.create_connection(address) as line:
        line.sendall(b"GET /v1/feed HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head = b"".join(iter(lambda: line.recv(4096), b"")).decode()
    challenge = requests.asked(
        next(row[18:] for row in head.split("\r\n") if row.lower().startswith("www-authenticate"))
    )
    target = "/v1/packages"
    return [
        _request(target, body, requests.headers(keys, here, hq, challenge, "POST", target, body))
        for body, (keys, here, hq) in zip(bodies, cycle(signing), strict=False)
    ]


def _request(target: str, body: bytes, heads: dict[str, str]) -> bytes:
    lines = [f"POST {target} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", "Prefer: respond-async"]
    lines += [f"{name}: {value}" for name, value in heads.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _sent(server: "served | nothing", said: list[bytes]) -> tuple[float, float]:
    """Requests answered a second, each line taking the next of its site's; milliseconds of processor time for each."""
    failed: list[bytes] = []
    piles = [Queue[bytes]() for _site in range(SITES)]
    for at, one in enumerate(said):
        piles[at % SITES].put(one)

    def send(pile: Queue[bytes]) -> None:
        with socket.create_connection(server.address) as line:
            while not failed:
                try:
                    line.sendall(pile.get_nowait())
                except Empty:
                    return
                answer = _answer(line)
                if answer[9:10] != b"2":
                    failed.append(answer)

    threads = [threading.Thread(target=send, args=(pile,)) for pile in piles for _line in range(LINES)]
    begun, worked = time.perf_counter(), server.worked()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise AssertionError(failed[0])
    return len(said) / (time.perf_counter() - begun), (server.worked() - worked) * 1000 / len(said)


def _worked(processes: Iterable[psutil.Process]) -> float:
    """Seconds of processor time that they have used."""
    times = [one.cpu_times() for one in processes]
    return sum(one.user + one.system for one in times)


def _answer(line: socket.socket) -> bytes:
    """The head of an answer, once all of it has come."""
    said = b""
    while b"\r\n\r\n" not in said:
        said += line.recv(4096) or b"\r\n\r\n"
    head, _gap, body = said.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    while len(body) < int(length or 0):
        body += line.recv(4096)
    return head


class served:
    """Headquarters' own server with its processes."""

    def __init__(self, store: Store, secret: Path) -> None:
        secret.write_text(PASSWORD)
        words = ["hq", "serve", "--plain", "--listen", "127.0.0.1:0", "--workers", str(WORKERS), "--store"]
        words += [str(store.folder), "--login", "boss", "--password-file", str(secret)]
        self._process = subprocess.Popen([sys.executable, "-m", "app", *words], stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "served":
        assert self._process.stdout is not None
        parts = urlsplit(self._process.stdout.readline().split()[-1])
        self.address = str(parts.hostname), int(parts.port or 0)
        return self

    def worked(self) -> float:
        """Seconds of processor time of all its processes."""
        parent = psutil.Process(self._process.pid)
        return _worked([parent, *parent.children(recursive=True)])

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=60)


class nothing:
    """The same server, which reads a body and answers nothing."""

    def __enter__(self) -> "nothing":
        self._place = bind("127.0.0.1:0")
        context = multiprocessing.get_context("spawn")
        self._all = [context.Process(target=_answer_nothing, args=(self._place,), daemon=True) for _ in range(WORKERS)]
        for one in self._all:
            one.start()
        time.sleep(3)
        self.address: tuple[str, int] = self._place.getsockname()[:2]
        return self

    def worked(self) -> float:
        """Seconds of processor time of all its processes."""
        return _worked(psutil.Process(one.pid) for one in self._all)

    def __exit__(self, *_: object) -> None:
        for one in self._all:
            one.kill()
            one.join()
        self._place.close()


def _answer_nothing(place: socket.socket) -> None:
    import uvicorn

    async def app(scope: dict[str, object], receive: object, send: object) -> None:
        if scope["type"] != "http":
            return
        while (await receive()).get("more_body"):  # type: ignore[operator]
            pass
        await send({"type": "http.response.start", "status": 204, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]

    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")  # type: ignore[arg-type]
    asyncio.run(uvicorn.Server(config).serve([place]))
