"""The books of rules that come with the program, and which of them headquarters has decided about: taken, replaced or left."""

import hashlib
import json
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.sites import Identity
from app.services import codes

#: The tables that hold rules and come with start values; a newer program never changes one of them by itself.
TABLES = ("clock_rule", "evidence", "recurrence", "partner_term", "ledger_due", "routing")
_NOTED = "rules"


def mark(table: str) -> str:
    """Tells this program's rules of a table from those of another program."""
    rules = [[value["code"], value["zh"], value.get("aliases")] for value in codes.shipped()[table]]
    return hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()[:16]


def decided(s: Session, table: str) -> bool:
    """Headquarters knows the rules that this program brings, and has those it wants."""
    return bool((_identity(s).hq or {}).get(_NOTED, {}).get(table) == mark(table))


def decide(s: Session, tables: Iterable[str] = TABLES) -> None:
    """From now on headquarters has decided about what this program brings in these tables."""
    mine = _identity(s)
    noted = (mine.hq or {}).get(_NOTED, {}) | {table: mark(table) for table in tables if table in TABLES}
    mine.hq = (mine.hq or {}) | {_NOTED: noted}


def _identity(s: Session) -> Identity:
    return s.scalars(select(Identity)).one()
