"""Attachments: photos shrunk and files kept under encryption, each belonging to a record."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Refusal
from app.i18n import N_
from app.models.accounts import Actor
from app.models.attachments import Attachment
from app.models.base import Record, record_classes
from app.models.blobs import Blobs
from app.models.issues import Issue
from app.models.steps import Step
from app.models.store import Store
from app.models.units import within
from app.services import photos
from app.services.access import actor, allow
from app.services.sealed import seen

#: Larger files than this do not fit on a USB stick with everybody else's.
LARGEST = 20 * 1024 * 1024
#: The longer side of a thumbnail, in pixels.
THUMBNAIL = 176
#: Files kept as they are, by the end of their name; everything else must be a photo.
_MEDIA = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".wps": "application/vnd.ms-works",
    ".et": "application/vnd.ms-excel",
    ".txt": "text/plain",
}


@dataclass(frozen=True)
class AttachmentRow:
    """One photo or file; `here` is False while its bytes have not come yet."""

    id: uuid.UUID
    name: str
    media: str
    size: int
    hash: str
    taken_at: datetime | None
    width: int | None
    height: int | None
    here: bool

    @property
    def photo(self) -> bool:
        """It is a picture."""
        return self.media.startswith("image/")


def blobs(store: Store) -> Blobs:
    """The bytes of this store's attachments, beside it, under a key of their own made from the store's."""
    key = HKDF(SHA256(), 32, None, b"fengge attachments").derive(store.key)
    return Blobs(store.folder / "attachments", key)


def take(s: Session, source: Path | bytes, name: str = "") -> AttachmentRow:
    """The photo or file is kept, belonging to nothing yet, so that a draft can hold its id; `attach` gives it its record.

    Refused: what is neither a photo nor an office file, too large, HEIC, damaged, full disk.
    """
    who = allow(s, "attach")
    made = _kept(s, source, name)
    made.of_id, made.path = made.id, who.path or "/"
    s.add(made)
    s.flush()
    return _row(s, made)


def attach(
    s: Session, of_table: str, of_id: uuid.UUID, source: Path | bytes | uuid.UUID, name: str = ""
) -> AttachmentRow:
    """The photo or file (or the one taken before, by its id) belongs to the record; refused as `take` does, or out of scope."""
    record = _record(s, of_table, of_id, "attach")
    made = _taken(s, source) if isinstance(source, uuid.UUID) else _kept(s, source, name)
    made.of_table, made.of_id, made.path = of_table, of_id, _place(record, actor(s))
    s.add(made)
    s.flush()
    return _row(s, made)


def keep(s: Session, record: Record, content: bytes, name: str, media: str) -> Attachment:
    """What the program itself made belongs to the record, under its unit path; refused on a full disk."""
    kept = blobs(s.info["store"]).put(content)
    made = Attachment(
        of_table=record.__tablename__,
        of_id=record.id,
        path=record.path,
        hash=kept.hash,
        size=kept.size,
        media=media,
        name=name,
    )
    s.add(made)
    s.flush()
    return made


def _place(record: Record, who: Actor) -> str:
    """Where the file belongs: with its record, or with the person who was handed the issue of another unit."""
    return record.path if within(record.path, who.path) else who.path


def of(s: Session, of_id: uuid.UUID) -> list[AttachmentRow]:
    """The photos and files of a record in the order they were added; none for whom may not see the record."""
    query = select(Attachment).where(Attachment.of_id == of_id, Attachment.voided_at.is_(None))
    found = list(s.scalars(query.order_by(Attachment.created_at, Attachment.id)))
    if found and found[0].of_table:
        _record(s, found[0].of_table, of_id, "read")
    return [_row(s, attachment) for attachment in found]


def of_issue(s: Session, issue_id: uuid.UUID) -> list[AttachmentRow]:
    """The photos and files of an issue and of its steps, in the order they were added; signatures are left out."""
    found = of(s, issue_id)
    steps = select(Step.id).where(Step.issue_id == issue_id, Step.voided_at.is_(None))
    signed = select(Step.signature).where(Step.issue_id == issue_id, Step.signature.is_not(None))
    query = select(Attachment).where(
        Attachment.of_id.in_(steps), Attachment.id.not_in(signed), Attachment.voided_at.is_(None)
    )
    more = [_row(s, one) for one in s.scalars(query.order_by(Attachment.created_at, Attachment.id))]
    if more:
        _record(s, "issue", issue_id, "read")
    return found + more


def read(s: Session, attachment_id: uuid.UUID) -> bytes:
    """The bytes; refused when they have not come yet, are damaged, or belong to a record this person may not see."""
    attachment = _found(s, attachment_id)
    return blobs(s.info["store"]).read(attachment.hash)


def thumbnail(s: Session, attachment_id: uuid.UUID) -> bytes | None:
    """A small JPEG of a photo that is here; None for anything else."""
    attachment = _found(s, attachment_id)
    if not attachment.media.startswith("image/") or not blobs(s.info["store"]).has(attachment.hash):
        return None
    from PIL import Image

    with Image.open(BytesIO(read(s, attachment_id))) as image:
        image.thumbnail((THUMBNAIL, THUMBNAIL))
        out = BytesIO()
        image.save(out, "JPEG", quality=80)
    return out.getvalue()


def void(s: Session, attachment_id: uuid.UUID, reason: str) -> None:
    """The photo or file no longer counts, with the reason; its bytes stay as long as the record does."""
    attachment = _found(s, attachment_id, "attach")
    if not reason.strip():
        raise Refusal("reason_missing", N_("请写明作废的原因。"))
    attachment.voided_at, attachment.void_reason = now(), reason.strip()
    s.flush()


def _kept(s: Session, source: Path | bytes, name: str) -> Attachment:
    name = name.strip() or (source.name if isinstance(source, Path) else N_("照片") + ".jpg")
    media = _MEDIA.get(Path(name).suffix.lower())
    vault = blobs(s.info["store"])
    if media is None:
        photo = photos.shrink(source)
        kept = vault.put(photo.bytes)
        seen_as: dict[str, Any] = {"width": photo.width, "height": photo.height, "taken_at": photo.taken_at}
        media = "image/jpeg"
    else:
        _check_size(source, name)
        kept, seen_as = vault.put(source), {}
    return Attachment(
        of_table="", of_id=uuid.UUID(int=0), hash=kept.hash, size=kept.size, media=media, name=name, **seen_as
    )


def _check_size(source: Path | bytes, name: str) -> None:
    try:
        size = source.stat().st_size if isinstance(source, Path) else len(source)
    except OSError as error:
        raise Refusal("file_unreadable", N_("文件「{name}」读不出来, 请确认它还在原处再试。"), name=name) from error
    if size > LARGEST:
        sentence = N_("文件「{name}」有 {size} MB, 超过 {most} MB。请压缩或拆分后再添加。")
        raise Refusal("file_too_large", sentence, name=name, size=size >> 20, most=LARGEST >> 20)


def _taken(s: Session, attachment_id: uuid.UUID) -> Attachment:
    attachment = _found(s, attachment_id, "attach")
    if attachment.of_table:
        raise Refusal("attached_already", N_("「{name}」已经属于另一条记录, 请重新添加。"), name=attachment.name)
    return attachment


def _found(s: Session, attachment_id: uuid.UUID, verb: str = "read") -> Attachment:
    attachment = s.get(Attachment, attachment_id)
    if attachment is None:
        raise _gone()
    if attachment.of_table:
        _record(s, attachment.of_table, attachment.of_id, verb)
    elif allow(s, verb).account != attachment.author:
        raise _gone()
    return attachment


def _record(s: Session, table: str, record_id: uuid.UUID, verb: str) -> Record:
    """The record, for a person who may see it and do this; an issue and its steps by the rules of issues."""
    model = record_classes().get(table)
    record = s.get(model, record_id) if model else None
    who = allow(s, verb)
    if record is None:
        raise _gone()
    if isinstance(record, Issue | Step):
        seen(s, record.issue_id if isinstance(record, Step) else record.id)
    elif record.path and not within(record.path, who.path):
        raise _gone()
    return record


def _row(s: Session, a: Attachment) -> AttachmentRow:
    here = blobs(s.info["store"]).has(a.hash)
    return AttachmentRow(a.id, a.name, a.media, a.size, a.hash, a.taken_at, a.width, a.height, here)


def _gone() -> Refusal:
    return Refusal("attachment_gone", N_("没有找到这个附件, 或不在您的查看范围内。"))
