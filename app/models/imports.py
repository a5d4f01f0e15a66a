"""Imports of existing ledgers: which file made which records, so that one undo takes the whole import back."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.models.base import Base
from app.models.values import Id, Json, new_id


class Import(Base, kw_only=True, eq=False):
    """One file taken in: its name and SHA-256, what it held and who took it; `undone_at` when it was taken back."""

    __tablename__ = "import"

    kind: Mapped[str]
    file: Mapped[str]
    sha256: Mapped[str]
    totals: Mapped[dict[str, Any]] = mapped_column(Json)
    account: Mapped[uuid.UUID | None] = mapped_column(default=None)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default_factory=new_id)
    at: Mapped[datetime] = mapped_column(default_factory=now)
    undone_at: Mapped[datetime | None] = mapped_column(default=None)


class ImportRow(Base, kw_only=True, eq=False):
    """One record made or changed by an import, with the sheet and row it came from; `before`: field → what it was, what it became."""

    __tablename__ = "import_row"
    __table_args__ = (Index("ix_import_row_record", "record"),)

    import_id: Mapped[uuid.UUID] = mapped_column(Id, primary_key=True)
    sheet: Mapped[str] = mapped_column(primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    table: Mapped[str] = mapped_column(primary_key=True)
    record: Mapped[uuid.UUID] = mapped_column(Id, primary_key=True)
    made: Mapped[bool] = mapped_column(default=True)
    before: Mapped[dict[str, Any] | None] = mapped_column(Json, default=None)


class Mapping(Base, kw_only=True, eq=False):
    """How the columns of a header once seen are to be read: fingerprint of the header → column letter → field."""

    __tablename__ = "mapping"

    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    columns: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(default_factory=now)


class Setting(Base, kw_only=True, eq=False):
    """A small value kept with the store (not with the machine): counters of printed numbers, remembered choices."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(Json)
