"""Checklists 检查: templates that headquarters publishes, and checks made with them."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import today
from app.i18n import N_
from app.models.base import Record
from app.models.units import ref
from app.models.values import Json


class Template(Record, kw_only=True, eq=False):
    """One version of a checklist; immutable once published.

    `items` is a list of {"code", "text", "kind": verdict|number|choice|text|photo, "requirement", "method", "weight",
    "critical", "low", "high", "choices", "show_if"}; numbers with a fraction are decimal texts.
    """

    __tablename__ = "template"
    owned: ClassVar[str] = "hq"

    code: Mapped[str]
    title: Mapped[str]
    version: Mapped[int]
    items: Mapped[list[Any]] = mapped_column(Json)
    published_at: Mapped[datetime | None] = mapped_column(default=None)
    retired_at: Mapped[datetime | None] = mapped_column(default=None)
    example: Mapped[bool] = mapped_column(default=False)


class Check(Record, kw_only=True, eq=False):
    """One filled checklist: `answers` maps an item's code to {"verdict": pass|fail|na, "value", "note"}; score in points of 100."""

    __tablename__ = "check"
    __table_args__ = (Index("ix_check_grid_day", "grid_id", "day"),)
    owned: ClassVar[str] = "site"

    template_id: Mapped[uuid.UUID] = mapped_column(ref("template.id"))
    day: Mapped[date]
    answers: Mapped[dict[str, Any]] = mapped_column(Json)
    grid_id: Mapped[uuid.UUID | None] = mapped_column(ref("grid.id"), default=None)
    risk_point_id: Mapped[uuid.UUID | None] = mapped_column(ref("risk_point.id"), default=None)
    place: Mapped[str | None] = mapped_column(default=None)
    inspectors: Mapped[list[Any] | None] = mapped_column(Json, default=None)
    summary: Mapped[str | None] = mapped_column(default=None)
    score: Mapped[int | None] = mapped_column(default=None)
    failed: Mapped[int] = mapped_column(default=0)

    @classmethod
    def words(cls, row: dict[str, Any]) -> str | None:
        notes = " ".join(str(answer.get("note") or "") for answer in row["answers"].values())
        return f"{row.get('place') or ''} {row.get('summary') or ''} {notes}"

    def problems(self) -> dict[str, str]:
        found = {}
        if self.day > today():
            found["day"] = N_("检查日期晚于今天, 请核对。")
        if not (self.place or "").strip():
            found["place"] = N_("请填写检查地点或设备。")
        if not self.inspectors:
            found["inspectors"] = N_("请填写检查人。")
        return found
