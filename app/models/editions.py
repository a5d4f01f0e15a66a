"""Ledgers that were printed for signature (印发), the closing of months (结账), and layouts of ledgers as data."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now, today
from app.models.base import Record
from app.models.units import ref
from app.models.values import Json


class Layout(Record, kw_only=True, eq=False):
    """One version of a ledger's layout; immutable once made, another version is another record with the same `code`.

    `ledger` names the kind of ledger whose rows it shows; `plan` says columns, grouping, totals, header and signatures. With a
    `form` the layout is a unit's own workbook: the attachment of this id, with placeholders. Voided: no longer offered.
    """

    __tablename__ = "layout"
    __table_args__ = (Index("ix_layout_code", "code", "version"),)
    owned: ClassVar[str] = "site"

    code: Mapped[str]
    version: Mapped[int]
    title: Mapped[str]
    ledger: Mapped[str]
    plan: Mapped[dict[str, Any]] = mapped_column(Json)
    form: Mapped[uuid.UUID | None] = mapped_column(default=None)


class Edition(Record, kw_only=True, eq=False):
    """One ledger of one period as it was printed for signature; never changed afterwards.

    `hash` is the SHA-256 (hex) of its content, which lies as an attachment of this record; `figures` are the figures that later
    ledgers count on from; `known` is the hybrid time up to which this machine's log was in it. `kind` is `whole` (a ledger),
    or `correction` (更正页: what has changed since the edition `about`, and why); a whole edition with `about` takes the place
    of that one after the month was opened again. `signature` is the site's, over what the code on the paper says.
    """

    __tablename__ = "edition"
    __table_args__ = (
        Index("ix_edition_of", "ledger", "period", "path"),
        Index("ix_edition_number", "number"),
        Index("ix_edition_about", "about", sqlite_where=text("about IS NOT NULL")),
    )
    owned: ClassVar[str] = "site"
    after: ClassVar[str] = "ledger"

    number: Mapped[str]
    ledger: Mapped[str]
    period: Mapped[str]
    hash: Mapped[str]
    kind: Mapped[str] = mapped_column(default="whole")
    grid_id: Mapped[uuid.UUID | None] = mapped_column(ref("grid.id"), default=None)
    layout_id: Mapped[uuid.UUID | None] = mapped_column(ref("layout.id"), default=None)
    title: Mapped[str] = mapped_column(default="")
    unit: Mapped[str] = mapped_column(default="")
    by: Mapped[str] = mapped_column(default="")
    day: Mapped[date] = mapped_column(default_factory=today)
    issued_at: Mapped[datetime] = mapped_column(default_factory=now)
    masked: Mapped[bool] = mapped_column(default=True)
    lines: Mapped[int] = mapped_column(default=0)
    figures: Mapped[dict[str, Any] | None] = mapped_column(Json, default=None)
    known: Mapped[int] = mapped_column(BigInteger, default=0)
    about: Mapped[uuid.UUID | None] = mapped_column(default=None)
    reason: Mapped[str | None] = mapped_column(default=None)
    signature: Mapped[str | None] = mapped_column(default=None)


class Closing(Record, kw_only=True, eq=False):
    """A month of a unit or grid was closed (结账) or opened again, by whom and why; the latest one counts."""

    __tablename__ = "closing"
    __table_args__ = (Index("ix_closing_month", "month", "path"),)
    owned: ClassVar[str] = "site"
    after: ClassVar[str] = "month"

    month: Mapped[str]
    kind: Mapped[str]
    grid_id: Mapped[uuid.UUID | None] = mapped_column(ref("grid.id"), default=None)
    day: Mapped[date] = mapped_column(default_factory=today)
    by: Mapped[str] = mapped_column(default="")
    reason: Mapped[str | None] = mapped_column(default=None)
