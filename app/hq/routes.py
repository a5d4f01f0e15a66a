"""The requests that headquarters' server understands."""

import hashlib
import re
import uuid
from typing import TYPE_CHECKING, Annotated, Any

from app.errors import Refusal, StoreRefusal
from app.hq import answers
from app.hq.api import MEDIA, NOT_FOUND, too_large
from app.hq.auth import Device, Door
from app.hq.inbox import Inbox
from app.models.store import Store
from app.sync import own, pieces, requests
from app.sync.feed import Statement
from app.sync.pieces import Coming
from app.sync.rules import Mark

if TYPE_CHECKING:
    from fastapi import FastAPI

_LIFE = re.compile(r"([0-9a-f]{1,64}):(\d{1,18})")
_NUMBER = 2**63 - 1


def add(api: "FastAPI") -> None:
    """Every route of version 1 is known to the application."""
    _add_packages(api)
    _add_feed(api)
    _add_attachments(api)

    @api.get("/v1/health", name="health", summary="The server is up; nothing is said about its data")
    def health() -> dict[str, str]:
        return {"status": "ok"}


async def _body(request: Any, limit: int) -> tuple[bytes, str]:
    """The whole body and the digest it was announced with; refused as soon as it grows beyond the limit, or differs."""
    stated = requests.digest_of(request.headers.get("content-digest", ""))
    if int(request.headers.get("content-length") or 0) > limit:
        raise too_large(limit)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            raise too_large(limit)
    data = bytes(body)
    return data, stated if hashlib.sha256(data).hexdigest() == stated else ""


def _enter(request: Any) -> Device:
    door: Door = request.app.state.door
    query = request.scope["query_string"].decode("latin-1")
    target = request.scope["path"] + (f"?{query}" if query else "")
    digest = requests.digest_of(request.headers.get("content-digest", ""))
    device = door.enter(request.method, target, request.headers.get("authorization", ""), digest)
    request.state.site = device.site
    return device


def _add_packages(api: "FastAPI") -> None:
    from fastapi import Request
    from fastapi.concurrency import run_in_threadpool
    from fastapi.responses import JSONResponse, Response

    inbox: Inbox = api.state.inbox
    store: Store = api.state.store

    def taken(data: bytes, digest: str) -> Response:
        package = inbox.keep(data, digest)
        try:
            answer = inbox.answer(package)
        except StoreRefusal:
            return JSONResponse({"received": package.hex}, 202, {"Retry-After": "10"})
        sealed = answer.file if answer else answers.receipt(store, package)
        return Response(sealed, 200, media_type=MEDIA)

    @api.post("/v1/packages", name="packages.post", summary="Take a sealed package; the answer is its sealed receipt")
    async def post(request: Request) -> Response:
        await run_in_threadpool(_enter, request)  # whom to believe is decided before a byte of the body is read
        data, digest = await _body(request, api.state.largest)
        return await run_in_threadpool(taken, data, digest)

    @api.get("/v1/packages/{package}/receipt", name="packages.receipt", summary="The sealed receipt of a package")
    def receipt(request: Request, package: uuid.UUID) -> Response:
        _enter(request)
        answer = inbox.answer(package)
        sealed = answer.file if answer else answers.receipt(store, package)
        if sealed is None:
            raise Refusal("not_found", NOT_FOUND)
        return Response(sealed, 200, media_type=MEDIA)


def _add_feed(api: "FastAPI") -> None:
    from fastapi import Query, Request
    from fastapi.responses import Response

    store: Store = api.state.store

    @api.get("/v1/feed", name="feed.get", summary="The next sealed piece of the feed since the site's cursor")
    def feed(
        request: Request,
        cursor: Annotated[int, Query(ge=0, le=_NUMBER)] = 0,
        life: Annotated[list[str] | None, Query(max_length=1000)] = None,
        epoch: uuid.UUID | None = None,
        seq: Annotated[int, Query(ge=0, le=_NUMBER)] = 0,
        tip: Annotated[str, Query(pattern="^[0-9a-f]{64}$")] = "0" * 64,
        scope: Annotated[list[Annotated[str, Query(max_length=255)]] | None, Query(max_length=64)] = None,
        loaded: Annotated[int, Query(ge=0, le=_NUMBER)] = 0,
        compact: Annotated[int, Query(ge=0, le=_NUMBER)] = 0,
    ) -> Response:
        device = _enter(request).trusted()
        lives = tuple((found[1], int(found[2])) for found in map(_LIFE.fullmatch, life or ()) if found)
        stated = Statement(cursor, lives, epoch, Mark(seq, bytes.fromhex(tip)), tuple(scope or ()), loaded, compact)
        return Response(answers.feed_piece(store, device.site, stated), 200, media_type=MEDIA)


def _add_attachments(api: "FastAPI") -> None:
    from fastapi import Path, Query, Request
    from fastapi.concurrency import run_in_threadpool
    from fastapi.responses import Response

    store: Store = api.state.store
    coming: Coming = api.state.coming
    Content = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
    Start = Annotated[int, Query(ge=0, le=_NUMBER)]

    @api.get("/v1/attachments", name="attachments.lacking", summary="The site's files that headquarters still lacks")
    def lacking(request: Request) -> dict[str, list[dict[str, str | int]]]:
        device = _enter(request).trusted()
        with store.read() as s:
            wanted = pieces.wanted(s, coming.blobs, site=device.site)[:1000]
        return {"lacking": [{"hash": one.hash, "size": one.size, "have": coming.reached(one.hash)} for one in wanted]}

    def taken(device: Device, content: str, start: int, sealed: bytes) -> dict[str, int]:
        with store.read() as s:
            size = next(
                (one.size for one in pieces.wanted(s, coming.blobs, site=device.site) if one.hash == content), -1
            )
            reader = own.reader(s)
        if size < 0 and not coming.blobs.has(content):
            raise Refusal("not_found", NOT_FOUND)
        return {"have": coming.take(content, start, sealed, size, reader)}

    @api.put("/v1/attachments/{content}", name="attachments.put", summary="Take the next sealed piece of a file")
    async def put(request: Request, content: Content, start: Start = 0) -> dict[str, int]:
        device = (await run_in_threadpool(_enter, request)).trusted()
        data, digest = await _body(request, pieces.LARGEST_SEALED)
        if not digest:
            raise pieces.bad()
        return await run_in_threadpool(taken, device, content, start, data)

    @api.get("/v1/attachments/{content}", name="attachments.get", summary="One piece of a file, sealed for the site")
    def get(request: Request, content: Content, start: Start = 0) -> Response:
        device = _enter(request).trusted()
        with store.read() as s:
            allowed = pieces.readable(s, content, device.site, list(device.paths))
        if not allowed or not coming.blobs.has(content):
            raise Refusal("not_found", NOT_FOUND)
        part = coming.blobs.part(content, start, pieces.PIECE)
        return Response(pieces.seal(part, device.age), 200, media_type="application/octet-stream")
