"""The requests that headquarters' server answers beside packages: feed, long answers, files, health, numbers."""

import hmac
import re
import uuid
from ipaddress import ip_address
from typing import Annotated

from fastapi import FastAPI, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from pydantic import StringConstraints

from app.errors import Refusal
from app.hq import answers
from app.hq.auth import Device
from app.hq.described import BYTES, MEDIA, NOTHING, SIGNED, TEXT, Have, Health, Lacking, News, takes
from app.hq.described import answers as described
from app.hq.entering import as_announced, body, enter, entered, given
from app.hq.house import House
from app.hq.outbox import GONE
from app.sync import own, pieces, requests
from app.sync.feed import Statement
from app.sync.files import MOST_WANTED
from app.sync.rules import Mark

_LIFE = re.compile(r"([0-9a-f]{1,64}):(\d{1,18})")
_NUMBER = 2**63 - 1
_KNOWS = "^[0-9]{1,19}:[0-9]{1,19}$"
Content = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
Want = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}:[0-9]{1,18}$")]
Start = Annotated[int, Query(ge=0, le=_NUMBER)]
Most = Annotated[int, Query(ge=1, le=_NUMBER)]
#: Heads by which a request shows that it came through something in between.
_PASSED_ON = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


def add(api: FastAPI, house: House) -> None:
    """Every route of version 1 but those of packages is known to the application."""
    _add_feed(api, house)
    _add_attachments(api, house)
    _add_numbers(api, house)


def _add_feed(api: FastAPI, house: House) -> None:
    @api.get(
        "/v1/feed", name="feed.get", summary="The next sealed piece of the feed since the site's cursor",
        responses=described(*SIGNED, sealed=MEDIA), response_class=Response,
    )  # fmt: skip
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
        knows: Annotated[
            str, Query(pattern=_KNOWS, description="numbers of the keys and of the list of revoked sites")
        ] = "0:0",
    ) -> Response:
        device = enter(house, request).trusted()
        lives = tuple((found[1], int(found[2])) for found in map(_LIFE.fullmatch, life or ()) if found)
        keys, revoked = map(int, knows.split(":"))
        stated = Statement(
            cursor,
            lives,
            epoch,
            Mark(seq, bytes.fromhex(tip)),
            tuple(scope or ()),
            loaded,
            compact,
            knows=(keys, revoked),
        )
        return given(house, request, device, answers.feed_piece(house.store, device.site, stated))

    @api.get(
        "/v1/news", name="news.get", summary="Whether anything is new for a site that asks by the tag of its last answer",
        responses=described(*SIGNED) | NOTHING, response_model=News,
    )  # fmt: skip
    def news(
        request: Request,
        tag: Annotated[str, Query(pattern="^[0-9A-Za-z_-]{22}$", description="from the answer to the last package")],
        at: Annotated[int, Query(ge=0, le=_NUMBER, description="the site's cursor")],
        now: Annotated[int, Query(ge=0, le=_NUMBER, description="the site's clock, seconds since 1970")],
    ) -> Response:
        device, claim = enter(house, request).trusted(), requests.claimed(request.headers["authorization"])
        if claim is None:
            raise ValueError("a request without a claim has entered")
        word = answers.nothing_new(house.store, device.site, tag, at, now, claim.signature)
        following = house.door.follow(claim.challenge)
        heads = {requests.NEXT: following} if following else {}
        if not word:
            return JSONResponse({"news": True}, headers=heads)
        return Response(status_code=204, headers=heads | {requests.NOTHING: word})

    @api.get(
        "/v1/answers/{answer}", name="answers.get", summary="A part of a long answer, from a byte on",
        responses=described(*SIGNED, 404, sealed=BYTES), response_class=Response,
    )  # fmt: skip
    def answer(request: Request, answer: Content, start: Start = 0, most: Most = pieces.PIECE) -> Response:
        device = enter(house, request)
        return Response(house.outbox.part(device.site, answer, start, most), media_type=BYTES)


