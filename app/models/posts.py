"""Posts: who holds which role in which grid or unit, from when to when."""

import uuid
from datetime import date
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.i18n import N_
from app.models.base import Record
from app.models.units import ref
from app.models.values import Json


class Post(Record, kw_only=True, eq=False):
    """One person's role (网格长, 网格指导员, 网格员, 格成员 …) with any of the eight duties 八大员."""

    __tablename__ = "post"
    __table_args__ = (Index("ix_post_grid", "grid_id"), Index("ix_post_person", "person_id"))
    owned: ClassVar[str] = "shared"

    person_id: Mapped[uuid.UUID] = mapped_column(ref("person.id"))
    role: Mapped[str]
    grid_id: Mapped[uuid.UUID | None] = mapped_column(ref("grid.id"), default=None)
    unit_id: Mapped[uuid.UUID | None] = mapped_column(ref("unit.id"), default=None)
    duties: Mapped[list[Any] | None] = mapped_column(Json, default=None)
    from_on: Mapped[date | None] = mapped_column(default=None)
    to_on: Mapped[date | None] = mapped_column(default=None)

    def problems(self) -> dict[str, str]:
        found = {}
        if self.grid_id is None and self.unit_id is None:
            found["grid_id"] = N_("请选择所在网格或单位。")
        if self.from_on and self.to_on and self.to_on < self.from_on:
            found["to_on"] = N_("离任日期早于任职日期, 请核对。")
        return found
