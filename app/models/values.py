"""Column types and the canonical form of values: the same on SQLite, on PostgreSQL and on the wire."""

import base64
import json
import secrets
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import msgspec
import uuid_utils
from sqlalchemy import JSON, BigInteger, Dialect, Integer, LargeBinary, Text, Uuid, types
from sqlalchemy.types import TypeEngine


def new_id() -> uuid.UUID:
    """A new UUIDv7: unique without asking anybody, and later ones sort later."""
    return id_of(uuid_utils.uuid7().bytes)


_fresh, _put, _UNKNOWN = object.__new__, object.__setattr__, uuid.SafeUUID.unknown


def id_of(data: bytes) -> uuid.UUID:
    """The id of these 16 bytes, made in a third of the time that `uuid.UUID` takes to judge its arguments."""
    made = _fresh(uuid.UUID)
    _put(made, "int", int.from_bytes(data, "big"))
    _put(made, "is_safe", _UNKNOWN)
    return made


@lru_cache(maxsize=8192)  # each is asked for a dozen times on the way of its change
def as_id(text: str) -> uuid.UUID:
    """The id of 32 small hexadecimal digits; ValueError for any other spelling, TypeError for what is no text."""
    value = id_of(bytes.fromhex(text))
    if len(text) != 32 or value.hex != text:
        raise ValueError("an id in another spelling")
    return value


class Id(types.TypeDecorator[uuid.UUID]):
    """A UUID: 16 bytes on SQLite, `uuid` on PostgreSQL."""

    impl = LargeBinary(16)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Uuid(as_uuid=True))
        return dialect.type_descriptor(LargeBinary(16))

    def process_bind_param(self, value: uuid.UUID | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return value.bytes

    def process_result_value(self, value: Any, dialect: Dialect) -> uuid.UUID | None:
        if value is None or isinstance(value, uuid.UUID):
            return value
        return id_of(value)

    def bind_processor(self, dialect: Dialect) -> Any:
        """Ids are the most frequent values of all: no layers between them and the driver."""
        return None if dialect.name == "postgresql" else _bytes_or_none

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return None if dialect.name == "postgresql" else _uuid_or_none


def _bytes_or_none(value: uuid.UUID | None) -> bytes | None:
    return None if value is None else value.int.to_bytes(16, "big")


def _uuid_or_none(value: bytes | None) -> uuid.UUID | None:
    return None if value is None else id_of(value)


class Utc(types.TypeDecorator[datetime]):
    """An aware moment in UTC, kept as microseconds since 1970 (SQLite would drop the zone of a date-time)."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return _micros(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else moment(int(value))


def _micros(value: datetime) -> int:
    delta = value - _ZERO
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


def moment(micros: int) -> datetime:
    """The moment so many microseconds after 1970, in UTC."""
    from datetime import timedelta

    return _ZERO + timedelta(microseconds=micros)


#: Lists and small objects inside a record; always plain JSON (no floats).
Json = JSON(none_as_null=True)


class Secret(types.TypeDecorator[str]):
    """A secret key: plain within the encrypted file of SQLite; in a database of PostgreSQL sealed with the store's key."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None or dialect.name != "postgresql" else _seal(dialect, value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None or dialect.name != "postgresql" else _unseal(dialect, value)


class SecretJson(types.TypeDecorator[Any]):
    """JSON that may hold secret keys, kept as `Secret` is."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None or dialect.name != "postgresql":
            return value
        return {"sealed": _seal(dialect, json.dumps(value))}

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if value is None or dialect.name != "postgresql":
            return value
        return json.loads(_unseal(dialect, value["sealed"]))


_SEAL = "fengge_seal"


def guard(dialect: Dialect, key: bytes) -> None:
    """Secrets that go through this dialect are sealed with a key made from the store's."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    setattr(dialect, _SEAL, AESGCM(HKDF(SHA256(), 32, None, b"fengge secrets in a database").derive(key)))


def _seal(dialect: Dialect, text: str) -> str:
    nonce = secrets.token_bytes(12)
    return base64.b64encode(nonce + getattr(dialect, _SEAL).encrypt(nonce, text.encode(), None)).decode()


def _unseal(dialect: Dialect, text: str) -> str:
    data = base64.b64decode(text)
    plain: bytes = getattr(dialect, _SEAL).decrypt(data[:12], data[12:], None)
    return plain.decode()


#: A 64-bit number that is also an automatic row number on SQLite.
Position = BigInteger().with_variant(Integer, "sqlite")


def canonical(value: Any) -> Any:
    """The value as it stands in canonical JSON: ids as hex, moments in UTC with six decimals, dates as ISO text."""
    kind = type(value)
    if kind is str or value is None or kind is int or kind is bool:
        return value
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [canonical(item) for item in value]
    if isinstance(value, list):
        return [canonical(item) for item in value]
    if isinstance(value, dict):
        return {str(key): canonical(item) for key, item in value.items()}
    if isinstance(value, float):
        raise TypeError("numbers with a fraction are kept as text")
    return value


def restored(value: Any, kind: TypeEngine[Any]) -> Any:
    """The Python value of a canonical one, for a column of this type; raises ValueError or TypeError if it does not fit."""
    return None if value is None else restorer(kind)(value)


def restorer(kind: TypeEngine[Any]) -> Callable[[Any], Any]:
    """How a canonical value that is not None becomes the Python value for a column of this type (see `restored`)."""
    known = (type(kind), getattr(kind, "length", None))
    if known not in _RESTORERS:
        _RESTORERS[known] = _restorer(*known)
    return _RESTORERS[known]


_RESTORERS: dict[tuple[type, int | None], Callable[[Any], Any]] = {}


def _restorer(kind: type, length: int | None) -> Callable[[Any], Any]:
    if issubclass(kind, Id):
        return as_id
    if issubclass(kind, Utc):
        return _from_moment
    if issubclass(kind, types.Date):
        return date.fromisoformat
    if issubclass(kind, types.LargeBinary):
        return bytes.fromhex
    if issubclass(kind, types.JSON):
        return _same((list, dict, str, int, bool), _no_nul)
    if issubclass(kind, types.Boolean):
        return _same((bool,))
    if issubclass(kind, types.Integer):
        return _same((int,), None if issubclass(kind, BigInteger) else _small)
    return _text(length)


def _same(expected: tuple[type, ...], check: Callable[[Any], None] | None = None) -> Callable[[Any], Any]:
    def same(value: Any) -> Any:
        if type(value) not in expected:
            raise TypeError(f"{type(value).__name__} where {expected} is due")
        if check is not None:
            check(value)
        return value

    return same


def _text(length: int | None) -> Callable[[Any], Any]:
    def text(value: Any) -> Any:
        if type(value) is not str:
            raise TypeError(f"{type(value).__name__} where text is due")
        if "\0" in value or (length is not None and len(value) > length):
            raise ValueError("a text that no database holds")
        return value

    return text


def _small(value: int) -> None:
    if not -(1 << 31) <= value < 1 << 31:
        raise ValueError("a number beyond 32 bits")


def _no_nul(value: Any) -> None:
    """PostgreSQL keeps no character 0, not even one that is spelt out in JSON."""
    if b"\\u0000" in msgspec.json.encode(value) and _has_nul(value):  # rare: only then it is worth looking closely
        raise ValueError("a text that no database holds")


def _has_nul(value: Any) -> bool:
    if isinstance(value, dict):
        value = [*value, *value.values()]
    return any(map(_has_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\0" in value


def _from_moment(value: str) -> datetime:
    if len(value) == 27 and value[26] == "Z":
        return datetime.fromisoformat(value)
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
