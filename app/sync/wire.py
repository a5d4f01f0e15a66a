"""Changes as they travel: one canonical JSON line each, typed, limited and chained."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Annotated, Any, NoReturn

import msgspec
from msgspec import Meta

from app.errors import Refusal
from app.i18n import N_
from app.models import chain
from app.models.values import as_id as as_id
from app.models.values import canonical

#: Limits of one package; beyond them it is refused, however it came.
LARGEST_CHANGE = 1 << 20
MOST_CHANGES = 100_000

_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
IdHex = Annotated[str, Meta(min_length=32, max_length=32)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class WireChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One revision of one record on its way.

    `change_id` alone is sameness; (`site`, `epoch`, `seq`, `prev`, `hash`) places it in its line of history; `at` is hybrid
    time (milliseconds << 16 | counter), `device_at` the clock of the machine. `row` is the whole record; an erased one has
    no row and no salt but the `digest` that the chain covers. `position` is HQ's log position in feeds.
    """

    change_id: IdHex
    site: IdHex
    epoch: IdHex
    seq: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    txn: IdHex
    table: Annotated[str, Meta(min_length=1, max_length=63, pattern=r"^[a-z][a-z0-9_]*$")]
    record: IdHex
    base: Annotated[int, Meta(ge=0, le=2**31 - 2)]
    fields: Annotated[list[Annotated[str, Meta(max_length=63)]], Meta(max_length=500)]
    path: Annotated[str, Meta(max_length=255, pattern="^[^\\0]*$")]  # no database holds character 0
    at: Annotated[int, Meta(ge=0, le=2**62)]  # the year 4199: later times could not be counted on from
    device_at: Annotated[str, Meta(max_length=40)]
    schema: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    heads: Annotated[list[IdHex], Meta(max_length=1000)] = []
    author: IdHex | None = None
    row: dict[str, Any] | None = None
    salt: Annotated[str, Meta(max_length=64)] = ""
    digest: Annotated[str, Meta(max_length=64)] = ""
    prev: Annotated[str, Meta(max_length=64)] = ""
    hash: Annotated[str, Meta(max_length=64)] = ""
    position: Count | None = None


def milliseconds(at: datetime) -> int:
    """The moment as a header tells it: milliseconds since 1970."""
    return (at - _EPOCH) // _MILLISECOND


_decode = msgspec.json.Decoder(WireChange).decode
_encode = msgspec.json.Encoder(order="sorted").encode


def write_line(change: WireChange, after: str = "") -> bytes:
    """The change as one canonical line; its hash follows from it, and its `prev` is left out where it is `after`."""
    if change.row is not None:
        chain.check_plain(change.row, 1)
    return _encode(msgspec.structs.replace(change, hash="", prev="" if change.prev == after else change.prev)) + b"\n"


def write_lines(changes: Iterable[WireChange]) -> Iterator[bytes]:
    """The changes as canonical lines, in their order."""
    after = ""
    for change in changes:
        yield write_line(change, after)
        after = change.hash


def read_line(line: bytes, after: str = "") -> WireChange:
    """The change of a line (without its line end), whole, with `prev` and `hash` filled in; refused unless it is spelt exactly so."""
    if len(line) > LARGEST_CHANGE:
        raise Refusal("change_too_large", N_("这个文件里有一条记录超过 1 MB, 没有读入。请联系上级核对发出的单位。"))
    try:
        change = _decode(line)
        _exactly(change, line)
        prev = change.prev or after
        return msgspec.structs.replace(change, prev=prev, hash=_link(change, prev).hex())
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError) as error:
        _unreadable(error)


def _exactly(change: WireChange, line: bytes) -> None:
    if change.row is not None:
        chain.check_plain(change.row, 1)
    if change.hash or _encode(change) != line:
        raise ValueError("not in its canonical form")


def keep(change: WireChange) -> bytes:
    """The change whole, with its place in its line, to be kept until it can be taken."""
    return _encode(change)


def kept(data: bytes) -> WireChange:
    """The change as `keep` gave it."""
    return _decode(data)


