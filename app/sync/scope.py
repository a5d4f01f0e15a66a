"""Which changes of headquarters' log fall into the scope of a site, and what has to come with them."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, bindparam, exists, false, or_, select
from sqlalchemy.orm import Session

from app.models.base import Record, record_classes, table_of
from app.models.changes import Change
from app.models.issues import Issue
from app.models.parts import in_parts
from app.models.steps import Step
from app.models.units import Unit
from app.sync import pasts
from app.sync.checking import references
from app.sync.own import covers

#: Structure above a site's scope is shown there too: its plant, its oilfield, their accounts, code lists and templates.
ABOVE = tuple(sorted(name for name, model in record_classes().items() if model.owned == "hq"))
_PIECE = 500
_LOG = table_of(Change)


# Clauses are built once for each number of unit paths; what the paths are is said with `Scope.said`.


def within(column: ColumnElement[str], number: int) -> ColumnElement[bool]:
    """The path in this column lies in the scope or is everyone's."""
    return or_(column == "", *(column.like(bindparam(f"under{at}", type_=Text), escape="/") for at in range(number)))


def _over(column: ColumnElement[str], number: int) -> ColumnElement[bool]:
    """The path in this column is that of a unit above the scope."""
    return or_(false(), *(bindparam(f"path{at}", type_=Text).startswith(column) for at in range(number)))


@cache
def holding(model: type[Record], number: int) -> ColumnElement[bool]:
    """The records of this kind that belong into the scope by their path, for a query over their table."""
    column = table_of(model).c.path
    inside = within(column, number)
    return or_(inside, _over(column, number)) if model.__tablename__ in ABOVE else inside


@cache
def clause(number: int, *, leaving: bool = True) -> ColumnElement[bool]:
    """The changes that belong to the site, for a query over the log; with those by which a record left it."""
    parts = [within(_LOG.c.path, number), and_(_LOG.c.table.in_(ABOVE), _over(_LOG.c.path, number)), _issues(number)]
    return or_(*parts, _leaving(number)) if leaving else or_(*parts)


def _issues(number: int) -> ColumnElement[bool]:
    """Steps that others took on our issues, and issues of others that were handed to us, with all their steps."""
    issue, step = table_of(Issue), table_of(Step).alias()
    ours = exists().where(issue.c.id == step.c.issue_id, within(issue.c.path, number))
    steps = exists().where(step.c.id == _LOG.c.record, or_(ours, _handed(step.c.issue_id, number)))
    handed = exists().where(issue.c.id == _LOG.c.record, _handed(issue.c.id, number))
    return or_(and_(_LOG.c.table == "issue_step", steps), and_(_LOG.c.table == "issue", handed))


def _handed(issue: ColumnElement[uuid.UUID], number: int) -> ColumnElement[bool]:
    """Some step handed the issue to a unit of the scope."""
    handing = table_of(Step).alias()
    paths = [handing.c.to_path.like(bindparam(f"under{at}", type_=Text), escape="/") for at in range(number)]
    return exists().where(handing.c.issue_id == issue, or_(false(), *paths))


def _leaving(number: int) -> ColumnElement[bool]:
    """The change with which a record left the scope, that it may be shown as handed over; nothing after it."""
    before, between = _LOG.alias(), _LOG.alias()
    later = (
        exists()
        .where(
            between.c.record == _LOG.c.record,
            between.c.position > before.c.position,
            between.c.position < _LOG.c.position,
        )
        .correlate(before, _LOG)  # of itself it would look only one level up, and ask about any change at all
    )
    last = exists().where(
        before.c.record == _LOG.c.record, before.c.position < _LOG.c.position, within(before.c.path, number), ~later
    )
    return and_(_LOG.c.base > 0, last)


@dataclass
class Scope:
    """What one site may hold: everything at or below its unit paths, what is everyone's, and issues handed to it."""

    session: Session
    site: uuid.UUID
    paths: Sequence[str]
    _sealed: dict[uuid.UUID, bool] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """How many unit paths it has: for so many the clauses are asked for."""
        return len(self.paths)

    @property
    def said(self) -> dict[str, str]:
        """The paths, as the clauses over the scope take them."""
        under = {f"under{at}": _escaped(path) + "%" for at, path in enumerate(self.paths)}
        return under | {f"path{at}": path for at, path in enumerate(self.paths)}

    def holds(self, table: str, path: str) -> bool:
        """A record of this table and unit path belongs into the scope."""
        if path == "" or covers(self.paths, path):
            return True
        return table in ABOVE and any(one.startswith(path) for one in self.paths)

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


