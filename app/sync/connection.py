"""The connection of one site with headquarters' server: every request signed, tried again with growing pauses, bounded."""

import hashlib
import re
import ssl
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar
from urllib.parse import urlencode, urlsplit

from app import logs
from app.clock import now
from app.errors import Refusal
from app.i18n import N_
from app.sync import pieces, requests, trusting
from app.sync.feed import Statement
from app.sync.keys import Keys
from app.sync.package import LARGEST_FILE

#: Seconds: to be connected, between two pieces of a body, for headquarters to take a package.
CONNECT, WRITE, READ = 10, 60, 180
#: Tries and pauses of one request (seconds); the pause doubles, with as much again by chance.
TRIES, FIRST_PAUSE, LONGEST_PAUSE = 6, 0.5, 20
#: How often a receipt is asked for before the site leaves it for the next time.
RECEIPT_TRIES = 12
#: Bytes of one piece, and the least that a line must carry between two breaks.
PIECE, SMALLEST_PIECE = 256 << 10, 4 << 10
_ACCEPT = "application/vnd.fengge.package, application/octet-stream, application/json"
_NAME = re.compile("[0-9a-f]{64}")
T = TypeVar("T")
_LATER = frozenset({408, 425, 429, 502, 503, 504})

_NO_URL = N_("还没有填写总部地址。请在「设置」中填写, 或用 --hq 指明; 没有网络时用 U 盘收发。")
_BAD_URL = N_("总部地址「{url}」不对, 应以 http:// 或 https:// 开头, 如 https://hq.example:8470。")
_UNREACHED = N_("现在连不上总部 ({host})。数据都在本机, 不影响使用; 请检查网络后再同步, 或改用 U 盘。")
_SLOW = N_("网络太慢或中断, 这次没有同步完。已确认的不会重报, 其余都在本机; 请稍后再同步。")
_STRANGER = N_("总部的安全证书无法确认 ({host}), 没有连接, 也没有发送任何数据。请联系总部核对证书。")
_WAITS = N_("总部已经收到, 正在处理, 还没有给回执。数据都在本机; 请过一会儿再同步。")
_DECLINED = N_("总部没有收下: {why}")
_STRANGE = N_("总部地址上的程序没有正确回答 (状态 {status})。请核对总部地址, 或联系总部。")
_TOO_LARGE = N_("总部不接受这么大的数据包。请联系总部, 或改用 U 盘上报。")


class TooLarge(Refusal):
    """The server does not take bodies of this size."""


class Cut(Refusal):
    """The line broke, somebody else answered, or headquarters was not reached or not done: what was begun can be gone on with."""


class _Later(Exception):
    """The server asks to be asked again, after so many seconds where it says so."""

    def __init__(self, seconds: float | None = None) -> None:
        super().__init__("later")
        self.seconds = seconds


