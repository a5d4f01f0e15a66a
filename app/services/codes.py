"""Code tables as people see them: labels by code, choices for forms, renaming by headquarters."""

import json
import uuid
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _, language
from app.models import timing
from app.models.codes import Code
from app.paths import resources
from app.services.access import allow

#: Only what a label needs: whole records of some hundred values would be the dearest part of many a page.
_ALL = (
    select(Code.kind, Code.code, Code.zh, Code.en, Code.parent, Code.sensitive, Code.retired_on)
    .where(Code.voided_at.is_(None))
    .order_by(Code.kind, Code.sort, Code.code)
)
_OF = _ALL.where(Code.kind == bindparam("kind"))


@dataclass(frozen=True)
class Choice:
    """One value to choose: its code and its label in the user's language."""

    code: str
    label: str
    parent: str | None = None
    sensitive: bool = False
    retired: bool = False


def choices(s: Session, kind: str, *, retired: bool = False) -> list[Choice]:
    """The values of a code table in their order; retired ones only when asked for."""
    found = [_choice(row) for row in s.execute(_OF, {"kind": kind})]
    return [choice for choice in _with_shipped(kind, found) if retired or not choice.retired]


def labels(s: Session, kind: str) -> dict[str, str]:
    """Code → label, retired ones included."""
    return {choice.code: choice.label for choice in choices(s, kind, retired=True)}


def label(known: dict[str, str], code: str | None) -> str:
    """The label of a code; one this program does not know yet is shown as such, never dropped."""
    if not code:
        return ""
    return known.get(code) or _("{code} 未知(新)").format(code=code)


def kinds(s: Session) -> list[str]:
    """The names of all code tables."""
    return sorted(s.scalars(select(Code.kind).distinct()))


def all_choices(s: Session) -> dict[str, list[Choice]]:
    """Every code table at once, for the window to keep."""
    found: dict[str, list[Choice]] = {}
    for row in s.execute(_ALL):
        found.setdefault(row.kind, []).append(_choice(row))
    return {kind: _with_shipped(kind, found.get(kind, [])) for kind in found.keys() | shipped().keys()}


@cache
def _books() -> dict[str, dict[str, Any]]:
    books = [json.loads(file.read_text(encoding="utf-8")) for file in sorted((resources() / "codes").glob("*.json"))]
    return {book["table"]: book for book in books if "table" in book}


@cache
def shipped() -> dict[str, list[dict[str, Any]]]:
    """The code tables that come with the program: table → its values, read once."""
    return {table: book["values"] for table, book in _books().items()}


def title(table: str) -> str:
    """The title of a code table in the user's language; its name where it does not come with the program."""
    told = _books().get(table, {}).get("title") or {}
    return str(told.get(language()) or told.get("zh") or table)


def in_force(s: Session, table: str) -> list[dict[str, Any]]:
    """The values in force of a table of rules; those shipped where headquarters has not sent any."""
    sent = timing.in_force(s, table)[table]
    return shipped()[table] if sent is None else sent


def _with_shipped(kind: str, found: list[Choice]) -> list[Choice]:
    """With the values that this program brought and headquarters has not sent down yet, at the end."""
    known = {choice.code for choice in found}
    new = [value for value in shipped().get(kind, ()) if value["code"] not in known]
    return found + [
        Choice(v["code"], v["en"] if language() == "en" else v["zh"], v["parent"], v["sensitive"]) for v in new
    ]


def rename(s: Session, code_id: uuid.UUID, zh: str, en: str | None = None) -> None:
    """The value has this label from now on, everywhere once the feed has gone down; records keep its code."""
    allow(s, "code.edit")
    if not zh.strip():
        raise Refusal("label_empty", N_("名称不能为空。"))
    code = s.get_one(Code, code_id)
    code.zh, code.en = zh.strip(), en


def add(s: Session, kind: str, code: str, zh: str, en: str | None = None) -> Code:
    """The code table has one more value; refused for a code already in use."""
    allow(s, "code.edit")
    if not code.strip() or not zh.strip():
        raise Refusal("label_empty", N_("名称不能为空。"))
    if s.scalar(select(Code.id).where(Code.kind == kind, Code.code == code)):
        raise Refusal("code_taken", N_("代码「{taken}」已存在, 请换一个。"), taken=code)
    made = Code(kind=kind, code=code.strip(), zh=zh.strip(), en=en, sort=1000)
    s.add(made)
    return made


def retire(s: Session, code_id: uuid.UUID) -> None:
    """The value is no longer offered; records that carry it keep it."""
    allow(s, "code.edit")
    s.get_one(Code, code_id).retired_on = today()


@dataclass(frozen=True)
class CodeRow:
    """One value as the administration page lists it."""

    id: uuid.UUID
    kind: str
    code: str
    zh: str
    en: str
    retired: bool


def rows(s: Session, kind: str) -> list[CodeRow]:
    """The values of a table with their ids, retired ones last."""
    query = select(Code).where(Code.kind == kind).order_by(Code.retired_on.is_not(None), Code.sort, Code.code)
    return [CodeRow(c.id, c.kind, c.code, c.zh, c.en or "", c.retired_on is not None) for c in s.scalars(query)]


def _choice(row: Any) -> Choice:
    name = row.en or row.zh if language() == "en" else row.zh
    return Choice(row.code, name, row.parent, row.sensitive, row.retired_on is not None)
