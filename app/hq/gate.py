"""What every request passes through: no more at once than can be served, counted, written down, and never a bare failure."""

import json
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import logs
from app.errors import Refusal
from app.hq.metrics import Metrics
from app.hq.seats import Seats
from app.i18n import N_, _

#: Requests that one process answers at the same time, and those of one site in all processes together.
MOST, EACH = 200, 8
#: Seconds after which to come again.
LATER = "5"

CROWDED = N_("总部现在很忙。数据都在本机, 请过一会儿再同步。")
BROKEN = N_("总部的程序出了一个错, 这一步没有完成; 数据都在本机。请稍后再试, 仍不行请联系总部。")


class Gate:
    """ASGI around the application."""

    def __init__(self, app: Any, metrics: Metrics, leave: Callable[[uuid.UUID], None]) -> None:
        self._app, self._metrics, self._leave, self._running = app, metrics, leave, 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.monotonic(), 0

        async def sending(message: dict[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        self._running += 1
        try:
            if self._running > MOST:
                await _say(sending, 503, "busy", _(CROWDED))
            else:
                await self._app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - written down; the site is told calmly, and the server goes on
            logs.fault("hq.fault", error)
            if not status:
                await _say(sending, 500, "server_fault", _(BROKEN))
        finally:
            self._running -= 1
            if (guest := scope.get("state", {}).get("guest")) is not None:
                self._leave(guest)
            self._note(scope, status, time.monotonic() - begun)

    def _note(self, scope: dict[str, Any], status: int, seconds: float) -> None:
        """One line a request: what, from which site, how it ended, how long it took; no address, no query, no content."""
        route = getattr(scope.get("route"), "name", None) or "unknown"
        site: uuid.UUID | None = scope.get("state", {}).get("site")
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        self._metrics.request(route, status, seconds)
        logs.note(
            "hq.request", what=route, status=status, site=site, ms=round(seconds * 1000),
            size=int(length) if length.isdigit() and len(length) < 16 else 0,
        )  # fmt: skip


async def _say(send: Any, status: int, code: str, message: str) -> None:
    body = json.dumps({"refused": code, "message": message}, ensure_ascii=False).encode()
    heads = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    heads += [(b"retry-after", LATER.encode())] if status == 503 else []
    await send({"type": "http.response.start", "status": status, "headers": heads})
    await send({"type": "http.response.body", "body": body})


class Guests:
    """How many requests of each site all processes over one store are answering."""

    def __init__(self, folder: Path) -> None:
        self._seats = Seats(folder / "guests.lock")
        self._here: dict[uuid.UUID, list[int]] = {}
        self._lock = threading.Lock()

    def come(self, site: uuid.UUID) -> None:
        """One more; refused beyond the limit, and where it cannot be told, and then it need not leave."""
        try:
            seat = self._seats.take(site.int, EACH)
        except OSError as error:
            logs.fault("hq.seats", error)
            seat = None
        if seat is None:
            raise Refusal("too_many", CROWDED)
        with self._lock:
            self._here.setdefault(site, []).append(seat)

    def leave(self, site: uuid.UUID) -> None:
        """One less."""
        with self._lock:
            seats = self._here[site]
            seat = seats.pop()
            if not seats:
                del self._here[site]
        self._seats.give(seat)
