"""The connection of one site with headquarters' server: every request signed, tried again with growing pauses, bounded."""

import ssl
import uuid
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from app import logs
from app.errors import Refusal
from app.i18n import N_
from app.sync import requests
from app.sync.feed import Statement
from app.sync.keys import Keys
from app.sync.package import LARGEST_FILE

#: Seconds: to be connected, between two pieces of a body, for headquarters to take a package.
CONNECT, WRITE, READ = 10, 60, 180
#: Tries and pauses of one request (seconds); the pause doubles, with as much again by chance.
TRIES, FIRST_PAUSE, LONGEST_PAUSE = 6, 0.5, 20
_LATER = frozenset({408, 425, 429, 502, 503, 504})

_NO_URL = N_("还没有填写总部地址。请在「设置」中填写, 或用 --hq 指明; 没有网络时用 U 盘收发。")
_BAD_URL = N_("总部地址「{url}」不对, 应以 http:// 或 https:// 开头, 如 https://hq.example:8470。")
_UNREACHED = N_("现在连不上总部 ({host})。数据都在本机, 不影响使用; 请检查网络后再同步, 或改用 U 盘。")
_SLOW = N_("网络太慢或中断, 这次没有同步完。已确认的不会重报, 其余都在本机; 请稍后再同步。")
_STRANGER = N_("总部的安全证书无法确认 ({host}), 没有连接, 也没有发送任何数据。请联系总部核对证书。")
_BAD_CA = N_("证书文件「{file}」读不了, 应为 PEM 格式。")
_DECLINED = N_("总部没有收下: {why}")
_STRANGE = N_("总部地址上的程序没有正确回答 (状态 {status})。请核对总部地址, 或联系总部。")
_TOO_LARGE = N_("总部不接受这么大的数据包。请联系总部, 或改用 U 盘上报。")


class TooLarge(Refusal):
    """The server does not take bodies of this size, or the line is too slow for it."""


class _Later(Exception):
    """The server asks to be asked again."""


