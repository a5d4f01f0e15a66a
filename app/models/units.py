"""Units: the tree of the organisation, and partner organisations outside it."""

import uuid
from datetime import date
from typing import ClassVar

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.i18n import N_
from app.models.base import Record


def ref(target: str) -> ForeignKey:
    """A reference that is checked when the transaction ends, so that the order of writing does not matter."""
    return ForeignKey(target, deferrable=True, initially="DEFERRED")


class Unit(Record, kw_only=True, eq=False):
    """One unit (油田, 厂, 作业区, 中心站, 班组 …); its `path` is its own place in the tree, root first, e.g. /PS3/01/.

    `to_on` is the day from which it stands no more; `successor_id` goes on with its duties.
    A partner (街道, 法院, 物业 …) has no account with us; its path is that of the unit that deals with it.
    """

    __tablename__ = "unit"
    __table_args__ = (Index("ix_unit_parent", "parent_id"),)
    owned: ClassVar[str] = "hq"

    name: Mapped[str]
    kind: Mapped[str]
    code: Mapped[str | None] = mapped_column(default=None)
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ref("unit.id"), default=None)
    partner: Mapped[bool] = mapped_column(default=False)
    sort: Mapped[int] = mapped_column(default=0)
    from_on: Mapped[date | None] = mapped_column(default=None)
    to_on: Mapped[date | None] = mapped_column(default=None)
    successor_id: Mapped[uuid.UUID | None] = mapped_column(default=None)

    def problems(self) -> dict[str, str]:
        return {} if self.name.strip() else {"name": N_("请填写单位名称。")}


def within(path: str, scope: str) -> bool:
    """The path lies in the scope: the scope itself or anything below it; the empty scope holds everything."""
    return path.startswith(scope)
