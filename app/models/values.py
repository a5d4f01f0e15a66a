"""Column types and the canonical form of values: the same on SQLite, on PostgreSQL and on the wire."""

import uuid
from datetime import UTC, date, datetime
from typing import Any

import uuid_utils
from sqlalchemy import JSON, BigInteger, Dialect, Integer, LargeBinary, types
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine


def new_id() -> uuid.UUID:
    """A new UUIDv7: unique without asking anybody, and later ones sort later."""
    return uuid.UUID(bytes=uuid_utils.uuid7().bytes)


class Id(types.TypeDecorator[uuid.UUID]):
    """A UUID: 16 bytes on SQLite, `uuid` on PostgreSQL."""

    impl = LargeBinary(16)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID(as_uuid=True))
        return dialect.type_descriptor(LargeBinary(16))

    def process_bind_param(self, value: uuid.UUID | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return value.bytes

    def process_result_value(self, value: Any, dialect: Dialect) -> uuid.UUID | None:
        if value is None or isinstance(value, uuid.UUID):
            return value
        return uuid.UUID(bytes=bytes(value))


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

#: A 64-bit number that is also an automatic row number on SQLite.
Position = BigInteger().with_variant(Integer, "sqlite")


def canonical(value: Any) -> Any:
    """The value as it stands in canonical JSON: ids as hex, moments in UTC with six decimals, dates as ISO text."""
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
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
    if value is None:
        return None
    if isinstance(kind, Id):
        return uuid.UUID(hex=value)
    if isinstance(kind, Utc):
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    if isinstance(kind, types.Date):
        return date.fromisoformat(value)
    if isinstance(kind, types.LargeBinary):
        return bytes.fromhex(value)
    expected: type | tuple[type, ...]
    if isinstance(kind, types.JSON):
        expected = (list, dict, str, int, bool)
    elif isinstance(kind, types.Boolean):
        expected = bool
    elif isinstance(kind, types.Integer):
        expected = int
    else:
        expected = str
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        raise TypeError(f"{type(value).__name__} where {expected} is due")
    return value
