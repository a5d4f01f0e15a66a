"""Packages coming in: whole or in pieces, safely on the disk first, then taken, then answered with their receipt."""

import asyncio
import io
import uuid
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Request
from fastapi import Header as Head
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field, ValidationError

from app.errors import Refusal, StoreRefusal
from app.hq import answers
from app.hq.auth import Device
from app.hq.described import BYTES, MEDIA, SIGNED, Begun, Reached, takes, takes_json
from app.hq.described import answers as described
from app.hq.entering import as_announced, body, enter, entered, given, too_large
from app.hq.house import House
from app.hq.inbox import DIFFERS, Kept
from app.hq.uploads import Announced, Upload
from app.sync import envelope, exchange, pieces, requests
from app.sync.batch import Header

#: Seconds in which a receipt is waited for; after them the site is told that the package is safe, and asks again.
WAIT = 3.0
#: Seconds after which to ask for the receipt again.
AGAIN = "1"
_NUMBER = 2**63 - 1
Name = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Offset = Annotated[int, Query(ge=0, le=_NUMBER)]


class Announcement(BaseModel):
    """What a site says about a package before sending it in pieces."""

    package: uuid.UUID
    size: Annotated[int, Field(ge=1, le=_NUMBER)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


def add(api: FastAPI, house: House) -> None:
    """The routes by which packages come in."""

    async def outcome(request: Request, device: Device, kept: Kept, header: Header | None = None) -> Response:
        house.taker.wake()
        clock = asyncio.get_running_loop()
        until, pause = clock.time() + WAIT, 0.002
        while house.inbox.lies(kept) and clock.time() < until:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.05)
        answer = await run_in_threadpool(house.answer, kept, header)
        if answer is None:
            return JSONResponse({"received": kept.package.hex}, 202, {"Retry-After": AGAIN})
        sealed, tag = answer
        response = await run_in_threadpool(given, house, request, device, sealed)
        if tag:
            response.headers[requests.TAG] = tag
        return response

    _add_whole(api, house, outcome)
    _add_pieces(api, house, outcome)


def _add_whole(api: FastAPI, house: House, outcome: Any) -> None:
    def store(request: Request, data: bytes) -> Response | tuple[Kept, Header]:
        """The package is safely in the inbox; what a file with attachments brings is taken and answered."""
        digest = as_announced(request, data, Refusal("body_differs", DIFFERS))
        header = envelope.peek(io.BytesIO(data))
        if header.kind == "files":
            return JSONResponse(asdict(exchange.take_files(house.store, data)))
        return house.inbox.keep(data, digest, header), header

    @api.post(
        "/v1/packages", name="packages.post", summary="Take a sealed package; the answer is its sealed receipt",
        responses=described(*SIGNED, 408, 413, 507, sealed=MEDIA, waits=True), openapi_extra=takes(MEDIA),
        response_class=Response,
    )  # fmt: skip
    async def post(
        request: Request,
        prefer: Annotated[str, Head(max_length=200, description="respond-async: do not wait for the receipt")] = "",
    ) -> Response:
        device = await entered(house, request)
        stored = await run_in_threadpool(store, request, await body(request, house.largest))
        if isinstance(stored, Response):
            return stored
        kept, header = stored
        if "respond-async" in prefer:
            house.taker.wake()
            return JSONResponse({"received": kept.package.hex}, 202, {"Retry-After": AGAIN})
        answer: Response = await outcome(request, device, kept, header)
        return answer

    @api.get(
        "/v1/packages/{package}/receipt", name="packages.receipt", summary="The sealed receipt of a package",
        responses=described(*SIGNED, 404, sealed=MEDIA, waits=True), response_class=Response,
    )  # fmt: skip
    async def receipt(request: Request, package: uuid.UUID) -> Response:
        device = await entered(house, request)
        kept = await run_in_threadpool(house.inbox.find, package) or Kept(package, package.hex)
        answer: Response = await outcome(request, device, kept)
        return answer


def _add_pieces(api: FastAPI, house: House, outcome: Any) -> None:
    @api.post(
        "/v1/uploads", name="uploads.post", summary="Announce a package that comes in pieces", status_code=201,
        responses=described(*SIGNED, 408, 413, 507), openapi_extra=takes_json(Announcement),
    )  # fmt: skip
    async def begin(request: Request) -> Begun:
        device = await entered(house, request)
        data = await body(request, 4096)
        as_announced(request, data, pieces.bad())
        try:
            announced = Announcement.model_validate_json(data)
        except ValidationError as error:
            raise RequestValidationError(error.errors()) from error
        return await run_in_threadpool(announce, device, announced)

    def announce(device: Device, announced: Announcement) -> Begun:
        if announced.size > house.largest:
            raise too_large(house.largest)
        said = Announced(announced.package.hex, announced.size, announced.sha256)
        found = _come(house, announced) or house.uploads.begin(device.site, said)
        return Begun(upload=found.name, offset=found.offset)

    def add(request: Request, device: Device, upload: str, offset: int, piece: bytes) -> Upload:
        as_announced(request, piece, pieces.bad())
        return house.uploads.add(device.site, upload, offset, piece)

    @api.get(
        "/v1/uploads/{upload}", name="uploads.get", summary="How far an upload has come",
        responses=described(*SIGNED, 404),
    )  # fmt: skip
    def find(request: Request, upload: Name) -> Reached:
        return Reached(offset=house.uploads.find(enter(house, request).site, upload).offset)

    @api.patch(
        "/v1/uploads/{upload}", name="uploads.patch", summary="The next piece; after the last one as if it was posted whole",
        responses=described(*SIGNED, 404, 408, 409, 413, 507, sealed=MEDIA, waits=True), openapi_extra=takes(BYTES),
        response_model=None,
    )  # fmt: skip
    async def patch(request: Request, upload: Name, offset: Offset) -> Response:
        device = await entered(house, request)
        piece = await body(request, pieces.LARGEST_SEALED)
        found = await run_in_threadpool(add, request, device, upload, offset, piece)
        if not found.whole:
            return JSONResponse({"offset": found.offset})
        if (came := await run_in_threadpool(_files_of, house, device.site, upload)) is not None:
            return came
        kept = await run_in_threadpool(house.uploads.finish, device.site, upload)
        answer: Response = await outcome(request, device, kept)
        return answer


def _files_of(house: House, site: uuid.UUID, upload: str) -> Response | None:
    data = house.uploads.carried(site, upload)
    if data is None:
        return None
    try:
        came = exchange.take_files(house.store, data)
    except StoreRefusal:
        raise  # it can be gone on with
    except Refusal:
        house.uploads.forget(site, upload)
        raise
    house.uploads.forget(site, upload)
    return JSONResponse(asdict(came))


def _come(house: House, announced: Announcement) -> Upload | None:
    """The upload as finished, where its package was taken or waits in the inbox already."""
    package = announced.package
    kept = Kept(package, f"{package.hex}-{announced.sha256[:32]}")
    if not house.inbox.lies(kept) and answers.taken(house.store, package) is None:
        return None
    said = Announced(package.hex, announced.size, announced.sha256)
    return Upload(announced.sha256[:32], said, announced.size)
