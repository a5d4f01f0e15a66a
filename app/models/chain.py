"""Canonical JSON and the hash chain: the bytes every machine must agree on."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from app.models.values import canonical

#: Nesting deeper than this has no honest use in a record.
DEEPEST = 16
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder().decode
#: What a change says about itself, in this order for ever; the payload is covered by its own salted hash.
HEADER = (
    "id", "site", "epoch", "seq", "txn", "table", "record", "base", "heads", "fields", "path", "author", "at",
    "device_at", "schema",
)  # fmt: skip
_CHAIN, _PAYLOAD = b"fengge change 1\n", b"fengge payload 1\n"


def canonical_json(value: Any) -> bytes:
    """The one spelling of a plain value: UTF-8, sorted keys, no blanks; ValueError for what has none (fractions, depth)."""
    check_plain(value)
    try:
        return _encode(value)
    except UnicodeEncodeError as error:
        raise ValueError("half a character") from error


def read_canonical(data: bytes) -> Any:
    """The value spelt exactly so; ValueError for another spelling (doubled keys, blanks, bad UTF-8)."""
    try:
        value = _decode(data)
        spelt = canonical_json(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("no canonical JSON") from error
    if spelt != data:
        raise ValueError("JSON is not in its canonical form")
    return value


def check_plain(value: Any, depth: int = 0) -> None:
    """Nothing for a value of plain kinds within the limits; ValueError for any other."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return
    if kind is int:
        if not _LOWEST <= value <= _HIGHEST:
            raise ValueError("a number beyond 64 bits")
    elif kind is dict or kind is list or kind is tuple:
        if depth >= DEEPEST:
            raise ValueError(f"nested deeper than {DEEPEST}")
        if kind is dict:
            for key in value:
                if type(key) is not str:
                    raise ValueError("a key that is no text")
        for item in value.values() if kind is dict else value:
            # most are nothing or text; a call for each would cost more than all the rest
            if item is not None and type(item) is not str:
                check_plain(item, depth + 1)
    else:
        raise ValueError(f"{kind.__name__} is no plain value")


def payload_hash(salt: bytes, row_json: bytes) -> bytes:
    """What the chain covers in place of the row: without the salt nobody can guess an erased row from it."""
    return hashlib.sha256(_PAYLOAD + len(salt).to_bytes(1, "big") + salt + row_json).digest()


def chain_hash(prev: bytes, change: Mapping[str, Any], payload: bytes) -> bytes:
    """The link after `prev` for a change with the fields of `HEADER` (ids and moments as such) and its payload hash."""
    return linked(prev, [_spelt(change[name]) for name in HEADER], payload)


def linked(prev: bytes, header: Sequence[Any], payload: bytes) -> bytes:
    """As `chain_hash`, for a header that is spelt already: ids as hex and moments as text, in the order of `HEADER`."""
    return hashlib.sha256(_CHAIN + prev + payload + _encode(header)).digest()


def _spelt(value: Any) -> Any:
    kind = type(value)
    if kind is uuid.UUID:
        return value.hex
    return _moment(value) if kind is datetime else value


@lru_cache(maxsize=16)  # all changes of one transaction bear the same moment
def _moment(value: datetime) -> Any:
    return canonical(value)
