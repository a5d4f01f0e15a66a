"""Conflicts: a field of a shared record that two sides changed without knowing of each other."""

import uuid

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.models.values import Position


class Conflict(Base, kw_only=True, eq=False):
    """One open question: the value in force and the one kept beside it, both as canonical JSON text.

    Derived from the change log, so every machine that has taken the same changes shows the same questions; a later change
    that sets the field knowing both sides closes it.
    """

    __tablename__ = "conflict"
    __table_args__ = (Index("ix_conflict_record", "record"),)

    id: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=True, init=False)
    table: Mapped[str]
    record: Mapped[uuid.UUID]
    field: Mapped[str]
    path: Mapped[str]
    winner: Mapped[uuid.UUID]
    loser: Mapped[uuid.UUID]
    winner_value: Mapped[str]
    loser_value: Mapped[str]
