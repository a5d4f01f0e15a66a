"""Visits 走访 and the helps given on them."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import local, today
from app.i18n import N_
from app.models.base import Record
from app.models.units import ref
from app.models.values import Json

#: The five optional notes of a visit: 看 听 报 防 帮.
FIVE_STEPS = ("saw", "heard", "reported", "prevented", "helped")
#: What of a visit is found by its words, beside the people in it.
_NOTES = (*FIVE_STEPS, "summary", "problem", "result", "place")


class Visit(Record, kw_only=True, eq=False):
    """One visit as submitted; a correction is a new revision with a reason, and every revision stays readable.

    `visitors` and `met` are lists of {"person": id hex or null, "name": name}; `minutes` is the length; `day` is Beijing's.
    """

    __tablename__ = "visit"
    __table_args__ = (
        Index("ix_visit_grid_day", "grid_id", "day"),
        Index("ix_visit_household_day", "household_id", "day"),
        Index("ix_visit_day", "day", "id", "voided_at", "path"),  # the list reads nothing else to know its order
        Index("ix_visit_author", "author", "created_at"),
        Index("ix_visit_next", "next_on", sqlite_where=text("next_on IS NOT NULL")),
    )
    owned: ClassVar[str] = "site"

    day: Mapped[date]
    way: Mapped[str | None]
    grid_id: Mapped[uuid.UUID | None] = mapped_column(ref("grid.id"), default=None)
    household_id: Mapped[uuid.UUID | None] = mapped_column(ref("household.id"), default=None)
    began_at: Mapped[datetime | None] = mapped_column(default=None)
    minutes: Mapped[int | None] = mapped_column(default=None)
    place: Mapped[str | None] = mapped_column(default=None)
    visitors: Mapped[list[Any] | None] = mapped_column(Json, default=None)
    met: Mapped[list[Any] | None] = mapped_column(Json, default=None)
    duties: Mapped[list[Any] | None] = mapped_column(Json, default=None)
    saw: Mapped[str | None] = mapped_column(default=None)
    heard: Mapped[str | None] = mapped_column(default=None)
    reported: Mapped[str | None] = mapped_column(default=None)
    prevented: Mapped[str | None] = mapped_column(default=None)
    helped: Mapped[str | None] = mapped_column(default=None)
    summary: Mapped[str | None] = mapped_column(default=None)
    problem: Mapped[str | None] = mapped_column(default=None)
    result: Mapped[str | None] = mapped_column(default=None)
    next_on: Mapped[date | None] = mapped_column(default=None)
    signature: Mapped[uuid.UUID | None] = mapped_column(default=None)
    correction: Mapped[str | None] = mapped_column(default=None)

    @classmethod
    def words(cls, row: dict[str, Any]) -> str | None:
        people = [entry.get("name", "") for entry in (row.get("met") or []) + (row.get("visitors") or [])]
        notes = [note for field in _NOTES if (note := row.get(field))]
        return " ".join([*people, *notes])

    def problems(self) -> dict[str, str]:
        found = {}
        if self.day > today():
            found["day"] = N_("走访日期晚于今天, 请核对。")
        if not self.way:
            found["way"] = N_("请选择走访方式。")
        if not self.visitors:
            found["visitors"] = N_("请填写走访人。")
        if not self.met and self.household_id is None:
            found["met"] = N_("请填写走访对象, 或选择住户。")
        if not any((getattr(self, field) or "").strip() for field in (*FIVE_STEPS, "summary")):
            found["summary"] = N_("请填写走访情况 (看、听、报、防、帮或小结任填一项)。")
        if self.minutes is not None and not 0 < self.minutes <= 24 * 60:
            found["minutes"] = N_("时长应在 1 分钟到 24 小时之间。")
        if self.began_at is not None and local(self.began_at).date() != self.day:
            found["began_at"] = N_("开始时间不在走访当天, 请核对。")
        if self.next_on is not None and self.next_on < self.day:
            found["next_on"] = N_("下次走访日期早于本次走访, 请核对。")
        return found


class Help(Record, kw_only=True, eq=False):
    """One help given (应急, 就医, 生活, 办事 …), usually on a visit, which says who gave it and how.

    One that was given without a visit says so itself: `helpers` as the visitors of a visit, `way`; `whom` and `place` as
    a ledger wrote them, where nobody and no home on record was meant.
    """

    __tablename__ = "help"
    __table_args__ = (Index("ix_help_visit", "visit_id"), Index("ix_help_day", "day"))
    owned: ClassVar[str] = "site"

    kind: Mapped[str]
    day: Mapped[date]
    visit_id: Mapped[uuid.UUID | None] = mapped_column(ref("visit.id"), default=None)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ref("person.id"), default=None)
    household_id: Mapped[uuid.UUID | None] = mapped_column(ref("household.id"), default=None)
    grid_id: Mapped[uuid.UUID | None] = mapped_column(ref("grid.id"), default=None)
    what: Mapped[str | None] = mapped_column(default=None)
    whom: Mapped[str | None] = mapped_column(default=None)
    place: Mapped[str | None] = mapped_column(default=None)
    way: Mapped[str | None] = mapped_column(default=None)
    helpers: Mapped[list[Any] | None] = mapped_column(Json, default=None)

    def problems(self) -> dict[str, str]:
        return {} if self.kind else {"kind": N_("请选择帮扶类别。")}