def read_lines(lines: Iterable[bytes]) -> Iterator[WireChange]:
    """The changes of these lines, in their order; refused as `read_line` does, and beyond 100,000."""
    after = ""
    for number, line in enumerate(lines, 1):
        if number > MOST_CHANGES:
            raise Refusal("too_many_changes", N_("这个文件里的记录超过 10 万条, 没有读入。请联系上级核对发出的单位。"))
        change = read_line(line, after)
        after = change.hash
        yield change


def _unreadable(error: Exception) -> NoReturn:
    raise Refusal(
        "content_bad", N_("文件的内容不合格式, 没有读入, 也没有改动任何数据。请让发出的单位重新导出一次。")
    ) from error


_HEADER = attrgetter(*("change_id" if name == "id" else name for name in chain.HEADER))


def link(change: WireChange) -> bytes:
    """The chain hash that follows from the change and its `prev`; ValueError if a part of it is no id, moment or hash."""
    return _link(change, change.prev)


def _link(change: WireChange, prev: str) -> bytes:
    for text in (change.change_id, change.site, change.epoch, change.txn, change.record, *change.heads):
        as_id(text)
    if change.author is not None:
        as_id(change.author)
    _moment(change.device_at)
    return chain.linked(_hash(prev), _HEADER(change), covered(change))


def covered(change: WireChange) -> bytes:
    """What the chain covers of the row: its salted hash, or the one kept of an erased row."""
    if change.row is None:
        if change.salt:
            raise ValueError("a salt without a row")
        return _hash(change.digest)
    if change.digest:
        raise ValueError("a row and the hash of an erased one")
    return chain.payload_hash(_bytes(change.salt), _encode(change.row))  # `read_line` has looked at it


def header(change: WireChange) -> dict[str, Any]:
    """The header of the change as the log keeps it: ids and moments as such."""
    return {
        "id": as_id(change.change_id),
        "site": as_id(change.site),
        "epoch": as_id(change.epoch),
        "seq": change.seq,
        "txn": as_id(change.txn),
        "table": change.table,
        "record": as_id(change.record),
        "base": change.base,
        "heads": [as_id(head).hex for head in change.heads],
        "fields": change.fields,
        "path": change.path,
        "author": None if change.author is None else as_id(change.author),
        "at": change.at,
        "device_at": _moment(change.device_at),
        "schema": change.schema,
    }


def entry(change: WireChange, **here: Any) -> dict[str, Any]:
    """The change as a row of the change log; `here` are the columns that do not travel."""
    erased = change.row is None
    return {
        **header(change),
        "payload": None if erased else _encode(change.row).decode(),
        "salt": _bytes(change.digest if erased else change.salt),
        "prev": _hash(change.prev),
        "hash": _hash(change.hash),
        **here,
    }


def from_entry(entry: Mapping[str, Any], position: int | None = None) -> WireChange:
    """A row of the change log, ready to travel."""
    erased = entry["payload"] is None
    return WireChange(
        change_id=entry["id"].hex,
        site=entry["site"].hex,
        epoch=entry["epoch"].hex,
        seq=entry["seq"],
        txn=entry["txn"].hex,
        table=entry["table"],
        record=entry["record"].hex,
        base=entry["base"],
        fields=list(entry["fields"]),
        path=entry["path"],
        at=entry["at"],
        device_at=str(canonical(entry["device_at"])),
        schema=entry["schema"],
        heads=list(entry["heads"]),
        author=None if entry["author"] is None else entry["author"].hex,
        row=None if erased else msgspec.json.decode(entry["payload"]),
        salt="" if erased else entry["salt"].hex(),
        digest=entry["salt"].hex() if erased else "",
        prev=entry["prev"].hex(),
        hash=entry["hash"].hex(),
        position=position,
    )


@lru_cache(maxsize=256)
def _moment(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    if value.tzinfo is None or canonical(value) != text:
        raise ValueError("a moment in another spelling")
    return value


def _bytes(text: str) -> bytes:
    value = bytes.fromhex(text)
    if value.hex() != text:
        raise ValueError("bytes in another spelling")
    return value


def _hash(text: str) -> bytes:
    value = _bytes(text)
    if len(value) != 32:
        raise ValueError("a hash has 32 bytes")
    return value
