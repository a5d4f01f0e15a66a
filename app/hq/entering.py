"""Every request says who it is from before a byte of its body is read; then the body is read, bounded in size and time."""

import hashlib
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from app.errors import Refusal
from app.hq.auth import Device
from app.hq.described import MEDIA
from app.hq.house import House
from app.hq.patience import whole
from app.i18n import N_
from app.sync import pieces, requests

_TOO_LARGE = N_("这一包超过总部一次能收的大小 ({limit} KB), 没有收下。请分成小包再报。")
_SLOW = N_("网络太慢或中断, 总部没有收完这一段。数据都在本机, 请再同步。")


def enter(house: House, request: Request) -> Device:
    """The enrolled site that signed this request, revoked ones too; refused for anybody else, and beyond its share."""
    return _seated(house, request, house.door.enter(*_asked(request)))


async def entered(house: House, request: Request) -> Device:
    """The same for who must not wait for the store: a site that was here a moment ago is known without it."""
    asked = _asked(request)
    device = house.door.at_once(*asked)
    if device is None:
        device = await run_in_threadpool(house.door.enter, *asked)
    return _seated(house, request, device)


def _asked(request: Request) -> tuple[str, str, str, str]:
    """Method, target, who says to be asking, and the digest of what comes."""
    query = request.scope["query_string"].decode("latin-1")
    path = request.scope.get("raw_path", request.scope["path"].encode()).decode("latin-1")
    target = path + (f"?{query}" if query else "")
    return request.method, target, request.headers.get("authorization", ""), _stated(request)


def _seated(house: House, request: Request, device: Device) -> Device:
    request.state.site = device.site
    house.guests.come(device.site)
    request.state.guest = device.site
    return device


async def body(request: Request, limit: int) -> bytes:
    """The whole body; refused as soon as it is too long or slow."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length[:20]) > limit:
        raise too_large(limit)
    return await whole(request.stream(), limit, lambda why: _refusal(why, limit))


def as_announced(request: Request, data: bytes, otherwise: Refusal) -> str:
    """The digest of the body, by which its sender announced it; refused where that was another one."""
    digest = hashlib.sha256(data).hexdigest()
    if digest != _stated(request):
        raise otherwise
    return digest


def _stated(request: Request) -> str:
    return requests.digest_of(request.headers.get("content-digest"))


def _refusal(why: str, limit: int) -> Refusal:
    return Refusal("slow", _SLOW) if why == "slow" else too_large(limit)


def too_large(limit: int) -> Refusal:
    """The refusal of a body beyond what the server takes."""
    return Refusal("too_large", _TOO_LARGE, limit=limit >> 10)


def given(house: House, request: Request, device: Device, sealed: bytes) -> Response:
    """The sealed answer, or, where it is long and the site knows how, its name and size to be fetched piece by piece."""
    if len(sealed) <= pieces.PIECE or "application/json" not in request.headers.get("accept", ""):
        return Response(sealed, 200, media_type=MEDIA)
    named: dict[str, Any] = {"answer": house.outbox.put(device.site, sealed), "size": len(sealed)}
    return JSONResponse(named)
