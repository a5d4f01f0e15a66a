"""The server listens where it may: on this machine in plain HTTP, elsewhere only with a certificate."""

import asyncio
import socket
import threading

import pytest

from app.errors import Refusal
from app.hq import patience, serve
from tests.factories import Plant


def test_without_tls_nobody_else_reaches_the_server(plant: Plant) -> None:
    with pytest.raises(Refusal) as refused:
        serve.serve(plant.store, "0.0.0.0:0", serve.Wishes(plain=True))
    assert refused.value.code == "tls_needed"


@pytest.mark.parametrize("listen", ["", "nowhere", "127.0.0.1", "127.0.0.1:port", "127.0.0.1:99999999"])
def test_an_address_that_is_none_is_refused(plant: Plant, listen: str) -> None:
    with pytest.raises(Refusal) as refused:
        serve.serve(plant.store, listen)
    assert refused.value.code


def test_certificate_and_key_come_together(plant: Plant) -> None:
    with pytest.raises(Refusal) as refused:
        serve.serve(plant.store, "127.0.0.1:0", serve.Wishes(cert="nowhere.pem"))
    assert refused.value.code == "tls_bad"


def test_the_end_of_an_answer_does_not_wait_until_its_beginning_is_acknowledged() -> None:
    async def held_back() -> bool:
        loop = asyncio.get_running_loop()
        at_once = loop.create_future()

        class Line(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                line = transport.get_extra_info("socket")
                at_once.set_result(line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

        server = await loop.create_server(Line, sock=serve.bind("127.0.0.1:0"))
        async with server:
            with socket.create_connection(server.sockets[0].getsockname()):
                return not await at_once

    assert not asyncio.run(held_back())


def test_who_is_busy_leaves_those_who_wait_in_line_to_the_other_processes(plant: Plant) -> None:
    place, busy, done = serve.bind("127.0.0.1:0"), threading.Event(), threading.Event()
    server = serve.prepare(plant.store)

    class Slow(patience.Patient):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            busy.set()
            done.wait(60)

    server.config.http = Slow
    callers = [socket.create_connection(place.getsockname()) for _ in range(20)]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [place]}, daemon=True)
    thread.start()
    try:
        assert busy.wait(60)
        place.setblocking(False)
        for _ in callers[10:]:
            place.accept()[0].close()
    finally:
        done.set()
        server.should_exit = True
        thread.join(60)
        for one in [*callers, place]:
            one.close()