def _add_attachments(api: FastAPI, house: House) -> None:
    store, coming = house.store, house.coming

    @api.get(
        "/v1/attachments", name="attachments.lacking", summary="The site's files that headquarters still lacks",
        responses=described(*SIGNED), response_model=Lacking,
    )  # fmt: skip
    def lacking(request: Request) -> dict[str, list[dict[str, str | int]]]:
        device = enter(house, request).trusted()
        with store.read() as s:
            wanted = pieces.wanted(s, coming.blobs, site=device.site)[:1000]
        return {"lacking": [{"hash": one.hash, "size": one.size, "have": coming.reached(one.hash)} for one in wanted]}

    def taken(request: Request, device: Device, content: str, start: int, sealed: bytes) -> Have:
        as_announced(request, sealed, pieces.bad())
        with store.read() as s:
            wanted = pieces.wanted(s, coming.blobs, site=device.site)
            size = next((one.size for one in wanted if one.hash == content), -1)
            reader = own.reader(s)
        if size < 0 and not coming.blobs.has(content):
            raise Refusal("not_found", GONE)
        return Have(have=coming.take(content, start, sealed, size, reader))

    @api.put(
        "/v1/attachments/{content}", name="attachments.put", summary="Take the next sealed piece of a file",
        responses=described(*SIGNED, 404, 408, 413, 507), openapi_extra=takes(BYTES),
    )  # fmt: skip
    async def put(request: Request, content: Content, start: Start = 0) -> Have:
        device = (await entered(house, request)).trusted()
        data = await body(request, pieces.LARGEST_SEALED)
        return await run_in_threadpool(taken, request, device, content, start, data)

    @api.get(
        "/v1/attachments/{content}", name="attachments.get", summary="One piece of a file, sealed for the site",
        responses=described(*SIGNED, 404, sealed=BYTES), response_class=Response,
    )  # fmt: skip
    def get(request: Request, content: Content, start: Start = 0, most: Most = pieces.PIECE) -> Response:
        device = enter(house, request).trusted()
        with store.read() as s:
            allowed = pieces.readable(s, content, device.site, list(device.paths))
        if not allowed or not coming.blobs.has(content):
            raise Refusal("not_found", GONE)
        part = coming.blobs.part(content, start, min(most, pieces.PIECE))
        return Response(pieces.seal(part, device.age), media_type=BYTES)

    @api.get(
        "/v1/sites/{site}/files", name="sites.files", summary="For a station: a file with what a site below it asks for",
        responses=described(*SIGNED, 404, sealed=MEDIA), response_class=Response,
    )  # fmt: skip
    def passed_on(
        request: Request, site: uuid.UUID, want: Annotated[list[Want], Query(max_length=MOST_WANTED)],
        part: Annotated[int, Query(ge=0, le=100)] = 0,
    ) -> Response:  # fmt: skip
        device = enter(house, request).trusted()
        asked = [(content, int(have)) for content, _colon, have in (one.partition(":") for one in want)]
        sealed = answers.files_below(store, device, site, asked, part)
        if sealed is None:
            raise Refusal("not_found", GONE)
        return given(house, request, device, sealed)


def _add_numbers(api: FastAPI, house: House) -> None:
    @api.get(
        "/v1/health", name="health", summary="Whether the server can work; nothing is said about its data",
        responses={503: {"model": Health, "description": "Store or disk in trouble"}}, response_model=Health,
    )  # fmt: skip
    def health() -> JSONResponse:
        found = house.health()
        return JSONResponse(found, 200 if found["status"] == "ok" else 503)

    @api.get(
        "/metrics", name="metrics", summary="Numbers in the text form of Prometheus, for this machine or a bearer of the token",
        responses=described(404, sealed=TEXT), response_class=Response,
    )  # fmt: skip
    def metrics(request: Request) -> Response:
        if not _may_watch(request, house.token):
            raise Refusal("not_found", GONE)
        return Response(house.metrics.text(house.gauges()), media_type=TEXT)


def _may_watch(request: Request, token: str) -> bool:
    """The bearer of the token, or somebody at this very machine."""
    given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    near = request.client is not None and ip_address(request.client.host).is_loopback
    return near and not any(name in request.headers for name in _PASSED_ON)
