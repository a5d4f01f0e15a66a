"""Headquarters' server: the protocol of app.sync over HTTP, and nothing of its own."""

import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from app import __version__, logs
from app.errors import Refusal, StoreRefusal
from app.i18n import N_, say
from app.models.store import Store
from app.sync import pieces, requests
from app.sync.envelope import LARGEST_PACKED

if TYPE_CHECKING:
    from fastapi import FastAPI

#: What a sealed package is called on the wire.
MEDIA = "application/vnd.fengge.package"
#: One package may be this large: the limit of packages and room for its head.
LARGEST = LARGEST_PACKED + (1 << 20)

#: Refusals with an HTTP status of their own; all others are 422: understood, and declined.
STATUS = {
    "not_proven": 401,
    "site_revoked": 403,
    "not_found": 404,
    "too_large": 413,
    "store_busy": 503,
    "disk_full": 507,
}
NOT_FOUND = N_("总部没有这项内容, 或不在本站点的范围内。")
_TOO_LARGE = N_("这一包超过总部一次能收的大小 ({limit} KB), 没有收下。请分成小包再报。")


def make(store: Store, *, largest: int = LARGEST) -> "FastAPI":
    """The application over an open headquarters store; packages left by a former run are taken when it starts."""
    from fastapi import FastAPI, Request
    from fastapi.concurrency import run_in_threadpool
    from fastapi.responses import JSONResponse, Response

    from app.hq.auth import Door
    from app.hq.inbox import Inbox
    from app.hq.routes import add

    door, inbox = Door(store), Inbox(store)

    @asynccontextmanager
    async def lifespan(_api: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(inbox.clear)
        yield

    api = FastAPI(
        title="Fengge HQ", version=__version__, openapi_url="/v1/openapi.json", docs_url=None, redoc_url=None,
        lifespan=lifespan,
    )  # fmt: skip
    api.state.door, api.state.inbox, api.state.coming = door, inbox, pieces.Coming(store)
    api.state.store, api.state.largest = store, largest

    @api.exception_handler(Refusal)
    async def refused(_request: Request, refusal: Refusal) -> JSONResponse:
        return JSONResponse({"refused": refusal.code, "message": say(refusal)}, status(refusal), _heads(api, refusal))

    @api.middleware("http")
    async def noted(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        begun = time.monotonic()
        answer = await call(request)
        _note(request, answer, time.monotonic() - begun)
        return answer

    add(api)
    return api


def status(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    return STATUS.get(refusal.code, 503 if isinstance(refusal, StoreRefusal) else 422)


def _heads(api: Any, refusal: Refusal) -> dict[str, str]:
    if refusal.code == "not_proven":
        challenge = f"{requests.SCHEME} challenge={api.state.door.challenge()}"
        return {"WWW-Authenticate": challenge, requests.LARGEST: str(api.state.largest)}
    return {"Retry-After": "10"} if status(refusal) == 503 else {}


def _note(request: Any, answer: Any, seconds: float) -> None:
    """One line a request: what, from which site, how it ended, how long it took; no address, no query, no content."""
    route = request.scope.get("route")
    site: uuid.UUID | None = getattr(request.state, "site", None)
    logs.note(
        "hq.request", what=getattr(route, "name", "unknown"), status=answer.status_code, site=site,
        ms=round(seconds * 1000), size=int(request.headers.get("content-length") or 0),
    )  # fmt: skip


def too_large(limit: int) -> Refusal:
    """The refusal of a body beyond what the server takes."""
    return Refusal("too_large", _TOO_LARGE, limit=limit >> 10)
