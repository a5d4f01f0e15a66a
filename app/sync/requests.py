"""Signed requests: how a site proves to headquarters' server, request by request, which site it is.

    Authorization: Fengge site=<32 hex>,challenge=<text the server gave>,signature=<128 hex>
    Content-Digest: sha-256=:<base64 of the SHA-256 of the body>:

The signature covers method, target (path and query), digest, challenge and headquarters' id, each on a line of its own. The
challenge comes with every answer 401 and is good for a while by headquarters' own clock; the site's clock plays no part.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from app.sync.keys import Keys, sign, signed_by

SCHEME = "Fengge"
#: With its challenge the server says how large a body it takes, so that nobody sends a larger one in vain.
LARGEST = "Fengge-Largest"
_PURPOSE = b"http"
_PARTS = re.compile(r"Fengge site=([0-9a-f]{32}),challenge=([0-9A-Za-z_-]{1,200}),signature=([0-9a-f]{128})")
_ASKED = re.compile(r"Fengge challenge=([0-9A-Za-z_-]{1,200})")
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")


@dataclass(frozen=True)
class Signed:
    """What the head of a request claims: which site, in answer to which challenge."""

    site: str
    challenge: str
    signature: bytes


def headers(keys: Keys, site: str, hq: str, challenge: str, method: str, target: str, body: bytes) -> dict[str, str]:
    """The heads with which the site signs this request."""
    digest = hashlib.sha256(body).digest()
    signature = sign(keys, _PURPOSE, _message(hq, challenge, method, target, digest.hex()))
    return {
        "Authorization": f"{SCHEME} site={site},challenge={challenge},signature={signature.hex()}",
        "Content-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:",
    }


def claimed(authorization: str) -> Signed | None:
    """The claim in the head of a request; None if there is none."""
    found = _PARTS.fullmatch(authorization)
    return Signed(found[1], found[2], bytes.fromhex(found[3])) if found else None


def digest_of(content_digest: str) -> str:
    """The stated SHA-256 of the body in hex; "" if none is stated in a way we know."""
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
