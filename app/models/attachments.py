"""Attachments: which photo or file belongs to which record; the bytes lie encrypted beside the store, by their hash."""

import re
import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Record

_HASH = re.compile(r"[0-9a-f]{64}")


class Attachment(Record, kw_only=True, eq=False):
    """One photo, signature or file of a record; `hash` is the SHA-256 of the bytes in hex, `size` is in bytes."""

    __tablename__ = "attachment"
    __table_args__ = (Index("ix_attachment_of", "of_id"), Index("ix_attachment_hash", "hash"))
    owned: ClassVar[str] = "site"

    of_table: Mapped[str]
    of_id: Mapped[uuid.UUID]
    hash: Mapped[str]
    size: Mapped[int]
    media: Mapped[str]
    name: Mapped[str]
    taken_at: Mapped[datetime | None] = mapped_column(default=None)
    width: Mapped[int | None] = mapped_column(default=None)
    height: Mapped[int | None] = mapped_column(default=None)

    @classmethod
    def derive(cls, row: dict[str, Any]) -> dict[str, Any]:
        """Nothing; ValueError for a content that no file can have: its hash becomes the name of a file."""
        if not _HASH.fullmatch(row["hash"]) or row["size"] < 0:
            raise ValueError("no hash of a content")
        return {}