class Connection:
    """Open until it is closed; `sent` and `received` count the bytes of bodies."""

    def __init__(self, url: str, keys: Keys, site: str, hq: str, ca: str | None = None) -> None:
        import httpx

        self.host, self._base = _checked(url)
        self._keys, self._site, self._hq, self._challenge = keys, site, hq, ""
        self.sent = self.received = 0
        self._largest = LARGEST_FILE
        self._answered, self._missed = False, 0
        self._http = httpx.Client(
            verify=_trust(ca), timeout=httpx.Timeout(READ, connect=CONNECT, write=WRITE), trust_env=False,
            follow_redirects=False,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def push(self, package: uuid.UUID, data: bytes) -> bytes:
        """The sealed receipt of the package, once headquarters has taken it. Refused: `TooLarge`, unreachable, declined."""
        answer = self._ask("POST", "/v1/packages", data)
        if answer.status == 202:  # it lies safely there and is taken when it is asked for
            answer = self._ask("GET", f"/v1/packages/{package}/receipt", later=frozenset({404}))
        return answer.body

    def feed(self, stated: Statement) -> bytes:
        """The next sealed piece of the feed since where we say we stand."""
        query = [("cursor", str(stated.cursor)), ("seq", str(stated.tip.seq)), ("tip", stated.tip.hash.hex())]
        query += [("life", f"{name}:{at}") for name, at in stated.lives]
        query += [("epoch", stated.epoch.hex)] if stated.epoch else []
        query += [("scope", path) for path in stated.scope]
        query += [("loaded", str(stated.loaded)), ("compact", str(stated.compact))] if stated.compact else []
        return self._ask("GET", f"/v1/feed?{urlencode(query, safe=':')}").body

    def lacking(self) -> list[tuple[str, int, int]]:
        """Our files that headquarters lacks: hash, size, and how many bytes it has already."""
        listed = self._ask("GET", "/v1/attachments").json()["lacking"]
        return [(str(one["hash"]), int(one["size"]), int(one["have"])) for one in listed]

    def put(self, content: str, start: int, sealed: bytes) -> int:
        """The sealed piece was offered; says how far headquarters has the file now."""
        return int(self._ask("PUT", f"/v1/attachments/{content}?start={start}", sealed).json()["have"])

    def piece(self, content: str, start: int) -> bytes | None:
        """The sealed piece of a file from this byte on; None if headquarters does not have it either."""
        answer = self._ask("GET", f"/v1/attachments/{content}?start={start}", missing=True)
        return None if answer.status == 404 else answer.body

    def _ask(
        self, method: str, target: str, body: bytes = b"", *, later: frozenset[int] = frozenset(), missing: bool = False
    ) -> "_Answer":
        import httpx
        import stamina

        stamina.instrumentation.set_on_retry_hooks([])  # our own line in the log says it without addresses
        tries = stamina.retry_context(
            on=self._hopeful, attempts=TRIES, timeout=None, wait_initial=FIRST_PAUSE,
            wait_max=LONGEST_PAUSE, wait_jitter=FIRST_PAUSE,
        )  # fmt: skip
        try:
            for attempt in tries:
                with attempt:
                    if attempt.num > 1:
                        logs.note("sync.again", attempt=attempt.num, what=method.lower())
                    answer = self._proven(method, target, body)
                    if answer.status in _LATER | later:
                        raise _Later
        except (httpx.TransportError, _Later) as error:
            raise self._refusal(error, len(body)) from error
        return _judged(answer, len(body), missing)

    def _hopeful(self, error: Exception) -> bool:
        """Worth another try: not a wrong certificate, and a headquarters that never answered only twice."""
        import httpx

        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            self._missed += 1
            return not _by_certificate(error) and (self._answered or self._missed < 3)
        return isinstance(error, httpx.TransportError | _Later)

    def _refusal(self, error: Exception, size: int) -> Refusal:
        import httpx

        if _by_certificate(error):
            return Refusal("hq_certificate", _STRANGER, host=self.host)
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return Refusal("hq_unreachable", _UNREACHED, host=self.host)
        return (TooLarge if size else Refusal)("line_slow", _SLOW)

    def _proven(self, method: str, target: str, body: bytes) -> "_Answer":
        """The answer; where the challenge is missing or outworn, asked once more with the fresh one."""
        if len(body) > self._largest:
            raise TooLarge("too_large", _TOO_LARGE)
        answer = self._send(method, target, body if self._challenge else b"")
        if answer.status == 401 and answer.challenge:
            self._challenge, self._largest = answer.challenge, min(self._largest, answer.largest)
            if len(body) > self._largest:
                raise TooLarge("too_large", _TOO_LARGE)
            answer = self._send(method, target, body)
        return answer

    def _send(self, method: str, target: str, body: bytes) -> "_Answer":
        heads = {"Accept-Encoding": "identity"}
        if self._challenge:
            heads |= requests.headers(self._keys, self._site, self._hq, self._challenge, method, target, body)
        with self._http.stream(method, self._base + target, content=body, headers=heads) as response:
            self.sent += len(body)
            self._answered = True
            found = bytearray()
            for piece in response.iter_raw():
                found += piece
                if len(found) > LARGEST_FILE:
                    raise Refusal("hq_strange", _STRANGE, status=response.status_code)
            self.received += len(found)
            return _Answer(response.status_code, bytes(found), dict(response.headers))


class _Answer:
    def __init__(self, status: int, body: bytes, heads: dict[str, str]) -> None:
        self.status, self.body = status, body
        self.challenge = requests.asked(heads.get("www-authenticate", ""))
        stated = heads.get(requests.LARGEST.lower(), "")
        self.largest = int(stated) if stated.isascii() and stated.isdigit() else LARGEST_FILE

    def json(self) -> dict[str, Any]:
        import json

        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Refusal("hq_strange", _STRANGE, status=self.status) from error
        if not isinstance(found, dict):
            raise Refusal("hq_strange", _STRANGE, status=self.status)
        return found


def _judged(answer: _Answer, size: int, missing: bool) -> _Answer:
    if answer.status in (200, 202) or (missing and answer.status == 404):
        return answer
    if answer.status == 413 and size:
        raise TooLarge("too_large", _TOO_LARGE)
    try:
        told = answer.json()
        code, why = str(told["refused"]), str(told["message"])[:500]
    except (Refusal, KeyError) as error:
        raise Refusal("hq_strange", _STRANGE, status=answer.status) from error
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


def _trust(ca: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ValueError) as error:
        raise Refusal("ca_bad", _BAD_CA, file=ca or "") from error


def _by_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