def _escaped(path: str) -> str:
    return path.replace("/", "//").replace("%", "/%").replace("_", "/_")


@dataclass(frozen=True)
class Window:
    """The stretch of the log that one piece covers: after `since`, up to `until`; a load leaves out what was overtaken by `upto`."""

    since: int
    until: int
    upto: int = 0

    @property
    def compact(self) -> bool:
        """The site is taken to have nothing: of each record it gets only what matters now."""
        return self.upto > 0


def with_companions(
    s: Session, scope: Scope, rows: Sequence[Mapping[str, Any]], window: Window
) -> list[dict[str, Any]]:
    """The rows of the log, with whatever the site cannot have yet: the past of records that entered its scope or took two ways
    at once, and everything that the rows refer to; in the order of the log, those of a load in the order of the tables."""
    told = {row["id"]: dict(row) for row in rows}
    asked: set[uuid.UUID] = {row["record"] for row in rows} if window.compact else set()
    fresh = list(told.values())
    while fresh:
        wanted = _referred(s, scope, fresh, window) | _handed_over(s, scope, fresh)
        if not window.compact:
            wanted |= _incomplete(s, scope, fresh, window)
        wanted -= asked
        asked |= wanted
        past = pasts.whole(s, wanted, window.upto or window.until)
        fresh = [row for row in (pasts.compacted(past) if window.compact else past) if row["id"] not in told]
        fresh = [row for row in fresh if not scope.hidden(row)]
        told |= {row["id"]: row for row in fresh}
    order = {name: at for at, name in enumerate(record_classes() if window.compact else ())}
    return sorted(told.values(), key=lambda row: (order.get(row["table"], 0), int(row["position"])))


def _incomplete(s: Session, scope: Scope, rows: Iterable[Mapping[str, Any]], window: Window) -> set[uuid.UUID]:
    """Records of which the site may not have the past: they came into its scope since, or were changed in two ways at once.

    A site that was loaded has only the last change of a record that grew in one chain; as soon as it branches, what went
    before decides which fields are in doubt.
    """
    grown = {row["record"]: row["table"] for row in rows if row["base"] > 0}
    found = set()
    for record, nodes in pasts.graphs(s, grown, window.until).items():
        held = [scope.holds(grown[record], node.path) for node in nodes]
        if _came_in(nodes, held, window.since) or pasts.branched(nodes, window.since):
            found.add(record)
    return found


def _came_in(nodes: Sequence[pasts.Node], held: Sequence[bool], since: int) -> bool:
    """The record is in the scope now, and was not for good when the site last heard of it."""
    if not held[-1] or all(held):
        return False
    outside = max(at for at, inside in enumerate(held) if not inside)
    return nodes[outside + 1].position > since


def _referred(s: Session, scope: Scope, rows: Iterable[Mapping[str, Any]], window: Window) -> set[uuid.UUID]:
    """Records outside the scope that these rows refer to; for a load also those that it would bring later."""
    wanted: dict[str, set[uuid.UUID]] = {}
    for row in rows:
        if row["payload"]:
            for table, record in references(row["table"], json.loads(row["payload"])):
                wanted.setdefault(table, set()).add(record)
    outside: set[uuid.UUID] = set()
    for table, records in wanted.items():
        listed = sorted(records)
        for part in in_parts(listed, _PIECE):
            found = s.execute(_places(record_classes()[table]), {"ids": part})
            outside |= {record for record, path in found if not scope.holds(table, path)}
            if window.compact and table not in ABOVE:  # those came with the first piece
                outside |= _later(s, scope, table, set(part) - outside, window)
    return outside


@cache
def _places(model: type[Record]) -> Select[Any]:
    table = table_of(model).c
    return select(table.id, table.path).where(table.id.in_(bindparam("ids", expanding=True)))


def _later(s: Session, scope: Scope, table: str, records: set[uuid.UUID], window: Window) -> set[uuid.UUID]:
    """Those of the records with nothing in scope up to the end of this piece: the load has not come to them yet."""
    here = {
        record
        for record, nodes in pasts.graphs(s, records, window.until).items()
        if any(scope.holds(table, node.path) for node in nodes)
    }
    return records - here


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
    for part in in_parts(wanted, _PIECE):
        steps |= set(s.scalars(select(Step.id).where(Step.issue_id.in_(part))))
    return issues | steps
