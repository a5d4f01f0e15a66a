"""Accounts: who may sign in, with which role, over which part of the tree."""

import uuid
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy.orm import Mapped, mapped_column

from app.i18n import N_
from app.models.base import Record
from app.models.units import ref
from app.models.values import Json

#: Roles: 网格员, 网格长/班组长, HQ clerk, leader, and the three separate administrators 三员.
ROLES = ("member", "lead", "clerk", "leader", "system", "security", "audit")


class Account(Record, kw_only=True, eq=False):
    """One person's right to sign in; `path` is the unit path the account sees, `rights` are extra rights by name.

    It may be switched on at any site whose scope meets its path; passwords never leave the machine they are typed on.
    """

    __tablename__ = "account"
    owned: ClassVar[str] = "hq"

    login: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    unit_id: Mapped[uuid.UUID | None] = mapped_column(ref("unit.id"), default=None)
    grid_id: Mapped[uuid.UUID | None] = mapped_column(ref("grid.id"), default=None)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ref("person.id"), default=None)
    rights: Mapped[list[Any] | None] = mapped_column(Json, default=None)
    active: Mapped[bool] = mapped_column(default=True)

    def problems(self) -> dict[str, str]:
        found = {}
        if not self.login.strip() or any(ch.isspace() for ch in self.login):
            found["login"] = N_("登录名不能为空, 也不能有空格。")
        if not self.name.strip():
            found["name"] = N_("请填写姓名。")
        if self.role not in ROLES:
            found["role"] = N_("请选择角色。")
        return found


@dataclass(frozen=True)
class Actor:
    """The person at the keyboard: what every change is signed with."""

    account: uuid.UUID
    login: str
    name: str
    role: str
    path: str
    site: uuid.UUID
    grid: uuid.UUID | None = None
    rights: frozenset[str] = frozenset()
