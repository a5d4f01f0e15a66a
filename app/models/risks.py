"""Risk points 风险点源: where what can go wrong, how it is held down, who owns it."""

import uuid
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.i18n import N_
from app.models.base import Record
from app.models.units import ref

#: L (how likely), E (how often people are there), C (how bad): the least and the greatest value of each (LEC).
FACTORS = (("L", Decimal("0.1"), Decimal(10)), ("E", Decimal("0.5"), Decimal(10)), ("C", Decimal(1), Decimal(100)))
#: From this score on a risk is of this level, the highest first. An example: a scheme of the house replaces the level by hand.
LEVELS = ((320, "major"), (160, "high"), (70, "medium"), (0, "low"))


def factors_of(text: str | None) -> tuple[Decimal, Decimal, Decimal] | None:
    """L, E and C of 「3×6×7」; None where the text is not three numbers."""
    try:
        found = tuple(Decimal(part.strip()) for part in (text or "").replace("*", "×").split("×"))
    except InvalidOperation:
        return None
    return (found[0], found[1], found[2]) if len(found) == 3 and all(one.is_finite() for one in found) else None


def score_of(text: str | None) -> str | None:
    """L×E×C as a decimal text; None where the factors cannot be read."""
    found = factors_of(text)
    return f"{(found[0] * found[1] * found[2]).normalize():f}" if found else None


def level_of(score: float | Decimal) -> str:
    """The level that a score stands for."""
    return next(code for least, code in LEVELS if score >= least)


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
        if self.grid_id is None:
            found["grid_id"] = N_("请选择风险点所在的网格。")
        if self.factors:
            given = factors_of(self.factors)
            if given is None or not all(
                low <= one <= high for one, (_n, low, high) in zip(given, FACTORS, strict=True)
            ):
                found["factors"] = N_("L 应为 0.1 至 10, E 应为 0.5 至 10, C 应为 1 至 100, 三个都填或都不填。")
        return found
