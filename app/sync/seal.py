"""Batches as sealed files: written for their readers, opened only when everything about them is right."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from app.errors import Refusal
from app.i18n import N_
from app.sync import envelope, wire
from app.sync.batch import Batch, Header, unbroken
from app.sync.certificates import Trust
from app.sync.envelope import Opened, Reader
from app.sync.keys import Keys
from app.sync.wire import WireChange

#: Changes of up to this many bytes are kept once they are read; more are read again whenever they are gone through.
_KEPT = 16 << 20

CONTENT = N_("文件的内容与它的说明不一致, 没有读入, 数据没有变化。请让发出的单位重新导出。")


def seal(batch: Batch, keys: Keys, recipients: Iterable[str]) -> bytes:
    """The batch as a file for these recipients (age keys), signed by its sender. Refused beyond the limits of size."""
    out = io.BytesIO()
    seal_to(out, batch, keys, recipients)
    return out.getvalue()


def seal_to(out: BinaryIO, batch: Batch, keys: Keys, recipients: Iterable[str]) -> Header:
    """The batch is written to the stream as `seal` makes it; returns the header as signed."""
    return envelope.write(batch.header, wire.write_lines(batch.changes), keys, recipients, out)


def open_(stream: BinaryIO | bytes, trust: Trust, reader: Reader, *, more: bool = False) -> Batch:
    """The batch of a file, whole, genuine, for this reader and within all limits.

    Checked in this order, each refused with its reason: signature, known and not revoked key, address, decryption, digest,
    form of every change, its chain, and the counts. Nothing of it is kept in the store here.
    """
    source = io.BytesIO(stream) if isinstance(stream, bytes) else stream
    opened = envelope.read(source, trust.judge, reader, more=more)
    if opened.header.kind not in ("changes", "feed"):
        raise Refusal("other_kind", N_("这个文件里不是上报或下发的数据, 没有读入。请从「同步」页重新选择文件。"))
    kept = list(wire.read_lines(opened.lines())) if opened.header.payload_size <= _KEPT else None
    batch = Batch(opened.header, _Lazy(opened) if kept is None else kept)
    if not (unbroken(batch) if opened.header.kind == "changes" else _counted(batch)):
        raise Refusal("content_differs", CONTENT)
    return batch


@dataclass(frozen=True)
class _Lazy:
    opened: Opened

    def __iter__(self) -> Iterator[WireChange]:
        return wire.read_lines(self.opened.lines())


def _counted(batch: Batch) -> bool:
    number = sum(1 for _ in batch.changes)
    return number == batch.header.changes == sum(batch.header.counts.values())
