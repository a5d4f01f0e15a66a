"""The rules of time and the calendar in force in a store, and what they make of an issue: the day that is owed next."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any
from weakref import ref

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from app.models import calendar, clocks
from app.models.calendar import Calendar, add_workdays
from app.models.clocks import YELLOW, Clock, Rule
from app.models.codes import Code
from app.models.folding import Fold
from app.models.issues import Issue
from app.models.moves import OPEN_STATES, UNDONE_STATES
from app.models.parts import in_parts
from app.models.units import Unit
from app.paths import resources

#: What stands for a rule where the day is the one by which a unit was asked to help (协办).
HELP = "assist"
#: The code tables that clocks follow; a new value of theirs is felt by every open issue.
TABLES = ("clock_rule", "calendar")
#: Where a connection keeps the transaction in which the book was read, and the book.
_READ = "fengge_book"


@dataclass(frozen=True)
class Book:
    """Rules and calendar together."""

    rules: tuple[Rule, ...]
    calendar: Calendar

    def clocks(self, stand: Fold, kind: str, level: str, on: date, *, named: bool) -> list[Clock]:
        """The clocks of an issue of this kind, held at this level, on this day; `named`: it is known who brought it."""
        return clocks.clocks(stand, self.rules, self.calendar, on, kind=kind, level=level, named=named)

    def owed(self, stand: Fold, kind: str, level: str, *, named: bool) -> dict[str, Any]:
        """The columns of `issue_state` that say what is owed next; empty where nothing is."""
        found: list[tuple[date, str | None, date]] = []
        if stand.state in OPEN_STATES and stand.events:
            for clock in self.clocks(stand, kind, level, max(event.day for event in stand.events), named=named):
                if clock.running and not clock.paused and not clock.rule.right:
                    limit = clock.rule.limit(kind, level)
                    found.append((clock.due, clock.rule.code, self._before(clock, max(limit.yellow, limit.red))))
            if stand.due_on is not None and stand.state in UNDONE_STATES - {"suspended"}:
                found.append((stand.due_on, None, stand.due_on - timedelta(days=YELLOW)))
            asked = [task.due_on for task in stand.open_tasks.values() if task.due_on is not None]
            found += [(day, HELP, day - timedelta(days=YELLOW)) for day in asked]
        owed_on, rule, amber_on = min(found, key=lambda one: (one[0], one[1] or ""), default=(None, None, None))
        return {"owed_on": owed_on, "rule": rule, "amber_on": amber_on, "timeless": owed_on is None}

    def _before(self, clock: Clock, days: int) -> date:
        if clock.rule.unit == "workdays":
            return add_workdays(clock.due, -days, self.calendar)
        return clock.due - timedelta(days=days)


def in_force(asked: Connection | Session, *tables: str) -> dict[str, list[dict[str, Any]] | None]:
    """The values in force of each of these code tables, in their order; None where headquarters has never sent any."""
    query = select(Code.kind, Code.code, Code.zh, Code.aliases, Code.retired_on).where(
        Code.kind.in_(tables), Code.voided_at.is_(None)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in asked.execute(query.order_by(Code.sort, Code.code)).mappings():
        found.setdefault(row["kind"], []).append(dict(row))
    return {
        table: [row for row in found[table] if row["retired_on"] is None] if table in found else None
        for table in tables
    }


def of(connection: Connection) -> Book:
    """What is in force in this store: headquarters' rules and calendars, those shipped where it has none.

    Read once in a transaction: in it nobody else changes them, and what it changes itself is `outdated`.
    """
    under_way = connection.get_nested_transaction() or connection.get_transaction()
    if under_way is None:
        return _read(connection)
    known: tuple[Any, Book] | None = connection.info.get(_READ)
    if known is None or known[0]() is not under_way:
        known = connection.info[_READ] = ref(under_way), _read(connection)
    return known[1]


def outdated(connection: Connection) -> None:
    """Rules or calendars have been written in this transaction: they are read again when they are asked for."""
    connection.info.pop(_READ, None)


def _read(connection: Connection) -> Book:
    found = in_force(connection, *TABLES)
    sent, years = found["clock_rule"], found["calendar"] or []
    rules = shipped_rules() if sent is None else clocks.readable(sent)
    return Book(rules, calendar.shipped_with([row["aliases"] for row in years if calendar.sound(row["aliases"])]))


def clocks_of(connection: Connection, stand: Fold, issue: Issue, on: date) -> list[Clock]:
    """The clocks of one issue on this day, by what is in force in this store."""
    level = levels(connection, [stand.holder]).get(stand.holder, "")
    return of(connection).clocks(stand, issue.kind, level, on, named=issue.named)


def waived(connection: Connection, stand: Fold, issue: Issue) -> list[Rule]:
    """The rules of this store that nobody owes in this issue, for it is not known who brought it."""
    level = levels(connection, [stand.holder]).get(stand.holder, "")
    return clocks.waived(stand, of(connection).rules, kind=issue.kind, level=level, named=issue.named)


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """The rules that come with the program, read once."""
    return clocks.read(json.loads((resources() / "codes" / "clock_rule.json").read_text(encoding="utf-8"))["values"])


def levels(connection: Connection, paths: Iterable[str]) -> dict[str, str]:
    """Unit path → kind of unit (the level), for units of our own."""
    wanted = sorted(set(paths))
    found: dict[str, str] = {}
    for part in in_parts(wanted):
        query = select(Unit.path, Unit.kind).where(Unit.path.in_(part), Unit.partner.is_(False))
        found |= {row.path: row.kind for row in connection.execute(query)}
    return found
