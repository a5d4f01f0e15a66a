"""Sites: every installation, and what this one knows of itself."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Record
from app.models.values import Json


class Site(Record, kw_only=True, eq=False):
    """One enrolled installation: its scope (`paths`), its public keys and its certificate, or why it was revoked."""

    __tablename__ = "site"
    owned: ClassVar[str] = "hq"

    name: Mapped[str]
    code: Mapped[str]
    paths: Mapped[list[Any]] = mapped_column(Json)
    kind: Mapped[str] = mapped_column(default="site")
    certificate: Mapped[str | None] = mapped_column(default=None)
    serial: Mapped[int | None] = mapped_column(default=None)
    valid_from: Mapped[date | None] = mapped_column(default=None)
    valid_to: Mapped[date | None] = mapped_column(default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
    revoke_reason: Mapped[str | None] = mapped_column(default=None)


class Line(Base, kw_only=True, eq=False):
    """This store's line of history: one row, changed with every commit that writes records.

    `hlc` is hybrid time (milliseconds << 16 | counter), `seq` the last number given in `epoch`, `hash` the tip of its chain.
    """

    __tablename__ = "line"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    site_id: Mapped[uuid.UUID]
    epoch: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(default="site")
    seq: Mapped[int] = mapped_column(BigInteger, default=0)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32), default=bytes(32))
    hlc: Mapped[int] = mapped_column(BigInteger, default=0)


class Identity(Base, kw_only=True, eq=False):
    """What this store is to others: one row with its keys, its certificate, and how far it has heard from headquarters.

    `acked_seq`/`acked_hash` is the last acknowledgement believed (of the line's present epoch), `incarnation` the highest
    of headquarters seen (at headquarters: its own), `cursor` the log position of headquarters up to which feeds are taken.
    """

    __tablename__ = "identity"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    name: Mapped[str] = mapped_column(default="")
    code: Mapped[str] = mapped_column(default="")
    paths: Mapped[list[Any]] = mapped_column(Json, default_factory=list)
    sign_key: Mapped[str | None] = mapped_column(default=None)
    age_key: Mapped[str | None] = mapped_column(default=None)
    recovery_key: Mapped[str | None] = mapped_column(default=None)
    certificate: Mapped[str | None] = mapped_column(default=None)
    hq: Mapped[dict[str, Any] | None] = mapped_column(Json, default=None)
    incarnation: Mapped[int] = mapped_column(BigInteger, default=1)
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    feed_number: Mapped[int] = mapped_column(BigInteger, default=0)
    acked_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    acked_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    package_number: Mapped[int] = mapped_column(BigInteger, default=0)
    contact_at: Mapped[datetime | None] = mapped_column(default=None)
