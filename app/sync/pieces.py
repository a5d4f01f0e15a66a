"""Attachments on their way: pieces sealed for their reader, kept as they come, until the whole file is here."""

import hashlib
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyrage
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_
from app.models import durable, troubles
from app.models.attachments import Attachment
from app.models.base import table_of
from app.models.blobs import Blobs
from app.models.store import Store
from app.services import attachments
from app.sync import keys, own
from app.sync.envelope import Reader
from app.sync.keys import recipient
from app.sync.scope import Scope

#: One piece of a file, in plain bytes: what a slow line carries in a minute or two.
PIECE = 256 << 10
LARGEST_SEALED = PIECE + (16 << 10)

_BAD = N_("附件的这一段在途中损坏或不是给本机的, 没有收下。请再同步一次。")


def seal(piece: bytes, age: str) -> bytes:
    """The piece, for this reader only."""
    sealed: bytes = pyrage.encrypt(piece, [recipient(age)])
    return sealed


def unseal(sealed: bytes, reader: Reader) -> bytes:
    """The plain piece; refused when it is damaged or for somebody else."""
    try:
        return keys.unseal(sealed, reader.identities)
    except pyrage.DecryptError as error:
        raise bad() from error


def bad() -> Refusal:
    """The refusal of a piece that is not what it should be."""
    return Refusal("piece_bad", _BAD)


class Coming:
    """The files of one store that have begun to come; every piece stays sealed on the disk."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.blobs: Blobs = attachments.blobs(store)
        self.folder = store.folder / "coming"

    def reached(self, content: str) -> int:
        """How many bytes of the file are here without a gap; all of them when it is complete."""
        if self.blobs.has(content):
            return self.blobs.size(content)
        at = 0
        for start, size, _path in self._pieces(content):
            at = start + size if start == at else at
        return at

    def take(self, content: str, start: int, sealed: bytes, size: int, reader: Reader) -> int:
        """The piece is kept, and the file put together once it is whole; says how far it has come.

        A piece that does not begin where the last one ended changes nothing. Refused: a damaged piece, a file of which a
        piece cannot be read any more or that does not have the promised content (it begins anew), a full disk.
        """
        at = self.reached(content)
        if start != at or self.blobs.has(content):
            return at
        plain = unseal(sealed, reader)
        with troubles.named(self.store.folder):
            place = durable.folder(self.folder / content)
            path = place / f"{start:012d}-{len(plain)}"
            draft = path.with_name(f".{secrets.token_hex(4)}.part")
            draft.write_bytes(sealed)
            durable.flush(draft)
            durable.put(draft, path)
            durable.settle(place)
        if start + len(plain) >= size:
            self._complete(content, reader)
        return start + len(plain)

    def _complete(self, content: str, reader: Reader) -> None:
        try:
            whole = b"".join(unseal(path.read_bytes(), reader) for _start, _size, path in self._pieces(content))
            if hashlib.sha256(whole).hexdigest() != content:
                raise bad()
        except Refusal:
            self._forget(content)
            raise
        self.blobs.put(whole)  # where the disk is full the pieces stay, and are put together the next time
        self._forget(content)

    def _pieces(self, content: str) -> Iterator[tuple[int, int, Path]]:
        for path in sorted((self.folder / content).glob("[0-9]*-*")):
            start, _dash, size = path.name.partition("-")
            yield int(start), int(size), path

    def _forget(self, content: str) -> None:
        place = self.folder / content
        for path in place.glob("*"):
            path.unlink(missing_ok=True)
        place.rmdir()


_ANY = select(table_of(Attachment).c.id).limit(1)


@dataclass(frozen=True)
class Wanted:
    """A file that is known here and has not come: its SHA-256, and how many bytes it has."""

    hash: str
    size: int


def wanted(s: Session, blobs: Blobs, *, site: uuid.UUID | None = None) -> list[Wanted]:
    """The attachments known here whose bytes have not come, each file once, the smallest first; of one site if it is given."""
    if s.scalar(_ANY) is None:
        return []
    query = select(Attachment.hash, Attachment.size).where(Attachment.voided_at.is_(None))
    if site is not None:
        query = query.where(Attachment.site == site)
    known = dict(s.execute(query.order_by(Attachment.size, Attachment.id)).all())
    return [
        Wanted(hash_, size) for hash_, size in known.items() if size <= attachments.LARGEST and not blobs.has(hash_)
    ]


def readable(s: Session, content: str, site: uuid.UUID, paths: list[str]) -> bool:
    """Whether some record within these unit paths has this file, and the site may see that record."""
    scope = Scope(s, site, paths)
    return any(
        (one.path == "" or own.covers(paths, one.path))
        and (one.site == site or not scope.hides(one.of_table, one.of_id))
        for one in s.scalars(select(Attachment).where(Attachment.hash == content))
    )
