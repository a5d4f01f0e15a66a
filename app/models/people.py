"""People and households: whom the grid serves."""

import re
import uuid
from datetime import date
from functools import lru_cache
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import today
from app.i18n import N_
from app.models import names
from app.models.base import Record
from app.models.units import ref
from app.models.values import Json


class Household(Record, kw_only=True, eq=False):
    """One home; the address in its short form (安居苑3号楼2单元401) is what people know it by."""

    __tablename__ = "household"
    __table_args__ = (
        Index("ix_household_grid_address", "grid_id", "address"),
        Index("ix_household_address", "address"),
    )
    owned: ClassVar[str] = "shared"

    address: Mapped[str]
    grid_id: Mapped[uuid.UUID | None] = mapped_column(ref("grid.id"), default=None)
    number: Mapped[str | None] = mapped_column(default=None)
    head: Mapped[str | None] = mapped_column(default=None)
    contact: Mapped[str | None] = mapped_column(default=None)
    phone: Mapped[str | None] = mapped_column(default=None)
    tags: Mapped[list[Any] | None] = mapped_column(Json, default=None)
    stated_size: Mapped[int | None] = mapped_column(default=None)
    note: Mapped[str | None] = mapped_column(default=None)
    keys: Mapped[str] = mapped_column(default="", info={"local": True})

    @classmethod
    def derive(cls, row: dict[str, Any]) -> dict[str, Any]:
        head = row.get("head") or ""
        parts = (row["address"].lower(), _spoken(row["address"]), names.search_keys(head) if head else "")
        return {"keys": " ".join(part for part in parts if part)}

    @classmethod
    def words(cls, row: dict[str, Any]) -> str | None:
        head = names.search_keys(row["head"]) if row.get("head") else ""
        return " ".join((row["address"], head, str(row.get("phone") or ""), str(row.get("note") or "")))

    def problems(self) -> dict[str, str]:
        return {} if self.address.strip() else {"address": N_("请填写住址。")}


@lru_cache(maxsize=4096)
def _spoken(address: str) -> str:
    """Pinyin and initials of each run of Chinese characters long enough to be a name: 安居苑 of 安居苑3号楼2单元401."""
    runs = dict.fromkeys(run for run in re.findall(r"[\u3400-\u9fff]+", names.name_key(address)) if len(run) > 2)
    return " ".join(key for run in runs for key in names.place_keys(run))


class Person(Record, kw_only=True, eq=False):
    """A member of staff, of a family, or a resident; tags name a need for service, never a danger."""

    __tablename__ = "person"
    __table_args__ = (
        Index("ix_person_grid_name", "grid_id", "name_key"),
        Index("ix_person_household", "household_id"),
        Index("ix_person_id_number", "id_number"),
        Index("ix_person_name_key", "name_key"),
        Index("ix_person_initials", "initials"),
    )
    owned: ClassVar[str] = "shared"

    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="staff")
    former_name: Mapped[str | None] = mapped_column(default=None)
    sex: Mapped[str | None] = mapped_column(default=None)
    birth_on: Mapped[date | None] = mapped_column(default=None)
    id_number: Mapped[str | None] = mapped_column(default=None)
    phones: Mapped[list[Any] | None] = mapped_column(Json, default=None)
    employee_no: Mapped[str | None] = mapped_column(default=None)
    unit_id: Mapped[uuid.UUID | None] = mapped_column(ref("unit.id"), default=None)
    grid_id: Mapped[uuid.UUID | None] = mapped_column(ref("grid.id"), default=None)
    household_id: Mapped[uuid.UUID | None] = mapped_column(ref("household.id"), default=None)
    relation: Mapped[str | None] = mapped_column(default=None)
    job: Mapped[str | None] = mapped_column(default=None)
    ethnic: Mapped[str | None] = mapped_column(default=None)
    political: Mapped[str | None] = mapped_column(default=None)
    status: Mapped[str | None] = mapped_column(default=None)
    tags: Mapped[list[Any] | None] = mapped_column(Json, default=None)
    address: Mapped[str | None] = mapped_column(default=None)
    note: Mapped[str | None] = mapped_column(default=None)
    name_key: Mapped[str] = mapped_column(default="", info={"local": True})
    initials: Mapped[str] = mapped_column(default="", info={"local": True})
    keys: Mapped[str] = mapped_column(default="", info={"local": True})

    @classmethod
    def derive(cls, row: dict[str, Any]) -> dict[str, Any]:
        name = row["name"]
        first = names.initials(name)
        return {
            "name_key": names.name_key(name),
            "initials": first[0] if first else "",
            "keys": names.search_keys(name),
        }

    @classmethod
    def words(cls, row: dict[str, Any]) -> str | None:
        phones = " ".join(row.get("phones") or [])
        rest = " ".join(str(row.get(field) or "") for field in ("former_name", "address", "note"))
        return f"{names.search_keys(row['name'])} {phones} {rest}"

    def problems(self) -> dict[str, str]:
        from app.models import identity

        found = {}
        if not self.name.strip():
            found["name"] = N_("请填写姓名。")
        if self.id_number and identity.id_problem(self.id_number):
            found["id_number"] = N_("身份证号有误, 请对照证件逐位核对 (18 位, 末位可为 X)。")
        if self.birth_on and self.birth_on > today():
            found["birth_on"] = N_("出生日期晚于今天, 请核对。")
        return found
