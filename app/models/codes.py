"""Code tables: the labels of every choice, renamed by customers, retired and never removed."""

from datetime import date
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Record
from app.models.values import Json


class Code(Record, kw_only=True, eq=False):
    """One value of a code table; `(kind, code)` is what records store, the labels are what people see."""

    __tablename__ = "code"
    __table_args__ = (Index("ix_code_kind", "kind", "code"),)
    owned: ClassVar[str] = "hq"

    kind: Mapped[str]
    code: Mapped[str]
    zh: Mapped[str]
    en: Mapped[str | None] = mapped_column(default=None)
    parent: Mapped[str | None] = mapped_column(default=None)
    sort: Mapped[int] = mapped_column(default=0)
    aliases: Mapped[Any | None] = mapped_column(Json, default=None)
    sensitive: Mapped[bool] = mapped_column(default=False)
    gb: Mapped[str | None] = mapped_column(default=None)
    retired_on: Mapped[date | None] = mapped_column(default=None)
