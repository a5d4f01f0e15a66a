"""Connections with an end: who sends no request, or does not read the answer, is let go before many of them fill the house."""

import asyncio
import socket
from typing import Any

from uvicorn import Server
from uvicorn.protocols.http.h11_impl import H11Protocol

#: Connections of one process; seconds for the head of a request, without anything read of an answer, for a whole answer.
MOST = 1000
HEAD, STILL, ANSWER = 30.0, 60.0, 900.0
#: Seconds between two looks at a connection.
LOOK = 5.0


class Sharing(Server):
    """Takes one connection from the line at a time: of many that come at once every process gets its share."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        line, self.config.backlog = self.config.backlog, 1
        await super().startup(sockets)
        for place in sockets or ():
            place.listen(line)  # the library has let no more wait than are taken at a time


class Patient(H11Protocol):
    """One connection, watched from its beginning to its end."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._waits_since = self._sent_since = self._moved_at = self.loop.time()
        self._unsent = 0
        self._watch = self.loop.call_later(LOOK, self._look)
        if len(self.connections) > MOST:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        self._waits_since = self.loop.time() + max(0.0, self.timeout_keep_alive - HEAD)
        super().on_response_complete()

    def _look(self) -> None:
        if self.transport.is_closing() and not self.transport.get_write_buffer_size():
            return
        if self._outworn(self.loop.time()):
            self.transport.abort()
            return
        self._watch = self.loop.call_later(LOOK, self._look)

    def _outworn(self, at: float) -> bool:
        unsent = self.transport.get_write_buffer_size()
        if not unsent:
            self._sent_since = self._moved_at = at
        elif unsent != self._unsent:
            self._moved_at = at
        self._unsent = unsent
        no_request = self.cycle is None or self.cycle.response_complete
        if unsent:
            return at - self._moved_at > STILL or at - self._sent_since > ANSWER
        return no_request and at - self._waits_since > HEAD


async def whole(stream: Any, limit: int, refuse: Any) -> bytes:
    """All pieces of a body as they come; `refuse` gives what is raised for one that is too long or too slow."""
    loop = asyncio.get_running_loop()
    begun, body = loop.time(), bytearray()
    try:
        async with asyncio.timeout(STILL) as wait:
            async for piece in stream:
                body += piece
                at = loop.time()
                if len(body) > limit:
                    raise refuse("large")
                if len(body) < SLOWEST * (at - begun - STILL):
                    raise refuse("slow")
                wait.reschedule(at + STILL)
    except TimeoutError:
        raise refuse("slow") from None
    return bytes(body)


#: Bytes a second below which a body is not waited for, after the first minute.
SLOWEST = 256
