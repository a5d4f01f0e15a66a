"""Packages that went out or came in, and how far each line of history has been taken."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.models.base import Base
from app.models.values import Json, Position


class Package(Base, kw_only=True, eq=False):
    """One package, either way; `state` is written, sent, settled (out) or received, taken, quarantined (in).

    `answer` keeps the receipt that was given, so that the same package again gets the same receipt; of a package that went
    out, the one that settled it.
    """

    __tablename__ = "package"
    __table_args__ = (Index("ix_package_site", "site_id", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    direction: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]
    site_id: Mapped[uuid.UUID | None] = mapped_column(default=None)
    epoch: Mapped[uuid.UUID | None] = mapped_column(default=None)
    number: Mapped[int] = mapped_column(BigInteger, default=0)
    from_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    to_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    name: Mapped[str | None] = mapped_column(default=None)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    digest: Mapped[str | None] = mapped_column(default=None)
    counts: Mapped[dict[str, Any] | None] = mapped_column(Json, default=None)
    reason: Mapped[str | None] = mapped_column(default=None)
    at: Mapped[datetime] = mapped_column(default_factory=now)
    answered_at: Mapped[datetime | None] = mapped_column(default=None)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    undone_at: Mapped[datetime | None] = mapped_column(default=None)
    undone_by: Mapped[uuid.UUID | None] = mapped_column(default=None)


class Height(Base, kw_only=True, eq=False):
    """How far one line of history (site, epoch) has been taken without a gap, and by which chain hash that is known.

    `backed_seq` is how far it lies in a backup of headquarters that was opened and checked.
    """

    __tablename__ = "height"

    site_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    epoch: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, default=0)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32), default=bytes(32))
    top_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    forked: Mapped[bool] = mapped_column(default=False)
    heard_at: Mapped[datetime | None] = mapped_column(default=None)
    backed_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


class Waiting(Base, kw_only=True, eq=False):
    """A change that was received and kept whole but could not be applied yet: it waits for what is missing, or was refused.

    `why` is gap, reference, schema or refused, or answered: refused, and its site has said all of it again since; its `seq` is
    0 then, so that what still waits is counted by the index of lines. `wire` is the change as it came.
    """

    __tablename__ = "waiting"
    __table_args__ = (UniqueConstraint("change_id"), Index("ix_waiting_line", "site_id", "epoch", "seq"))

    id: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=True, init=False)
    change_id: Mapped[uuid.UUID]
    site_id: Mapped[uuid.UUID]
    epoch: Mapped[uuid.UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    why: Mapped[str]
    wire: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[str | None] = mapped_column(default=None)
    package_id: Mapped[uuid.UUID | None] = mapped_column(default=None)
    at: Mapped[datetime] = mapped_column(default_factory=now)


class GivenBack(Base, kw_only=True, eq=False):
    """A change that headquarters had lost with a restore and has again: from which site, in which package, when."""

    __tablename__ = "given_back"

    change_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    site_id: Mapped[uuid.UUID]
    package_id: Mapped[uuid.UUID]
    at: Mapped[datetime] = mapped_column(default_factory=now, index=True)
