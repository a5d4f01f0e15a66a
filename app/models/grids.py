"""Grids: the tree of the grid network, each grid under a unit."""

import uuid
from datetime import date
from typing import ClassVar

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.i18n import N_
from app.models.base import Record
from app.models.units import ref


class Grid(Record, kw_only=True, eq=False):
    """One grid (二级网 … 格, 微格) under a unit; `path` is the unit's path."""

    __tablename__ = "grid"
    __table_args__ = (Index("ix_grid_unit", "unit_id"),)
    owned: ClassVar[str] = "hq"

    name: Mapped[str]
    kind: Mapped[str]
    unit_id: Mapped[uuid.UUID] = mapped_column(ref("unit.id"))
    code: Mapped[str | None] = mapped_column(default=None)
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ref("grid.id"), default=None)
    basis: Mapped[str] = mapped_column(default="area")
    area: Mapped[str | None] = mapped_column(default=None)
    branch: Mapped[str | None] = mapped_column(default=None)
    sort: Mapped[int] = mapped_column(default=0)
    from_on: Mapped[date | None] = mapped_column(default=None)
    to_on: Mapped[date | None] = mapped_column(default=None)
    stated_people: Mapped[int | None] = mapped_column(default=None)
    stated_party: Mapped[int | None] = mapped_column(default=None)
    note: Mapped[str | None] = mapped_column(default=None)

    def problems(self) -> dict[str, str]:
        return {} if self.name.strip() else {"name": N_("请填写网格名称。")}
