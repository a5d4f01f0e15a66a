"""Several processes at one address over one store: every package once, a dead one replaced, all of them stopped together."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from app.models.visits import Visit
from app.sync import exchange, own, trusting
from tests.hq.conftest import Caller
from tests.sync.conftest import CHEAP, PASSWORD, World


@dataclass
class Served:
    """A server of several processes, started as an administrator does it."""

    url: str
    process: "subprocess.Popen[str]"

    def workers(self) -> list[psutil.Process]:
        """The processes that answer; the tracker of the parent's own is none of them."""
        children = psutil.Process(self.process.pid).children()
        return [one for one in children if "spawn_main" in _line(one)]


def _line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it has just ended
        return ""


@contextmanager
def serving(world: World, *options: str, workers: int = 2) -> Iterator[Served]:
    """The server over headquarters' store, in processes of its own."""
    secret = world.folder / "password"
    secret.write_text(PASSWORD)
    if not world.hq.store.vault.holds("admin"):
        world.hq.store.add_login("admin", PASSWORD, CHEAP)
    words = ["hq", "serve", "--store", str(world.hq.store.folder), "--login", "admin", "--password-file", str(secret)]
    words += ["--listen", "127.0.0.1:0", "--workers", str(workers), *options]
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *words], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "://" in line, line
        yield Served("http" + line.partition("http")[2].strip(), process)
    finally:
        process.terminate()
        try:
            process.communicate(timeout=60)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def test_packages_sent_at_once_are_each_taken_once_by_whoever_hears_of_them(world: World) -> None:
    sites = [world.site(name) for name in ("A", "B", "C")]
    packages = []
    for site in sites:
        for number in range(4):
            site.visit(str(number))
            packages.append((site, world.up(site)))
    sent = [pair for pair in packages for _time in range(3)]
    answers: list[httpx.Response] = []

    def send(share: list[tuple[object, bytes]], url: str) -> None:
        for site, data in share:
            answers.append(Caller(url, site).ask("POST", "/v1/packages", data))  # type: ignore[arg-type]

    with serving(world, "--plain") as server:
        threads = [threading.Thread(target=send, args=(sent[at::4], server.url)) for at in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {answer.status_code for answer in answers} <= {200, 202}
        for site, data in packages:
            answer = settled(Caller(server.url, site), data)
            (receipt, _verdict), *_ = exchange.hear(site.store, answer, site.actor).receipts
            assert sum(receipt.counts.values()) in range(1, 5)
        assert len(world.hq.ids(Visit)) == 12
        numbers = httpx.get(f"{server.url}/metrics", trust_env=False).text
        assert 'fengge_packages_total{state="refused"}' not in numbers and "fengge_workers 2" in numbers
    assert server.process.returncode == 0


def settled(caller: Caller, data: bytes) -> bytes:
    """The sealed receipt of a package, as soon as there is one."""
    answer = caller.ask("POST", "/v1/packages", data)
    while answer.status_code == 202:
        answer = caller.ask("POST", "/v1/packages", data)
    assert answer.status_code == 200
    return answer.content


def test_a_process_that_dies_is_replaced_and_all_end_together(world: World) -> None:
    site = world.site("A")
    visit = site.visit()
    with serving(world) as server:
        workers = server.workers()
        assert len(workers) == 2
        workers[0].send_signal(signal.SIGKILL)
        until = time.monotonic() + 60
        while workers[0] in (now := server.workers()) or len(now) < 2:
            assert time.monotonic() < until
        with site.store.read() as s:
            ca = own.hq(s).ca
        trusted = trusting.context(ca)
        assert httpx.get(f"{server.url}/v1/health", verify=trusted, trust_env=False).status_code == 200
        from app.sync import client

        assert site.actor is not None
        assert client.exchange(site.store, site.actor, server.url).confirmed == 1
        workers = server.workers()
    assert world.hq.ids(Visit) == {visit} and server.process.returncode == 0
    assert not any(one.is_running() for one in workers)


def test_workers_end_when_their_parent_is_killed(world: World) -> None:
    with serving(world, "--plain") as server:
        workers = server.workers()
        server.process.kill()
        _gone, left = psutil.wait_procs(workers, timeout=30)
        assert not left


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="this system does not show the environment of a process")
def test_the_password_and_key_stand_in_no_command_line_and_no_environment(world: World) -> None:
    with serving(world, "--plain") as server:
        for one in [psutil.Process(server.process.pid), *server.workers()]:
            shown = " ".join([*one.cmdline(), *(f"{name}={value}" for name, value in one.environ().items())])
            assert PASSWORD not in shown and world.hq.store.key.hex() not in shown
    assert os.environ.get("FENGGE_PASSWORD") is None
