"""A line between a site and headquarters that does what lines do: it breaks, crawls, loses, repeats, and answers in another's name."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from random import Random
from urllib.parse import urlsplit

_STRANGE = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
_CHUNK = 4096


@dataclass
class Line:
    """What becomes of one connection: cut after so many bytes up or down, answered by a stranger, said twice, crawling."""

    up: int = 1 << 40
    down: int = 1 << 40
    strange: bool = False
    twice: bool = False
    #: Bytes a second; none: as fast as it goes.
    rate: float = 0.0
    #: Seconds that the reader of the answer takes before every piece of it.
    slow: float = 0.0
    #: The chance of each chunk not to arrive, and the connection with it.
    loss: float = 0.0
    #: Bytes carried at a time.
    chunk: int = _CHUNK


class Proxy:
    """Carries bytes both ways, each connection by the line that `draw` gives it; `faults` counts what was done to them."""

    def __init__(self, url: str, draw: Callable[[int], Line], dice: Random) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or "", parts.port or 0)
        self._draw, self._dice, self._number = draw, dice, 0
        self.faults: Counter[str] = Counter()
        self._place = socket.create_server(("127.0.0.1", 0))
        self.url = f"{parts.scheme}://127.0.0.1:{self._place.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _address = self._place.accept()
                line = self._draw(self._number)
                self._number += 1
                self._threads = [one for one in self._threads if one.is_alive()]
                if line.strange:
                    self._start(self._stranger, near)
                    continue
                far = socket.create_connection(self._target)
                again = socket.create_connection(self._target) if line.twice else None
                self._start(self._carry, near, far, line, line.up, "up", again)
                self._start(self._carry, far, near, line, line.down, "down", None)

    def _start(self, function: Callable[..., None], *given: object) -> None:
        thread = threading.Thread(target=function, args=given)
        self._threads.append(thread)
        thread.start()

    def _stranger(self, near: socket.socket) -> None:
        self.faults["500"] += 1
        with suppress(OSError):
            near.recv(_CHUNK)
            near.sendall(_STRANGE)
            near.shutdown(socket.SHUT_RDWR)
        near.close()

    def _carry(
        self, source: socket.socket, sink: socket.socket, line: Line, most: int, way: str, again: socket.socket | None
    ) -> None:
        said = bytearray()
        with suppress(OSError):
            while piece := source.recv(max(1, min(most, line.chunk, int(line.rate / 20) or _CHUNK))):
                if most <= 0 or self._dice.random() < line.loss:
                    self.faults["cut" if most <= 0 else "loss"] += 1
                    break
                if line.rate:
                    time.sleep(len(piece) / line.rate)
                if way == "down" and line.slow:
                    time.sleep(line.slow)
                sink.sendall(piece)
                most -= len(piece)
                said += piece if again is not None and len(said) < 1 << 20 else b""
        if again is not None:
            self._say_again(again, bytes(said))
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            if way == "up":
                end.close()

    def _say_again(self, far: socket.socket, said: bytes) -> None:
        """What was asked once arrives a second time; nobody hears the answer."""
        self.faults["twice"] += 1
        with suppress(OSError):
            far.settimeout(5)
            far.sendall(said)
            far.shutdown(socket.SHUT_WR)
            while far.recv(_CHUNK):
                pass
        far.close()

    def close(self) -> None:
        """Nothing is carried any more."""
        with suppress(OSError):
            self._place.shutdown(socket.SHUT_RDWR)
        self._place.close()
        for thread in self._threads:
            thread.join(20)


@contextmanager
def between(url: str, draw: Callable[[int], Line], dice: Random) -> Iterator[Proxy]:
    """The line stands as long as the block lasts."""
    proxy = Proxy(url, draw, dice)
    try:
        yield proxy
    finally:
        proxy.close()