class Connection:
    """Open until it is closed; `sent` and `received` count the bytes of bodies, `tag` is that of the last answer.

    What is longer than `piece` goes and comes in pieces, halved where the line breaks and doubled where it holds.
    """

    def __init__(
        self, url: str, keys: Keys, site: str, hq: str, ca: str | None = None, authority: str = "", *,
        context: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        import httpx

        self.host, self._base = _checked(url)
        self._keys, self._site, self._hq = keys, site, hq
        self.sent, self.received, self.tag = 0, 0, ""
        self.piece = PIECE
        #: What an earlier connection was told stays good for a while, and may be told this one.
        self.challenge, self.largest = "", LARGEST_FILE
        self._answered, self._missed, self._heads = False, 0, dict[str, str]()
        self._http = httpx.Client(
            verify=context or trusting.context(authority, ca), timeout=httpx.Timeout(READ, connect=CONNECT, write=WRITE),
            trust_env=False, follow_redirects=False,
        )  # fmt: skip
        self._http.headers.clear()  # who we are stands in the signature; an exchange of nothing is to be short

    @classmethod
    def unknown(cls, url: str) -> Self:
        """To a headquarters that nothing is known of yet: nothing of the line is believed, what comes must prove itself."""
        return cls(url, Keys.new(), "", "", context=trusting.anybody())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def enrol(self, request: bytes, proof: str) -> bytes:
        """The approval for this request, whose maker has shown to know the code of an invitation."""
        self._heads = {"Fengge-Proof": proof}
        return self._ask("POST", "/v1/enrolments", request).body

    # --- packages ---

    def push(self, package: uuid.UUID, data: bytes) -> "Coming":
        """The sealed receipt of the package, once headquarters has taken it; it goes on where an earlier try was cut.

        Refused: `TooLarge`; `Cut`, after which the same package goes on; declined.
        """
        answer = self._whole(data) if len(data) <= self.piece else None
        answer = answer or self._upload(package, data)
        if answer.status == 202:  # it lies safely there and is taken before long
            return self.receipt(package)
        return answer.coming()

    def push_files(self, package: uuid.UUID, data: bytes) -> int:
        """The sealed file with attachments was taken by headquarters, which needs no receipt; says how many of them it has now,
        whole or in part. Refused as `push`."""
        answer = self._whole(data) if len(data) <= self.piece else None
        answer = answer or self._upload(package, data)
        return sum(answer.number(name) for name in ("complete", "begun", "had"))

    def files_for(self, site: uuid.UUID, asked: Sequence[tuple[str, int]], part: int) -> "Coming | None":
        """The sealed file so many-th of those with what this site below us asks for; None where there are no more."""
        query = urlencode([*(("want", f"{content}:{have}") for content, have in asked), ("part", str(part))], safe=":")
        answer = self._ask("GET", f"/v1/sites/{site}/files?{query}", missing=True)
        return None if answer.status == 404 else answer.coming()

    def receipt(self, package: uuid.UUID) -> "Coming":
        """The sealed receipt of a package that headquarters has; refused (`Cut`) while it has not been taken."""
        target = f"/v1/packages/{package}/receipt"
        return self._ask("GET", target, later=frozenset({202}), tries=RECEIPT_TRIES, tired=_WAITS).coming()

    def _whole(self, data: bytes) -> "_Answer | None":
        """The answer to a small package sent at once; None if the line broke, and it is to go piece by piece."""
        import httpx

        def once() -> _Answer | None:
            try:
                return _judged(self._once("POST", "/v1/packages", data), len(data))
            except httpx.TransportError as error:
                if not self._hopeful(error):
                    raise
            self._shrink()
            return None

        return self._tried("post", once)

    def _upload(self, package: uuid.UUID, data: bytes) -> "_Answer":
        name, at = self._announce(package, data)
        while at < len(data):
            at, answer = self._send_piece(name, data, at)
            if answer is not None and answer.status == 404:  # outworn, or finished by a piece whose answer was lost
                name, at = self._announce(package, data)
            elif answer is not None and at >= len(data):
                return answer
        return _Answer(202, b"", {})

    def _announce(self, package: uuid.UUID, data: bytes) -> tuple[str, int]:
        import json

        if len(data) > self.largest:
            raise TooLarge("too_large", _TOO_LARGE)
        said = {"package": package.hex, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        answer = self._ask("POST", "/v1/uploads", json.dumps(said).encode())
        return str(answer.json().get("upload")), answer.number("offset")

    def _send_piece(self, name: str, data: bytes, at: int) -> tuple[int, "_Answer | None"]:
        """How far the upload is after one more piece, and the answer if the piece was the last or the upload is not known."""
        target, broken = f"/v1/uploads/{name}", False

        def once() -> tuple[int, _Answer | None]:
            nonlocal broken
            if broken:  # perhaps only the answer was lost
                found = self._once("GET", target)
                if found.status == 404:
                    return at, found
                if (reached := _judged(found).number("offset")) != at:
                    return reached, None
            broken = True
            piece = data[at : at + self.piece]
            answer = self._once("PATCH", f"{target}?offset={at}", piece)
            if answer.status == 409:
                return _judged(self._once("GET", target)).number("offset"), None
            answer = answer if answer.status == 404 else _judged(answer, len(piece))
            self.piece = min(PIECE, self.piece * 2)
            last = at + len(piece) >= len(data) or answer.status == 404
            return (at if answer.status == 404 else at + len(piece)), answer if last else None

        return self._tried("patch", once)

    # --- answers and files ---

    def feed(self, stated: Statement) -> "Coming":
        """The next sealed piece of the feed since where we say we stand."""
        query = [("cursor", str(stated.cursor)), ("seq", str(stated.tip.seq)), ("tip", stated.tip.hash.hex())]
        query += [("life", f"{name}:{at}") for name, at in stated.lives]
        query += [("epoch", stated.epoch.hex)] if stated.epoch else []
        query += [("scope", path) for path in stated.scope]
        query += [("knows", ":".join(map(str, stated.knows)))] if any(stated.knows) else []
        query += [("loaded", str(stated.loaded)), ("compact", str(stated.compact))] if stated.compact else []
        return self._ask("GET", f"/v1/feed?{urlencode(query, safe=':')}").coming()

    def news(self, tag: str, cursor: int) -> "News":
        """What headquarters says to whether anything is new since the answer with this tag, and beyond this cursor.

        Our clock is told to be compared, and so that no two questions are the same.
        """
        answer = self._ask(
            "GET", lambda: f"/v1/news?tag={tag}&at={cursor}&now={max(0, int(now().timestamp()))}", missing=True
        )
        self.challenge = answer.next or self.challenge
        return News(answer.word, answer.signature, self.challenge)

    def part(self, answer: str, start: int) -> bytes | None:
        """A part of a long answer from this byte on; None if it cannot be fetched any more."""
        found = self._ask("GET", lambda: f"/v1/answers/{answer}?start={start}&most={self.piece}", missing=True)
        self.piece = min(PIECE, self.piece * 2)
        return None if found.status == 404 else found.body

    def lacking(self) -> list[tuple[str, int, int]]:
        """Our files that headquarters lacks: hash, size, and how many bytes it has already."""
        listed = self._ask("GET", "/v1/attachments").json()["lacking"]
        return [(str(one["hash"]), int(one["size"]), int(one["have"])) for one in listed]

    def put(self, content: str, start: int, sealed: bytes) -> int:
        """The sealed piece was offered; says how far headquarters has the file now."""
        found = self._ask("PUT", f"/v1/attachments/{content}?start={start}", sealed).number("have")
        self.piece = min(PIECE, self.piece * 2)
        return found

    def get(self, content: str, start: int) -> bytes | None:
        """The sealed piece of a file from this byte on; None if headquarters does not have it either."""
        target = f"/v1/attachments/{content}?start={start}"
        answer = self._ask("GET", lambda: f"{target}&most={min(self.piece, pieces.PIECE)}", missing=True)
        self.piece = min(PIECE, self.piece * 2)
        return None if answer.status == 404 else answer.body

    # --- requests ---

    def _ask(
        self, method: str, target: str | Callable[[], str], body: bytes = b"", *, later: frozenset[int] = frozenset(),
        missing: bool = False, tries: int = TRIES, tired: str = _SLOW,
    ) -> "_Answer":  # fmt: skip
        """The answer, tried again while there is hope; only for what may be asked twice."""

        def once() -> _Answer:
            answer = self._once(method, target if isinstance(target, str) else target(), body)
            if answer.status in later:
                raise _Later(answer.after)
            return _judged(answer, len(body), missing)

        return self._tried(method.lower(), once, tries, tired)

    def _tried(self, what: str, once: "Callable[[], T]", tries: int = TRIES, tired: str = _SLOW) -> "T":
        import stamina

        stamina.instrumentation.set_on_retry_hooks([])  # our own line in the log says it without addresses
        attempts = stamina.retry_context(
            on=self._hopeful, attempts=tries, timeout=None, wait_initial=FIRST_PAUSE,
            wait_max=LONGEST_PAUSE, wait_jitter=FIRST_PAUSE,
        )  # fmt: skip
        try:
            for attempt in attempts:
                with attempt:
                    if attempt.num > 1:
                        logs.note("sync.again", attempt=attempt.num, what=what)
                        self._shrink()
                    found = once()
        except self._breaks() as error:
            raise self._refusal(error, tired) from error
        return found

    def _breaks(self) -> tuple[type[Exception], ...]:
        import httpx

        return (httpx.TransportError, _Later)

    def _shrink(self) -> None:
        self.piece = max(SMALLEST_PIECE, self.piece // 2)

    def _hopeful(self, error: Exception) -> bool | float:
        """Worth another try: not a wrong certificate, and a headquarters that never answered only twice."""
        import httpx

        if isinstance(error, _Later) and error.seconds is not None:
            return error.seconds
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            self._missed += 1
            return not trusting.by_certificate(error) and (self._answered or self._missed < 3)
        return isinstance(error, httpx.TransportError | _Later)

    def _refusal(self, error: Exception, tired: str = _SLOW) -> Refusal:
        import httpx

        if trusting.by_certificate(error):
            return Refusal("hq_certificate", _STRANGER, host=self.host)
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return Cut("hq_unreachable", _UNREACHED, host=self.host)
        return Cut("line_slow" if tired == _SLOW else "receipt_waits", tired)

    def _once(self, method: str, target: str, body: bytes = b"") -> "_Answer":
        """The answer; where the challenge is missing or outworn, asked once more with the fresh one."""
        if len(body) > self.largest:
            raise TooLarge("too_large", _TOO_LARGE)
        answer = self._send(method, target, body if self.challenge or self._heads else b"")
        if answer.status == 401 and answer.challenge:
            self.challenge, self.largest = answer.challenge, min(self.largest, answer.largest)
            if len(body) > self.largest:
                raise TooLarge("too_large", _TOO_LARGE)
            answer = self._send(method, target, body)
        if answer.status in _LATER:
            raise _Later(answer.after)
        return answer

    def _send(self, method: str, target: str, body: bytes) -> "_Answer":
        short = target.startswith("/v1/news?")
        heads = {} if short else {"Accept-Encoding": "identity", "Accept": _ACCEPT} | self._heads
        if self.challenge:
            who = (self._keys, self._site, self._hq, self.challenge)
            heads |= requests.headers(*who, method, target, body, short=short)
        with self._http.stream(method, self._base + target, content=body, headers=heads) as response:
            self.sent += len(body)
            self._answered = True
            found = bytearray()
            for piece in response.iter_raw():
                found += piece
                if len(found) > LARGEST_FILE:
                    raise Cut("hq_strange", _STRANGE, status=response.status_code)
            self.received += len(found)
            self.tag = response.headers.get(requests.TAG, "")
            claim = requests.claimed(heads.get("Authorization", ""))
            return _Answer(
                response.status_code, bytes(found), dict(response.headers), claim.signature if claim else b""
            )


@dataclass(frozen=True)
class Coming:
    """A sealed answer: its bytes, or the name and size by which it is fetched part by part."""

    data: bytes = b""
    name: str = ""
    size: int = 0


@dataclass(frozen=True)
class News:
    """Headquarters' word that nothing is new ("" where it does not say so), the signature of the request that it is for, and a
    challenge for the next one."""

    word: str
    signature: bytes
    challenge: str


class _Answer:
    def __init__(self, status: int, body: bytes, heads: dict[str, str], signature: bytes = b"") -> None:
        self.status, self.body, self.signature = status, body, signature
        self.word, self.next = heads.get(requests.NOTHING.lower(), ""), heads.get(requests.NEXT.lower(), "")
        self.challenge = requests.asked(heads.get("www-authenticate", ""))
        stated = heads.get(requests.LARGEST.lower(), "")
        self.largest = int(stated) if stated.isascii() and stated.isdigit() else LARGEST_FILE
        pause = heads.get("retry-after", "")
        self.after = min(float(pause), LONGEST_PAUSE) if pause.isascii() and pause.isdigit() else None
        self._kind = heads.get("content-type", "").partition(";")[0].strip()

    def coming(self) -> Coming:
        """The sealed answer itself, or what is said about a long one."""
        if self._kind != "application/json":
            return Coming(self.body)
        name, size = str(self.json().get("answer")), self.number("size")
        if not _NAME.fullmatch(name) or size > LARGEST_FILE:
            raise Cut("hq_strange", _STRANGE, status=self.status)
        return Coming(name=name, size=size)

    def number(self, name: str) -> int:
        """A number of bytes in the answer."""
        found = self.json().get(name)
        if type(found) is not int or found < 0:
            raise Cut("hq_strange", _STRANGE, status=self.status)
        return found

    def json(self) -> dict[str, Any]:
        import json

        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Cut("hq_strange", _STRANGE, status=self.status) from error
        if not isinstance(found, dict):
            raise Cut("hq_strange", _STRANGE, status=self.status)
        return found


def _judged(answer: _Answer, size: int = 0, missing: bool = False) -> _Answer:
    if answer.status in (200, 201, 202, 204) or (missing and answer.status == 404):
        return answer
    if answer.status == 413 and size:
        raise TooLarge("too_large", _TOO_LARGE)
    try:
        told = answer.json()
        code, why = str(told["refused"]), str(told["message"])[:500]
    except (Refusal, KeyError) as error:
        raise Cut("hq_strange", _STRANGE, status=answer.status) from error
    raise Refusal(code, _DECLINED, why=why)


def _checked(url: str) -> tuple[str, str]:
    if not url.strip():
        raise Refusal("hq_url", _NO_URL)
    try:
        parts = urlsplit(url.strip())
        good = parts.scheme in ("http", "https") and parts.hostname and not parts.username and (parts.port or 1)
    except ValueError as error:
        raise Refusal("hq_url", _BAD_URL, url=url) from error
    if not good or parts.query or parts.fragment:
        raise Refusal("hq_url", _BAD_URL, url=url)
    return parts.netloc, f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
