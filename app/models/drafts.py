"""Drafts: what is being typed, saved second by second; they never leave the machine."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.models.base import Base
from app.models.values import Json, new_id


class Draft(Base, kw_only=True, eq=False):
    """One unfinished form (`form` is visit, issue, check …) of one account, with everything typed so far."""

    __tablename__ = "draft"
    __table_args__ = (Index("ix_draft_account", "account", "form"),)

    form: Mapped[str]
    account: Mapped[uuid.UUID]
    data: Mapped[dict[str, Any]] = mapped_column(Json)
    title: Mapped[str] = mapped_column(default="")
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default_factory=new_id)
    saved_at: Mapped[datetime] = mapped_column(default_factory=now)
