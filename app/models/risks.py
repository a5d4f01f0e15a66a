"""Risk points 风险点源: where what can go wrong, how it is held down, who owns it."""

import uuid
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.i18n import N_
from app.models.base import Record
from app.models.units import ref


class RiskPoint(Record, kw_only=True, eq=False):
    """One risk point of a place (never of a person); `score` is L×E×C as written, a decimal text, `factors` are L, E and C."""

    __tablename__ = "risk_point"
    __table_args__ = (Index("ix_risk_point_grid", "grid_id"), Index("ix_risk_point_level", "level"))
    owned: ClassVar[str] = "shared"

    place: Mapped[str]
    hazard: Mapped[str]
    code: Mapped[str | None] = mapped_column(default=None)
    grid_id: Mapped[uuid.UUID | None] = mapped_column(ref("grid.id"), default=None)
    kind: Mapped[str | None] = mapped_column(default=None)
    thing: Mapped[str | None] = mapped_column(default=None)
    accident: Mapped[str | None] = mapped_column(default=None)
    level: Mapped[str | None] = mapped_column(default=None)
    score: Mapped[str | None] = mapped_column(default=None)
    factors: Mapped[str | None] = mapped_column(default=None)
    controls: Mapped[str | None] = mapped_column(default=None)
    owner: Mapped[str | None] = mapped_column(default=None)

    @classmethod
    def words(cls, row: dict[str, Any]) -> str | None:
        return " ".join(
            str(row.get(field) or "") for field in ("code", "place", "thing", "hazard", "controls", "owner")
        )

    def problems(self) -> dict[str, str]:
        found = {}
        if not self.place.strip():
            found["place"] = N_("请填写风险点所在部位。")
        if not self.hazard.strip():
            found["hazard"] = N_("请填写可能发生的危害。")
        return found
