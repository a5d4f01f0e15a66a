"""Sites: every installation, and what this one knows of itself."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.models.base import Base, Record
from app.models.units import ref
from app.models.values import Json, Secret, SecretJson, new_id


class Site(Record, kw_only=True, eq=False):
    """One enrolled installation: its scope (`paths`), its public keys and its certificate, or why it was revoked.

    `clock_skew` is by how many seconds its clock was seen to run ahead (negative: behind) when that is an hour or more;
    `recovered_at` tells when headquarters last opened its store for people who had lost their password, and why.
    """

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
    clock_skew: Mapped[int | None] = mapped_column(BigInteger, default=None)
    recovered_at: Mapped[datetime | None] = mapped_column(default=None)
    recover_reason: Mapped[str | None] = mapped_column(default=None)


class Reminder(Record, kw_only=True, eq=False):
    """催报: headquarters asks one site (`about`) to report; it goes down with the next feed and counts until the site is heard."""

    __tablename__ = "reminder"
    owned: ClassVar[str] = "hq"

    about: Mapped[uuid.UUID] = mapped_column(ref("site.id"))
    text: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")


class Invitation(Base, kw_only=True, eq=False):
    """A one-time code of headquarters with which one new site may enrol over the network; only its hash is kept."""

    __tablename__ = "invitation"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default_factory=new_id)
    code_hash: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="site")
    paths: Mapped[list[Any]] = mapped_column(Json)
    author: Mapped[uuid.UUID | None] = mapped_column(default=None)
    made_at: Mapped[datetime] = mapped_column(default_factory=now)
    until: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(default=None)
    site_id: Mapped[uuid.UUID | None] = mapped_column(default=None)


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
    sign_key: Mapped[str | None] = mapped_column(Secret, default=None)
    age_key: Mapped[str | None] = mapped_column(Secret, default=None)
    recovery_key: Mapped[str | None] = mapped_column(Secret, default=None)
    certificate: Mapped[str | None] = mapped_column(default=None)
    hq: Mapped[dict[str, Any] | None] = mapped_column(SecretJson, default=None)
    incarnation: Mapped[int] = mapped_column(BigInteger, default=1)
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    feed_number: Mapped[int] = mapped_column(BigInteger, default=0)
    acked_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    acked_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    package_number: Mapped[int] = mapped_column(BigInteger, default=0)
    contact_at: Mapped[datetime | None] = mapped_column(default=None)
