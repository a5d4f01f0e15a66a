"""A new site comes in by a one-time code: whoever does not know one learns nothing, and may not try often."""

import hashlib
import hmac
import time
from typing import Annotated

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fastapi import FastAPI, Request
from fastapi import Header as Head
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from filelock import FileLock, Timeout

from app import logs
from app.errors import Refusal
from app.hq.described import MEDIA, REQUEST, takes
from app.hq.described import answers as described
from app.hq.entering import body
from app.hq.gate import CROWDED
from app.hq.house import House
from app.models import durable, troubles
from app.models.store import Store
from app.sync import inviting

#: A request for enrolment is a small thing.
LARGEST = 64 << 10
#: Tries of one address, and of all together, in so many seconds, at all processes over the store.
EACH, ALL, SPAN = 10, 200, 600.0
#: Seconds in which another process must have counted its own.
_WAIT = 5.0


class Tries:
    """How often was tried of late, and from where; all processes over the store count in one small file.

    Addresses stand in it as keyed marks. The clock is the machine's since it was switched on, which nobody sets.
    """

    def __init__(self, store: Store) -> None:
        self._folder, self._file = store.folder, store.folder / "tries.json"
        self._key = HKDF(SHA256(), 32, None, b"fengge tries").derive(store.key)

    def count(self, address: str) -> None:
        """One more try; refused beyond the limits, and where it cannot be told how many there were."""
        mark = hmac.new(self._key, address.encode(), hashlib.sha256).hexdigest()[:16]
        try:
            with troubles.named(self._folder), FileLock(f"{self._file}.lock", timeout=_WAIT, thread_local=False):
                at = time.monotonic()
                tries = [one for one in self._read(at) if 0 <= at - one[1] <= SPAN]
                if len(tries) >= ALL or sum(of == mark for of, _when in tries) >= EACH:
                    raise Refusal("too_many", CROWDED)
                durable.replace(self._file, msgspec.json.encode([*tries, (mark, at)]))
        except Timeout as error:
            raise Refusal("too_many", CROWDED) from error

    def _read(self, at: float) -> list[tuple[str, float]]:
        """What was counted; a file that nobody can read counts as all tries, from now on."""
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=list[tuple[str, float]])
        except FileNotFoundError:
            return []
        except msgspec.MsgspecError:
            logs.note("hq.tries_unreadable")
            full = [("", at)] * ALL
            durable.replace(self._file, msgspec.json.encode(full))
            return full


def add(api: FastAPI, house: House) -> None:
    """The route by which a new site comes in."""
    tries = Tries(house.store)

    def admitted(data: bytes, proof: str) -> bytes:
        with house.store.begin() as s:
            return inviting.admit(s, data, proof)

    @api.post(
        "/v1/enrolments", name="enrolments.post", summary="Enrol a site that shows to know a one-time code; again, the same",
        responses=described(403, 408, 413, 429, sealed=MEDIA), openapi_extra=takes(REQUEST), response_class=Response,
    )  # fmt: skip
    async def admit(
        request: Request,
        fengge_proof: Annotated[
            str, Head(pattern="^[0-9a-f]{64}$", description="HMAC-SHA-256 over the request, by the code")
        ],
    ) -> Response:
        await run_in_threadpool(tries.count, _address(request))
        data = await body(request, LARGEST)
        return Response(await run_in_threadpool(admitted, data, fengge_proof), media_type=MEDIA)


def _address(request: Request) -> str:
    """Where the request comes from; what stands in front of the server on this machine says it in its own words."""
    near = request.client.host if request.client else ""
    passed = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()[:64]
    return passed if passed and near in ("127.0.0.1", "::1") else near
