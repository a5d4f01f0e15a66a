"""Whose records a ledger shows: a unit with all below it, or one grid."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_
from app.models.base import Record
from app.models.grids import Grid
from app.models.units import Unit, within
from app.services.access import actor, allow
from app.services.units import grid_path


@dataclass(frozen=True)
class Scope:
    """A unit path ("" for all that the acting person sees), or one grid."""

    path: str = ""
    grid: uuid.UUID | None = None

    def allowed(self, s: Session, masked: bool = True) -> "Scope":
        """The scope as the acting person may print it; refused outside their units, and for full numbers without the right."""
        who = actor(s)
        path = self.path or who.path
        if self.grid is not None:
            own = grid_path(s, self.grid)
            if own is None or not within(own, path):
                raise Refusal("grid_unknown", N_("没有找到这个网格, 或它不在您的管理范围内。"))
        allow(s, "ledger.print", path)
        if not masked:
            allow(s, "person.reveal", path)
        return Scope(path, self.grid)

    def holds(self, model: type[Record]) -> ColumnElement[bool]:
        """The record lies in the scope."""
        path: Any = model.path
        inside: ColumnElement[bool] = path >= ""
        if self.path:
            inside = and_(path >= self.path, path < self.path[:-1] + "0")
        if self.grid is None:
            return inside
        grid: Any = model.id if model is Grid else getattr(model, "grid_id")  # noqa: B009
        return and_(inside, grid == self.grid)

    def place(self, s: Session) -> str:
        """The unit path under which what is made of this scope is kept: that of the grid's unit, "/" for everything."""
        own = grid_path(s, self.grid) if self.grid is not None else self.path
        return own or "/"

    def name(self, s: Session) -> str:
        """The name that stands after 填报单位."""
        if self.grid is not None:
            return s.scalar(select(Grid.name).where(Grid.id == self.grid)) or ""
        whole = select(Unit.name).where(Unit.partner.is_(False), Unit.voided_at.is_(None))
        if self.path:
            whole = whole.where(Unit.path == self.path)
        return s.scalars(whole.order_by(Unit.path).limit(1)).first() or ""
