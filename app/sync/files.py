"""Attachments by stick: pieces of the files that the other side lacks, sealed for it, beside the packages."""

import base64
import binascii
import io
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now, today
from app.errors import Refusal
from app.i18n import N_, _
from app.models import chain
from app.models.accounts import Actor
from app.models.attachments import Attachment
from app.models.blobs import Blobs
from app.models.changes import Change, unsettled
from app.models.sites import Site
from app.models.store import Store
from app.models.upgrade import SCHEMA
from app.models.values import canonical, new_id
from app.services import attachments
from app.services.access import allow
from app.sync import envelope, own, package, pieces, rotating
from app.sync.batch import HashHex, Header
from app.sync.certificates import Trust
from app.sync.pieces import Coming
from app.sync.wire import Count

#: One file of pieces holds so many plain bytes; one writing at most so many, the rest follows with the next.
EACH, MOST = 16 << 20, 512 << 20
#: So many files a receipt or a package asks for; the others when these have come.
ASKED = 200
#: A station asks for so many files of one site at once.
MOST_WANTED = 50

_BAD = N_("文件的内容不合格式, 没有读入, 也没有改动任何数据。请让发出的单位重新导出一次。")
_STRANGER = N_("站点「{name}」还没有开通, 不能下发。")


class Piece(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a file: whose content has this hash, from this byte on, as base64 text."""

    hash: HashHex
    start: Count
    data: Annotated[str, Meta(max_length=2 * pieces.PIECE)]


@dataclass(frozen=True)
class Written:
    """The files with pieces that were written, and how many attachments had no room in this run."""

    paths: tuple[Path, ...] = ()
    left: int = 0


@dataclass(frozen=True)
class Came:
    """What a file with pieces brought: attachments that are complete now, those that have come in part, and those that were
    here before."""

    complete: int
    begun: int
    had: int = 0


def lacking(s: Session, *, site: uuid.UUID | None = None) -> list[tuple[str, int]]:
    """The attachments known here (of one site, if given) whose bytes have not come, smallest first: hash, bytes that are here."""
    coming = Coming(s.info["store"])
    wanted = pieces.wanted(s, coming.blobs, site=site)[:ASKED]
    return [(one.hash, coming.reached(one.hash)) for one in wanted]


def to_send(s: Session) -> list[tuple[str, int]]:
    """What headquarters lacks: as its last receipt says, and the files of records that it has not confirmed."""
    asked = {str(content): int(have) for content, have in (own.identity(s).hq or {}).get("lacking", ())}
    fresh = select(Attachment.hash).join(Change, Change.record == Attachment.id)
    fresh = fresh.where(
        unsettled(), Change.state == "open", Change.table == "attachment", Attachment.voided_at.is_(None)
    )
    for content in s.scalars(fresh):
        asked.setdefault(content, 0)
    blobs = attachments.blobs(s.info["store"])
    return [(content, have) for content, have in asked.items() if blobs.has(content)]


def write_up(store: Store, actor: Actor | None, folder: Path, most: int = MOST) -> Written:
    """What headquarters lacks of our attachments lies in the folder, sealed for it and the stations above us."""
    with store.read(actor) as s:
        if actor is not None:
            allow(s, "sync")
        wanted, (ids, recipients) = to_send(s), own.readers_above(s)
        name, serial = own.identity(s).name, own.certificate(s).serial
        packet = _Packet(s, [one.hex for one in ids], recipients, serial)
    return _write(store, folder, name, wanted, packet, most)


def write_down(
    store: Store, actor: Actor | None, folder: Path, site: uuid.UUID, asked: Iterable[tuple[str, int]], most: int = MOST
) -> Written:
    """What the site asks for, as far as it is here and the site may have it, lies in the folder, sealed for the site."""
    name, packet, wanted = _down(store, actor, site, asked)
    return _write(store, folder, name, wanted, packet, most)


def sealed_down(store: Store, site: uuid.UUID, asked: Iterable[tuple[str, int]], part: int) -> bytes | None:
    """The file so many-th of those that hold what the site asks for, sealed for it; None where there are no more."""
    _name, packet, wanted = _down(store, None, site, asked)
    batch = next(islice(_batches(attachments.blobs(store), wanted, MOST), part, None), None)
    return None if batch is None else packet.sealed(batch[0])


def _down(
    store: Store, actor: Actor | None, site: uuid.UUID, asked: Iterable[tuple[str, int]]
) -> tuple[str, "_Packet", list[tuple[str, int]]]:
    with store.read(actor) as s:
        if actor is not None:
            allow(s, "package.take")
        known, blobs = s.get_one(Site, site), attachments.blobs(store)
        if known.certificate is None:
            raise Refusal("site_unknown", _STRANGER, name=known.name)
        paths, age = [str(path) for path in known.paths], own.reading_key(s, known)
        wanted = [(one, have) for one, have in asked if blobs.has(one) and pieces.readable(s, one, site, paths)]
        return known.name, _Packet(s, [site.hex], [age], hq_keys=rotating.links(s)), wanted


class _Packet:
    """What all files of one writing have in common: who made them, for whom, and for a site the steps to the present keys."""

    def __init__(
        self, s: Session, audience: list[str], recipients: list[str], serial: int = 0, hq_keys: Sequence[str] = ()
    ) -> None:
        line = own.line(s)
        self._keys, self._recipients = own.keys(s), recipients
        self._head = Header(
            kind="files", package=line.site_id.hex, site=line.site_id.hex, epoch=line.epoch.hex, audience=audience,
            schema=SCHEMA, created="", serial=serial, hq_keys=list(hq_keys),
        )  # fmt: skip

    def sealed(self, batch: list[Piece]) -> bytes:
        """The pieces as a file for its readers, under an id of its own."""
        counts = {"attachment": len({piece.hash for piece in batch})}
        header = msgspec.structs.replace(
            self._head, package=new_id().hex, created=str(canonical(now())), counts=counts
        )  # fmt: skip
        out = io.BytesIO()
        lines = (chain.canonical_json(msgspec.to_builtins(piece)) + b"\n" for piece in batch)
        envelope.write(header, lines, self._keys, self._recipients, out)
        return out.getvalue()


def _write(
    store: Store, folder: Path, name: str, wanted: Sequence[tuple[str, int]], packet: _Packet, most: int
) -> Written:
    paths, left = list[Path](), len(wanted)
    for batch, behind in _batches(attachments.blobs(store), wanted, most):
        file = package.name("枫格", name, _("附件"), f"{today():%Y%m%d}", suffix=package.FILES)
        paths.append(package.write(folder, file, packet.sealed(batch)).path)
        left = behind
    return Written(tuple(paths), left)


def _batches(blobs: Blobs, wanted: Sequence[tuple[str, int]], most: int) -> Iterator[tuple[list[Piece], int]]:
    """Pieces for one file after the other, and how many attachments have none in it or the files before; `most` bytes in all."""
    batch, room, sent, left = list[Piece](), EACH, 0, len(wanted)
    for at, (content, have) in enumerate(wanted):
        size = blobs.size(content)
        if sent + size - have > most and sent:
            break
        left = len(wanted) - at - 1
        for start in range(have, max(size, have + 1), pieces.PIECE):
            part = blobs.part(content, start, pieces.PIECE)
            batch.append(Piece(hash=content, start=start, data=base64.b64encode(part).decode()))
            sent, room = sent + len(part), room - len(part)
            if room <= 0:
                yield batch, left
                batch, room = [], EACH
    if batch:
        yield batch, left


def take(store: Store, data: bytes, actor: Actor | None = None, trust: Trust | None = None) -> Came:
    """The pieces of attachments that are lacking here are kept, and those that are whole are in their place.

    Refused like any package; a piece that nobody here asks for, or that does not follow on what is here, changes nothing.
    """
    header, coming = envelope.peek(io.BytesIO(data)), Coming(store)
    with store.read(actor) as s:
        if actor is not None:
            allow(s, "package.take" if own.line(s).kind == "hq" else "sync")
    _follow(store, header)
    with store.read(actor) as s:
        reader = own.reader(s)
        opened = envelope.read(io.BytesIO(data), (trust or own.trust(s, header.site)).judge, reader)
        if opened.header.kind != "files":
            raise Refusal("other_kind", _BAD)
        from_hq = header.site == own.hq(s).site
        sender = None if from_hq else uuid.UUID(hex=header.site)
        sizes = {one.hash: one.size for one in pieces.wanted(s, coming.blobs, site=sender)}
        age = own.keys(s).public.age
    touched: set[str] = set()
    had: set[str] = set()
    for piece in _pieces(opened.lines()):
        if piece.hash not in sizes:
            had |= {piece.hash} if coming.blobs.has(piece.hash) else set()
        else:
            touched.add(piece.hash)
            plain = base64.b64decode(piece.data)
            coming.take(piece.hash, piece.start, pieces.seal(plain, age), sizes[piece.hash], reader)
    complete = sum(coming.blobs.has(content) for content in touched)
    return Came(complete, len(touched) - complete, len(had))


def reach(s: Session, data: bytes) -> dict[str, int]:
    """How far each attachment in the file reaches, by its hash: a file that may be read here. Refused like any package."""
    header = envelope.peek(io.BytesIO(data))
    opened = envelope.read(io.BytesIO(data), own.trust(s, header.site).judge, own.reader(s))
    found: dict[str, int] = {}
    for piece in _pieces(opened.lines()):
        found[piece.hash] = max(found.get(piece.hash, 0), piece.start + len(base64.b64decode(piece.data)))
    return found


def _follow(store: Store, header: Header) -> None:
    """Headquarters may have changed its keys since this site last heard of it; what it signs with them is read all the same."""
    if header.hq_keys:
        with store.begin() as s:
            new = rotating.follow(s, header)
        if new:
            rotating.wrap(store)


def _pieces(lines: Iterable[bytes]) -> Iterator[Piece]:
    try:
        for line in lines:
            piece = msgspec.convert(chain.read_canonical(line), Piece)
            if len(base64.b64decode(piece.data, validate=True)) > pieces.PIECE:
                raise ValueError("a piece too large")
            yield piece
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        raise Refusal("content_bad", _BAD) from error
