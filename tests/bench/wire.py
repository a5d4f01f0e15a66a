"""A line to a server that keeps what it carries, so that every byte of an exchange is counted."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Wire:
    """`up` and `down` are the bytes carried since it was last cleared, in all connections."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._far = (parts.hostname or "", parts.port or 0)
        self.place = socket.create_server(("127.0.0.1", 0))
        self.url = f"{parts.scheme}://127.0.0.1:{self.place.getsockname()[1]}"
        self.up, self.down = bytearray(), bytearray()
        self._start(self._accept)

    def clear(self) -> None:
        """Nothing was carried."""
        self.up, self.down = bytearray(), bytearray()

    def _start(self, work: object, *given: object) -> None:
        threading.Thread(target=work, args=given, daemon=True).start()  # type: ignore[arg-type]

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _address = self.place.accept()
                far = socket.create_connection(self._far)
                self._start(self._carry, near, far, "up")
                self._start(self._carry, far, near, "down")

    def _carry(self, source: socket.socket, sink: socket.socket, way: str) -> None:
        with suppress(OSError):
            while piece := source.recv(1 << 16):
                getattr(self, way).extend(piece)
                sink.sendall(piece)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire(url: str) -> Iterator[Wire]:
    """The line stands as long as the block lasts."""
    line = Wire(url)
    try:
        yield line
    finally:
        with suppress(OSError):
            line.place.shutdown(socket.SHUT_RDWR)
        line.place.close()
