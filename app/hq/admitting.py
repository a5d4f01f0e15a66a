"""A new site comes in by a one-time code: whoever does not know one learns nothing, and may not try often."""

import time
from collections import deque
from typing import Annotated

from fastapi import FastAPI, Request
from fastapi import Header as Head
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from app.errors import Refusal
from app.hq.described import MEDIA, REQUEST, takes
from app.hq.described import answers as described
from app.hq.entering import body
from app.hq.gate import CROWDED
from app.hq.house import House
from app.sync import inviting

#: A request for enrolment is a small thing.
LARGEST = 64 << 10
#: Tries of one address, and of all together, in so many seconds, for each process.
EACH, ALL, SPAN = 10, 200, 600.0
#: Addresses that are remembered at most.
_REMEMBERED = 10_000


class Tries:
    """How often was tried of late, and from where."""

    def __init__(self) -> None:
        self._by: dict[str, deque[float]] = {}
        self._all: deque[float] = deque()

    def count(self, address: str) -> None:
        """One more try; refused beyond the limits."""
        at = time.monotonic()
        if len(self._by) >= _REMEMBERED:
            self._by = {one: tries for one, tries in self._by.items() if tries and at - tries[-1] < SPAN}
        mine = self._by.setdefault(address, deque())
        for tries in (mine, self._all):
            while tries and at - tries[0] > SPAN:
                tries.popleft()
        if len(mine) >= EACH or len(self._all) >= ALL:
            raise Refusal("too_many", CROWDED)
        mine.append(at)
        self._all.append(at)


def add(api: FastAPI, house: House) -> None:
    """The route by which a new site comes in."""
    tries = Tries()

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
        tries.count(_address(request))
        data, _digest = await body(request, LARGEST)
        return Response(await run_in_threadpool(admitted, data, fengge_proof), media_type=MEDIA)


def _address(request: Request) -> str:
    """Where the request comes from; what stands in front of the server on this machine says it in its own words."""
    near = request.client.host if request.client else ""
    passed = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()[:64]
    return passed if passed and near in ("127.0.0.1", "::1") else near
