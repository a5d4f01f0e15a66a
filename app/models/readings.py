"""Readings: who looked at a full identity or telephone number, when, and whose; kept on this machine only."""

import uuid
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.models.base import Base
from app.models.values import new_id


class Reading(Base, kw_only=True, eq=False):
    """One look: `record` of `table` (None for a whole ledger), `what` was shown, in words of that day."""

    __tablename__ = "reading"
    __table_args__ = (Index("ix_reading_at", "at"),)

    account: Mapped[uuid.UUID]
    table: Mapped[str]
    what: Mapped[str]
    record: Mapped[uuid.UUID | None] = mapped_column(default=None)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default_factory=new_id)
    at: Mapped[datetime] = mapped_column(default_factory=now)
