"""Headquarters' server: the protocol of app.sync over HTTP, and nothing of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app import __version__
from app.errors import Refusal, StoreRefusal
from app.hq import admitting, receiving, routes
from app.hq.described import Refused, complete
from app.hq.gate import LATER, Gate
from app.hq.house import House
from app.hq.metrics import FRESH
from app.i18n import N_, _, say
from app.sync import requests

#: Refusals with an HTTP status of their own; all others are 422: understood, and declined.
STATUS = {
    "not_proven": 401,
    "site_revoked": 403,
    "invitation_bad": 403,
    "not_found": 404,
    "slow": 408,
    "offset_differs": 409,
    "too_large": 413,
    "too_many": 429,
    "store_busy": 503,
    "disk_full": 507,
}
_WAIT = frozenset({429, 503})
_BAD_REQUEST = N_("总部没有看懂这个请求 ({where})。请升级程序, 仍不行请联系总部。")
_NO_ROUTE = N_("总部没有这个地址。请升级程序, 或核对总部地址。")


def make(house: House) -> FastAPI:
    """The application over headquarters' open store; what a former run left in the inbox is taken when it starts."""

    @asynccontextmanager
    async def lifespan(_api: FastAPI) -> AsyncIterator[None]:
        house.taker.start()
        telling = asyncio.create_task(_tell(house))
        yield
        telling.cancel()
        await run_in_threadpool(house.taker.stop)
        house.metrics.write()

    api = FastAPI(
        title="Fengge HQ", version=__version__, openapi_url="/v1/openapi.json", docs_url=None, redoc_url=None,
        lifespan=lifespan, redirect_slashes=False,
        description="Sealed packages of sites up, sealed receipts, feeds and files down. See docs/server.md.",
    )  # fmt: skip
    api.state.house = house

    @api.exception_handler(Refusal)
    async def refused(_request: Request, refusal: Refusal) -> JSONResponse:
        return _told(house, status(refusal), refusal.code, say(refusal))

    @api.exception_handler(RequestValidationError)
    async def misread(_request: Request, error: RequestValidationError) -> JSONResponse:
        where = ", ".join(sorted({str(one["loc"][-1]) if one["loc"] else "body" for one in error.errors()}))[:200]
        return _told(house, 422, "request_bad", _(_BAD_REQUEST).format(where=where))

    @api.exception_handler(HTTPException)
    async def unknown(_request: Request, error: HTTPException) -> JSONResponse:
        answer = _told(house, error.status_code, "no_route", _(_NO_ROUTE))
        answer.headers.update(error.headers or {})
        return answer

    routes.add(api, house)
    receiving.add(api, house)
    admitting.add(api, house)
    complete(api)
    api.add_middleware(Gate, metrics=house.metrics, leave=house.guests.leave)
    return api


async def _tell(house: House) -> None:
    """The other processes know this one's numbers."""
    while True:
        await asyncio.sleep(FRESH)
        await run_in_threadpool(house.metrics.write)


def status(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    return STATUS.get(refusal.code, 503 if isinstance(refusal, StoreRefusal) else 422)


def _told(house: House, code: int, refused: str, message: str) -> JSONResponse:
    heads: dict[str, Any] = {"Retry-After": LATER} if code in _WAIT else {}
    if code == 401:
        challenge = f"{requests.SCHEME} challenge={house.door.challenge()}"
        heads = {"WWW-Authenticate": challenge, requests.LARGEST: str(house.largest)}
    return JSONResponse(Refused(refused=refused, message=message).model_dump(), code, heads)
