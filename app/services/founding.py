"""The first hour of a store: its line of history, its code tables, its first account."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Refusal
from app.i18n import N_
from app.models.accounts import Account
from app.models.changes import bulk
from app.models.checks import Template
from app.models.codes import Code
from app.models.sites import Identity, Line, Site
from app.models.units import Unit
from app.paths import resources
from app.services import shipped_rules

#: Until the three administrators (三员) are appointed, the founder of headquarters holds what a clerk holds too.
FOUNDER_RIGHTS = (
    "read", "import", "import.units", "package.take", "sync", "ledger.print", "layout.edit", "person.edit", "person.reveal",
    "household.void", "person.void", "post.edit", "risk.edit", "unit.edit", "issue.step", "issue.dispatch", "issue.close",
    "issue.except", "issue.register", "visit.record", "visit.correct", "visit.void", "check.record", "check.void", "attach",
    "template.publish", "conflict.decide", "account.switch_on", "issue.sealed", "rights.edit", "read.log",
    "key.rotate", "store.recover",
)  # fmt: skip


def found_hq(s: Session, name: str, *, login: str, person: str, code: str = "HQ") -> Account:
    """Headquarters has its line of history, its root unit, the shipped code tables and templates, and its first account."""
    if not name.strip():
        raise Refusal("name_missing", N_("请填写总部单位的名称。"))
    if s.scalar(select(Account.id).limit(1)) is not None:
        raise Refusal("already_founded", N_("这份数据已经设置过, 不能重复设置。"))
    site = s.scalars(select(Line.site_id)).one()
    identity = s.scalars(select(Identity)).one()
    identity.name, identity.code, identity.paths = name.strip(), code, [""]
    root = Unit(name=name.strip(), kind="factory", path="/")
    s.add(root)
    s.add(Site(id=site, name=name.strip(), code=code, paths=[""], kind="hq"))
    founder = Account(login=login, name=person, role="system", unit_id=root.id, path="", rights=list(FOUNDER_RIGHTS))
    s.add(founder)
    s.flush()
    load_codes(s)
    load_templates(s)
    shipped_rules.decide(s)
    return founder


def load_codes(s: Session, folder: Path | None = None) -> int:
    """The shipped start values of every code table that the store does not have yet; returns how many were added.

    A table of rules that is there stays as it is: rules are replaced by whoever decides about them.
    """
    there = set(s.execute(select(Code.kind, Code.code)).all())
    ruled = {kind for kind, _code in there} & {*shipped_rules.TABLES}
    rows = []
    for file in sorted((folder or resources() / "codes").glob("*.json")):
        book = json.loads(file.read_text(encoding="utf-8"))
        if "table" not in book or book["table"] in ruled:
            continue
        for at, value in enumerate(book["values"]):
            if (book["table"], value["code"]) not in there:
                rows.append(_code(book["table"], at, value))
    return bulk(s, Code, rows)


def _code(kind: str, at: int, value: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": kind,
        "code": value["code"],
        "zh": value["zh"],
        "en": value.get("en"),
        "parent": value.get("parent"),
        "sort": value.get("sort", at + 1),
        "aliases": value.get("aliases") or None,
        "sensitive": bool(value.get("sensitive")),
        "gb": value.get("gb"),
    }


def load_templates(s: Session) -> int:
    """The shipped example checklists that the store does not have yet; returns how many were added."""
    there = set(s.scalars(select(Template.code)))
    books = [
        json.loads(file.read_text(encoding="utf-8"))
        for file in sorted((resources() / "codes" / "checklists").glob("*.json"))
    ]
    rows = [
        {"code": book["code"], "title": book["title"], "version": 1, "items": book["items"], "published_at": now(),
         "example": True}
        for book in books
        if book["code"] not in there
    ]  # fmt: skip
    return bulk(s, Template, rows)
