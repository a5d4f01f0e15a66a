"""Which changes of headquarters' log fall into the scope of a site, and what has to come with them."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.models.base import record_classes, table_of
from app.models.changes import Change
from app.models.issues import Issue
from app.models.steps import Step
from app.models.units import Unit
from app.sync.checking import references
from app.sync.own import covers

#: Structure above a site's scope is shown there too: its plant, its oilfield, their accounts, code lists and templates.
ABOVE = tuple(sorted(name for name, model in record_classes().items() if model.owned == "hq"))
_PIECE = 500


@cache
def _handing() -> type[Step]:
    return aliased(Step)  # dear to make, and the same for every question


@cache
def _step() -> type[Step]:
    return aliased(Step)


@cache
def _two_changes() -> tuple[type[Change], type[Change]]:
    return aliased(Change), aliased(Change)


@dataclass
class Scope:
    """What one site may hold: everything at or below its unit paths, what is everyone's, and issues handed to it."""

    session: Session
    site: uuid.UUID
    paths: Sequence[str]
    _sealed: dict[uuid.UUID, bool] = field(default_factory=dict)

    def holds(self, table: str, path: str) -> bool:
        """A record of this table and unit path belongs into the scope."""
        if path == "" or covers(self.paths, path):
            return True
        return table in ABOVE and any(one.startswith(path) for one in self.paths)

    def within(self, column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        """The path in this column lies in the scope or is everyone's."""
        return or_(column == "", *(column.startswith(path, autoescape=True) for path in self.paths))

    def clause(self) -> ColumnElement[bool]:
        """The changes that belong to this site, for a query over the log."""
        above = and_(Change.table.in_(ABOVE), or_(*(literal(path).startswith(Change.path) for path in self.paths)))
        return or_(self.within(Change.path), above, self._issues(), self._leaving())

    def _handed(self, issue: InstrumentedAttribute[uuid.UUID]) -> ColumnElement[bool]:
        """Some step handed the issue to a unit of the scope."""
        handing = _handing()
        paths = or_(*(handing.to_path.startswith(path, autoescape=True) for path in self.paths))
        return exists().where(handing.issue_id == issue, paths)

    def _issues(self) -> ColumnElement[bool]:
        """Steps that others took on our issues, and issues of others that were handed to us, with all their steps."""
        step = _step()
        ours = exists().where(Issue.id == step.issue_id, self.within(Issue.path))
        steps = exists().where(step.id == Change.record, or_(ours, self._handed(step.issue_id)))
        handed = exists().where(Issue.id == Change.record, self._handed(Issue.id))
        return or_(and_(Change.table == "issue_step", steps), and_(Change.table == "issue", handed))

    def _leaving(self) -> ColumnElement[bool]:
        """The change with which a record left the scope, that it may be shown as handed over; nothing after it."""
        before, between = _two_changes()
        later = (
            exists()
            .where(
                between.record == Change.record, between.position > before.position, between.position < Change.position
            )
            .correlate(before, Change)  # of itself it would look only one level up, and ask about any change at all
        )
        last = exists().where(
            before.record == Change.record, before.position < Change.position, self.within(before.path), ~later
        )
        return and_(Change.base > 0, last)

    def hidden(self, row: Mapping[str, Any]) -> bool:
        """The change tells of a sealed issue (检举控告) that this site must not see: made elsewhere, and it may be about it."""
        if row["site"] == self.site or row["table"] not in ("issue", "issue_step", "attachment"):
            return False
        body = json.loads(row["payload"]) if row["payload"] else {}
        if row["table"] == "attachment":
            return not body or self.hides(body["of_table"], uuid.UUID(hex=body["of_id"]))
        issue = row["record"] if row["table"] == "issue" else uuid.UUID(hex=body["issue_id"]) if body else None
        return issue is None or self._hides(issue)

    def hides(self, table: str, record: uuid.UUID) -> bool:
        """The record is a sealed issue that this site must not see, or a step of one."""
        if table == "issue_step":
            step = self.session.get(Step, record)
            return step is not None and self._hides(step.issue_id)
        return table == "issue" and self._hides(record)

    def _hides(self, issue: uuid.UUID) -> bool:
        if issue not in self._sealed:
            self._sealed[issue] = self._is_sealed(issue)
        return self._sealed[issue]

    def _is_sealed(self, issue: uuid.UUID) -> bool:
        query = select(Issue.secrecy, Unit.path).outerjoin(Unit, Unit.id == Issue.against).where(Issue.id == issue)
        found = self.session.execute(query).one_or_none()
        if found is None or found.secrecy != "sealed":
            return False
        accused = found.path
        return accused is None or any(one.startswith(accused) or accused.startswith(one) for one in self.paths)


def with_companions(
    s: Session, scope: Scope, rows: Sequence[Mapping[str, Any]], since: int, until: int
) -> list[dict[str, Any]]:
    """The rows of the log, and before them whatever the site cannot have yet: the past of records that entered its scope,
    and everything out of scope that they refer to."""
    told = {row["id"]: dict(row) for row in rows}
    asked: set[uuid.UUID] = set()
    fresh = list(told.values())
    while fresh:
        wanted = (_entered(s, scope, fresh, since) | _referred(s, scope, fresh) | _handed_over(s, scope, fresh)) - asked
        asked |= wanted
        fresh = [row for row in _past(s, wanted, until) if row["id"] not in told and not scope.hidden(row)]
        told |= {row["id"]: row for row in fresh}
    return sorted(told.values(), key=lambda row: int(row["position"]))


def _past(s: Session, records: Iterable[uuid.UUID], until: int) -> list[dict[str, Any]]:
    wanted, found = sorted(records), []
    table = table_of(Change)
    for start in range(0, len(wanted), _PIECE):
        query = select(table).where(table.c.record.in_(wanted[start : start + _PIECE]), table.c.position <= until)
        found += [dict(row) for row in s.execute(query).mappings()]
    return found


def _entered(s: Session, scope: Scope, rows: Iterable[Mapping[str, Any]], since: int) -> set[uuid.UUID]:
    """Records in scope now whose last change before this feed was not: the site has nothing of them."""
    grown = {row["record"]: row["table"] for row in rows if row["base"] > 0 and scope.holds(row["table"], row["path"])}
    wanted, last = list(grown), {}
    for start in range(0, len(wanted), _PIECE):
        query = (
            select(Change.record, Change.path)
            .where(Change.record.in_(wanted[start : start + _PIECE]), Change.position <= since)
            .order_by(Change.position)
        )
        last.update(dict(s.execute(query).all()))
    return {record for record, path in last.items() if not scope.holds(grown[record], path)}


def _referred(s: Session, scope: Scope, rows: Iterable[Mapping[str, Any]]) -> set[uuid.UUID]:
    """Records outside the scope that these rows refer to."""
    wanted: dict[str, set[uuid.UUID]] = {}
    for row in rows:
        if row["payload"]:
            for table, record in references(row["table"], json.loads(row["payload"])):
                wanted.setdefault(table, set()).add(record)
    outside: set[uuid.UUID] = set()
    for table, records in wanted.items():
        model, listed = record_classes()[table], sorted(records)
        for start in range(0, len(listed), _PIECE):
            query = select(model.id, model.path).where(model.id.in_(listed[start : start + _PIECE]))
            outside |= {record for record, path in s.execute(query) if not scope.holds(table, path)}
    return outside


def _handed_over(s: Session, scope: Scope, rows: Iterable[Mapping[str, Any]]) -> set[uuid.UUID]:
    """The issues that these steps hand to the scope, with all their steps."""
    issues = set()
    for row in rows:
        if row["table"] == "issue_step" and row["payload"]:
            body = json.loads(row["payload"])
            if body.get("to_path") and covers(scope.paths, body["to_path"]):
                issues.add(uuid.UUID(hex=body["issue_id"]))
    steps: set[uuid.UUID] = set()
    wanted = sorted(issues)
    for start in range(0, len(wanted), _PIECE):
        steps |= set(s.scalars(select(Step.id).where(Step.issue_id.in_(wanted[start : start + _PIECE]))))
    return issues | steps
