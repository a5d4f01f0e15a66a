"""How headquarters knows its own changes again, whoever brings them: their salts are made with its key."""

import hmac
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.models import chain


def salt(key: bytes, entry: Mapping[str, Any], body: bytes) -> bytes:
    """The salt of a change with this head (see `chain.HEADER`) and row: as good as chance to anybody without the store's key."""
    said = chain.chain_hash(bytes(32), entry, sha256(body).digest())
    return hmac.digest(_derived(key), said, "sha256")[:16]


def holds(key: bytes, entry: Mapping[str, Any]) -> bool:
    """The change of a log row was written in the store with this key; False for an erased one, which proves nothing."""
    if entry["payload"] is None:
        return False
    return hmac.compare_digest(entry["salt"], salt(key, entry, entry["payload"].encode()))


@lru_cache(maxsize=8)
def _derived(key: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, b"fengge own changes").derive(key)
