"""Signed requests: how a site proves to headquarters' server, request by request, which site it is.

    Authorization: Fengge site=<32 hex>,challenge=<text the server gave>,signature=<128 hex>
    Content-Digest: sha-256=:<base64 of the SHA-256 of the body>:

The signature covers method, target (path and query), digest, challenge and headquarters' id, each on a line of its own. The
challenge comes with every answer 401 and is good for a while by headquarters' own clock; the site's clock plays no part.
One answer, that there is nothing new, is signed in turn by headquarters, for this very request. The question for it has a
shorter form, which servers of programs before 2026-11-29 do not know: `Fengge <site>.<challenge>.<signature, base64url>`, and no
digest where there is no body.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from app.sync.keys import Keys, sign, signed_by

SCHEME = "Fengge"
#: With its challenge the server says how large a body it takes, so that nobody sends a larger one in vain.
LARGEST = "Fengge-Largest"
#: The tag of an answer to a package, by which the same may be asked again in short (see `quiet`).
TAG = "Fengge-Tag"
#: That nothing is new: how far the site's cursor reaches now, and headquarters' signature.
NOTHING = "Fengge-Nothing"
#: A fresh challenge in place of one that is good for a short time only.
NEXT = "Fengge-Challenge"
_PURPOSE, _ASSURES = b"http", b"nothing new"
_NO_BODY = hashlib.sha256(b"").hexdigest()
_PARTS = re.compile(r"Fengge site=([0-9a-f]{32}),challenge=([0-9A-Za-z_-]{1,200}),signature=([0-9a-f]{128})")
_SHORT = re.compile(r"Fengge ([0-9a-f]{32})\.([0-9A-Za-z_-]{1,200})\.([0-9A-Za-z_-]{86})")
_ASSURED = re.compile(r"([0-9]{1,18})\.([0-9A-Za-z_-]{86})")
_ASKED = re.compile(r"Fengge challenge=([0-9A-Za-z_-]{1,200})")
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")


@dataclass(frozen=True)
class Signed:
    """What the head of a request claims: which site, in answer to which challenge."""

    site: str
    challenge: str
    signature: bytes


def headers(
    keys: Keys, site: str, hq: str, challenge: str, method: str, target: str, body: bytes, *, short: bool = False
) -> dict[str, str]:
    """The heads with which the site signs this request, in their short form if asked for."""
    digest = hashlib.sha256(body).digest()
    signature = sign(keys, _PURPOSE, _message(hq, challenge, method, target, digest.hex()))
    if short and not body:
        return {"Authorization": f"{SCHEME} {site}.{challenge}.{text(signature)}"}
    return {
        "Authorization": f"{SCHEME} site={site},challenge={challenge},signature={signature.hex()}",
        "Content-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:",
    }


def claimed(authorization: str) -> Signed | None:
    """The claim in the head of a request; None if there is none."""
    if found := _SHORT.fullmatch(authorization):
        return Signed(found[1], found[2], _bytes(found[3]))
    found = _PARTS.fullmatch(authorization)
    return Signed(found[1], found[2], bytes.fromhex(found[3])) if found else None


def digest_of(content_digest: str | None) -> str:
    """The stated SHA-256 of the body in hex, that of no body if nothing is stated; "" if it is not stated in a way we know."""
    if content_digest is None:
        return _NO_BODY
    found = _DIGEST.fullmatch(content_digest)
    try:
        return base64.b64decode(found[1], validate=True).hex() if found else ""
    except binascii.Error:
        return ""


def asked(authenticate: str) -> str:
    """The challenge in the head of an answer 401; "" if there is none."""
    found = _ASKED.fullmatch(authenticate)
    return found[1] if found else ""


def proven(signed: Signed, key: str, hq: str, method: str, target: str, digest: str) -> bool:
    """Whether the holder of this key signed this very request for this headquarters."""
    return signed_by(key, _PURPOSE, _message(hq, signed.challenge, method, target, digest), signed.signature)


def _message(hq: str, challenge: str, method: str, target: str, digest: str) -> bytes:
    return "\n".join((hq, challenge, method.upper(), target, digest)).encode()


def assure(keys: Keys, signature: bytes, reached: int) -> str:
    """Headquarters' word that nothing is new up to this position, for the request with this signature and no other."""
    return f"{reached}.{text(sign(keys, _ASSURES, _assurance(signature, reached)))}"


def assured(word: str, signers: Iterable[str], signature: bytes) -> int | None:
    """The position that headquarters' word for this request tells; None for anything that none of these keys has signed."""
    found = _ASSURED.fullmatch(word)
    if found is None:
        return None
    reached, given = int(found[1]), _bytes(found[2])
    said = _assurance(signature, reached)
    return reached if any(signed_by(key, _ASSURES, said, given) for key in signers) else None


def _assurance(signature: bytes, reached: int) -> bytes:
    return f"{signature.hex()}\n{reached}".encode()


def text(raw: bytes) -> str:
    """Bytes as letters that may stand anywhere in a request."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(letters: str) -> bytes:
    return base64.urlsafe_b64decode(letters + "==")
